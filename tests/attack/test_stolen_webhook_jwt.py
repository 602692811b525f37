"""Attacks with the webhook endpoints' JWT in the wrong hands: what its two functions do for whom
calls them directly. Each test is one line of what such a theft would cost; tables over REST are in
`test_tenants.py`."""

from __future__ import annotations

import uuid

import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    add_user,
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


def test_who_knows_no_id_leaves_refused_calls_of_nobody_and_learns_nothing(
    db: Connection, tenant: Tenant
) -> None:
    sid = new_call_sid()
    with as_role(db, "call_webhook"):
        row = db.execute(
            "select public.begin_call(%s, %s, %s, %s, null, null, null)",
            (sid, uuid.uuid4(), uuid.uuid4(), Jsonb({"dialled": "x"})),
        ).fetchone()
    assert row is not None
    assert row[0]["block_reason"] == "not_a_member"
    assert conversation(db, sid)["business_id"] is None


def test_a_business_is_no_different_from_none_to_who_knows_no_member(
    db: Connection, tenant: Tenant
) -> None:
    stranger = add_user(db)
    answers = []
    for business in (tenant.business_id, uuid.uuid4()):
        with as_role(db, "call_webhook"):
            row = db.execute(
                "select public.begin_call(%s, %s, %s, %s, null, null, null)",
                (new_call_sid(), stranger, business, Jsonb({"dialled": "x"})),
            ).fetchone()
        assert row is not None
        answers.append({k: v for k, v in row[0].items() if k != "conversation_id"})
    assert answers[0] == answers[1]


def test_who_knows_a_rep_and_their_business_can_put_calls_on_record_and_see_the_caller_id(
    db: Connection, tenant: Tenant
) -> None:
    """The cost of a theft, not a rule: one who holds the token is the phone network."""
    answer = begin_call(db, tenant, new_call_sid())
    assert answer.keys() == {
        "conversation_id", "block_reason", "to_number", "from_number", "time_limit_seconds",
    }  # fmt: skip
    assert answer["from_number"] == tenant.caller_id


def test_who_knows_a_call_sid_can_fetch_that_calls_numbers_and_move_it_on(
    db: Connection, tenant: Tenant
) -> None:
    """The cost of a theft: a CallSid is 128 random bits, and no answer tells one."""
    sid = new_call_sid()
    first = begin_call(db, tenant, sid)
    other = add_tenant(db, 2)
    assert begin_call(db, other, sid) == first
    record_event(db, sid, new_call_sid(), "completed", 9, duration_seconds=9999)
    assert conversation(db, sid)["status"] == "completed"


def test_what_reps_wrote_about_a_call_is_out_of_its_reach(db: Connection, tenant: Tenant) -> None:
    sid = new_call_sid()
    begin_call(db, tenant, sid)
    db.execute("update public.conversations set notes = 'n', outcome = 'o'")
    kept = ("business_id", "user_id", "lead_id", "notes", "outcome", "to_number", "from_number")
    before = {name: conversation(db, sid)[name] for name in kept}
    begin_call(db, add_tenant(db, 2), sid, lead_id=uuid.uuid4())
    record_event(db, sid, sid, "failed", 3, payload={"From": "client:user_x", "To": "+1"})
    assert {name: conversation(db, sid)[name] for name in kept} == before


def test_an_event_cannot_name_anothers_leg_into_a_call(db: Connection, tenant: Tenant) -> None:
    other = add_tenant(db, 2)
    ours, theirs, leg = new_call_sid(), new_call_sid(), new_call_sid()
    begin_call(db, tenant, ours)
    begin_call(db, other, theirs)
    record_event(db, theirs, leg, "in-progress", 2)
    before = conversation(db, theirs)
    with pytest.raises(InsufficientPrivilege, match="row-level security"), db.transaction():
        record_event(db, ours, leg, "completed", 3)
    assert conversation(db, theirs) == before


def test_no_answer_of_an_event_tells_more_than_whether_it_was_new_and_its_calls_id(
    db: Connection, tenant: Tenant
) -> None:
    sid = new_call_sid()
    begin_call(db, tenant, sid)
    for agent in (sid, new_call_sid()):
        answer = record_event(db, agent, new_call_sid(), "ringing", 1)
        assert answer.keys() == {"new", "conversation_id"}
    assert fetch(db, "select 1 from public.conversations where call_sid <> %s", sid) == []
