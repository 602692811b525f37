"""A call that may be recorded: what twiml_fn, control_fn, recording_fn and Twilio say about it, at
the database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from tests.supabase.asked import AskedCall, one
from tests.supabase.decisions import limit
from tests.supabase.tenants import Connection, Tenant, as_role, as_user, fetch

Answer = dict[str, Any]
SHA256 = "0" * 64


def allow(db: Connection, tenant: Tenant, mode: str, consent: str = "announce") -> None:
    limit(db, tenant, recording_mode=mode, consent_mode=consent)


def new_recording_sid() -> str:
    return f"RE{uuid.uuid4().hex}"


def claim(
    db: Connection, *, recording_id: object = None, count: int = 10, lease: int = 60
) -> list[Answer]:
    """public.claim_recordings, as recording_fn calls it."""
    with as_role(db, "call_recorder"):
        answer: Answer = one(
            db, "select public.claim_recordings(%s, %s, %s)", count, lease, recording_id
        )
    work: list[Answer] = answer["recordings"]
    return work


def step(db: Connection, work: Answer, name: str, **fields: object) -> Answer | None:
    """public.note_recording_step, as recording_fn calls it. What is to be done next."""
    with as_role(db, "call_recorder"):
        answer: Answer = one(
            db,
            "select public.note_recording_step(%s, %s, %s, %s)",
            work["recording_id"], work["lease_token"], name, Jsonb(fields),
        )  # fmt: skip
    todo: Answer | None = answer["work"]
    return todo


def let_it_be_due(db: Connection) -> None:
    """Time passes: nobody works on a recording any more, and all that is to come is due."""
    db.execute(
        "update public.recordings set next_at = now() - interval '1 second', lease_until = null"
        " where next_at is not null and (state <> 'kept' or expires_at <= now())"
    )


@dataclass
class RecordedCall(AskedCall):
    """A call of a tenant whose business allows recordings. The lead has not answered yet."""

    starts: list[Answer] = field(default_factory=list)

    def begin_notice(self) -> Answer:
        with as_role(self.db, "call_recorder"):
            answer: Answer = one(
                self.db, "select public.begin_notice(%s, %s)", self.sid, self.lead_sid
            )
        return answer

    def end_notice(self, digit: str | None = None) -> Answer:
        with as_role(self.db, "call_recorder"):
            answer: Answer = one(
                self.db, "select public.end_notice(%s, %s, %s)", self.sid, self.lead_sid, digit
            )
        if answer["start"]:
            self.starts.append(answer["start"])
        return answer

    def hears_notice(self) -> RecordedCall:
        self.begin_notice()
        self.end_notice()
        return self

    def ask_recording(
        self, state: str, consent: str | None = None, *, by: uuid.UUID | None = None
    ) -> Answer:
        with as_user(self.db, by or self.tenant.user_id):
            answer: Answer = one(
                self.db, "select public.ask_of_recording(%s, %s, %s)", self.id, state, consent
            )
        return answer

    def note_recording(
        self,
        asked: Answer,
        result: str = "done",
        *,
        sid: str | None = None,
        error: str | None = None,
    ) -> str | None:
        with as_role(self.db, "call_webhook"):
            answer: Answer = one(
                self.db,
                "select public.note_recording_action(%s, %s, %s, %s, %s)",
                asked["action"]["id"], self.sid, result, sid, error,
            )  # fmt: skip
        state: str | None = answer["recording_state"]
        return state

    def recording_event(
        self,
        status: str,
        sid: str | None,
        *,
        recording_id: object = None,
        source: str = "callback",
        error: str | None = None,
    ) -> Answer:
        with as_role(self.db, "call_recorder"):
            answer: Answer = one(
                self.db,
                "select public.record_recording_event("
                "%s, %s, %s, %s, %s, %s, %s, %s, null, %s, %s)",
                self.sid, recording_id, sid, self.sid, source, status,
                7 if status == "completed" else None, 2 if status == "completed" else None, error,
                Jsonb({"RecordingStatus": status}),
            )  # fmt: skip
        if answer["start"]:
            self.starts.append(answer["start"])
        return answer

    def record(self, **more: Any) -> str:
        """Somebody records, and Twilio does. The recording's SID."""
        sid = new_recording_sid()
        self.note_recording(self.ask_recording("start", **more), sid=sid)
        return sid

    @property
    def consent(self) -> Answer:
        (row,) = fetch(
            self.db, "select * from public.recording_consents where conversation_id = %s", self.id
        )
        return row

    @property
    def recordings(self) -> list[Answer]:
        return fetch(
            self.db,
            "select * from public.recordings where conversation_id = %s order by part",
            self.id,
        )

    @property
    def recording_state(self) -> str | None:
        state: str | None = self.row["recording_state"]
        return state


def keep(db: Connection, work: Answer) -> None:
    """A complete recording goes the rest of its way, without a mishap."""
    assert work["todo"] == "fetch"
    stored = step(db, work, "fetched", bytes=240_000, sha256=SHA256)
    assert stored is not None
    assert stored["todo"] == "store"
    left = step(db, stored, "stored")
    assert left is not None
    assert left["todo"] == "delete_at_twilio"
    assert step(db, left, "deleted_at_twilio") is None
