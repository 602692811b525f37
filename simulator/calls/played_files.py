"""How long a file is that Play plays."""

from __future__ import annotations

import io
import wave

OTHER_SECONDS = 3.0
"""How long a file counts as that is not WAV. The simulator's number."""
_WAV = frozenset({"audio/wav", "audio/wave", "audio/x-wav"})
_OTHER = frozenset(
    {
        "audio/mpeg",
        "audio/aiff",
        "audio/x-aifc",
        "audio/x-aiff",
        "audio/x-gsm",
        "audio/gsm",
        "audio/ulaw",
    }
)
"""twilio.com/docs/voice/twiml/play#supported-audio-file-types"""


def measure(body: bytes, content_type: str | None) -> float:
    """The seconds of a file. Raises ValueError if Twilio would not play it."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type in _OTHER:
        return OTHER_SECONDS
    if media_type not in _WAV:
        raise ValueError(f"Content-Type is {media_type or 'missing'}, and none of audio")
    try:
        with wave.open(io.BytesIO(body)) as file:
            return float(file.getnframes() / file.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise ValueError(f"it is not WAV: {error}") from error
