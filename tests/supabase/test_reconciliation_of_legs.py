"""Lost callbacks of legs that were asked for, and of holds: what Twilio is asked about, and what
follows."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.supabase.reconciling import call as ask
from tests.supabase.reconciling import let_it_be_due, listed, settle
from tests.supabase.team_calls import EXPERT, TeamCall
from tests.supabase.tenants import Connection, Tenant, add_tenant, conversation, fetch, new_call_sid

Leg = dict[str, Any]


@pytest.fixture
def db(db: Connection) -> Connection:
    """With nothing on the list that other tests have left."""
    db.execute("delete from private.unsettled_calls")
    return db


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call(db: Connection, tenant: Tenant) -> TeamCall:
    return TeamCall(db, tenant)


def question(call: TeamCall) -> Leg:
    """What Twilio is asked about the call when it is due."""
    let_it_be_due(call.db, call.sid)
    (about,) = ask(call.db, "claim_unsettled_calls", 50, 30)["calls"]
    asked: Leg = about
    return asked


def told(call: TeamCall, sid: str, status: str, **more: Any) -> Leg:
    """A leg as Twilio's API tells it. The agent's leg dialled the lead's."""
    payload = {"sid": sid, "status": status} | more.pop("payload", {})
    if sid == call.lead:
        payload["parent_call_sid"] = call.sid
    seconds = 9 if status == "completed" else None
    return {
        "call_sid": sid, "status": status, "ended_at": None, "duration_seconds": seconds,
        "payload": payload, **more,
    }  # fmt: skip


def going_on(call: TeamCall, *others: Leg) -> list[Leg]:
    return [told(call, call.sid, "in-progress"), told(call, call.lead, "in-progress"), *others]


def test_twilio_is_asked_for_legs_that_it_has_not_named(call: TeamCall, tenant: Tenant) -> None:
    number = call.ask_for("add")
    person = call.ask_for("warm", user=tenant.user_id)
    asked = question(call)
    assert (asked["call_sid"], asked["lead_call_sid"]) == (call.sid, call.lead)
    assert (asked["legs"], asked["room"]) == ([], None)
    address = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
    assert {leg["leg_id"]: leg["to"] for leg in asked["unknown_legs"]} == {
        number: EXPERT,
        person: address,
    }
    assert datetime.fromisoformat(asked["unknown_legs"][0]["asked_at"]).tzinfo


def test_twilio_is_asked_about_named_legs_without_an_end_and_about_the_room(
    call: TeamCall,
) -> None:
    leg_id, sid, over = call.ask_for("add"), new_call_sid(), new_call_sid()
    call.event(sid, "ringing", 1, call_leg_id=leg_id)
    call.event(over, "busy", 2, call_leg_id=call.ask_for("add"))
    call.db.execute(
        "update public.conversations set bridge = 'room' where call_sid = %s", (call.sid,)
    )
    asked = question(call)
    assert (asked["legs"], asked["unknown_legs"]) == ([sid], [])
    assert asked["room"] == f"conversation_{call.row['id'].hex}"


def test_an_answer_that_nobody_told_makes_the_call_what_it_is(call: TeamCall) -> None:
    call.hold()
    leg_id, sid = call.ask_for("warm"), new_call_sid()
    assert call.stage == "ringing"
    assert not settle(
        call.db, call.sid, going_on(call, told(call, sid, "in-progress", call_leg_id=leg_id))
    )
    assert (call.leg(leg_id)["call_sid"], call.stage) == (sid, "consulting")


def test_a_leg_that_only_rings_gets_its_name(call: TeamCall) -> None:
    leg_id, sid = call.ask_for("warm"), new_call_sid()
    settle(call.db, call.sid, going_on(call, told(call, sid, "ringing", call_leg_id=leg_id)))
    assert (call.leg(leg_id)["call_sid"], call.leg(leg_id)["status"]) == (sid, "ringing")


def test_a_leg_that_twilio_lists_is_found_by_whom_it_dialled(call: TeamCall) -> None:
    leg_id, sid = call.ask_for("cold"), new_call_sid()
    payload = {"parent_call_sid": call.lead, "to": EXPERT}
    settle(call.db, call.sid, going_on(call, told(call, sid, "in-progress", payload=payload)))
    assert call.leg(leg_id)["call_sid"] == sid


def test_a_call_that_is_not_of_this_call_is_left_out(call: TeamCall) -> None:
    stranger = told(call, new_call_sid(), "completed", payload={"to": "+14155550111"})
    settle(call.db, call.sid, going_on(call, stranger))
    assert len(call.legs()) == 2
    assert call.row["status"] == "in-progress"


def test_a_call_of_another_leg_is_not_taken_for_the_one_that_is_looked_for(
    call: TeamCall,
) -> None:
    """The same person declined before, and is rung again."""
    first, second, sid = call.ask_for("warm"), call.ask_for("warm"), new_call_sid()
    call.event(sid, "busy", 2, call_leg_id=first)
    settle(call.db, call.sid, going_on(call, told(call, sid, "busy", call_leg_id=second)))
    assert (call.leg(first)["call_sid"], call.leg(second)["call_sid"]) == (sid, None)


@pytest.mark.parametrize(("age", "status"), [(50, "queued"), (70, "failed")])
def test_a_leg_that_twilio_does_not_know_after_a_minute_has_failed(
    call: TeamCall, age: int, status: str
) -> None:
    leg_id = call.ask_for("warm")
    call.db.execute(
        "update public.call_legs set asked_at = %s where id = %s",
        (datetime.now(UTC) - timedelta(seconds=age), leg_id),
    )
    settle(call.db, call.sid, going_on(call))
    assert call.leg(leg_id)["status"] == status
    assert call.stage == (None if status == "failed" else "ringing")


def test_a_call_is_not_settled_before_each_leg_that_was_asked_for(call: TeamCall) -> None:
    leg_id, sid = call.ask_for("cold"), new_call_sid()
    over = [told(call, call.sid, "completed"), told(call, call.lead, "completed")]
    assert not settle(call.db, call.sid, over)
    assert call.row["status"] == "completed"
    assert question(call)["unknown_legs"][0]["leg_id"] == leg_id
    found = told(call, sid, "completed", call_leg_id=leg_id)
    assert settle(call.db, call.sid, [*over, found])
    assert (call.leg(leg_id)["status"], call.leg(leg_id)["duration_seconds"]) == ("completed", 9)
    assert listed(call.db, call.sid) is None


def test_a_leg_that_only_the_room_told_of_is_waited_for(call: TeamCall) -> None:
    leg_id, sid = call.ask_for("warm"), new_call_sid()
    payload = {"FriendlyName": f"conversation_{call.row['id'].hex}"}
    call.event(
        sid, "participant-join", 1, source="conference", conference_sid="CF1", call_leg_id=leg_id,
        payload=payload,
    )  # fmt: skip
    over = [told(call, call.sid, "completed"), told(call, call.lead, "completed")]
    assert not settle(call.db, call.sid, over)
    assert sid in question(call)["legs"]
    assert settle(call.db, call.sid, [*over, told(call, sid, "completed")])
    assert call.leg(leg_id)["call_sid"] == sid


def test_a_call_that_twilio_does_not_know_takes_all_its_legs_with_it(call: TeamCall) -> None:
    leg_id = call.ask_for("warm")
    let_it_be_due(call.db, call.sid, age=timedelta(minutes=61))
    assert settle(call.db, call.sid, None)
    assert {leg["status"] for leg in call.legs()} == {"failed"}
    assert call.leg(leg_id)["call_sid"] is None
    assert (call.stage, listed(call.db, call.sid)) == (None, None)


@pytest.mark.parametrize("on_hold", [True, False])
def test_who_is_on_hold_by_twilios_answer_is(call: TeamCall, on_hold: bool) -> None:
    if not on_hold:
        call.hold()
    for second in (30, 40):
        seen = {"on_hold": on_hold, "observed_at": f"2099-11-22T10:00:{second}Z"}
        settle(
            call.db, call.sid,
            [told(call, call.sid, "in-progress"), told(call, call.lead, "in-progress", **seen)],
        )  # fmt: skip
        assert call.stage == ("on_hold" if on_hold else None)
    answers = fetch(
        call.db,
        "select status from public.call_events where source = 'reconcile' and call_sid = %s"
        " and status like 'participant%%'",
        call.lead,
    )
    assert answers == [{"status": "participant-hold" if on_hold else "participant-unhold"}]


def test_an_answer_that_is_older_than_the_hold_does_not_end_it(call: TeamCall) -> None:
    call.hold()
    seen = {"on_hold": False, "observed_at": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()}
    settle(call.db, call.sid, [told(call, call.lead, "in-progress", **seen)])
    assert call.stage == "on_hold"


def test_a_leg_that_is_asked_for_and_what_twilio_confirmed_are_looked_after_within_a_minute(
    call: TeamCall,
) -> None:
    def rest() -> None:
        call.db.execute(
            "update private.unsettled_calls set next_check_at = now() + interval '5 minutes'"
        )

    for happens in (lambda: call.ask_for("add"), call.hold):
        rest()
        happens()
        place = listed(call.db, call.sid)
        assert place is not None
        assert place["seconds"] == 60


def test_a_leg_of_a_call_that_is_settled_puts_it_on_the_list_again(call: TeamCall) -> None:
    call.db.execute("delete from private.unsettled_calls")
    call.ask_for("return")
    assert listed(call.db, call.sid) is not None


def test_the_reconciler_hears_nothing_of_another_business(db: Connection, call: TeamCall) -> None:
    other = TeamCall(db, add_tenant(db, 2))
    leg_id = other.ask_for("add")
    call.ask_for("add")
    found = told(call, new_call_sid(), "completed", call_leg_id=leg_id)
    settle(db, call.sid, going_on(call, found))
    assert other.leg(leg_id)["call_sid"] is None
    assert conversation(db, other.sid)["status"] == "in-progress"
    assert uuid.UUID(leg_id) not in {leg["id"] for leg in call.legs()}
