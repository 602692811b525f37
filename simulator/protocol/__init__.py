"""What Twilio publishes about itself: the account, access tokens, signatures, TwiML, error codes.

Imports no other folder of the simulator.
"""
