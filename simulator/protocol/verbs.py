"""The TwiML verbs that the simulator executes. Source: twilio.com/docs/voice/twiml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import Problem

ProgressEvent = Literal["initiated", "ringing", "answered", "completed"]
PROGRESS_EVENTS: tuple[ProgressEvent, ...] = ("initiated", "ringing", "answered", "completed")


RoomEvent = Literal[
    "start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"
]
ROOM_EVENTS: tuple[RoomEvent, ...] = (
    "start",
    "end",
    "join",
    "leave",
    "mute",
    "hold",
    "modify",
    "speaker",
    "announcement",
)

Beep = Literal["true", "false", "onEnter", "onExit"]
JitterBuffer = Literal["off", "small", "medium", "large"]


@dataclass(frozen=True)
class Redirect:
    """Execute the TwiML at ``url``, which is absolute, in place of what follows."""

    url: str
    method: HttpMethod = "POST"


@dataclass(frozen=True)
class Detection:
    """Find out whether a machine answers, within ``timeout`` seconds, and report it.
    ``awaits_end``: a machine is reported when its greeting is over."""

    awaits_end: bool
    callback: str | None
    method: HttpMethod = "POST"
    timeout: int = 30


@dataclass(frozen=True)
class Number:
    """The number to dial, where to report the progress of its leg, the TwiML that its party hears
    before it is connected, and whether machines are detected."""

    number: str
    status_callback: str | None = None
    status_callback_method: HttpMethod = "POST"
    status_callback_events: frozenset[ProgressEvent] = frozenset({"completed"})
    whisper: Redirect | None = None
    detection: Detection | None = None


@dataclass(frozen=True)
class Client:
    """The client to ring, what it is told, and the rest as for a number."""

    identity: str
    parameters: tuple[tuple[str, str], ...] = ()
    """Names and values. Of a name that is there twice, the last value counts."""
    status_callback: str | None = None
    status_callback_method: HttpMethod = "POST"
    status_callback_events: frozenset[ProgressEvent] = frozenset({"completed"})
    whisper: Redirect | None = None


@dataclass(frozen=True)
class Conference:
    """The room to enter, and how. ``wait_url`` None: Twilio's music; empty: silence."""

    name: str
    muted: bool = False
    start_on_enter: bool = True
    end_on_exit: bool = False
    label: str | None = None
    beep: Beep = "true"
    jitter: JitterBuffer = "large"
    region: str = "us1"
    wait_url: str | None = None
    max_participants: int = 250
    coach: str | None = None
    """The CallSid of the participant who alone hears this one."""
    status_callback: str | None = None
    status_callback_method: HttpMethod = "POST"
    status_callback_events: frozenset[RoomEvent] = frozenset()


Noun = Number | Client
MAX_NOUNS = 10
"""How many parties a Dial can ring at once."""


@dataclass(frozen=True)
class Dial:
    """Connect the leg to ``nouns``, of which the first to answer wins, or to ``conference``.

    ``action`` is absolute; times are seconds.
    """

    nouns: tuple[Noun, ...] = ()
    conference: Conference | None = None
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
class Play:
    """Play the file at ``url``, ``loop`` times."""

    url: str
    loop: int = 1


@dataclass(frozen=True)
class Pause:
    """Wait for ``seconds``."""

    seconds: int = 1


@dataclass(frozen=True)
class Gather:
    """Play ``prompts`` until a key is pressed, then ask ``action``, which is absolute, what comes
    next. Without a key, the next verb follows.

    ``timeout``: seconds to wait for each key, from the end of the prompts or the last key on.
    """

    prompts: tuple[Say | Play | Pause, ...]
    action: str
    method: HttpMethod = "POST"
    hears_keys: bool = True
    """False: it takes speech alone, and nobody speaks to it."""
    timeout: int = 5
    num_digits: int | None = None
    finish_on_key: str = "#"
    """Blank: no key ends it."""
    action_on_empty_result: bool = False
    """Ask ``action`` also without a key."""


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


Verb = Dial | Say | Play | Pause | Gather | Redirect | Echo | Hangup | Reject


@dataclass(frozen=True)
class Document:
    """A valid TwiML document, with the warnings that Twilio would give."""

    verbs: tuple[Verb, ...]
    warnings: tuple[Problem, ...] = ()
