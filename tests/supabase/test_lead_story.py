"""What a rep sees of a lead, and of their own day."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest

from tests.supabase.contacts import Desk
from tests.supabase.tenants import Connection, add_tenant, fetch


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


def story(desk: Desk, lead_id: object = None, *, by: uuid.UUID | None = None) -> Any:
    return desk.ask("lead_story", lead_id or desk.tenant.lead_id, by=by)


def test_what_was_said_before_is_told_the_newest_first(desk: Desk) -> None:
    colleague, manager = desk.colleague(), desk.colleague("manager")
    desk.db.execute(
        "update public.business_members set display_name = 'Ben' where user_id = %s", (colleague,)
    )
    first = desk.call("no-answer", campaign_id=desk.tenant.campaign_id)
    second = desk.call(by=colleague, seconds=250)
    desk.say(second, outcome="interested", notes="husband decides", by=colleague)
    desk.say(second, notes="offer by Friday, husband decides", by=manager)
    desk.say(second, outcome="booked", by=colleague)
    newest, oldest = story(desk)["calls"]
    assert (newest["id"], oldest["id"]) == (second, first)
    assert newest == newest | {
        "user_name": "Ben",
        "status": "completed",
        "outcome": "booked",
        "outcome_label": "Booked",
        "notes": "offer by Friday, husband decides",
        "notes_by": f"{manager}@henk.test",
        "duration_seconds": 250,
        "campaign_name": None,
        "has_recording": False,
    }
    assert oldest == oldest | {
        "status": "no-answer",
        "outcome": None,
        "notes_by": None,
        "campaign_name": "A campaign",
    }


def test_no_more_than_twenty_calls_are_told(desk: Desk) -> None:
    calls = [desk.call("no-answer") for _ in range(22)]
    assert [one["id"] for one in story(desk)["calls"]] == calls[:1:-1]


def test_only_a_recording_that_is_kept_can_be_heard(desk: Desk) -> None:
    call = desk.call()
    desk.db.execute(
        "update public.conversations set recording_state = 'stopped' where id = %s", (call,)
    )
    desk.db.execute(
        "insert into public.recordings (business_id, conversation_id, agent_call_sid, state)"
        " select business_id, id, call_sid, 'kept' from public.conversations where id = %s",
        (call,),
    )
    assert story(desk)["calls"][0]["has_recording"]
    desk.db.execute("update public.recordings set wanted = 'deleted', delete_reason = 'request'")
    assert not story(desk)["calls"][0]["has_recording"]


@pytest.mark.parametrize("same", ["lead", "number"])
def test_who_talks_to_them_now_is_named_colleagues_first(desk: Desk, same: str) -> None:
    lead_id = desk.add_lead("The same phone") if same == "number" else desk.tenant.lead_id
    assert story(desk)["talking_now"] is None
    desk.call("completed", lead_id=lead_id)
    assert story(desk)["talking_now"] is None
    desk.call("in-progress", lead_id=lead_id)
    assert story(desk)["talking_now"]["user_id"] == str(desk.tenant.user_id)
    colleague = desk.colleague()
    desk.call("ringing", by=colleague, lead_id=lead_id)
    assert story(desk)["talking_now"]["user_id"] == str(colleague)
    # A call whose end was lost is not a call for ever.
    desk.db.execute("update public.conversations set created_at = now() - interval '6 hours'")
    assert story(desk)["talking_now"] is None


def test_what_may_not_be_done_with_them_is_told(desk: Desk) -> None:
    lead = story(desk)["lead"]
    assert (lead["do_not_call"], lead["wrong_number_at"]) == (None, None)
    desk.say(desk.call(), outcome="wrong_number")
    call = desk.call()
    desk.say(call, outcome="do_not_call")
    lead = story(desk)["lead"]
    assert lead["wrong_number_at"] is not None
    assert lead["do_not_call"]["by"] == f"{desk.tenant.user_id}@henk.test"
    assert call in lead["do_not_call"]["reason"]


@pytest.mark.parametrize(
    ("time_zone", "number_zones", "local"),
    [
        (None, None, []),
        (None, ["America/New_York", "America/Chicago"], ["America/New_York", "America/Chicago"]),
        ("Europe/Berlin", ["America/New_York"], ["Europe/Berlin"]),
    ],
)
def test_where_it_is_what_time_for_them(
    desk: Desk, time_zone: str | None, number_zones: list[str] | None, local: list[str]
) -> None:
    desk.db.execute(
        "update public.leads set time_zone = %s, number_zones = %s", (time_zone, number_zones)
    )
    assert story(desk)["lead"]["local_time_zones"] == local


def test_queues_lease_and_call_back_are_told(desk: Desk) -> None:
    colleague, campaign_id = desk.colleague(), desk.tenant.campaign_id
    waiting, leased = desk.enqueue(), desk.enqueue(desk.add_campaign())
    call = desk.call(campaign_id=campaign_id)
    desk.say(call, outcome="callback")
    desk.db.execute(
        "update public.queue_entries set state = 'leased', is_due = false, lease_owner = %s,"
        " lease_token = gen_random_uuid(), lease_until = now() + interval '2 minutes',"
        " leased_at = now() where id = %s",
        (colleague, leased),
    )
    told = story(desk)
    assert told["leased_by"]["user_id"] == str(colleague)
    assert told["call_back"]["conversation_id"] == call
    assert told["call_back"]["user_id"] == str(desk.tenant.user_id)
    assert [(one["name"], one["state"], one["wait_reason"]) for one in told["campaigns"]] == [
        ("A campaign", "ready", "call_back"),
        ("Another campaign", "leased", None),
    ]
    assert desk.entry(waiting)["state"] == "ready"


def test_a_lead_of_another_business_is_one_that_does_not_exist(desk: Desk) -> None:
    stranger = add_tenant(desk.db, 2)
    former = desk.colleague()
    desk.db.execute("delete from public.business_members where user_id = %s", (former,))
    for user_id in (stranger.user_id, former):
        assert story(desk, by=user_id) == {"error": "not_found"}
    assert story(desk, uuid.uuid4()) == {"error": "not_found"}
    own = story(desk, stranger.lead_id, by=stranger.user_id)
    assert (own["lead"]["id"], own["calls"]) == (str(stranger.lead_id), [])


def day(desk: Desk, since: str = "now() - interval '3 hours'", by: uuid.UUID | None = None) -> Any:
    (row,) = fetch(desk.db, f"select {since} as at")
    return desk.ask("my_day", desk.tenant.business_id, row["at"], by=by)


def test_a_day_counts_ones_own_calls_since_a_moment(desk: Desk) -> None:
    yesterday = desk.call(seconds=500)
    desk.minutes_ago = 170
    desk.say(desk.call(seconds=59), outcome="interested")
    desk.say(desk.call(seconds=60), outcome="booked")
    desk.say(desk.call(seconds=200), outcome="booked")
    desk.call(seconds=10)
    desk.call("busy")
    desk.call(by=desk.colleague())
    desk.db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, '+14155550999')",
        (desk.tenant.business_id,),
    )
    with pytest.raises(AssertionError, match="do_not_call"):
        desk.call(to="+14155550999")
    assert day(desk) == {
        "calls": 5,
        "answered": 4,
        "conversations": 2,
        "talk_seconds": 329,
        "outcomes": {"interested": 1, "booked": 2},
        "successes": 3,
        "call_backs_due": 0,
        # Also that of yesterday.
        "needs_outcome": 2,
    }
    desk.say(yesterday, outcome="callback", call_back_at=None)
    assert day(desk)["needs_outcome"] == 1
    desk.db.execute("update public.call_backs set due_at = now() - interval '1 minute'")
    # The lead was talked to since.
    assert day(desk)["call_backs_due"] == 0


def test_a_day_counts_conversations_and_successes_as_reports_do(desk: Desk) -> None:
    desk.db.execute("update public.businesses set conversation_seconds = 45")
    desk.minutes_ago = 170
    desk.say(desk.call(seconds=44), outcome="connected")
    desk.say(desk.call(seconds=45), outcome="booked")
    # A machine: the rep says so, or Twilio has heard it and the rep says nothing.
    desk.say(desk.call(seconds=90), outcome="voicemail")
    heard, wrong = desk.call(seconds=90), desk.call(seconds=90)
    desk.say(wrong, outcome="connected")
    desk.db.execute(
        "update public.conversations set answered_by = 'machine_start' where id = any(%s)",
        ([heard, wrong],),
    )
    # Nobody talked.
    desk.say(desk.call("no-answer"), outcome="booked")
    told = day(desk)
    assert (told["calls"], told["conversations"], told["successes"]) == (6, 2, 1)
    assert told["outcomes"]["booked"] == 2


def test_call_backs_are_due_to_whom_they_are_for_and_to_anybody(desk: Desk) -> None:
    colleague = desk.colleague()
    for number, whose in enumerate((desk.tenant.user_id, colleague, None)):
        phone = f"+1415555080{number}"
        call = desk.call(lead_id=desk.add_lead(f"Lead {number}", phone), to=phone)
        desk.say(call, outcome="callback", call_back_for=whose and str(whose))
    assert day(desk)["call_backs_due"] == 0
    desk.db.execute("update public.call_backs set due_at = now() - interval '1 minute'")
    assert [day(desk, by=who)["call_backs_due"] for who in (None, colleague)] == [2, 2]


def test_a_day_of_another_business_or_of_a_year_is_not_answered(desk: Desk) -> None:
    assert day(desk, by=add_tenant(desk.db, 2).user_id) == {"error": "not_found"}
    assert day(desk, "now() - interval '31 days'")["calls"] == 0
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        day(desk, "now() - interval '1 year'")
