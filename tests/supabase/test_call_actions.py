"""What may be asked of a call, by whom, and what is written down of it before Twilio is asked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.supabase.asked import AskedCall, add_colleague, one
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    as_role,
    begin_call,
    dialled,
    fetch,
    new_call_sid,
)

EXPERT = dialled("+14155550199")
NOT_IN_PROGRESS = {"error": "not_in_progress"}


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call(db: Connection, tenant: Tenant) -> AskedCall:
    return AskedCall(db, tenant).answer()


@pytest.fixture
def colleague(db: Connection, tenant: Tenant) -> uuid.UUID:
    return add_colleague(db, tenant)


def actions(call: AskedCall) -> list[tuple[str, str | None]]:
    rows = fetch(
        call.db,
        "select action, result from public.call_actions where conversation_id = %s order by number",
        call.id,
    )
    return [(row["action"], row["result"]) for row in rows]


def lease_ends(call: AskedCall) -> None:
    call.db.execute(
        "update public.call_actions set lease_until = clock_timestamp() where result is null"
    )


# What becomes of a call.


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
    call: AskedCall, colleague: uuid.UUID
) -> None:
    leg_id, sid = call.transfer_warm(user=colleague)
    assert call.stage == "ringing"
    call.picks_up(leg_id, sid)
    assert call.stage == "consulting"
    asked = call.ask("complete")
    assert asked["action"]["leg_id"] == leg_id
    agent_leg_id = asked["call"]["host_leg_id"]
    assert asked["action"]["leaving_leg_id"] == agent_leg_id
    state = call.note(
        asked, ("unheld", call.lead_leg_id, call.lead_sid), ("removed", None, call.sid)
    )
    assert state["host_leg_id"] == leg_id
    call.end(call.sid)
    assert call.stage == "transferred"
    # The agent has left: it is the colleague's call now.
    assert call.ask("hold") == {"error": "not_your_call"}
    assert "error" not in call.ask("hold", by=colleague)


def test_a_consultation_can_be_merged_and_taken_back(call: AskedCall, colleague: uuid.UUID) -> None:
    leg_id, sid = call.transfer_warm(user=colleague)
    assert call.ask("merge") == NOT_IN_PROGRESS
    call.picks_up(leg_id, sid)
    call.note(call.ask("merge"), ("unheld", call.lead_leg_id, call.lead_sid))
    assert call.stage == "together"
    assert call.ask("merge")["is_done"]
    assert call.ask("cancel") == NOT_IN_PROGRESS
    call.hold()
    asked = call.ask("cancel")
    assert asked["action"]["leg_id"] == leg_id
    call.note(asked, ("removed", leg_id, sid))
    call.end(sid, leg_id=leg_id)
    assert call.stage == "on_hold"


def test_a_cold_transfer_frees_the_agent_at_once(call: AskedCall, colleague: uuid.UUID) -> None:
    leg_id = call.transfer_cold(user=colleague)
    assert call.go_on("dial", call.sid, dialled=call.lead_sid)["next"] == "hang_up"
    call.end(call.sid)
    assert (call.stage, call.row["bridge"]) == ("transferring", "dial")
    call.picks_up(leg_id, new_call_sid())
    assert call.stage == "transferred"
    assert call.state()["host_leg_id"] == leg_id


def test_who_transferred_takes_a_cold_transfer_back_until_it_is_answered(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    leg_id = call.transfer_cold(user=colleague)
    call.end(call.sid)
    asked = call.ask("cancel")
    assert asked["action"]["mode"] == "cold"
    (leg,) = [leg for leg in asked["call"]["legs"] if leg["id"] == asked["action"]["leg_id"]]
    assert leg["id"] != leg_id
    assert (leg["role"], leg["user_id"]) == ("agent", str(call.tenant.user_id))
    call.note(asked, ("redirected", call.lead_leg_id, call.lead_sid))
    assert call.stage == "returning"
    assert call.ask("cancel")["is_done"]
    call.picks_up(leg["id"], new_call_sid())
    assert call.state()["host_leg_id"] == leg["id"]


def test_a_cold_transfer_that_was_answered_cannot_be_taken_back(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    leg_id = call.transfer_cold(user=colleague)
    call.end(call.sid)
    call.picks_up(leg_id, new_call_sid())
    assert call.ask("cancel") == {"error": "not_your_call"}


def test_all_who_talk_together_go_on_when_one_leaves(call: AskedCall, colleague: uuid.UUID) -> None:
    call.convert(asked := call.ask("add", user=colleague))
    leg_id, sid = call.dial(asked)
    call.picks_up(leg_id, sid)
    state = call.state()
    theirs = call.ask("complete", by=colleague)
    assert theirs["action"]["leaving_leg_id"] == leg_id
    assert theirs["action"]["leg_id"] == state["host_leg_id"]
    call.note(theirs, result="failed", error="Twilio refused")
    mine = call.ask("complete")
    assert mine["action"]["leaving_leg_id"] == state["host_leg_id"]
    assert mine["action"]["leg_id"] == leg_id


# Asked twice.


def test_the_same_wish_at_once_waits_and_is_then_done(call: AskedCall) -> None:
    first = call.ask("hold")
    assert call.ask("hold")["wait"]
    assert call.ask("resume")["wait"]
    call.convert(first)
    call.note(first, ("held", call.lead_leg_id, call.lead_sid))
    again = call.ask("hold")
    assert (again["wait"], again["is_done"]) == (False, True)
    assert again["action"]["id"] == first["action"]["id"]
    assert actions(call) == [("hold", "done")]


@pytest.mark.parametrize("mode", ["cold", "warm"])
def test_a_transfer_that_is_asked_twice_rings_one_leg(
    call: AskedCall, colleague: uuid.UUID, mode: str
) -> None:
    if mode == "cold":
        leg_id = call.transfer_cold(user=colleague)
        # The agent is free, and hears all the same that it is done.
        call.end(call.sid)
    else:
        leg_id, _ = call.transfer_warm(user=colleague)
    assert call.ask("transfer", user=colleague, mode=mode)["is_done"]
    assert [leg["id"] for leg in call.state()["legs"] if leg["asked_at"]] == [leg_id]


def test_a_killed_function_is_followed_by_the_same_action_and_the_same_leg(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    first = call.ask("transfer", user=colleague, mode="warm")
    lease_ends(call)
    again = call.ask("transfer", user=colleague, mode="warm")
    assert (again["wait"], again["is_done"]) == (False, False)
    assert again["action"] == first["action"]
    assert again["call"]["bridge"] == "room"
    assert call.ask("transfer", user=colleague, mode="warm")["wait"]


def test_who_has_left_with_a_cold_transfer_may_ask_again_after_a_kill(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    first = call.ask("transfer", user=colleague, mode="cold")
    call.go_on("dial", call.sid, dialled=call.lead_sid)
    call.end(call.sid)
    lease_ends(call)
    again = call.ask("transfer", user=colleague, mode="cold")
    assert again["action"] == first["action"]


def test_another_wish_supersedes_one_that_was_left(call: AskedCall, colleague: uuid.UUID) -> None:
    asked = call.ask("transfer", user=colleague, mode="cold")
    lease_ends(call)
    assert "error" not in call.ask("hold")
    assert actions(call) == [("transfer", "superseded"), ("hold", None)]
    # Nobody was rung, and nothing has moved the lead.
    assert call.leg(asked["action"]["leg_id"])["status"] == "failed"
    assert call.row["bridge"] == "room"


def test_a_cancel_takes_back_a_transfer_that_was_left_before_it_rang(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    call.ask("transfer", user=colleague, mode="cold")
    lease_ends(call)
    assert call.ask("cancel")["is_done"]
    assert (call.stage, call.row["bridge"]) == (None, "dial")


def test_what_twilio_refused_is_as_it_was_before(call: AskedCall, colleague: uuid.UUID) -> None:
    asked = call.ask("transfer", user=colleague, mode="cold")
    call.note(asked, result="failed", error="twilio_unavailable")
    assert call.leg(asked["action"]["leg_id"])["status"] == "failed"
    assert (call.stage, call.row["bridge"]) == (None, "dial")
    asked = call.ask("hold")
    call.note(asked, ("not_in_room", None, None), result="failed", error="twilio_unavailable")
    assert call.row["bridge"] == "dial"
    assert actions(call) == [("transfer", "failed"), ("hold", "failed")]


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_lead_in_the_room_whose_transfer_came_to_nothing_is_still_there(
    call: AskedCall, colleague: uuid.UUID, is_refused: bool
) -> None:
    call.hold()
    asked = call.ask("transfer", user=colleague, mode="cold")
    assert call.row["bridge"] == "dial"
    if is_refused:
        call.note(asked, result="failed", error="twilio_unavailable")
    else:
        lease_ends(call)
        call.ask("resume")
    assert (call.stage, call.row["bridge"]) == ("on_hold", "room")


def test_a_released_action_is_free_for_whoever_asks_next(call: AskedCall) -> None:
    asked = call.ask("hold")
    call.note(asked, ("not_in_room", None, None), result="released", error="429")
    assert call.row["bridge"] == "dial"
    again = call.ask("hold")
    assert again["action"] == asked["action"]
    assert again["call"]["bridge"] == "room"


@pytest.mark.parametrize("action", ["add", "transfer"])
def test_nobody_is_shown_ringing_after_a_released_action_and_it_is_asked_anew(
    call: AskedCall, colleague: uuid.UUID, action: str
) -> None:
    mode = "warm" if action == "transfer" else None
    asked = call.ask(action, user=colleague, mode=mode)
    leg_id = asked["action"]["leg_id"]
    call.note(asked, ("leg_failed", leg_id, None), result="released", error="429")
    assert call.stage is None
    again = call.ask(action, user=colleague, mode=mode)
    assert again["action"]["leg_id"] != leg_id
    assert not again["action"]["is_resumed"]
    assert call.stage == "ringing"
    assert actions(call) == [(action, "superseded"), (action, None)]


def test_the_lead_in_the_room_is_not_taken_back_into_the_dial(call: AskedCall) -> None:
    asked = call.ask("hold")
    call.go_on("dial", call.sid, dialled=call.lead_sid)
    call.note(asked, ("not_in_room", None, None), result="failed", error="500")
    assert call.row["bridge"] == "room"


def test_what_has_ended_stays_as_it_ended(call: AskedCall) -> None:
    asked = call.ask("hold")
    call.note(asked, result="failed", error="first")
    call.note(asked, result="done", error="second")
    (row,) = fetch(call.db, "select result, error from public.call_actions")
    assert row == {"result": "failed", "error": "first"}


def test_a_note_begins_the_lease_again(call: AskedCall) -> None:
    asked = call.ask("hold", lease=1)
    lease_ends(call)
    call.note(asked, result=None)
    assert call.ask("hold")["wait"]


# Who may ask.


def test_who_is_on_the_call_and_managers_may_change_it(
    db: Connection, tenant: Tenant, call: AskedCall, colleague: uuid.UUID
) -> None:
    manager = add_colleague(db, tenant, role="manager")
    owner = add_colleague(db, tenant, role="owner")
    assert call.ask("hold", by=colleague) == {"error": "not_your_call"}
    for user in (manager, owner, tenant.user_id):
        asked = call.ask("hold", by=user)
        assert "error" not in asked
        call.note(asked, result="failed")
    leg_id, sid = call.transfer_warm(user=colleague)
    # They are rung, and not on the call yet.
    assert call.ask("resume", by=colleague) == {"error": "not_your_call"}
    call.picks_up(leg_id, sid)
    assert "error" not in call.ask("merge", by=colleague)


def test_another_business_and_nobody_are_answered_alike(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    other = add_tenant(db, 2)
    manager = add_colleague(db, other, role="manager")
    not_found = {"error": "not_found"}
    assert call.ask("hold", by=manager) == not_found
    assert call.ask("add", user=other.user_id) == not_found
    assert call.ask("add", user=uuid.uuid4()) == not_found
    theirs = AskedCall(db, other).answer()
    assert call.ask("remove", leg=theirs.lead_leg_id) == not_found
    assert call.ask("remove", leg=uuid.uuid4()) == not_found
    assert actions(call) == []


def test_a_stranger_does_not_wait_for_the_lock_of_anothers_call(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    before = one(db, "select count(*) from pg_locks where locktype = 'advisory'")
    call.ask("hold", by=add_tenant(db, 2).user_id)
    assert one(db, "select count(*) from pg_locks where locktype = 'advisory'") == before


def test_who_has_signed_out_may_not_ask(db: Connection, tenant: Tenant, call: AskedCall) -> None:
    db.execute(
        "update auth.users set banned_until = now() + interval '1 day' where id = %s",
        (tenant.user_id,),
    )
    assert call.ask("hold") == {"error": "signed_out"}


def test_who_was_removed_from_the_business_may_not_ask(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    db.execute("delete from public.business_members where user_id = %s", (tenant.user_id,))
    assert call.ask("hold") == {"error": "not_found"}


# Whom to ring.


@pytest.mark.parametrize("state", ["busy", "away", None])
def test_who_is_not_available_is_not_rung(
    db: Connection, tenant: Tenant, call: AskedCall, state: str | None
) -> None:
    user = add_colleague(db, tenant, state=state)
    assert call.ask("transfer", user=user, mode="warm") == {"error": state or "away"}


def test_who_is_in_a_call_or_rung_for_one_is_busy(
    db: Connection, tenant: Tenant, call: AskedCall, colleague: uuid.UUID
) -> None:
    talking = add_colleague(db, tenant)
    begin_call(db, tenant, new_call_sid(), user_id=talking)
    assert call.ask("add", user=talking) == {"error": "busy"}
    other = AskedCall(db, tenant).answer()
    other.ask("add", user=colleague)
    assert call.ask("add", user=colleague) == {"error": "busy"}


def test_oneself_and_the_lead_cannot_be_added(call: AskedCall) -> None:
    refused = {"error": "invalid_request", "field": "to"}
    assert call.ask("add", user=call.tenant.user_id) == refused
    assert call.ask("add", to=dialled(call.tenant.lead_number)) == refused


def test_a_number_passes_the_gate_every_time(db: Connection, call: AskedCall) -> None:
    premium = call.ask("add", to=dialled("+19005550100", "premium_rate"))
    assert premium == {"error": "blocked", "block_reason": "number_type_not_allowed"}
    asked = call.ask("add", to=EXPERT)
    (leg,) = [leg for leg in asked["call"]["legs"] if leg["id"] == asked["action"]["leg_id"]]
    assert (leg["role"], leg["to_number"]) == ("third_party", "+14155550199")
    lease_ends(call)
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, '+14155550199')",
        (call.tenant.business_id,),
    )
    # What was let through before is asked again.
    assert call.ask("add", to=EXPERT) == {"error": "blocked", "block_reason": "do_not_call"}
    assert actions(call) == [("add", "failed")]


def test_what_is_no_number_is_blocked(call: AskedCall) -> None:
    nothing = Jsonb({"dialled": "x", "number": None, "by_country": {}})
    assert call.ask("add", to=nothing)["block_reason"] == "invalid_number"


# What makes no sense.


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"action": "explode"}, "action"),
        ({"action": "return"}, "action"),
        ({"action": "add"}, "to"),
        ({"action": "hold", "user": uuid.uuid4()}, "to"),
        ({"action": "add", "user": uuid.uuid4(), "to": EXPERT}, "to"),
        ({"action": "add", "to": Jsonb("+14155550199")}, "to"),
        ({"action": "transfer", "user": uuid.uuid4()}, "mode"),
        ({"action": "transfer", "user": uuid.uuid4(), "mode": "hot"}, "mode"),
        ({"action": "hold", "mode": "warm"}, "mode"),
        ({"action": "remove"}, "legId"),
        ({"action": "hold", "leg": uuid.uuid4()}, "legId"),
    ],
)
def test_a_wish_that_cannot_be_read_names_its_field(
    call: AskedCall, wish: dict[str, Any], field: str
) -> None:
    assert call.ask(**wish) == {"error": "invalid_request", "field": field}


@pytest.mark.parametrize("action", ["hold", "resume", "merge", "complete", "cancel"])
def test_nothing_is_asked_of_a_lead_who_has_not_answered(
    db: Connection, tenant: Tenant, action: str
) -> None:
    call = AskedCall(db, tenant)
    call.event(call.lead_sid, "ringing", 1)
    assert call.ask(action) == NOT_IN_PROGRESS


@pytest.mark.parametrize("action", ["hold", "resume", "merge", "complete", "cancel"])
def test_nothing_is_asked_of_a_call_that_has_ended(call: AskedCall, action: str) -> None:
    call.end(call.lead_sid)
    call.end(call.sid)
    assert call.ask(action) == NOT_IN_PROGRESS


def test_in_a_plain_call_there_is_nothing_to_merge_complete_or_cancel(call: AskedCall) -> None:
    for action in ("merge", "complete", "cancel"):
        assert call.ask(action) == NOT_IN_PROGRESS
    assert call.ask("resume")["is_done"]
    assert call.row["is_plain"] is True


def test_while_the_lead_waits_for_somebody_only_a_cancel_makes_sense(
    db: Connection, tenant: Tenant, call: AskedCall, colleague: uuid.UUID
) -> None:
    manager = add_colleague(db, tenant, role="manager")
    call.transfer_cold(user=colleague)
    for wish in ({"action": "hold"}, {"action": "add", "to": EXPERT}, {"action": "complete"}):
        assert call.ask(by=manager, **wish) == NOT_IN_PROGRESS
    assert "error" not in call.ask("cancel", by=manager)


def test_one_transfer_at_a_time(db: Connection, tenant: Tenant, call: AskedCall) -> None:
    first, second = (add_colleague(db, tenant) for _ in range(2))
    call.transfer_warm(user=first)
    for mode in ("cold", "warm"):
        assert call.ask("transfer", user=second, mode=mode) == NOT_IN_PROGRESS


def test_the_host_is_not_removed_and_a_leg_that_has_ended_is(
    call: AskedCall, colleague: uuid.UUID
) -> None:
    leg_id, sid = call.transfer_warm(user=colleague)
    assert call.ask("remove", leg=call.state()["host_leg_id"]) == NOT_IN_PROGRESS
    call.note(call.ask("remove", leg=leg_id), ("removed", leg_id, sid))
    call.event(sid, "canceled", 3, call_leg_id=leg_id)
    assert call.ask("remove", leg=leg_id)["is_done"]
    call.note(call.ask("remove", leg=call.lead_leg_id), ("removed", None, call.lead_sid))
    call.end(call.lead_sid)
    assert call.ask("remove", leg=call.lead_leg_id)["is_done"]


def test_a_room_has_ten_people_at_most(db: Connection, tenant: Tenant, call: AskedCall) -> None:
    for number in range(8):
        asked = call.ask("add", to=dialled(f"+1415555019{number}"))
        assert "error" not in asked
        call.note(asked)
    assert call.ask("add", to=dialled("+14155550199")) == NOT_IN_PROGRESS


# What is written down.


def test_members_read_what_was_asked_and_write_none_of_it(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    call.hold()
    add_member(db, tenant.business_id, (other := add_tenant(db, 2)).user_id)
    for user_id in (tenant.user_id, other.user_id):
        claims = {"sub": str(user_id), "role": "authenticated"}
        with as_role(db, "authenticated", claims):
            rows = fetch(db, "select action, asked_by, result from public.call_actions")
        assert rows == [{"action": "hold", "asked_by": tenant.user_id, "result": "done"}]


def test_a_call_sid_of_another_leg_is_not_taken_for_a_new_one(
    db: Connection, tenant: Tenant, call: AskedCall, colleague: uuid.UUID
) -> None:
    """Somebody declined, and was asked again. Twilio lists both calls to them."""
    first, sid = call.transfer_warm(user=colleague)
    call.event(sid, "busy", 3, call_leg_id=first)
    again = call.ask("transfer", user=colleague, mode="warm")
    call.note(again, ("leg_dialled", again["action"]["leg_id"], sid))
    assert call.leg(first)["call_sid"] == sid
    assert call.leg(again["action"]["leg_id"])["call_sid"] is None


def test_an_action_is_noted_by_its_own_call_alone(
    db: Connection, tenant: Tenant, call: AskedCall
) -> None:
    asked = call.ask("hold")
    other = AskedCall(db, tenant).answer()
    with pytest.raises(Exception, match="no action with this id"), db.transaction():
        other.note(asked)
    assert actions(call) == [("hold", None)]
