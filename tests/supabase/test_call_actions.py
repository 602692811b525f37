"""What may be asked of a call, and what is written down of it."""

from __future__ import annotations

import pytest

from tests.supabase.asked import AskedCall, add_colleague
from tests.supabase.tenants import Connection, Tenant, add_tenant, dialled


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call(db: Connection, tenant: Tenant) -> AskedCall:
    return AskedCall(db, tenant).answer()


EXPERT = dialled("+14155550199")


def test_a_hold_claims_the_room_before_twilio_is_asked(call: AskedCall) -> None:
    asked = call.ask("hold")
    assert (asked["wait"], asked["is_done"]) == (False, False)
    assert asked["call"]["bridge"] == "room"
    assert call.row["is_plain"] is False
    call.convert(asked)
    state = call.note(asked, ("held", call.lead_leg_id, call.lead_sid))
    assert state["stage"] == "on_hold"
    assert [leg["on_hold"] for leg in state["legs"] if leg["role"] == "lead"] == [True]
    call.note(call.ask("resume"), ("unheld", call.lead_leg_id, call.lead_sid))
    assert call.stage is None


def test_a_warm_transfer_goes_from_ringing_to_the_colleague_alone(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    colleague = add_colleague(db, tenant)
    leg_id, sid = call.transfer_warm(user=colleague)
    assert call.stage == "ringing"
    call.picks_up(leg_id, sid)
    assert call.stage == "consulting"
    asked = call.ask("complete")
    assert asked["action"]["leg_id"] == leg_id
    state = call.note(
        asked, ("unheld", call.lead_leg_id, call.lead_sid), ("removed", None, call.sid)
    )
    assert state["host_leg_id"] == leg_id
    call.end(call.sid)
    assert call.stage == "transferred"
    # The agent has left: it is the colleague's call now.
    assert call.ask("hold")["error"] == "not_your_call"
    assert "error" not in call.ask("hold", by=colleague)


def test_a_cold_transfer_frees_the_agent_at_once(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    colleague = add_colleague(db, tenant)
    leg_id = call.transfer_cold(user=colleague)
    assert call.go_on("dial", call.sid, dialled=call.lead_sid)["next"] == "hang_up"
    call.end(call.sid)
    assert (call.stage, call.row["bridge"]) == ("transferring", "dial")
    call.picks_up(leg_id, "CAtarget")
    assert call.stage == "transferred"
    assert call.state()["host_leg_id"] == leg_id


def test_an_unanswered_cold_transfer_rings_who_transferred_and_then_apologizes(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    leg_id = call.transfer_cold(user=add_colleague(db, tenant))
    call.go_on("dial", call.sid, dialled=call.lead_sid)
    call.end(call.sid)
    call.event("CAtarget", "no-answer", 2, call_leg_id=leg_id)
    first = call.go_on("transfer", call.lead_sid, "no-answer", leg=leg_id, dialled="CAtarget")
    assert first["next"] == "ring"
    assert first["ring"]["identity"].startswith(f"user_{tenant.user_id.hex}_")
    assert first["ring"]["after"] == "return"
    assert call.stage == "returning"
    again = call.go_on("transfer", call.lead_sid, "no-answer", leg=leg_id, dialled="CAtarget")
    assert again | {"new": True} == first
    returned = first["ring"]["leg_id"]
    last = call.go_on("return", call.lead_sid, "no-answer", leg=returned, dialled="CAback")
    assert last["next"] == "apologize"
    assert call.row["call_back_at"] is not None
    assert call.go_on("transfer", call.lead_sid, "no-answer", leg=leg_id)["next"] == "apologize"


def test_a_number_is_added_through_the_gate(call: AskedCall) -> None:
    asked = call.ask("add", to=EXPERT)
    (leg,) = [leg for leg in asked["call"]["legs"] if leg["id"] == asked["action"]["leg_id"]]
    assert (leg["role"], leg["to_number"]) == ("third_party", "+14155550199")
    refused = call.ask("add", to=dialled("+19005550100", "premium_rate"))
    assert refused["wait"] is True
