"""Twilio's callbacks as events for the ledger (``call_events``).

Which leg a callback is about, and what is in it:
https://www.twilio.com/docs/voice/twiml/number#attributes-status-callback
https://www.twilio.com/docs/voice/twiml/dial#action
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TypedDict

from shared import errors, parsing, sids
from shared.parsing import Form
from shared.rpc import CallEvent

MAX_STATUS = 64


def read_call_sid(form: Form, name: str = "CallSid") -> str:
    """The SID in the parameter ``name``. Raises InvalidRequest if it is missing or not a call SID.

    Twilio's SIDs have 34 characters, but Twilio documents them as opaque. The form can be trusted
    because its signature was verified.
    """
    sid = form.get(name, "")
    if not re.fullmatch(sids.CALL_SID, sid):
        raise errors.InvalidRequest(f"{name} is {'not a call SID' if sid else 'missing'}.")
    return sid


def read_status_callback(
    form: Form, agent_call_sid: str | None = None, call_leg_id: uuid.UUID | None = None
) -> CallEvent:
    """The event that a status callback reports, for any leg. Raises InvalidRequest."""
    sid = read_call_sid(form)
    parent = read_call_sid(form, "ParentCallSid") if form.get("ParentCallSid") else None
    return {
        "call_sid": sid,
        # The lead's leg names the agent's leg as its parent. The agent's leg has no parent.
        "agent_call_sid": agent_call_sid or parent or sid,
        "source": "status_callback",
        "status": _read_status(form, "CallStatus"),
        "sequence_number": parsing.parse_count(form.get("SequenceNumber")),
        "occurred_at": _parse_timestamp(form.get("Timestamp")),
        # Not `Duration`: that parameter is in minutes, rounded up.
        "duration_seconds": parsing.parse_count(form.get("CallDuration")),
        "payload": _read_payload(form),
    }


def is_conference_callback(form: Form) -> bool:
    """Whether a callback is about a room."""
    return "StatusCallbackEvent" in form and "ConferenceSid" in form


def read_conference_callback(form: Form, agent_call_sid: str | None) -> CallEvent:
    """The event that a room reports."""
    if agent_call_sid is None:
        raise errors.InvalidRequest("call is missing.")
    return {
        "call_sid": read_call_sid(form) if form.get("CallSid") else agent_call_sid,
        "agent_call_sid": agent_call_sid,
        "source": "conference",
        "status": _read_status(form, "StatusCallbackEvent"),
        "sequence_number": parsing.parse_count(form.get("SequenceNumber")),
        "occurred_at": _parse_timestamp(form.get("Timestamp")),
        "duration_seconds": None,
        "payload": _read_payload(form),
    }


class DialEnd(TypedDict):
    call_sid: str
    agent_call_sid: str
    after: str
    call_leg_id: uuid.UUID | None
    status: str
    dial_call_sid: str | None
    duration_seconds: int | None
    payload: dict[str, str | list[str]]


def read_dial_end(
    form: Form,
    after: str,
    agent_call_sid: str | None = None,
    call_leg_id: uuid.UUID | None = None,
) -> DialEnd:
    """How a Dial ended."""
    sid = read_call_sid(form)
    if after != "dial" and agent_call_sid is None:
        raise errors.InvalidRequest("call is missing.")
    return {
        "call_sid": sid,
        "agent_call_sid": agent_call_sid or sid,
        "after": after,
        "call_leg_id": call_leg_id,
        "status": _read_status(form, "DialCallStatus")
        if after == "dial"
        else form.get("DialCallStatus", "completed"),
        "dial_call_sid": read_call_sid(form, "DialCallSid") if form.get("DialCallSid") else None,
        "duration_seconds": parsing.parse_count(form.get("DialCallDuration")),
        "payload": _read_payload(form),
    }


def _read_status(form: Form, name: str) -> str:
    status = parsing.make_storable(form.get(name, ""))[:MAX_STATUS]
    if not status:
        raise errors.InvalidRequest(f"{name} is missing.")
    return status


def _parse_timestamp(text: str | None) -> str | None:
    """Converts a time from RFC 2822, which Twilio sends, to ISO 8601. None for any other text: the
    event is still worth storing, and its payload has the text."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    # Postgres refuses offsets of 16 hours and more.
    offset = moment.utcoffset() or timedelta()
    return moment.isoformat() if abs(offset) < timedelta(hours=16) else None


def _read_payload(form: Form) -> dict[str, str | list[str]]:
    """All parameters as they were sent. A parameter that was sent several times has a list."""
    payload: dict[str, str | list[str]] = {}
    for name, values in form.lists():
        texts = [parsing.make_storable(value) for value in values]
        payload[parsing.make_storable(name)] = texts[0] if len(texts) == 1 else texts
    return payload
