"""What becomes of an entry of a queue, by the facts alone: in whatever order they came, the row
says what the oracle says (tests/supabase/queue_model.py)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.soak import scaled
from tests.supabase.queue_model import EFFECTS, Call, Facts, Said, State, expected
from tests.supabase.queues import Queue, Row, make_queue, one
from tests.supabase.tenants import Connection

ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland")
UNANSWERED = ("busy", "no-answer", "failed", "canceled")


@pytest.fixture
def queue(db: Connection) -> Queue:
    return make_queue(db, 61)


def state_of(row: Row) -> State:
    """The row as the oracle speaks of it."""

    def time(name: str) -> datetime | None:
        return datetime.fromisoformat(row[name]).astimezone(UTC) if row[name] else None

    return State(
        state=row["state"],
        attempts=row["attempts"],
        next_at=None if row["state"] == "done" else time("next_at"),
        wait_reason=row["wait_reason"],
        done_reason=row["done_reason"],
        call_back_at=time("call_back_at"),
        call_back_for=row["call_back_for"] and uuid.UUID(row["call_back_for"]),
    )


def whole_minutes(chance: random.Random, low: int, high: int) -> timedelta:
    return timedelta(minutes=chance.randint(low, high))


class Story:
    """An entry to which things happen, as steps that can be mixed, and the facts of it."""

    def __init__(self, queue: Queue, seed: int, now: datetime) -> None:
        self.queue, self.now = queue, now
        self.chance = chance = random.Random(seed)
        self.zone = chance.choice(ZONES)
        self.start = now - timedelta(days=chance.choice((1, 3, 9)))
        self.lead_id = queue.add_lead(time_zone=None if self.zone == "UTC" else self.zone)
        self.entry_id = queue.enqueue(
            self.lead_id, counted_from=self.start, next_at=self.start, enqueued_at=self.start
        )
        self.held: tuple[datetime, datetime, str] | None = None
        self.said: Said | None = None
        self.is_paused = chance.random() < 0.1
        self.is_removed = chance.random() < 0.05
        self.calls: list[uuid.UUID] = []
        at = self.start - timedelta(hours=chance.choice((0, 0, 30)))
        steps: list[list[Callable[[], object]]] = []
        for number in range(chance.choice((0, 1, 1, 2, 3, 5))):
            at += whole_minutes(chance, 6, 2000)
            if at < now - timedelta(minutes=10):
                steps.append(self.steps_of_call(at, is_open=number == 4))
        steps.append(self.steps_of_people())
        self.steps = steps

    def steps_of_call(self, at: datetime, *, is_open: bool) -> list[Callable[[], object]]:
        chance, queue = self.chance, self.queue
        status = chance.choice((*UNANSWERED, "completed", "completed"))
        ended_at = at + whole_minutes(chance, 1, 5)
        outcome = (
            chance.choice(sorted(EFFECTS))
            if chance.random() < (0.8 if status == "completed" else 0.2)
            else None
        )
        call_id = uuid.uuid4()
        self.calls.append(call_id)

        def begin() -> None:
            queue.add_call(
                self.lead_id, id=call_id, status="queued", created_at=at, begun_at=at, dialed_at=at
            )

        def end() -> None:
            queue.db.execute(
                "update public.conversations set status = %s, ended_at = %s, answered_at = %s"
                " where id = %s",
                (status, ended_at, at if status == "completed" else None, call_id),
            )

        def describe() -> None:
            queue.db.execute(
                "update public.conversations set outcome = %s where id = %s", (outcome, call_id)
            )

        return [begin, *([] if is_open else [end]), *([describe] if outcome else [])]

    def steps_of_people(self) -> list[Callable[[], object]]:
        chance, queue = self.chance, self.queue
        changes: Row = {}
        if chance.random() < 0.3:
            self.held = (
                self.now - whole_minutes(chance, 0, 3000),
                self.now + whole_minutes(chance, -300, 300),
                "skipped",
            )
            changes |= {
                "held_at": self.held[0],
                "held_until": self.held[1],
                "held_reason": self.held[2],
            }
        if chance.random() < 0.2:
            outcome = chance.choice(("callback", "interested", "voicemail"))
            self.said = Said(
                self.now - whole_minutes(chance, 0, 3000),
                outcome,
                self.now + whole_minutes(chance, -60, 600) if outcome == "callback" else None,
                queue.user_id if outcome == "callback" and chance.random() < 0.5 else None,
            )
            changes |= {
                "said_at": self.said.at,
                "said_outcome": self.said.outcome,
                "said_call_back_at": self.said.call_back_at,
                "said_call_back_for": self.said.call_back_for,
            }
        if self.is_paused:
            changes["paused_at"] = self.now
        if self.is_removed:
            changes["removed_at"] = self.now
        return [lambda: queue.change_entry(self.entry_id, **changes)] if changes else []

    def facts(self, rules: dict[str, tuple[int | None, int | None]]) -> Facts:
        """As they stand in the tables of calls, leads and numbers."""
        db = self.queue.db
        calls = [
            Call(
                at=row[0],
                status=row[1],
                ended_at=row[2],
                answered=row[3] is not None,
                outcome=row[4],
                agreed=row[5] and (row[5], row[6]),
            )
            for row in db.execute(
                "select conversations.created_at, status, ended_at, answered_at, outcome, due_at,"
                " agreed.user_id"
                " from public.conversations left join private.open_call_backs as agreed"
                " on agreed.conversation_id = conversations.id"
                " where conversations.lead_id = %s",
                (self.lead_id,),
            )
        ]
        lead = db.execute(
            "select wrong_number_at is not null, exists (select from public.do_not_call"
            " where do_not_call.subscriber = leads.subscriber) from public.leads where id = %s",
            (self.lead_id,),
        ).fetchone()
        assert lead is not None
        return Facts(
            counted_from=self.start,
            calls=calls,
            rules=rules,
            max_attempts=4,
            time_zone=self.zone,
            held=self.held,
            said=self.said,
            is_paused=self.is_paused,
            is_removed=self.is_removed,
            is_wrong_number=lead[0],
            is_forbidden=lead[1],
        )


@pytest.mark.soak
def test_a_row_says_what_its_facts_say_in_whatever_order_they_came(queue: Queue) -> None:
    now: datetime = one(queue.db, "select now()")
    rules: dict[str, tuple[int | None, int | None]] = {
        "busy": (20, 2),
        "voicemail": (90, 3),
        "interested": (3000, None),
        "canceled": (None, None),
    }
    for result, rule in rules.items():
        queue.add_rule(result, *rule)
    queue.change_campaign(max_attempts=4)

    seen: set[tuple[str, str | None]] = set()
    for seed in range(scaled(30, 1000)):
        story = Story(queue, seed, now)
        waiting = [list(steps) for steps in story.steps if steps]
        while waiting:
            steps = story.chance.choice(waiting)
            steps.pop(0)()
            waiting = [steps for steps in waiting if steps]
        row = queue.entry(story.entry_id)
        facts = story.facts(rules)
        assert state_of(row) == expected(facts, now), (seed, facts)
        assert row["is_due"] == (
            row["state"] == "ready"
            and row["call_back_at"] is None
            and datetime.fromisoformat(row["next_at"]) <= now
        )
        seen.add((row["state"], row["wait_reason"] or row["done_reason"]))
    # The stories are of all kinds.
    assert len(seen) >= 11, seen
