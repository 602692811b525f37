"""A proxy between the functions and a REST API, Supabase's or Twilio's. It passes everything on,
except what it was told to spoil."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Pass = Callable[[], bytes]
"""Asks the REST API; its answer as it goes over the wire."""


class Wire:
    """The connection to the client, for faults to use as they please."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def trickle(self, data: bytes) -> None:
        """A few bytes a second, until they are all sent or the client has had enough."""
        for position in range(len(data)):
            self.send(data[position : position + 1])
            if self.wait(0.3):
                return

    def wait(self, seconds: float) -> bool:
        """Waits for ``seconds``. If the client hangs up meanwhile, returns True at once."""
        for _ in range(round(seconds / 0.1)):
            if self._closing.is_set() or select.select([self._connection], [], [], 0.1)[0]:
                return True
        return False

    def reset(self) -> None:
        """Ends the connection with RST."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The socket is detached, because the server would send FIN first.
        os.close(self._connection.detach())


Fault = Callable[[Wire, Pass], None]
"""What happens to a request; the connection is closed after it."""


@dataclass
class _Spoiled:
    fault: Fault
    times: int | None


class Proxy:
    """Listens at ``url``; ``upstream`` is the port of the REST API on this machine."""

    def __init__(self, upstream: int) -> None:
        self.url = ""
        self.upstream = upstream
        self.closing = threading.Event()
        self.idle: set[socket.socket] = set()
        """Connections of clients between two requests."""
        self.passed = 0
        self._spoiled: dict[str, _Spoiled] = {}
        self._choosing: Callable[[bytes], Fault | None] | None = None
        self._lock = threading.Lock()

    def spoil(self, named: str, fault: Fault, times: int | None = None) -> None:
        """Requests that contain ``named`` in path or body, such as a call's SID, meet the fault: so
        many times, or until ``heal``."""
        with self._lock:
            self._spoiled[named] = _Spoiled(fault, times)

    def choose(self, choosing: Callable[[bytes], Fault | None]) -> None:
        """Lets ``choosing`` see path and body of each request and choose a fault, until ``heal``.
        It sees one request at a time."""
        with self._lock:
            self._choosing = choosing

    def heal(self) -> None:
        with self._lock:
            self._spoiled.clear()
            self._choosing = None

    def fault_for(self, request: bytes) -> Fault | None:
        with self._lock:
            for named, spoiled in self._spoiled.items():
                if named.encode() in request and spoiled.times != 0:
                    if spoiled.times is not None:
                        spoiled.times -= 1
                    return spoiled.fault
            return self._choosing(request) if self._choosing else None

    def drop_idle(self) -> int:
        """Closes the connections that are not in use, as a restart does. Returns their number."""
        with self._lock:
            idle, self.idle = self.idle, set()
        for connection in idle:
            connection.shutdown(socket.SHUT_RDWR)
        return len(idle)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = b"" if method == "HEAD" else answer.read()
        self.passed += 1
        kept = [
            (name, value)
            for name, value in answer.getheaders()
            if name.lower() not in ("connection", "content-length", "transfer-encoding")
        ]
        return written(answer.status, answer.reason, kept, content)


def written(status: int, reason: str, headers: list[tuple[str, str]], content: bytes) -> bytes:
    """An answer as bytes."""
    head = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    head.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + content


@contextmanager
def proxying(upstream: int) -> Iterator[Proxy]:
    proxy = Proxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            with proxy._lock:
                proxy.idle.add(self.connection)
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True
            finally:
                with proxy._lock:
                    proxy.idle.discard(self.connection)

        def answer(self) -> None:
            with proxy._lock:
                proxy.idle.discard(self.connection)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {
                name: value for name, value in self.headers.items() if name.lower() != "connection"
            }
            fault = proxy.fault_for(self.path.encode() + body)
            wire = Wire(self.connection, proxy.closing)
            if fault is not None:
                self.close_connection = True
                fault(wire, lambda: proxy.ask(self.command, self.path, headers, body))
                return
            try:
                wire.send(proxy.ask(self.command, self.path, headers, body))
            except (OSError, http.client.HTTPException):
                # The REST API does not answer, so the client gets no answer either.
                wire.reset()
                self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = do_OPTIONS = answer

        def log_message(self, *_args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True
        # The threads of faults that wait need not end before the server does.
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answers(status: int, content: str, content_type: str = "text/html") -> Fault:
    """Answers this. The REST API is not asked."""
    return lambda wire, _pass: wire.send(
        written(status, "x", [("Content-Type", content_type)], content.encode())
    )


def silence(wire: Wire, _pass: Pass) -> None:
    """Accepts the request and never answers."""
    wire.wait(60)


def slow(wire: Wire, ask: Pass) -> None:
    """Answers late, but in time."""
    answer = ask()
    wire.wait(1.0)
    wire.send(answer)


def late(wire: Wire, ask: Pass) -> None:
    """The REST API does what it was asked to do, but the answer comes too late."""
    answer = ask()
    wire.wait(60)
    wire.send(answer)


def hang_up(_wire: Wire, _pass: Pass) -> None:
    """Closes the connection without an answer."""


def reset(wire: Wire, _pass: Pass) -> None:
    """Resets the connection without an answer."""
    wire.reset()


def reset_when_done(wire: Wire, ask: Pass) -> None:
    """The REST API does what it was asked to do, but the connection is reset before the answer."""
    ask()
    wire.reset()


def cut_off_in_head(wire: Wire, ask: Pass) -> None:
    wire.send(ask()[:30])


def cut_off_in_body(wire: Wire, ask: Pass) -> None:
    wire.send(ask()[:-9])


def reset_in_body(wire: Wire, ask: Pass) -> None:
    wire.send(ask()[:-9])
    wire.reset()


def trickling_head(wire: Wire, ask: Pass) -> None:
    wire.trickle(ask())


def trickling_body(wire: Wire, ask: Pass) -> None:
    head, _, body = ask().partition(b"\r\n\r\n")
    wire.send(head + b"\r\n\r\n")
    wire.trickle(body)


def no_http(wire: Wire, _pass: Pass) -> None:
    wire.send(b"220 mail.example ESMTP\r\n")
