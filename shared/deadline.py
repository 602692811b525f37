"""The connection to another server: one time limit for the whole of a request, sent in one piece.

httpcore limits each read, so an answer that comes byte by byte would never end.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore


class Deadline:
    """When a thread's requests must be over; outside ``within`` there is no such time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = float("inf")

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Everything inside takes so many seconds at most, and no longer than what it is inside of;
        give or take the resolving of names."""
        outer = self._at
        self._at = min(outer, self._clock() + seconds)
        try:
            yield
        finally:
            self._at = outer

    @property
    def left(self) -> float:
        """Seconds; ``inf`` where there is no deadline."""
        return self._at - self._clock()

    def cut(self, timeout: float | None, error: type[Exception]) -> float | None:
        """``timeout``, or what is left if that is less. Raises ``error`` when nothing is."""
        left = self.left
        if left <= 0:
            raise error("the deadline has passed")
        return timeout if left == float("inf") else min(left, timeout or left)


class Backend(httpcore.SyncBackend):
    """The network of a connection: every connect, read and write keeps to ``deadline``."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.cut(timeout, httpcore.ConnectTimeout)
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """Sends what was written when it is read from: head and body of a request, which httpcore
    writes one after the other, in one piece. Each piece costs a packet, two system calls, and twice
    a wait for the other threads."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self._unsent = b""
        self._write_timeout: float | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            left = self._deadline.cut(self._write_timeout, httpcore.WriteTimeout)
            self._stream.write(unsent, left)
        return self._stream.read(max_bytes, self._deadline.cut(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._unsent += buffer
        self._write_timeout = timeout

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.cut(timeout, httpcore.ConnectTimeout)
        return _Stream(
            self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline
        )

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
