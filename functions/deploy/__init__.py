"""What `deploy.sh` does, one subject a file."""
