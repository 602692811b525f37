"""The TwiML verbs that the simulator executes. Source: twilio.com/docs/voice/twiml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import Problem

ProgressEvent = Literal["initiated", "ringing", "answered", "completed"]
PROGRESS_EVENTS: tuple[ProgressEvent, ...] = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True)
class Number:
    """The number to dial, and where to report the progress of its leg."""

    number: str
    status_callback: str | None = None
    status_callback_method: HttpMethod = "POST"
    status_callback_events: frozenset[ProgressEvent] = frozenset({"completed"})


@dataclass(frozen=True)
class Dial:
    """Connect the caller to ``number``. ``action`` is absolute; times are seconds."""

    number: Number
    caller_id: str | None = None
    answer_on_bridge: bool = False
    timeout: int = 30
    time_limit: int = 14400
    action: str | None = None
    method: HttpMethod = "POST"


@dataclass(frozen=True)
class Say:
    """Speak ``text``, ``loop`` times."""

    text: str
    loop: int = 1

    @property
    def seconds(self) -> float:
        """An estimate of how long it takes: two and a half words a second."""
        return max(1.0, len(self.text.split()) / 2.5) * self.loop


@dataclass(frozen=True)
class Pause:
    """Wait for ``seconds``."""

    seconds: int = 1


@dataclass(frozen=True)
class Echo:
    """Play the caller's own audio until the caller hangs up."""


@dataclass(frozen=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True)
class Reject:
    """Refuse the call without answering it, unless it is answered already."""

    reason: Literal["rejected", "busy"] = "rejected"


Verb = Dial | Say | Pause | Echo | Hangup | Reject


@dataclass(frozen=True)
class Document:
    """A valid TwiML document, with the warnings that Twilio would give."""

    verbs: tuple[Verb, ...]
    warnings: tuple[Problem, ...] = ()
