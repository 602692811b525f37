"""What is done at Twilio when people start, pause, resume or stop the recording of a call.

A function may be killed between any two lines here, and the same request then comes again. Only
starting must not be done twice: before it, Twilio is asked which recordings of the call go on.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from shared import errors, recording_way, twilio_calls, twilio_recordings
from shared.recording_state import AskedRecording, NotedRecording, RecordingRef
from shared.recording_way import list_call_sids
from shared.twilio_recordings import GOING_ON, Status

if TYPE_CHECKING:
    from twilio.rest import Client

STATES = ("start", "pause", "resume", "stop")
# What people may say about the lead's consent, and with which state.
CONSENTS = {"agreed": "start", "refused": "stop"}
_STATUSES: dict[str, Status] = {"pause": "paused", "resume": "in-progress", "stop": "stopped"}


class Ledger(Protocol):
    """Where it is written what became of it, as in ``rpc.AsWebhook.note_recording_action``."""

    def __call__(
        self, result: str, recording_sid: str | None = None, error: str | None = None
    ) -> NotedRecording: ...


def carry_out(client: Client, base_url: str, asked: AskedRecording, write_down: Ledger) -> None:
    """Does what was asked for, and writes down what became of it.

    Raises errors.NotInProgress if the recording or the call has ended, TwilioUnavailable if Twilio
    does not do it, and what ``Database.call_as_endpoint`` raises.
    """
    action, recording = asked["action"], asked["recording"]
    if action is None or recording is None:
        return
    try:
        sid = _do(client, base_url, action["todo"], recording)
    except (errors.NotInProgress, errors.TwilioRefused) as error:
        _give_up(write_down, "failed", error)
    except (errors.TwilioUnavailable, errors.PhoneSystemError) as error:
        _give_up(write_down, "released", error)
    else:
        noted = write_down("done", sid)
        if action["todo"] == "start" and noted["recording_state"] == "refused":
            # The lead refused meanwhile.
            with contextlib.suppress(errors.TwilioUnavailable):
                _delete(client, recording, sid)


def _give_up(write_down: Ledger, result: str, error: errors.RequestError) -> None:
    # If the database is away, the lease ends, and the callbacks tell what was done.
    with contextlib.suppress(errors.DatabaseUnavailable):
        write_down(result, error=error.code)
    raise error


def _do(client: Client, base_url: str, todo: str, recording: RecordingRef) -> str | None:
    """Returns the SID of the recording; None if there was none."""
    sid = recording["recording_sid"] or _find(client, recording)
    if todo == "start":
        return sid or _start(client, base_url, recording)
    if todo == "delete":
        return _delete(client, recording, sid)
    if todo not in _STATUSES:
        raise errors.PhoneSystemError(f"control_fn does not know the action {todo}")
    if sid is None:
        raise errors.NotInProgress("The recording has not started. Try again in a moment.")
    _change(client, recording, sid, _STATUSES[todo])
    return sid


def _find(client: Client, recording: RecordingRef) -> str | None:
    """The recording of this call that goes on. There is one at most."""
    found = twilio_recordings.find(client, list_call_sids(recording))
    ours = [each.sid for each in found if each.is_by_api and each.status in GOING_ON]
    return ours[0] if ours else None


def _start(client: Client, base_url: str, recording: RecordingRef) -> str:
    try:
        return recording_way.start(client, base_url, recording).sid
    except errors.TwilioRefused as refused:
        if twilio_calls.is_over(client, recording["call_sid"]):
            raise errors.NotInProgress("The lead has left the call.") from refused
        raise


def _change(client: Client, recording: RecordingRef, sid: str, status: Status) -> None:
    """Twilio also refuses what is so already."""
    try:
        twilio_recordings.change(client, list_call_sids(recording), sid, status)
    except errors.TwilioRefused as refused:
        found = twilio_recordings.fetch(client, sid)
        goes_on = found is not None and found.status in GOING_ON
        if (found and found.status == status) or (status == "stopped" and not goes_on):
            return
        if not goes_on:
            raise errors.NotInProgress("The recording has ended.") from refused
        raise


def _delete(client: Client, recording: RecordingRef, sid: str | None) -> str | None:
    """Stops and deletes what the lead refused. If only the deletion fails, recording_fn repeats
    it."""
    if sid is None:
        return None
    _change(client, recording, sid, "stopped")
    with contextlib.suppress(errors.TwilioUnavailable):
        twilio_recordings.delete(client, sid)
    return sid
