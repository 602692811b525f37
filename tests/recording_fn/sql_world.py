"""The same world with the real database: a call whose recording goes its way, and whatever happens
to recording_fn on that way."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb
from werkzeug.test import TestResponse

from stack.scheduler import Scheduler
from tests.canned_server import Answer, Asked, CannedServer
from tests.control_fn.breaker import Breaker, Killed
from tests.endpoints import ACCOUNT_SID, REST, Endpoint
from tests.recording_fn.requests import COMPLETED, run
from tests.recording_fn.world import SOUND, STORAGE, TWILIO, World, sha256
from tests.supabase.asked import one
from tests.supabase.recorded import RecordedCall, let_it_be_due
from tests.supabase.tenants import Connection, Tenant, as_role

Happening = Callable[[], object]


@dataclass
class SqlWorld(World):
    """Twilio and Storage of the small model, and the database of the tests."""

    db: Connection = field(kw_only=True)

    def serve(self, canned: CannedServer) -> None:
        canned.on_all(f"{TWILIO}/*", self.answer_as_twilio)
        canned.on_all(f"{STORAGE}/*", self.answer_as_storage)
        canned.on_all(f"{REST}/rpc/*", self.answer_as_database)

    def next_sid(self) -> str:
        return f"RE{uuid.uuid4().hex}"

    def answer_as_database(self, asked: Asked) -> Answer:
        """What PostgREST does for recording_fn."""
        function = asked.path.rpartition("/")[2]
        parameters = {
            name: Jsonb(value) if isinstance(value, dict) else value
            for name, value in asked.json().items()
        }
        assert re.fullmatch(r"\w+", function)
        named = ", ".join(f"{name} => %s" for name in parameters)
        with self.db.transaction(), as_role(self.db, "call_recorder"):
            query = f"select public.{function}({named})"
            return Answer(body=one(self.db, query, *parameters.values()))


@dataclass
class Story:
    """One call of a business that records all calls, until everything about it is settled."""

    world: SqlWorld
    recording: Endpoint
    scheduler: Scheduler
    breaker: Breaker
    tenant: Tenant
    refuses: bool = False
    call: RecordedCall = field(init=False)

    def __post_init__(self) -> None:
        self.call = RecordedCall(self.world.db, self.tenant)

    @property
    def sids(self) -> list[str]:
        """The recordings of this call at Twilio, also those that were deleted."""
        return [
            sid
            for sid, recording in self.world.at_twilio.items()
            if recording.call_sid == self.call.lead_sid
        ]

    def tell(self) -> None:
        """The whole call. ``breaker`` counts the requests from the notice on."""
        self.call.answer()
        self.breaker.sent = 0
        self._happen(lambda: self._ask_notice("play"))
        self._happen(lambda: self._ask_notice("end"))
        for sid in self.sids:
            self._report(sid, "in-progress")
        if self.refuses:
            self.call.ask_recording("stop", "refused")
        self.call.end(self.call.lead_sid)
        for sid in self.sids:
            recording = self.world.at_twilio[sid]
            if recording.status == "in-progress":
                recording.status = "completed"
            if not recording.is_deleted:
                self._report(sid, "completed")
        self._run()

    def heal(self) -> None:
        """Nothing is broken any more, and the scheduler runs until it has nothing to do."""
        self.breaker.at = None
        for _ in range(8):
            self._run()

    def expire(self) -> None:
        """The business keeps recordings no longer."""
        self.world.db.execute(
            "update public.recordings set expires_at = now() where conversation_id = %s",
            [self.call.id],
        )

    def check(self) -> str:
        """Each recording is in one place, verified, or says why not. The state of the newest."""
        rows = self.call.recordings
        by_sid = {row["recording_sid"]: row for row in rows if row["recording_sid"]}
        assert set(self.sids) <= set(by_sid), rows
        for sid in self.sids:
            assert self.world.at_twilio[sid].is_deleted, by_sid[sid]
        kept = [row for row in rows if row["state"] == "kept"]
        for row in kept:
            assert self.world.stored[row["object_path"]] == SOUND
            assert (row["bytes"], row["sha256"]) == (len(SOUND), sha256(SOUND))
        in_bucket = [path for path in self.world.stored if str(self.call.id) in path]
        assert sorted(in_bucket) == sorted(row["object_path"] for row in kept)
        for row in rows:
            assert row["state"] in ("kept", "deleted", "absent", "failed"), row
            assert row["state"] not in ("absent", "failed") or row["error"], row
        return str(rows[-1]["state"]) if rows else "none"

    def _ask_notice(self, step: str) -> TestResponse:
        form = {"AccountSid": ACCOUNT_SID, "CallSid": self.call.lead_sid}
        query = f"?notice={step}&call={self.call.sid}"
        return self.recording.twilio(form | {"ParentCallSid": self.call.sid}, query=query)

    def _report(self, sid: str, status: str) -> None:
        """A callback, again until it is accepted."""
        rows = [row for row in self.call.recordings if row["recording_sid"] in (sid, None)]
        query = f"?call={self.call.sid}" + (f"&recording={rows[0]['id']}" if rows else "")
        form = COMPLETED | {
            "CallSid": self.call.sid,
            "RecordingSid": sid,
            "RecordingStatus": status,
        }
        for _ in range(3):
            answer = self._happen(lambda: self.recording.twilio(form, query=query))
            if isinstance(answer, TestResponse) and answer.status_code == 204:
                return

    def _run(self) -> None:
        let_it_be_due(self.world.db)
        self._happen(lambda: run(self.recording, self.scheduler))

    def _happen(self, happening: Happening) -> object:
        """The function does something, or is killed."""
        with contextlib.suppress(Killed):
            return happening()
        return None


def told(story: Story) -> dict[str, Any]:
    """What a failing test says about a call."""
    return {"rows": story.call.recordings, "twilio": [story.world.at_twilio[s] for s in story.sids]}
