"""The addresses that Twilio asks, and how it tries again if an endpoint does not answer.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

# rc: how often Twilio tries again. rp: after which errors (no connection, no answer in time, 5xx).
# A caller waits for the voice webhook, so Twilio tries that one less often.
VOICE_OVERRIDES = "#rc=2&rp=ct,rt,5xx"
STATUS_OVERRIDES = "#rc=3&rp=ct,rt,5xx"


def build_address(base_url: str, name: str) -> str:
    """The address where Twilio and browsers reach the endpoint ``name``, such as ``status``.

    ``base_url`` is the address without the endpoint's name. If each endpoint has a host of its own,
    ``{name}`` in it stands for that name.
    """
    return f"{base_url}/{name}".replace("{name}", name)
