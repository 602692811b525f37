"""Whom a rep gets next, and what a lease is."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.errors import CheckViolation

from stack.postgres import Postgres
from tests.supabase.queues import Queue, Row, make_queue, one
from tests.supabase.tenants import (
    Connection,
    add_tenant,
    attempt,
    begin_call,
    committed_tenant,
    dialled,
    new_call_sid,
    wait_until_blocked,
)

NOW = datetime.now(UTC)


@pytest.fixture
def queue(db: Connection) -> Queue:
    return make_queue(db, 62)


def names(queue: Queue) -> list[str]:
    """The names of the leads in the order in which reps get them."""
    found = []
    while entry := queue.colleague().next()["entry"]:
        found.append(entry["lead"]["name"])
    return found


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_leads_come_by_priority_then_attempts_then_time(queue: Queue) -> None:
    for name, priority, waits in (
        ("third", 0, 2),
        ("first", 5, 3),
        ("fourth", 0, 1),
        ("second", 1, 9),
    ):
        since = NOW - hours(waits)
        queue.enqueue(
            queue.add_lead(name=name), priority=priority, counted_from=since, next_at=since
        )
    called = queue.add_lead(name="called before")
    start = NOW - hours(30)
    queue.enqueue(called, counted_from=start, next_at=start)
    queue.add_call(
        called, status="busy", created_at=start + hours(1), dialed_at=start, ended_at=NOW - hours(5)
    )
    assert names(queue) == ["first", "second", "third", "fourth", "called before"]
    # The first of the leases runs out some day.
    nothing = queue.colleague().next()
    assert (nothing["why"], nothing["again_at"] is None) == ("nothing_due", False)


def test_an_entry_tells_all_that_the_page_shows(queue: Queue) -> None:
    lead_id = queue.add_lead(
        "+14155550123", name="Ada", company="Sunny", email="ada@henk.test", time_zone="Asia/Kolkata"
    )
    entry_id = queue.enqueue(lead_id, priority=3)
    entry = queue.take()
    assert entry == {
        "id": str(entry_id),
        "campaign_id": str(queue.campaign_id),
        "lead_id": str(lead_id),
        "lease_token": entry["lease_token"],
        "lease_until": entry["lease_until"],
        "attempts": 0,
        "why_now": "new",
        "call_back_at": None,
        "priority": 3,
        "conversation_id": None,
        "lead": {
            "id": str(lead_id),
            "name": "Ada",
            "company": "Sunny",
            "phone_number": "+14155550123",
            "email": "ada@henk.test",
            "time_zone": "Asia/Kolkata",
        },
    }
    assert datetime.fromisoformat(entry["lease_until"]) - datetime.now(UTC) < timedelta(minutes=2)


def test_a_rep_has_one_lead_and_gets_it_again_with_a_new_token(queue: Queue) -> None:
    queue.enqueue()
    queue.enqueue()
    first, again = queue.take(), queue.take()
    assert (first["id"], first["lease_token"] != again["lease_token"]) == (again["id"], True)
    # The older tab writes nothing any more.
    assert queue.finish(first, "booked") == {"error": "lease_lost"}
    assert queue.ask("extend_lease", first["id"], first["lease_token"]) == {"error": "lease_lost"}
    assert queue.release(first, "stopped") == {"error": "lease_lost"}
    assert "lease_until" in queue.ask("extend_lease", again["id"], again["lease_token"])
    assert queue.finish(again, "booked")["entry"]["done_reason"] == "outcome"


def test_a_lead_of_another_campaign_is_left_for_this_one(queue: Queue) -> None:
    other = one(
        queue.db,
        "insert into public.campaigns (business_id, name) values (%s, 'Other') returning id",
        queue.tenant.business_id,
    )
    here, there = queue.enqueue(), queue.enqueue(campaign_id=other)
    assert queue.take()["id"] == str(here)
    assert queue.take(other)["id"] == str(there)
    assert queue.entry(here)["state"] == "ready"


def test_a_lease_that_ran_out_goes_to_a_colleague_and_its_token_is_lost(queue: Queue) -> None:
    entry_id = queue.enqueue()
    mine = queue.take()
    colleague = queue.colleague()
    assert colleague.next()["entry"] is None
    queue.change_entry(entry_id, lease_until=NOW - hours(1))
    # Nobody has taken it yet, so a late heartbeat keeps it.
    assert "lease_until" in queue.ask("extend_lease", mine["id"], mine["lease_token"])
    queue.change_entry(entry_id, lease_until=NOW - hours(1))
    theirs = colleague.take()
    assert theirs["id"] == mine["id"]
    for answer in (
        queue.finish(mine, "booked"),
        queue.release(mine, "skipped"),
        queue.ask("extend_lease", mine["id"], mine["lease_token"]),
        # A token of somebody else, however it became known.
        queue.finish(theirs, "booked"),
        queue.release(theirs, "skipped"),
        queue.ask("extend_lease", theirs["id"], theirs["lease_token"]),
    ):
        assert answer == {"error": "lease_lost"}
    assert queue.entry(entry_id)["lease_owner"] == str(colleague.user_id)


def test_the_same_answer_comes_to_the_same_token_again(queue: Queue) -> None:
    queue.enqueue()
    entry = queue.take()
    assert queue.finish(entry, "interested") == queue.finish(entry, "interested")
    queue.enqueue()
    entry = queue.take()
    assert queue.release(entry, "skipped") == queue.release(entry, "skipped")


def call(queue: Queue, entry: Row, **more: object) -> Row:
    """A call under the lease of this entry, as the webhook begins it."""
    sid = new_call_sid()
    answer = begin_call(
        queue.db,
        queue.tenant,
        sid,
        user_id=queue.user_id,
        to=dialled(entry["lead"]["phone_number"]),
        lead_id=entry["lead_id"],
        campaign_id=entry["campaign_id"],
        **{"lease_token": entry["lease_token"], **more},
    )
    return {**answer, "sid": sid}


def end(queue: Queue, begun: Row, status: str = "completed") -> None:
    queue.db.execute(
        "update public.conversations set status = %s, ended_at = now(),"
        " answered_at = case when %s = 'completed' then now() end where id = %s",
        (status, status, begun["conversation_id"]),
    )


def test_the_cycle_of_a_lead(queue: Queue) -> None:
    entry_id = queue.enqueue()
    entry = queue.take()
    begun = call(queue, entry)
    assert begun["block_reason"] is None
    assert queue.take()["conversation_id"] == begun["conversation_id"]
    entry = queue.take()
    assert queue.finish(entry) == {"error": "in_call"}
    end(queue, begun)
    assert queue.finish(entry) == {"error": "outcome_missing"}
    assert queue.finish(entry, "sold") == {"error": "unknown_outcome"}
    assert queue.entry(entry_id)["state"] == "leased"
    answer = queue.finish(entry, "voicemail")["entry"]
    assert (answer["state"], answer["wait_reason"]) == ("ready", "retry")
    row = queue.entry(entry_id)
    assert (row["attempts"], row["last_outcome"]) == (1, "voicemail")
    assert queue.next()["why"] == "nothing_due"


def test_an_unanswered_call_needs_no_outcome(queue: Queue) -> None:
    entry_id = queue.enqueue()
    entry = queue.take()
    end(queue, call(queue, entry), "busy")
    answer = queue.finish(entry)["entry"]
    assert answer["wait_reason"] == "retry"
    next_at = datetime.fromisoformat(answer["next_at"])
    assert next_at - one(queue.db, "select now()") == timedelta(minutes=15)
    assert queue.entry(entry_id)["attempts"] == 1


def test_a_tab_that_dies_leaves_a_lead_whose_call_says_where_it_goes(queue: Queue) -> None:
    """Answered: until somebody says what came of it. Not answered: by the rule."""
    for status, state, reason in (
        ("completed", "paused", "outcome_missing"),
        ("no-answer", "ready", "retry"),
    ):
        entry_id = queue.enqueue()
        begun = call(queue, queue.take())
        queue.change_entry(entry_id, lease_until=NOW - hours(1))
        # While the call goes on, its lease does not run out.
        assert queue.colleague().next()["entry"] is None
        assert queue.entry(entry_id)["state"] == "leased"
        end(queue, begun, status)
        queue.change_entry(entry_id, lease_until=NOW - hours(1))
        queue.colleague().next()
        row = queue.entry(entry_id)
        assert (row["state"], row["wait_reason"]) == (state, reason)


def test_a_rep_who_comes_back_finds_the_call_that_needs_an_outcome(queue: Queue) -> None:
    entry_id = queue.enqueue()
    begun = call(queue, queue.take())
    end(queue, begun)
    queue.change_entry(entry_id, lease_until=NOW - hours(1))
    entry = queue.take()
    assert (entry["id"], entry["conversation_id"]) == (str(entry_id), begun["conversation_id"])
    assert queue.finish(entry, "booked")["entry"]["state"] == "done"


@pytest.mark.parametrize(
    ("reason", "wait"), [("skipped", 0.5), ("blocked", 0.5), ("outside_calling_hours", 0.5)]
)
def test_a_lead_that_is_left_waits_half_an_hour(queue: Queue, reason: str, wait: float) -> None:
    queue.enqueue()
    answer = queue.release(queue.take(), reason)["entry"]
    next_at = datetime.fromisoformat(answer["next_at"])
    assert abs(next_at - one(queue.db, "select now()") - hours(wait)) < timedelta(seconds=5)
    assert queue.next()["why"] == "nothing_due"


def test_a_lead_that_is_left_may_wait_thirty_days_and_not_longer(queue: Queue) -> None:
    queue.enqueue()
    answer = queue.release(queue.take(), "skipped", NOW + timedelta(days=400))["entry"]
    assert datetime.fromisoformat(answer["next_at"]) < NOW + timedelta(days=31)


def test_a_rep_who_stops_leaves_the_lead_to_others_at_once(queue: Queue) -> None:
    entry_id = queue.enqueue()
    queue.release(queue.take(), "stopped")
    assert queue.colleague().take()["id"] == str(entry_id)


def test_a_rep_who_is_free_while_the_call_goes_on_leaves_it_to_its_end(queue: Queue) -> None:
    """They have transferred the lead, for example."""
    queue.enqueue()
    entry = queue.take()
    call(queue, entry)
    answer = queue.release(entry, "stopped")["entry"]
    assert (answer["state"], answer["wait_reason"]) == ("ready", "in_call")


def test_agreed_calls_go_to_their_rep_first_and_to_all_after_half_an_hour(queue: Queue) -> None:
    common = queue.enqueue(priority=100)
    colleague = queue.colleague()
    mine, kept, late = queue.enqueue(), queue.enqueue(), queue.enqueue()
    for entry_id, user_id, minutes in (
        (mine, queue.user_id, 1),
        (kept, colleague.user_id, 20),
        (late, colleague.user_id, 40),
    ):
        queue.change_entry(
            entry_id,
            said_outcome="callback",
            said_at=NOW - hours(2),
            said_call_back_at=NOW - timedelta(minutes=minutes),
            said_call_back_for=user_id,
        )
    got = []
    for _ in range(3):
        entry = queue.take()
        got.append((entry["id"], entry["why_now"]))
        queue.finish(entry, "booked")
    assert got == [(str(mine), "call_back"), (str(late), "call_back"), (str(common), "new")]
    assert queue.next()["why"] == "nothing_due"
    # A rep who leaves leaves their appointments to all.
    queue.db.execute("delete from public.business_members where user_id = %s", (colleague.user_id,))
    assert queue.take()["id"] == str(kept)


def test_an_appointment_that_was_made_without_a_call_outlives_who_it_is_for(queue: Queue) -> None:
    entry_id = queue.enqueue()
    colleague = queue.colleague()
    entry = queue.take()
    for date, person in (
        (NOW + timedelta(days=367), None),
        (datetime(1999, 1, 1, tzinfo=UTC), None),
        (None, add_tenant(queue.db, 63).user_id),
    ):
        with attempt(queue.db), pytest.raises(CheckViolation):
            queue.finish(entry, "callback", date, person)
    queue.finish(entry, "callback", NOW - hours(0.1), colleague.user_id)
    assert queue.next()["entry"] is None
    queue.db.execute("delete from public.business_members where user_id = %s", (colleague.user_id,))
    assert queue.change_entry(entry_id, priority=1)["call_back_for"] is None
    assert queue.take()["id"] == str(entry_id)


def test_an_outcome_waits_for_whoever_has_other_entries_of_the_lead(postgres: Postgres) -> None:
    """In one order, so that nobody waits for each other."""
    with (
        committed_tenant(postgres, 65) as tenant,
        psycopg.connect(postgres.url(), autocommit=True) as admin,
    ):
        queue = Queue(admin, tenant, tenant.user_id)
        other = one(
            admin,
            "insert into public.campaigns (business_id, name) values (%s, 'B') returning id",
            tenant.business_id,
        )
        first, second = sorted(uuid.uuid4() for _ in range(2))
        queue.enqueue(tenant.lead_id, id=first, campaign_id=other)
        queue.enqueue(tenant.lead_id, id=second)
        with admin.transaction():
            entry = queue.take()
        call_id = queue.add_call(tenant.lead_id, answered_at=NOW, ended_at=NOW)
        queue.change_entry(second, lease_conversation_id=call_id)
        answers: list[Row] = []

        def finish() -> None:
            with psycopg.connect(postgres.url()) as connection:
                rep = Queue(connection, tenant, tenant.user_id)
                answers.append(rep.finish(entry, "wrong_number"))

        with psycopg.connect(postgres.url()) as manager:
            lock = "select from public.queue_entries where id = %s for no key update"
            manager.execute(lock, (first,))
            thread = threading.Thread(target=finish)
            thread.start()
            wait_until_blocked(admin, "postgres", 1)
            manager.execute(lock, (second,))
        thread.join()
        assert answers[0]["entry"]["done_reason"] == "wrong_number"


def test_leads_that_must_not_be_called_are_put_in_their_place(queue: Queue) -> None:
    queue.db.execute(
        "update public.businesses set calling_hours_start = '00:00', calling_hours_end = '00:01'"
        " where id = %s",
        (queue.tenant.business_id,),
    )
    far = next(
        zone
        for zone in ("Asia/Tokyo", "America/New_York")
        if one(queue.db, "select (now() at time zone %s)::time > '00:01'", zone)
    )
    closed = queue.enqueue(queue.add_lead(time_zone=far))
    unknown = queue.enqueue(queue.add_lead(number_zones=None))
    gone = queue.enqueue(queue.add_lead())
    queue.db.execute(
        "update public.leads set phone_number = null"
        " from public.queue_entries as q where q.lead_id = leads.id and q.id = %s",
        (gone,),
    )
    assert queue.take()["id"] == str(unknown)
    assert queue.entry(closed)["wait_reason"] in (None, "outside_calling_hours")
    assert queue.entry(gone)["done_reason"] == "no_number"
    assert queue.colleague().next()["entry"] is None
    row = queue.entry(closed)
    assert row["wait_reason"] == "outside_calling_hours"
    opens = one(
        queue.db, "select (%s::timestamptz at time zone %s)::time::text", row["next_at"], far
    )
    assert opens == "00:00:00"


def test_a_person_who_was_called_elsewhere_lately_waits_an_hour(queue: Queue) -> None:
    lead_id = queue.add_lead("+14155550177")
    entry_id = queue.enqueue(lead_id)
    queue.add_call(
        lead_id, campaign_id=None, created_at=NOW - timedelta(minutes=20), ended_at=NOW,
        answered_at=NOW,
    )  # fmt: skip
    # And by another lead that has the same number.
    same = queue.enqueue(queue.add_lead("+14155550177"))
    assert queue.next()["entry"] is None
    for each in (entry_id, same):
        row = queue.entry(each)
        assert row["wait_reason"] == "called_lately"
        waits = datetime.fromisoformat(row["next_at"]) - NOW
        assert abs(waits - timedelta(minutes=40)) < timedelta(minutes=1)


def test_a_paused_campaign_gives_out_no_lead_and_places_no_call(queue: Queue) -> None:
    queue.enqueue()
    entry = queue.take()
    queue.change_campaign(is_paused=True)
    assert call(queue, entry)["block_reason"] == "campaign_paused"
    assert call(queue, entry, lease_token=None)["block_reason"] == "campaign_paused"
    # Who has a lead keeps it, to say what came of it.
    assert queue.take()["id"] == entry["id"]
    assert queue.colleague().next() == {"entry": None, "again_at": None, "why": "campaign_paused"}


def test_an_empty_queue_says_so(queue: Queue) -> None:
    assert queue.next() == {"entry": None, "again_at": None, "why": "empty"}
    entry_id = queue.enqueue()
    queue.finish(queue.take(), "booked")
    assert queue.next()["why"] == "empty"
    queue.change_entry(entry_id, said_outcome=None, said_at=None, paused_at=NOW)
    assert queue.next() == {"entry": None, "again_at": None, "why": "nothing_due"}


def test_nobody_gets_a_lead_of_another_business(queue: Queue) -> None:
    queue.enqueue()
    stranger = Queue(queue.db, queue.tenant, add_tenant(queue.db, 63).user_id)
    assert stranger.next() == {"error": "not_found"}
    assert queue.next(uuid.uuid4()) == {"error": "not_found"}
    entry = queue.take()
    assert stranger.finish(entry, "booked") == {"error": "lease_lost"}
    queue.db.execute("delete from public.business_members where user_id = %s", (queue.user_id,))
    assert queue.finish(entry, "booked") == {"error": "lease_lost"}
    assert queue.next() == {"error": "not_found"}
