"""Simulated time: one clock for the network, one timeline for each call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class Clock:
    """Simulated time. One simulated second takes ``time_scale`` real seconds."""

    def __init__(self, time_scale: float = 1.0) -> None:
        self.time_scale = time_scale
        self._started = time.monotonic()

    def now(self) -> float:
        """Simulated seconds since the clock was created."""
        return (time.monotonic() - self._started) / self.time_scale

    async def sleep(self, seconds: float, interruption: asyncio.Event) -> bool:
        """Sleep ``seconds`` simulated seconds (``inf``: for ever); False if interrupted before."""
        real = None if seconds == float("inf") else seconds * self.time_scale
        try:
            async with asyncio.timeout(real):
                await interruption.wait()
        except TimeoutError:
            return not interruption.is_set()
        return False


class Timeline:
    """The logical time of one call, in simulated seconds since it was placed.

    A scripted duration counts exactly as scripted, even if the machine wakes us late: a talk of 7 s
    is reported as 7 s. Only what comes from outside is measured, such as a request to hang up. Each
    timeline starts at the real time of day. With a fast clock, the timestamps of a call are ahead
    of real time, at most by the duration of the call.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_at = datetime.now(UTC)
        self.elapsed = 0.0

    def at(self, elapsed: float) -> datetime:
        """The UTC time of day at ``elapsed`` seconds into the call."""
        return self._started_at + timedelta(seconds=elapsed)

    async def wait(self, seconds: float, interruption: asyncio.Event) -> bool:
        """Let ``seconds`` pass; False if ``interruption`` was set before their end."""
        started = self._clock.now()
        if await self._clock.sleep(seconds, interruption):
            self.elapsed += seconds
            return True
        self.elapsed += min(seconds, self._clock.now() - started)
        return False

    async def delay(self, seconds: float) -> None:
        """Sleep ``seconds`` simulated seconds, which do not count in the call."""
        if seconds > 0:
            await self._clock.sleep(seconds, asyncio.Event())

    @contextmanager
    def real_time(self) -> Iterator[None]:
        """Add the real duration of the body to the call. The time of web requests is not scaled."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.elapsed += time.monotonic() - started
