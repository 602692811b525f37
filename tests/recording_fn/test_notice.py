"""What a lead hears before they are connected, and what becomes of the recording after it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from werkzeug.test import TestResponse

from tests.canned_server import Answer, CannedServer
from tests.endpoints import CALL_SID, LEAD_CALL_SID, PUBLIC_BASE_URL, Endpoint, rpc
from tests.recording_fn.requests import ask_notice
from tests.recording_fn.world import (
    CONVERSATION_ID,
    EVENT,
    RECORDING_ID,
    RECORDING_SID,
    TWILIO,
    Recording,
)

BEGIN, END = rpc("begin_notice"), rpc("end_notice")
TEXT = "This call is recorded. If you do not agree, press 9 now."
START = {"recording_id": RECORDING_ID, "call_sid": LEAD_CALL_SID, "agent_call_sid": CALL_SID}
RECORDINGS = f"{TWILIO}/Calls/{LEAD_CALL_SID}/Recordings.json"
NOT_CONNECTED = Answer(400, {"code": 21220, "message": "x", "status": 400})
STORED = {"new": True, "recording_id": RECORDING_ID, "conversation_id": None, "start": None}


def ended(*, again: bool = False, start: object = None) -> dict[str, object]:
    return {"conversation_id": CONVERSATION_ID, "again": again, "start": start}


def verbs(answer: TestResponse) -> list[ElementTree.Element]:
    assert answer.status_code == 200
    assert answer.content_type == "text/xml; charset=utf-8"
    return list(ElementTree.fromstring(answer.text))


def notice_address(step: str) -> str:
    return f"{PUBLIC_BASE_URL}/recording?notice={step}&call={CALL_SID}#rc=2&rp=ct,rt,5xx"


def test_the_lead_hears_the_notice_and_may_press_a_key(
    recording: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(BEGIN, {"conversation_id": CONVERSATION_ID, "text": TEXT})
    gather, redirect = verbs(ask_notice(recording, "play"))
    assert gather.tag == "Gather"
    assert gather.attrib == {
        "input": "dtmf",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "1",
        "action": notice_address("key"),
        "method": "POST",
    }
    assert [(verb.tag, verb.text) for verb in gather] == [("Say", TEXT)]
    assert (redirect.tag, redirect.text) == ("Redirect", notice_address("end"))
    assert canned.only().json() == {"p_agent_call_sid": CALL_SID, "p_call_sid": LEAD_CALL_SID}


def test_without_a_notice_the_lead_is_connected(recording: Endpoint, canned: CannedServer) -> None:
    canned.on_post(BEGIN, {"conversation_id": None, "text": None})
    assert verbs(ask_notice(recording, "play")) == []


@pytest.mark.parametrize(
    ("digits", "key"), [("9", "9"), ("5", "5"), ("#", "#"), ("", ""), ("59", "9"), ("55", "5")]
)
def test_the_database_decides_what_a_key_means(
    recording: Endpoint, canned: CannedServer, digits: str, key: str
) -> None:
    canned.on_post(END, ended())
    assert verbs(ask_notice(recording, "key", Digits=digits)) == []
    assert canned.only().json()["p_digit"] == key


def test_another_key_plays_the_notice_again(recording: Endpoint, canned: CannedServer) -> None:
    canned.on_post(END, ended(again=True))
    (redirect,) = verbs(ask_notice(recording, "key", Digits="5"))
    assert (redirect.tag, redirect.text) == ("Redirect", notice_address("play"))


def test_after_the_notice_the_recording_starts(recording: Endpoint, canned: CannedServer) -> None:
    canned.on_post(END, ended(start=START))
    canned.on_post(RECORDINGS, Recording(status="in-progress").as_json(), 201)
    canned.on_post(EVENT, STORED)
    assert verbs(ask_notice(recording, "end")) == []
    assert canned.last(END).json()["p_digit"] is None
    assert dict(canned.last(RECORDINGS).form())["RecordingChannels"] == "dual"
    told = canned.last(EVENT).json()
    assert (told["p_source"], told["p_status"]) == ("api", "in-progress")
    assert (told["p_recording_id"], told["p_recording_sid"]) == (RECORDING_ID, RECORDING_SID)


def test_a_start_that_twilio_refuses_is_written_down(
    recording: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(END, ended(start=START))
    canned.on_post(RECORDINGS, {"code": 20001, "message": "x", "status": 400}, 400)
    canned.on_post(EVENT, STORED)
    assert verbs(ask_notice(recording, "end")) == []
    told = canned.last(EVENT).json()
    assert (told["p_status"], told["p_error"]) == ("failed", "twilio_20001")
    assert told["p_recording_sid"] is None


@pytest.mark.parametrize(
    "answer", [Answer(503), Answer(429), Answer(hangs=True), Answer(401), NOT_CONNECTED]
)
def test_whatever_twilio_does_the_lead_is_connected(
    recording: Endpoint,
    canned: CannedServer,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
) -> None:
    """Nothing is written: the scheduler asks Twilio what it did."""
    monkeypatch.setattr(recording.module, "START_SECONDS", 0.2)
    canned.on_post(END, ended(start=START))
    canned.on("POST", RECORDINGS, answer)
    assert verbs(ask_notice(recording, "end")) == []
    assert canned.asked_for(EVENT) == []


@pytest.mark.parametrize("step", ["play", "key", "end"])
@pytest.mark.parametrize("answer", [Answer(503), Answer(hangs=True), Answer(403, {})])
def test_without_the_database_the_lead_is_connected_and_not_recorded(
    recording: Endpoint,
    canned: CannedServer,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    answer: Answer,
) -> None:
    monkeypatch.setattr(recording.module, "NOTICE_SECONDS", 0.2)
    canned.on("POST", BEGIN, answer)
    canned.on("POST", END, answer)
    assert verbs(ask_notice(recording, step, Digits="9")) == []
    assert canned.asked_for(f"{TWILIO}/*") == []


@pytest.mark.parametrize("step", ["", "stop"])
def test_another_step_is_not_known(recording: Endpoint, canned: CannedServer, step: str) -> None:
    assert ask_notice(recording, step).status_code == 400


def test_a_notice_needs_the_call_and_the_leg(recording: Endpoint, canned: CannedServer) -> None:
    form = {"AccountSid": "AC0123456789abcdef0123456789abcdef", "CallSid": LEAD_CALL_SID}
    assert recording.twilio(form, query="?notice=play").status_code == 400
    assert recording.twilio(form, query="?notice=play&call=x").status_code == 400
    assert ask_notice(recording, "play", CallSid="x").status_code == 400
