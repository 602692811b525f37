"""What an operator has: settings, keys, a Google Cloud project, a Twilio account, a database.

Everything here reads. What changes something is in `functions/deploy/`. The doctor and the
deployment import this folder; this folder imports neither.
"""
