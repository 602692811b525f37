"""What the database tells endpoints about recordings, and what they tell it.

The SQL functions that send and take these are in ``shared/rpc.py`` and ``shared/recorder_rpc.py``.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class Start(TypedDict):
    """A recording that Twilio is to be asked for: its row, the leg, and the call."""

    recording_id: str
    call_sid: str
    agent_call_sid: str


class RecordingRef(TypedDict):
    recording_id: str
    recording_sid: str | None
    call_sid: str
    agent_call_sid: str
    part: int


class RecordingAction(TypedDict):
    id: str
    todo: Literal["start", "pause", "resume", "stop", "delete"] | None
    is_resumed: NotRequired[bool]


class AskedRecording(TypedDict):
    is_done: bool
    action: RecordingAction | None
    recording: RecordingRef | None
    conversation_id: str
    business_id: str
    agent_call_sid: str


class NotedRecording(TypedDict):
    recording_state: str | None


class Notice(TypedDict):
    conversation_id: str | None
    text: str | None


class NoticeEnd(TypedDict):
    conversation_id: str | None
    again: bool
    start: Start | None


class StoredRecordingEvent(TypedDict):
    new: bool
    recording_id: str
    conversation_id: str | None
    start: Start | None


class Work(TypedDict):
    recording_id: str
    business_id: str | None
    conversation_id: str | None
    agent_call_sid: str | None
    call_sid: str
    recording_sid: str | None
    todo: str | None
    object_path: str | None
    bytes: int | None
    sha256: str | None
    channels: int | None
    lease_token: str
    known_sids: list[str]


class RecordingClaim(TypedDict):
    recordings: list[Work]
    paused_seconds: int | None


class PlayableRecording(TypedDict):
    id: str
    part: int
    object_path: str
    duration_seconds: int | None
    channels: int | None
    started_at: str | None


class Playable(TypedDict):
    recordings: list[PlayableRecording]
