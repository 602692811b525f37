"""Recordings of calls by Twilio's REST API: start, pause, stop, find, delete.

https://www.twilio.com/docs/voice/api/recording
https://www.twilio.com/docs/voice/api/recording#create-a-recording-resource

``client`` comes from ``twilio_client.build_client``. Each function raises what
``twilio_answers.reading`` raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from shared import errors, twilio_answers

if TYPE_CHECKING:
    from twilio.rest import Client

EVENTS = ("in-progress", "completed", "absent")
# What goes on: it can be paused or stopped.
GOING_ON = ("in-progress", "paused")
# A call has few recordings, so one page has all of them.
_MAX_RECORDINGS = 50

Status = Literal["in-progress", "paused", "stopped"]


@dataclass(frozen=True)
class Recording:
    """What Twilio knows of a recording. ``started_at`` is ISO 8601. ``error`` is the number of
    Twilio's error, for a recording that is ``absent``. ``is_by_api``: ``start`` made it, and not
    TwiML or a setting of the account."""

    sid: str
    status: str
    duration_seconds: int | None
    channels: int | None
    started_at: str | None
    error: str | None
    is_by_api: bool


def start(client: Client, call_sid: str, callback: str) -> Recording:
    """Starts to record a leg in progress: channel 1 is what the leg says, channel 2 what it hears.

    Twilio has no key that makes a second request harmless: ask ``find`` first.
    """
    with twilio_answers.reading():
        return _describe(
            client.calls(call_sid).recordings.create(
                recording_channels="dual",
                recording_track="both",
                trim="do-not-trim",
                recording_status_callback=callback,
                recording_status_callback_method="POST",
                recording_status_callback_event=list(EVENTS),
            )
        )


def find(client: Client, call_sids: Sequence[str]) -> list[Recording]:
    """The recordings of these legs, each once. Twilio documents the CallSid of a recording as that
    of the parent leg, so ask for both the leg and its parent."""
    found: dict[str, Recording] = {}
    for call_sid in call_sids:
        try:
            with twilio_answers.reading():
                listed = client.calls(call_sid).recordings.list(
                    limit=_MAX_RECORDINGS, page_size=_MAX_RECORDINGS
                )
                found |= {each.sid: _describe(each) for each in listed}
        except errors.TwilioRefused as refused:
            if refused.http_status != 404:
                raise
    return list(found.values())


def fetch(client: Client, recording_sid: str) -> Recording | None:
    """A recording; None if Twilio does not have it, or not any more."""
    try:
        with twilio_answers.reading():
            return _describe(client.recordings(recording_sid).fetch())
    except errors.TwilioRefused as refused:
        if refused.http_status == 404:
            return None
        raise


def change(
    client: Client, call_sids: Sequence[str], recording_sid: str, status: Status
) -> Recording:
    """Pauses, resumes or stops a recording. While it is paused it records silence, so that the
    times in it stay right. ``call_sids`` as in ``find``: the first that Twilio accepts counts."""
    more = {"pause_behavior": "silence"} if status == "paused" else {}
    refused: errors.TwilioRefused | None = None
    for call_sid in call_sids:
        try:
            with twilio_answers.reading():
                recordings = client.calls(call_sid).recordings
                return _describe(recordings(recording_sid).update(status=status, **more))
        except errors.TwilioRefused as error:
            if error.http_status != 404:
                raise
            refused = refused or error
    assert refused is not None
    raise refused


def delete(client: Client, recording_sid: str) -> bool:
    """Deletes a recording, and asks whether it is gone: Twilio keeps what it knows of one for 40
    days, without the sound, and gives it the status ``deleted``.

    https://www.twilio.com/docs/voice/api/recording#delete-a-recording-resource
    """
    try:
        with twilio_answers.reading():
            client.recordings(recording_sid).delete()
    except errors.TwilioRefused as refused:
        if refused.http_status != 404:
            raise
    try:
        with twilio_answers.reading():
            left = client.recordings(recording_sid).fetch(include_soft_deleted=True)
            return str(left.status) == "deleted"
    except errors.TwilioRefused as refused:
        if refused.http_status == 404:
            return True
        raise


def _describe(recording: object) -> Recording:
    """Raises the errors that ``twilio_answers.reading`` knows if it has not a recording's form."""
    names = ("sid", "status", "start_time", "error_code", "duration", "channels", "source")
    values = (getattr(recording, name) for name in names)
    sid, status, started_at, error, duration, channels, source = values
    if not isinstance(sid, str) or not isinstance(status, str):
        raise TypeError("a recording has a SID and a status")
    if isinstance(started_at, datetime) and started_at.tzinfo is None:
        started_at = started_at.replace(tzinfo=UTC)
    return Recording(
        sid=sid,
        status=status,
        duration_seconds=_read_count(duration),
        channels=_read_count(channels),
        started_at=started_at.isoformat() if isinstance(started_at, datetime) else None,
        error=str(error) if error else None,
        is_by_api=source == "StartCallRecordingAPI",
    )


def _read_count(value: object) -> int | None:
    """Twilio sends counts as texts. The duration of a recording that goes on is -1."""
    try:
        count = int(str(value))
    except ValueError:
        return None
    return count if count >= 0 else None
