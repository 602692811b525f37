"""What the database tells endpoints about the recording of a call, and what they tell it.

The SQL functions that send and take these are in ``shared/rpc.py`` and ``shared/recorder_rpc.py``.
Times are ISO 8601.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Literal, TypedDict


class Terms(TypedDict):
    """Whether and how a call would be recorded. ``notice`` is what the lead would hear before they
    are connected, or None."""

    mode: Literal["on_demand", "all"]
    consent_mode: Literal["announce", "confirm", "both"]
    notice: str | None


class RecordingRef(TypedDict):
    """A recording of a call. ``recording_id`` is ours, and is in the address of the callbacks;
    ``recording_sid`` is Twilio's, None until Twilio names it. ``call_sid`` is the recorded leg."""

    recording_id: str
    recording_sid: str | None
    call_sid: str
    agent_call_sid: str
    part: int


class RecordingAction(TypedDict):
    """What Twilio is to be asked for a wish. ``delete``: stop it, and delete it. ``is_resumed``:
    Twilio may have been asked to start it before."""

    id: str
    todo: Literal["start", "pause", "resume", "stop", "delete"]
    is_resumed: bool


class AskedRecording(TypedDict):
    """The answer to a wish that is allowed. ``action`` is None if there is nothing to ask of Twilio
    (``is_done``)."""

    is_done: bool
    action: RecordingAction | None
    recording: RecordingRef | None
    conversation_id: str
    business_id: str
    agent_call_sid: str


class NotedRecording(TypedDict):
    """``refused`` means that a recording that was just started must be stopped."""

    recording_state: str | None


class Notice(TypedDict):
    """What the lead hears; ``text`` is None if they hear nothing. ``conversation_id`` is None if
    the call is not known."""

    conversation_id: str | None
    text: str | None


class Start(TypedDict):
    """A recording that Twilio is to be asked for now. Its row is there already."""

    recording_id: str
    call_sid: str
    agent_call_sid: str


class NoticeEnd(TypedDict):
    """``again``: the lead must hear the notice from its beginning."""

    conversation_id: str | None
    again: bool
    start: Start | None


class RecordingEvent(TypedDict):
    """What Twilio told about a recording. ``recording_id`` is from the address of the callback;
    ``recording_sid`` is None only for a start that Twilio refused, whose ``status`` is
    ``failed``."""

    agent_call_sid: str | None
    recording_id: uuid.UUID | None
    recording_sid: str | None
    call_sid: str | None
    source: Literal["callback", "api", "reconcile"]
    status: str
    duration_seconds: int | None
    channels: int | None
    started_at: str | None
    error: str | None
    payload: Mapping[str, object]


class StoredRecordingEvent(TypedDict):
    """``new`` is False for a duplicate. ``start``: Twilio has ended the recording while the call
    goes on; its next part is to be started."""

    new: bool
    recording_id: str | None
    conversation_id: str | None
    start: Start | None


class Work(TypedDict):
    """A recording with which something is to be done, and the lease under which it is done.

    ``store`` may come from a run that was killed after it had fetched: then the media is fetched
    again, and the object may be there already. ``bytes`` and ``sha256`` are of what was fetched.
    ``known_sids`` (for ``find``) are the call's recordings that have other rows.
    """

    recording_id: str
    business_id: str | None
    conversation_id: str | None
    agent_call_sid: str | None
    call_sid: str | None
    recording_sid: str | None
    part: int
    todo: Literal[
        "start",
        "find",
        "watch",
        "stop",
        "fetch",
        "store",
        "delete_at_twilio",
        "delete_object",
    ]
    object_path: str | None
    bytes: int | None
    sha256: str | None
    channels: int | None
    lease_token: str
    known_sids: list[str]


class RecordingClaim(TypedDict):
    """``paused_seconds``: how long Twilio must not be asked; None if it may be."""

    recordings: list[Work]
    paused_seconds: int | None


class RecordingStep(TypedDict):
    """What can be done next, under the same lease. None if nothing can, or if somebody else has the
    recording by now."""

    work: Work | None


class Playable(TypedDict):
    """A recording that may be heard. ``object_path`` is in the bucket ``recordings``."""

    id: str
    part: int
    object_path: str
    duration_seconds: int | None
    channels: int | None
    started_at: str | None


class PlayableRecordings(TypedDict):
    """In the order of the call."""

    recordings: list[Playable]
