"""Simulated time: one clock for the network, one timeline for each call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class Clock:
    """Runs faster or slower than real time: ``time_scale`` real seconds per simulated second."""

    def __init__(self, time_scale: float = 1.0) -> None:
        self.time_scale = time_scale
        self._started = time.monotonic()

    def now(self) -> float:
        """Simulated seconds since the clock was made."""
        return (time.monotonic() - self._started) / self.time_scale

    async def sleep(self, seconds: float, interruption: asyncio.Event) -> bool:
        """Sleep that many simulated seconds (``inf``: for ever); False if interrupted before."""
        real = None if seconds == float("inf") else seconds * self.time_scale
        try:
            async with asyncio.timeout(real):
                await interruption.wait()
        except TimeoutError:
            return not interruption.is_set()
        return False


class Timeline:
    """The logical time of one call, in simulated seconds since it was placed.

    What a script says takes exactly as long as it says, however late the machine wakes us, so
    that a scripted talk of 7 s is reported as 7 s. Only an event from outside, such as a request
    to hang up, is measured. Each timeline starts at the real time of day: with a fast clock the
    timestamps of a call lead the real time by no more than the call lasts.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_at = datetime.now(UTC)
        self.elapsed = 0.0

    def at(self, elapsed: float) -> datetime:
        """The UTC time of day at ``elapsed`` seconds into the call."""
        return self._started_at + timedelta(seconds=elapsed)

    async def wait(self, seconds: float, interruption: asyncio.Event) -> bool:
        """Let ``seconds`` pass; False if ``interruption`` cut them short."""
        started = self._clock.now()
        if await self._clock.sleep(seconds, interruption):
            self.elapsed += seconds
            return True
        self.elapsed += min(seconds, self._clock.now() - started)
        return False

    async def delay(self, seconds: float) -> None:
        """Sleep that many simulated seconds, of which the call knows nothing."""
        if seconds > 0:
            await self._clock.sleep(seconds, asyncio.Event())

    @contextmanager
    def real_time(self) -> Iterator[None]:
        """Count the body's real duration: web requests are never scaled."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.elapsed += time.monotonic() - started
