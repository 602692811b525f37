"""How fast, small and cheap the endpoints and the database are, each figure beside another one of the
same run: `make bench`. Nothing here is part of the product, and no figure passes or fails a test."""
