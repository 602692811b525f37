"""Twilio's callbacks as events for the ledger (``call_events``).

Which leg a callback is about, and what is in it:
https://www.twilio.com/docs/voice/twiml/number#attributes-status-callback
https://www.twilio.com/docs/voice/twiml/dial#action
https://www.twilio.com/docs/voice/twiml/conference#statuscallbackevent
https://www.twilio.com/docs/voice/answering-machine-detection
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
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
    """The event that a status callback reports, for any leg. Raises InvalidRequest.

    ``agent_call_sid`` and ``call_leg_id`` come from the address that Twilio calls. Without them the
    leg is the agent's, which has no parent, or the lead's, whose parent is the agent's leg. (The
    parent of somebody to whom a lead was transferred is the lead's leg.)
    """
    sid = read_call_sid(form)
    parent = read_call_sid(form, "ParentCallSid") if form.get("ParentCallSid") else None
    return {
        "call_sid": sid,
        "agent_call_sid": agent_call_sid or parent or sid,
        "source": "status_callback",
        "status": read_status(form, "CallStatus"),
        "sequence_number": parsing.parse_count(form.get("SequenceNumber")),
        "occurred_at": parse_timestamp(form.get("Timestamp")),
        # Not `Duration`: that parameter is in minutes, rounded up.
        "duration_seconds": parsing.parse_count(form.get("CallDuration")),
        "payload": read_payload(form),
        "call_leg_id": call_leg_id,
        "conference_sid": None,
    }


def is_detection_callback(form: Form) -> bool:
    """Whether a callback tells who has answered: callbacks about a leg's progress have a
    CallStatus."""
    return bool(form.get("AnsweredBy")) and not form.get("CallStatus")


def read_detection_callback(form: Form, agent_call_sid: str) -> CallEvent:
    """The event that Twilio's detection of machines reports. Raises InvalidRequest.

    ``agent_call_sid`` comes from the address that Twilio calls. Twilio sends neither a time nor a
    number.
    """
    return {
        "call_sid": read_call_sid(form),
        "agent_call_sid": agent_call_sid,
        "source": "amd",
        "status": read_status(form, "AnsweredBy"),
        "sequence_number": None,
        "occurred_at": None,
        "duration_seconds": None,
        "payload": read_payload(form),
        "call_leg_id": None,
        "conference_sid": None,
    }


def is_conference_callback(form: Form) -> bool:
    """Whether a callback is about a room: a call's own callbacks have no StatusCallbackEvent."""
    return bool(form.get("ConferenceSid")) and bool(form.get("StatusCallbackEvent"))


def read_conference_callback(form: Form, agent_call_sid: str) -> CallEvent:
    """The event that a room's callback reports. Raises InvalidRequest.

    ``agent_call_sid`` comes from the address that Twilio calls. The room's beginning and end name
    no leg: they count as events of the agent's.
    """
    conference_sid = form.get("ConferenceSid", "")
    if not re.fullmatch(sids.CONFERENCE_SID, conference_sid):
        raise errors.InvalidRequest("ConferenceSid is not a conference SID.")
    return {
        "call_sid": read_call_sid(form) if form.get("CallSid") else agent_call_sid,
        "agent_call_sid": agent_call_sid,
        "source": "conference",
        "status": read_status(form, "StatusCallbackEvent"),
        # The room's own count, not the leg's.
        "sequence_number": parsing.parse_count(form.get("SequenceNumber")),
        "occurred_at": parse_timestamp(form.get("Timestamp")),
        "duration_seconds": None,
        "payload": read_payload(form),
        "call_leg_id": _parse_label(form.get("ParticipantLabel", "")),
        "conference_sid": conference_sid,
    }


class DialEnd(TypedDict):
    """The request to a Dial's action, as ``AsWebhook.continue_call`` takes it.

    ``after``: which Dial it was: ``dial`` (the agent's, of the lead), ``room``, ``transfer`` or
    ``return`` (the lead's, of a person). ``call_sid`` is the leg that dialled, ``dial_call_sid``
    the leg that it dialled, if any, ``call_leg_id`` that leg if somebody asked for it.
    """

    call_sid: str
    agent_call_sid: str
    after: str
    call_leg_id: uuid.UUID | None
    status: str
    dial_call_sid: str | None
    duration_seconds: int | None
    payload: Mapping[str, str | list[str]]


def read_dial_end(
    form: Form,
    after: str,
    agent_call_sid: str | None = None,
    call_leg_id: uuid.UUID | None = None,
) -> DialEnd:
    """How a Dial ended. Raises InvalidRequest.

    ``agent_call_sid`` and ``call_leg_id`` come from the address that Twilio calls. Without them the
    request is from the agent's own leg. A leg that the REST API sends to the room's address comes
    without a status, because no Dial of it has ended: ``redirected``.
    """
    sid = read_call_sid(form)
    sent_here = after == "room" and not form.get("DialCallStatus")
    return {
        "call_sid": sid,
        "agent_call_sid": agent_call_sid or sid,
        "after": after,
        "call_leg_id": call_leg_id,
        "status": "redirected" if sent_here else read_status(form, "DialCallStatus"),
        "dial_call_sid": read_call_sid(form, "DialCallSid") if form.get("DialCallSid") else None,
        "duration_seconds": parsing.parse_count(form.get("DialCallDuration")),
        "payload": read_payload(form),
    }


def read_status(form: Form, name: str) -> str:
    """The status in the parameter ``name``, of at most MAX_STATUS characters. Raises
    InvalidRequest."""
    status = parsing.make_storable(form.get(name, ""))[:MAX_STATUS]
    if not status:
        raise errors.InvalidRequest(f"{name} is missing.")
    return status


def parse_timestamp(text: str | None) -> str | None:
    """Converts a time from RFC 2822, which Twilio sends, to ISO 8601. None for any other text: the
    event is still worth storing, and its payload has the text."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    # Postgres refuses offsets of 16 hours and more.
    offset = moment.utcoffset() or timedelta()
    return moment.isoformat() if abs(offset) < timedelta(hours=16) else None


def _parse_label(text: str) -> uuid.UUID | None:
    """A participant's label is the id of its leg. None for a label that is not ours."""
    is_id = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
    return uuid.UUID(text) if is_id else None


def read_payload(form: Form) -> dict[str, str | list[str]]:
    """All parameters as they were sent. A parameter that was sent several times has a list."""
    payload: dict[str, str | list[str]] = {}
    for name, values in form.lists():
        texts = [parsing.make_storable(value) for value in values]
        payload[parsing.make_storable(name)] = texts[0] if len(texts) == 1 else texts
    return payload
