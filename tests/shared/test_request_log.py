"""A request leaves one line in the log, and no private value of the request is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from unittest import mock

import pytest
from werkzeug.test import TestResponse

from shared import logs
from shared.http_client import HttpClient, NoAnswer
from tests.canned_server import Answer, CannedServer
from tests.endpoints import (
    ACCOUNT_SID,
    API_KEY_SECRET,
    AUTH_TOKEN,
    BUSINESS_ID,
    CALL_SID,
    FORM,
    IDENTITY,
    JWT_SECRET,
    LEAD_CALL_SID,
    REST,
    USER_ID,
    WEBHOOK_JWT,
    access_token,
    load,
    loaded,
    rpc,
)

NUMBER, CALLER_ID = "+14155552671", "+12125550199"
CONVERSATION_ID = "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
CALL = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": CALL_SID,
    "From": f"client:{IDENTITY}",
    "To": NUMBER,
    "CallerId": CALLER_ID,
}
EVENT = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": LEAD_CALL_SID,
    "ParentCallSid": CALL_SID,
    "CallStatus": "completed",
    "To": NUMBER,
    "From": CALLER_ID,
}
TOKEN = access_token()

Ask = Callable[[], TestResponse]

# Each kind of request: how it is sent, what it asks the database, and the database's answer.
WAYS: dict[str, tuple[Ask, str, object]] = {
    "token": (
        lambda: loaded("token_fn").browser({"businessId": BUSINESS_ID}, token=TOKEN),
        rpc("grant_access_token"),
        {"business_id": BUSINESS_ID, "caller_id": CALLER_ID},
    ),
    "begin call": (
        lambda: loaded("twiml_fn").twilio(CALL),
        rpc("begin_call"),
        {
            "conversation_id": CONVERSATION_ID,
            "block_reason": None,
            "to_number": NUMBER,
            "from_number": CALLER_ID,
            "time_limit_seconds": 3600,
        },
    ),
    "after dial": (
        lambda: loaded("twiml_fn").twilio(
            CALL | {"DialCallStatus": "completed"}, query="?after=dial"
        ),
        rpc("continue_call"),
        {"conversation_id": CONVERSATION_ID, "new": True, "next": "hang_up"},
    ),
    "preview": (
        lambda: loaded("twiml_fn").browser({"To": NUMBER, "CallerId": CALLER_ID}, token=TOKEN),
        rpc("preview_call"),
        {
            "block_reason": None,
            "to_number": NUMBER,
            "from_number": CALLER_ID,
            "time_limit_seconds": 3600,
        },
    ),
    "event": (
        lambda: loaded("status_fn").twilio(EVENT),
        rpc("record_call_event"),
        {"conversation_id": CONVERSATION_ID, "new": True},
    ),
    "conversation": (
        lambda: loaded("status_fn").browser(
            method="GET", query=f"?conversationId={CONVERSATION_ID}", token=TOKEN
        ),
        f"{REST}/conversations",
        [{"id": CONVERSATION_ID, "to_number": NUMBER, "from_number": CALLER_ID}],
    ),
}

# Private values that databases and gateways put into their errors.
INDISCREET = (
    f"Key (to_number)=({NUMBER}) from {CALLER_ID}, (415) 555-2671; token {TOKEN};"
    f" webhook {WEBHOOK_JWT}; {AUTH_TOKEN}; sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz;"
    " Grace Hopper <grace@navy.example>, allergic to penicillin"
)
PRIVATE = re.compile(
    "|".join(
        [
            "4155552671",
            "2125550199",
            "555-2671",
            re.escape(TOKEN),
            *(re.escape(part) for part in (*TOKEN.split("."), *WEBHOOK_JWT.split("."))),
            AUTH_TOKEN,
            API_KEY_SECRET,
            JWT_SECRET,
            "sb_secret_",
            "(?i:hopper|grace|penicillin)",
        ]
    )
)


def only_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The one line that the request left in the log. Private values must not be in it."""
    captured = capsys.readouterr()
    assert not PRIVATE.search(captured.out + captured.err)
    assert captured.err == ""
    (line,) = captured.out.splitlines()
    entry = json.loads(line)
    assert isinstance(entry, dict)
    return entry


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[Ask, str, object]:
    return WAYS[request.param]


def test_a_success_leaves_one_line(
    way: tuple[Ask, str, object],
    canned: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask, path, answer = way
    canned.on("*", path, Answer(body=answer))
    response = ask()
    assert response.status_code in (200, 204)
    line = only_line(capsys)
    assert line["severity"] == "INFO"
    assert line["status"] == response.status_code
    assert line["request_id"] == response.headers["X-Request-Id"]
    assert line["path"] == response.request.path
    assert line["method"] == response.request.method
    assert "code" not in line
    assert isinstance(line["milliseconds"], float)


def test_an_error_of_the_database_leaves_one_line(
    way: tuple[Ask, str, object],
    canned: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask, path, _ = way
    refusal = {"code": "22P02", "message": INDISCREET, "details": INDISCREET}
    canned.on("*", path, Answer(400, refusal))
    response = ask()
    assert response.status_code == 500
    assert not PRIVATE.search(response.text)
    line = only_line(capsys)
    assert line["severity"] == "ERROR"
    assert line["code"] == "phone_system_error"
    assert "22P02" in str(line["reason"])
    assert line["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize("error", [NoAnswer("broken"), ValueError(INDISCREET)])
@pytest.mark.usefixtures("impatience")
def test_an_exception_leaves_one_line(
    way: tuple[Ask, str, object],
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask, _, _ = way
    monkeypatch.setattr(HttpClient, "request", mock.Mock(side_effect=error))
    response = ask()
    assert response.status_code in (500, 503)
    assert not PRIVATE.search(response.text)
    line = only_line(capsys)
    assert line["severity"] == "ERROR"
    assert line["code"] in ("phone_system_error", "database_unavailable")
    said = "the REST API: broken" if isinstance(error, NoAnswer) else "ValueError"
    assert said in str(line["reason"])


@pytest.mark.parametrize("secret", [API_KEY_SECRET, JWT_SECRET])
def test_a_secret_without_a_form_is_not_logged_either(
    secret: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(HttpClient, "request", mock.Mock(side_effect=ValueError(secret)))
    assert loaded("token_fn").browser({}).status_code == 500
    only_line(capsys)


REFUSALS: list[tuple[Ask, int, str]] = [
    (lambda: loaded("token_fn").browser({}, token=TOKEN + "x"), 401, "unauthenticated"),
    (
        lambda: loaded("token_fn").browser({}, origin=NUMBER, token=TOKEN),
        403,
        "unauthorized_domain",
    ),
    (
        lambda: loaded("token_fn").browser({"businessId": NUMBER}, token=TOKEN),
        400,
        "invalid_request",
    ),
    (lambda: loaded("token_fn").browser({}, method="PUT", token=TOKEN), 405, "method_not_allowed"),
    (lambda: loaded("twiml_fn").twilio(CALL, signature=AUTH_TOKEN), 403, "invalid_signature"),
    (lambda: loaded("twiml_fn").twilio(CALL | {"CallSid": "x"}), 400, "invalid_request"),
    (lambda: loaded("status_fn").twilio(EVENT | {"ParentCallSid": NUMBER}), 400, "invalid_request"),
    (
        lambda: loaded("status_fn").twilio(EVENT | {"AccountSid": "AC" + AUTH_TOKEN}),
        403,
        "invalid_signature",
    ),
    (
        lambda: loaded("status_fn").client.post(
            "/api/twilio/status", data=NUMBER, content_type="text/plain"
        ),
        415,
        "unsupported_media_type",
    ),
    (
        lambda: loaded("status_fn").browser(
            method="GET", query=f"?conversationId={NUMBER}", token=TOKEN
        ),
        400,
        "invalid_request",
    ),
    (lambda: loaded("status_fn").client.post(f"/{NUMBER}?t={TOKEN}", data="x"), 404, "not_found"),
    (
        lambda: loaded("status_fn").client.post(
            "/api/twilio/status", data=b"x" * 70_000, content_type=FORM
        ),
        413,
        "payload_too_large",
    ),
]


@pytest.mark.parametrize(("ask", "status", "code"), REFUSALS)
def test_a_refusal_leaves_one_line(
    ask: Ask, status: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    response = ask()
    assert response.status_code == status
    line = only_line(capsys)
    assert (line["severity"], line["status"], line["code"]) == ("WARNING", status, code)
    assert line["request_id"] == response.headers["X-Request-Id"]
    assert line["reason"]


def test_a_number_in_place_of_a_call_sid_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    assert loaded("twiml_fn").twilio(CALL | {"CallSid": NUMBER}).status_code == 400
    only_line(capsys)


def test_a_webhooks_line_says_which_call_it_was(
    canned: CannedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("begin call", "after dial", "event"):
        ask, path, answer = WAYS[name]
        canned.on_post(path, answer)
        ask()
        line = only_line(capsys)
        assert line["call_sid"] == CALL_SID
        assert line["conversation_id"] == CONVERSATION_ID


def test_a_reps_line_says_who_it_was(
    canned: CannedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    ask, path, answer = WAYS["token"]
    canned.on_post(path, answer)
    ask()
    line = only_line(capsys)
    assert (line["user_id"], line["business_id"]) == (USER_ID, BUSINESS_ID)


def test_a_request_is_found_under_cloud_runs_own_id(capsys: pytest.CaptureFixture[str]) -> None:
    trace = "105445aa7843bc8bf206b12000100000"
    client = loaded("token_fn").client
    response = client.get("/x", headers={"X-Cloud-Trace-Context": f"{trace}/1;o=1"})
    assert only_line(capsys)["request_id"] == response.headers["X-Request-Id"] == trace


@pytest.mark.parametrize("header", ["", "x", "/", "a" * 31, "a" * 33, "!" * 32, "é" * 16])
def test_an_odd_trace_header_is_ignored(header: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = loaded("token_fn").client
    response = client.get("/x", headers={"X-Cloud-Trace-Context": header})
    request_id = str(only_line(capsys)["request_id"])
    assert request_id == response.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", request_id)


def test_a_request_that_is_stopped_leaves_its_id_to_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint = loaded("status_fn")
    monkeypatch.setattr(endpoint.module, "record_event", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        endpoint.twilio(EVENT)
    assert logs.request_id.get() is None


def test_nothing_is_logged_at_start_up(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("token_fn", "twiml_fn", "status_fn"):
        load(folder)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
