"""What one leg says and hears, from a moment on: a list of segments, of which the sound is made
afterwards.

Nothing is computed while the leg talks, so a scripted call of an hour that passes in a second has a
recording of an hour. Only the frames of browsers are kept, as they come. They take real time: with
a fast clock, a browser is silent in the rest of a segment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from simulator.calls.audio import LegAudio, present_frame
from simulator.calls.legs import Leg
from simulator.calls.sounds import FRAME_SAMPLES, SAMPLE_RATE, Sound

FRAMES_A_SECOND = SAMPLE_RATE // FRAME_SAMPLES
Pausing = Literal["silence", "skip"]


@dataclass(eq=False)
class Voice:
    """What a browser said: frames by their number, which others hear ``lag`` frames later."""

    frames: dict[int, bytes]
    lag: int


Source = Sound | float | Voice
"""A scripted sound, a tone in hertz, or a browser."""


@dataclass(frozen=True)
class Segment:
    """A part of a tape in which the leg says and hears the same."""

    frames: int
    own: tuple[Source, ...]
    heard: tuple[Source, ...]
    present: int
    """The number of the present frame when the segment began."""


@dataclass(frozen=True)
class _Present:
    """What the leg says and hears since ``begun``."""

    begun: float
    own: tuple[Source, ...]
    heard: tuple[Source, ...]
    pausing: Pausing | None
    frame: int
    """The number of the frame that was present then."""


class Tape:
    """Follows ``leg`` from ``started`` on, in simulated seconds since the call began."""

    def __init__(self, leg: Leg, started: float) -> None:
        self.leg = leg
        self.started = started
        self.segments: list[Segment] = []
        self._voices: dict[tuple[LegAudio, int], Voice] = {}
        self._present = self._look(started, None)
        leg.log.timeline.listeners.append(self.note)

    @property
    def frames(self) -> int:
        """How long the segments are, in frames."""
        return sum(segment.frames for segment in self.segments)

    def note(self) -> None:
        """The leg may say or hear something else from now on: from the latest moment of its call
        on, which the leg itself may not have reached."""
        leg = self.leg
        self.pause(min(leg.log.timeline.latest, leg.clock.now()), self._present.pausing)

    def pause(self, at: float, pausing: Pausing | None) -> None:
        """Pause from ``at`` on, or go on."""
        was = self._present
        now = self._look(max(at, was.begun), pausing)
        if (now.own, now.heard, now.pausing) != (was.own, was.heard, was.pausing):
            self._close(now.begun)
            self._present = now

    def finish(self, at: float) -> None:
        """The tape ends at ``at``. Call it once."""
        self._close(max(at, self._present.begun))
        self.leg.log.timeline.listeners.remove(self.note)
        for (audio, _), voice in self._voices.items():
            audio.forget(voice.frames)

    def stretch(self, seconds: float) -> None:
        """Make a finished tape at least so long: its last segment lasts longer."""
        missing = round(seconds * FRAMES_A_SECOND) - self.frames
        if missing > 0 and self.segments:
            last = self.segments[-1]
            self.segments[-1] = replace(last, frames=last.frames + missing)

    def _look(self, at: float, pausing: Pausing | None) -> _Present:
        audio = self.leg.audio
        own = () if pausing else self._said_by(audio, echoes=True)
        heard = () if pausing else self._heard_by(audio, echoes=True)
        return _Present(at, own, heard, pausing, present_frame())

    def _close(self, at: float) -> None:
        """What is present ends at ``at``."""
        was = self._present
        # Counted from the start, so that rounding does not add up.
        frames = self._frame(at) - self._frame(was.begun)
        if frames and was.pausing != "skip":
            self.segments.append(Segment(frames, was.own, was.heard, was.frame))

    def _frame(self, at: float) -> int:
        return round((at - self.started) * FRAMES_A_SECOND)

    def _said_by(self, audio: LegAudio, *, echoes: bool) -> tuple[Source, ...]:
        """What others hear of a party."""
        if audio.voice is None:
            return (self._voice(audio, audio.lag),)
        if audio.voice == "echo":
            # Two that echo each other would never end.
            return self._heard_by(audio, echoes=False) if echoes else ()
        return (audio.voice,)

    def _heard_by(self, audio: LegAudio, *, echoes: bool) -> tuple[Source, ...]:
        sources: list[Source] = []
        for source in audio.hears():
            if isinstance(source, LegAudio):
                sources += self._said_by(source, echoes=echoes)
            elif source == "echo":
                sources += self._said_by(audio, echoes=False)
            else:
                sources.append(source)
        return tuple(sources)

    def _voice(self, audio: LegAudio, lag: int) -> Voice:
        known = self._voices.get((audio, lag))
        if known is None:
            known = self._voices[audio, lag] = Voice(audio.keep(), lag)
        return known
