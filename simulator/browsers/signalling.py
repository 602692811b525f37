"""The signalling server: accepts the sockets of browsers, and can break them on request."""

from __future__ import annotations

import asyncio
import logging
import time

from aiohttp import web

from simulator.browsers.browser_legs import Access, NoAudio, load_peer
from simulator.browsers.browser_socket import BrowserSocket
from simulator.browsers.conditions import NetworkConditions
from simulator.browsers.edges import location_of
from simulator.browsers.frames import MAX_FRAME_BYTES
from simulator.browsers.switchboard import Switchboard, Timing
from simulator.calls.network import PhoneNetwork

logger = logging.getLogger(__name__)

MAX_SOCKETS = 1000


class Signalling:
    """The sockets of all browsers."""

    def __init__(
        self, network: PhoneNetwork, timing: Timing | None = None, media_host: str = "127.0.0.1"
    ) -> None:
        self.sockets: set[BrowserSocket] = set()
        self.conditions = NetworkConditions()
        access = Access(media_host, self.conditions)
        self._switchboard = Switchboard(network, timing or Timing(), access)
        self._closed_until = 0.0

    @property
    def active(self) -> int:
        """How many calls of browsers are not over."""
        return self._switchboard.active

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it closes."""
        if time.monotonic() < self._closed_until or len(self.sockets) >= MAX_SOCKETS:
            return web.Response(status=503, text="no new sockets at the moment")
        websocket = web.WebSocketResponse(max_msg_size=MAX_FRAME_BYTES, timeout=1.0)
        await websocket.prepare(request)
        # A browser that connects is about to call. So the slow import starts now.
        self._switchboard.in_background(_load_audio())
        location = location_of(request.host)
        socket = BrowserSocket(self._switchboard, websocket, request.transport, location)
        self.sockets.add(socket)
        try:
            await socket.serve()
        finally:
            self.sockets.discard(socket)
            socket.leave()
        return websocket

    def drop_sockets(self, call_sid: str) -> int:
        """Break the socket of a leg's browser, or of all browsers in which it rings.

        Returns how many were broken.
        """
        leg = self._switchboard.calls.get(call_sid)
        browsers = leg.browsers() if leg else []
        for browser in browsers:
            browser.abort()
        return len(browsers)

    def cut(self, seconds: float, drop: bool) -> int:
        """Refuse new sockets for ``seconds``; with ``drop``, break all open ones too.

        Returns how many were broken.
        """
        self._closed_until = time.monotonic() + seconds
        sockets = list(self.sockets) if drop else []
        for socket in sockets:
            socket.abort()
        return len(sockets)

    async def close(self) -> None:
        """Close all sockets and free all audio."""
        self._closed_until = float("inf")
        await self._switchboard.close()
        await asyncio.gather(*(socket.close() for socket in self.sockets), return_exceptions=True)


async def _load_audio() -> None:
    try:
        await load_peer()
    except NoAudio as error:
        logger.warning("%s", error)
