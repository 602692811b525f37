"""What `deploy.sh` does, one subject a file. `release.py` has the steps in their order."""
