"""The way of a browser's datagrams through its network, which loses and delays them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from itertools import count
from typing import Any, cast

from aioice import Connection

from simulator.browsers.conditions import Conditions, Way

Asked = Callable[[], Conditions]
"""The conditions of the browser now."""

_seeds = count()
"""Each connection loses other datagrams, and those of the n-th are the same in every run."""


def send_through(connection: Connection, conditions: Asked) -> None:
    """From now on everything that ``connection`` sends and receives passes a network with
    ``conditions``. Call it when candidates are gathered."""
    for protocol in connection._protocols:
        transport = protocol.transport
        outgoing = _Sending(transport, _Network("in", conditions))
        protocol.transport = cast("asyncio.DatagramTransport", outgoing)
        transport.set_protocol(_Receiving(protocol, transport, _Network("out", conditions)))


def is_sound(data: bytes) -> bool:
    """Whether a datagram is RTP. The others are STUN, DTLS and RTCP (RFC 7983, RFC 5761)."""
    return len(data) > 1 and 128 <= data[0] < 192 and not 64 <= data[1] & 0x7F < 96


class _Network:
    """One direction of a network."""

    def __init__(self, way: Way, conditions: Asked) -> None:
        self._way: Way = way
        self._conditions = conditions
        self._random = random.Random(next(_seeds))

    def carry(self, data: bytes, deliver: Callable[[], None]) -> None:
        """Deliver a datagram now, later or never."""
        conditions = self._conditions()
        if conditions.loses(self._way, is_sound(data), self._random.random()):
            return
        delay = conditions.delays(self._way, self._random.gauss(0, 1))
        if delay:
            asyncio.get_running_loop().call_later(delay, deliver)
        else:
            deliver()


class _Sending:
    """A transport that sends to the browser, as far as ICE uses it."""

    def __init__(self, transport: asyncio.DatagramTransport, network: _Network) -> None:
        self._transport = transport
        self._network = network

    def sendto(self, data: bytes, address: Any) -> None:
        """Send one datagram."""
        self._network.carry(data, lambda: self._send(data, address))

    def close(self) -> None:
        """Close the socket. What is on its way is lost."""
        self._transport.close()

    def _send(self, data: bytes, address: Any) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, address)


class _Receiving(asyncio.DatagramProtocol):
    """A protocol that receives from the browser."""

    def __init__(
        self,
        protocol: asyncio.DatagramProtocol,
        transport: asyncio.DatagramTransport,
        network: _Network,
    ) -> None:
        self._protocol = protocol
        self._transport = transport
        self._network = network

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """One datagram has come."""
        self._network.carry(data, lambda: self._receive(data, addr))

    def error_received(self, exc: Exception) -> None:
        """The system tells of an error."""
        self._protocol.error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._protocol.connection_lost(exc)

    def _receive(self, data: bytes, addr: Any) -> None:
        if not self._transport.is_closing():
            self._protocol.datagram_received(data, addr)
