"""POST /api/twilio/control with the action `record`: a recording starts, pauses, goes on, stops."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared import errors
from tests.canned_server import Answer, CannedServer
from tests.control_fn.calls import CONVERSATION_ID
from tests.endpoints import (
    ACCOUNT_SID,
    BUSINESS_ID,
    CALL_SID,
    LEAD_CALL_SID,
    PUBLIC_BASE_URL,
    REST,
    WEBHOOK_JWT,
    Endpoint,
    access_token,
    rpc,
)

TWILIO = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
ASK, NOTE = rpc("ask_of_recording"), rpc("note_recording_action")
SID = "RE00000000000000000000000000000001"
RECORDING_ID, ACTION_ID = str(uuid.UUID(int=501)), str(uuid.UUID(int=77))
OF_LEAD = f"{TWILIO}/Calls/{LEAD_CALL_SID}/Recordings"
OF_AGENT = f"{TWILIO}/Calls/{CALL_SID}/Recordings"
ONE = f"{TWILIO}/Recordings/{SID}.json"
NOWHERE = Answer(404, {"status": 404, "code": 20404, "message": "x"})
REFUSED = Answer(400, {"status": 400, "code": 21220, "message": "x"})


def shown(status: str, sid: str = SID) -> dict[str, object]:
    return {"sid": sid, "status": status, "source": "StartCallRecordingAPI"}


def listed(*recordings: dict[str, object]) -> dict[str, object]:
    return {"recordings": list(recordings), "next_page_uri": None}


def asked_for(todo: str | None, sid: str | None = SID, *, is_done: bool = False) -> dict[str, Any]:
    reference = {
        "recording_id": RECORDING_ID,
        "recording_sid": sid,
        "call_sid": LEAD_CALL_SID,
        "agent_call_sid": CALL_SID,
        "part": 1,
    }
    return {
        "is_done": is_done,
        "action": {"id": ACTION_ID, "todo": todo, "is_resumed": False} if todo else None,
        "recording": reference if todo else None,
        "conversation_id": CONVERSATION_ID,
        "business_id": BUSINESS_ID,
        "agent_call_sid": CALL_SID,
    }


@pytest.fixture
def twilio(canned: CannedServer) -> CannedServer:
    """Twilio, which records the lead's leg, and the database."""
    canned.on_get(f"{REST}/conversations", [{"id": CONVERSATION_ID}])
    canned.on_post(NOTE, {"recording_state": "recording"})
    canned.on_get(f"{OF_LEAD}.json", listed())
    canned.on_get(f"{OF_AGENT}.json", listed())
    return canned


def record(
    control: Endpoint, canned: CannedServer, state: str, asked: dict[str, Any], **more: str
) -> TestResponse:
    canned.on_post(ASK, asked)
    body = {"conversationId": CONVERSATION_ID, "action": "record", "state": state, **more}
    return control.browser(body)


def noted(canned: CannedServer) -> tuple[object, object, object]:
    """What was written down in the end: result, SID, error."""
    sent = canned.last(NOTE).json()
    assert (sent["p_action_id"], sent["p_agent_call_sid"]) == (ACTION_ID, CALL_SID)
    return sent["p_result"], sent["p_recording_sid"], sent["p_error"]


def test_a_recording_is_started_and_written_down(control: Endpoint, twilio: CannedServer) -> None:
    twilio.on_post(f"{OF_LEAD}.json", shown("in-progress"), 201)
    token = access_token()
    twilio.on_post(ASK, asked_for("start", None))
    body = {"conversationId": CONVERSATION_ID, "action": "record", "state": "start"}
    answer = control.browser(body | {"consent": "agreed"}, token=token)
    assert answer.get_json()["data"]["id"] == CONVERSATION_ID
    asked = twilio.last(ASK)
    assert asked.json() == {
        "p_conversation_id": CONVERSATION_ID,
        "p_state": "start",
        "p_consent": "agreed",
    }
    assert asked.header("Authorization") == f"Bearer {token}"
    assert dict(twilio.last(f"{OF_LEAD}.json").form())["RecordingStatusCallback"] == (
        f"{PUBLIC_BASE_URL}/recording?call={CALL_SID}&recording={RECORDING_ID}#rc=3&rp=ct,rt,5xx"
    )
    assert noted(twilio) == ("done", SID, None)
    assert twilio.last(NOTE).header("Authorization") == f"Bearer {WEBHOOK_JWT}"


def test_a_recording_that_goes_on_is_not_started_a_second_time(
    control: Endpoint, twilio: CannedServer
) -> None:
    """The function before was killed after Twilio had started it. Twilio may list it under the
    leg's parent."""
    ended = shown("completed", "RE2")
    twilio.on_get(f"{OF_AGENT}.json", listed(ended, shown("paused")))
    assert record(control, twilio, "start", asked_for("start", None)).status_code == 200
    assert noted(twilio) == ("done", SID, None)
    assert not [
        asked for asked in twilio.asked if asked.path.startswith(TWILIO) and asked.method == "POST"
    ]


@pytest.mark.parametrize(
    ("state", "form"),
    [
        ("pause", {"Status": "paused", "PauseBehavior": "silence"}),
        ("resume", {"Status": "in-progress"}),
        ("stop", {"Status": "stopped"}),
    ],
)
def test_a_recording_is_changed(
    control: Endpoint, twilio: CannedServer, state: str, form: dict[str, str]
) -> None:
    twilio.on_post(f"{OF_LEAD}/{SID}.json", shown(form["Status"]))
    assert record(control, twilio, state, asked_for(state)).status_code == 200
    assert dict(twilio.last(f"{OF_LEAD}/{SID}.json").form()) == form
    assert noted(twilio) == ("done", SID, None)


def test_a_recording_may_be_its_parents(control: Endpoint, twilio: CannedServer) -> None:
    twilio.on("POST", f"{OF_LEAD}/{SID}.json", NOWHERE)
    twilio.on_post(f"{OF_AGENT}/{SID}.json", shown("paused"))
    assert record(control, twilio, "pause", asked_for("pause")).status_code == 200
    assert noted(twilio) == ("done", SID, None)


@pytest.mark.parametrize(
    ("state", "status"), [("pause", "paused"), ("resume", "in-progress"), ("stop", "completed")]
)
def test_what_is_so_already_is_done(
    control: Endpoint, twilio: CannedServer, state: str, status: str
) -> None:
    twilio.on("POST", f"{OF_LEAD}/{SID}.json", REFUSED)
    twilio.on_get(ONE, shown(status))
    assert record(control, twilio, state, asked_for(state)).status_code == 200
    assert noted(twilio)[0] == "done"


@pytest.mark.parametrize("state", ["pause", "resume"])
@pytest.mark.parametrize("found", [Answer(body=shown("completed")), NOWHERE])
def test_a_recording_that_has_ended_cannot_be_changed(
    control: Endpoint, twilio: CannedServer, state: str, found: Answer
) -> None:
    twilio.on("POST", f"{OF_LEAD}/{SID}.json", REFUSED)
    twilio.on("GET", ONE, found)
    answer = record(control, twilio, state, asked_for(state))
    assert answer.get_json()["error"]["code"] == "not_in_progress"
    assert noted(twilio) == ("failed", None, "not_in_progress")


def test_a_lead_who_left_cannot_be_recorded(control: Endpoint, twilio: CannedServer) -> None:
    twilio.on("POST", f"{OF_LEAD}.json", REFUSED)
    lead = {"sid": LEAD_CALL_SID, "status": "completed"}
    twilio.on_get(f"{TWILIO}/Calls/{LEAD_CALL_SID}.json", lead)
    answer = record(control, twilio, "start", asked_for("start", None))
    assert answer.get_json()["error"]["code"] == "not_in_progress"
    assert noted(twilio) == ("failed", None, "not_in_progress")


def test_what_the_lead_refuses_is_stopped_and_deleted(
    control: Endpoint, twilio: CannedServer
) -> None:
    twilio.on_post(f"{OF_LEAD}/{SID}.json", shown("stopped"))
    twilio.on("DELETE", ONE, Answer(204))
    twilio.on_get(ONE, shown("deleted"))
    answer = record(control, twilio, "stop", asked_for("delete"), consent="refused")
    assert answer.status_code == 200
    order = [(asked.method, asked.path) for asked in twilio.asked]
    stopped, deleted = ("POST", f"{OF_LEAD}/{SID}.json"), ("DELETE", ONE)
    assert order.index(stopped) < order.index(deleted)
    assert noted(twilio) == ("done", SID, None)


def test_a_deletion_that_fails_is_left_to_the_scheduler(
    control: Endpoint, twilio: CannedServer
) -> None:
    twilio.on_post(f"{OF_LEAD}/{SID}.json", shown("stopped"))
    twilio.on("DELETE", ONE, Answer(500))
    answer = record(control, twilio, "stop", asked_for("delete"), consent="refused")
    assert answer.status_code == 200
    assert noted(twilio) == ("done", SID, None)


def test_a_refusal_while_the_recording_starts_ends_it(
    control: Endpoint, twilio: CannedServer
) -> None:
    twilio.on_post(NOTE, {"recording_state": "refused"})
    twilio.on_post(f"{OF_LEAD}.json", shown("in-progress"), 201)
    twilio.on_post(f"{OF_LEAD}/{SID}.json", shown("stopped"))
    twilio.on("DELETE", ONE, Answer(204))
    twilio.on("GET", ONE, NOWHERE)
    assert record(control, twilio, "start", asked_for("start", None)).status_code == 200
    assert [asked.method for asked in twilio.asked_for(ONE)] == ["DELETE", "GET"]


@pytest.mark.parametrize("answer", [Answer(503), Answer(429), Answer(401), Answer(breaks_off=True)])
def test_without_twilio_the_wish_may_be_repeated(
    control: Endpoint, twilio: CannedServer, answer: Answer
) -> None:
    twilio.on("POST", f"{OF_LEAD}/{SID}.json", answer)
    told = record(control, twilio, "pause", asked_for("pause"))
    assert told.status_code == (500 if answer.status == 401 else 503)
    assert noted(twilio)[0] == "released"


def test_what_is_done_asks_twilio_nothing(control: Endpoint, twilio: CannedServer) -> None:
    assert record(control, twilio, "pause", asked_for(None, is_done=True)).status_code == 200
    assert record(control, twilio, "stop", asked_for(None)).status_code == 200
    assert [each for each in twilio.asked if each.path.startswith(TWILIO)] == []
    assert twilio.asked_for(NOTE) == []


def test_a_wish_waits_for_another(control: Endpoint, twilio: CannedServer) -> None:
    twilio.on("POST", ASK, Answer(body={"error": "busy"}), Answer(body=asked_for(None)))
    body = {"conversationId": CONVERSATION_ID, "action": "record", "state": "pause"}
    assert control.browser(body).status_code == 200


def test_a_wish_does_not_wait_for_ever(
    control: Endpoint, twilio: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control.module, "WAIT_SECONDS", 0.1)
    answer = record(control, twilio, "pause", {"error": "busy"})
    assert answer.status_code == 409
    assert "recording" in answer.get_json()["error"]["message"]


@pytest.mark.parametrize(
    "kind",
    [
        errors.ConsentRequired,
        errors.RecordingOff,
        errors.RecordingRefused,
        errors.NotInProgress,
        errors.NotYourCall,
    ],
)
def test_a_refusal_of_the_database_is_passed_on(
    control: Endpoint, twilio: CannedServer, kind: type[errors.RequestError]
) -> None:
    answer = record(control, twilio, "start", {"error": kind.code})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (kind.status, kind.code)
    assert [each for each in twilio.asked if each.path.startswith(TWILIO)] == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"state": "record"},
        {"state": 1},
        {"state": "start", "consent": "refused"},
        {"state": "stop", "consent": "agreed"},
        {"state": "pause", "consent": "agreed"},
        {"state": "start", "consent": "yes"},
        {"state": "start", "consent": True},
    ],
)
def test_a_malformed_wish_is_refused(
    control: Endpoint, canned: CannedServer, fields: dict[str, object]
) -> None:
    body = {"conversationId": CONVERSATION_ID, "action": "record", **fields}
    assert control.browser(body).status_code == 400
