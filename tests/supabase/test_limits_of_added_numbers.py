"""A number that is added to a call, or that a lead is transferred to, counts as a call."""

from __future__ import annotations

import uuid

import pytest
from psycopg.types.json import Jsonb

from tests.supabase.asked import AskedCall, add_colleague
from tests.supabase.decisions import limit
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_user,
    begin_call,
    dialled,
    new_call_sid,
)


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call(db: Connection, tenant: Tenant) -> AskedCall:
    return AskedCall(db, tenant).answer()


def expert(number: int) -> Jsonb:
    return dialled(f"+1415555019{number}")


def add(call: AskedCall, number: int, *, by: uuid.UUID | None = None) -> str | None:
    """Adds an expert, who is dialled. The block reason, if there is one."""
    asked = call.ask("add", to=expert(number), by=by)
    if "error" in asked:
        reason: str = asked["block_reason"]
        return reason
    call.dial(asked)
    return None


def preview(call: AskedCall, user_id: uuid.UUID | None = None) -> str | None:
    """The block reason of one more call of a rep."""
    with as_user(call.db, user_id or call.tenant.user_id):
        row = call.db.execute(
            "select public.preview_call(%s, %s, null, null, null) ->> 'block_reason'",
            (call.tenant.business_id, dialled("+14155550180")),
        ).fetchone()
    assert row is not None
    reason: str | None = row[0]
    return reason


def test_an_added_number_is_one_of_the_calls_at_once(call: AskedCall) -> None:
    limit(call.db, call.tenant, concurrent_calls=2)
    assert preview(call) is None
    assert add(call, 1) is None
    # The call itself and the expert.
    assert add(call, 2) == "too_many_calls_at_once"
    assert preview(call) == "too_many_calls_at_once"
    (expert_leg,) = [leg for leg in call.state()["legs"] if leg["role"] == "third_party"]
    call.event(expert_leg["call_sid"], "no-answer", 3, call_leg_id=expert_leg["id"])
    assert add(call, 2) is None


def test_a_number_that_a_lead_is_transferred_to_counts_too(call: AskedCall) -> None:
    limit(call.db, call.tenant, concurrent_calls=1)
    for mode in ("cold", "warm"):
        asked = call.ask("transfer", to=expert(1), mode=mode)
        assert asked == {"error": "blocked", "block_reason": "too_many_calls_at_once"}


def test_added_numbers_count_for_who_asked_in_a_minute_and_in_a_day(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    manager = add_colleague(db, tenant, role="manager")
    limit(db, tenant, calls_per_rep_per_minute=3)
    # The rep has placed one call; the manager none.
    assert [add(call, number) for number in range(3)] == [None, None, "too_many_calls_this_minute"]
    assert preview(call) == "too_many_calls_this_minute"
    assert add(call, 4, by=manager) is None
    assert preview(call, manager) is None

    limit(db, tenant, calls_per_rep_per_minute=1000, calls_per_rep_per_day=3)
    assert preview(call) == "too_many_calls_today"
    db.execute("update public.call_legs set asked_at = asked_at - interval '25 hours'")
    assert preview(call) is None


def test_colleagues_who_are_rung_are_no_calls(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    limit(db, tenant, concurrent_calls=1, calls_per_rep_per_minute=1, calls_per_rep_per_day=1)
    assert "error" not in call.ask("add", user=add_colleague(db, tenant))


def test_a_wish_that_goes_on_does_not_count_against_itself(call: AskedCall) -> None:
    limit(call.db, call.tenant, concurrent_calls=2, calls_per_rep_per_minute=2)
    first = call.ask("add", to=expert(1))
    call.db.execute("update public.call_actions set lease_until = clock_timestamp()")
    again = call.ask("add", to=expert(1))
    assert again["action"] == first["action"]


def test_a_number_that_was_never_dialled_is_not_a_call(call: AskedCall) -> None:
    limit(call.db, call.tenant, calls_per_rep_per_minute=2)
    asked = call.ask("add", to=expert(1))
    call.note(asked, ("leg_failed", asked["action"]["leg_id"], None), result="failed")
    assert preview(call) is None


def test_added_numbers_of_another_business_do_not_count(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    theirs = AskedCall(db, add_tenant(db, 2)).answer()
    add(theirs, 1)
    limit(db, tenant, concurrent_calls=2)
    assert begin_call(db, tenant, new_call_sid())["block_reason"] is None
