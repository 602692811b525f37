"""When a lead was on hold: from our notes, the room's callbacks and Twilio's answers, with any of
them missing, and with clocks that disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    as_user,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)


def at(second: float) -> datetime:
    return datetime(2026, 11, 22, 10, 0, tzinfo=UTC) + timedelta(seconds=second)


@dataclass
class HeldCall:
    """A call whose lead answered at second 5."""

    db: Connection
    tenant: Tenant
    sid: str = field(default_factory=new_call_sid)
    lead: str = field(default_factory=new_call_sid)
    sequence: int = 0

    def __post_init__(self) -> None:
        begin_call(self.db, self.tenant, self.sid)
        self.tell("in-progress", 5, number=2)

    def tell(self, status: str, second: float, *, number: int, seconds: int | None = None) -> None:
        record_event(
            self.db, self.sid, self.lead, status, number, occurred_at=at(second).isoformat(),
            duration_seconds=seconds,
        )  # fmt: skip

    def ends(self, second: int) -> None:
        self.tell("completed", second, number=3, seconds=second - 5)

    def fact(
        self, source: str, status: str, second: float, number: int, room: str | None = None
    ) -> dict[str, Any]:
        name = f"conversation_{conversation(self.db, self.sid)['id'].hex}"
        return record_event(
            self.db, self.sid, self.lead, status, number, source=source,
            occurred_at=at(second).isoformat(), conference_sid=room,
            payload={"FriendlyName": name} if room else None,
        )  # fmt: skip

    def ours(self, kind: str, second: float, action: int) -> None:
        """What Twilio has confirmed: ``hold`` or ``unhold``."""
        self.fact("control", f"participant-{kind}", second, action)

    def rooms(self, kind: str, second: float, number: int, room: str = "CF1") -> None:
        self.fact("conference", f"participant-{kind}", second, number, room + self.sid)

    @property
    def holds(self) -> list[tuple[float, float | None]]:
        rows = fetch(
            self.db,
            "select started_at, ended_at from public.call_holds where conversation_id = %s"
            " order by started_at",
            conversation(self.db, self.sid)["id"],
        )
        start = at(0)
        return [
            (
                (row["started_at"] - start).total_seconds(),
                row["ended_at"] and (row["ended_at"] - start).total_seconds(),
            )
            for row in rows
        ]

    @property
    def stage(self) -> str | None:
        stage: str | None = conversation(self.db, self.sid)["stage"]
        return stage

    @property
    def on_hold_since(self) -> datetime | None:
        (leg,) = fetch(
            self.db, "select on_hold_since from public.call_legs where call_sid = %s", self.lead
        )
        since: datetime | None = leg["on_hold_since"]
        return since


@pytest.fixture
def call(db: Connection) -> HeldCall:
    return HeldCall(db, add_tenant(db, 1))


def test_a_hold_lasts_until_the_lead_is_back(call: HeldCall) -> None:
    call.ours("hold", 10.5, 1)
    assert (call.stage, call.on_hold_since) == ("on_hold", at(10.5))
    assert conversation(call.db, call.sid)["hold_seconds"] is None
    call.ours("unhold", 20.2, 2)
    assert (call.stage, call.on_hold_since) == (None, None)
    call.ends(30)
    assert call.holds == [(10.5, 20.2)]
    row = conversation(call.db, call.sid)
    assert (row["hold_seconds"], row["duration_seconds"], row["stage"]) == (10, 25, None)


def test_a_call_without_a_hold_has_no_hold_seconds_until_it_ends(call: HeldCall) -> None:
    assert conversation(call.db, call.sid)["hold_seconds"] is None
    call.ends(30)
    row = conversation(call.db, call.sid)
    assert (row["hold_seconds"], row["is_plain"], row["stage"]) == (0, True, None)


@pytest.mark.parametrize("skew", [-30, 2])
@pytest.mark.parametrize("lost", [(), (0,), (3,), (1, 2)])
def test_with_our_notes_the_rooms_callbacks_change_nothing_whatever_its_clock_says(
    call: HeldCall, lost: tuple[int, ...], skew: int
) -> None:
    toggles = [("hold", 30.5), ("unhold", 32.5), ("hold", 33.5), ("unhold", 40.5)]
    for number, (kind, second) in enumerate(toggles):
        call.ours(kind, second, number)
        if number not in lost:
            call.rooms(kind, int(second) + skew, number)
        assert call.stage == ("on_hold" if kind == "hold" else None)
    assert call.holds == [(30.5, 32.5), (33.5, 40.5)]


@pytest.mark.parametrize("lost", [(0,), (1,), (3,), (0, 1, 2, 3)])
def test_where_our_notes_are_lost_the_rooms_callbacks_tell(
    call: HeldCall, lost: tuple[int, ...]
) -> None:
    toggles = [("hold", 10.5), ("unhold", 20.5), ("hold", 22.5), ("unhold", 30.5)]
    for number, (kind, second) in enumerate(toggles):
        if number not in lost:
            call.ours(kind, second, number)
        call.rooms(kind, int(second), number)
    assert call.holds == [(10, 20), (22, 30)]
    assert call.stage is None


def test_the_room_counts_its_own_callbacks_however_close_they_are(call: HeldCall) -> None:
    for number, kind in reversed(list(enumerate(("hold", "unhold", "hold")))):
        call.rooms(kind, 10, number)
    assert (call.stage, call.holds) == ("on_hold", [(10, None)])


def test_a_second_room_goes_on_after_the_first(call: HeldCall) -> None:
    call.rooms("hold", 20, 1, room="CF2")
    call.rooms("hold", 10, 5)
    call.rooms("unhold", 15, 6)
    assert call.holds == [(10, 15), (20, None)]


def test_two_holds_or_two_resumptions_in_a_row_are_one(call: HeldCall) -> None:
    for action, (kind, second) in enumerate(
        [("unhold", 8), ("hold", 10), ("hold", 12), ("unhold", 20), ("unhold", 22)]
    ):
        call.ours(kind, second, action)
    assert call.holds == [(10, 20)]


def test_a_hold_ends_with_the_lead(call: HeldCall) -> None:
    call.ours("hold", 10, 1)
    call.ends(30)
    assert call.holds == [(10, 30)]
    assert (call.on_hold_since, conversation(call.db, call.sid)["hold_seconds"]) == (None, 20)


def test_a_hold_that_began_after_the_end_by_another_clock_is_none(call: HeldCall) -> None:
    call.ours("hold", 30.7, 1)
    call.ends(30)
    assert (call.holds, conversation(call.db, call.sid)["hold_seconds"]) == ([], 0)


@pytest.mark.parametrize("what", ["redirected", "removed"])
def test_a_hold_ends_when_the_lead_is_sent_elsewhere(call: HeldCall, what: str) -> None:
    call.ours("hold", 10, 1)
    call.fact("control", what, 20, 2)
    assert (call.holds, call.stage) == ([(10, 20)], None)


def test_the_rooms_end_alone_does_not_end_a_hold(call: HeldCall) -> None:
    """What becomes of the lead is decided by whether they were on hold: until then they are."""
    call.ours("hold", 10, 1)
    call.rooms("leave", 20, 1)
    call.fact("room_action", "completed", 20, 2)
    assert (call.holds, call.stage) == ([(10, None)], "on_hold")


def test_twilios_answer_ends_a_hold_whose_end_nobody_told(call: HeldCall) -> None:
    call.ours("hold", 10, 1)
    call.fact("reconcile", "participant-unhold", 25, 100)
    assert (call.holds, call.stage) == ([(10, 25)], None)
    # Now the room tells when it was: it counts more than we do.
    call.rooms("unhold", 20, 2)
    call.rooms("hold", 10, 1)
    assert call.holds == [(10, 20)]


def test_a_callback_of_another_room_is_not_stored(call: HeldCall) -> None:
    call.ours("hold", 10, 1)
    for name in ("conversation_" + 32 * "0", "another", ""):
        told = record_event(
            call.db, call.sid, call.lead, "participant-unhold", 1, source="conference",
            conference_sid="CF1", payload={"FriendlyName": name},
        )  # fmt: skip
        assert told["new"] is None
    assert call.stage == "on_hold"
    unknown = record_event(
        call.db, new_call_sid(), new_call_sid(), "participant-hold", 1, source="conference",
        conference_sid="CF1", payload={"FriendlyName": "conversation_" + 32 * "0"},
    )  # fmt: skip
    assert unknown == {"new": None, "conversation_id": None}
    stored = fetch(
        call.db, "select count(*) as count from public.call_events where conference_sid = 'CF1'"
    )
    assert stored == [{"count": 0}]


def test_the_same_callback_of_two_rooms_is_two_events(call: HeldCall) -> None:
    assert [
        call.fact("conference", "participant-join", 10, 1, room)["new"]
        for room in ("CF1", "CF2", "CF1")
    ] == [True, True, False]


def test_a_webhook_reaches_the_holds_of_its_call_alone(db: Connection, call: HeldCall) -> None:
    other = HeldCall(db, call.tenant)
    for each in (call, other):
        each.ours("hold", 10, 1)
    with as_role(db, "call_webhook"):
        assert db.execute("delete from public.call_holds").rowcount == 0
        db.execute("select private.enter_call(%s, null)", (call.sid,))
        assert db.execute("update public.call_holds set ended_at = now()").rowcount == 1
        assert db.execute("delete from public.call_holds").rowcount == 1
    assert (call.holds, other.holds) == ([], [(10, None)])


def test_another_business_sees_no_hold(db: Connection, call: HeldCall) -> None:
    call.ours("hold", 10, 1)
    seen = []
    for user_id in (call.tenant.user_id, add_tenant(db, 2).user_id):
        with as_user(db, user_id):
            seen.append(db.execute("select from public.call_holds").rowcount)
    assert seen == [1, 0]
