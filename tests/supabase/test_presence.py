"""Who can be rung: what people's pages say of them, and what the database knows itself."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest

from tests.supabase.asked import AskedCall, add_colleague, one, set_presence
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    as_user,
    begin_call,
    fetch,
    new_call_sid,
)


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def colleagues(db: Connection, tenant: Tenant, user_id: uuid.UUID | None = None) -> dict[str, Any]:
    """What the tenant's rep, or this user, is told about each colleague."""
    with as_user(db, user_id or tenant.user_id):
        rows = fetch(db, "select public.list_colleagues(%s) as told", tenant.business_id)
    return {row["told"]["user_id"]: row["told"] for row in rows}


def test_colleagues_are_told_with_name_role_and_state_without_oneself(
    db: Connection, tenant: Tenant
) -> None:
    user_id = add_colleague(db, tenant, role="manager")
    told = colleagues(db, tenant)
    assert told.keys() == {str(user_id)}
    (robin,) = told.values()
    assert robin.keys() == {"user_id", "name", "role", "state", "since"}
    assert (robin["name"], robin["role"]) == (f"{user_id}@henk.test", "manager")
    assert robin["state"] == "available"
    assert robin["since"] is not None


def test_a_page_that_is_silent_for_forty_seconds_is_away(db: Connection, tenant: Tenant) -> None:
    user_id = str(add_colleague(db, tenant))
    silent = "update public.rep_presence set seen_at = clock_timestamp() - %s::interval"
    db.execute(silent, ("39 seconds",))
    assert colleagues(db, tenant)[user_id]["state"] == "available"
    db.execute(silent, ("41 seconds",))
    assert colleagues(db, tenant)[user_id]["state"] == "away"
    assert colleagues(db, tenant)[user_id]["since"] is None


def test_a_state_that_goes_on_keeps_its_beginning(db: Connection, tenant: Tenant) -> None:
    user_id = add_colleague(db, tenant)
    db.execute("update public.rep_presence set since = now() - interval '1 hour'")
    before = colleagues(db, tenant)[str(user_id)]["since"]
    set_presence(db, tenant, user_id, "available")
    assert colleagues(db, tenant)[str(user_id)]["since"] == before
    set_presence(db, tenant, user_id, "away")
    assert colleagues(db, tenant)[str(user_id)]["since"] > before


def test_who_is_in_a_call_is_busy_whatever_their_page_says(db: Connection, tenant: Tenant) -> None:
    user_id = add_colleague(db, tenant)
    sid = new_call_sid()
    begin_call(db, tenant, sid, user_id=user_id)
    assert colleagues(db, tenant)[str(user_id)]["state"] == "busy"


def test_who_transferred_a_call_is_free_and_who_is_rung_is_busy(
    db: Connection, tenant: Tenant
) -> None:
    user_id = add_colleague(db, tenant)
    set_presence(db, tenant, tenant.user_id, "available")
    call = AskedCall(db, tenant).answer()
    leg_id = call.transfer_cold(user=user_id)
    call.go_on("dial", call.sid, dialled=call.lead_sid)
    call.end(call.sid)
    assert colleagues(db, tenant)[str(user_id)]["state"] == "busy"
    assert colleagues(db, tenant, user_id)[str(tenant.user_id)]["state"] == "available"
    sid = new_call_sid()
    call.picks_up(leg_id, sid)
    assert colleagues(db, tenant)[str(user_id)]["state"] == "busy"
    call.end(sid, leg_id=leg_id)
    assert colleagues(db, tenant)[str(user_id)]["state"] == "available"


def test_a_leg_that_nobody_dialled_makes_nobody_busy_for_long(
    db: Connection, tenant: Tenant
) -> None:
    """Somebody who knows the REST API can ask for a leg without control_fn."""
    user_id = add_colleague(db, tenant)
    call = AskedCall(db, tenant).answer()
    call.ask("add", user=user_id)
    db.execute("update public.call_legs set asked_at = asked_at - interval '61 seconds'")
    assert colleagues(db, tenant)[str(user_id)]["state"] == "available"


def test_a_call_whose_end_was_lost_makes_nobody_busy_for_ever(
    db: Connection, tenant: Tenant
) -> None:
    user_id = add_colleague(db, tenant)
    begin_call(db, tenant, new_call_sid(), user_id=user_id)
    db.execute("update public.conversations set created_at = now() - interval '5 hours'")
    assert colleagues(db, tenant)[str(user_id)]["state"] == "available"


def test_calls_of_another_business_are_not_seen(db: Connection, tenant: Tenant) -> None:
    other = add_tenant(db, 2)
    user_id = add_colleague(db, tenant)
    add_member(db, other.business_id, user_id)
    begin_call(db, other, new_call_sid(), user_id=user_id)
    assert colleagues(db, tenant)[str(user_id)]["state"] == "available"
    assert colleagues(db, other)[str(user_id)]["state"] == "busy"


def test_presence_in_a_business_that_is_not_ones_own_is_answered_like_one_in_none(
    db: Connection, tenant: Tenant
) -> None:
    other = add_tenant(db, 2)
    before = fetch(db, "select * from public.rep_presence")
    assert set_presence(db, other, tenant.user_id, "available") == {"error": "not_found"}
    with as_user(db, tenant.user_id):
        nowhere = one(db, "select public.set_presence(%s, 'available')", uuid.uuid4())
    assert nowhere == {"error": "not_found"}
    assert colleagues(db, other, tenant.user_id) == {}
    assert fetch(db, "select * from public.rep_presence") == before


def test_only_the_three_states_are_taken(db: Connection, tenant: Tenant) -> None:
    refused = {"error": "invalid_request", "field": "state"}
    assert set_presence(db, tenant, tenant.user_id, "lunch") == refused
    [latest] = fetch(db, "select max(id) as id from public.changes")
    told = {"heartbeat_seconds": 15, "role": "agent", "settings": latest["id"]}
    assert set_presence(db, tenant, tenant.user_id, "busy") == told


def test_who_has_signed_out_is_not_present(db: Connection, tenant: Tenant) -> None:
    db.execute("update auth.users set banned_until = now() + interval '1 day'")
    assert set_presence(db, tenant, tenant.user_id, "available") == {"error": "signed_out"}


def test_nobody_writes_presence_themselves(db: Connection, tenant: Tenant) -> None:
    set_presence(db, tenant, tenant.user_id, "away")
    for statement in (
        "update public.rep_presence set state = 'available'",
        "delete from public.rep_presence",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            db.transaction(),
            as_user(db, tenant.user_id),
        ):
            db.execute(statement)


# Declining.


def decline(db: Connection, call: AskedCall, user_id: uuid.UUID) -> Any:
    with as_user(db, user_id):
        return one(db, "select public.decline_call(%s)", call.id)


def test_who_declines_says_so_at_once(db: Connection, tenant: Tenant) -> None:
    user_id = add_colleague(db, tenant)
    call = AskedCall(db, tenant).answer()
    leg_id, sid = call.transfer_warm(user=user_id)
    before = call.row["updated_at"]
    assert decline(db, call, user_id) == {"declined": True}
    assert call.leg(leg_id)["declined_at"] is not None
    assert call.row["updated_at"] > before
    assert decline(db, call, user_id) == {"declined": False}
    # They can be asked again, before Twilio has told the end of their leg.
    again = call.ask("transfer", user=user_id, mode="warm")
    assert again["action"]["leg_id"] != leg_id
    call.note(again, result="failed")
    call.event(sid, "busy", 3, call_leg_id=leg_id)
    assert call.stage == "on_hold"


def test_only_who_is_rung_can_decline(db: Connection, tenant: Tenant) -> None:
    user_id, other = add_colleague(db, tenant), add_colleague(db, tenant)
    call = AskedCall(db, tenant).answer()
    leg_id, sid = call.transfer_warm(user=user_id)
    for user in (other, tenant.user_id):
        assert decline(db, call, user) == {"declined": False}
    assert decline(db, call, add_tenant(db, 2).user_id) == {"error": "not_found"}
    call.picks_up(leg_id, sid)
    assert decline(db, call, user_id) == {"declined": False}
    assert call.leg(leg_id)["declined_at"] is None
