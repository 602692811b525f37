"""x"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import cast

from shared.database import Database
from shared.expiry import Expiry
from shared.recording_state import Notice, NoticeEnd, RecordingClaim, StoredRecordingEvent, Work


class AsRecorder:
    """x"""

    def __init__(self, database: Database, recorder_jwt: str) -> None:
        self._database = database
        self._jwt = recorder_jwt
        self._expiry = Expiry("SUPABASE_RECORDER_JWT", recorder_jwt)

    def begin_notice(self, *, agent_call_sid: str, call_sid: str) -> Notice:
        return cast(
            Notice,
            self._call(
                "begin_notice", {"p_agent_call_sid": agent_call_sid, "p_call_sid": call_sid}
            ),
        )

    def end_notice(self, *, agent_call_sid: str, call_sid: str, digit: str | None) -> NoticeEnd:
        return cast(
            NoticeEnd,
            self._call(
                "end_notice",
                {"p_agent_call_sid": agent_call_sid, "p_call_sid": call_sid, "p_digit": digit},
            ),
        )

    def record_recording_event(
        self,
        *,
        agent_call_sid: str | None,
        recording_id: uuid.UUID | None,
        recording_sid: str | None,
        call_sid: str,
        source: str,
        status: str,
        duration_seconds: int | None,
        channels: int | None,
        started_at: str | None,
        error: str | None,
        payload: Mapping[str, str | list[str]],
    ) -> StoredRecordingEvent:
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
        parameters = {
            "p_limit": limit,
            "p_lease_seconds": lease_seconds,
            "p_recording_id": None if recording_id is None else str(recording_id),
        }
        return cast(RecordingClaim, self._call("claim_recordings", parameters))

    def note_recording_step(
        self, *, recording_id: str, lease_token: str, step: str, fields: Mapping[str, object]
    ) -> Work | None:
        parameters = {
            "p_recording_id": recording_id,
            "p_lease_token": lease_token,
            "p_step": step,
            "p_fields": fields,
        }
        return cast(Work | None, self._call("note_recording_step", parameters)["work"])

    def _call(self, function: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
        self._expiry.warn()
        return self._database.call_as_endpoint(
            self._jwt, function, parameters, setting="SUPABASE_RECORDER_JWT"
        )
