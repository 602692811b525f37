"""Makes files of tapes: WAV as Twilio's (16 bits, 8,000 Hz), and MP3 with 32 kbit/s.

An hour of scripted sound repeats itself. Only what differs is encoded to MP3: its frames, which do
not depend on each other, are then repeated. PyAV is imported by the first MP3.
"""

from __future__ import annotations

import fractions
import math
import struct
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache

from simulator.calls import sounds
from simulator.calls.audio import mix
from simulator.calls.sounds import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, SILENT_FRAME, Sound
from simulator.calls.tape import Segment, Source, Voice

Layout = tuple[tuple[bool, bool], ...]
"""For each channel, whether it has what the leg says, and what the leg hears."""
SEPARATE: Layout = ((True, False), (False, True))
TOGETHER: Layout = ((True, True),)
OWN: Layout = ((True, False),)
HEARD: Layout = ((False, True),)

_BIT_RATE = 32_000
_MP3_SAMPLES = 576
"""In a frame of MP3 below 32,000 Hz."""
_DELAYED = 2
"""Frames that LAME puts before the sound: 1,105 samples."""
_MARGIN = 50
"""Frames of sound at both ends of a segment in which the encoder still knows its neighbours."""
_CHUNK = 250
"""Frames of sound that are passed on at once."""


def wav(segments: Sequence[Segment], layout: Layout) -> bytes:
    """The sound of ``segments`` as a file."""
    whole = [(segment, segment.frames) for segment in segments]
    samples = b"".join(_pcm(whole, layout))
    block = 2 * len(layout)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(samples),
        b"WAVE",
        b"fmt ",
        16,
        1,
        len(layout),
        SAMPLE_RATE,
        SAMPLE_RATE * block,
        block,
        16,
        b"data",
        len(samples),
    )
    return header + samples


def mp3(segments: Sequence[Segment], layout: Layout) -> bytes:
    """The sound of ``segments`` as a file, of whole frames of 72 ms."""
    shortened: list[tuple[Segment, int]] = []
    repeats: list[tuple[int, int, int]] = []
    position = 0
    for segment in segments:
        kept, period, times = _shorten(segment)
        if times:
            first = math.ceil((position + _MARGIN) * FRAME_SAMPLES / _MP3_SAMPLES)
            repeats.append((first, first + period * FRAME_SAMPLES // _MP3_SAMPLES, times))
        shortened.append((segment, kept))
        position += kept
    encoded = _encode(_pcm(shortened, layout), len(layout))
    encoded = encoded[_DELAYED:][: math.ceil(position * FRAME_SAMPLES / _MP3_SAMPLES)]
    parts: list[bytes] = []
    done = 0
    for first, end, times in repeats:
        parts += encoded[done:end] + encoded[first:end] * times
        done = end
    return b"".join(parts + encoded[done:])


def _shorten(segment: Segment) -> tuple[int, int, int]:
    """How many frames of ``segment`` have to be encoded, and how many of them how often again."""
    sources = {source for source in (*segment.own, *segment.heard) if not _is_empty(source)}
    if any(isinstance(source, Voice) for source in sources):
        return segment.frames, 0, 0
    samples = math.lcm(_period(tuple(sources)) * FRAME_SAMPLES, _MP3_SAMPLES, FRAME_SAMPLES)
    period = samples // FRAME_SAMPLES
    times = (segment.frames - 2 * _MARGIN - 4) // period - 1
    return (segment.frames - times * period, period, times) if times > 0 else (segment.frames, 0, 0)


def _pcm(segments: Sequence[tuple[Segment, int]], layout: Layout) -> Iterator[bytes]:
    """The samples of the first so many frames of each segment, in chunks."""
    position = 0
    for segment, kept in segments:
        lines = [
            _Line((segment.own if own else ()) + (segment.heard if heard else ()), segment.present)
            for own, heard in layout
        ]
        for first in range(0, kept, _CHUNK):
            numbers = range(first, min(first + _CHUNK, kept))
            channels = [b"".join(line.frame(position + n, n) for n in numbers) for line in lines]
            yield _interleaved(channels)
        position += segment.frames


class _Line:
    """The sum of ``sources``, frame by frame."""

    def __init__(self, sources: Sequence[Source], present: int) -> None:
        self._voices = [source for source in sources if isinstance(source, Voice) and source.frames]
        self._scripted = _scripted(
            tuple(source for source in sources if not isinstance(source, Voice))
        )
        self._present = present

    def frame(self, n: int, in_segment: int) -> bytes:
        """The ``n``-th frame of the tape, which is that of its segment with this number."""
        start = n * FRAME_BYTES % len(self._scripted)
        scripted = self._scripted[start : start + FRAME_BYTES]
        if not self._voices:
            return scripted
        present = self._present + in_segment
        said = [voice.frames.get(present - voice.lag, SILENT_FRAME) for voice in self._voices]
        return mix([*said, scripted])


@lru_cache(maxsize=64)
def _scripted(sources: tuple[Sound | float, ...]) -> bytes:
    """The sum of scripted sounds, until it repeats."""
    return b"".join(
        mix([sounds.voice(source, n) for source in sources]) for n in range(_period(sources))
    )


def _period(sources: Sequence[Source]) -> int:
    """After how many frames scripted sounds repeat together."""
    return math.lcm(*(sounds.period(source) for source in sources if not isinstance(source, Voice)))


def _is_empty(source: Source) -> bool:
    return isinstance(source, Voice) and not source.frames


def _interleaved(channels: Sequence[bytes]) -> bytes:
    if len(channels) == 1:
        return channels[0]
    samples = array("h", bytes(sum(map(len, channels))))
    for n, channel in enumerate(channels):
        samples[n :: len(channels)] = array("h", channel)
    return samples.tobytes()


def _encode(chunks: Iterator[bytes], channels: int) -> list[bytes]:
    """The frames of MP3, each of which can be decoded without the others."""
    from av import AudioCodecContext, AudioFrame, CodecContext

    encoder = CodecContext.create("libmp3lame", "w")
    assert isinstance(encoder, AudioCodecContext)
    layout = "stereo" if channels == 2 else "mono"
    encoder.sample_rate = SAMPLE_RATE
    encoder.layout = layout
    encoder.format = "s16p"
    encoder.bit_rate = _BIT_RATE
    encoder.time_base = fractions.Fraction(1, SAMPLE_RATE)
    encoder.options = {"compression_level": "9", "reservoir": "0"}
    frames: list[bytes] = []
    pts = 0
    for chunk in chunks:
        samples = len(chunk) // (2 * channels)
        frame = AudioFrame(format="s16", layout=layout, samples=samples)
        plane = frame.planes[0]
        # The plane is padded beyond its samples, for alignment.
        plane.update(chunk.ljust(plane.buffer_size, b"\0"))
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        frame.pts = pts
        pts += samples
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    return frames + [bytes(packet) for packet in encoder.encode(None)]
