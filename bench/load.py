"""Keeps a function busy, over as many connections as it accepts requests at the same time. Each
connection sends its next request as soon as the last one is answered."""

from __future__ import annotations

import asyncio
import time

from bench.instance import answer_length


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, request: bytes, status: int, deadline: float) -> None:
        self._request = request
        self._status = b"HTTP/1.1 %d" % status
        self._deadline = deadline
        self._received = b""
        self.answered = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        length = answer_length(self._received)
        if length is None or len(self._received) < length:
            return
        if not self._received.startswith(self._status):
            self._fail(self._received[:200].decode(errors="replace"))
            return
        self._received = b""
        self.answered += 1
        if time.perf_counter() < self._deadline:
            self._transport.write(self._request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"the connection was lost: {error}")

    def _fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(reason))


async def _run(port: int, request: bytes, status: int, connections: int, seconds: float) -> int:
    loop = asyncio.get_running_loop()
    deadline = time.perf_counter() + seconds
    clients: list[_Client] = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: _Client(request, status, deadline), "127.0.0.1", port
        )
        clients.append(client)
    await asyncio.wait_for(asyncio.gather(*(client.done for client in clients)), seconds + 30)
    return sum(client.answered for client in clients)


def run(port: int, request: bytes, status: int, *, connections: int, seconds: float) -> int:
    """Sends requests for ``seconds``; returns how many were answered.

    Raises RuntimeError at the first answer whose status is not ``status``.
    """
    return asyncio.run(_run(port, request, status, connections, seconds))
