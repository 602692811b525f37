"""Attacks the ledger with the order of the callbacks of holds and transfers.

The rule is that of test_every_order: the rows are a function of the *set* of what has arrived. With
some twenty callbacks there are too many orders for all of them, so some are picked; each comes with
duplicates, and is compared on its way with an ordered run of the same set."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.attack.handed_calls import Lab, Order, at, check, deliver
from tests.attack.handovers import HANDOVERS
from tests.soak import figure, scaled
from tests.supabase.tenants import Connection, as_role


def orders_of(name: str, count: int) -> list[Order]:
    pick, facts = random.Random(name), HANDOVERS[name].facts
    return [pick.sample(facts, len(facts)) for _ in range(count)]


@pytest.fixture
def lab(db: Connection) -> Lab:
    return Lab(db)


@pytest.mark.soak
@pytest.mark.parametrize("name", HANDOVERS)
def test_in_any_order_and_with_duplicates_the_rows_are_what_the_call_has_become(
    lab: Lab, name: str
) -> None:
    handover = HANDOVERS[name]
    orders = orders_of(name, scaled(2, 200))
    calls = lab.calls(handover, len(orders) + 1)
    deliver(lab.db, [(calls[0], handover.facts)])
    # Each comes twice, and in the end one comes again.
    deliver(
        lab.db,
        (
            (call, [*order, *order[::2], order[0]])
            for call, order in zip(calls[1:], orders, strict=True)
        ),
    )
    in_order, *others = lab.rows(calls)
    assert in_order is not None
    check(in_order, handover)
    for order, rows in zip(orders, others, strict=True):
        assert rows == in_order, order
    figure(f"orders: {name}: {len(orders)} of the orders of {len(handover.facts)} callbacks")


@pytest.mark.soak
@pytest.mark.parametrize("name", HANDOVERS)
def test_on_the_way_the_rows_are_those_of_an_ordered_run(lab: Lab, name: str) -> None:
    handover = HANDOVERS[name]
    pick = random.Random(name)
    sets = [order[: pick.randint(1, len(order))] for order in orders_of(f"{name}", scaled(2, 200))]
    calls, ordered = lab.calls(handover, len(sets)), lab.calls(handover, len(sets))
    deliver(lab.db, zip(calls, sets, strict=True))
    deliver(
        lab.db,
        (
            (call, [fact for fact in handover.facts if fact in arrived])
            for call, arrived in zip(ordered, sets, strict=True)
        ),
    )
    for arrived, found, expected in zip(sets, lab.rows(calls), lab.rows(ordered), strict=True):
        assert found == expected, arrived


@pytest.mark.soak
@pytest.mark.parametrize("name", HANDOVERS)
def test_with_a_lost_beginning_the_rows_do_not_depend_on_the_order_either(
    lab: Lab, name: str
) -> None:
    """The database lost its last transactions: neither the beginning nor what was asked is on
    record."""
    handover = HANDOVERS[name]
    orders = orders_of(name, scaled(2, 100))
    calls = lab.calls(handover, len(orders) + 1, begun=False)
    deliver(lab.db, zip(calls, [handover.facts, *orders], strict=True))

    def compare() -> dict[str, Any]:
        in_order, *others = lab.rows(calls)
        assert in_order is not None
        for order, rows in zip(orders, others, strict=True):
            assert rows == in_order, order
        return in_order

    found = compare()
    assert (found["status"], found["duration_seconds"]) == ("completed", handover.talk_time)
    assert (found["answered_at"], found["ended_at"]) == (at(5), at(handover.ended))
    assert sorted(
        (leg["role"], leg["status"], leg["duration_seconds"]) for leg in found["legs"]
    ) == (sorted(each[:3] for each in handover.legs))
    # The beginning was only late.
    with as_role(lab.db, "call_webhook"):
        for call in calls:
            call.begin(lab.db)
    begun = compare()
    assert begun["begun_at"] is not None
    assert begun["legs"] == found["legs"]
