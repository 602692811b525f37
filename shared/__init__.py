"""What several endpoints need, one subject a file. It imports no other folder of the project."""
