"""What the endpoints have in common, one subject a file. Imports nothing else of the project."""
