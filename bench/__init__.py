"""How fast, small and cheap the endpoints and the database are: `make bench`.

Each figure is compared with another one of the same run. No test depends on them.
"""
