"""What each endpoint makes of what the database answers, or does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
import respx
from werkzeug.test import TestResponse

from shared.http_client import NoAnswer
from tests.endpoints import ACCOUNT_SID, CALL_SID, IDENTITY, REST, loaded, rpc


@dataclass(frozen=True)
class Way:
    """A request that asks the database, and where."""

    ask: Callable[[], TestResponse]
    url: str


CALL = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": CALL_SID,
    "CallStatus": "ringing",
    "DialCallStatus": "completed",
    "From": f"client:{IDENTITY}",
    "To": "+14155552671",
}
BROWSER = {
    "token": Way(lambda: loaded("token_fn").browser({}), rpc("grant_access_token")),
    "preview": Way(lambda: loaded("twiml_fn").browser({"To": "+14155552671"}), rpc("preview_call")),
    "conversation": Way(
        lambda: loaded("status_fn").browser(
            method="GET", query="?conversationId=0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
        ),
        f"{REST}/conversations",
    ),
}
TWILIO = {
    "begin call": Way(lambda: loaded("twiml_fn").twilio(CALL), rpc("begin_call")),
    "after dial": Way(
        lambda: loaded("twiml_fn").twilio(CALL, query="?after=dial"), rpc("record_call_event")
    ),
    "event": Way(lambda: loaded("status_fn").twilio(CALL), rpc("record_call_event")),
}
WAYS = BROWSER | TWILIO

# How often each is asked.
UNREACHABLE = {NoAnswer("too late", timed_out=True): 1, NoAnswer("broken"): 2}


def refusal(status: int, code: str | None, message: str = "message") -> httpx.Response:
    """An error as PostgREST words it; gateways in front of it send no code."""
    body = {"message": message} | ({} if code is None else {"code": code})
    return httpx.Response(status, json=body)


PASSING = {
    "gateway page": httpx.Response(502, html="<html>Bad gateway</html>"),
    "overloaded page": httpx.Response(503, html="<html>Unavailable</html>"),
    "timeout page": httpx.Response(504, text=""),
    "cloudflare": httpx.Response(522, text="error code: 522"),
    "page in place of an answer": httpx.Response(200, html="<html>Just a moment</html>"),
    "gateway without code": refusal(503, None, "name resolution failed"),
    "gateway limit": httpx.Response(429, text="slow down"),
    "connection": refusal(503, "PGRST000"),
    "pool": refusal(504, "PGRST003"),
    "schema cache": refusal(503, "PGRST002"),
    "shutting down": refusal(503, "57P01"),
    "starting": refusal(503, "57P03"),
    "statement timeout": refusal(500, "57014"),
    "lock timeout": refusal(500, "55P03"),
    "deadlock": refusal(500, "40P01"),
    "serialization": refusal(500, "40001"),
    "too many connections": refusal(503, "53300"),
    "connection failure": refusal(503, "08006"),
    "internal": refusal(500, "XX000"),
}
WRONG = {
    "no such function": (refusal(404, "PGRST202", "Could not find the function"), "PGRST202"),
    "no such table": (refusal(404, "PGRST205"), "PGRST205"),
    "no such column": (refusal(400, "42703"), "42703"),
    "no permission": (refusal(403, "42501", "permission denied for function"), "42501"),
    "bad parameter": (refusal(400, "22P02"), "22P02"),
    "raised": (refusal(400, "P0001"), "P0001"),
    "moved": (httpx.Response(301, headers={"Location": "https://x.example"}), "301"),
    "page 400": (httpx.Response(400, html="<html>Bad request</html>"), "400"),
    "page 403": (httpx.Response(403, html="<html>Forbidden</html>"), "403"),
    "page 404": (httpx.Response(404, html="<html>Not found</html>"), "404"),
    "no API key": (refusal(401, None, "No API key found"), "SUPABASE_PUBLISHABLE_KEY"),
    "wrong API key": (refusal(401, None, "Invalid API key"), "SUPABASE_PUBLISHABLE_KEY"),
}


pytestmark = pytest.mark.usefixtures("impatience")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def assert_unavailable(answer: TestResponse) -> None:
    assert answer.status_code == 503
    error = answer.get_json()["error"]
    assert error["code"] == "database_unavailable"
    assert "Try again" in error["message"]
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("error", UNREACHABLE, ids=str)
def test_a_database_that_cannot_be_reached_is_unavailable(
    way: Way, error: NoAnswer, respx_mock: respx.MockRouter
) -> None:
    respx_mock.route(url__startswith=way.url).mock(side_effect=error)
    assert_unavailable(way.ask())
    assert respx_mock.calls.call_count == UNREACHABLE[error]


@pytest.mark.parametrize("trouble", PASSING)
def test_a_trouble_that_passes_is_unavailable(
    way: Way, trouble: str, respx_mock: respx.MockRouter
) -> None:
    respx_mock.route(url__startswith=way.url).mock(return_value=PASSING[trouble])
    assert_unavailable(way.ask())
    assert respx_mock.calls.call_count == 1


def assert_set_up_wrong(
    answer: TestResponse, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer.status_code == 500
    error = answer.get_json()["error"]
    assert error == {
        "code": "phone_system_error",
        "message": "The phone system is not set up correctly. Tell your administrator.",
    }
    assert "Retry-After" not in answer.headers
    line = json.loads(capsys.readouterr().out)
    assert line["severity"] == "ERROR"
    assert cause in line["reason"]


@pytest.mark.parametrize(
    "mistake",
    WRONG,
)
def test_a_set_up_that_is_wrong_is_named_in_the_log_alone(
    way: Way,
    mistake: str,
    respx_mock: respx.MockRouter,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer, cause = WRONG[mistake]
    respx_mock.route(url__startswith=way.url).mock(return_value=answer)
    assert_set_up_wrong(way.ask(), cause, capsys)


@pytest.mark.parametrize("body", [None, 7, "text", [], [{}], True])
@pytest.mark.parametrize("name", [name for name in WAYS if name != "conversation"])
def test_an_answer_of_another_shape_is_a_wrong_set_up(
    name: str,
    body: object,
    respx_mock: respx.MockRouter,
    capsys: pytest.CaptureFixture[str],
) -> None:
    respx_mock.post(WAYS[name].url).respond(json=body)
    assert_set_up_wrong(WAYS[name].ask(), "answered no JSON object", capsys)


@pytest.mark.parametrize("body", [None, 7, "text", {"id": "1"}, ["text"], True])
def test_rows_of_another_shape_are_a_wrong_set_up(
    body: object, respx_mock: respx.MockRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    respx_mock.get(url__startswith=WAYS["conversation"].url).respond(json=body)
    assert_set_up_wrong(WAYS["conversation"].ask(), "answered no rows", capsys)


@pytest.mark.parametrize("name", [name for name in WAYS if name != "conversation"])
def test_an_answer_without_its_fields_is_a_wrong_set_up(
    name: str, respx_mock: respx.MockRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    respx_mock.post(WAYS[name].url).respond(json={})
    assert_set_up_wrong(WAYS[name].ask(), "KeyError", capsys)


@pytest.mark.parametrize("code", ["PGRST301", "PGRST302", "PGRST303"])
@pytest.mark.parametrize("name", BROWSER)
def test_a_rep_whose_token_the_database_refuses_signs_in_again(
    name: str, code: str, respx_mock: respx.MockRouter
) -> None:
    respx_mock.route(url__startswith=BROWSER[name].url).mock(
        return_value=refusal(401, code, "JWT expired")
    )
    answer = BROWSER[name].ask()
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("code", ["PGRST301", "PGRST303"])
@pytest.mark.parametrize("name", TWILIO)
def test_a_webhook_jwt_that_the_database_refuses_is_a_wrong_set_up(
    name: str,
    code: str,
    respx_mock: respx.MockRouter,
    capsys: pytest.CaptureFixture[str],
) -> None:
    respx_mock.post(TWILIO[name].url).mock(return_value=refusal(401, code, "JWT expired"))
    assert_set_up_wrong(TWILIO[name].ask(), "SUPABASE_WEBHOOK_JWT", capsys)
