"""From events to legs to the conversation. Their orders: tests/attack/test_every_order.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)


class Event(NamedTuple):
    """One callback of a scripted call. ``second``: of the minute it happened in."""

    leg: str
    status: str
    sequence_number: int | None
    second: int | None
    duration: int | None = None
    source: str = "status_callback"


LEAD_TALKED = [
    Event("lead", "initiated", 0, 1),
    Event("lead", "ringing", 1, 2),
    Event("lead", "in-progress", 2, 5),
    Event("lead", "completed", 3, 12, 7),
    Event("lead", "completed", None, None, 7, "dial_action"),
    Event("agent", "completed", 0, 13, 12),
]


def unanswered(status: str) -> list[Event]:
    return [
        Event("lead", "initiated", 0, 1),
        Event("lead", "ringing", 1, 2),
        Event("lead", status, 2, 9, 0),
        Event("lead", status, None, None, 0, "dial_action"),
        Event("agent", "completed", 0, 10, 9),
    ]


ENDINGS = {
    "completed": LEAD_TALKED,
    "busy": unanswered("busy"),
    "no-answer": unanswered("no-answer"),
    "failed": unanswered("failed"),
    "canceled": unanswered("canceled"),
}


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def play(db: Connection, tenant: Tenant, events: list[Event | None]) -> dict[str, Any]:
    """Plays a call into the database; ``None`` is its beginning. Returns the rows it leaves."""
    sids = {"agent": new_call_sid(), "lead": new_call_sid()}
    for event in events:
        if event is None:
            begin_call(db, tenant, sids["agent"])
            continue
        second = event.second
        record_event(
            db,
            sids["agent"],
            sids[event.leg],
            event.status,
            event.sequence_number,
            source=event.source,
            occurred_at=None if second is None else f"2026-11-22T10:00:{second:02}Z",
            duration_seconds=event.duration,
        )
    call = conversation(db, sids["agent"])
    told = (
        "lead_id",
        "from_number",
        "to_number",
        "time_limit_seconds",
        "status",
        "ringing_at",
        "answered_at",
        "ended_at",
        "duration_seconds",
    )
    legs = fetch(
        db,
        "select role, status, initiated_at, ringing_at, answered_at, ended_at, duration_seconds"
        " from public.call_legs where conversation_id = %s order by role",
        call["id"],
    )
    stored = fetch(
        db,
        "select count(*) from public.call_events where conversation_id = %s and business_id = %s",
        call["id"],
        tenant.business_id,
    )
    return {"call": {name: call[name] for name in told}, "legs": legs, "events": stored[0]["count"]}


def at(second: int) -> datetime:
    return datetime(2026, 11, 22, 10, 0, second, tzinfo=UTC)


def test_a_completed_call_tells_the_leads_talk_time(db: Connection, tenant: Tenant) -> None:
    outcome = play(db, tenant, [None, *LEAD_TALKED])
    assert outcome["call"] == {
        "lead_id": tenant.lead_id,
        "from_number": tenant.caller_id,
        "to_number": tenant.lead_number,
        "time_limit_seconds": 14400,
        "status": "completed",
        "ringing_at": at(2),
        "answered_at": at(5),
        "ended_at": at(12),
        "duration_seconds": 7,
    }
    assert [(leg["role"], leg["status"], leg["duration_seconds"]) for leg in outcome["legs"]] == [
        ("agent", "completed", 12),
        ("lead", "completed", 7),
    ]
    assert outcome["events"] == len(LEAD_TALKED)


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_an_unanswered_call_has_its_status_and_no_talk_time(
    db: Connection, tenant: Tenant, status: str
) -> None:
    call = play(db, tenant, [None, *ENDINGS[status]])["call"]
    assert (call["status"], call["duration_seconds"]) == (status, 0)
    assert (call["answered_at"], call["ended_at"]) == (None, at(9))


def test_a_late_ringing_never_reopens_a_finished_call(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "completed", 3, duration_seconds=7)
    record_event(db, agent, lead, "ringing", 1)
    call = conversation(db, agent)
    assert (call["status"], call["duration_seconds"]) == ("completed", 7)


def test_status_is_never_behind_what_is_known(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    seen = []
    for number, status in [(1, "ringing"), (0, "initiated"), (2, "in-progress")]:
        record_event(db, agent, lead, status, number)
        seen.append(conversation(db, agent)["status"])
    assert seen == ["ringing", "ringing", "in-progress"]


def test_among_terminal_events_the_highest_sequence_number_wins(
    db: Connection, tenant: Tenant
) -> None:
    for order in ([("failed", 4), ("completed", 3)], [("completed", 3), ("failed", 4)]):
        agent, lead = new_call_sid(), new_call_sid()
        begin_call(db, tenant, agent)
        for status, number in order:
            record_event(db, agent, lead, status, number, duration_seconds=5)
        assert conversation(db, agent)["status"] == "failed"


def test_of_final_events_with_one_number_and_no_time_the_order_of_arrival_does_not_matter(
    db: Connection, tenant: Tenant
) -> None:
    for first, second in (("busy", "failed"), ("failed", "busy")):
        agent, lead = new_call_sid(), new_call_sid()
        begin_call(db, tenant, agent)
        record_event(db, agent, lead, first, 2)
        record_event(db, agent, lead, second, 2)
        assert conversation(db, agent)["status"] == "busy"


def test_of_terminal_events_with_one_number_the_first_to_happen_wins_whenever_it_comes(
    db: Connection, tenant: Tenant
) -> None:
    told = [("busy", "2026-11-22T10:00:05Z"), ("failed", "2026-11-22T10:00:06Z")]
    for order in (told, told[::-1]):
        agent, lead = new_call_sid(), new_call_sid()
        begin_call(db, tenant, agent)
        for status, occurred_at in order:
            record_event(db, agent, lead, status, 2, occurred_at=occurred_at)
        assert conversation(db, agent)["status"] == "busy"


def test_of_several_legs_the_one_that_the_lead_talks_on_is_the_call(
    db: Connection, tenant: Tenant
) -> None:
    agent, engaged, talking = new_call_sid(), new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, engaged, "busy", 1)
    record_event(db, agent, talking, "in-progress", 2)
    assert conversation(db, agent)["status"] == "in-progress"
    record_event(db, agent, talking, "completed", 3, duration_seconds=7)
    call = conversation(db, agent)
    assert (call["status"], call["duration_seconds"]) == ("completed", 7)


def test_absurd_timestamps_lose_no_event(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "in-progress", 2, occurred_at="2026-11-22T10:00:00Z")
    record_event(db, agent, lead, "completed", 3, occurred_at="9999-12-31T23:59:59Z")
    call = conversation(db, agent)
    assert (call["status"], call["duration_seconds"]) == ("completed", 86400)


def test_an_event_that_nothing_can_be_derived_from_is_kept(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "ringing", 1)
    # The answer would lie before the beginning of Postgres's time.
    stored = record_event(
        db, agent, lead, "completed", 3, occurred_at="4713-01-01 BC", duration_seconds=2**31 - 1
    )
    assert stored["new"] is True
    assert conversation(db, agent)["status"] == "ringing"


def test_a_dial_action_yields_to_the_leads_own_callback(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "completed", source="dial_action", duration_seconds=9)
    assert conversation(db, agent)["duration_seconds"] == 9
    record_event(db, agent, lead, "completed", 0, duration_seconds=7)
    assert conversation(db, agent)["duration_seconds"] == 7


@pytest.mark.parametrize("sources", [("dial_action", "reconcile"), ("reconcile", "dial_action")])
def test_a_dial_action_yields_to_twilios_api(
    db: Connection, tenant: Tenant, sources: tuple[str, str]
) -> None:
    """This holds even if the API names no time, because the order of arrival must not decide."""
    told = {"dial_action": "no-answer", "reconcile": "canceled"}
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    for source in sources:
        record_event(db, agent, lead, told[source], source=source)
    assert conversation(db, agent)["status"] == "canceled"


def test_a_dial_that_reached_nobody_tells_the_calls_status(db: Connection, tenant: Tenant) -> None:
    agent = new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, agent, "failed", source="dial_action")
    record_event(db, agent, agent, "completed", 0, duration_seconds=3)
    call = conversation(db, agent)
    assert (call["status"], call["duration_seconds"]) == ("failed", 0)
    legs = fetch(db, "select role from public.call_legs where conversation_id = %s", call["id"])
    assert legs == [{"role": "agent"}]


def test_an_agent_who_hangs_up_before_dialling_canceled_the_call(
    db: Connection, tenant: Tenant
) -> None:
    agent = new_call_sid()
    begin_call(db, tenant, agent)
    record_event(
        db, agent, agent, "completed", 0, duration_seconds=2, occurred_at="2026-11-22T10:00:03Z"
    )
    call = conversation(db, agent)
    assert (call["status"], call["duration_seconds"]) == ("canceled", 0)
    assert call["ended_at"] == at(3)


def test_the_agents_leg_does_not_end_a_call_that_has_a_lead(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "in-progress", 2)
    record_event(db, agent, agent, "completed", 0, duration_seconds=60)
    assert conversation(db, agent)["status"] == "in-progress"


def test_talk_time_follows_from_the_timestamps_where_twilio_sent_none(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "completed", 3, occurred_at="2026-11-22T10:00:12Z")
    record_event(db, agent, lead, "in-progress", 2, occurred_at="2026-11-22T10:00:05Z")
    assert conversation(db, agent)["duration_seconds"] == 7


def test_the_answer_follows_from_end_and_length_where_its_callback_was_lost(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(
        db, agent, lead, "completed", 3, occurred_at="2026-11-22T10:00:12Z", duration_seconds=7
    )
    assert conversation(db, agent)["answered_at"] == at(5)


def test_an_unknown_status_is_kept_and_changes_nothing(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "ringing", 1)
    assert record_event(db, agent, lead, "teleported", 2)["new"] is True
    assert conversation(db, agent)["status"] == "ringing"


def test_a_refused_call_stays_blocked_while_the_reason_is_spoken(
    db: Connection, tenant: Tenant
) -> None:
    agent = new_call_sid()
    answer = begin_call(db, tenant, agent, caller_id="+14155559999")
    assert answer["block_reason"] == "caller_id_not_owned"
    record_event(db, agent, agent, "completed", 0, duration_seconds=4)
    call = conversation(db, agent)
    assert (call["status"], call["block_reason"]) == ("blocked", "caller_id_not_owned")
    assert (call["duration_seconds"], call["dialed_at"]) == (0, None)
