"""POST /api/twilio/twiml?after=…: a Dial has ended, and the database says what comes next."""

from __future__ import annotations

from typing import Any

import pytest

from tests.canned_server import CannedServer
from tests.endpoints import (
    CALL_SID,
    IDENTITY,
    LEAD_CALL_SID,
    PUBLIC_BASE_URL,
    Endpoint,
    loaded,
    rpc,
)
from tests.twiml_fn.calls import CALL, CALLER_ID, CONVERSATION_ID, verbs

URL = rpc("continue_call")
LEG_ID = "5d1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
USER_ID = "1c1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
ROOM = f"conversation_{CONVERSATION_ID.replace('-', '')}"
OVERRIDES = "#rc=3&rp=ct,rt,5xx"
AGAIN = "#rc=2&rp=ct,rt,5xx"
TOLD: dict[str, Any] = {
    "new": True,
    "conversation_id": CONVERSATION_ID,
    "next": "hang_up",
    "room": None,
    "is_host": False,
    "label": None,
    "seconds_left": 4000,
    "from_number": CALLER_ID,
    "ring": None,
}
LEADS = CALL | {"CallSid": LEAD_CALL_SID, "DialCallStatus": "no-answer"}


@pytest.fixture
def twiml() -> Endpoint:
    return loaded("twiml_fn")


def join(label: str, *, is_host: bool) -> dict[str, Any]:
    return TOLD | {"next": "join_room", "room": ROOM, "label": label, "is_host": is_host}


def ring(after: str, **more: object) -> dict[str, Any]:
    ring = {"leg_id": LEG_ID, "identity": IDENTITY, "after": after} | more
    return TOLD | {"next": "ring", "ring": ring}


def test_the_rep_follows_the_lead_into_the_room_and_ends_it_by_leaving(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, join(LEG_ID, is_host=True))
    ended = CALL | {"DialCallStatus": "completed"}
    (dial,) = verbs(twiml.twilio(ended, query="?after=dial"))
    assert dial.attrib == {
        "timeLimit": "4000",
        "action": f"{PUBLIC_BASE_URL}/twiml?after=room&call={CALL_SID}{AGAIN}",
        "method": "POST",
    }
    (conference,) = dial
    assert (conference.tag, conference.text) == ("Conference", ROOM)
    assert conference.attrib == {
        "startConferenceOnEnter": "true",
        "endConferenceOnExit": "true",
        "beep": "false",
        "jitterBufferSize": "small",
        "maxParticipants": "10",
        "participantLabel": LEG_ID,
        "waitUrl": "",
        "statusCallback": f"{PUBLIC_BASE_URL}/status?call={CALL_SID}{OVERRIDES}",
        "statusCallbackEvent": "start end join leave mute hold modify",
        "statusCallbackMethod": "POST",
    }


@pytest.mark.parametrize("after", ["transfer", "return"])
def test_a_lead_whose_person_was_moved_joins_the_room_and_hears_music_while_waiting(
    twiml: Endpoint, canned: CannedServer, after: str
) -> None:
    canned.on_post(URL, join("the lead's leg", is_host=False))
    query = f"?after={after}&call={CALL_SID}&leg={LEG_ID}"
    (dial,) = verbs(twiml.twilio(LEADS | {"DialCallStatus": "completed"}, query=query))
    (conference,) = dial
    assert conference.attrib["endConferenceOnExit"] == "false"
    # Without it, Twilio plays its own music.
    assert "waitUrl" not in conference.attrib


@pytest.mark.parametrize("by", [USER_ID, None])
def test_somebody_is_rung_for_the_lead(
    twiml: Endpoint, canned: CannedServer, by: str | None
) -> None:
    canned.on_post(URL, ring("return", by=by))
    query = f"?after=transfer&call={CALL_SID}&leg={LEG_ID}"
    (dial,) = verbs(twiml.twilio(LEADS, query=query))
    assert dial.attrib == {
        "timeout": "20",
        "callerId": CALLER_ID,
        "timeLimit": "4000",
        "action": f"{PUBLIC_BASE_URL}/twiml?after=return&call={CALL_SID}&leg={LEG_ID}{AGAIN}",
        "method": "POST",
    }
    (client,) = dial
    assert client.tag == "Client"
    assert client.attrib == {
        "statusCallback": f"{PUBLIC_BASE_URL}/status?call={CALL_SID}&leg={LEG_ID}{OVERRIDES}",
        "statusCallbackEvent": "initiated ringing answered completed",
        "statusCallbackMethod": "POST",
    }
    identity, *parameters = client
    assert (identity.tag, identity.text) == ("Identity", IDENTITY)
    told = {each.attrib["name"]: each.attrib["value"] for each in parameters}
    expected = {"conversationId": CONVERSATION_ID, "reason": "return"}
    assert told == (expected | {"by": by} if by else expected)


@pytest.mark.parametrize("pause", [None, 2])
def test_one_who_was_not_there_a_moment_ago_is_rung_after_a_pause(
    twiml: Endpoint, canned: CannedServer, pause: int | None
) -> None:
    told = ring("return")
    told["ring"]["pause"] = pause
    canned.on_post(URL, told)
    query = f"?after=return&call={CALL_SID}&leg={LEG_ID}"
    *before, dial = verbs(twiml.twilio(LEADS, query=query))
    assert dial.tag == "Dial"
    assert [(verb.tag, verb.attrib) for verb in before] == (
        [("Pause", {"length": "2"})] if pause else []
    )


def test_a_lead_whom_nobody_takes_hears_an_apology(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, TOLD | {"next": "apologize"})
    query = f"?after=return&call={CALL_SID}&leg={LEG_ID}"
    say, hangup = verbs(twiml.twilio(LEADS, query=query))
    assert (say.tag, hangup.tag) == ("Say", "Hangup")
    assert "sorry" in str(say.text)


def test_the_address_names_the_call_and_the_leg(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, TOLD)
    ended = LEADS | {"DialCallSid": "CA00000000000000000000000000000003", "DialCallDuration": "5"}
    query = f"?after=transfer&call={CALL_SID}&leg={LEG_ID}"
    (hangup,) = verbs(twiml.twilio(ended, query=query))
    assert hangup.tag == "Hangup"
    assert canned.only().json() == {
        "p_call_sid": LEAD_CALL_SID,
        "p_agent_call_sid": CALL_SID,
        "p_after": "transfer",
        "p_call_leg_id": LEG_ID,
        "p_status": "no-answer",
        "p_dial_call_sid": "CA00000000000000000000000000000003",
        "p_duration_seconds": 5,
        "p_payload": ended,
    }


def test_a_lead_who_was_taken_out_of_a_room_asks_without_a_status(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, ring("return"))
    form = {name: value for name, value in LEADS.items() if name != "DialCallStatus"}
    (dial,) = verbs(twiml.twilio(form, query=f"?after=room&call={CALL_SID}"))
    assert dial.tag == "Dial"
    assert canned.only().json()["p_status"] == "redirected"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("?after=", "after"),
        ("?after=lunch", "after"),
        ("?after=room", "call"),
        ("?after=room&call=CA-1", "call"),
        (f"?after=transfer&call={CALL_SID}", "leg"),
        (f"?after=return&call={CALL_SID}&leg=x", "leg"),
    ],
)
def test_a_malformed_address_is_named(
    twiml: Endpoint, canned: CannedServer, query: str, name: str
) -> None:
    answer = twiml.twilio(LEADS, query=query)
    assert answer.status_code == 400
    assert name in answer.get_json()["error"]["message"]
    assert not canned.asked


def test_a_next_step_of_tomorrow_ends_the_leg(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, TOLD | {"next": "dance"})
    (hangup,) = verbs(twiml.twilio(LEADS, query=f"?after=room&call={CALL_SID}"))
    assert hangup.tag == "Hangup"
