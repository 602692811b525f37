"""A Twilio and a bucket that a recording goes through, and the functions that take it there, each
of which may be killed at any moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.supabase.asked import one
from tests.supabase.recorded import (
    SHA256,
    Answer,
    RecordedCall,
    claim,
    let_it_be_due,
    new_recording_sid,
    step,
)


class Killed(Exception):
    """The function was killed."""


class Refused(Exception):
    """Twilio refuses."""


@dataclass
class TwilioRecording:
    leg: str
    row: str
    status: str = "in-progress"


@dataclass
class RecordingWorld:
    """One call with its recordings. ``dice`` decides everything; ``danger`` is how often a function
    is killed, and how often a callback is lost or comes twice."""

    call: RecordedCall
    dice: random.Random
    danger: float = 0.2
    twilio: dict[str, TwilioRecording] = field(default_factory=dict)
    bucket: set[str] = field(default_factory=set)
    callbacks: list[tuple[str, str]] = field(default_factory=list)
    leg_is_live: bool = False
    notice_was_heard: bool = False
    confirmed: bool = False
    refused: bool = False

    def __post_init__(self) -> None:
        self.db = self.call.db

    def may_be_killed(self) -> None:
        if self.dice.random() < self.danger:
            raise Killed

    # Twilio.

    def create(self, leg: str, row: str) -> str:
        if not self.leg_is_live:
            raise Refused("21220")
        consent = self.call.consent
        # Whatever happened: who has not agreed is not recorded.
        assert consent["consent_mode"] == "confirm" or self.notice_was_heard
        assert consent["consent_mode"] == "announce" or self.confirmed
        sid = new_recording_sid()
        self.twilio[sid] = TwilioRecording(leg, row)
        self.callbacks.append((sid, "in-progress"))
        return sid

    def end_recordings(self) -> None:
        """Of a leg that has ended, and, it may be, of one that was redirected."""
        for sid, recording in self.twilio.items():
            if recording.status == "in-progress":
                self.end_recording(sid)

    def end_recording(self, sid: str) -> None:
        self.twilio[sid].status = "absent" if self.dice.random() < 0.1 else "completed"
        self.callbacks.append((sid, self.twilio[sid].status))

    def delete(self, sid: str) -> None:
        if self.twilio[sid].status == "in-progress":
            raise Refused("21220")
        self.twilio[sid].status = "deleted"

    def deliver(self) -> None:
        """A callback arrives: any, once or twice, or never."""
        if not self.callbacks:
            return
        number = self.dice.randrange(len(self.callbacks))
        sid, status = self.callbacks[number]
        if self.dice.random() > self.danger / 2:
            del self.callbacks[number]
        if self.dice.random() < self.danger:
            return
        answer = self.call.recording_event(status, sid, recording_id=self.twilio[sid].row)
        self.start(answer["start"])
        if status == "completed" and self.dice.random() < 0.5:
            self.work(answer["recording_id"])

    # The functions.

    def start(self, start: Answer | None) -> None:
        if start is None:
            return
        self.may_be_killed()
        try:
            sid = self.create(start["call_sid"], start["recording_id"])
        except Refused as refusal:
            self.call.recording_event(
                "failed", None, recording_id=start["recording_id"], source="api", error=str(refusal)
            )
            return
        self.may_be_killed()
        self.call.recording_event(
            "in-progress", sid, recording_id=start["recording_id"], source="api"
        )

    def ask(self, state: str, consent: str | None = None) -> None:
        """control_fn, action `record`."""
        asked = self.call.ask_recording(state, consent)
        if consent == "agreed" and "error" not in asked:
            self.confirmed = True
        if consent == "refused" and "error" not in asked:
            self.refused = True
        action = asked.get("action")
        if action is None:
            return
        self.may_be_killed()
        recording, sid = asked["recording"], None
        try:
            if action["todo"] == "start":
                known = [
                    sid
                    for sid, each in self.twilio.items()
                    if each.row == recording["recording_id"] and action["is_resumed"]
                ]
                sid = known[0] if known else self.create(
                    recording["call_sid"], recording["recording_id"]
                )  # fmt: skip
            elif self.twilio[recording["recording_sid"]].status != "in-progress":
                raise Refused("21220")
            elif action["todo"] in ("stop", "delete"):
                self.end_recording(recording["recording_sid"])
        except Refused as refusal:
            self.call.note_recording(asked, "failed", error=str(refusal))
            return
        self.may_be_killed()
        self.call.note_recording(asked, sid=sid)

    def work(self, recording_id: object = None) -> None:
        """recording_fn: what is due."""
        for work in claim(self.db, recording_id=recording_id):
            todo: Answer | None = work
            while todo is not None:
                self.may_be_killed()
                todo = self.do(todo)

    def do(self, work: Answer) -> Answer | None:
        sid, path = work["recording_sid"], work["object_path"]
        steps: dict[str, Callable[[], Answer | None]] = {
            "find": lambda: self.find(work),
            "start": lambda: self.start_again(work),
            "stop": lambda: self.stop(work),
            "watch": lambda: self.watch(work),
            "fetch": lambda: self.note(work, "fetched", bytes=24, sha256=SHA256),
            "store": lambda: self.store(work),
            "delete_object": lambda: self.remove(work, path),
            "delete_at_twilio": lambda: self.delete_there(work, sid),
        }
        return steps[work["todo"]]()

    def note(self, work: Answer, name: str, **fields: object) -> Answer | None:
        self.may_be_killed()
        return step(self.db, work, name, **fields)

    def find(self, work: Answer) -> Answer | None:
        found = [
            sid
            for sid, each in self.twilio.items()
            if sid not in work["known_sids"] and each.status != "deleted"
        ]
        if found:
            return self.note(work, "started", recording_sid=found[0])
        return self.note(work, "not_started")

    def start_again(self, work: Answer) -> Answer | None:
        try:
            sid = self.create(work["call_sid"], work["recording_id"])
        except Refused as refusal:
            return self.note(work, "not_started", error=str(refusal))
        return self.note(work, "started", recording_sid=sid)

    def stop(self, work: Answer) -> Answer | None:
        if self.twilio[work["recording_sid"]].status == "in-progress":
            self.end_recording(work["recording_sid"])
        return self.watch(work)

    def watch(self, work: Answer) -> Answer | None:
        status = self.twilio[work["recording_sid"]].status
        return self.note(work, "seen", status=status, duration_seconds=7, channels=2)

    def store(self, work: Answer) -> Answer | None:
        self.bucket.add(work["object_path"])
        return self.note(work, "stored")

    def remove(self, work: Answer, path: str) -> Answer | None:
        self.bucket.discard(path)
        return self.note(work, "object_deleted")

    def delete_there(self, work: Answer, sid: str) -> Answer | None:
        self.delete(sid)
        return self.note(work, "deleted_at_twilio")

    # The people.

    def notice(self) -> None:
        """twiml_fn had Twilio ask for the notice: it is played, or a key interrupts it."""
        if self.call.begin_notice()["text"] is None:
            return
        digit = self.dice.choice((None,) * 8 + ("9", "3"))
        self.may_be_killed()
        if digit is None:
            self.notice_was_heard = True
        if digit == "9":
            self.refused = True
        answer = self.call.end_notice(digit)
        assert answer["again"] == (digit == "3") or self.refused or self.notice_was_heard
        self.start(answer["start"])

    def lead_answers(self) -> None:
        self.leg_is_live = True

    def told_of_answer(self) -> None:
        if self.leg_is_live:
            self.call.answer()

    def hang_up(self) -> None:
        if self.leg_is_live:
            self.leg_is_live = False
            self.end_recordings()
            if self.dice.random() > self.danger:
                self.call.end(self.call.lead_sid)

    def heal(self) -> None:
        """Nobody is killed any more, and the scheduler runs until nothing is due."""
        self.danger = 0
        self.call.answer()
        self.call.end(self.call.lead_sid)
        for _ in range(30):
            let_it_be_due(self.db)
            if not one(
                self.db,
                "select exists (select from public.recordings where next_at <= now()"
                " and conversation_id = %s)",
                self.call.id,
            ):
                return
            self.work()
        raise AssertionError(self.call.recordings)
