"""POST /api/twilio/status: stores a callback of either leg."""

from __future__ import annotations

import pytest

from tests.canned_server import Answer, CannedServer
from tests.endpoints import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    CALL_SID,
    LEAD_CALL_SID,
    NEXT_AUTH_TOKEN,
    PUBLIC_BASE_URL,
    WEBHOOK_JWT,
    Endpoint,
    access_token,
    load,
    loaded,
    rpc,
    sign,
)

URL = rpc("record_call_event")
STORED = {"new": True, "conversation_id": "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"}
COMPLETED = {
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "CallSid": LEAD_CALL_SID,
    "ParentCallSid": CALL_SID,
    "CallStatus": "completed",
    "SequenceNumber": "3",
    "Timestamp": "Wed, 18 Nov 2026 10:00:49 +0000",
    "CallbackSource": "call-progress-events",
    "CallDuration": "49",
    "Duration": "1",
    "Direction": "outbound-dial",
    "From": "+12125550199",
    "To": "+14155552671",
    "Called": "+14155552671",
}


@pytest.fixture
def status() -> Endpoint:
    return loaded("status_fn")


def test_an_event_is_stored_in_one_request_as_the_webhook_role(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, STORED)
    answer = status.twilio(COMPLETED)
    assert answer.status_code == 204
    assert answer.data == b""
    assert canned.only().json() == {
        "p_call_sid": LEAD_CALL_SID,
        "p_agent_call_sid": CALL_SID,
        "p_source": "status_callback",
        "p_status": "completed",
        "p_sequence_number": 3,
        "p_occurred_at": "2026-11-18T10:00:49+00:00",
        "p_duration_seconds": 49,
        "p_payload": COMPLETED,
        "p_call_leg_id": None,
        "p_conference_sid": None,
    }
    assert canned.only().header("Authorization") == f"Bearer {WEBHOOK_JWT}"


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("conversation_id", [STORED["conversation_id"], None])
def test_new_duplicate_and_early_events_are_all_taken(
    status: Endpoint, new: bool, conversation_id: object, canned: CannedServer
) -> None:
    canned.on_post(URL, {"new": new, "conversation_id": conversation_id})
    assert status.twilio(COMPLETED).status_code == 204


def test_an_event_of_the_agents_leg_names_no_parent(status: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, STORED)
    agents = COMPLETED | {"CallSid": CALL_SID, "ParentCallSid": "", "Direction": "inbound"}
    assert status.twilio(agents).status_code == 204
    parameters = canned.only().json()
    assert parameters["p_call_sid"] == parameters["p_agent_call_sid"] == CALL_SID


def test_an_event_is_stored_without_its_odd_values(status: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, STORED)
    odd = {"SequenceNumber": "third", "CallDuration": "-1", "Timestamp": "noon", "Called": "\x00"}
    fields = [*(COMPLETED | odd).items(), ("Digits", "1"), ("Digits", "2")]
    assert status.twilio(fields).status_code == 204
    parameters = canned.only().json()
    for name in ("p_sequence_number", "p_duration_seconds", "p_occurred_at"):
        assert parameters[name] is None
    assert parameters["p_payload"] == COMPLETED | odd | {"Called": "\ufffd", "Digits": ["1", "2"]}


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("answer", [Answer(503), Answer(500, content=b"")])
def test_an_event_that_could_not_be_stored_is_sent_again(
    status: Endpoint, answer: Answer, canned: CannedServer
) -> None:
    canned.on("POST", URL, answer)
    response = status.twilio(COMPLETED)
    assert response.status_code == 503
    assert response.headers["Retry-After"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"CallSid": ""}, "CallSid is missing."),
        ({"CallSid": "x"}, "CallSid is not a call SID."),
        ({"ParentCallSid": "+14155552671"}, "ParentCallSid is not a call SID."),
        ({"CallStatus": ""}, "CallStatus is missing."),
    ],
)
def test_a_malformed_callback_names_the_parameter(
    status: Endpoint,
    changes: dict[str, str],
    message: str,
    canned: CannedServer,
) -> None:
    answer = status.twilio(COMPLETED | changes)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == {"code": "invalid_request", "message": message}
    assert not canned.asked


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "garbage",
        sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/twiml", COMPLETED.items()),
        sign(NEXT_AUTH_TOKEN, f"{PUBLIC_BASE_URL}/status", COMPLETED.items()),
        sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/status", {"CallStatus": "busy"}.items()),
    ],
)
def test_only_twilio_writes_events(status: Endpoint, signature: str, canned: CannedServer) -> None:
    headers = {"Authorization": f"Bearer {access_token()}", "Origin": "https://app.callhenk.com"}
    answer = status.twilio(COMPLETED, signature=signature, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == "invalid_signature"
    assert not canned.asked


def test_another_account_of_twilio_writes_no_events(status: Endpoint, canned: CannedServer) -> None:
    answer = status.twilio(COMPLETED | {"AccountSid": "AC" + "f" * 32})
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == "invalid_signature"
    assert not canned.asked


def test_events_are_taken_under_the_next_auth_token_too(canned: CannedServer) -> None:
    canned.on_post(URL, STORED)
    rotating = load("status_fn", TWILIO_AUTH_TOKEN_NEXT=NEXT_AUTH_TOKEN)
    for auth_token in (AUTH_TOKEN, NEXT_AUTH_TOKEN):
        signature = sign(auth_token, f"{PUBLIC_BASE_URL}/status", COMPLETED.items())
        assert rotating.twilio(COMPLETED, signature=signature).status_code == 204


def test_twilios_retry_token_and_fragment_change_nothing(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, STORED)
    headers = {"I-Twilio-Idempotency-Token": "5b1b9a7e", "User-Agent": "TwilioProxy/1.1"}
    # The address in the TwiML ends in #rc=…, but a fragment is never sent or signed.
    assert status.twilio(COMPLETED, headers=headers).status_code == 204


DETECTED = {
    "AccountSid": ACCOUNT_SID,
    "AnsweredBy": "machine_end_beep",
    "CallSid": LEAD_CALL_SID,
    "MachineDetectionDuration": "5320",
}


def test_who_has_answered_is_stored_for_the_call_that_the_address_names(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, STORED)
    answer = status.twilio(DETECTED, query=f"?call={CALL_SID}")
    assert answer.status_code == 204
    asked = canned.only().json()
    assert asked.pop("p_payload") == DETECTED
    assert {name: value for name, value in asked.items() if value is not None} == {
        "p_call_sid": LEAD_CALL_SID,
        "p_agent_call_sid": CALL_SID,
        "p_source": "amd",
        "p_status": "machine_end_beep",
    }


def test_a_leg_whose_progress_says_who_has_answered_is_still_in_progress(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, STORED)
    assert status.twilio(COMPLETED | {"AnsweredBy": "human"}).status_code == 204
    assert canned.only().json()["p_source"] == "status_callback"


@pytest.mark.parametrize(
    ("form", "query"),
    [
        (DETECTED, ""),
        (DETECTED, "?call=x"),
        ({**DETECTED, "CallSid": ""}, f"?call={CALL_SID}"),
    ],
)
def test_a_detection_that_names_no_call_is_refused(
    status: Endpoint, canned: CannedServer, form: dict[str, str], query: str
) -> None:
    assert status.twilio(form, query=query).status_code == 400
    assert canned.asked == []
