"""The calls of browsers, whichever socket they use, and who rings."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass

from simulator.browsers.browser_legs import Access, Browser, BrowserLeg
from simulator.browsers.placed_calls import PlacedCall
from simulator.browsers.received_calls import ReceivedCall
from simulator.browsers.registrations import Registrations
from simulator.calls.clients import Ringing
from simulator.calls.media_record import MediaRecord
from simulator.calls.network import PhoneNetwork

logger = logging.getLogger(__name__)

_KEPT_ENDED = 1000


@dataclass(frozen=True)
class Timing:
    """How long signalling waits, in real seconds."""

    heartbeat: float = 5.0
    """Between two heartbeats to a browser."""
    silence: float = 15.0
    """A browser that sends nothing for so long, not even heartbeats, is gone."""
    grace: float = 15.0
    """How long a call goes on after its browser's socket is lost."""


class Switchboard:
    """Places calls of browsers, rings browsers, and keeps both kinds of calls."""

    def __init__(self, network: PhoneNetwork, timing: Timing, access: Access) -> None:
        self.network = network
        self.timing = timing
        self.registrations = Registrations()
        network.clients.directories.append(self.registrations)
        self.calls: dict[str, BrowserLeg] = {}
        """By the CallSid of the browser's leg. Of ended calls, the latest thousand: a browser may
        come back late."""
        self._access = access
        self._ended: deque[str] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def active(self) -> int:
        """How many calls are not over."""
        return len(self.calls) - len(self._ended)

    def place_call(
        self,
        browser: Browser,
        token: str,
        temporary_sid: str,
        offer: str,
        params: Mapping[str, str],
    ) -> None:
        """Place the call of an invite. Raises TokenRefused."""
        call = self.network.place_call(token, params, {}, MediaRecord())
        placed = PlacedCall(call, temporary_sid, offer, browser, self._access)
        self._keep(placed, placed.follow())

    def call_of(self, ringing: Ringing) -> ReceivedCall:
        """The call that rings, which is kept from now on."""
        received = self.calls.get(ringing.leg.sid)
        if not isinstance(received, ReceivedCall):
            received = ReceivedCall(ringing, self.network.account.sid, self._access)
            self._keep(received, received.follow())
        return received

    def calls_over(self, browser: Browser) -> list[BrowserLeg]:
        """The calls of this socket that are not over, also those that ring there."""
        return [call for call in self.calls.values() if browser in call.browsers()]

    def in_background(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run ``work`` until it ends or `close` cancels it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._background_done)
        return task

    async def close(self) -> None:
        """Cancel all background work and free all audio."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, leg: BrowserLeg, following: Coroutine[object, object, None]) -> None:
        self.calls[leg.leg.sid] = leg
        self.in_background(self._follow(leg, following))

    async def _follow(self, leg: BrowserLeg, following: Coroutine[object, object, None]) -> None:
        try:
            await following
        finally:
            self._ended.append(leg.leg.sid)
            while len(self._ended) > _KEPT_ENDED:
                self.calls.pop(self._ended.popleft(), None)

    def _background_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("signalling broke: %r", error)
