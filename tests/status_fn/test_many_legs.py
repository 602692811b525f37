"""POST /api/twilio/status about legs that were asked for, and about the call's room."""

from __future__ import annotations

import pytest

from tests.canned_server import CannedServer
from tests.endpoints import ACCOUNT_SID, CALL_SID, Endpoint, loaded, rpc

URL = rpc("record_call_event")
STORED = {"new": True, "conversation_id": "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"}
LEG_ID = "5d1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
ADDED_SID = "CA00000000000000000000000000000003"
RINGING = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": ADDED_SID,
    "CallStatus": "ringing",
    "SequenceNumber": "1",
    "Direction": "outbound-api",
}
JOINED = {
    "AccountSid": ACCOUNT_SID,
    "ConferenceSid": "CF0123456789abcdef0123456789abcdef",
    "FriendlyName": "conversation_0b1f7a527a434d0a8f1c6f2f54d6f0aa",
    "StatusCallbackEvent": "participant-join",
    "SequenceNumber": "2",
    "Timestamp": "Fri, 27 Nov 2026 10:00:00 +0000",
    "CallSid": ADDED_SID,
    "ParticipantLabel": LEG_ID,
}


@pytest.fixture
def status() -> Endpoint:
    return loaded("status_fn")


def test_a_leg_that_was_asked_for_names_its_call_and_itself(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, STORED)
    assert status.twilio(RINGING, query=f"?call={CALL_SID}&leg={LEG_ID}").status_code == 204
    sent = canned.only().json()
    assert (sent["p_call_sid"], sent["p_agent_call_sid"]) == (ADDED_SID, CALL_SID)
    assert (sent["p_call_leg_id"], sent["p_source"]) == (LEG_ID, "status_callback")


def test_the_call_is_the_one_that_the_address_names_and_not_the_parent(
    status: Endpoint, canned: CannedServer
) -> None:
    """The parent of somebody to whom a lead was transferred is the lead's leg."""
    canned.on_post(URL, STORED)
    of_lead = RINGING | {"ParentCallSid": "CA00000000000000000000000000000002"}
    assert status.twilio(of_lead, query=f"?call={CALL_SID}&leg={LEG_ID}").status_code == 204
    assert canned.only().json()["p_agent_call_sid"] == CALL_SID


def test_an_event_of_the_room_is_an_event_of_its_call(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, STORED)
    assert status.twilio(JOINED, query=f"?call={CALL_SID}").status_code == 204
    sent = canned.only().json()
    assert (sent["p_source"], sent["p_status"]) == ("conference", "participant-join")
    assert (sent["p_call_sid"], sent["p_agent_call_sid"]) == (ADDED_SID, CALL_SID)
    assert sent["p_conference_sid"] == JOINED["ConferenceSid"]
    assert sent["p_sequence_number"] == 2


def test_another_room_is_refused(status: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, {"new": None, "conversation_id": None})
    answer = status.twilio(JOINED | {"FriendlyName": "lobby"}, query=f"?call={CALL_SID}")
    assert answer.status_code == 400
    assert "FriendlyName" in answer.get_json()["error"]["message"]


@pytest.mark.parametrize(
    "query",
    ["", "?call=", "?call=x", f"?leg={LEG_ID}", f"?call={CALL_SID}&leg=x"],
)
def test_an_address_that_names_no_call_is_refused(
    status: Endpoint, canned: CannedServer, query: str
) -> None:
    assert status.twilio(JOINED, query=query).status_code == 400
    assert not canned.asked
