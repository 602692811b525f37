"""Each request asks the database once. A request that is refused before does not ask it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.canned_server import Answer, CannedServer
from tests.endpoints import (
    ACCOUNT_SID,
    CALL_SID,
    IDENTITY,
    LEAD_CALL_SID,
    loaded,
)
from tests.ways import WAYS

CALL = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": CALL_SID,
    "CallStatus": "ringing",
    "From": f"client:{IDENTITY}",
    "To": "+14155552671",
}
NO_TO = {name: value for name, value in CALL.items() if name != "To"}
BEGUN: dict[str, object] = {
    "conversation_id": "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa",
    "block_reason": None,
    "to_number": "+14155552671",
    "from_number": "+14155550100",
    "time_limit_seconds": 14400,
}
ANSWERS: dict[str, object] = {
    "begin_call": BEGUN,
    "preview_call": BEGUN | {"extension": None, "lead_id": None, "warnings": []},
    "grant_access_token": {
        "business_id": "c9b1a8f0-3c1e-4f0e-8a53-9d0a5b7e6f22",
        "caller_id": None,
    },
    "record_call_event": {"new": True, "conversation_id": None},
    "continue_call": {"new": True, "conversation_id": None, "next": "hang_up"},
    "conversations": [{"id": "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa", "legs": []}],
}

REFUSED: dict[str, Callable[[], TestResponse]] = {
    "token, not signed in": lambda: loaded("token_fn").browser({}, token=None),
    "token, forged": lambda: loaded("token_fn").browser({}, token="x.y.z"),
    "token, foreign page": lambda: loaded("token_fn").browser({}, origin="https://x.example"),
    "token, malformed": lambda: loaded("token_fn").browser({"businessId": "x"}),
    "preview, not signed in": lambda: loaded("twiml_fn").browser({"To": "1"}, token=None),
    "preview, without To": lambda: loaded("twiml_fn").browser({}),
    "call, forged": lambda: loaded("twiml_fn").twilio(CALL, signature="x"),
    "call, no CallSid": lambda: loaded("twiml_fn").twilio(CALL | {"CallSid": "x"}),
    "end of Dial, forged": lambda: loaded("twiml_fn").twilio(
        CALL, query="?after=dial", signature="x"
    ),
    "end of Dial, unknown": lambda: loaded("twiml_fn").twilio(CALL, query="?after=lunch"),
    "end of room, no call": lambda: loaded("twiml_fn").twilio(CALL, query="?after=room"),
    "end of transfer, no leg": lambda: loaded("twiml_fn").twilio(
        CALL, query=f"?after=transfer&call={CALL_SID}"
    ),
    "end of return, malformed leg": lambda: loaded("twiml_fn").twilio(
        CALL, query=f"?after=return&call={CALL_SID}&leg=x"
    ),
    "event, forged": lambda: loaded("status_fn").twilio(CALL, signature="x"),
    "event, no status": lambda: loaded("status_fn").twilio(CALL | {"CallStatus": ""}),
    "event, malformed call": lambda: loaded("status_fn").twilio(CALL, query="?call=x"),
    "event, malformed leg": lambda: loaded("status_fn").twilio(
        CALL, query=f"?call={CALL_SID}&leg=x"
    ),
    "event, leg without call": lambda: loaded("status_fn").twilio(
        CALL, query="?leg=0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
    ),
    "room, no call": lambda: loaded("status_fn").twilio(
        CALL | {"ConferenceSid": "CF1", "StatusCallbackEvent": "conference-start"}
    ),
    "control, not signed in": lambda: loaded("control_fn").browser({}, token=None),
    "control, malformed": lambda: loaded("control_fn").browser({"conversationId": "x"}),
    "conversation, not signed in": lambda: loaded("status_fn").browser(method="GET", token=None),
    "conversation, no id": lambda: loaded("status_fn").browser(method="GET"),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_request_asks_the_database_exactly_once(name: str, canned: CannedServer) -> None:
    way = WAYS[name]
    canned.on("*", way.path, Answer(body=ANSWERS[way.path.rpartition("/")[2]]))
    assert way.ask().status_code in (200, 204)
    assert len(canned.asked) == 1


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_without_the_database_does_not_ask_it(
    name: str, canned: CannedServer
) -> None:
    assert 400 <= REFUSED[name]().status_code < 500
    assert len(canned.asked) == 0


def test_numbers_are_read_without_the_database(canned: CannedServer) -> None:
    answer = loaded("numbers_fn").browser({"country": "US", "texts": ["(415) 555-0100"]})
    assert answer.status_code == 200
    assert len(canned.asked) == 0


def test_the_voice_sdks_test_call_asks_nothing(canned: CannedServer) -> None:
    form = NO_TO | {"DialCallSid": LEAD_CALL_SID}
    assert "<Say" in loaded("twiml_fn").twilio(form).text
    assert len(canned.asked) == 0
