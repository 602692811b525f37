"""One limit for all of a request, which httpcore has for each read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import httpcore
import pytest

from shared.deadline import Backend, Deadline
from tests.endpoints import serving


class Trickle(BaseHTTPRequestHandler):
    """Answers a byte every twentieth of a second: each in time, all of them never."""

    def do_GET(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n"
        if self.path == "/body":
            self.wfile.write(head + b"\r\n")
        try:
            for byte in head + b"x" * 900:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def trickling() -> Iterator[str]:
    with serving(Trickle) as address:
        yield address


@pytest.mark.parametrize("path", ["/head", "/body"])
def test_an_answer_that_trickles_ends_at_the_deadline(trickling: str, path: str) -> None:
    deadline = Deadline()
    with httpcore.ConnectionPool(network_backend=Backend(deadline)) as connection:
        started = time.monotonic()
        with deadline.within(0.4), pytest.raises(httpcore.ReadTimeout):
            connection.request("GET", trickling + path, extensions={"timeout": {"read": 5}})
        assert time.monotonic() - started < 3


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_timeout_is_cut_to_what_is_left() -> None:
    clock = Clock()
    deadline = Deadline(clock)
    with deadline.within(5):
        assert deadline.cut(2, httpcore.ReadTimeout) == 2
        clock.now += 4
        assert deadline.cut(2, httpcore.ReadTimeout) == 1
        assert deadline.cut(None, httpcore.ReadTimeout) == 1
        clock.now += 1
        with pytest.raises(httpcore.ReadTimeout):
            deadline.cut(2, httpcore.ReadTimeout)
    assert deadline.cut(2, httpcore.ReadTimeout) == 2
    assert deadline.cut(None, httpcore.ReadTimeout) is None


def test_a_deadline_inside_another_does_not_extend_it() -> None:
    clock = Clock()
    deadline = Deadline(clock)
    with deadline.within(5):
        clock.now += 4
        with deadline.within(5):
            assert deadline.left == 1
        assert deadline.left == 1
