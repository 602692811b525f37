"""The calls that browsers placed, whichever socket they came over."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass

from simulator.browsers.browser_calls import Browser, BrowserCall
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
    """Places and keeps the calls of browsers."""

    def __init__(self, network: PhoneNetwork, timing: Timing, media_host: str) -> None:
        self.network = network
        self.timing = timing
        self.calls: dict[str, BrowserCall] = {}
        """By CallSid. Of ended calls, the latest thousand: a browser may come back late."""
        self._media_host = media_host
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
        browser_call = BrowserCall(call, temporary_sid, offer, browser, self._media_host)
        self.calls[call.sid] = browser_call
        self.in_background(self._follow(browser_call))

    def calls_over(self, browser: Browser) -> list[BrowserCall]:
        """The calls that are not over and use this socket."""
        return [call for call in self.calls.values() if call.browser is browser and not call.over]

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

    async def _follow(self, browser_call: BrowserCall) -> None:
        try:
            await browser_call.follow()
        finally:
            self._ended.append(browser_call.call.sid)
            while len(self._ended) > _KEPT_ENDED:
                self.calls.pop(self._ended.popleft(), None)

    def _background_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("signalling broke: %r", error)
