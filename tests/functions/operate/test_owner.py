"""`make owner`: everything is checked before anything is written, and twice is once."""

from __future__ import annotations

import uuid

import pytest

from functions.operate.command import Refused
from functions.operate.owner import make_owner
from tests.supabase.people import add_verified
from tests.supabase.tenants import Connection, add_user, fetch

EMAIL = "first@henk.test"


def make(
    db: Connection,
    email: str = EMAIL,
    business: str = "Solar One",
    country: str = "NL",
    time_zone: str = "Europe/Amsterdam",
) -> str:
    return make_owner(db, email, business, country, time_zone)


def people(db: Connection, name: str = "Solar One") -> set[tuple[uuid.UUID, str]]:
    rows = fetch(
        db,
        "select user_id, role from public.business_members"
        " join public.businesses on businesses.id = business_id where name = %s",
        name,
    )
    return {(row["user_id"], row["role"]) for row in rows}


def test_a_new_business_has_its_owner(db: Connection) -> None:
    person = add_verified(db, EMAIL)
    assert "Made the business Solar One" in make(db, email=" First@HENK.test ")
    assert people(db) == {(person, "owner")}
    [row] = fetch(db, "select country, time_zone from public.businesses where name = 'Solar One'")
    assert row == {"country": "NL", "time_zone": "Europe/Amsterdam"}


def test_twice_is_once(db: Connection) -> None:
    add_verified(db, EMAIL)
    make(db)
    assert "already. Nothing was changed" in make(
        db, business="solar one", country="", time_zone=""
    )
    assert len(fetch(db, "select from public.businesses where name = 'Solar One'")) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"email": "nobody@henk.test"}, "Nobody has signed up as nobody@henk.test"),
        ({"email": "new@henk.test"}, "new@henk.test is not confirmed yet"),
        ({"email": "first"}, "not an e-mail address"),
        ({"business": " \u200b "}, "BUSINESS must be a name"),
        ({"business": "x" * 201}, "BUSINESS must be a name"),
        ({"business": str(uuid.UUID(int=5))}, "no business with the id"),
        ({"country": "UK"}, "such as GB"),
        ({"country": "nl"}, "such as NL"),
        ({"country": ""}, "COUNTRY must be"),
        ({"time_zone": "CET"}, "TIME_ZONE must be"),
        ({"time_zone": ""}, "TIME_ZONE must be"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    db: Connection, changes: dict[str, str], why: str
) -> None:
    add_verified(db, EMAIL)
    unverified = add_user(db)
    db.execute("update auth.users set email = 'new@henk.test' where id = %s", (unverified,))
    before = fetch(db, "select count(*) from public.businesses")
    with pytest.raises(Refused, match=why):
        make(db, **changes)
    assert fetch(db, "select count(*) from public.businesses") == before


def test_nobody_becomes_owner_of_anothers_business_by_its_name(db: Connection) -> None:
    first, second = add_verified(db, EMAIL), add_verified(db, "second@henk.test")
    make(db)
    with pytest.raises(Refused, match=f"which {EMAIL} owns.*BUSINESS="):
        make(db, email="second@henk.test")
    assert people(db) == {(first, "owner")}
    [row] = fetch(db, "select id from public.businesses where name = 'Solar One'")
    make(db, email="second@henk.test", business=str(row["id"]))
    assert people(db) == {(first, "owner"), (second, "owner")}


def test_a_business_without_an_owner_gets_one_and_a_member_becomes_it(db: Connection) -> None:
    person = add_verified(db, EMAIL)
    db.execute("insert into public.businesses (name) values ('Solar One')")
    db.execute(
        "insert into public.business_members (business_id, user_id, role)"
        " select id, %s, 'agent' from public.businesses where name = 'Solar One'",
        (person,),
    )
    assert "was agent there before" in make(db)
    assert people(db) == {(person, "owner")}


def test_of_two_businesses_of_a_name_the_id_says_which(db: Connection) -> None:
    add_verified(db, EMAIL)
    db.execute("insert into public.businesses (name) values ('Solar One'), ('SOLAR ONE')")
    with pytest.raises(Refused, match="2 businesses have the name"):
        make(db)
