"""Which number calls show, and how managers name them."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from stack.postgres import Postgres
from tests.supabase.decisions import add_caller_id
from tests.supabase.people import add_person, ask
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    begin_call,
    committed_tenant,
    fetch,
    new_call_sid,
)

WEST = "+14155550987"


@pytest.fixture
def ours(db: Connection) -> Tenant:
    tenant = add_tenant(db, 1)
    add_caller_id(db, tenant, WEST)
    return tenant


def shown(db: Connection, tenant: Tenant) -> str:
    """The number that a call shows which names none."""
    number: str = begin_call(db, tenant, new_call_sid())["from_number"]
    return number


def defaults(db: Connection, business_id: uuid.UUID) -> list[str]:
    rows = fetch(
        db,
        "select phone_number from public.phone_numbers where business_id = %s and is_default",
        business_id,
    )
    return [row["phone_number"] for row in rows]


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_the_next_call_shows_the_number_that_a_manager_has_chosen(
    db: Connection, ours: Tenant, role: str
) -> None:
    add_person(db, ours, "owner")
    manager = add_person(db, ours, role)
    assert shown(db, ours) == ours.caller_id
    answer = ask(db, manager, "choose_caller_id", ours.business_id, WEST)
    assert answer == {"default": WEST}
    assert shown(db, ours) == WEST
    # What is so already changes nothing.
    before = fetch(db, "select count(*) from public.changes")
    assert ask(db, manager, "choose_caller_id", ours.business_id, WEST) == {"default": WEST}
    assert fetch(db, "select count(*) from public.changes") == before


def test_only_managers_change_caller_ids_and_only_those_of_their_business(
    db: Connection, ours: Tenant
) -> None:
    theirs = add_tenant(db, 2)
    owner, agent = add_person(db, ours, "owner"), add_person(db, ours, "agent")
    for function, number, values in (
        ("choose_caller_id", WEST, ()),
        ("label_caller_id", WEST, ("Mine",)),
    ):
        refused = ask(db, agent, function, ours.business_id, number, *values)
        assert refused == {"error": "not_allowed"}
        for business_id, other in (
            (theirs.business_id, theirs.caller_id),
            (ours.business_id, theirs.caller_id),
            (uuid.uuid4(), WEST),
        ):
            answer = ask(db, owner, function, business_id, other, *values)
            assert answer == {"error": "not_found"}
    assert defaults(db, ours.business_id) == [ours.caller_id]
    assert defaults(db, theirs.business_id) == [theirs.caller_id]


def test_a_label_is_what_can_be_read_of_it(db: Connection, ours: Tenant) -> None:
    owner = add_person(db, ours, "owner")
    for text, label in (
        ("  West\u200b coast\n", "West coast"),
        ("\u202e \u2060", None),
        ("x" * 100, "x" * 100),
        (None, None),
    ):
        answer = ask(db, owner, "label_caller_id", ours.business_id, WEST, text)
        assert answer == {"label": label}
    answer = ask(db, owner, "label_caller_id", ours.business_id, WEST, "x" * 101)
    assert answer == {"error": "invalid_label", "field": "label"}


def test_of_two_who_choose_at_once_one_number_stays_the_default(postgres: Postgres) -> None:
    with committed_tenant(postgres, 77) as ours:
        numbers = [f"+1415555{number:04}" for number in range(8)]
        with psycopg.connect(postgres.url()) as db:
            owner = add_person(db, ours, "owner")
            for number in numbers:
                add_caller_id(db, ours, number)

        def choose(number: str) -> object:
            with psycopg.connect(postgres.url()) as db:
                return ask(db, owner, "choose_caller_id", ours.business_id, number)

        with ThreadPoolExecutor(len(numbers)) as pool:
            answers = list(pool.map(choose, numbers))
        assert answers == [{"default": number} for number in numbers]
        with psycopg.connect(postgres.url()) as db:
            assert len(defaults(db, ours.business_id)) == 1
