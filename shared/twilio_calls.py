"""What happened to a call, by Twilio's REST API: https://www.twilio.com/docs/voice/api/call-resource"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)

from shared import errors, parsing
from shared.rpc import Leg

if TYPE_CHECKING:
    from twilio.rest import Client

# A browser's call dials one lead, so one page has all its legs.
MAX_CHILDREN = 50
MAX_TEXT = 64

# The parts of a Call that the ledger keeps: name in Twilio's JSON → attribute in Twilio's library.
# Prices and the API's addresses are left out.
_KEPT = {
    "sid": "sid",
    "parent_call_sid": "parent_call_sid",
    "status": "status",
    "direction": "direction",
    "from": "_from",
    "to": "to",
    "start_time": "start_time",
    "end_time": "end_time",
    "duration": "duration",
    "date_created": "date_created",
    "date_updated": "date_updated",
}


def fetch_legs(client: Client, agent_call_sid: str) -> list[Leg] | None:
    """The agent's leg, then the legs that it dialled; None if Twilio does not know the call.

    ``client`` comes from ``twilio_client.build_client``, which says when a request raises
    TwilioBusy, TwilioUnavailable and PhoneSystemError.
    """
    try:
        agent = client.calls(agent_call_sid).fetch()
        children = client.calls.list(
            parent_call_sid=agent_call_sid, limit=MAX_CHILDREN, page_size=MAX_CHILDREN
        )
    except (TwilioRestException, TwilioServiceException) as error:
        if error.status == 404:
            return None
        raise errors.TwilioUnavailable(f"it answered HTTP {error.status}") from error
    # The library raises these for an answer that does not have the form of Twilio's answers.
    except (TwilioException, AttributeError, LookupError, TypeError, ValueError) as error:
        raise errors.TwilioUnavailable("the answer is not one of Twilio's") from error
    return [_describe(leg) for leg in (agent, *children)]


def _describe(call: object) -> Leg:
    """A Call as ``settle_call`` takes it.

    `start_time` is kept, but not used: Twilio does not document whether it is the time of dialling
    or of the answer.
    """
    payload = {}
    for name, attribute in _KEPT.items():
        value = getattr(call, attribute)
        if isinstance(value, datetime):
            payload[name] = value.isoformat()
        elif isinstance(value, str):
            payload[name] = parsing.make_storable(value)
    if not payload.get("sid") or not payload.get("status"):
        raise errors.TwilioUnavailable("the answer has a Call without sid or status")
    return {
        "call_sid": payload["sid"][:MAX_TEXT],
        "status": payload["status"][:MAX_TEXT],
        "ended_at": payload.get("end_time"),
        "duration_seconds": parsing.parse_count(payload.get("duration")),
        "payload": payload,
    }
