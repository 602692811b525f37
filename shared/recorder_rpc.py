"""The SQL functions that recording_fn calls, as shared/rpc.py has those of the other endpoints."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import cast

from shared.database import Database
from shared.expiry import Expiry
from shared.recording_state import (
    Notice,
    NoticeEnd,
    RecordingClaim,
    RecordingStep,
    StoredRecordingEvent,
)


class AsRecorder:
    """Functions for role ``call_recorder``, called with SUPABASE_RECORDER_JWT.

    Each raises what ``Database.call_as_endpoint`` raises.
    """

    def __init__(self, database: Database, recorder_jwt: str) -> None:
        self._database = database
        self._recorder_jwt = recorder_jwt
        self._expiry = Expiry("SUPABASE_RECORDER_JWT", recorder_jwt)

    def begin_notice(self, *, agent_call_sid: str, call_sid: str) -> Notice:
        """The lead has answered on the leg ``call_sid``: what they hear before they are
        connected."""
        parameters = {"p_agent_call_sid": agent_call_sid, "p_call_sid": call_sid}
        return cast(Notice, self._call("begin_notice", parameters))

    def end_notice(self, *, agent_call_sid: str, call_sid: str, digit: str | None) -> NoticeEnd:
        """The notice is over (``digit`` is None), or this key interrupted it."""
        parameters = {
            "p_agent_call_sid": agent_call_sid,
            "p_call_sid": call_sid,
            "p_digit": digit,
        }
        return cast(NoticeEnd, self._call("end_notice", parameters))

    def record_recording_event(
        self,
        *,
        agent_call_sid: str | None,
        recording_id: uuid.UUID | None,
        recording_sid: str | None,
        call_sid: str | None,
        source: str,
        status: str,
        duration_seconds: int | None,
        channels: int | None,
        started_at: str | None,
        error: str | None,
        payload: Mapping[str, object],
    ) -> StoredRecordingEvent:
        """Stores what Twilio told about a recording. The same event is stored once."""
        parameters = {
            "p_agent_call_sid": agent_call_sid,
            "p_recording_id": None if recording_id is None else str(recording_id),
            "p_recording_sid": recording_sid,
            "p_call_sid": call_sid,
            "p_source": source,
            "p_status": status,
            "p_duration_seconds": duration_seconds,
            "p_channels": channels,
            "p_started_at": started_at,
            "p_error": error,
            "p_payload": payload,
        }
        return cast(StoredRecordingEvent, self._call("record_recording_event", parameters))

    def claim_recordings(
        self, *, limit: int, lease_seconds: int, recording_id: uuid.UUID | None
    ) -> RecordingClaim:
        """Takes up to ``limit`` recordings that are due, or the one with this id, due or not. No
        other run gets them within ``lease_seconds`` (1 to 600)."""
        parameters = {
            "p_limit": limit,
            "p_lease_seconds": lease_seconds,
            "p_recording_id": None if recording_id is None else str(recording_id),
        }
        return cast(RecordingClaim, self._call("claim_recordings", parameters))

    def note_recording_step(
        self,
        *,
        recording_id: uuid.UUID | str,
        lease_token: uuid.UUID | str,
        step: str,
        fields: Mapping[str, object],
    ) -> RecordingStep:
        """Stores what was done for a claimed recording. The steps and their fields are listed in
        supabase/migrations/…_note_recording_step.sql. The lease begins again."""
        parameters = {
            "p_recording_id": str(recording_id),
            "p_lease_token": str(lease_token),
            "p_step": step,
            "p_fields": fields,
        }
        return cast(RecordingStep, self._call("note_recording_step", parameters))

    def _call(self, function: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
        self._expiry.warn()
        return self._database.call_as_endpoint(
            self._recorder_jwt, function, parameters, setting="SUPABASE_RECORDER_JWT"
        )
