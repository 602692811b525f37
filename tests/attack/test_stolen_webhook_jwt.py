"""Attacks by somebody who has the webhook endpoints' JWT and calls the SQL functions directly; this
shows what such a theft would cost. Tables over REST are in `test_tenants.py`."""

from __future__ import annotations

import uuid
from dataclasses import replace

import psycopg
import pytest

from tests.supabase.asked import AskedCall
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def test_a_thief_who_knows_no_member_learns_nothing_about_a_business(
    db: Connection, tenant: Tenant
) -> None:
    """The thief does not even learn whether the business exists: each answer is a refused call."""
    answers = []
    for business_id in (tenant.business_id, uuid.uuid4()):
        stranger = replace(tenant, business_id=business_id, user_id=uuid.uuid4())
        answer = begin_call(db, stranger, new_call_sid(), lead_id=tenant.lead_id)
        del answer["conversation_id"]
        answers.append(answer)
    assert answers[0] == answers[1]
    assert answers[0]["block_reason"] == "not_a_member"


def test_a_thief_who_knows_a_member_learns_the_caller_id_and_can_store_calls(
    db: Connection, tenant: Tenant
) -> None:
    """This is the cost of the theft: the database mistakes a thief with this token for the phone
    network."""
    answer = begin_call(db, tenant, new_call_sid())
    assert answer.keys() == {
        "conversation_id", "block_reason", "to_number", "from_number", "time_limit_seconds",
        "notice", "machine_detection",
    }  # fmt: skip
    assert answer["from_number"] == tenant.caller_id


def test_a_thief_who_knows_a_call_sid_learns_the_calls_numbers_and_can_end_it(
    db: Connection, tenant: Tenant
) -> None:
    """This is the cost of the theft. But a CallSid has 128 random bits, and no answer tells one."""
    sid = new_call_sid()
    first = begin_call(db, tenant, sid)
    assert begin_call(db, add_tenant(db, 2), sid) == first
    record_event(db, sid, new_call_sid(), "completed", 9, duration_seconds=9999)
    assert conversation(db, sid)["status"] == "completed"


def test_the_owner_of_a_call_and_what_reps_wrote_about_it_stay_out_of_reach(
    db: Connection, tenant: Tenant
) -> None:
    sid = new_call_sid()
    begin_call(db, tenant, sid)
    db.execute(
        "update public.conversations set notes = 'n', outcome = 'booked' where call_sid = %s",
        (sid,),
    )
    kept = ("business_id", "user_id", "lead_id", "notes", "outcome", "to_number", "from_number")
    before = {name: conversation(db, sid)[name] for name in kept}
    begin_call(db, add_tenant(db, 2), sid, lead_id=uuid.uuid4())
    record_event(db, sid, sid, "failed", 3, payload={"From": "client:user_x", "To": "+1"})
    assert {name: conversation(db, sid)[name] for name in kept} == before


def test_a_leg_of_one_call_cannot_be_named_into_another(db: Connection, tenant: Tenant) -> None:
    ours, theirs, leg = new_call_sid(), new_call_sid(), new_call_sid()
    begin_call(db, tenant, ours)
    begin_call(db, add_tenant(db, 2), theirs)
    record_event(db, theirs, leg, "in-progress", 2)
    before = [conversation(db, sid) for sid in (ours, theirs)]
    record_event(db, ours, leg, "completed", 3)
    assert [conversation(db, sid) for sid in (ours, theirs)] == before
    legs = fetch(db, "select status from public.call_legs where call_sid = %s", leg)
    assert legs == [{"status": "in-progress"}]


def test_a_thief_who_knows_a_call_sid_brings_nobody_else_into_the_call(
    db: Connection, tenant: Tenant
) -> None:
    """This is the cost of the theft: the lead's way through a call is answered to the thief, as it
    is to Twilio. But only people whom the call has had already are named, and no number is rung."""
    call = AskedCall(db, tenant).answer()
    stranger = add_tenant(db, 2)
    call.hold()
    answers = [
        call.go_on(after, sid, leg=leg)
        for after in ("dial", "room", "transfer", "return")
        for sid in (call.sid, call.lead_sid, new_call_sid())
        for leg in (None, call.lead_leg_id, uuid.uuid4())
    ]
    assert {answer["next"] for answer in answers} <= {"hang_up", "join_room", "ring"}
    rung = {answer["ring"]["identity"] for answer in answers if answer["ring"]}
    assert rung == {f"user_{tenant.user_id.hex}_{tenant.business_id.hex}"}
    people = fetch(db, "select user_id from public.call_legs where user_id is not null")
    assert {row["user_id"] for row in people} == {tenant.user_id}
    assert fetch(db, "select 1 from public.call_legs where role = 'third_party'") == []
    with as_role(db, "call_webhook"), pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(
            "select public.ask_of_call(%s, 'add', %s, null, null, null, null, 10)",
            (call.id, stranger.user_id),
        )


def test_a_thief_needs_an_actions_id_to_end_it(db: Connection, tenant: Tenant) -> None:
    call = AskedCall(db, tenant).answer()
    asked = call.ask("hold")
    forged = {"action": {"id": str(uuid.uuid4())}}
    with pytest.raises(psycopg.errors.InvalidParameterValue), db.transaction():
        call.note(forged)
    assert call.ask("hold")["wait"]
    # With it they can say what Twilio would not, about legs of this call alone.
    other = AskedCall(db, add_tenant(db, 2)).answer()
    before = other.row, other.leg(other.lead_leg_id)
    call.note(asked, ("held", other.lead_leg_id, other.lead_sid), ("removed", None, other.sid))
    assert (other.row, other.leg(other.lead_leg_id)) == before


def test_the_answer_to_an_event_says_only_whether_it_was_new_and_its_calls_id(
    db: Connection, tenant: Tenant
) -> None:
    sid = new_call_sid()
    begin_call(db, tenant, sid)
    for agent in (sid, new_call_sid()):
        answer = record_event(db, agent, new_call_sid(), "ringing", 1)
        assert answer.keys() == {"new", "conversation_id"}
