"""Attacks the ledger with order: a call's beginning and callbacks in every order, each delivered
twice, one at a time and over several connections. The full form leaves no order out."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stack.postgres import Postgres
from tests.attack.endings import ENDINGS, Ending, Event
from tests.soak import SOAK, figure, scaled
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    attempt,
    committed_tenant,
    dialled,
    fetch,
    new_call_sid,
)

# None stands for the first webhook, which puts the call on record.
Order = Sequence[Event | None]
CONNECTIONS = 4
# A transaction keeps one lock per call, and the server has room for some thousands.
CALLS_PER_TRANSACTION = 500


class Call:
    """A call to be delivered piece by piece."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.sids = {"agent": new_call_sid(), "lead": new_call_sid()}

    def deliver(self, db: Connection, event: Event | None) -> None:
        """As role call_webhook; the answer is not waited for."""
        tenant = self.tenant
        if event is None:
            db.execute(
                "select public.begin_call(%s, %s, %s, %s, null, null, null)",
                (
                    self.sids["agent"],
                    tenant.user_id,
                    tenant.business_id,
                    dialled(tenant.lead_number),
                ),
            )
            return
        rep = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
        payload = {"From": rep, "To": tenant.lead_number} if event.leg == "agent" else {}
        db.execute(
            "select public.record_call_event(%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                self.sids[event.leg],
                self.sids["agent"],
                event.source,
                event.status,
                event.sequence_number,
                None if event.second is None else at(event.second),
                event.duration,
                Jsonb(payload),
            ),
        )


def at(second: int) -> datetime:
    return datetime(2026, 11, 22, 10, 0, second, tzinfo=UTC)


def rows_of(db: Connection, calls: Iterable[Call]) -> dict[str, dict[str, Any]]:
    """By the agent's CallSid, all that is on record of a call and does not name it."""
    rows = fetch(
        db,
        """
        select
          call_sid, business_id, user_id, lead_id, to_number, from_number, status, block_reason,
          ringing_at, answered_at, ended_at, duration_seconds, time_limit_seconds,
          (
            select jsonb_agg(
              jsonb_build_array(role, status, ringing_at, answered_at, ended_at, duration_seconds)
              order by role
            )
            from public.call_legs where conversation_id = conversations.id
          ) as legs,
          (
            select count(*) from public.call_events
            where agent_call_sid = conversations.call_sid and conversation_id = conversations.id
          ) as events
        from public.conversations
        where call_sid = any(%s)
        """,
        [call.sids["agent"] for call in calls],
    )
    return {row.pop("call_sid"): row for row in rows}


def check(found: dict[str, Any], ending: Ending, tenant: Tenant) -> None:
    assert (found["business_id"], found["user_id"]) == (tenant.business_id, tenant.user_id)
    assert (found["lead_id"], found["to_number"]) == (tenant.lead_id, tenant.lead_number)
    assert (found["status"], found["duration_seconds"]) == (ending.status, ending.talk_time)
    assert (found["ended_at"], found["events"]) == (at(ending.ended), len(ending.events))


def orders_of(name: str) -> list[Order]:
    pieces: Order = (None, *ENDINGS[name].events)
    if SOAK:
        return list(itertools.permutations(pieces))
    if math.factorial(len(pieces)) <= 24:
        return list(itertools.permutations(pieces))
    pick = random.Random(name)
    return [pick.sample(pieces, len(pieces)) for _ in range(40)]


@pytest.mark.parametrize("name", ENDINGS)
def test_every_order_with_duplicates_ends_in_the_same_rows(db: Connection, name: str) -> None:
    tenant = add_tenant(db, 1)
    orders = orders_of(name)
    begun = time.monotonic()
    expected: dict[str, Any] | None = None
    for start in range(0, len(orders), CALLS_PER_TRANSACTION):
        batch = [(Call(tenant), order) for order in orders[start : start + CALLS_PER_TRANSACTION]]
        with attempt(db):
            with as_role(db, "call_webhook"), db.pipeline():
                for call, order in batch:
                    # Each at once again, and all of them once more from the start.
                    for event in (*(event for event in order for _ in range(2)), *order):
                        call.deliver(db, event)
            found = rows_of(db, (call for call, _ in batch))
        for call, order in batch:
            row = found[call.sids["agent"]]
            if expected is None:
                check(row, ENDINGS[name], tenant)
                expected = row
            assert row == expected, order
    figure(
        f"orders: {name}: {len(orders)} of {math.factorial(len(ENDINGS[name].events) + 1)},"
        f" every piece three times, the same rows, {time.monotonic() - begun:.1f} s"
    )


@pytest.mark.parametrize("name", ENDINGS)
def test_any_order_over_connections_at_once_ends_in_the_same_rows(
    postgres: Postgres, name: str
) -> None:
    pick = random.Random(name)
    pieces: Order = (None, *ENDINGS[name].events)
    with committed_tenant(postgres, 71) as tenant:
        calls = [Call(tenant) for _ in range(scaled(4, 100))]
        deliveries = [(call, piece) for call in calls for piece in (*pieces, *pieces)]
        pick.shuffle(deliveries)

        def deliver(share: int) -> None:
            with psycopg.connect(postgres.url(), autocommit=True) as connection:
                connection.execute("set role call_webhook")
                for call, piece in deliveries[share::CONNECTIONS]:
                    call.deliver(connection, piece)

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(deliver, range(CONNECTIONS)))
        with psycopg.connect(postgres.url()) as admin:
            found = rows_of(admin, calls)
    assert len(found) == len(calls)
    first = found[calls[0].sids["agent"]]
    check(first, ENDINGS[name], tenant)
    assert all(row == first for row in found.values())


def test_an_event_of_a_call_that_is_unknown_is_tied_to_no_other(db: Connection) -> None:
    """However recent the other calls are, and whoever the rep is."""
    tenant = add_tenant(db, 1)
    call, unknown = Call(tenant), Call(tenant)
    with as_role(db, "call_webhook"):
        call.deliver(db, None)
        for event in ENDINGS["talked"].events[:4]:
            unknown.deliver(db, event)
    rows = fetch(
        db,
        "select distinct conversation_id, business_id from public.call_events"
        " where agent_call_sid = %s",
        unknown.sids["agent"],
    )
    assert rows == [{"conversation_id": None, "business_id": None}]
    assert rows_of(db, [call])[call.sids["agent"]]["status"] == "queued"
