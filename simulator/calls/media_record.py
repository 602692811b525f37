"""What went between a browser and the network: audio frames, digits, messages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Message:
    """A user-defined message for the page of a call."""

    content: object
    """Decoded JSON."""
    sid: str = field(default_factory=lambda: "KX" + uuid.uuid4().hex)


@dataclass
class MediaRecord:
    """Counters of one browser's media. A frame is 20 ms of audio."""

    connection_state: str = "new"
    """The connectionState of the network's WebRTC peer."""
    codec: str | None = None
    """Such as `PCMU`; None until both peers have agreed on one."""
    frames_received: int = 0
    non_silent_frames_received: int = 0
    frames_sent: int = 0
    non_silent_frames_sent: int = 0
    digits: str = ""
    messages: list[str] = field(default_factory=list)
    """What the page sent by `call.sendMessage()`."""
    inbox: list[Message] = field(default_factory=list)
    """Messages of the application's server that the page was not sent yet."""
    socket_losses: int = 0
    """How often the browser's socket broke during the call."""
