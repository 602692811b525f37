"""What each leg says and hears: the network mixes the voices of those who are connected.

All audio is 16-bit mono at 8,000 Hz, in frames of 20 ms that are counted from the same moment for
all legs. A scripted voice is computed. A browser's voice is kept for two seconds, and whoever hears
the browser takes its frames from there, 100 ms late.
"""

from __future__ import annotations

import operator
import time
from array import array
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from simulator.calls import sounds
from simulator.calls.sounds import FRAME_BYTES, SILENT_FRAME, Sound

Heard = Literal["music", "ringback", "announcement", "echo", "beep"]
"""A sound of the network. Everything else that a leg hears is another leg."""

_FRAME_SECONDS = 0.02
_KEPT = 100
"""Frames of a browser's voice."""
_LAG = 5
"""Frames between what a browser says and what others hear, so that none is missing."""
_DRIFT = 10
"""Frames that a listener may be late, and a speaker early, before it starts afresh."""


class Connection(Protocol):
    """What connects a leg with others: a Dial, or a room."""

    def heard_by(self, audio: LegAudio) -> Sequence[LegAudio | Heard]:
        """Whom and what the leg hears now."""


class LegAudio:
    """What one leg says and hears. `frame` and `say` are the ends of a browser's audio."""

    def __init__(self, sid: str, changed: Callable[[], None] = lambda: None) -> None:
        self.sid = sid
        self.voice: Sound | float | None = None
        """What the party says: a scripted sound, or a tone in hertz. None: what `say` brings."""
        self._kept: list[dict[int, bytes]] = []
        """Where else what the party says is kept, for recordings: frames by their number."""
        self._changed = changed
        self._playing: Heard | None = None
        self._connection: Connection | None = None
        self.jitter = 0
        """Frames that others hear the party later, because a room evens out its jitter."""
        self._said: dict[int, bytes] = {}
        self._rest = b""
        self._next_said = 0
        self._next_heard = 0

    @property
    def playing(self) -> Heard | None:
        """What the leg's TwiML, or its Dial, plays to it. It hides everything else."""
        return self._playing

    @playing.setter
    def playing(self, sound: Heard | None) -> None:
        self._playing = sound
        self._changed()

    @property
    def connection(self) -> Connection | None:
        """What connects the leg with others."""
        return self._connection

    @connection.setter
    def connection(self, connection: Connection | None) -> None:
        self._connection = connection
        self._changed()

    def silence(self) -> None:
        """The leg has ended: it says and hears nothing any more."""
        self.playing = self.connection = None
        self._said.clear()

    def keep(self) -> dict[int, bytes]:
        """Keep what a browser says, from what is still known on, until `forget`."""
        kept = dict(self._said)
        self._kept.append(kept)
        return kept

    def forget(self, kept: dict[int, bytes]) -> None:
        """Add nothing more to ``kept``."""
        self._kept = [each for each in self._kept if each is not kept]

    def hears(self) -> Sequence[LegAudio | Heard]:
        """Whom and what the leg hears now."""
        if self.playing:
            return [self.playing]
        return self.connection.heard_by(self) if self.connection else []

    def frame(self) -> bytes:
        """The next frame that the party hears. Call it every 20 ms."""
        # Nobody has said anything yet for a listener who is early.
        self._next_heard = _near_now(self._next_heard, late=_DRIFT, early=0)
        n = self._next_heard
        self._next_heard += 1
        return self._mixed(n, echoes=True)

    def say(self, samples: bytes) -> None:
        """The party says ``samples``."""
        self._rest += samples
        while len(self._rest) >= FRAME_BYTES:
            # Listeners have passed a frame that is later than the lag.
            self._next_said = _near_now(self._next_said, late=_LAG - 2, early=_DRIFT)
            spoken, self._rest = self._rest[:FRAME_BYTES], self._rest[FRAME_BYTES:]
            self._said[self._next_said] = spoken
            for kept in self._kept:
                kept[self._next_said] = spoken
            self._next_said += 1
            while len(self._said) > _KEPT:
                del self._said[next(iter(self._said))]

    def said(self, n: int) -> bytes:
        """What others hear of the party in frame ``n``."""
        if self.voice is None:
            return self._said.get(n - self.lag, SILENT_FRAME)
        if self.voice == "echo":
            # Two that echo each other would never end.
            return self._mixed(n, echoes=False)
        return sounds.voice(self.voice, n)

    @property
    def lag(self) -> int:
        """How many frames later others hear what a browser says."""
        return _LAG + self.jitter

    def _mixed(self, n: int, *, echoes: bool) -> bytes:
        frames = []
        for source in self.hears():
            if isinstance(source, LegAudio):
                if echoes or source.voice != "echo":
                    frames.append(source.said(n))
            elif source == "echo":
                frames.append(self._said.get(n - _LAG, SILENT_FRAME))
            else:
                frames.append(sounds.frame(source, n))
        return mix(frames)


def mix(frames: Sequence[bytes]) -> bytes:
    """The sum of ``frames``, clipped."""
    loud = [frame for frame in frames if frame is not SILENT_FRAME]
    if len(loud) < 2:
        return loud[0] if loud else SILENT_FRAME
    total: list[int] = list(array("h", loud[0]))
    for frame in loud[1:]:
        total = list(map(operator.add, total, array("h", frame)))
    try:
        return array("h", total).tobytes()
    except OverflowError:
        return array("h", [min(max(sample, -32768), 32767) for sample in total]).tobytes()


def present_frame() -> int:
    """The number of the present frame."""
    return int(time.monotonic() / _FRAME_SECONDS)


def _near_now(n: int, *, late: int, early: int) -> int:
    """``n``, or the number of the present frame if ``n`` is not near it."""
    now = present_frame()
    return n if now - late <= n <= now + early else now
