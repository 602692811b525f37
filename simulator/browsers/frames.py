"""The frames of signalling: JSON text ``{"type", "payload", "version": "1.6"}``.

A bare newline is a heartbeat, which the SDK sends back. Source: @twilio/voice-sdk 2.18.5,
`lib/twilio/pstream.ts` and `wstransport.ts`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

VERSION = "1.6"
HEARTBEAT = "\n"
MAX_FRAME_BYTES = 256 * 1024

Payload = Mapping[str, object]


class Malformed(Exception):
    """A frame that the network cannot read; the message says why."""


def encode(kind: str, payload: Payload) -> str:
    """The text of a frame."""
    frame = {"type": kind, "payload": payload, "version": VERSION}
    return json.dumps(frame, ensure_ascii=False)


def decode(text: str) -> tuple[object, Payload]:
    """Type and payload of a frame. Raises Malformed."""
    try:
        frame: object = json.loads(text)
    except ValueError as error:
        raise Malformed("not JSON") from error
    if not isinstance(frame, dict):
        raise Malformed("not a JSON object")
    payload = frame.get("payload", {})
    if not isinstance(payload, dict):
        raise Malformed("payload is not an object")
    return frame.get("type"), payload


def text_of(payload: Payload, name: str) -> str:
    """The text in a field of ``payload``. Raises Malformed if it is missing or blank."""
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name} is missing")
    return value
