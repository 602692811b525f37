"""Twilio's callbacks, and what it answers when asked, as events of the ledger.

Which leg a callback is about, and what it carries:
https://www.twilio.com/docs/voice/twiml/number#attributes-status-callback
https://www.twilio.com/docs/voice/twiml/dial#action
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from shared import errors, sids, web

MAX_INTEGER = 2**31 - 1

Event = dict[str, object]

# What the ledger keeps of a Call: neither prices nor addresses of the API.
KEPT = (
    "sid",
    "parent_call_sid",
    "status",
    "direction",
    "from",
    "to",
    "start_time",
    "end_time",
    "duration",
    "date_created",
    "date_updated",
)


def call_sid(form: web.Form, name: str = "CallSid") -> str:
    """The SID in this parameter. Raises InvalidRequest if it is missing or none.

    Twilio's have 34 characters, but are documented as opaque: it is the signature that vouches.
    """
    sid = form.get(name, "")
    if not re.fullmatch(sids.CALL_SID, sid):
        raise errors.InvalidRequest(f"{name} is {'not a call SID' if sid else 'missing'}.")
    return sid


def from_status_callback(form: web.Form) -> Event:
    """Parameters of ``record_call_event`` for a status callback of either leg."""
    sid = call_sid(form)
    return {
        "p_call_sid": sid,
        # The lead's leg names the agent's as its parent; the agent's leg has none.
        "p_agent_call_sid": call_sid(form, "ParentCallSid") if form.get("ParentCallSid") else sid,
        "p_source": "status_callback",
        "p_status": _status(form, "CallStatus"),
        "p_sequence_number": _integer(form.get("SequenceNumber")),
        "p_occurred_at": _timestamp(form.get("Timestamp")),
        # `Duration` beside it is in minutes, rounded up.
        "p_duration_seconds": _integer(form.get("CallDuration")),
        "p_payload": _payload(form),
    }


def from_dial_action(form: web.Form) -> Event:
    """Parameters of ``record_call_event`` for the request to a Dial's action: how the lead's leg
    ended, or, without DialCallSid, that there never was one."""
    sid = call_sid(form)
    return {
        "p_call_sid": call_sid(form, "DialCallSid") if form.get("DialCallSid") else sid,
        "p_agent_call_sid": sid,
        "p_source": "dial_action",
        "p_status": _status(form, "DialCallStatus"),
        "p_sequence_number": None,
        "p_occurred_at": None,
        "p_duration_seconds": _integer(form.get("DialCallDuration")),
        "p_payload": _payload(form),
    }


def from_call_resource(call: Mapping[str, object]) -> Event:
    """One of the legs of ``settle_call``, from a Call of Twilio's REST API.

    Its `start_time` is not used: whether a leg's clock starts at dialling or at the answer is not
    documented. Raises TwilioUnavailable for what is no Call.
    https://www.twilio.com/docs/voice/api/call-resource#call-properties
    """
    texts = {name: web.storable(value) for name in KEPT if isinstance(value := call.get(name), str)}
    if not texts.get("sid") or not texts.get("status"):
        raise errors.TwilioUnavailable("a Call without sid or status")
    return {
        "call_sid": texts["sid"][:64],
        "status": texts["status"][:64],
        "ended_at": _timestamp(texts.get("end_time")),
        "duration_seconds": _integer(texts.get("duration")),
        "payload": texts,
    }


def _status(form: web.Form, name: str) -> str:
    status = web.storable(form.get(name, ""))[:64]
    if not status:
        raise errors.InvalidRequest(f"{name} is missing.")
    return status


def _integer(text: str | None) -> int | None:
    """A count that Twilio sends as text; None if it sent something else. The event is worth keeping
    without it, and the payload has what was sent."""
    if text is None or not re.fullmatch(r"[0-9]{1,10}", text):
        return None
    value = int(text)
    return value if value <= MAX_INTEGER else None


def _timestamp(text: str | None) -> str | None:
    """RFC 2822, as Twilio sends it, to ISO 8601; None if it is no such thing."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    # Postgres refuses an offset of 16 hours and more.
    offset = moment.utcoffset() or timedelta()
    return moment.isoformat() if abs(offset) < timedelta(hours=16) else None


def _payload(form: web.Form) -> dict[str, str | list[str]]:
    """The parameters as sent; one that was sent several times keeps all its values."""
    payload: dict[str, str | list[str]] = {}
    for name, values in form.lists():
        texts = [web.storable(value) for value in values]
        payload[web.storable(name)] = texts[0] if len(texts) == 1 else texts
    return payload
