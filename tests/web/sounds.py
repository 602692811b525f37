"""Recordings for the tests of the player."""

from __future__ import annotations

import io
import math
from array import array

import av

_RATE = 16_000


def two_tones(seconds: int, left: int, right: int) -> bytes:
    """An mp3 with two channels, each a tone of its own (Hertz)."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("mp3", rate=_RATE, layout="stereo")
        for second in range(seconds):
            samples = array("h")
            for index in range(_RATE):
                at = 2 * math.pi * (second + index / _RATE)
                samples.append(int(8000 * math.sin(at * left)))
                samples.append(int(8000 * math.sin(at * right)))
            frame = av.AudioFrame(format="s16", layout="stereo", samples=_RATE)
            frame.sample_rate = _RATE
            frame.pts = second * _RATE
            frame.planes[0].update(samples.tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
