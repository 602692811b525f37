"""The phone network on localhost: stands in for Twilio in development and tests.

It shares no code with the product and none with Twilio's library, so that it is an independent
witness of what the product does: the two meet over HTTP alone. ``README.md`` says how to use it.
"""
