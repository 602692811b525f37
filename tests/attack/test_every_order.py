"""Attacks the ledger with order: a call's beginning and callbacks in every order, each delivered
several times, one at a time, over several connections and over HTTP. The full form leaves no order
out."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from stack import Stack
from stack.postgres import Postgres
from tests.attack.calls import Call, check, rows_of
from tests.attack.endings import ENDINGS, Event
from tests.attack.world import fingerprint
from tests.soak import SOAK, figure, scaled
from tests.supabase.tenants import (
    Connection,
    add_tenant,
    as_role,
    attempt,
    committed_tenant,
    fetch,
)

# None stands for the first webhook, which puts the call on record.
Order = Sequence[Event | None]
CONNECTIONS = 4
# A transaction keeps one lock per call, and the server has room for some thousands.
CALLS_PER_TRANSACTION = 500


def orders_of(name: str) -> list[Order]:
    pieces: Order = (None, *ENDINGS[name].events)
    if SOAK or math.factorial(len(pieces)) <= 24:
        return list(itertools.permutations(pieces))
    pick = random.Random(name)
    return [pick.sample(pieces, len(pieces)) for _ in range(24)]


@pytest.mark.soak
@pytest.mark.parametrize("name", ENDINGS)
def test_every_order_with_duplicates_ends_in_the_same_rows(db: Connection, name: str) -> None:
    tenant = add_tenant(db, 1)
    orders = orders_of(name)
    begun = time.monotonic()
    expected: dict[str, Any] | None = None
    for start in range(0, len(orders), CALLS_PER_TRANSACTION):
        batch = [
            (Call(tenant, ENDINGS[name]), order)
            for order in orders[start : start + CALLS_PER_TRANSACTION]
        ]
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
                check(row, call)
                expected = row
            assert row == expected, order
    figure(
        f"orders: {name}: {len(orders)} of {math.factorial(len(ENDINGS[name].events) + 1)},"
        f" every piece three times, the same rows, {time.monotonic() - begun:.1f} s"
    )


def shuffled(calls: Sequence[Call], times: int) -> list[tuple[Call, Event | None]]:
    """Every piece of every call, this many times each, in one random order."""
    pieces = [(call, piece) for call in calls for piece in (None, *call.ending.events)] * times
    return random.Random(times).sample(pieces, len(pieces))


def at_once(work: Callable[[int], None]) -> None:
    """Does shares 0 to CONNECTIONS - 1 of some work at the same time."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, range(CONNECTIONS)))


@pytest.mark.soak
def test_any_order_over_connections_at_once_ends_in_the_same_rows(postgres: Postgres) -> None:
    with committed_tenant(postgres, 71) as tenant:
        calls = [Call(tenant, end) for end in ENDINGS.values() for _ in range(scaled(4, 60))]
        deliveries = shuffled(calls, times=2)

        def deliver(share: int) -> None:
            with psycopg.connect(postgres.url(), autocommit=True) as connection:
                connection.execute("set role call_webhook")
                for call, piece in deliveries[share::CONNECTIONS]:
                    call.deliver(connection, piece)

        at_once(deliver)
        with psycopg.connect(postgres.url()) as admin:
            found = rows_of(admin, calls)
    for call in calls:
        check(found[call.sids["agent"]], call)


@pytest.mark.soak
def test_any_order_over_http_ends_in_the_same_rows_and_a_replay_changes_nothing(
    stack: Stack,
) -> None:
    assert stack.postgres is not None
    with (
        committed_tenant(stack.postgres, 72) as tenant,
        psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as admin,
    ):
        calls = [Call(tenant, end) for end in ENDINGS.values() for _ in range(scaled(1, 20))]

        def send_all(deliveries: Sequence[tuple[Call, Event | None]]) -> None:
            def send(share: int) -> None:
                with httpx.Client(timeout=15) as http:
                    for call, piece in deliveries[share::CONNECTIONS]:
                        call.send(http, stack.env, piece)

            at_once(send)

        send_all(shuffled(calls, times=2))
        found = rows_of(admin, calls)
        for call in calls:
            check(found[call.sids["agent"]], call)
        kept = fetch(
            admin,
            "select distinct payload ->> 'Called' as called, payload -> 'Odd' as odd"
            " from public.call_events where business_id = %s",
            tenant.business_id,
        )
        assert kept == [{"called": "", "odd": ["1", "2"]}]

        before = fingerprint(admin)
        send_all(shuffled(calls, times=1))
        assert fingerprint(admin) == before
    figure(
        f"orders: {len(calls)} calls over HTTP, every piece three times, the third changed no row"
    )
