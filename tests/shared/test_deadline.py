"""One limit for all of a request, which httpcore has for each read."""

from __future__ import annotations

import socket
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


class Recorder(httpcore.MockStream):
    """A connection whose other side answers everything."""

    def __init__(self) -> None:
        super().__init__([b"HTTP/1.1 204 No Content\r\n\r\n"])
        self.sent: list[bytes] = []

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.sent.append(buffer)


def test_a_request_is_sent_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Recorder()
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *_: stream)
    with httpcore.ConnectionPool(network_backend=Backend(Deadline())) as connection:
        assert connection.request("POST", "http://127.0.0.1/", content=b"body").status == 204
    assert len(stream.sent) == 1
    assert stream.sent[0].startswith(b"POST / HTTP/1.1\r\n")
    assert stream.sent[0].endswith(b"\r\n\r\nbody")


def test_nothing_is_sent_after_the_deadline() -> None:
    clock = Clock()
    deadline = Deadline(clock)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        httpcore.ConnectionPool(network_backend=Backend(deadline)) as connection,
        deadline.within(5),
    ):
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def late() -> Iterator[bytes]:
            yield b"half"
            clock.now += 5

        with pytest.raises(httpcore.TimeoutException):
            connection.request("POST", url, headers={"Content-Length": "4"}, content=late())
        with server.accept()[0] as accepted:
            assert accepted.recv(1) == b""


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
