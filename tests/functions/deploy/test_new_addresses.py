"""Nobody knows how long Google takes until a new address answers. A deployment waits for minutes
and says how long it took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from functions.bundle import endpoints
from functions.doctor import smoke
from tests.endpoints import serving
from tests.functions.deploy.lab import Lab


def test_an_address_that_answers_after_four_minutes_is_waited_for(lab: Lab) -> None:
    lab.address_seconds = 4 * 60.0

    said = lab.deploy()

    assert all(lab.serving().values())
    assert "Google takes a while until a new address is known: trying for 5 minutes." in said
    assert "answered after 240 s." in said


def test_an_address_that_answers_at_once_is_not_spoken_of(lab: Lab) -> None:
    assert "answered after" not in lab.deploy()


def test_an_address_that_never_answers_stops_the_deployment(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    before = lab.serving()
    lab.address_seconds = float("inf")
    lab.waited += 1

    stopped = lab.stops()

    assert "answers 404" in str(stopped)
    assert lab.serving() == before


def test_a_function_that_answers_wrongly_is_not_waited_for_so_long(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    lab.cloud.on_change = lambda argv, when: broken(lab, argv, when)
    waited = lab.waited

    lab.stops()

    assert lab.waited - waited < 60


def broken(lab: Lab, argv: tuple[str, ...], when: str) -> None:
    if argv[:3] == ("run", "deploy", "token-fn") and when == "after":
        *_, newest = lab.cloud.services["token-fn"].revisions.values()
        newest.variables["HENK_VERSION"] = "another"


@contextmanager
def answering(status: int, headers: dict[str, str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as url:
        yield url


@pytest.mark.parametrize(("headers", "is_ours"), [({}, False), ({smoke.VERSION_HEADER: "1"}, True)])
def test_an_answer_is_ours_if_it_names_a_version(headers: dict[str, str], is_ours: bool) -> None:
    with answering(500, headers) as url, pytest.raises(smoke.SmokeTestFailed) as failed:
        smoke.check(endpoints()[0], url, "2")
    assert failed.value.is_ours is is_ours


def test_no_answer_is_not_ours() -> None:
    with pytest.raises(smoke.SmokeTestFailed) as failed:
        smoke.check(endpoints()[0], "http://127.0.0.1:1", "2")
    assert not failed.value.is_ours
