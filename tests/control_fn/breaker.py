"""Breaks one request of a function, whether it is to Twilio or to the database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.http_client import HttpClient, NoAnswer, Response

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


class Breaker:
    """Spoils one request of a function, by its number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at: int | None = None
        self.count = 1
        self.fault: Fault = unheard
        self.only = ""
        self.sent = 0
        original = HttpClient.request

        def request(client: HttpClient, method: str, url: str, **more: object) -> Response:
            def send() -> Response:
                return original(client, method, url, **more)  # type: ignore[arg-type]

            if self.only not in f"{method} {url}":
                return send()
            self.sent += 1
            number = self.sent - 1
            is_hit = self.at is not None and self.at <= number < self.at + self.count
            return self.fault(send) if is_hit else send()

        monkeypatch.setattr(HttpClient, "request", request)

    def set(self, fault: Fault, at: int | None, only: str = "", count: int = 1) -> None:
        """From now on ``fault`` meets ``count`` requests from number ``at`` on, of those whose
        method and address have ``only`` in them. None: it meets none."""
        self.fault, self.at, self.only, self.count, self.sent = fault, at, only, count, 0
