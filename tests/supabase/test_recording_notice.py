"""The notice that the lead hears before they are connected, and the key with which they refuse."""

from __future__ import annotations

import psycopg
import pytest

from tests.supabase.asked import one
from tests.supabase.decisions import limit
from tests.supabase.recorded import RecordedCall, allow
from tests.supabase.tenants import Connection, Tenant, add_tenant, as_role


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def recorded_call(db: Connection, tenant: Tenant, mode: str, consent: str) -> RecordedCall:
    allow(db, tenant, mode, consent)
    return RecordedCall(db, tenant)


@pytest.mark.parametrize(
    ("mode", "consent", "starts"),
    [("all", "announce", True), ("all", "both", False), ("on_demand", "announce", False)],
)
def test_the_end_of_the_notice_starts_what_needs_no_more_consent(
    db: Connection, ours: Tenant, mode: str, consent: str, starts: bool
) -> None:
    call = recorded_call(db, ours, mode, consent)
    assert call.begin_notice()["conversation_id"] == str(call.id)
    answer = call.end_notice()
    assert answer["again"] is False
    # The lead's own callback may not have come yet: the end of the notice tells that they do.
    assert (answer["start"] is not None) is starts
    if starts:
        (row,) = call.recordings
        assert answer["start"] == {
            "recording_id": str(row["id"]),
            "call_sid": call.lead_sid,
            "agent_call_sid": call.sid,
        }
        assert (row["state"], row["asked_by"]) == ("asked", None)
    assert call.recording_state == ("starting" if starts else "waiting")
    # Twilio delivers it a second time.
    assert call.end_notice()["start"] is None
    assert len(call.recordings) == starts


def test_nobody_has_heard_a_notice_that_was_not_begun(db: Connection, ours: Tenant) -> None:
    call = recorded_call(db, ours, "all", "announce")
    assert call.end_notice() == {
        "conversation_id": str(call.id),
        "again": False,
        "start": None,
    }
    assert call.consent["notice_ended_at"] is None


@pytest.mark.parametrize("key", ["3", "*", ""])
def test_a_key_other_than_9_has_the_notice_played_from_its_beginning(
    db: Connection, ours: Tenant, key: str
) -> None:
    call = recorded_call(db, ours, "all", "announce")
    call.begin_notice()
    assert call.end_notice(key) == {
        "conversation_id": str(call.id),
        "again": True,
        "start": None,
    }
    assert call.consent["notice_ended_at"] is None
    assert call.begin_notice()["text"] is not None
    assert call.end_notice()["start"] is not None


def test_the_lead_refuses_with_9_for_good(db: Connection, ours: Tenant) -> None:
    call = recorded_call(db, ours, "all", "announce")
    call.begin_notice()
    assert call.end_notice("9")["again"] is False
    consent = call.consent
    assert (consent["refused_how"], consent["refused_by"]) == ("key", None)
    assert call.end_notice()["start"] is None
    assert call.begin_notice()["text"] is None
    call.answer()
    assert call.ask_recording("start", "agreed") == {"error": "recording_refused"}
    assert call.recording_state == "refused"
    assert call.recordings == []


@pytest.mark.parametrize(("mode", "consent"), [("off", "announce"), ("all", "confirm")])
def test_where_there_is_no_notice_nothing_is_heard(
    db: Connection, ours: Tenant, mode: str, consent: str
) -> None:
    call = recorded_call(db, ours, mode, consent)
    assert call.begin_notice() == {"conversation_id": str(call.id), "text": None}
    assert call.end_notice()["start"] is None
    assert call.end_notice("9")["again"] is False
    assert call.recording_state == (None if mode == "off" else "waiting")


def test_a_call_that_we_do_not_know_is_connected_without_a_recording(db: Connection) -> None:
    with as_role(db, "call_recorder"):
        unknown = one(db, "select public.begin_notice('CAx', 'CAy')")
        end = one(db, "select public.end_notice('CAx', 'CAy', null)")
    assert unknown == {"conversation_id": None, "text": None}
    assert end == {"conversation_id": None, "again": False, "start": None}


def test_nothing_is_recorded_after_a_stop_during_the_notice(db: Connection, ours: Tenant) -> None:
    call = recorded_call(db, ours, "all", "announce")
    call.answer()
    call.begin_notice()
    call.ask_recording("stop")
    assert call.end_notice()["start"] is None
    assert (call.recordings, call.recording_state) == ([], "waiting")
    # The lead has heard the notice, so somebody may still ask for a recording.
    assert call.ask_recording("start")["action"]["todo"] == "start"


def test_the_end_of_a_notice_that_comes_after_the_call_starts_nothing(
    db: Connection, ours: Tenant
) -> None:
    call = recorded_call(db, ours, "all", "announce")
    call.answer()
    call.begin_notice()
    call.end(call.lead_sid)
    assert call.end_notice()["start"] is None
    assert call.recordings == []


@pytest.mark.parametrize("text", ["a\x01b", "a\x1fb", "a\ufffe", "a\uffff", " \n"])
def test_a_notice_that_could_not_be_said_is_refused(
    db: Connection, ours: Tenant, text: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        limit(db, ours, recording_notice=text)
