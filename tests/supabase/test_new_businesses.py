"""Who may make a business, and what it has from the beginning."""

from __future__ import annotations

import uuid

import pytest

from tests.supabase.people import Answer, add_verified, ask
from tests.supabase.tenants import Connection, add_user, fetch


def create(
    db: Connection,
    who: uuid.UUID,
    name: str | None = "Solar",
    country: str | None = "DE",
    time_zone: str | None = "Europe/Berlin",
) -> Answer:
    return ask(db, who, "create_business", name, country, time_zone)


@pytest.fixture
def founder(db: Connection) -> uuid.UUID:
    """Somebody whom the operator has asked to make a business."""
    let(db, "invited")
    db.execute("insert into private.founders (email) values ('founder@henk.test')")
    return add_verified(db, "founder@henk.test")


def let(db: Connection, who: str) -> None:
    db.execute("update private.business_creation set who = %s", (who,))


def test_at_first_nobody_may(db: Connection) -> None:
    assert create(db, add_verified(db, "a@henk.test")) == {"error": "not_allowed"}


def test_the_operator_says_who_may(db: Connection, founder: uuid.UUID) -> None:
    somebody, unverified = add_verified(db, "somebody@henk.test"), add_user(db)
    may = {"may": True}
    for who, expected in (
        ("nobody", ({"error": "not_allowed"}, {"error": "not_allowed"})),
        ("invited", (may, {"error": "not_allowed"})),
        ("anybody", (may, may)),
    ):
        let(db, who)
        assert ask(db, founder, "may_create_business") == expected[0]
        assert ask(db, somebody, "may_create_business") == expected[1]
        assert create(db, unverified) == {"error": "email_not_verified"}
        assert ("business_id" in create(db, somebody)) == (expected[1] == may)


def test_who_makes_a_business_owns_it(db: Connection, founder: uuid.UUID) -> None:
    made = create(db, founder, "  Solar\u200b  Süd ")
    [row] = fetch(
        db,
        "select businesses.name, country, time_zone, user_id, role from public.businesses"
        " join public.business_members on business_id = businesses.id where businesses.id = %s",
        made["business_id"],
    )
    assert row == {
        "name": "Solar Süd", "country": "DE", "time_zone": "Europe/Berlin", "user_id": founder,
        "role": "owner",
    }  # fmt: skip
    [outcomes] = fetch(
        db,
        "select count(*) from public.outcomes where business_id = %s",
        made["business_id"],
    )
    assert outcomes["count"] == 8


@pytest.mark.parametrize(
    ("name", "country", "time_zone", "error"),
    [
        (" \u200b", "DE", "Europe/Berlin", "invalid_name"),
        (None, "DE", "Europe/Berlin", "invalid_name"),
        ("x" * 201, "DE", "Europe/Berlin", "invalid_name"),
        ("Solar", "de", "Europe/Berlin", "invalid_country"),
        ("Solar", None, "Europe/Berlin", "invalid_country"),
        ("Solar", "DE", "Berlin", "invalid_time_zone"),
        ("Solar", "DE", "+02:00", "invalid_time_zone"),
        ("Solar", "DE", None, "invalid_time_zone"),
    ],
)
def test_what_makes_no_sense_is_named(
    db: Connection,
    founder: uuid.UUID,
    name: str | None,
    country: str | None,
    time_zone: str | None,
    error: str,
) -> None:
    assert create(db, founder, name, country, time_zone) == {"error": error}


def test_a_person_owns_ten_businesses(db: Connection, founder: uuid.UUID) -> None:
    for _ in range(10):
        assert "business_id" in create(db, founder)
    assert create(db, founder) == {"error": "too_many"}
