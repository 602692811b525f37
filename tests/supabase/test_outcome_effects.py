"""What an outcome does to a person and their number, in the transaction that writes it."""

from __future__ import annotations

import uuid

import pytest

from tests.supabase.contacts import Desk
from tests.supabase.tenants import Connection, add_tenant, as_user, fetch

OTHER = "+14155550333"


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


def forbidden(desk: Desk) -> set[str]:
    rows = fetch(
        desk.db,
        "select phone_number from public.do_not_call where business_id = %s",
        desk.tenant.business_id,
    )
    return {row["phone_number"] for row in rows}


def is_wrong(desk: Desk) -> bool:
    (row,) = fetch(
        desk.db, "select wrong_number_at from public.leads where id = %s", desk.tenant.lead_id
    )
    return row["wrong_number_at"] is not None


@pytest.mark.parametrize("way", ["describe", "patch", "operator"])
def test_who_says_do_not_call_is_called_by_nobody_any_more(desk: Desk, way: str) -> None:
    entries = [desk.enqueue(), desk.enqueue(desk.add_campaign())]
    call = desk.call(to=OTHER)
    if way == "describe":
        desk.say(call, outcome="do_not_call")
    else:
        statement = "update public.conversations set outcome = 'do_not_call' where id = %s"
        if way == "patch":
            with as_user(desk.db, desk.tenant.user_id):
                desk.db.execute(statement, (call,))
        else:
            desk.db.execute(statement, (call,))
    # The person is meant, not the telephone: also their own number.
    assert forbidden(desk) == {OTHER, desk.tenant.lead_number}
    (row, *_) = fetch(desk.db, "select reason, created_by from public.do_not_call")
    assert call in row["reason"]
    for entry in map(desk.entry, entries):
        assert (entry["state"], entry["done_reason"]) == ("done", "do_not_call")


def test_taking_the_outcome_back_takes_nobody_off_the_list(desk: Desk) -> None:
    call = desk.call()
    desk.say(call, outcome="do_not_call")
    desk.say(call, outcome="interested")
    assert forbidden(desk) == {desk.tenant.lead_number}
    desk.say(call, outcome="do_not_call")
    assert forbidden(desk) == {desk.tenant.lead_number}


def test_a_person_without_a_lead_is_called_by_nobody_either(desk: Desk) -> None:
    call = desk.call(to=OTHER, lead_id=None)
    desk.say(call, outcome="do_not_call")
    assert forbidden(desk) == {OTHER}


def test_a_wrong_number_is_flagged_and_ends_every_campaign(desk: Desk) -> None:
    entries = [desk.enqueue(), desk.enqueue(desk.add_campaign())]
    desk.say(desk.call(), outcome="wrong_number")
    assert is_wrong(desk)
    for entry in map(desk.entry, entries):
        assert (entry["state"], entry["done_reason"]) == ("done", "wrong_number")


def test_only_the_leads_own_number_is_flagged(desk: Desk) -> None:
    desk.say(desk.call(to=OTHER), outcome="wrong_number")
    assert not is_wrong(desk)


def test_a_wrong_number_is_taken_back_unless_another_call_says_so(desk: Desk) -> None:
    first, second = desk.call(), desk.call()
    desk.say(first, outcome="wrong_number")
    desk.say(second, outcome="wrong_number")
    desk.say(first, outcome="interested")
    assert is_wrong(desk)
    desk.say(second, outcome=None)
    assert not is_wrong(desk)
    # Tied to another lead, the call says nothing of this one.
    desk.say(first, outcome="wrong_number")
    desk.say(first, lead_id=str(desk.add_lead("Somebody else", OTHER)))
    assert not is_wrong(desk)


@pytest.mark.parametrize(
    ("number", "wrong"), [(OTHER, False), ("+1 (415) 555-0101", True), (None, False)]
)
def test_another_number_may_be_right(desk: Desk, number: str | None, wrong: bool) -> None:
    entry_id = desk.enqueue()
    desk.say(desk.call(), outcome="wrong_number")
    desk.db.execute(
        "update public.leads set phone_number = %s where id = %s", (number, desk.tenant.lead_id)
    )
    assert is_wrong(desk) is wrong
    expected = {OTHER: None, None: "no_number"}.get(number, "wrong_number")
    assert desk.entry(entry_id)["done_reason"] == expected


def test_an_effect_is_that_of_ones_own_list(desk: Desk) -> None:
    other = Desk(desk.db, add_tenant(desk.db, 2))
    for tenant, effect in ((desk.tenant, "do_not_call"), (other.tenant, "done")):
        desk.db.execute(
            "insert into public.outcomes (business_id, key, label, effect)"
            " values (%s, 'x', 'X', %s)",
            (tenant.business_id, effect),
        )
    for one in (desk, other):
        one.say(one.call(), outcome="x")
    assert forbidden(desk) == {desk.tenant.lead_number}
    assert forbidden(other) == set()


def test_what_a_rep_knows_without_a_call_has_the_same_effect(desk: Desk) -> None:
    for effect, call in (("do_not_call", None), ("wrong_number", uuid.uuid4())):
        desk.db.execute(
            "select private.apply_effect(%s, %s, %s, null, %s)",
            (desk.tenant.business_id, desk.tenant.lead_id, effect, call),
        )
    assert forbidden(desk) == {desk.tenant.lead_number}
    assert is_wrong(desk)
