"""Computes the sounds that a browser hears: 16-bit mono at 8,000 Hz."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Literal

Sound = Literal["silence", "ringback", "speech", "announcement", "echo", "music", "beep"]

SAMPLE_RATE = 8000
FRAME_SAMPLES = 160
"""20 ms, as in a packet of telephony."""
FRAME_BYTES = 2 * FRAME_SAMPLES
SILENT_FRAME = bytes(FRAME_BYTES)

_PERIODS: Mapping[Sound, int] = {
    "silence": 1,
    "echo": 1,
    "beep": 50,
    "music": 100,
    "speech": 200,
    "announcement": 200,
    "ringback": 300,
}
"""In frames."""

_AUDIBLE = 200
"""Samples below this value, 44 dB under full scale, count as silence."""


def is_silent(samples: bytes) -> bool:
    """Whether all 16-bit samples, in this machine's byte order, are nearly zero."""
    values = array("h", samples)
    return not values or (max(values) < _AUDIBLE and min(values) > -_AUDIBLE)


def frame(sound: Sound, n: int) -> bytes:
    """The ``n``-th frame of a sound, which repeats for ever. For an echo it is silence."""
    match sound:
        case "ringback":
            samples = _ringback()
        case "speech":
            samples = _speech(pitch=115.0, syllables_per_second=4.0)
        case "announcement":
            samples = _speech(pitch=210.0, syllables_per_second=5.0)
        case "music":
            samples = _melody()
        case "beep":
            return tone(_BEEP_HERTZ, n)
        case "silence" | "echo":
            return SILENT_FRAME
    start = n * FRAME_BYTES % len(samples)
    return samples[start : start + FRAME_BYTES]


def voice(spoken: Sound | float, n: int) -> bytes:
    """The ``n``-th frame of a scripted voice: a sound, or a tone in hertz."""
    return frame(spoken, n) if isinstance(spoken, str) else tone(spoken, n)


def period(spoken: Sound | float) -> int:
    """After how many frames a scripted voice repeats."""
    if isinstance(spoken, str):
        return _PERIODS[spoken]
    return SAMPLE_RATE // FRAME_SAMPLES


def tone(hertz: float, n: int) -> bytes:
    """The ``n``-th frame of a tone without end, 10 dB under full scale."""
    # In whole periods of a second, so that a frame begins where the last one ended.
    start = n % 50 * FRAME_SAMPLES
    return _tone(round(hertz))[2 * start : 2 * start + FRAME_BYTES]


@cache
def _tone(hertz: int) -> bytes:
    wave = (10000 * math.sin(math.tau * hertz * n / SAMPLE_RATE) for n in range(SAMPLE_RATE))
    return array("h", map(int, wave)).tobytes()


_BEEP_HERTZ = 1397

_NOTES = (277.2, 415.3, 370.0, 466.2, 311.1, 415.3, 554.4, 466.2)
"""Hertz: the black keys. A test that looks for its own tone does not find it here."""


@cache
def _melody() -> bytes:
    """Two seconds of music for those who wait: eight notes that fade."""
    length = SAMPLE_RATE // 4
    wave = (
        6000 * (1 - n / length) * math.sin(math.tau * note * n / SAMPLE_RATE)
        for note in _NOTES
        for n in range(length)
    )
    return array("h", map(int, wave)).tobytes()


@cache
def _ringback() -> bytes:
    """The ringback of North America: 440 and 480 Hz, two seconds on and four off."""
    tone = (
        3000
        * (math.sin(math.tau * 440 * n / SAMPLE_RATE) + math.sin(math.tau * 480 * n / SAMPLE_RATE))
        for n in range(2 * SAMPLE_RATE)
    )
    return array("h", map(int, tone)).tobytes() + bytes(2 * 4 * SAMPLE_RATE)


@cache
def _speech(pitch: float, syllables_per_second: float) -> bytes:
    """Four seconds that sound like somebody who talks behind a door, with a pause at the end.

    They are the harmonics of a voice, shaped by two formants, with a changing pitch and syllables.
    """
    wave = [
        sum(
            _formants(pitch * harmonic) * math.sin(math.tau * harmonic * n / 256)
            for harmonic in range(1, int(3400 / pitch))
        )
        for n in range(256)
    ]
    loudest = max(map(abs, wave))
    samples = array("h")
    phase = 0.0
    for n in range(4 * SAMPLE_RATE):
        second = n / SAMPLE_RATE
        phase += pitch * (1 + 0.15 * math.sin(math.tau * 0.7 * second)) / SAMPLE_RATE
        syllable = math.sin(math.pi * syllables_per_second * second) ** 2
        breath = 0.0 if second > 3.2 else 1.0
        amplitude = 9000 * syllable * breath / loudest
        samples.append(int(amplitude * wave[int(phase * 256) % 256]))
    return samples.tobytes()


def _formants(frequency: float) -> float:
    """The loudness of a harmonic in an open vowel, from 0 to 1."""
    points = ((0, 0.3), (650, 1.0), (900, 0.4), (1200, 0.6), (2500, 0.15), (4000, 0.0))
    for (low, at_low), (high, at_high) in pairwise(points):
        if frequency < high:
            return at_low + (at_high - at_low) * (frequency - low) / (high - low)
    return 0.0
