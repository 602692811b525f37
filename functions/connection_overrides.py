"""What Twilio does when an endpoint does not answer: tries again.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

# The call waits for its first webhook, so that is tried less often.
VOICE = "#rc=2&rp=ct,rt,5xx"
STATUS = "#rc=3&rp=ct,rt,5xx"
