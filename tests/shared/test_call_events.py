"""Twilio's callbacks as parameters of record_call_event."""

from __future__ import annotations

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


def test_the_end_of_a_dial_is_an_event_of_the_leads_leg() -> None:
    fields = {
        "CallSid": CALL_SID,
        "CallStatus": "in-progress",
        "DialCallSid": LEAD_CALL_SID,
        "DialCallStatus": "completed",
        "DialCallDuration": "49",
        "DialBridged": "true",
    }
    assert call_events.read_dial_action(MultiDict(fields)) == {
        "call_sid": LEAD_CALL_SID,
        "agent_call_sid": CALL_SID,
        "source": "dial_action",
        "status": "completed",
        "sequence_number": None,
        "occurred_at": None,
        "duration_seconds": 49,
        "payload": fields,
        "call_leg_id": None,
        "conference_sid": None,
    }


@pytest.mark.parametrize("dial_call_sid", [None, ""])
def test_a_dial_without_a_leg_is_an_event_of_the_agents_leg(
    dial_call_sid: str | None,
) -> None:
    fields = form(DialCallSid=dial_call_sid, DialCallStatus="failed", ParentCallSid=None)
    recorded = call_events.read_dial_action(fields)
    assert recorded["call_sid"] == recorded["agent_call_sid"] == LEAD_CALL_SID
    assert recorded["duration_seconds"] is None


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
            read = (
                call_events.read_dial_action
                if name == "DialCallSid"
                else call_events.read_status_callback
            )
            with pytest.raises(errors.InvalidRequest, match=f"^{name} is {words}"):
                read(fields)


def test_a_callback_without_a_status_names_what_is_missing() -> None:
    with pytest.raises(errors.InvalidRequest, match=r"^CallStatus is missing\.$"):
        event(CallStatus=None)
    with pytest.raises(errors.InvalidRequest, match=r"^DialCallStatus is missing\.$"):
        call_events.read_dial_action(form())
