"""What each endpoint answers when the database answers something odd, or nothing."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import TestResponse

from shared import database
from tests.canned_server import Answer, CannedServer
from tests.ways import BROWSER, TWILIO, WAYS, Way

# The outage, and how often the database is asked then.
UNREACHABLE = {"too late": (Answer(hangs=True), 1), "broken off": (Answer(breaks_off=True), 2)}


def refusal(status: int, code: str | None, message: str = "message") -> Answer:
    """An error of PostgREST. An error of a gateway in front of it has no code."""
    return Answer(status, {"message": message} | ({} if code is None else {"code": code}))


def page(status: int, content: str) -> Answer:
    """A page of a gateway."""
    return Answer(status, content=content.encode())


PASSING = {
    "gateway page": page(502, "<html>Bad gateway</html>"),
    "overloaded page": page(503, "<html>Unavailable</html>"),
    "timeout page": page(504, ""),
    "cloudflare": page(522, "error code: 522"),
    "page in place of an answer": page(200, "<html>Just a moment</html>"),
    "gateway without code": refusal(503, None, "name resolution failed"),
    "gateway limit": page(429, "slow down"),
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
    "moved": (Answer(301, headers={"Location": "https://x.example"}), "301"),
    "page 400": (page(400, "<html>Bad request</html>"), "400"),
    "page 403": (page(403, "<html>Forbidden</html>"), "403"),
    "page 404": (page(404, "<html>Not found</html>"), "404"),
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


@pytest.mark.parametrize("outage", UNREACHABLE)
def test_a_database_that_cannot_be_reached_is_unavailable(
    way: Way, outage: str, canned: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, times = UNREACHABLE[outage]
    if answer.hangs:
        monkeypatch.setattr(database, "TOTAL_SECONDS", 0.05)
    canned.on("*", way.path, answer)
    assert_unavailable(way.ask())
    assert len(canned.asked) == times


@pytest.mark.parametrize("trouble", PASSING)
def test_a_temporary_failure_is_unavailable(way: Way, trouble: str, canned: CannedServer) -> None:
    canned.on("*", way.path, PASSING[trouble])
    assert_unavailable(way.ask())
    assert len(canned.asked) == 1


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
    canned: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer, cause = WRONG[mistake]
    canned.on("*", way.path, answer)
    assert_set_up_wrong(way.ask(), cause, capsys)


@pytest.mark.parametrize("body", [None, 7, "text", [], [{}], True])
@pytest.mark.parametrize("name", [name for name in WAYS if name != "conversation"])
def test_an_answer_of_another_shape_is_a_wrong_set_up(
    name: str,
    body: object,
    canned: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    canned.on_post(WAYS[name].path, body)
    assert_set_up_wrong(WAYS[name].ask(), "did not answer a JSON object", capsys)


@pytest.mark.parametrize("body", [None, 7, "text", {"id": "1"}, ["text"], True])
def test_rows_of_another_shape_are_a_wrong_set_up(
    body: object, canned: CannedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    canned.on_get(WAYS["conversation"].path, body)
    assert_set_up_wrong(WAYS["conversation"].ask(), "did not answer a list of rows", capsys)


@pytest.mark.parametrize("name", [name for name in WAYS if name != "conversation"])
def test_an_answer_without_its_fields_is_a_wrong_set_up(
    name: str, canned: CannedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    canned.on_post(WAYS[name].path, {})
    assert_set_up_wrong(WAYS[name].ask(), "KeyError", capsys)


@pytest.mark.parametrize("code", ["PGRST301", "PGRST302", "PGRST303"])
@pytest.mark.parametrize("name", BROWSER)
def test_a_rep_whose_token_the_database_refuses_signs_in_again(
    name: str, code: str, canned: CannedServer
) -> None:
    canned.on("*", BROWSER[name].path, refusal(401, code, "JWT expired"))
    answer = BROWSER[name].ask()
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("code", ["PGRST301", "PGRST303"])
@pytest.mark.parametrize("name", TWILIO)
def test_a_webhook_jwt_that_the_database_refuses_is_a_wrong_set_up(
    name: str,
    code: str,
    canned: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    canned.on("*", TWILIO[name].path, refusal(401, code, "JWT expired"))
    assert_set_up_wrong(TWILIO[name].ask(), "SUPABASE_WEBHOOK_JWT", capsys)
