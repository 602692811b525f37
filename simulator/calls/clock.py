"""Simulated time: one clock for the network, one timeline for each call, one for each leg."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
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
        real = None if math.isinf(seconds) else seconds * self.time_scale
        try:
            async with asyncio.timeout(real):
                await interruption.wait()
        except TimeoutError:
            return not interruption.is_set()
        return False

    async def delay(self, seconds: float) -> None:
        """Sleep ``seconds`` simulated seconds that count in no call."""
        if seconds > 0:
            await asyncio.sleep(seconds * self.time_scale)


class Timeline:
    """The time of day of one call and its latest moment, in seconds since the call began.

    It starts at the real time of day. With a fast clock, the timestamps of a call are ahead of real
    time, at most by the duration of the call.
    """

    def __init__(self) -> None:
        self._started_at = datetime.now(UTC)
        self.latest = 0.0
        """The latest moment that any leg of the call has reached."""
        self.listeners: list[Callable[[], None]] = []
        """Called when somebody in the call may hear something else from `latest` on."""

    def changed(self) -> None:
        """Somebody in the call may hear something else from now on."""
        for listener in list(self.listeners):
            listener()

    def at(self, elapsed: float) -> datetime:
        """The UTC time of day at ``elapsed`` seconds into the call."""
        return self._started_at + timedelta(seconds=elapsed)


class LegClock:
    """The logical time of one leg, in simulated seconds since its call began.

    A scripted duration counts exactly as scripted, even if the machine wakes us late: a talk of 7 s
    is reported as 7 s. Legs tell each other when something happened (`tell`), so that a leg that
    ends because another one ended at 10 s ends at 10 s too. Only what comes from outside is
    measured, such as a request to hang up.
    """

    def __init__(self, clock: Clock, timeline: Timeline, elapsed: float = 0.0) -> None:
        self._clock = clock
        self._timeline = timeline
        self._elapsed = elapsed
        self._anchor = clock.now()
        self._limit = elapsed
        """What `now` cannot pass before the leg wakes up."""
        self._told = elapsed
        self._from_outside = False
        self._wake = asyncio.Event()
        self._pass_to(elapsed)

    @property
    def elapsed(self) -> float:
        """The moment of the last thing that happened to the leg."""
        return self._elapsed

    def now(self) -> float:
        """The present moment, measured from the last thing that happened."""
        measured = self._elapsed + (self._clock.now() - self._anchor)
        return max(self._elapsed, min(measured, self._limit))

    def tell(self, at: float | None = None) -> None:
        """Wake the leg, because something happened at ``at``; None: just now, from outside."""
        if at is None:
            self._from_outside = True
        else:
            self._told = max(self._told, at)
        self._wake.set()

    def catch_up(self) -> None:
        """Go on to the latest moment that the leg was told of."""
        self._pass_to(self._told)

    async def wait(
        self,
        condition: Callable[[], bool],
        seconds: float = math.inf,
        until: Callable[[], float] = lambda: math.inf,
    ) -> bool:
        """Wait until ``condition`` holds; False if ``seconds`` pass, or the moment ``until()``
        comes, before that.

        Both are asked at once and whenever the leg was told something.
        """
        end = self._elapsed + seconds
        while True:
            deadline = min(end, until())
            if self._told > deadline:
                self._pass_to(deadline)
                return False
            self.catch_up()
            if condition():
                return True
            # Even if it is 0, others get their turn.
            left = max(0.0, deadline - self._elapsed)
            self._wake.clear()
            self._from_outside = False
            self._limit = deadline
            self._anchor = self._clock.now()
            if await self._clock.sleep(left, self._wake):
                self._pass_to(deadline)
                return False
            if self._from_outside:
                self._pass_to(self.now())

    @contextmanager
    def real_time(self) -> Iterator[None]:
        """Add the real duration of the body to the leg. The time of web requests is not scaled."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._pass_to(self._elapsed + time.monotonic() - started)

    def _pass_to(self, moment: float) -> None:
        self._elapsed = self._limit = max(self._elapsed, moment)
        self._anchor = self._clock.now()
        self._timeline.latest = max(self._timeline.latest, self._elapsed)
