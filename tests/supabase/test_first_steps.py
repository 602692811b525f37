"""What a business is told that it still needs, and what stands in the way of its calls."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.supabase.people import add_person, ask
from tests.supabase.tenants import Connection, add_tenant, new_call_sid

STEPS = ["caller_id", "people", "contacts", "campaign", "call", "outcome"]


@pytest.fixture
def empty(db: Connection) -> tuple[uuid.UUID, uuid.UUID]:
    """A business with an owner and nothing else."""
    business_id, owner = uuid.uuid4(), uuid.uuid4()
    db.execute("insert into auth.users (id, email) values (%s, %s)", (owner, f"{owner}@henk.test"))
    db.execute("insert into public.businesses (id, name) values (%s, 'New')", (business_id,))
    db.execute("insert into public.business_members values (%s, %s, 'owner')", (business_id, owner))
    return business_id, owner


def call(db: Connection, business_id: uuid.UUID, **columns: Any) -> None:
    values = {
        "business_id": business_id, "call_sid": new_call_sid(), "status": "completed",
        "ended_at": "now", "dialed_at": "now",
    } | columns  # fmt: skip
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    db.execute(f"insert into public.conversations ({names}) values ({places})".encode(), values)


def test_each_step_is_done_when_its_thing_is_there(
    db: Connection, empty: tuple[uuid.UUID, uuid.UUID]
) -> None:
    business_id, owner = empty
    # Another business has everything.
    add_tenant(db, 1)

    def missing() -> list[str]:
        steps = ask(db, owner, "first_steps", business_id)["steps"]
        assert [step["step"] for step in steps] == STEPS
        return [step["step"] for step in steps if not step["is_done"]]

    assert missing() == STEPS
    lead, campaign = uuid.uuid4(), uuid.uuid4()
    for done, statement, values in (
        (1, "insert into public.phone_numbers (business_id, phone_number) values (%s, %s)",
         ("+14155550999",)),
        (2, "insert into public.invitations (business_id, email, role)"
            " values (%s, 'a@henk.test', %s)", ("agent",)),
        (3, "insert into public.leads (business_id, id, name) values (%s, %s, 'Ada')", (lead,)),
        (3, "insert into public.campaigns (business_id, id, name) values (%s, %s, 'Spring')",
         (campaign,)),
        (4, "insert into public.queue_entries (business_id, campaign_id, lead_id)"
            " values (%s, %s, %s)", (campaign, lead)),
    ):  # fmt: skip
        db.execute(statement.encode(), (business_id, *values))
        assert missing() == STEPS[done:]
    call(db, business_id, status="blocked", block_reason="no_caller_id", dialed_at=None)
    assert missing() == STEPS[4:]
    call(db, business_id)
    assert missing() == STEPS[5:]
    call(db, business_id, outcome="booked")
    assert missing() == []


def test_owners_and_managers_are_told_and_nobody_else(db: Connection) -> None:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    for role, error in (("owner", None), ("manager", None), ("agent", "not_allowed")):
        person = add_person(db, ours, role)
        assert ask(db, person, "first_steps", ours.business_id).get("error") == error
        assert ask(db, person, "first_steps", theirs.business_id) == {"error": "not_found"}


def test_findings_say_what_stands_in_the_way(db: Connection) -> None:
    ours = add_tenant(db, 1)
    owner = add_person(db, ours, "owner")
    business = ours.business_id

    def findings() -> set[tuple[str, str | None, int | None]]:
        found = ask(db, owner, "first_steps", business)["findings"]
        return {(one["finding"], one["about"], one["calls"]) for one in found}

    assert findings() == set()
    db.execute(
        "update public.phone_numbers set is_default = false where business_id = %s", (business,)
    )
    # Four are not yet a rule, and one that rang is none.
    for number, failed in (("+14155550301", 4), ("+14155550302", 5), ("+14155550303", 5)):
        for _ in range(failed):
            call(db, business, from_number=number, status="failed")
    call(db, business, from_number="+14155550303", status="no-answer")
    for reason, country in (
        ("country_not_allowed", "DE"),
        ("country_not_allowed", "DE"),
        ("too_many_calls_at_once", "US"),
        ("do_not_call", "US"),
    ):
        call(db, business, status="blocked", block_reason=reason, to_country=country)
    # Long ago.
    old = {"status": "blocked", "block_reason": "country_not_allowed", "created_at": "2020-01-01"}
    call(db, business, **old, to_country="FR")
    call(db, business, status="in-progress", ended_at=None, created_at="2020-01-01")
    db.execute(
        "insert into public.invitations (business_id, email, role, expires_at)"
        " values (%s, 'late@henk.test', 'agent', now() - interval '1 day')",
        (business,),
    )
    assert findings() == {
        ("no_default_caller_id", None, None),
        ("caller_id_fails", "+14155550302", 5),
        ("country_refused", "DE", 2),
        ("limit_reached", "too_many_calls_at_once", 1),
        ("invitation_expired", "late@henk.test", None),
        ("calls_stay_open", None, 1),
    }
