"""Filling a queue with leads that the business has."""

from __future__ import annotations

import uuid

import pytest

from tests.supabase.filling import (
    NONE_ADDED,
    add_campaign,
    add_lead,
    ask,
    entries,
)
from tests.supabase.tenants import Connection, Tenant, add_tenant, add_user


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def theirs(db: Connection) -> Tenant:
    return add_tenant(db, 2)


def test_each_lead_that_was_chosen_is_added_or_counted_with_the_reason(
    db: Connection, ours: Tenant, theirs: Tenant
) -> None:
    fit, mute = add_lead(db, ours, "+14155550130"), add_lead(db, ours, None)
    # The same subscriber in another spelling.
    forbidden = add_lead(db, ours, "+5491112345678")
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, '+541112345678')",
        (ours.business_id,),
    )
    # Whom another business must not call, and whom a business has without a number, are no matter.
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, '+14155550130')",
        (theirs.business_id,),
    )
    wrong = add_lead(db, ours, "+14155550131")
    db.execute("update public.leads set wrong_number_at = now() where id = %s", (wrong,))
    chosen = [fit, fit, mute, forbidden, wrong, theirs.lead_id, uuid.uuid4(), ours.lead_id]
    answer = ask(
        db, ours.user_id, "enqueue_leads", campaign_id=ours.campaign_id, lead_ids=chosen, priority=7
    )
    assert answer == {
        "added": 2,
        "already": 0,
        "without_number": 1,
        "do_not_call": 1,
        "wrong_number": 1,
        "not_found": 2,
        "after": None,
    }
    found = entries(db, ours.campaign_id)
    assert found.keys() == {fit, ours.lead_id}
    assert {(e["state"], e["is_due"], e["priority"], e["attempts"]) for e in found.values()} == {
        ("ready", True, 7, 0)
    }
    assert {entry["enqueued_by"] for entry in found.values()} == {ours.user_id}
    again = ask(
        db,
        ours.user_id,
        "enqueue_leads",
        campaign_id=ours.campaign_id,
        lead_ids=[fit, ours.lead_id],
    )
    assert again == NONE_ADDED | {"already": 2, "after": None}
    assert entries(db, ours.campaign_id) == found


def test_a_search_adds_whom_it_finds_and_an_empty_one_everybody(
    db: Connection, ours: Tenant, theirs: Tenant
) -> None:
    add_lead(db, ours, "+14155550130", "Zoë Müller")
    add_lead(db, theirs, "+14155550131", "Zoë Müller")
    for search, added in (("mueller", 1), ("0130", 0), ("nobody", 0), ("  ", 1)):
        answer = ask(db, ours.user_id, "enqueue_leads", campaign_id=ours.campaign_id, search=search)
        assert (search, answer["added"]) == (search, added)
    assert len(entries(db, ours.campaign_id)) == 2


def test_the_rest_of_another_campaign_is_what_is_not_done_there(
    db: Connection, ours: Tenant
) -> None:
    other = add_campaign(db, ours)
    done, waiting = (add_lead(db, ours, f"+1415555013{n}") for n in range(2))
    ask(db, ours.user_id, "enqueue_leads", campaign_id=ours.campaign_id, search="")
    db.execute(
        "update public.queue_entries set state = 'done', is_due = false, done_reason = 'outcome'"
        " where lead_id = %s",
        (done,),
    )
    answer = ask(
        db, ours.user_id, "enqueue_leads", campaign_id=other, from_campaign_id=ours.campaign_id
    )
    assert answer == NONE_ADDED | {"added": 2, "after": None}
    assert entries(db, other).keys() == {waiting, ours.lead_id}
    assert len(entries(db, ours.campaign_id)) == 3


def test_a_lead_that_is_done_is_called_again_only_if_that_was_asked_for(
    db: Connection, ours: Tenant
) -> None:
    def enqueue(again: bool) -> int:
        answer = ask(
            db, ours.user_id, "enqueue_leads", campaign_id=ours.campaign_id,
            lead_ids=[ours.lead_id], again=again,
        )  # fmt: skip
        return int(answer["added"])

    assert enqueue(again=True) == 1
    (before,) = entries(db, ours.campaign_id).values()
    assert enqueue(again=True) == 0
    db.execute(
        "update public.queue_entries set state = 'done', is_due = false, done_reason = 'removed',"
        " removed_at = now(), attempts = 3, counted_from = now() - interval '1 day'"
    )
    assert enqueue(again=False) == 0
    assert enqueue(again=True) == 1
    (after,) = entries(db, ours.campaign_id).values()
    # The clock of a transaction stands still.
    assert after | {"updated_at": None} == before | {"updated_at": None}
    db.execute("select private.settle_entry(%s)", (after["id"],))
    (settled,) = entries(db, ours.campaign_id).values()
    assert settled["state"] == "ready"


def test_what_is_too_much_for_one_statement_goes_on_where_it_stopped(
    db: Connection, ours: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.execute(
        "insert into public.leads (business_id, name, phone_number)"
        " select %s, 'Ada', '+1415' || (5560000 + n) from generate_series(1, 9) as n",
        (ours.business_id,),
    )
    # No time, except for one slice; slices of four.
    body = db.execute("select pg_get_functiondef('private.enqueue_leads'::regproc::oid)").fetchone()
    assert body is not None
    for written, instead in (
        (":= 2000", ":= 4"),
        ("while v_first", "while v_done -> 'added' = '0' and v_first"),
    ):
        assert written in body[0]
        body = (body[0].replace(written, instead),)
    db.execute(body[0])
    seen = []
    after: str | None = None
    while True:
        answer = ask(
            db, ours.user_id, "enqueue_leads", campaign_id=ours.campaign_id, search="", after=after
        )
        seen.append(answer["added"])
        after = answer["after"]
        if after is None:
            break
    assert seen == [4, 4, 2]
    assert len(entries(db, ours.campaign_id)) == 10


def test_a_request_that_makes_no_sense_names_the_field(
    db: Connection, ours: Tenant, theirs: Tenant
) -> None:
    nobody = add_user(db)
    for values, user_id, error in (
        ({}, ours.user_id, ("invalid_request", "source")),
        ({"search": "", "lead_ids": []}, ours.user_id, ("invalid_request", "source")),
        ({"search": "", "priority": 101}, ours.user_id, ("invalid_request", "priority")),
        ({"search": "", "priority": None}, ours.user_id, ("invalid_request", "priority")),
        (
            {"from_campaign_id": ours.campaign_id},
            ours.user_id,
            ("invalid_request", "from_campaign_id"),
        ),
        ({"from_campaign_id": theirs.campaign_id}, ours.user_id, ("not_found", "from_campaign_id")),
        ({"search": ""}, theirs.user_id, ("not_found", None)),
        ({"search": ""}, nobody, ("not_found", None)),
        ({"search": "", "campaign_id": uuid.uuid4()}, ours.user_id, ("not_found", None)),
        ({"search": "", "campaign_id": None}, ours.user_id, ("not_found", None)),
    ):
        asked = {"campaign_id": ours.campaign_id} | values
        answer = ask(db, user_id, "enqueue_leads", **asked)
        assert (answer["error"], answer.get("field")) == error, values
    assert entries(db, ours.campaign_id) == {}
    empty = ask(db, ours.user_id, "enqueue_leads", campaign_id=ours.campaign_id, lead_ids=[])
    assert empty == NONE_ADDED | {"after": None}


def test_zones_of_a_number_are_forgotten_with_the_number(db: Connection, ours: Tenant) -> None:
    def update(text: str) -> object:
        db.execute(f"update public.leads set {text} where id = %s", (ours.lead_id,))
        row = db.execute(
            "select number_zones from public.leads where id = %s", (ours.lead_id,)
        ).fetchone()
        assert row is not None
        return row[0]

    assert update("number_zones = '{Europe/Berlin}'") == ["Europe/Berlin"]
    assert update("name = 'Bea'") == ["Europe/Berlin"]
    assert update("phone_number = '+14155550139', number_zones = '{Asia/Tokyo}'") == ["Asia/Tokyo"]
    assert update("phone_number = '+14155550138'") is None
