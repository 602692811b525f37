"""POST /api/twilio/control, drop_voicemail: what Storage and Twilio are asked."""

from __future__ import annotations

import pytest

from tests.canned_server import CANNED, Answer, CannedServer
from tests.control_fn.calls import MESSAGE_ID, SIGN, Database, plain_call
from tests.control_fn.scenes import DROP, dropping, left_with_the_message
from tests.endpoints import LEAD_CALL_SID, Endpoint, access_token, rpc
from tests.recording_fn.world import storage_refusal


@pytest.fixture
def database(canned: CannedServer) -> Database:
    database = dropping(plain_call())
    database.serve(canned)
    return database


def test_twilio_gets_an_address_of_15_minutes_that_the_rep_may_hear(
    control: Endpoint, canned: CannedServer, database: Database
) -> None:
    token = access_token()
    answer = control.browser(DROP, token=token)
    assert answer.status_code == 200, answer.text
    assert canned.last(rpc("ask_of_call")).json()["p_message_id"] == MESSAGE_ID
    asked = canned.last(SIGN)
    assert asked.header("Authorization") == f"Bearer {token}"
    assert asked.json() == {"expiresIn": "900"}
    assert database.twilio.played == [(LEAD_CALL_SID, f"{CANNED.url}{SIGN}?token=a.b.c")]
    ((_, twiml),) = database.twilio.redirected
    assert twiml.endswith("</Play><Hangup /></Response>")
    assert database.noted == ["dropped"]


@pytest.mark.parametrize(
    ("answer", "status", "code", "result"),
    [
        (storage_refusal(404, "Object not found"), 409, "no_message", "failed"),
        (Answer(500, {}), 503, "storage_unavailable", "released"),
        (Answer(breaks_off=True), 503, "storage_unavailable", "released"),
        (Answer(200, {"signedURL": None}), 503, "storage_unavailable", "released"),
        (storage_refusal(403, "jwt expired"), 500, "phone_system_error", "released"),
    ],
)
def test_without_an_address_the_call_goes_on_as_it_was(
    control: Endpoint,
    canned: CannedServer,
    database: Database,
    answer: Answer,
    status: int,
    code: str,
    result: str,
) -> None:
    canned.on("POST", SIGN, answer)
    told = control.browser(DROP)
    assert (told.status_code, told.get_json()["error"]["code"]) == (status, code)
    assert database.results == [result]
    assert database.twilio.redirected == []


def test_a_lead_who_may_have_heard_it_is_not_called_a_failure(
    control: Endpoint, database: Database
) -> None:
    """The function was killed after Twilio had played it, and the lead's leg has ended since."""
    database.action["is_resumed"] = True
    database.twilio.end(LEAD_CALL_SID)
    told = control.browser(DROP)
    assert (told.status_code, told.get_json()["error"]["code"]) == (409, "not_in_progress")
    assert database.results == []


def test_a_message_that_is_being_played_is_not_begun_again(
    control: Endpoint, canned: CannedServer, database: Database
) -> None:
    assert control.browser(DROP).status_code == 200
    database.results.clear()
    assert control.browser(DROP).status_code == 200
    assert left_with_the_message(database.twilio)
    assert database.results == [None, "done"]


@pytest.mark.parametrize("message", [None, "x", 7])
def test_a_message_has_an_id(control: Endpoint, canned: CannedServer, message: object) -> None:
    answer = control.browser(DROP | {"messageId": message})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "invalid_request")
    assert canned.asked == []
