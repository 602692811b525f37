"""How fast, small and cheap the endpoints and the database are: `make bench`.

Each figure stands beside another one of the same run. None passes or fails a test.
"""
