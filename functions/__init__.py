"""The bundle as a whole: its endpoints, and the server that runs all of them locally."""
