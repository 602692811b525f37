"""The numbers to which calls are transferred by name: who writes them, and what they can be."""

from __future__ import annotations

import uuid

import pytest

from tests.supabase.people import Answer, add_person, ask
from tests.supabase.tenants import Connection, Tenant, add_tenant, as_user, fetch

SUPPORT = "+14155550199"


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def save(
    db: Connection,
    person: uuid.UUID,
    tenant: Tenant,
    name: str | None,
    number: str | None = SUPPORT,
    target: object = None,
) -> Answer:
    return ask(db, person, "save_transfer_target", tenant.business_id, target, name, number)


def targets(db: Connection, person: uuid.UUID) -> list[tuple[str, str]]:
    """What this person sees."""
    with as_user(db, person):
        rows = fetch(db, "select name, phone_number from public.transfer_targets order by name")
    return [(row["name"], row["phone_number"]) for row in rows]


def test_managers_write_transfer_targets_and_all_members_read_them(
    db: Connection, ours: Tenant
) -> None:
    theirs = add_tenant(db, 2)
    add_person(db, ours, "owner")
    manager, agent = add_person(db, ours, "manager"), add_person(db, ours, "agent")
    stranger = add_person(db, theirs, "owner")
    target = save(db, manager, ours, " Support\u200b ", "+1 (415) 555-0199")["id"]
    assert targets(db, agent) == [("Support", SUPPORT)]
    assert targets(db, stranger) == []

    for person, error in ((agent, "not_allowed"), (stranger, "not_found")):
        assert save(db, person, ours, "Mine") == {"error": error}
        assert save(db, person, ours, "Mine", SUPPORT, target) == {"error": error}
        removed = ask(db, person, "remove_transfer_target", ours.business_id, target)
        assert removed == {"error": error}
    # Their business does not reach ours.
    assert save(db, stranger, theirs, "Mine", SUPPORT, target) == {"error": "not_found"}
    ask(db, stranger, "remove_transfer_target", theirs.business_id, target)
    assert targets(db, agent) == [("Support", SUPPORT)]

    assert save(db, manager, ours, "Service", "+442079460018", target) == {"id": target}
    assert targets(db, agent) == [("Service", "+442079460018")]
    for _ in range(2):
        removed = ask(db, manager, "remove_transfer_target", ours.business_id, target)
        assert removed == {"removed": True}
    assert targets(db, agent) == []


def test_names_and_numbers_that_cannot_be_are_said_with_their_field(
    db: Connection, ours: Tenant
) -> None:
    owner = add_person(db, ours, "owner")
    save(db, owner, ours, "Support")
    for name, number, error, field in (
        (None, SUPPORT, "invalid_name", "name"),
        ("\u200b \u2060", SUPPORT, "invalid_name", "name"),
        ("x" * 61, SUPPORT, "invalid_name", "name"),
        ("Other", None, "invalid_number", "phone_number"),
        ("Other", "555 0199", "invalid_number", "phone_number"),
        ("Other", "+0", "invalid_number", "phone_number"),
        ("SUPPORT", "+442079460018", "name_taken", "name"),
        ("Other", SUPPORT, "number_taken", "phone_number"),
    ):
        assert save(db, owner, ours, name, number) == {"error": error, "field": field}, name
    # Other businesses may have the same.
    theirs = add_tenant(db, 2)
    assert "id" in save(db, add_person(db, theirs, "owner"), theirs, "Support")


def test_a_business_has_at_most_200_transfer_targets(db: Connection, ours: Tenant) -> None:
    owner = add_person(db, ours, "owner")
    db.execute(
        "insert into public.transfer_targets (business_id, name, phone_number)"
        " select %s, 'Target ' || n, '+1415555' || n from generate_series(1000, 1198) as n",
        (ours.business_id,),
    )
    target = save(db, owner, ours, "The last")["id"]
    assert save(db, owner, ours, "One more", "+442079460018") == {"error": "too_many"}
    assert save(db, owner, ours, "Last", SUPPORT, target) == {"id": target}
