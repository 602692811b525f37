"""The phone network on localhost, which stands in for Twilio in development and tests.

It shares no code with the product or with Twilio's library, and meets the product over HTTP only.
So it tests the product independently. ``README.md`` says how to use it.
"""
