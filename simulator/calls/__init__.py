"""Calls and what happens in them: legs, verbs, callees, time. Imports webhooks and protocol."""
