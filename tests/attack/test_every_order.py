"""Attacks the ledger with order: the beginning and the events of a call in every order, with and
without the beginning, one at a time, over several connections and over HTTP.

The rule: the rows of a call are a function of the *set* of what has arrived. It is tested at every
moment, by comparing with an ordered run of the same set: the beginning first, then the events as
they happened. What cannot be equal is left out by ``rows_of``, and between transactions, which have
different times, by ``without_our_clock``. The full form leaves no order out."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from stack import Stack
from stack.postgres import Postgres
from tests.attack.calls import Call, check, rows_of, without_our_clock
from tests.attack.endings import ENDINGS, ENDINGS_ASKED_FOR, Ending, Event
from tests.attack.world import fingerprint
from tests.soak import SOAK, figure, scaled
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    attempt,
    committed_tenant,
    fetch,
)

# None stands for the first webhook, which begins the call.
Piece = Event | None
Order = Sequence[Piece]
Rows = dict[str, Any] | None
ALL_ENDINGS = ENDINGS | ENDINGS_ASKED_FOR
CONNECTIONS = 4
# A transaction keeps one lock per call, and the server has room for some thousands.
CALLS_PER_TRANSACTION = 500


def pieces_of(ending: Ending) -> Order:
    return (None, *ending.events)


def orders_of(name: str) -> list[Order]:
    """Orders of the beginning and all events. A third of the orders that the short form picks have
    the beginning last, so that they also test orders without a beginning."""
    pieces = pieces_of(ALL_ENDINGS[name])
    if SOAK or math.factorial(len(pieces)) <= 24:
        return list(itertools.permutations(pieces))
    pick = random.Random(name)
    anywhere = [pick.sample(pieces, len(pieces)) for _ in range(8)]
    events = pieces[1:]
    last = [[*pick.sample(events, len(events)), None] for _ in range(4)]
    return [*anywhere, *last]


def subsets_of(pieces: Order) -> list[Order]:
    """Every set of pieces, each in the order in which they happened."""
    return [
        subset for size in range(len(pieces) + 1) for subset in itertools.combinations(pieces, size)
    ]


def deliver(db: Connection, pieces: Iterable[tuple[Call, Piece]]) -> None:
    with as_role(db, "call_webhook"), db.pipeline():
        for call, piece in pieces:
            call.deliver(db, piece)


def ordered_runs(db: Connection, tenant: Tenant, ending: Ending) -> dict[frozenset[Piece], Rows]:
    """The rows after an ordered run, for each set of pieces. A call that has not begun leaves no
    rows before the end of its agent's leg."""
    runs = [(Call(tenant, ending), pieces) for pieces in subsets_of(pieces_of(ending))]
    deliver(db, ((call, piece) for call, pieces in runs for piece in pieces))
    found = rows_of(db, (call for call, _ in runs))
    return {frozenset(pieces): found.get(call.sids["agent"]) for call, pieces in runs}


@pytest.mark.soak
@pytest.mark.parametrize("name", ALL_ENDINGS)
def test_at_every_moment_the_rows_are_those_of_the_ordered_run(db: Connection, name: str) -> None:
    """Everything happens at one time of our clock, so times are compared too."""
    tenant, ending = add_tenant(db, 1), ALL_ENDINGS[name]
    orders, events = orders_of(name), frozenset(ending.events)
    started = time.monotonic()
    with attempt(db):
        expected = ordered_runs(db, tenant, ending)
    for begun in (True, False):
        found = expected[events | {None} if begun else events]
        assert found is not None
        check(found, Call(tenant, ending), begun=begun)

    for start in range(0, len(orders), CALLS_PER_TRANSACTION):
        batch = [
            (Call(tenant, ending), order) for order in orders[start : start + CALLS_PER_TRANSACTION]
        ]
        with attempt(db):
            for moment in range(1, len(ending.events) + 2):
                # The next piece comes twice, and one that has come before comes again.
                deliver(
                    db,
                    (
                        (call, piece)
                        for call, order in batch
                        for piece in (order[moment - 1], order[moment - 1], order[moment // 2])
                    ),
                )
                rows = rows_of(db, (call for call, _ in batch))
                for call, order in batch:
                    arrived = order[:moment]
                    assert rows.get(call.sids["agent"]) == expected[frozenset(arrived)], arrived
    figure(
        f"orders: {name}: {len(orders)} of {math.factorial(len(ending.events) + 1)}, at each of"
        f" {len(ending.events) + 1} moments as in order, {time.monotonic() - started:.1f} s"
    )


def shuffled(pieces: Sequence[tuple[Call, Piece]], times: int) -> list[tuple[Call, Piece]]:
    """All of these pieces, this many times each, in one random order."""
    repeated = list(pieces) * times
    return random.Random(times).sample(repeated, len(repeated))


def all_pieces(calls: Iterable[Call]) -> list[tuple[Call, Piece]]:
    return [(call, piece) for call in calls for piece in pieces_of(call.ending)]


def at_once(work: Callable[[int], None]) -> None:
    """Does shares 0 to CONNECTIONS - 1 of some work at the same time."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, range(CONNECTIONS)))


def deliver_at_once(postgres: Postgres, pieces: Sequence[tuple[Call, Piece]]) -> None:
    def share(number: int) -> None:
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            connection.execute("set role call_webhook")
            for call, piece in pieces[number::CONNECTIONS]:
                call.deliver(connection, piece)

    at_once(share)


@pytest.mark.soak
def test_any_order_over_connections_at_once_ends_in_the_same_rows(postgres: Postgres) -> None:
    # Fewer calls than a rep may place in a minute: tests/supabase/tenants.py.
    with committed_tenant(postgres, 71) as tenant:
        calls = [Call(tenant, end) for end in ALL_ENDINGS.values() for _ in range(scaled(1, 25))]
        deliver_at_once(postgres, shuffled(all_pieces(calls), times=2))
        with psycopg.connect(postgres.url()) as admin:
            found = rows_of(admin, calls)
    for call in calls:
        check(found[call.sids["agent"]], call)


@pytest.mark.soak
def test_at_once_and_without_the_beginning_the_rows_are_those_of_the_ordered_run(
    postgres: Postgres,
) -> None:
    """In three steps: some events of each call at once, then all others, then the beginning."""
    pick = random.Random(15)
    # Four rows for each call: together fewer than the calls that a rep may place in a minute.
    with committed_tenant(postgres, 73) as tenant, psycopg.connect(postgres.url()) as admin:
        calls = [Call(tenant, end) for end in ALL_ENDINGS.values() for _ in range(scaled(1, 12))]
        some = {
            call: pick.sample(call.ending.events, pick.randint(1, len(call.ending.events)))
            for call in calls
        }
        in_order = {call: Call(tenant, call.ending) for call in calls}

        def compare(arrived: Callable[[Call], frozenset[Piece]]) -> None:
            admin.rollback()
            found = rows_of(admin, [*calls, *in_order.values()])
            for call, ordered in in_order.items():
                rows, expected = found.get(call.sids["agent"]), found.get(ordered.sids["agent"])
                if rows is None or expected is None:
                    assert rows == expected, arrived(call)
                else:
                    assert without_our_clock(rows) == without_our_clock(expected), arrived(call)

        def run_in_order(pieces: Callable[[Call], Iterable[Piece]]) -> None:
            with psycopg.connect(postgres.url(), autocommit=True) as connection:
                connection.execute("set role call_webhook")
                for call, ordered in in_order.items():
                    for piece in pieces(call):
                        ordered.deliver(connection, piece)

        first = [(call, piece) for call in calls for piece in some[call]]
        deliver_at_once(postgres, shuffled(first, times=3))
        run_in_order(lambda call: [event for event in call.ending.events if event in some[call]])
        compare(lambda call: frozenset(some[call]))

        rest = [(call, piece) for call in calls for piece in call.ending.events]
        deliver_at_once(postgres, shuffled(rest, times=2))
        # A call of its own for each set: this one's events come in order, too.
        in_order = {call: Call(tenant, call.ending) for call in calls}
        run_in_order(lambda call: call.ending.events)
        compare(lambda call: frozenset(call.ending.events))
        for call, rows in zip(calls, map(rows_of(admin, calls).get, sids(calls)), strict=True):
            assert rows is not None
            check(rows, call, begun=False)

        deliver_at_once(postgres, shuffled(all_pieces(calls), times=1))
        in_order = {call: Call(tenant, call.ending) for call in calls}
        run_in_order(lambda call: pieces_of(call.ending))
        compare(lambda call: frozenset(pieces_of(call.ending)))
        found = rows_of(admin, calls)
    for call in calls:
        check(found[call.sids["agent"]], call)


def sids(calls: Iterable[Call]) -> list[str]:
    return [call.sids["agent"] for call in calls]


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

        def send_all(deliveries: Sequence[tuple[Call, Piece]]) -> None:
            def send(share: int) -> None:
                with httpx.Client(timeout=60) as http:
                    for call, piece in deliveries[share::CONNECTIONS]:
                        call.send(http, stack.env, piece)

            at_once(send)

        send_all(shuffled(all_pieces(calls), times=2))
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
        send_all(shuffled(all_pieces(calls), times=1))
        assert fingerprint(admin) == before
    figure(
        f"orders: {len(calls)} calls over HTTP, every piece three times, the third changed no row"
    )
