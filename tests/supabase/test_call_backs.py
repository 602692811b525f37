"""Call-backs: who owes whom a call, and when it is done."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.tenants import Connection, add_member, add_tenant, as_user, attempt, fetch


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


def in_(desk: Desk, **later: float) -> datetime:
    """So much later by the clock of the database."""
    (row,) = fetch(desk.db, "select now() as at")
    at: datetime = row["at"]
    return at + timedelta(**later)


def row_of(desk: Desk, conversation_id: str) -> dict[str, Any]:
    (row,) = fetch(
        desk.db,
        "select *, due_at - now() as due_in from public.call_backs where conversation_id = %s",
        conversation_id,
    )
    return row


def test_without_a_date_a_lead_is_called_back_in_24_hours_by_who_called(desk: Desk) -> None:
    call = desk.call()
    desk.say(call, outcome="callback", notes="Ask for Ada")
    (listed,) = desk.ask("list_call_backs", desk.tenant.business_id, "mine")
    assert listed["conversation_id"] == call
    assert listed["lead_name"] == "A lead"
    assert listed["notes"] == "Ask for Ada"
    assert listed["phone_number"] == desk.tenant.lead_number
    assert listed["user_id"] == listed["created_by"] == str(desk.tenant.user_id)
    assert row_of(desk, call)["due_in"] == timedelta(hours=24)


def test_a_date_and_a_person_are_kept_and_their_changes_are_on_record(desk: Desk) -> None:
    colleague, call = desk.colleague(), desk.call()
    due = in_(desk, days=3)
    desk.say(call, outcome="callback", call_back_at=due.isoformat(), call_back_for=str(colleague))
    assert (row_of(desk, call)["due_at"], row_of(desk, call)["user_id"]) == (due, colleague)
    assert desk.call_backs() == []
    assert desk.call_backs(by=colleague) == desk.call_backs("all") == [call]

    desk.say(call, call_back_for=None)
    assert desk.call_backs() == desk.call_backs(by=colleague) == [call]
    changes = fetch(
        desk.db,
        "select changed_by, before ->> 'call_back_for' as before,"
        " after ->> 'call_back_for' as after"
        " from public.conversation_changes where after ? 'call_back_for' order by id",
    )
    me = desk.tenant.user_id
    assert changes == [
        {"changed_by": me, "before": None, "after": str(colleague)},
        {"changed_by": me, "before": str(colleague), "after": None},
    ]


def test_a_date_that_somebody_else_has_changed_is_a_conflict(desk: Desk) -> None:
    manager, call = desk.colleague("manager"), desk.call()
    desk.say(call, outcome="callback")
    desk.say(call, call_back_at=in_(desk, days=9).isoformat(), by=manager)
    answer = desk.ask(
        "describe_conversation",
        call,
        Jsonb({"call_back_at": in_(desk, days=10).isoformat()}),
        Jsonb({"call_back_at": None}),
    )
    assert answer["conflicts"]["call_back_at"]["changed_by"] == str(manager)
    assert row_of(desk, call)["due_in"] == timedelta(days=9)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"call_back_at": "9999-01-01T00:00:00Z"}, "366 days ahead"),
        ({"call_back_at": "2025-01-01T00:00:00Z"}, "not in the past"),
        ({"call_back_for": str(uuid.uuid4())}, "a member of the business"),
    ],
    ids=["too late", "past", "nobody"],
)
def test_a_date_or_person_that_cannot_be_is_refused_and_nothing_is_written(
    desk: Desk, changes: dict[str, Any], sentence: str
) -> None:
    call = desk.call()
    with attempt(desk.db), pytest.raises(psycopg.errors.CheckViolation, match=sentence):
        desk.say(call, outcome="callback", **changes)
    assert fetch(desk.db, "select from public.call_backs") == []


def test_it_is_gone_with_its_outcome_and_there_again_with_it(desk: Desk) -> None:
    call = desk.call()
    desk.say(call, outcome="callback", call_back_at=in_(desk, days=9).isoformat())
    desk.say(call, outcome="interested")
    assert desk.call_backs() == []
    assert row_of(desk, call)["done_how"] == "changed"
    desk.say(call, outcome="callback")
    assert desk.call_backs() == [call]
    assert row_of(desk, call)["due_in"] == timedelta(hours=24)


@pytest.mark.parametrize(
    ("status", "outcome", "owed"),
    [
        ("completed", None, False),
        ("completed", "interested", False),
        ("completed", "voicemail", True),
        ("no-answer", None, True),
        ("ringing", None, True),
    ],
)
@pytest.mark.parametrize("same", ["lead", "number"])
def test_it_is_done_by_a_later_call_in_which_the_lead_was_talked_to(
    desk: Desk, same: str, status: str, outcome: str | None, owed: bool
) -> None:
    before, agreed = desk.call(), desk.call()
    desk.say(agreed, outcome="callback")
    # A call from before counts for nothing, whenever its outcome is written.
    desk.say(before, outcome="booked")
    assert desk.call_backs() == [agreed]
    lead_id = desk.add_lead("The same phone") if same == "number" else desk.tenant.lead_id
    later = desk.call(status, by=desk.colleague(), lead_id=lead_id)
    if outcome:
        desk.say(later, outcome=outcome, by=desk.colleague("manager"))
    assert (desk.call_backs() == [agreed]) is owed


def test_a_call_whose_outcome_is_taken_back_has_not_kept_it(desk: Desk) -> None:
    agreed = desk.call()
    desk.say(agreed, outcome="callback")
    later = desk.call()
    desk.say(later, outcome="booked")
    row = row_of(desk, agreed)
    assert (row["done_how"], str(row["done_conversation_id"])) == ("called", later)
    desk.say(later, outcome="voicemail")
    assert desk.call_backs() == [agreed]
    desk.say(later, outcome="callback")
    assert desk.call_backs() == [later]


def test_nobody_owes_a_call_to_who_must_not_be_called_or_is_not_there(desk: Desk) -> None:
    call = desk.call()
    desk.say(call, outcome="callback")
    for statement in (
        "insert into public.do_not_call (business_id, phone_number)"
        " select business_id, phone_number from public.leads where id = %s",
        "update public.leads set wrong_number_at = now() where id = %s",
    ):
        with attempt(desk.db):
            desk.db.execute(statement.encode(), (desk.tenant.lead_id,))
            assert desk.call_backs() == []
    assert desk.call_backs() == [call]


def test_a_lead_whose_transfer_nobody_answered_is_promised_a_call(desk: Desk) -> None:
    call = desk.call()
    desk.db.execute("update public.conversations set call_back_at = now() where id = %s", (call,))
    (listed,) = desk.ask("list_call_backs", desk.tenant.business_id, "mine")
    assert (listed["conversation_id"], listed["created_by"]) == (call, None)
    # To try again keeps no promise; anything else that is said settles it.
    desk.say(call, outcome="voicemail")
    assert desk.call_backs() == [call]
    desk.say(call, outcome="interested")
    assert desk.call_backs() == []


def test_whoever_leaves_leaves_their_call_backs_to_anybody(desk: Desk) -> None:
    colleague, call = desk.colleague(), desk.call()
    desk.say(call, outcome="callback")
    assert desk.call_backs(by=colleague) == []
    desk.db.execute(
        "delete from public.business_members where user_id = %s", (desk.tenant.user_id,)
    )
    assert desk.call_backs(by=colleague) == [call]


@pytest.mark.parametrize("who", ["for whom", "colleague", "manager", "former member", "stranger"])
def test_who_may_dismiss_it(desk: Desk, who: str) -> None:
    call = desk.call()
    desk.say(call, outcome="callback")
    user_id = desk.colleague("manager" if who == "manager" else "agent")
    if who == "for whom":
        user_id = desk.tenant.user_id
    if who == "stranger":
        user_id = add_tenant(desk.db, 2).user_id
    if who == "former member":
        desk.db.execute("delete from public.business_members where user_id = %s", (user_id,))
    answer = desk.ask("dismiss_call_back", call, by=user_id)
    errors = {"colleague": "not_allowed", "former member": "not_found", "stranger": "not_found"}
    assert answer.get("error") == errors.get(who)
    assert (desk.call_backs() == []) is (who not in errors)
    row = row_of(desk, call)
    assert row["done_by"] == (None if who in errors else user_id)
    if who not in errors:
        again = desk.ask("dismiss_call_back", call, by=user_id)
        assert again == answer


def test_one_for_anybody_is_dismissed_by_anybody(desk: Desk) -> None:
    call = desk.call()
    desk.say(call, outcome="callback", call_back_for=None)
    assert desk.ask("dismiss_call_back", call, by=desk.colleague())["done_how"] == "dismissed"


def test_an_entry_of_a_queue_waits_for_it(desk: Desk) -> None:
    entry_id = desk.enqueue()
    call = desk.call(campaign_id=desk.tenant.campaign_id)
    due = in_(desk, hours=3)
    desk.say(call, outcome="callback", call_back_at=due.isoformat())
    entry = desk.entry(entry_id)
    assert (entry["wait_reason"], entry["next_at"]) == ("call_back", due)
    assert entry["call_back_for"] == desk.tenant.user_id
    desk.ask("dismiss_call_back", call)
    assert desk.entry(entry_id)["wait_reason"] != "call_back"


def test_one_that_was_agreed_in_a_queue_without_a_call_is_listed(desk: Desk) -> None:
    entry_id, colleague = desk.enqueue(), desk.colleague()
    desk.db.execute(
        "update public.queue_entries set said_outcome = 'callback', said_at = now(),"
        " said_call_back_at = now() + interval '1 hour', said_call_back_for = %s where id = %s",
        (colleague, entry_id),
    )
    desk.db.execute("select private.settle_entry(%s)", (entry_id,))
    (listed,) = desk.ask("list_call_backs", desk.tenant.business_id, "mine", by=colleague)
    assert (listed["conversation_id"], listed["user_id"]) == (None, str(colleague))
    assert (listed["lead_id"], listed["phone_number"]) == (
        str(desk.tenant.lead_id),
        desk.tenant.lead_number,
    )
    assert desk.call_backs() == []


def test_the_list_is_by_time_and_of_ones_own_business_alone(desk: Desk) -> None:
    other = Desk(desk.db, add_tenant(desk.db, 2))
    late, early = (
        desk.call(),
        desk.call(lead_id=desk.add_lead("B", "+14155550777"), to="+14155550777"),
    )
    desk.say(late, outcome="callback", call_back_at=in_(desk, days=9).isoformat())
    desk.say(early, outcome="callback")
    other.say(other.call(), outcome="callback")
    assert desk.call_backs() == desk.call_backs("all") == [early, late]
    assert desk.call_backs("all", by=other.tenant.user_id) == []
    add_member(desk.db, desk.tenant.business_id, other.tenant.user_id)
    assert desk.call_backs("all", by=other.tenant.user_id) == [early, late]
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        desk.call_backs("everybody's")


def test_nobody_writes_the_table(desk: Desk) -> None:
    call = desk.call()
    desk.say(call, outcome="callback")
    for statement in (
        "update public.call_backs set due_at = now()",
        "delete from public.call_backs",
        "insert into public.call_backs (conversation_id, business_id, due_at)"
        f" values ('{call}', '{desk.tenant.business_id}', now())",
    ):
        with (
            attempt(desk.db),
            as_user(desk.db, desk.tenant.user_id),
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            desk.db.execute(statement.encode())


def test_a_person_who_is_forgotten_is_owed_nothing(desk: Desk) -> None:
    call = desk.call()
    desk.say(call, outcome="callback", notes="x")
    desk.db.execute("update public.conversations set call_back_at = now() where id = %s", (call,))
    owner = desk.colleague("owner")
    answer = desk.ask("forget_person", desk.tenant.business_id, None, desk.tenant.lead_id, by=owner)
    assert answer["conversations"] == 1
    assert fetch(desk.db, "select from public.call_backs") == []
