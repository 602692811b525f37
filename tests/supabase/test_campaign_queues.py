"""Queues as managers and reps see them: how many leads are where, who works, who is next."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.tenants import Connection, add_tenant, fetch

# What a test sets of an entry, so that it stands in this group.
GROUPS = {
    "due": "state = 'ready', is_due = true",
    "due since": "is_due = false, wait_reason = 'retry', next_at = now() - interval '1 minute'",
    "agreed": "is_due = false, wait_reason = 'call_back', call_back_at = now() - interval '1 hour',"
    " next_at = now() - interval '1 hour'",
    "waiting": "is_due = false, wait_reason = 'retry', next_at = now() + interval '1 hour'",
    "later": "is_due = false, wait_reason = 'call_back', call_back_at = now() + interval '1 day',"
    " next_at = now() + interval '1 day'",
    "leased": "is_due = false, state = 'leased', lease_token = gen_random_uuid(),"
    " lease_until = now() + interval '1 minute', leased_at = now()",
    "paused": "is_due = false, state = 'paused', wait_reason = 'outcome_missing'",
    "booked": "is_due = false, state = 'done', done_reason = 'outcome'",
    "forbidden": "is_due = false, state = 'done', done_reason = 'do_not_call'",
}


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


def put(desk: Desk, group: str, name: str | None = None, **columns: object) -> uuid.UUID:
    """An entry in this group, for a lead of this name."""
    if group == "leased":
        columns = {"lease_owner": desk.tenant.user_id} | columns
    entry_id = desk.enqueue(lead_id=desk.add_lead(name or group))
    sets = ", ".join([GROUPS[group], *(f"{column} = %s" for column in columns)])
    desk.db.execute(
        f"update public.queue_entries set {sets} where id = %s".encode(),
        [*columns.values(), entry_id],
    )
    return entry_id


def queue(desk: Desk, *, by: uuid.UUID | None = None) -> Any:
    return desk.ask("campaign_queue", desk.tenant.campaign_id, by=by)


def listed(desk: Desk, *values: object, after: object = None, limit: int = 100) -> list[Any]:
    """``values``: the state, the reason and the search, as far as they are not null."""
    state, reason, search = (*values, None, None, None)[:3]
    found: list[Any] = desk.ask(
        "list_entries", desk.tenant.campaign_id, state, reason, search, Jsonb(after), limit
    )
    return found


def names(entries: list[Any]) -> list[str]:
    return [entry["lead_name"] for entry in entries]


def test_every_entry_is_counted_once_in_its_group(desk: Desk) -> None:
    for group in (*GROUPS, "due", "waiting", "forbidden"):
        put(desk, group)
    one = queue(desk)
    assert one["counts"] == {
        # Who has waited long enough is due, whether next_lead has looked at them since or not.
        "due": 4,
        "waiting": {"retry": 2, "call_back": 1},
        "leased": 1,
        "paused": 1,
        "done": {"outcome": 1, "do_not_call": 2},
    }
    (row,) = fetch(desk.db, "select now() + interval '1 hour' as at")
    assert one["next_at"][:19] == row["at"].isoformat()[:19]
    assert one["name"] == "A campaign"
    assert one["max_attempts"] == 6


def test_the_queues_of_a_business_are_by_name_and_theirs_alone(desk: Desk) -> None:
    stranger = add_tenant(desk.db, 2)
    desk.add_campaign("B")
    put(desk, "due")
    desk.db.execute("update public.campaigns set script = 'Hello'")
    queues = desk.ask("campaign_queues", desk.tenant.business_id)
    # Pages ask every few seconds.
    assert not any("script" in answer for answer in (*queues, queue(desk)))
    assert [(one["name"], one["counts"]["due"]) for one in queues] == [("A campaign", 1), ("B", 0)]
    assert {key: queues[0][key] for key in ("counts", "reps")} == {
        key: queue(desk)[key] for key in ("counts", "reps")
    }
    assert desk.ask("campaign_queues", desk.tenant.business_id, by=stranger.user_id) == []
    assert queue(desk, by=stranger.user_id) == {"error": "not_found"}
    assert desk.ask("campaign_queue", uuid.uuid4()) == {"error": "not_found"}


def test_counts_of_a_large_queue_are_shared_for_a_while(desk: Desk) -> None:
    fill = (
        "with added as ("
        "insert into public.leads (business_id, name)"
        " select %(business_id)s, 'Lead ' || n from generate_series(1, %(leads)s) as n"
        " returning id)"
        " insert into public.queue_entries (business_id, campaign_id, lead_id)"
        " select %(business_id)s, %(campaign_id)s, id from added"
    )
    named = {
        "business_id": desk.tenant.business_id,
        "campaign_id": desk.tenant.campaign_id,
        "leads": 2000,
    }
    desk.db.execute(fill, named)
    assert queue(desk)["counts"]["due"] == 2000
    put(desk, "due")
    first = queue(desk)
    put(desk, "due")
    # Larger than 2,000: as it was, with the time at which it was so.
    assert queue(desk)["counted_at"] == first["counted_at"]
    assert queue(desk)["counts"]["due"] == 2001
    desk.db.execute("update private.queue_counts set fresh_until = now()")
    assert queue(desk)["counts"]["due"] == 2002


def test_who_works_is_told_with_what_they_do_and_since_when(desk: Desk) -> None:
    people = {
        name: desk.colleague() for name in ("previews", "calls", "talks", "writes", "by hand")
    }
    for name, user_id in people.items():
        desk.db.execute(
            "update public.business_members set display_name = %s where user_id = %s",
            (name, user_id),
        )
    statuses = {"calls": "ringing", "talks": "in-progress", "writes": "completed"}
    for name in ("previews", *statuses):
        call: str | None = None
        if name in statuses:
            call = desk.call(statuses[name], by=people[name], lead_id=None)
        put(desk, "leased", name, lease_owner=people[name], lease_conversation_id=call)
    desk.call("in-progress", by=people["by hand"], campaign_id=desk.tenant.campaign_id)
    # A lease that is over, and a call for nothing.
    put(desk, "leased", lease_owner=desk.colleague())
    desk.db.execute(
        "update public.queue_entries set lease_until = now() - interval '1 second'"
        " where lease_owner <> all(%s)",
        (list(people.values()),),
    )
    desk.call("in-progress")
    told = [(one["name"], one["doing"], one["lead_name"]) for one in queue(desk)["reps"]]
    assert told == [
        ("by hand", "talking", "A lead"),
        ("calls", "calling", "calls"),
        ("previews", "preview", "previews"),
        ("talks", "talking", "talks"),
        ("writes", "wrap_up", "writes"),
    ]
    assert all(one["since"] for one in queue(desk)["reps"])


def test_next_are_agreed_calls_and_then_the_order_of_the_queue(desk: Desk) -> None:
    colleague = desk.colleague()
    put(desk, "agreed", "mine", call_back_for=desk.tenant.user_id)
    put(desk, "agreed", "anybody's")
    put(desk, "agreed", "theirs, not kept", call_back_for=colleague)
    put(desk, "agreed", "theirs", call_back_for=colleague)
    desk.db.execute(
        "update public.queue_entries set next_at = now() - interval '1 minute' from public.leads"
        " where leads.id = lead_id and name = 'theirs'"
    )
    put(desk, "due", "second try", attempts=1, last_outcome="voicemail")
    put(desk, "due", "new")
    put(desk, "due", "urgent", priority=5, attempts=3)
    put(desk, "waiting")
    told = queue(desk)["next"]
    assert [(one["lead_name"], one["why"]) for one in told] == [
        ("mine", "call_back"),
        ("anybody's", "call_back"),
        ("theirs, not kept", "call_back"),
        ("urgent", "retry"),
        ("new", "new"),
    ]


def test_entries_are_listed_group_by_group_in_an_order_that_means_something(desk: Desk) -> None:
    put(desk, "due", "due second", attempts=1)
    put(desk, "due", "due first")
    put(desk, "due", "due at once", priority=9)
    put(desk, "due since", "waited")
    put(desk, "agreed", "agreed")
    put(desk, "later", "waits until tomorrow")
    put(desk, "waiting", "waits an hour")
    put(desk, "leased", "leased")
    put(desk, "paused", "paused")
    put(desk, "booked", "booked")
    put(desk, "forbidden", "forbidden")
    expected = {
        "due": ["agreed", "waited", "due at once", "due first", "due second"],
        "waiting": ["waits an hour", "waits until tomorrow"],
        "leased": ["leased"],
        "paused": ["paused"],
        "done": ["forbidden", "booked"],
    }
    every = [name for group in expected.values() for name in group]
    assert names(listed(desk)) == every
    for group, expected_names in expected.items():
        assert names(listed(desk, group)) == expected_names
        assert {entry["group"] for entry in listed(desk, group)} == {group}
    assert names(listed(desk, "waiting", "call_back")) == ["waits until tomorrow"]
    assert names(listed(desk, "done", "outcome")) == ["booked"]
    assert names(listed(desk, "paused", "outcome_missing")) == ["paused"]
    assert listed(desk, "due", "outcome") == []
    assert sorted(names(listed(desk, None, None, "due"))) == sorted(expected["due"][2:])
    assert names(listed(desk, "done", None, "BOOK")) == ["booked"]
    assert listed(desk, None, None, "%") == []


@pytest.mark.parametrize("search", [None, "lead"])
def test_pages_follow_one_another_without_a_gap(desk: Desk, search: str | None) -> None:
    for number in range(3):
        for group in GROUPS:
            if group != "leased" or number == 0:
                put(desk, group, f"Lead {group} {number}", priority=number % 2)
    every = listed(desk, None, None, search)
    assert len(every) == 3 * len(GROUPS) - 2
    pages: list[Any] = []
    while page := listed(desk, None, None, search, after=(pages and pages[-1]) or None, limit=4):
        pages += page
        assert len(pages) <= len(every)
    assert [entry["id"] for entry in pages] == [entry["id"] for entry in every]


def test_a_list_that_makes_no_sense_is_refused(desk: Desk) -> None:
    for values in (
        {"limit": 0},
        {"limit": 1001},
        {"after": "x"},
        {"after": {"id": str(uuid.uuid4()), "group": "nowhere"}},
    ):
        with pytest.raises(psycopg.errors.InvalidParameterValue), desk.db.transaction():
            listed(desk, **values)
    with pytest.raises(psycopg.errors.InvalidParameterValue), desk.db.transaction():
        listed(desk, "ready")
    stranger = add_tenant(desk.db, 2)
    answer = desk.ask(
        "list_entries", desk.tenant.campaign_id, None, None, None, None, 9, by=stranger.user_id
    )
    assert answer == {"error": "not_found"}


def change(desk: Desk, what: object, *entry_ids: uuid.UUID, by: uuid.UUID | None = None) -> Any:
    manager = by or desk.colleague("manager")
    return desk.ask(
        "change_entries", desk.tenant.campaign_id, list(entry_ids), Jsonb(what), by=manager
    )


def test_managers_pause_raise_remove_and_queue_again(desk: Desk) -> None:
    entry_id = desk.enqueue()
    assert change(desk, {"paused": True}, entry_id) == {"changed": 1, "unchanged": 0}
    assert desk.entry(entry_id)["state"] == "paused"
    assert change(desk, {"paused": True}, entry_id) == {"changed": 0, "unchanged": 1}
    change(desk, {"paused": False}, entry_id)
    assert (desk.entry(entry_id)["state"], desk.entry(entry_id)["is_due"]) == ("ready", True)
    change(desk, {"priority": -7}, entry_id)
    assert desk.entry(entry_id)["priority"] == -7
    change(desk, {"remove": True}, entry_id)
    assert desk.entry(entry_id)["done_reason"] == "removed"
    assert change(desk, {"again": True}, entry_id, uuid.uuid4()) == {"changed": 1, "unchanged": 1}
    assert (desk.entry(entry_id)["state"], desk.entry(entry_id)["is_due"]) == ("ready", True)
    # Who is not done is called anyway.
    assert change(desk, {"again": True}, entry_id) == {"changed": 0, "unchanged": 1}


@pytest.mark.parametrize("what", [{"paused": True}, {"remove": True}, {"priority": 5}])
def test_a_lead_that_is_paused_or_removed_is_not_called_by_who_has_it(
    desk: Desk, what: dict[str, object]
) -> None:
    entry_id = desk.enqueue()
    taken = desk.ask("next_lead", desk.tenant.campaign_id)["entry"]
    change(desk, what, entry_id)
    lasts = desk.ask("extend_lease", entry_id, taken["lease_token"])
    if "priority" in what:
        assert "lease_until" in lasts
    else:
        assert lasts == {"error": "lease_lost"}
        assert desk.entry(entry_id)["state"] in ("paused", "done")


def test_a_lead_whose_attempts_are_used_is_called_again_from_the_beginning(desk: Desk) -> None:
    desk.db.execute("update public.campaigns set max_attempts = 1")
    entry_id = desk.enqueue()
    desk.call("no-answer", campaign_id=desk.tenant.campaign_id)
    entry = desk.entry(entry_id)
    assert (entry["state"], entry["done_reason"]) == ("done", "attempts_used")
    change(desk, {"again": True}, entry_id)
    entry = desk.entry(entry_id)
    assert (entry["state"], entry["attempts"]) == ("ready", 0)


def test_who_must_not_be_called_is_not_called_by_being_queued_again(desk: Desk) -> None:
    entry_id = desk.enqueue()
    desk.say(desk.call(), outcome="do_not_call")
    change(desk, {"again": True}, entry_id)
    assert desk.entry(entry_id)["done_reason"] == "do_not_call"


def test_leads_are_moved_to_another_campaign_unless_they_are_there_or_leased(desk: Desk) -> None:
    target = desk.add_campaign()
    moved, leased = desk.enqueue(), put(desk, "leased")
    there = put(desk, "due", "there")
    desk.enqueue(target, desk.entry(there)["lead_id"])
    answer = change(desk, {"campaign_id": str(target)}, moved, leased, there)
    assert answer == {"changed": 1, "unchanged": 2}
    assert desk.entry(moved)["campaign_id"] == target
    for entry_id in (leased, there):
        assert desk.entry(entry_id)["campaign_id"] == desk.tenant.campaign_id


@pytest.mark.parametrize("who", ["agent", "former member", "stranger"])
def test_nobody_else_changes_a_queue(desk: Desk, who: str) -> None:
    entry_id = desk.enqueue()
    before = desk.entry(entry_id)
    user_id = add_tenant(desk.db, 2).user_id if who == "stranger" else desk.colleague()
    if who == "former member":
        desk.db.execute("delete from public.business_members where user_id = %s", (user_id,))
    answer = change(desk, {"remove": True}, entry_id, by=user_id)
    assert answer == {"error": "not_allowed" if who == "agent" else "not_found"}
    assert desk.entry(entry_id) == before


def test_an_entry_of_another_queue_or_business_is_not_reached(desk: Desk) -> None:
    other = Desk(desk.db, add_tenant(desk.db, 2))
    entries = [desk.enqueue(desk.add_campaign()), other.enqueue()]
    assert change(desk, {"remove": True}, *entries) == {"changed": 0, "unchanged": 2}
    answer = change(desk, {"campaign_id": str(other.tenant.campaign_id)}, desk.enqueue())
    assert answer["error"] == "invalid_request"


@pytest.mark.parametrize(
    "what",
    [
        *({}, [], None, "remove", {"state": "done"}, {"paused": "yes"}, {"paused": None}),
        *({"priority": 101}, {"priority": 1.5}, {"priority": "1"}, {"again": False}),
        *({"remove": True, "paused": True}, {"campaign_id": "x"}, {"campaign_id": None}),
    ],
    ids=str,
)
def test_a_change_that_is_none_is_refused(desk: Desk, what: object) -> None:
    entry_id = desk.enqueue()
    before = desk.entry(entry_id)
    assert change(desk, what, entry_id)["error"] == "invalid_request"
    assert desk.entry(entry_id) == before


def test_up_to_a_thousand_are_changed_at_once(desk: Desk) -> None:
    ids = [uuid.uuid4() for _ in range(1001)]
    assert change(desk, {"remove": True}, *ids[1:]) == {"changed": 0, "unchanged": 1000}
    assert change(desk, {"remove": True}, *ids)["error"] == "invalid_request"
    assert change(desk, {"remove": True})["error"] == "invalid_request"
