"""Lost callbacks, in the database: which calls Twilio is asked about, when, and what follows."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from stack.postgres import Postgres
from tests.soak import figure, scaled
from tests.supabase.reconciling import Leg, call, let_it_be_due, listed, settle
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    add_user,
    begin_call,
    conversation,
    dialled,
    fetch,
    new_call_sid,
    record_event,
    scratch_database,
)


@pytest.fixture
def db(db: Connection) -> Connection:
    """With nothing on the list that other tests have left."""
    db.execute("delete from private.unsettled_calls")
    return db


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@contextmanager
def database_of_its_own(postgres: Postgres, name: str) -> Iterator[str]:
    """For several connections; with nothing on the list."""
    with scratch_database(postgres, name) as url:
        with psycopg.connect(url) as admin:
            admin.execute("delete from private.unsettled_calls")
        yield url


def at(second: int) -> datetime:
    return datetime(2026, 11, 22, 10, 0, second, tzinfo=UTC)


def claim(db: Connection, limit: int = 50) -> dict[str, Any]:
    """What is claimed. Nothing was asked of these calls, so ``calls`` is shortened to CallSids."""
    answer = call(db, "claim_unsettled_calls", limit, 30)
    for asked in answer["calls"]:
        assert (asked["legs"], asked["unknown_legs"], asked["room"]) == ([], [], None)
    return answer | {"calls": [asked["call_sid"] for asked in answer["calls"]]}


def leg(sid: str, status: str, second: int | None = None, seconds: int | None = None) -> Leg:
    """A leg as shared.call_events.from_call_resource makes it of a Call."""
    return {
        "call_sid": sid,
        "status": status,
        "ended_at": None if second is None else at(second).isoformat(),
        "duration_seconds": seconds,
        "payload": {"sid": sid, "status": status},
    }


def events(db: Connection, agent: str, source: str = "reconcile") -> list[tuple[str, str]]:
    rows = fetch(
        db,
        "select call_sid, status from public.call_events"
        " where agent_call_sid = %s and source = %s order by id",
        agent,
        source,
    )
    return [(row["call_sid"], row["status"]) for row in rows]


def talked(db: Connection, tenant: Tenant, *, but: tuple[str, ...] = ()) -> tuple[str, str]:
    """A call of 7 s with callbacks lost: "initiated" … of the lead, "dial", "agent"."""
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    for number, (status, second) in enumerate(
        [("initiated", 1), ("ringing", 2), ("in-progress", 5), ("completed", 12)]
    ):
        if status not in but:
            seconds = 7 if status == "completed" else None
            occurred_at = at(second).isoformat()
            record_event(
                db, agent, lead, status, number, occurred_at=occurred_at, duration_seconds=seconds
            )
    if "dial" not in but:
        record_event(db, agent, lead, "completed", source="dial_action", duration_seconds=7)
    if "agent" not in but:
        occurred_at = at(13).isoformat()
        record_event(db, agent, agent, "completed", 0, occurred_at=occurred_at, duration_seconds=12)
    return agent, lead


# Which calls are asked about, and when.


def test_a_call_with_all_its_callbacks_is_never_asked_about(db: Connection, tenant: Tenant) -> None:
    agent, _ = talked(db, tenant)
    place = listed(db, agent)
    assert place is not None
    assert place["seconds"] == 30
    let_it_be_due(db, agent)
    assert claim(db) == {"calls": [], "settled": 1, "paused_seconds": None}
    assert listed(db, agent) is None


@pytest.mark.parametrize("lost", [("completed",), ("agent",), ("completed", "dial", "agent")])
def test_a_call_that_misses_an_end_is_asked_about(
    db: Connection, tenant: Tenant, lost: tuple[str, ...]
) -> None:
    agent, _ = talked(db, tenant, but=lost)
    assert claim(db)["calls"] == []
    let_it_be_due(db, agent)
    assert claim(db)["calls"] == [agent]


def test_a_call_with_events_of_the_agents_leg_only_is_asked_about(
    db: Connection, tenant: Tenant
) -> None:
    """With every callback of the lead's lost, it would count as canceled."""
    agent, lead = talked(
        db, tenant, but=("initiated", "ringing", "in-progress", "completed", "dial")
    )
    assert conversation(db, agent)["status"] == "canceled"
    let_it_be_due(db, agent)
    assert claim(db)["calls"] == [agent]
    assert settle(db, agent, [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)])
    row = conversation(db, agent)
    assert (row["status"], row["duration_seconds"]) == ("completed", 7)
    assert (row["answered_at"], row["ended_at"]) == (at(5), at(12))


def test_a_phone_that_still_rings_is_not_asked_about(db: Connection, tenant: Tenant) -> None:
    agent = new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, new_call_sid(), "ringing", 1)
    place = listed(db, agent)
    assert place is not None
    assert place["seconds"] == 60


def test_after_an_end_twilio_is_asked_sooner(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    db.execute("update private.unsettled_calls set next_check_at = now() + interval '5 minutes'")
    record_event(db, agent, lead, "completed", 3, duration_seconds=7)
    place = listed(db, agent)
    assert place is not None
    assert place["seconds"] == 30


def test_a_refused_call_and_a_preflight_test_are_settled_by_their_agents_end(
    db: Connection, tenant: Tenant
) -> None:
    refused, preflight = new_call_sid(), new_call_sid()
    begin_call(db, tenant, refused, to=dialled("+19005551234", "premium_rate"))
    for agent in (refused, preflight):
        record_event(db, agent, agent, "completed", 0, duration_seconds=3)
    let_it_be_due(db)
    assert claim(db) == {"calls": [], "settled": 2, "paused_seconds": None}
    assert events(db, refused, "status_callback") == [(refused, "completed")]


@pytest.mark.parametrize("to", [{}, {"To": ""}, {"To": " "}], ids=str)
def test_nothing_stays_of_a_test_call(db: Connection, tenant: Tenant, to: dict[str, str]) -> None:
    preflight = new_call_sid()
    caller = {"From": f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"}
    # Twilio may send it again, also when the first one is forgotten.
    for _ in range(2):
        record_event(
            db, preflight, preflight, "completed", 0, duration_seconds=9, payload=caller | to
        )
        let_it_be_due(db)
        assert claim(db) == {"calls": [], "settled": 1, "paused_seconds": None}
        assert events(db, preflight, "status_callback") == []
        assert fetch(db, "select from public.conversations where call_sid = %s", preflight) == []
        assert listed(db, preflight) is None


def test_a_callback_that_names_who_was_called_or_another_leg_stays(
    db: Connection, tenant: Tenant
) -> None:
    named, dialled_one = new_call_sid(), new_call_sid()
    record_event(db, named, named, "completed", 0, payload={"To": "+14155550100"})
    for sid in (dialled_one, new_call_sid()):
        record_event(db, dialled_one, sid, "completed", 0)
    let_it_be_due(db)
    assert claim(db)["settled"] == 2
    assert len(events(db, named, "status_callback")) == 1
    assert len(events(db, dialled_one, "status_callback")) == 2


def test_a_call_whose_beginning_comes_after_its_end_was_forgotten_is_asked_about(
    db: Connection, tenant: Tenant
) -> None:
    """Twilio's callback about a call that rang may name nobody either."""
    agent, lead = new_call_sid(), new_call_sid()
    record_event(db, agent, agent, "completed", 0, duration_seconds=12)
    let_it_be_due(db)
    assert claim(db)["settled"] == 1
    begin_call(db, tenant, agent)
    let_it_be_due(db)
    assert claim(db)["calls"] == [agent]
    assert settle(db, agent, [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)])
    assert conversation(db, agent)["status"] == "completed"


def test_a_call_that_dialled_nobody_is_settled_by_the_dial_action(
    db: Connection, tenant: Tenant
) -> None:
    agent = new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, agent, "failed", source="dial_action")
    let_it_be_due(db)
    assert claim(db)["calls"] == [agent]
    record_event(db, agent, agent, "completed", 0)
    let_it_be_due(db)
    assert claim(db) == {"calls": [], "settled": 1, "paused_seconds": None}


def test_after_a_late_event_of_a_settled_call_twilio_is_not_asked(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = talked(db, tenant)
    let_it_be_due(db)
    claim(db)
    record_event(db, agent, lead, "failed", 4)
    assert listed(db, agent) is not None
    let_it_be_due(db)
    assert claim(db) == {"calls": [], "settled": 1, "paused_seconds": None}


# What follows from the answer.


def test_what_twilio_knows_becomes_events_of_the_ledger(db: Connection, tenant: Tenant) -> None:
    agent, lead = talked(db, tenant, but=("completed", "dial", "agent"))
    let_it_be_due(db)
    claim(db)
    assert settle(db, agent, [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)])
    assert events(db, agent) == [(agent, "completed"), (lead, "completed")]
    row = conversation(db, agent)
    assert (row["status"], row["duration_seconds"]) == ("completed", 7)
    assert (row["ringing_at"], row["answered_at"], row["ended_at"]) == (at(2), at(5), at(12))
    assert listed(db, agent) is None


def test_what_is_known_already_is_not_stored_again(db: Connection, tenant: Tenant) -> None:
    agent, lead = talked(db, tenant, but=("agent",))
    let_it_be_due(db)
    claim(db)
    legs = [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)]
    assert settle(db, agent, legs)
    assert events(db, agent) == [(agent, "completed")]
    settle(db, agent, legs)
    assert events(db, agent) == [(agent, "completed")]


def test_twilios_api_wins_over_the_dial_action(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "no-answer", source="dial_action")
    settle(db, agent, [leg(agent, "no-answer", 10), leg(lead, "canceled", 9)])
    assert conversation(db, agent)["status"] == "canceled"


def test_a_call_that_goes_on_says_so_and_is_asked_about_less_and_less_often(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = talked(db, tenant, but=("in-progress", "completed", "dial", "agent"))
    waits = []
    for _ in range(6):
        let_it_be_due(db)
        assert claim(db)["calls"] == [agent]
        assert not settle(db, agent, [leg(agent, "in-progress"), leg(lead, "in-progress")])
        place = listed(db, agent)
        assert place is not None
        waits.append(place["seconds"])
    assert waits == [60, 120, 240, 300, 300, 300]
    assert events(db, agent) == [(agent, "in-progress"), (lead, "in-progress")]
    row = conversation(db, agent)
    # Nobody knows when it was answered: it was not when we asked.
    assert (row["status"], row["answered_at"]) == ("in-progress", None)
    settle(db, agent, [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)])
    row = conversation(db, agent)
    assert (row["answered_at"], row["duration_seconds"]) == (at(5), 7)


def test_before_the_answer_of_a_leg_no_event_is_written(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    assert not settle(db, agent, [leg(agent, "ringing"), leg(lead, "queued")])
    assert events(db, agent) == []


def test_an_unknown_status_does_not_settle_a_call(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    assert not settle(db, agent, [leg(agent, "completed", 13), leg(lead, "teleported", 12)])
    assert events(db, agent) == [(agent, "completed")]


def test_a_leg_that_twilio_does_not_list_yet_is_asked_about_again(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = talked(db, tenant, but=("completed", "dial", "agent"))
    let_it_be_due(db)
    claim(db)
    assert not settle(db, agent, [leg(agent, "completed", 13, 12)])
    assert conversation(db, agent)["status"] == "in-progress"
    let_it_be_due(db)
    assert claim(db)["calls"] == [agent]
    assert settle(db, agent, [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)])
    assert conversation(db, agent)["duration_seconds"] == 7


LOSABLE = ("initiated", "ringing", "in-progress", "completed", "dial", "agent")


@pytest.mark.soak
def test_with_any_callbacks_lost_the_call_is_right_and_late_ones_change_nothing_wrongly(
    db: Connection, tenant: Tenant
) -> None:
    whole, _ = talked(db, tenant)
    told = ("status", "duration_seconds", "answered_at", "ended_at")
    right = {name: conversation(db, whole)[name] for name in told}
    losses = [lost for count in range(7) for lost in itertools.combinations(LOSABLE, count)]
    chosen = random.Random(5).sample(losses, scaled(12, len(losses)))
    for lost in chosen:
        agent, lead = talked(db, tenant, but=lost)
        let_it_be_due(db, agent)
        if claim(db)["calls"] == [agent]:
            settle(db, agent, [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)])
        row = conversation(db, agent)
        assert {name: row[name] for name in told} == right, lost
        assert listed(db, agent) is None

        # The lost callbacks were only late, and come in another order.
        late = [
            (lead, "initiated", 0, 1, None),
            (lead, "ringing", 1, 2, None),
            (lead, "in-progress", 2, 5, None),
            (lead, "completed", 3, 12, 7),
            (agent, "completed", 0, 13, 12),
        ]
        random.Random(str(lost)).shuffle(late)
        for sid, status, number, second, seconds in late:
            occurred_at = at(second).isoformat()
            record_event(
                db, agent, sid, status, number, occurred_at=occurred_at, duration_seconds=seconds
            )
        row = conversation(db, agent)
        assert {name: row[name] for name in (*told, "ringing_at")} == {
            **right,
            "ringing_at": at(2),
        }, lost
        assert {
            (row["role"], row["status"], row["duration_seconds"])
            for row in fetch(
                db, "select * from public.call_legs where conversation_id = %s", row["id"]
            )
        } == {("agent", "completed", 12), ("lead", "completed", 7)}
        let_it_be_due(db, agent)
        assert claim(db)["calls"] == []
    figure(f"{len(chosen)} of {len(losses)} ways to lose callbacks of a call: right, and stays so")


# Calls that Twilio does not know.


def test_a_call_that_twilio_does_not_know_fails_after_an_hour_and_is_asked_about_no_more(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "in-progress", 2)
    let_it_be_due(db, agent, age=timedelta(minutes=59))
    claim(db)
    assert not settle(db, agent, None)
    assert conversation(db, agent)["status"] == "in-progress"
    assert listed(db, agent) is not None

    let_it_be_due(db, agent, age=timedelta(minutes=61))
    claim(db)
    assert settle(db, agent, None)
    row = conversation(db, agent)
    assert (row["status"], row["duration_seconds"]) == ("failed", 0)
    assert row["ended_at"] is not None
    legs = fetch(db, "select status from public.call_legs where conversation_id = %s", row["id"])
    assert [leg["status"] for leg in legs] == ["failed", "failed"]
    assert listed(db, agent) is None

    # Later the callback of the lead's leg arrives.
    record_event(
        db, agent, lead, "completed", 3, occurred_at=at(12).isoformat(), duration_seconds=7
    )
    row = conversation(db, agent)
    assert (row["status"], row["duration_seconds"]) == ("completed", 7)


def test_giving_up_keeps_what_the_dial_action_said(db: Connection, tenant: Tenant) -> None:
    agent, _ = talked(db, tenant, but=("completed", "agent"))
    let_it_be_due(db, agent, age=timedelta(hours=2))
    claim(db)
    assert settle(db, agent, None)
    row = conversation(db, agent)
    assert (row["status"], row["duration_seconds"]) == ("completed", 7)
    assert events(db, agent) == [(agent, "failed")]


def test_a_call_that_lasts_longer_than_any_can_has_failed(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    legs = [leg(agent, "in-progress"), leg(lead, "in-progress")]
    for age, settled in ((timedelta(hours=47), False), (timedelta(hours=49), True)):
        let_it_be_due(db, agent, age=age)
        claim(db)
        assert settle(db, agent, legs) is settled
    assert conversation(db, agent)["status"] == "failed"
    assert listed(db, agent) is None


def test_a_call_that_nobody_knows_leaves_the_list_as_well(db: Connection) -> None:
    agent = new_call_sid()
    record_event(db, agent, new_call_sid(), "ringing", 1)
    let_it_be_due(db, agent, age=timedelta(minutes=61))
    assert claim(db)["calls"] == [agent]
    assert settle(db, agent, None)
    assert listed(db, agent) is None
    assert fetch(db, "select from public.conversations where call_sid = %s", agent) == []


# A call whose first webhook was lost.


def by_the_api(tenant: Tenant, agent: str, lead: str) -> list[Leg]:
    """A call of 7 s whose agent's leg names no number: browsers may send such calls."""
    rep = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
    legs = [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)]
    legs[0]["payload"] = {"sid": agent, "from": rep, "to": ""}
    legs[1]["payload"] = {"sid": lead, "from": tenant.caller_id, "to": tenant.lead_number}
    return legs


def test_a_call_whose_beginning_is_not_on_record_becomes_what_its_legs_say(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    answer = record_event(db, agent, lead, "ringing", 1, occurred_at=at(2).isoformat())
    assert answer["conversation_id"] is None
    let_it_be_due(db)
    assert claim(db)["calls"] == [agent]
    assert settle(db, agent, by_the_api(tenant, agent, lead))
    row = conversation(db, agent)
    assert (row["business_id"], row["user_id"]) == (tenant.business_id, tenant.user_id)
    assert (row["status"], row["duration_seconds"]) == ("completed", 7)
    assert (row["ringing_at"], row["answered_at"], row["ended_at"]) == (at(2), at(5), at(12))
    assert (row["from_number"], row["to_number"]) == (tenant.caller_id, tenant.lead_number)
    assert listed(db, agent) is None


def test_the_end_of_the_agents_leg_uses_earlier_events_of_the_leads_leg(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    numbers = {"From": tenant.caller_id, "To": tenant.lead_number}
    record_event(
        db, agent, lead, "completed", 3, occurred_at=at(12).isoformat(), duration_seconds=7,
        payload=numbers,
    )  # fmt: skip
    rep = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
    record_event(
        db, agent, agent, "completed", 0, occurred_at=at(13).isoformat(), payload={"From": rep}
    )
    row = conversation(db, agent)
    assert (row["status"], row["duration_seconds"]) == ("completed", 7)
    # If it begins later, nothing of this changes.
    begin_call(db, tenant, agent)
    assert conversation(db, agent)["duration_seconds"] == 7


def test_a_call_that_never_dialled_is_failed_when_twilio_says_that_it_ended(
    db: Connection, tenant: Tenant
) -> None:
    agent = new_call_sid()
    record_event(db, agent, agent, "ringing", 0)
    legs = by_the_api(tenant, agent, "")[:1]
    legs[0]["payload"] = {**legs[0]["payload"], "to": tenant.lead_number}  # type: ignore[dict-item]
    let_it_be_due(db)
    claim(db)
    assert settle(db, agent, legs)
    row = conversation(db, agent)
    assert (row["status"], row["duration_seconds"]) == ("failed", 0)
    assert row["ended_at"] == at(13)


def ended_without_beginning(db: Connection, tenant: Tenant) -> str:
    """A call of which only the end of the agent's leg is known."""
    agent = new_call_sid()
    rep = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
    payload = {"From": rep, "To": tenant.lead_number}
    record_event(db, agent, agent, "completed", 0, occurred_at=at(13).isoformat(), payload=payload)
    return agent


def test_a_call_that_never_began_is_asked_about_once(db: Connection, tenant: Tenant) -> None:
    """It may have dialled, and all callbacks of the lead's leg may be lost."""
    silent, talked_on, lead = (
        *(ended_without_beginning(db, tenant) for _ in range(2)),
        new_call_sid(),
    )
    assert conversation(db, talked_on)["status"] == "failed"
    let_it_be_due(db)
    assert set(claim(db)["calls"]) == {silent, talked_on}
    assert settle(db, silent, by_the_api(tenant, silent, "")[:1])
    assert settle(db, talked_on, by_the_api(tenant, talked_on, lead))
    row = conversation(db, talked_on)
    assert (row["status"], row["duration_seconds"], row["begun_at"]) == ("completed", 7, None)
    assert conversation(db, silent)["status"] == "failed"
    assert (listed(db, silent), listed(db, talked_on)) == (None, None)


def test_a_late_event_puts_a_call_that_never_began_on_the_list_again(
    db: Connection, tenant: Tenant
) -> None:
    """Otherwise nobody would ask about the call if the end of its lead's leg was lost."""
    for what in ("an event", "its beginning"):
        agent = ended_without_beginning(db, tenant)
        let_it_be_due(db, agent)
        claim(db)
        assert settle(db, agent, by_the_api(tenant, agent, "")[:1])
        assert listed(db, agent) is None
        if what == "an event":
            record_event(db, agent, new_call_sid(), "ringing", 1)
        else:
            begin_call(db, tenant, agent)
        assert listed(db, agent) is not None, what


def test_a_call_of_somebody_who_is_not_a_member_is_not_stored(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    record_event(db, agent, lead, "ringing", 1)
    stranger = Tenant(
        tenant.business_id, add_user(db), uuid.uuid4(), uuid.uuid4(), "+14155550101", "+14155550201"
    )
    assert settle(db, agent, by_the_api(stranger, agent, lead))
    assert fetch(db, "select from public.conversations where call_sid = %s", agent) == []


# One run, several runs, and runs that die.


def test_no_other_run_gets_a_claimed_call_until_its_lease_ends(
    db: Connection, tenant: Tenant
) -> None:
    agent, _ = talked(db, tenant, but=("agent",))
    let_it_be_due(db)
    assert claim(db)["calls"] == [agent]
    assert claim(db)["calls"] == []
    place = listed(db, agent)
    assert place is not None
    # The run died: the next one, a minute later, finds the call again.
    assert (place["seconds"], place["checks"]) == (30, 1)
    let_it_be_due(db)
    assert claim(db)["calls"] == [agent]


def test_a_call_that_cannot_be_settled_is_claimed_less_and_less_often(
    db: Connection, tenant: Tenant
) -> None:
    agent, _ = talked(db, tenant, but=("agent",))
    leases = []
    for _ in range(8):
        let_it_be_due(db)
        assert claim(db)["calls"] == [agent]
        place = listed(db, agent)
        assert place is not None
        leases.append(place["seconds"])
    # Three runs in a row find it. After that it does not delay other calls.
    assert leases == [30, 30, 30, 60, 120, 240, 240, 240]


def test_a_batch_is_bounded_and_takes_the_longest_due_first(db: Connection, tenant: Tenant) -> None:
    agents = [talked(db, tenant, but=("agent",))[0] for _ in range(5)]
    for number, agent in enumerate(agents):
        db.execute(
            "update private.unsettled_calls set next_check_at = now() - %s * interval '1 minute'"
            " where agent_call_sid = %s",
            (number, agent),
        )
    assert claim(db, 2)["calls"] == [agents[4], agents[3]]
    assert claim(db, 2)["calls"] == [agents[2], agents[1]]
    assert claim(db, 2)["calls"] == [agents[0]]


def test_runs_at_once_claim_different_calls(postgres: Postgres) -> None:
    with database_of_its_own(postgres, "claims") as url:
        with psycopg.connect(url) as admin:
            tenant = add_tenant(admin, 1)
            agents = {talked(admin, tenant, but=("agent",))[0] for _ in range(40)}
            let_it_be_due(admin)

        def run(_: int) -> list[str]:
            claimed: list[str] = []
            with psycopg.connect(url) as connection:
                while batch := claim(connection, 3)["calls"]:
                    connection.commit()
                    claimed += batch
            return claimed

        with ThreadPoolExecutor(8) as pool:
            claimed = list(itertools.chain(*pool.map(run, range(8))))
    assert len(claimed) == len(agents)
    assert set(claimed) == agents


def test_a_call_that_another_run_is_claiming_is_passed_over(postgres: Postgres) -> None:
    with database_of_its_own(postgres, "passing") as url, psycopg.connect(url) as one:
        tenant = add_tenant(one, 1)
        first, second = (talked(one, tenant, but=("agent",))[0] for _ in range(2))
        let_it_be_due(one)
        one.commit()
        assert set(claim(one, 1)["calls"]) < {first, second}
        with psycopg.connect(url, options="-c lock_timeout=2s") as other:
            # The claim is not committed yet, but nobody waits for it.
            assert len(claim(other)["calls"]) == 1


def test_a_pause_holds_for_every_run_and_the_longer_one_counts(
    db: Connection, tenant: Tenant
) -> None:
    agent, _ = talked(db, tenant, but=("agent",))
    let_it_be_due(db)
    assert call(db, "pause_reconciliation", 90) == {"paused_seconds": 90}
    assert call(db, "pause_reconciliation", 10) == {"paused_seconds": 90}
    assert claim(db) == {"calls": [], "settled": 0, "paused_seconds": 90}
    db.execute("update private.reconciliation set paused_until = now()")
    assert claim(db)["calls"] == [agent]


def test_a_pause_lasts_an_hour_at_most(db: Connection) -> None:
    assert call(db, "pause_reconciliation", 2**31 - 1) == {"paused_seconds": 3600}


def test_a_leg_that_twilio_never_lists_does_not_keep_a_call_open_for_ever(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "ringing", 1)
    let_it_be_due(db, agent, age=timedelta(days=1))
    assert not settle(db, agent, [leg(agent, "completed", 10, 9)])
    let_it_be_due(db, agent, age=timedelta(days=3))
    assert settle(db, agent, [leg(agent, "completed", 10, 9)])
    assert (conversation(db, agent)["status"], listed(db, agent)) == ("failed", None)


def test_twilio_is_asked_a_few_times_for_a_leg_without_events(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    for _ in range(2):
        let_it_be_due(db, agent)
        claim(db)
        assert not settle(db, agent, [leg(agent, "completed", 13, 12)])
    let_it_be_due(db, agent)
    claim(db)
    assert settle(db, agent, [leg(agent, "completed", 13, 12), leg(lead, "completed", 12, 7)])
    assert (conversation(db, agent)["status"], conversation(db, agent)["duration_seconds"]) == (
        "completed",
        7,
    )
