"""The list of calls is complete, whatever is searched for and however many there are."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from psycopg.errors import InvalidParameterValue

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_user,
    fetch,
)

Call = dict[str, Any]


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def add_lead(db: Connection, tenant: Tenant, name: str, number: str | None) -> uuid.UUID:
    (row,) = fetch(
        db,
        "insert into public.leads (business_id, name, phone_number) values (%s, %s, %s)"
        " returning id",
        tenant.business_id,
        name,
        number,
    )
    lead_id: uuid.UUID = row["id"]
    return lead_id


def add_call(db: Connection, tenant: Tenant, **columns: object) -> str:
    """A call that is over. ``minutes``: how long ago it began."""
    minutes = columns.pop("minutes", 0)
    row = {
        "business_id": tenant.business_id,
        "user_id": tenant.user_id,
        "status": "completed",
        "to_number": tenant.lead_number,
        "call_sid": f"CA{uuid.uuid4().hex}",
        "duration_seconds": 12,
    } | columns
    names = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    (call,) = fetch(
        db,
        f"insert into public.conversations ({names}, ended_at, created_at)"
        f" values ({places}, now(), now() - %s * interval '1 minute') returning id",
        *row.values(),
        minutes,
    )
    return str(call["id"])


def listed(
    db: Connection,
    tenant: Tenant,
    search: str | None = None,
    *,
    reader: uuid.UUID | None = None,
    limit: int | None = 100,
    **filters: Any,
) -> list[Call]:
    wishes = {
        "p_business_id": tenant.business_id,
        "p_search": search,
        "p_numbers": None,
        "p_statuses": None,
        "p_campaign_id": None,
        "p_user_id": None,
        "p_needs_outcome": None,
        "p_before_at": None,
        "p_before_id": None,
        "p_limit": limit,
    } | {f"p_{name}": value for name, value in filters.items()}
    named = ", ".join(f"{name} => %s" for name in wishes)
    with as_user(db, reader or tenant.user_id):
        rows = db.execute(
            f"select public.list_conversations({named})".encode(), list(wishes.values())
        ).fetchall()
    return [call for (call,) in rows]


def ids(calls: Sequence[Call]) -> list[str]:
    return [call["id"] for call in calls]


def test_calls_are_listed_newest_first_with_lead_and_campaign(db: Connection, ours: Tenant) -> None:
    old = add_call(db, ours, lead_id=ours.lead_id, campaign_id=ours.campaign_id, minutes=5)
    new = add_call(db, ours)
    calls = listed(db, ours)
    assert ids(calls) == [new, old]
    assert (calls[0]["lead"], calls[0]["campaign"]) == (None, None)
    assert calls[1]["lead"]["phone_number"] == ours.lead_number
    assert calls[1]["campaign"] == {"id": str(ours.campaign_id), "name": "A campaign"}


def test_a_search_looks_at_all_calls_of_all_leads(db: Connection, ours: Tenant) -> None:
    leads = [add_lead(db, ours, f"Smith {n:04}", None) for n in range(1, 151)]
    call = add_call(db, ours, lead_id=leads[-1], to_number="+14155550150")
    add_call(db, ours, minutes=1)
    assert ids(listed(db, ours, "smith")) == [call]
    assert ids(listed(db, ours, "0150 smith")) == [call]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("garcia", ["José"]),
        ("García jose", ["José"]),
        ("020 7946 0018", ["José"]),
        ("7946", ["José"]),
        ("garcia 7946", ["José"]),
        # The number that was dialled is another one than the lead's.
        ("212 555", ["José"]),
        ("garcia 212 555", ["José"]),
        ("garcia 0144", []),
        ("0144", ["nobody"]),
        ("8 916", ["refused"]),
        ("tell me", ["typed"]),
        ("%", []),
        ("acme", ["acme"]),
    ],
)
def test_words_are_compared_with_the_lead_and_numbers_also_with_what_was_dialled(
    db: Connection, ours: Tenant, typed: str, found: list[str]
) -> None:
    jose = add_lead(db, ours, "José García", "+442079460018")
    acme = add_lead(db, ours, "Acme", None)
    calls = {
        "José": add_call(db, ours, lead_id=jose, to_number="+12125550143"),
        "nobody": add_call(db, ours, to_number="+12125560144", minutes=1),
        "refused": add_call(
            db, ours, to_number="+79161234567", status="blocked", block_reason="x", minutes=2
        ),
        "typed": add_call(
            db, ours, to_number="tell me", status="blocked", block_reason="x", minutes=3
        ),
        "acme": add_call(db, ours, lead_id=acme, to_number="+33123456789", minutes=4),
    }
    assert ids(listed(db, ours, typed)) == [calls[name] for name in found]


def test_a_number_that_was_read_finds_the_calls_to_it_and_those_of_its_lead(
    db: Connection, ours: Tenant
) -> None:
    lead = add_lead(db, ours, "Zoe", "+442079460018")
    called = add_call(db, ours, to_number="+442079460018")
    of_lead = add_call(db, ours, lead_id=lead, to_number="+33123456789", minutes=1)
    add_call(db, ours, minutes=2)
    found = listed(db, ours, "o2o seven", numbers=["+442079460018"])
    assert ids(found) == [called, of_lead]


def test_pages_follow_one_another_without_a_gap(db: Connection, ours: Tenant) -> None:
    # Several at the same moment.
    calls = [add_call(db, ours, minutes=n // 3) for n in range(20)]
    seen: list[str] = []
    before: dict[str, Any] = {}
    while page := listed(db, ours, limit=3, **before):
        seen += ids(page)
        before = {"before_at": page[-1]["created_at"], "before_id": page[-1]["id"]}
        # A call that comes meanwhile moves nothing.
        add_call(db, ours, minutes=-1)
    assert sorted(seen) == sorted(calls)
    assert len(seen) == 20


FILTERS: dict[str, Callable[[Tenant, uuid.UUID], dict[str, Any]]] = {
    "statuses": lambda ours, rep: {"statuses": ["busy", "no-answer"]},
    "campaign": lambda ours, rep: {"campaign_id": ours.campaign_id},
    "rep": lambda ours, rep: {"user_id": rep},
    "needs an outcome": lambda ours, rep: {"needs_outcome": True},
    "rep and status": lambda ours, rep: {"user_id": rep, "statuses": ["blocked"]},
    "nothing": lambda ours, rep: {"statuses": [], "needs_outcome": False},
    "what is not a status": lambda ours, rep: {"statuses": ["%s", "'"]},
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("search", [None, "lead"])
def test_filters_hold_together(db: Connection, ours: Tenant, name: str, search: str | None) -> None:
    rep = add_user(db)
    add_member(db, ours.business_id, rep)
    lead = {"lead_id": ours.lead_id}
    calls = {
        "busy": add_call(db, ours, **lead, status="busy", duration_seconds=0),
        "campaign": add_call(db, ours, **lead, campaign_id=ours.campaign_id, minutes=1),
        "with outcome": add_call(db, ours, **lead, outcome="interested", minutes=2),
        "of the rep": add_call(db, ours, **lead, user_id=rep, minutes=3),
        "refused": add_call(
            db, ours, **lead, user_id=rep, status="blocked", block_reason="do_not_call", minutes=4,
            duration_seconds=0,
        ),
    }  # fmt: skip
    expected = {
        "statuses": ["busy"],
        "campaign": ["campaign"],
        "rep": ["of the rep", "refused"],
        "needs an outcome": ["campaign"],
        "rep and status": ["refused"],
        "nothing": list(calls),
        "what is not a status": [],
    }[name]
    wishes = FILTERS[name](ours, rep)
    assert ids(listed(db, ours, search, **wishes)) == [calls[call] for call in expected]


def test_only_members_see_calls(db: Connection, ours: Tenant) -> None:
    theirs = add_tenant(db, 2)
    call = add_call(db, ours, lead_id=ours.lead_id)
    for search in (None, "lead", ours.lead_number):
        assert ids(listed(db, ours, search, numbers=[ours.lead_number])) == [call]
        assert listed(db, ours, search, numbers=[ours.lead_number], reader=theirs.user_id) == []
        assert listed(db, theirs, search, numbers=[ours.lead_number]) == []


@pytest.mark.parametrize("limit", [0, -1, 1001, None])
def test_a_limit_that_would_cut_unnoticed_is_refused(
    db: Connection, ours: Tenant, limit: int | None
) -> None:
    with pytest.raises(InvalidParameterValue, match="p_limit is 1 to 1000"):
        listed(db, ours, limit=limit)
