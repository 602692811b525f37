"""POST /api/twilio/twiml?after=dial: a Dial has ended."""

from __future__ import annotations

import pytest

from tests.canned_server import CannedServer
from tests.endpoints import CALL_SID, LEAD_CALL_SID, WEBHOOK_JWT, Endpoint, loaded, rpc
from tests.twiml_fn.calls import CALL, CONVERSATION_ID, verbs

URL = rpc("continue_call")
ENDED = CALL | {
    "DialCallSid": LEAD_CALL_SID,
    "DialCallStatus": "completed",
    "DialCallDuration": "49",
    "DialBridged": "true",
}


@pytest.fixture
def twiml() -> Endpoint:
    return loaded("twiml_fn")


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("conversation_id", [CONVERSATION_ID, None])
def test_the_end_of_a_dial_is_recorded_and_ends_the_call(
    twiml: Endpoint, new: bool, conversation_id: str | None, canned: CannedServer
) -> None:
    canned.on_post(URL, {"new": new, "conversation_id": conversation_id, "next": "hang_up"})
    (hangup,) = verbs(twiml.twilio(ENDED, query="?after=dial"))
    assert hangup.tag == "Hangup"
    assert canned.only().json() == {
        "p_call_sid": CALL_SID,
        "p_agent_call_sid": CALL_SID,
        "p_after": "dial",
        "p_call_leg_id": None,
        "p_status": "completed",
        "p_dial_call_sid": LEAD_CALL_SID,
        "p_duration_seconds": 49,
        "p_payload": ENDED,
    }
    assert canned.only().header("Authorization") == f"Bearer {WEBHOOK_JWT}"


def test_a_dial_without_a_leg_is_recorded_under_the_agents_leg(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, {"new": True, "conversation_id": CONVERSATION_ID, "next": "hang_up"})
    twiml.twilio(CALL | {"DialCallStatus": "failed"}, query="?after=dial")
    parameters = canned.only().json()
    assert parameters["p_call_sid"] == parameters["p_agent_call_sid"] == CALL_SID
    assert parameters["p_dial_call_sid"] is None
    assert parameters["p_status"] == "failed"
    assert parameters["p_duration_seconds"] is None


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"DialCallStatus": ""}, "DialCallStatus"),
        ({"CallSid": ""}, "CallSid"),
        ({"DialCallSid": "x"}, "DialCallSid"),
    ],
)
def test_a_malformed_end_of_a_dial_is_refused(
    twiml: Endpoint, changes: dict[str, str], name: str, canned: CannedServer
) -> None:
    answer = twiml.twilio(ENDED | changes, query="?after=dial")
    assert answer.status_code == 400
    assert name in answer.get_json()["error"]["message"]
    assert not canned.asked


@pytest.mark.usefixtures("impatience")
def test_an_end_that_could_not_be_stored_is_sent_again(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, None, 503)
    answer = twiml.twilio(ENDED, query="?after=dial")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_the_end_of_a_dial_is_never_taken_for_the_beginning(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, {"new": True, "conversation_id": None, "next": "hang_up"})
    without_to = {name: value for name, value in ENDED.items() if name != "To"}
    (hangup,) = verbs(twiml.twilio(without_to, query="?after=dial"))
    assert hangup.tag == "Hangup"
