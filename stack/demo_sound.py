"""Sound for the demo: recorded calls, in which two voices take turns, and a rep's message for
answering machines. It is the same every time.

They babble: a tone with overtones in the rhythm of syllables. `av` comes with `aiortc`, which the
simulator needs.
"""

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Iterable

import av

_RATE = 8000
# Bits per second, as Twilio makes mp3 files.
_BIT_RATE = 32_000
# Of each channel: its pitch in Hz, and syllables per second. Channel 1 is the lead.
_VOICES = ((205.0, 5.0), (118.0, 4.0))
_SILENCE = array("h", bytes(2 * _RATE))


def talk(seconds: int, turns: Iterable[tuple[int, int, int]]) -> bytes:
    """An mp3 with two channels. Each turn is (channel, from, to): its voice talks between these
    seconds. Otherwise it is silent."""
    voices = [_second_of(*voice) for voice in _VOICES]
    talking = {(channel, at) for channel, start, end in turns for at in range(start, end)}
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=_RATE, layout="stereo")
        stream.bit_rate = _BIT_RATE
        for second in range(seconds):
            samples = array("h", bytes(4 * _RATE))
            for channel, voice in enumerate(voices):
                samples[channel::2] = voice if (channel, second) in talking else _SILENCE
            frame = av.AudioFrame(format="s16", layout="stereo", samples=_RATE)
            frame.sample_rate = _RATE
            frame.pts = second * _RATE
            frame.planes[0].update(samples.tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def message(seconds: int) -> bytes:
    """A WAV file with the rep's voice, as the page records messages: 8,000 Hz, 16 bits, one
    channel."""
    voice = _second_of(*_VOICES[1])
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(_RATE)
        # A pause after each sentence.
        for second in range(seconds):
            written.writeframes((_SILENCE if second % 5 == 4 else voice).tobytes())
    return file.getvalue()


def _second_of(pitch: float, syllables: float) -> array[int]:
    """One second of a voice. It begins and ends silent, so seconds can follow each other."""
    samples = array("h")
    for index in range(_RATE):
        at = index / _RATE
        tone = sum(math.sin(math.tau * pitch * part * at) / part for part in (1, 2, 3, 5))
        samples.append(int(4500 * tone * math.sin(math.pi * syllables * at) ** 2))
    return samples
