"""Calls by Twilio's REST API: what became of them, and changing one that goes on.

https://www.twilio.com/docs/voice/api/call-resource

``client`` comes from ``twilio_client.build_client``. Each function raises what
``twilio_answers.reading`` raises.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared import errors, parsing, twilio_answers
from shared.call_statuses import FINAL_STATUSES
from shared.unsettled_calls import Leg

if TYPE_CHECKING:
    from twilio.rest import Client

# A leg dials few others, so one page has all of them.
MAX_CHILDREN = 50
MAX_TEXT = 64
# Calls to one number or person: the newest are first.
_MAX_CALLS = 50
# Twilio's clock and the database's may differ.
_CLOCK_SKEW = timedelta(seconds=3)

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


def fetch_leg(client: Client, call_sid: str) -> Leg | None:
    """One leg; None if Twilio does not know it."""
    try:
        with twilio_answers.reading():
            return _describe(client.calls(call_sid).fetch())
    except errors.TwilioRefused as refused:
        if refused.http_status == 404:
            return None
        raise


def fetch_children(client: Client, call_sid: str) -> list[Leg]:
    """The legs that a leg dialled."""
    with twilio_answers.reading():
        children = client.calls.list(
            parent_call_sid=call_sid, limit=MAX_CHILDREN, page_size=MAX_CHILDREN
        )
        return [_describe(child) for child in children]


def fetch_calls_to(client: Client, to: str, since: str | None) -> list[Leg]:
    """The calls that the REST API placed to a number or a `client:` since a time (ISO 8601), the
    newest first. They have no parent."""
    with twilio_answers.reading():
        calls = client.calls.list(to=to, limit=_MAX_CALLS, page_size=_MAX_CALLS)
        found = [_describe(call) for call in calls if not call.parent_call_sid]
    return [leg for leg in found if is_newer(leg, since)]


def is_newer(leg: Leg, since: str | None) -> bool:
    """Whether a leg was created since a time (ISO 8601). One without a time counts as new."""
    created = leg["payload"].get("date_created")
    if since is None or not created:
        return True
    moment = datetime.fromisoformat(created)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment >= datetime.fromisoformat(since) - _CLOCK_SKEW


def is_over(client: Client, call_sid: str) -> bool:
    """Whether a leg has ended, or is not known."""
    leg = fetch_leg(client, call_sid)
    return leg is None or leg["status"] in FINAL_STATUSES


def redirect(client: Client, call_sid: str, twiml: str, status_callback: str) -> None:
    """Interrupts what a leg is doing, and does what the TwiML says instead. If the leg was dialled
    by a Dial, that Dial ends; if it dialled, the leg that it dialled ends."""
    with twilio_answers.reading():
        client.calls(call_sid).update(
            twiml=twiml, status_callback=status_callback, status_callback_method="POST"
        )


def redirect_to(client: Client, call_sid: str, url: str) -> None:
    """The same, with the TwiML that ``url`` answers."""
    with twilio_answers.reading():
        client.calls(call_sid).update(url=url, method="POST")


def hang_up(client: Client, call_sid: str) -> None:
    """Ends a leg, whatever its status. A leg that has ended already stays as it is."""
    try:
        with twilio_answers.reading():
            # `canceled` is refused for a leg that rings within a Dial.
            client.calls(call_sid).update(status="completed")
    except errors.TwilioRefused:
        if not is_over(client, call_sid):
            raise


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
