"""At every request of every action, something breaks. Nobody is rung twice, the answer is clear,
and the same wish, asked again, is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared import database as shared_database
from shared import twilio_client
from shared.http_client import HttpClient, NoAnswer, Response
from tests.canned_server import CannedServer
from tests.control_fn.calls import Database
from tests.control_fn.scenes import SCENES
from tests.control_fn.twilio import BASE, Twilio
from tests.endpoints import LEAD_CALL_SID, Endpoint

Send = Callable[[], Response]
Fault = Callable[[Send], Response]


class Killed(BaseException):
    """The function's process is gone: nothing after this line happens."""


def killed_before(send: Send) -> Response:
    raise Killed


def killed_after(send: Send) -> Response:
    send()
    raise Killed


def unheard(send: Send) -> Response:
    raise NoAnswer("no answer in time", timed_out=True)


def unanswered(send: Send) -> Response:
    send()
    raise NoAnswer("no answer in time", timed_out=True)


def busy(send: Send) -> Response:
    return Response(429, b"{}", 7)


def down(send: Send) -> Response:
    return Response(500, b"{}", 0)


def done_and_down(send: Send) -> Response:
    send()
    return Response(502, b"<html>", 0)


def gone(send: Send) -> Response:
    return Response(404, b'{"status": 404, "code": 20404, "message": "not found"}', 0)


KILLS = {"killed before": killed_before, "killed after": killed_after}
# What a server of ours or of Twilio's may do.
OUTAGES = {
    "unheard": unheard,
    "unanswered": unanswered,
    "busy": busy,
    "down": down,
    "done and down": done_and_down,
}


class Breaker:
    """Spoils one request of a function, by its number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at: int | None = None
        self.fault: Fault = unheard
        self.only = ""
        self.sent = 0
        original = HttpClient.request

        def request(client: HttpClient, method: str, url: str, **more: object) -> Response:
            def send() -> Response:
                return original(client, method, url, **more)  # type: ignore[arg-type]

            if self.only not in url:
                return send()
            self.sent += 1
            return self.fault(send) if self.sent - 1 == self.at else send()

        monkeypatch.setattr(HttpClient, "request", request)

    def set(self, fault: Fault, at: int | None, only: str = "") -> None:
        self.fault, self.at, self.only, self.sent = fault, at, only, 0


@pytest.fixture
def breaker(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    monkeypatch.setattr(twilio_client, "TOTAL_SECONDS", 0.5)
    monkeypatch.setattr(shared_database, "PAUSES", ())
    return Breaker(monkeypatch)


def ask_again(control: Endpoint, breaker: Breaker, database: Database, name: str) -> None:
    """The same wish without a fault: it is done, and nobody was rung twice."""
    breaker.set(unheard, None)
    answer = control.browser(SCENES[name].body)
    assert answer.status_code == 200, answer.text
    assert SCENES[name].is_done(database.twilio), database.twilio.dialled
    assert database.results[-1] == "done"


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("kill", KILLS)
def test_a_function_that_was_killed_is_followed_by_one_that_ends_its_work(
    control: Endpoint, canned: CannedServer, breaker: Breaker, name: str, kill: str
) -> None:
    at, was_killed = 0, True
    while was_killed:
        database = SCENES[name].start()
        database.serve(canned)
        breaker.set(KILLS[kill], at)
        try:
            control.browser(SCENES[name].body)
            was_killed = False
        except Killed:
            at += 1
        ask_again(control, breaker, database, name)
    assert at > 3


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("server", [BASE, "/rest/v1"], ids=["Twilio", "database"])
def test_an_outage_is_a_clear_refusal_and_may_be_asked_again(
    control: Endpoint,
    canned: CannedServer,
    breaker: Breaker,
    name: str,
    outage: str,
    server: str,
) -> None:
    at = 0
    while True:
        database = SCENES[name].start()
        database.serve(canned)
        breaker.set(OUTAGES[outage], at, server)
        answer = control.browser(SCENES[name].body)
        if answer.status_code != 200:
            error = answer.get_json()["error"]
            assert (answer.status_code, error["code"]) in {
                (503, "twilio_unavailable"),
                (503, "database_unavailable"),
            }
            assert answer.headers["Retry-After"]
            assert SCENES[name].is_done(database.twilio) or "done" not in database.results
        reached = breaker.sent > at
        ask_again(control, breaker, database, name)
        if not reached:
            break
        at += 1
    assert at >= 1


@pytest.mark.parametrize("name", SCENES)
def test_a_lead_who_hangs_up_at_any_moment_is_a_409_or_was_served(
    control: Endpoint, canned: CannedServer, breaker: Breaker, name: str
) -> None:
    at = 0
    while True:
        database = SCENES[name].start()
        database.serve(canned)

        def hang_up(send: Send, twilio: Twilio = database.twilio) -> Response:
            twilio.end(LEAD_CALL_SID)
            return send()

        breaker.set(hang_up, at, BASE)
        answer = control.browser(SCENES[name].body)
        if answer.status_code != 200:
            assert answer.status_code == 409
            assert answer.get_json()["error"]["code"] == "not_in_progress"
            assert database.results[-1] == "failed"
        assert len(database.twilio.dialled) <= len(SCENES[name].rings)
        if breaker.sent <= at:
            break
        at += 1
