"""The row that every call leaves, once, whatever is delivered how often."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from stack.postgres import Postgres
from tests.supabase.decisions import (
    NO_NUMBER,
    STRANGER,
    TRIALS,
    Attempt,
    World,
    begin,
    forbid,
    make_world,
)
from tests.supabase.tenants import (
    Connection,
    Tenant,
    begin_call,
    committed_tenant,
    conversation,
    dialled,
    fetch,
    new_call_sid,
    record_event,
    wait_until_blocked,
)


@pytest.fixture
def world(db: Connection) -> World:
    return make_world(db)


def test_a_call_is_queued_with_all_that_was_decided(db: Connection, world: World) -> None:
    tried, agent = TRIALS["with lead and campaign"][0](world), new_call_sid()
    answer = begin(db, agent, world.ours.user_id, world.ours.business_id, tried)
    call = conversation(db, agent)
    assert answer == {
        "conversation_id": str(call["id"]),
        "block_reason": None,
        "to_number": STRANGER,
        "from_number": world.ours.caller_id,
        "time_limit_seconds": 600,
        "notice": False,
        "machine_detection": False,
    }
    expected = {
        "business_id": world.ours.business_id,
        "user_id": world.ours.user_id,
        "lead_id": world.ours.lead_id,
        "campaign_id": world.ours.campaign_id,
        "channel": "voice",
        "direction": "outbound",
        "status": "queued",
        "block_reason": None,
        "from_number": world.ours.caller_id,
        "to_number": STRANGER,
        "call_sid": agent,
        "ringing_at": None,
        "answered_at": None,
        "ended_at": None,
        "duration_seconds": None,
        "time_limit_seconds": 600,
        "outcome": None,
        "notes": None,
    }
    assert {name: call[name] for name in expected} == expected
    # Twilio's clock has whole seconds: a call must not seem to ring before it was dialled.
    assert call["dialed_at"].microsecond == 0
    assert timedelta(0) <= call["created_at"] - call["dialed_at"] < timedelta(seconds=1)


@pytest.mark.parametrize("missing", ["user", "business", "both"])
def test_a_caller_who_is_not_a_rep_leaves_a_row_without_a_business(
    db: Connection, world: World, missing: str
) -> None:
    user = None if missing in ("user", "both") else world.ours.user_id
    business = None if missing in ("business", "both") else world.ours.business_id
    agent = new_call_sid()
    answer = begin(db, agent, user, business, Attempt(dialled(STRANGER)))
    call = conversation(db, agent)
    assert (call["status"], answer["block_reason"]) == ("blocked", "unknown_rep")
    assert (answer["time_limit_seconds"], answer["from_number"]) == (None, None)
    assert (call["business_id"], call["user_id"]) == (None, user)
    assert (call["to_number"], call["duration_seconds"]) == (STRANGER, 0)
    assert call["ended_at"] is not None


def test_a_rep_who_left_the_business_is_refused_and_the_business_has_the_row(
    db: Connection, world: World
) -> None:
    for user in (world.former_member, world.theirs.user_id, uuid.uuid4()):
        agent = new_call_sid()
        answer = begin(db, agent, user, world.ours.business_id, Attempt(dialled(STRANGER)))
        call = conversation(db, agent)
        assert answer["block_reason"] == call["block_reason"] == "not_a_member"
        assert (call["business_id"], call["user_id"]) == (world.ours.business_id, user)


def test_a_call_for_a_deleted_business_leaves_a_row_without_a_business(
    db: Connection, world: World
) -> None:
    agent = new_call_sid()
    answer = begin(db, agent, world.ours.user_id, uuid.uuid4(), Attempt(dialled(STRANGER)))
    assert answer["block_reason"] == "not_a_member"
    assert conversation(db, agent)["business_id"] is None


def changes(db: Connection, world: World) -> None:
    """Everything that the decision rested on, after it was made."""
    forbid(db, world.ours, STRANGER)
    db.execute("delete from public.phone_numbers where business_id = %s", (world.ours.business_id,))
    db.execute(
        "delete from public.business_members where business_id = %s", (world.ours.business_id,)
    )
    db.execute("delete from public.leads where business_id = %s", (world.ours.business_id,))


@pytest.mark.parametrize("trial", ["with lead and campaign", "letters", "a made-up caller ID"])
def test_a_repeated_delivery_gets_the_first_answer_whatever_changed_since(
    db: Connection, world: World, trial: str
) -> None:
    tried, agent = TRIALS[trial][0](world), new_call_sid()
    first = begin(db, agent, world.ours.user_id, world.ours.business_id, tried)
    changes(db, world)
    before = conversation(db, agent)
    for again in (tried, Attempt(NO_NUMBER)):
        assert begin(db, agent, world.ours.user_id, world.ours.business_id, again) == first
    assert conversation(db, agent) == before
    legs = fetch(db, "select role from public.call_legs where call_sid = %s", agent)
    assert legs == [{"role": "agent"}]


def test_a_repeated_delivery_gets_the_first_answer_while_the_call_goes_on(
    db: Connection, world: World
) -> None:
    agent = new_call_sid()
    first = begin_call(db, world.ours, agent)
    record_event(db, agent, new_call_sid(), "ringing", 1)
    assert begin_call(db, world.ours, agent) == first


def test_two_deliveries_at_once_write_one_row_and_get_one_answer(postgres: Postgres) -> None:
    agent = new_call_sid()

    def deliver(tenant: Tenant) -> dict[str, Any]:
        with psycopg.connect(postgres.url()) as connection:
            return begin_call(connection, tenant, agent)

    with (
        committed_tenant(postgres, 61) as tenant,
        psycopg.connect(postgres.url(), autocommit=True) as admin,
        ThreadPoolExecutor(4) as pool,
    ):
        # Nobody can write before all of them are blocked or done.
        with psycopg.connect(postgres.url()) as gate:
            gate.execute("lock table public.conversations in share mode")
            deliveries = [pool.submit(deliver, tenant) for _ in range(4)]
            wait_until_blocked(admin, "postgres", len(deliveries))
        answers = [delivery.result(timeout=60) for delivery in deliveries]
        assert answers == [answers[0]] * len(deliveries)
        assert conversation(admin, agent)["status"] == "queued"
        legs = fetch(admin, "select role from public.call_legs where call_sid = %s", agent)
        assert legs == [{"role": "agent"}]


def test_a_call_does_not_wait_for_another_business_nor_an_event_for_another_call(
    postgres: Postgres,
) -> None:
    under_way = new_call_sid()
    with (
        committed_tenant(postgres, 62) as tenant,
        committed_tenant(postgres, 63) as other,
        psycopg.connect(postgres.url()) as first,
        psycopg.connect(postgres.url()) as second,
    ):
        begin_call(first, tenant, under_way)
        first.commit()
        begin_call(first, tenant, new_call_sid())
        second.execute("set local lock_timeout = '2s'")
        assert begin_call(second, other, new_call_sid())["block_reason"] is None
        assert record_event(second, under_way, new_call_sid(), "ringing", 1)["new"]


def test_a_call_that_began_long_after_its_events_is_dated_by_them(
    db: Connection, world: World
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    record_event(db, agent, lead, "initiated", 0, occurred_at="2026-11-22T10:00:01Z")
    begin_call(db, world.ours, agent)
    assert conversation(db, agent)["dialed_at"] == datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
