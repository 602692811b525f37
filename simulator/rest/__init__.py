"""Twilio's REST API, one resource a file. Imports calls."""
