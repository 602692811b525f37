"""What people ask of a recording: who may, when, and what Twilio is asked for it."""

from __future__ import annotations

import uuid

import pytest

from tests.supabase.asked import add_colleague
from tests.supabase.recorded import (
    RecordedCall,
    allow,
    claim,
    let_it_be_due,
    new_recording_sid,
    step,
)
from tests.supabase.tenants import Connection, Tenant, add_tenant, add_user, fetch


@pytest.fixture
def ours(db: Connection) -> Tenant:
    tenant = add_tenant(db, 1)
    allow(db, tenant, "on_demand", "confirm")
    return tenant


@pytest.fixture
def call(db: Connection, ours: Tenant) -> RecordedCall:
    """A call in progress that may be recorded when the rep says that the lead agreed."""
    call = RecordedCall(db, ours)
    call.answer()
    return call


def lease_ends(call: RecordedCall) -> None:
    call.db.execute(
        "update public.recording_actions set lease_until = now() - interval '1 second'"
        " where result is null"
    )
    call.db.execute("update public.recordings set asked_at = asked_at - interval '10 seconds'")
    let_it_be_due(call.db)


def todo(asked: dict[str, object]) -> object:
    action = asked["action"]
    return action["todo"] if isinstance(action, dict) else None


@pytest.mark.parametrize(
    ("state", "consent", "field"),
    [
        ("begin", None, "state"),
        (None, None, "state"),
        ("start", "maybe", "consent"),
        ("start", "refused", "consent"),
        ("pause", "agreed", "consent"),
    ],
)
def test_a_wish_that_makes_no_sense_names_its_field(
    call: RecordedCall, state: str, consent: str | None, field: str
) -> None:
    assert call.ask_recording(state, consent) == {"error": "invalid_request", "field": field}


def test_people_on_the_call_and_managers_may_and_nobody_else(
    db: Connection, ours: Tenant, call: RecordedCall
) -> None:
    colleague = add_colleague(db, ours)
    manager = add_colleague(db, ours, role="manager")
    theirs = add_tenant(db, 2)
    assert call.ask_recording("start", "agreed", by=colleague) == {"error": "not_your_call"}
    assert call.ask_recording("stop", "refused", by=colleague) == {"error": "not_your_call"}
    for stranger in (theirs.user_id, add_user(db)):
        assert call.ask_recording("start", "agreed", by=stranger) == {"error": "not_found"}
    call.record(consent="agreed", by=manager)
    assert call.consent["confirmed_by"] == manager
    assert todo(call.ask_recording("pause")) == "pause"


@pytest.mark.parametrize("mode", ["on_demand", "all"])
@pytest.mark.parametrize("consent", ["announce", "confirm", "both"])
def test_nothing_starts_without_each_consent_that_is_asked_for(
    db: Connection, ours: Tenant, mode: str, consent: str
) -> None:
    allow(db, ours, mode, consent)
    call = RecordedCall(db, ours)
    assert call.ask_recording("start", "agreed") == {"error": "not_in_progress"}
    call.answer()
    if consent != "confirm":
        assert call.ask_recording("start", "agreed") == {"error": "consent_required"}
        call.hears_notice()
    if consent != "announce":
        assert call.ask_recording("start") == {"error": "consent_required"}
        assert call.consent["confirmed_at"] is None
        assert todo(call.ask_recording("start", "agreed")) == "start"
        assert call.consent["confirmed_by"] == ours.user_id
    elif mode == "on_demand":
        assert todo(call.ask_recording("start")) == "start"
    assert len(call.recordings) == 1


def test_a_call_without_terms_and_a_call_that_is_over_are_not_recorded(
    db: Connection, ours: Tenant, call: RecordedCall
) -> None:
    call.end(call.lead_sid)
    assert call.ask_recording("start", "agreed") == {"error": "not_in_progress"}
    allow(db, ours, "off")
    other = RecordedCall(db, ours)
    other.answer()
    assert other.ask_recording("start", "agreed") == {"error": "recording_off"}


def test_pause_and_resume_are_on_record(call: RecordedCall) -> None:
    sid = call.record(consent="agreed")
    assert call.recording_state == "recording"
    paused = call.ask_recording("pause")
    assert paused["recording"]["recording_sid"] == sid
    # Twilio has not confirmed it yet.
    assert call.recording_state == "recording"
    assert call.note_recording(paused) == "paused"
    again = call.ask_recording("pause")
    assert (again["is_done"], again["action"]) == (True, None)
    resumed = call.ask_recording("start")
    assert todo(resumed) == "resume"
    assert call.note_recording(resumed) == "recording"
    stopped = call.ask_recording("stop")
    assert call.note_recording(stopped) == "stopped"
    call.recording_event("completed", sid)
    # Nobody goes on with what was stopped.
    assert len(call.recordings) == 1
    rows = fetch(
        call.db,
        "select action, result from public.recording_actions where conversation_id = %s"
        " order by number",
        call.id,
    )
    assert [(row["action"], row["result"]) for row in rows] == [
        (name, "done") for name in ("confirm", "start", "pause", "start", "stop")
    ]
    assert call.row["is_plain"]


def test_after_a_stop_the_next_start_is_another_part_before_twilio_has_told_the_end(
    call: RecordedCall,
) -> None:
    first = call.record(consent="agreed")
    call.note_recording(call.ask_recording("stop"))
    assert call.ask_recording("stop")["is_done"]
    for state in ("pause", "resume"):
        assert call.ask_recording(state) == {"error": "not_in_progress"}
    again = call.ask_recording("start")
    assert (todo(again), again["recording"]["part"]) == ("start", 2)
    assert call.note_recording(again, sid="RE2") == "recording"
    call.recording_event("completed", first)
    assert call.starts == [], "the end of the first part began a third"
    assert [row["state"] for row in call.recordings] == ["completed", "in_progress"]


def test_two_at_once_are_told_to_wait_and_the_same_wish_is_taken_up_again(
    db: Connection, ours: Tenant, call: RecordedCall
) -> None:
    first = call.ask_recording("start", "agreed")
    assert first["action"]["is_resumed"] is False
    assert call.ask_recording("start") == {"error": "busy"}
    assert call.ask_recording("pause") == {"error": "busy"}
    lease_ends(call)
    second = call.ask_recording("start")
    assert second["action"]["is_resumed"] is True
    assert second["recording"] == first["recording"]
    sid = new_recording_sid()
    call.note_recording(second, sid=sid)
    # The first one was only slow. What Twilio did for it is not forgotten, and changes nothing.
    assert call.note_recording(first, sid=sid) == "recording"
    assert len(call.recordings) == 1


def test_what_the_notice_asked_for_and_nobody_started_can_be_asked_for_by_a_person(
    db: Connection, ours: Tenant
) -> None:
    allow(db, ours, "all")
    call = RecordedCall(db, ours)
    call.answer()
    call.hears_notice()
    assert call.ask_recording("start") == {"error": "busy"}
    # Twilio refuses while the lead hears the notice: it is asked again, and that is not a failure.
    (start,) = call.starts
    call.recording_event(
        "failed", None, recording_id=start["recording_id"], source="api", error="twilio_21220"
    )
    assert call.recording_state == "starting"
    db.execute("update public.recordings set asked_at = asked_at - interval '10 seconds'")
    asked = call.ask_recording("start")
    assert (todo(asked), asked["action"]["is_resumed"]) == ("start", True)
    assert asked["recording"]["recording_id"] == start["recording_id"]
    assert call.note_recording(asked, sid=new_recording_sid()) == "recording"


def test_after_a_pause_that_was_left_it_is_asked_again_whatever_twilio_did(
    call: RecordedCall,
) -> None:
    call.record(consent="agreed")
    for state in ("pause", "resume", "pause"):
        assert todo(call.ask_recording(state)) == state
        lease_ends(call)
    assert call.recording_state == "recording"


def test_what_twilio_refuses_to_start_has_failed_and_may_be_asked_again(
    call: RecordedCall,
) -> None:
    asked = call.ask_recording("start", "agreed")
    assert call.note_recording(asked, "failed", error="twilio_21220") == "failed"
    (row,) = call.recordings
    assert (row["state"], row["error"]) == ("failed", "twilio_21220")
    assert call.record().startswith("RE")
    assert [row["part"] for row in call.recordings] == [1, 2]
    assert call.recording_state == "recording"


def test_a_start_whose_answer_is_lost_is_found_by_the_scheduler(
    db: Connection, call: RecordedCall
) -> None:
    asked = call.ask_recording("start", "agreed")
    assert call.note_recording(asked, "released") == "starting"
    (work,) = claim(db)
    assert (work["todo"], work["known_sids"]) == ("find", [])
    again = step(db, work, "not_started")
    assert again is not None
    assert (again["todo"], again["call_sid"]) == ("start", call.lead_sid)
    assert step(db, again, "started", recording_sid=new_recording_sid()) is None
    assert call.recording_state == "recording"


def test_a_refusal_stops_deletes_and_is_final(db: Connection, call: RecordedCall) -> None:
    first = call.record(consent="agreed")
    call.recording_event("completed", first)
    (next_part,) = call.starts
    call.recording_event("in-progress", "RE2", recording_id=next_part["recording_id"], source="api")
    # Somebody is pausing at this moment: a refusal waits for nobody.
    call.ask_recording("pause")
    refused = call.ask_recording("stop", "refused")
    assert (todo(refused), refused["recording"]["recording_sid"]) == ("delete", "RE2")
    assert {row["wanted"] for row in call.recordings} == {"deleted"}
    assert {row["delete_reason"] for row in call.recordings} == {"refused"}
    assert call.note_recording(refused) == "refused"
    assert call.consent["refused_by"] == call.tenant.user_id
    for state in ("start", "pause", "resume"):
        assert call.ask_recording(state) == {"error": "recording_refused"}
    assert call.ask_recording("stop", "refused")["is_done"]
    assert {work["todo"] for work in claim(db)} == {"stop", "delete_at_twilio"}


def test_a_refusal_that_is_told_just_after_the_call_counts(
    db: Connection, ours: Tenant, call: RecordedCall
) -> None:
    sid = call.record(consent="agreed")
    call.end(call.lead_sid)
    call.recording_event("completed", sid)
    stranger = add_colleague(db, ours)
    assert call.ask_recording("stop", "refused", by=stranger) == {"error": "not_your_call"}
    assert call.ask_recording("stop", "refused")["is_done"]
    assert call.recordings[0]["wanted"] == "deleted"
    # Later, managers delete.
    db.execute(
        "update public.conversations set ended_at = now() - interval '2 hours' where id = %s",
        (call.id,),
    )
    assert call.ask_recording("stop", "refused") == {"error": "not_in_progress"}


def test_a_recording_that_starts_after_the_refusal_is_stopped(
    db: Connection, call: RecordedCall
) -> None:
    started = call.ask_recording("start", "agreed")
    assert call.ask_recording("stop", "refused")["is_done"]
    # control_fn learns from the answer that it must stop what it has just started.
    assert call.note_recording(started, sid="RE1") == "refused"
    (work,) = claim(db)
    assert (work["todo"], work["recording_sid"]) == ("stop", "RE1")


def test_who_is_signed_out_asks_nothing(db: Connection, call: RecordedCall) -> None:
    claims = f'{{"sub": "{call.tenant.user_id}", "session_id": "{uuid.uuid4()}"}}'
    db.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
    db.execute("set local role authenticated")
    row = db.execute("select public.ask_of_recording(%s, 'start', 'agreed')", (call.id,)).fetchone()
    assert row == ({"error": "signed_out"},)


def test_while_a_deleted_recording_goes_on_at_twilio_no_other_is_started(
    db: Connection, call: RecordedCall
) -> None:
    sid = call.record(consent="agreed")
    db.execute("select private.unwant_recordings(%s, 'request')", [call.id])
    assert call.ask_recording("start") == {"error": "busy"}
    assert len(call.recordings) == 1
    call.recording_event("completed", sid)
    assert call.ask_recording("start")["action"]["todo"] == "start"
