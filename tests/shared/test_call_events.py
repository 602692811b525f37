"""Twilio's callbacks as parameters of record_call_event."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from shared import call_events, errors
from shared.parsing import Form
from shared.rpc import CallEvent
from tests.endpoints import CALL_SID, LEAD_CALL_SID

COMPLETED = {
    "CallSid": LEAD_CALL_SID,
    "ParentCallSid": CALL_SID,
    "CallStatus": "completed",
    "SequenceNumber": "3",
    "Timestamp": "Wed, 18 Nov 2026 10:00:49 +0000",
    "CallDuration": "49",
    "Duration": "1",
    "CallbackSource": "call-progress-events",
}


def form(**changes: str | None) -> Form:
    return MultiDict({k: v for k, v in (COMPLETED | changes).items() if v is not None})


def event(**changes: str | None) -> CallEvent:
    return call_events.read_status_callback(form(**changes))


def test_a_callback_of_the_leads_leg_becomes_an_event_of_the_agents_call() -> None:
    assert event() == {
        "call_sid": LEAD_CALL_SID,
        "agent_call_sid": CALL_SID,
        "source": "status_callback",
        "status": "completed",
        "sequence_number": 3,
        "occurred_at": "2026-11-18T10:00:49+00:00",
        "duration_seconds": 49,
        "payload": COMPLETED,
        "call_leg_id": None,
        "conference_sid": None,
    }


@pytest.mark.parametrize("parent", [None, ""])
def test_a_callback_without_a_parent_is_about_the_agents_leg(parent: str | None) -> None:
    assert event(ParentCallSid=parent)["agent_call_sid"] == LEAD_CALL_SID


def test_a_duration_in_minutes_is_never_taken_for_seconds() -> None:
    assert event(CallDuration=None, Duration="1")["duration_seconds"] is None


LEG_ID = uuid.UUID("3f1a6a0e-58c4-4d7b-9a53-6d7c2b1e0f94")


def test_the_address_names_the_call_and_the_leg_that_was_asked_for() -> None:
    """The parent of a person to whom a lead was transferred is the lead's leg."""
    recorded = call_events.read_status_callback(form(ParentCallSid="CA9"), CALL_SID, LEG_ID)
    assert (recorded["agent_call_sid"], recorded["call_leg_id"]) == (CALL_SID, LEG_ID)
    assert recorded["call_sid"] == LEAD_CALL_SID


def test_the_end_of_a_dial_names_both_legs() -> None:
    fields = {
        "CallSid": CALL_SID,
        "CallStatus": "in-progress",
        "DialCallSid": LEAD_CALL_SID,
        "DialCallStatus": "completed",
        "DialCallDuration": "49",
        "DialBridged": "true",
    }
    assert call_events.read_dial_end(MultiDict(fields), "dial") == {
        "call_sid": CALL_SID,
        "agent_call_sid": CALL_SID,
        "after": "dial",
        "call_leg_id": None,
        "status": "completed",
        "dial_call_sid": LEAD_CALL_SID,
        "duration_seconds": 49,
        "payload": fields,
    }


def test_the_end_of_a_transfers_dial_is_of_the_call_in_its_address() -> None:
    fields = MultiDict({"CallSid": LEAD_CALL_SID, "DialCallStatus": "no-answer"})
    end = call_events.read_dial_end(fields, "transfer", CALL_SID, LEG_ID)
    assert (end["call_sid"], end["agent_call_sid"]) == (LEAD_CALL_SID, CALL_SID)
    assert (end["after"], end["call_leg_id"], end["status"]) == ("transfer", LEG_ID, "no-answer")


@pytest.mark.parametrize("dial_call_sid", [None, ""])
def test_a_dial_that_dialled_nobody_names_no_leg(dial_call_sid: str | None) -> None:
    fields = form(DialCallSid=dial_call_sid, DialCallStatus="failed", ParentCallSid=None)
    end = call_events.read_dial_end(fields, "dial")
    assert (end["dial_call_sid"], end["duration_seconds"]) == (None, None)


def test_a_leg_that_is_sent_to_the_room_comes_without_the_end_of_a_dial() -> None:
    fields = MultiDict({"CallSid": LEAD_CALL_SID})
    assert call_events.read_dial_end(fields, "room", CALL_SID)["status"] == "redirected"
    with pytest.raises(errors.InvalidRequest, match="DialCallStatus is missing"):
        call_events.read_dial_end(fields, "transfer", CALL_SID)


JOINED = {
    "ConferenceSid": "CF0123456789abcdef0123456789abcdef",
    "FriendlyName": "conversation_0",
    "StatusCallbackEvent": "participant-join",
    "SequenceNumber": "4",
    "Timestamp": "Wed, 18 Nov 2026 10:00:49 +0000",
    "CallSid": LEAD_CALL_SID,
    "ParticipantLabel": str(LEG_ID),
    "Hold": "false",
}


def room_form(**changes: str | None) -> Form:
    return MultiDict({k: v for k, v in (JOINED | changes).items() if v is not None})


def test_a_rooms_callback_becomes_an_event_of_the_call_in_its_address() -> None:
    assert call_events.read_conference_callback(room_form(), CALL_SID) == {
        "call_sid": LEAD_CALL_SID,
        "agent_call_sid": CALL_SID,
        "source": "conference",
        "status": "participant-join",
        "sequence_number": 4,
        "occurred_at": "2026-11-18T10:00:49+00:00",
        "duration_seconds": None,
        "payload": JOINED,
        "call_leg_id": LEG_ID,
        "conference_sid": JOINED["ConferenceSid"],
    }


def test_a_rooms_beginning_is_an_event_of_the_agents_leg() -> None:
    start = room_form(StatusCallbackEvent="conference-start", CallSid=None, ParticipantLabel=None)
    recorded = call_events.read_conference_callback(start, CALL_SID)
    assert (recorded["call_sid"], recorded["call_leg_id"]) == (CALL_SID, None)


@pytest.mark.parametrize("label", ["", "Ada", str(LEG_ID).upper(), f"{LEG_ID}\n", LEG_ID.hex])
def test_a_label_that_is_not_ours_names_no_leg(label: str) -> None:
    recorded = call_events.read_conference_callback(room_form(ParticipantLabel=label), CALL_SID)
    assert recorded["call_leg_id"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"ConferenceSid": "CA0"},
        {"ConferenceSid": "CF"},
        {"ConferenceSid": "CF" + "0" * 63},
        {"CallSid": "AC0"},
        {"StatusCallbackEvent": None},
    ],
)
def test_a_rooms_callback_that_names_nothing_is_refused(change: dict[str, str | None]) -> None:
    with pytest.raises(errors.InvalidRequest):
        call_events.read_conference_callback(room_form(**change), CALL_SID)


def test_callbacks_of_rooms_and_of_legs_are_told_apart() -> None:
    assert call_events.is_conference_callback(room_form())
    assert not call_events.is_conference_callback(form())
    # A participant's own callback may name its room.
    assert not call_events.is_conference_callback(form(ConferenceSid=JOINED["ConferenceSid"]))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("2147483647", 2147483647),
        ("2147483648", None),
        ("9" * 30, None),
        ("", None),
        (" 1", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("one", None),
        ("1\n", None),
        (None, None),
    ],
)
def test_an_odd_number_is_left_out_and_stays_in_the_payload(
    text: str | None, number: int | None
) -> None:
    recorded = event(SequenceNumber=text, CallDuration=text)
    assert recorded["sequence_number"] == number
    assert recorded["duration_seconds"] == number
    payload = recorded["payload"]
    assert isinstance(payload, dict)
    assert payload.get("SequenceNumber") == text
    assert payload.get("CallDuration") == text


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("Wed, 18 Nov 2026 10:00:49 +0000", "2026-11-18T10:00:49+00:00"),
        ("Wed, 18 Nov 2026 10:00:49 GMT", "2026-11-18T10:00:49+00:00"),
        ("Wed, 18 Nov 2026 02:00:49 -0800", "2026-11-18T02:00:49-08:00"),
        ("18 Nov 2026 10:00:49 +0000", "2026-11-18T10:00:49+00:00"),
        ("Wed, 31 Feb 2026 10:00:49 +0000", None),
        ("Wed, 18 Nov 2026 25:00:49 +0000", None),
        ("Wed, 18 Nov 2026 10:00:49 +9999999999999999999999", None),
        ("Wed, 18 Nov 99999999999999999999 10:00:49 +0000", None),
        ("2026-11-18T10:00:49Z", None),
        ("1763460049", None),
        ("yesterday", None),
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_a_timestamp_is_handed_on_as_iso_8601(text: str | None, timestamp: str | None) -> None:
    recorded = event(Timestamp=text)
    assert recorded["occurred_at"] == timestamp
    payload = recorded["payload"]
    assert isinstance(payload, dict)
    assert payload.get("Timestamp") == text


@settings(max_examples=200, deadline=None, database=None)
@given(st.text(max_size=40) | st.text("0123456789 :+-,WedNovGMT", max_size=40))
def test_no_timestamp_loses_an_event(text: str) -> None:
    timestamp = event(Timestamp=text)["occurred_at"]
    assert timestamp is None or datetime.fromisoformat(str(timestamp))


@pytest.mark.parametrize("offset", ["+1600", "-1600", "+2359"])
def test_a_timestamp_that_postgres_cannot_read_is_left_out(offset: str) -> None:
    timestamp = event(Timestamp=f"Wed, 18 Nov 2026 10:00:49 {offset}")["occurred_at"]
    if timestamp is not None:
        difference = datetime.fromisoformat(str(timestamp)).utcoffset()
        assert difference is not None
        assert abs(difference) < timedelta(hours=16)


def test_parameters_sent_several_times_keep_all_their_values() -> None:
    fields = MultiDict([*COMPLETED.items(), ("Digits", "1"), ("Digits", "2"), ("Digits", "1")])
    payload = call_events.read_status_callback(fields)["payload"]
    assert payload == COMPLETED | {"Digits": ["1", "2", "1"]}


def test_nul_bytes_are_replaced_where_postgres_cannot_store_them() -> None:
    recorded = call_events.read_status_callback(
        form(CallStatus="comp\x00leted") | MultiDict({"a\x00": "b\x00"})
    )
    assert recorded["status"] == "comp\ufffdleted"
    payload = recorded["payload"]
    assert isinstance(payload, dict)
    assert payload["a\ufffd"] == "b\ufffd"


def test_blank_parameters_stay_in_the_payload() -> None:
    payload = event(Called="")["payload"]
    assert isinstance(payload, dict)
    assert payload["Called"] == ""


def test_an_unknown_status_is_kept_as_it_is() -> None:
    assert event(CallStatus="on-hold")["status"] == "on-hold"
    assert event(CallStatus="x" * 300)["status"] == "x" * 64


@pytest.mark.parametrize(
    "sid",
    [
        "",
        "AC0",
        "ca0",
        "CA",
        "CA-1",
        "CA 1",
        "CA1\n",
        "CA" + "0" * 63,
        "CA\x00",
        "CAé",
        "+14155552671",
    ],
)
def test_a_text_that_is_not_a_call_sid_is_named(sid: str) -> None:
    words = "not a call SID" if sid else "missing"
    for name in ("CallSid", "ParentCallSid", "DialCallSid"):
        if sid or name == "CallSid":
            fields = form(DialCallStatus="busy", **{name: sid})
            in_vain = pytest.raises(errors.InvalidRequest, match=f"^{name} is {words}")
            if name == "DialCallSid":
                with in_vain:
                    call_events.read_dial_end(fields, "dial")
            else:
                with in_vain:
                    call_events.read_status_callback(fields)


def test_a_callback_without_a_status_names_what_is_missing() -> None:
    with pytest.raises(errors.InvalidRequest, match=r"^CallStatus is missing\.$"):
        event(CallStatus=None)
    with pytest.raises(errors.InvalidRequest, match=r"^DialCallStatus is missing\.$"):
        call_events.read_dial_end(form(), "dial")
