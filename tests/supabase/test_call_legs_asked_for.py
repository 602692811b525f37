"""Legs that were asked for: whose CallSid is whose, what their events say, and the call's stage."""

from __future__ import annotations

import uuid

import pytest

from tests.supabase.team_calls import EXPERT, TeamCall
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call(db: Connection, tenant: Tenant) -> TeamCall:
    return TeamCall(db, tenant)


@pytest.fixture
def colleague(db: Connection, tenant: Tenant) -> uuid.UUID:
    user_id = add_user(db)
    add_member(db, tenant.business_id, user_id)
    return user_id


def test_the_agents_leg_names_its_person_and_the_leads_leg_its_number(
    call: TeamCall, tenant: Tenant
) -> None:
    agent, lead = sorted(call.legs(), key=lambda leg: str(leg["role"]))
    assert (agent["user_id"], agent["to_number"]) == (tenant.user_id, None)
    assert (lead["user_id"], lead["to_number"]) == (None, tenant.lead_number)


def test_a_leg_is_named_by_the_address_of_its_callbacks(
    call: TeamCall, colleague: uuid.UUID
) -> None:
    leg_id, sid = call.ask_for("warm", user=colleague), new_call_sid()
    assert (call.leg(leg_id)["call_sid"], call.leg(leg_id)["status"]) == (None, "queued")
    call.event(sid, "ringing", 1, call_leg_id=leg_id)
    leg = call.leg(leg_id)
    assert (leg["call_sid"], leg["status"], leg["role"]) == (sid, "ringing", "teammate")
    assert len(call.legs()) == 3
    # Its end is not the lead's.
    call.event(sid, "completed", 3, call_leg_id=leg_id, duration_seconds=9)
    assert call.row["status"] == "in-progress"
    assert call.leg(leg_id)["duration_seconds"] == 9


def test_a_dial_that_ended_because_the_lead_was_moved_ends_nothing(call: TeamCall) -> None:
    call.event(call.lead, "completed", source="dial_action", duration_seconds=5)
    assert (call.row["status"], call.row["ended_at"]) == ("in-progress", None)
    call.event(call.lead, "completed", 3, duration_seconds=60)
    assert (call.row["status"], call.row["duration_seconds"]) == ("completed", 60)


def test_a_dial_into_a_room_ends_no_leg(call: TeamCall) -> None:
    for sid in (call.lead, call.sid):
        call.event(sid, "completed", source="room_action")
    assert call.row["status"] == "in-progress"
    assert {leg["status"] for leg in call.legs()} == {"in-progress"}


def test_the_agents_leg_is_answered_when_the_leads_is(call: TeamCall) -> None:
    """Twilio tells the end of the agent's leg alone, and the pages show who is on the call."""
    legs = {leg["role"]: leg for leg in call.legs()}
    assert legs["agent"]["status"] == "ringing"
    call.ask_for("warm")
    legs = {leg["role"]: leg for leg in call.legs()}
    assert legs["agent"]["status"] == "in-progress"
    assert legs["agent"]["answered_at"] == legs["lead"]["answered_at"] is not None
    call.event(call.sid, "completed", 0, duration_seconds=9)
    [agent] = [leg for leg in call.legs() if leg["role"] == "agent"]
    assert (agent["status"], agent["duration_seconds"]) == ("completed", 9)


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled"])
def test_a_transfer_that_nobody_answered_ends_the_leg_that_rang(
    call: TeamCall, colleague: uuid.UUID, status: str
) -> None:
    leg_id, sid = call.ask_for("cold", user=colleague), new_call_sid()
    call.event(sid, "ringing", 1, call_leg_id=leg_id)
    call.event(sid, status, source="transfer_action", call_leg_id=leg_id)
    assert (call.leg(leg_id)["status"], call.leg(leg_id)["duration_seconds"]) == (status, 0)


def test_a_transfer_that_ended_leaves_it_to_the_legs_own_callback_when(
    call: TeamCall, colleague: uuid.UUID
) -> None:
    """The person may have been moved into a room: their Dial says `completed` then, too."""
    leg_id, sid = call.ask_for("cold", user=colleague), new_call_sid()
    call.event(sid, "in-progress", 2, call_leg_id=leg_id)
    call.event(sid, "completed", source="transfer_action", call_leg_id=leg_id, duration_seconds=4)
    assert call.leg(leg_id)["status"] == "in-progress"


def test_a_dial_that_dialled_nobody_ends_the_leg_without_a_name(
    call: TeamCall, colleague: uuid.UUID
) -> None:
    leg_id = call.ask_for("cold", user=colleague)
    call.event(None, "failed", source="transfer_action", call_leg_id=leg_id)
    leg = call.leg(leg_id)
    assert (leg["status"], leg["call_sid"], leg["duration_seconds"]) == ("failed", None, 0)
    # Twilio has dialled it after all.
    sid = new_call_sid()
    call.event(sid, "in-progress", 2, call_leg_id=leg_id)
    leg = call.leg(leg_id)
    assert (leg["status"], leg["call_sid"], leg["ended_at"]) == ("in-progress", sid, None)


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_calls_for_one_leg_the_one_with_somebody_on_it_has_its_row(
    call: TeamCall, swapped: bool
) -> None:
    leg_id, first, second = call.ask_for("add"), new_call_sid(), new_call_sid()
    events = [(first, "no-answer", 2), (second, "ringing", 1)]
    for sid, status, number in reversed(events[:2]) if swapped else events[:2]:
        call.event(sid, status, number, call_leg_id=leg_id)
    assert (call.leg(leg_id)["call_sid"], call.leg(leg_id)["status"]) == (second, "ringing")
    call.event(second, "in-progress", 2, call_leg_id=leg_id)
    assert (call.leg(leg_id)["call_sid"], call.leg(leg_id)["status"]) == (second, "in-progress")
    (other,) = [leg for leg in call.legs() if leg["call_sid"] == first]
    assert (other["status"], other["role"], other["to_number"]) == (
        "no-answer",
        "third_party",
        EXPERT,
    )
    assert (other["asked_for"], other["asked_at"]) == ("add", call.leg(leg_id)["asked_at"])


@pytest.mark.parametrize("swapped", [False, True])
def test_a_call_belongs_to_the_leg_in_its_callbacks_address_whoever_claims_it(
    call: TeamCall, swapped: bool
) -> None:
    first, second = sorted(call.ask_for("add") for _ in range(2))
    sid = new_call_sid()
    told = [
        lambda: call.event(sid, "busy", 2, call_leg_id=first),
        lambda: call.event(sid, "queued", 8, source="control", call_leg_id=second),
    ]
    for tell in reversed(told) if swapped else told:
        tell()
    assert (call.leg(first)["call_sid"], call.leg(first)["status"]) == (sid, "busy")
    assert (call.leg(second)["call_sid"], call.leg(second)["status"]) == (None, "queued")


def test_a_leg_of_another_call_harms_neither_call(
    db: Connection, call: TeamCall, tenant: Tenant
) -> None:
    other = TeamCall(db, tenant)
    leg_id, sid = call.ask_for("add"), new_call_sid()
    call.event(sid, "in-progress", 2, call_leg_id=leg_id)
    before = call.legs()
    other.event(new_call_sid(), "completed", 3, call_leg_id=leg_id)
    other.event(sid, "completed", 3, call_leg_id=leg_id)
    assert call.legs() == before
    other.event(other.lead, "completed", 3, duration_seconds=3)
    assert conversation(db, call.sid)["status"] == "in-progress"


def test_a_leg_that_is_not_on_record_is_what_its_callbacks_say(
    call: TeamCall, tenant: Tenant, colleague: uuid.UUID
) -> None:
    people = {
        "teammate": f"client:user_{colleague.hex}_{tenant.business_id.hex}",
        "agent": f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}",
        "third_party": EXPERT,
    }
    legs = {role: str(uuid.uuid4()) for role in people}
    for role, to in people.items():
        sid = new_call_sid()
        # The first event does not say who it is.
        call.event(sid, "queued", 1, source="control", call_leg_id=legs[role])
        call.event(sid, "ringing", 1, call_leg_id=legs[role], payload={"To": to})
    found = {role: call.leg(leg_id) for role, leg_id in legs.items()}
    assert {role: leg["role"] for role, leg in found.items()} == {role: role for role in people}
    assert found["teammate"]["user_id"] == colleague
    assert found["third_party"]["to_number"] == EXPERT


def test_the_number_of_an_added_person_is_never_taken_for_the_leads(
    db: Connection, tenant: Tenant
) -> None:
    """The call's beginning is lost, so its numbers come from its legs."""
    sid = new_call_sid()
    record_event(db, sid, "CA0", "completed", 3, call_leg_id=uuid.uuid4(), payload={"To": EXPERT})
    record_event(
        db, sid, "CA1" + sid[2:], "completed", 3,
        payload={"From": tenant.caller_id, "To": tenant.lead_number}, duration_seconds=7,
    )  # fmt: skip
    rep = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
    record_event(db, sid, sid, "completed", 0, payload={"From": rep, "To": "x"})
    row = conversation(db, sid)
    assert (row["to_number"], row["duration_seconds"]) == (tenant.lead_number, 7)


@pytest.mark.parametrize(
    ("events", "ended_by"),
    [
        ([("participant-leave", "participant_hung_up")], "self"),
        ([("participant-leave", "moderator_ended_conference")], "host"),
        ([("participant-leave", "participant_updated_via_api")], None),
        ([("removed", None), ("participant-leave", "participant_updated_via_api")], "removed"),
        ([], None),
    ],
)
def test_how_a_leg_left_is_known_from_the_room_and_from_what_was_asked(
    call: TeamCall, events: list[tuple[str, str | None]], ended_by: str | None
) -> None:
    leg_id, sid = call.ask_for("add"), new_call_sid()
    call.event(sid, "in-progress", 2, call_leg_id=leg_id)
    for number, (status, reason) in enumerate(events):
        room = f"conversation_{call.row['id'].hex}"
        payload = {"FriendlyName": room, "ReasonParticipantLeft": reason or ""}
        source = "conference" if reason else "control"
        call.event(sid, status, number, source=source, payload=payload)
    # Whom we have removed is gone at once.
    assert call.leg(leg_id)["ended_by"] == ("removed" if ended_by == "removed" else None)
    call.event(sid, "completed", 3, call_leg_id=leg_id)
    assert call.leg(leg_id)["ended_by"] == ended_by


# Stages.


def answers(call: TeamCall, leg_id: str) -> str:
    sid = new_call_sid()
    call.event(sid, "in-progress", 2, call_leg_id=leg_id)
    return sid


def test_the_stages_of_a_warm_transfer(call: TeamCall, colleague: uuid.UUID) -> None:
    call.hold()
    assert call.stage == "on_hold"
    leg_id = call.ask_for("warm", user=colleague)
    assert call.stage == "ringing"
    sid = answers(call, leg_id)
    assert call.stage == "consulting"
    call.hold("unhold", 2)
    assert call.stage == "together"
    call.event(call.sid, "completed", 0)
    assert call.stage == "transferred"
    # Who has the lead puts them on hold.
    call.hold(number=3)
    assert call.stage == "on_hold"
    call.event(sid, "completed", 3, call_leg_id=leg_id)
    call.event(call.lead, "completed", 3)
    assert call.stage is None


def test_the_stages_of_a_cold_transfer_that_comes_back(
    call: TeamCall, colleague: uuid.UUID, tenant: Tenant
) -> None:
    leg_id = call.ask_for("cold", user=colleague)
    call.event(call.sid, "completed", 0)
    assert call.stage == "transferring"
    call.event(new_call_sid(), "no-answer", 2, call_leg_id=leg_id)
    back = call.ask_for("return", user=tenant.user_id)
    assert call.stage == "returning"
    answers(call, back)
    assert call.stage is None
    assert call.leg(back)["role"] == "agent"


def test_the_stages_of_an_added_person(call: TeamCall) -> None:
    leg_id = call.ask_for("add")
    assert call.stage == "ringing"
    sid = answers(call, leg_id)
    assert call.stage == "together"
    call.event(sid, "completed", 3, call_leg_id=leg_id)
    assert call.stage is None


def test_a_person_who_declined_is_not_rung_any_more(
    db: Connection, call: TeamCall, colleague: uuid.UUID
) -> None:
    leg_id = call.ask_for("warm", user=colleague)
    db.execute("update public.call_legs set declined_at = now() where id = %s", (leg_id,))
    call.hold()
    assert call.stage == "on_hold"


def test_after_an_apology_the_lead_is_to_be_called_back(call: TeamCall) -> None:
    call.event(call.lead, "apologized", 9, source="control", occurred_at="2026-11-22T10:00:30Z")
    assert call.row["call_back_at"].isoformat() == "2026-11-22T10:00:30+00:00"


def test_whoever_follows_a_call_learns_of_a_change_of_a_leg_alone(call: TeamCall) -> None:
    """The conversation's row is what is broadcast."""
    first, second, _ = (call.ask_for("add") for _ in range(3))
    answers(call, first)
    before = call.row
    answers(call, second)
    now = call.row
    assert now["stage"] == before["stage"] == "ringing"
    assert now["updated_at"] > before["updated_at"]
    sid = call.leg(first)["call_sid"]
    again = call.event(sid, "in-progress", 2, call_leg_id=first)
    assert (again["new"], call.row["updated_at"]) == (False, now["updated_at"])


def test_a_plain_call_stays_plain_and_has_two_legs(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    for number, status in enumerate(("initiated", "ringing", "in-progress", "completed")):
        record_event(db, agent, lead, status, number, duration_seconds=7 if number == 3 else None)
        row = conversation(db, agent)
        assert (row["is_plain"], row["stage"], row["bridge"]) == (True, None, "dial")
    legs = fetch(db, "select * from public.call_legs where conversation_id = %s", row["id"])
    assert {leg["role"] for leg in legs} == {"agent", "lead"}
    assert not any(leg["is_host"] for leg in legs)
    assert row["hold_seconds"] == 0
