"""What Twilio tells about recordings, as events for the ledger (``recording_events``).

https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback
"""

from __future__ import annotations

import re
import uuid

from shared import call_events, errors, parsing, sids, webhook_query
from shared.parsing import Form
from shared.recording_state import RecordingEvent, Start
from shared.twilio_recordings import Recording


def read_callback(form: Form, named: webhook_query.Named) -> RecordingEvent:
    """The event that a callback reports. The address that Twilio calls names the call and the row.
    Raises InvalidRequest."""
    sid = form.get("RecordingSid", "")
    if not re.fullmatch(sids.RECORDING_SID, sid):
        raise errors.InvalidRequest("RecordingSid is not a recording SID.")
    error = parsing.parse_count(form.get("ErrorCode"))
    return {
        "agent_call_sid": named.agent_call_sid,
        "recording_id": named.recording_id,
        "recording_sid": sid,
        "call_sid": call_events.read_call_sid(form),
        "source": "callback",
        "status": call_events.read_status(form, "RecordingStatus"),
        "duration_seconds": parsing.parse_count(form.get("RecordingDuration")),
        "channels": parsing.parse_count(form.get("RecordingChannels")),
        "started_at": call_events.parse_timestamp(form.get("RecordingStartTime")),
        "error": f"twilio_{error}" if error else None,
        "payload": call_events.read_payload(form),
    }


def describe_start(asked: Start, started: Recording | None, error: str) -> RecordingEvent:
    """What Twilio answered when it was asked to record: a recording, or a refusal, which ``error``
    says."""
    return {
        "agent_call_sid": asked["agent_call_sid"],
        "recording_id": uuid.UUID(asked["recording_id"]),
        "recording_sid": started.sid if started else None,
        "call_sid": asked["call_sid"],
        "source": "api",
        "status": "in-progress" if started else "failed",
        "duration_seconds": None,
        "channels": started.channels if started else None,
        "started_at": started.started_at if started else None,
        "error": None if started else error,
        "payload": {},
    }
