"""How good the networks of browsers are: loss, jitter, delay, silence, audio that is blocked."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Literal

Way = Literal["in", "out"]
"""`in`: to the browser. `out`: from it."""


@dataclass(frozen=True)
class Conditions:
    """What happens to the datagrams of a browser's audio, those of ICE, DTLS and RTCP included."""

    loss: float = 0.0
    """The share of datagrams that never arrive, 0 to 1."""
    jitter_ms: float = 0.0
    """The jitter that a receiver measures by RFC 3550, about. The datagrams overtake each other."""
    delay_ms: float = 0.0
    """How much later datagrams arrive, each way."""
    ways: frozenset[Way] = frozenset(("in", "out"))
    """Where loss, jitter and delay happen."""
    audio_lost: Way | None = None
    """Where no packet of sound arrives, while ICE, DTLS and RTCP pass: one-way audio."""
    silence: Way | None = None
    """Datagrams arrive, and the sound in them is silence."""
    block_audio: bool = False
    """No datagram arrives, either way: a firewall blocks UDP."""

    def loses(self, way: Way, is_sound: bool, chance: float) -> bool:
        """Whether a datagram is lost; ``chance`` is a random number from 0 to 1."""
        return (
            self.block_audio
            or (is_sound and way == self.audio_lost)
            or (way in self.ways and chance < self.loss)
        )

    def delays(self, way: Way, deviation: float) -> float:
        """Seconds that a datagram is late; ``deviation`` is a random number of the standard
        normal distribution."""
        if way not in self.ways:
            return 0.0
        # A receiver leaves out what was overtaken, so that it measures less than the deviation.
        # This fits a simulation of packets of 20 ms, to a tenth up to 100 ms.
        spread = self.jitter_ms + self.jitter_ms**2 / 60
        return (self.delay_ms + max(0.0, 2 * spread + deviation * spread)) / 1000


PERFECT = Conditions()


class NetworkConditions:
    """Which browser has which conditions, by the identity in its access token."""

    def __init__(self) -> None:
        self._set: dict[str | None, tuple[Conditions, float]] = {}

    def put(self, identity: str | None, conditions: Conditions, seconds: float = math.inf) -> None:
        """From now on, for ``seconds``, browsers of ``identity`` have ``conditions``, also in calls
        that are in progress. None: all that have none of their own."""
        self._set[identity] = conditions, time.monotonic() + seconds

    def reset(self) -> None:
        """All networks are perfect again."""
        self._set.clear()

    def all(self) -> dict[str | None, Conditions]:
        """The conditions that are in force, by identity."""
        now = time.monotonic()
        return {who: conditions for who, (conditions, end) in self._set.items() if now < end}

    def of(self, identity: str) -> Conditions:
        """The conditions of a browser now."""
        for who in (identity, None):
            if who in self._set:
                conditions, end = self._set[who]
                if time.monotonic() < end:
                    return conditions
        return PERFECT
