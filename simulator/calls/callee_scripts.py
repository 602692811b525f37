"""What a called party does in a call, and how a request changes it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NotRequired, TypedDict, get_args

from simulator.protocol import errors

_DIGITS = re.compile(r"[0-9*#w]{1,32}")
MIN_HERTZ, MAX_HERTZ = 100, 3400
"""The tones that a phone line carries."""

Ending = Literal["completed", "busy", "no-answer", "failed", "canceled"]
Party = Literal["agent", "callee"]
Voice = Literal["speech", "echo", "silence", "tone"]
AnsweredBy = Literal[
    "human",
    "machine_start",
    "machine_end_beep",
    "machine_end_silence",
    "machine_end_other",
    "fax",
    "unknown",
]
"""What Twilio's detection of machines says."""


@dataclass(frozen=True)
class Script:
    """How a call goes if nobody interferes. All durations are simulated seconds."""

    ending: Ending = "completed"
    """The last CallStatus of the lead's leg. `canceled`: the agent hangs up while it rings;
    `no-answer`: it rings until Dial's timeout."""
    ring_seconds: float = 3
    """Until the callee answers or refuses, or the agent gives up. With 0, `busy` and `failed`
    come without any ringing."""
    talk_seconds: float = 7
    """Until `hangs_up` hangs up. Infinite: until somebody hangs up by request, or until a time
    limit."""
    hangs_up: Party = "callee"
    echo_seconds: float = 3
    """How long the agent listens to an Echo. Infinite: until somebody hangs up by request. It
    does not apply to a browser, which hangs up by itself."""
    voice: Voice = "speech"
    """What others hear from the callee: speech, their own echo, nothing, or a tone."""
    tone_hz: float = 1000
    """Of the voice `tone`, in hertz."""
    digits: str = ""
    """The keys that the callee presses after it has answered."""
    digits_after: float = 1
    """When it presses them, in seconds from the answer."""
    machine: bool = False
    """The callee is an answering machine: it says its greeting, beeps, and listens."""
    greeting_seconds: float = 5
    """Of the machine, up to the beep."""
    answered_by: AnsweredBy | None = None
    """What the detection of machines says, rightly or wrongly. None: what is true."""
    failure_code: int = errors.INVALID_NUMBER
    """Twilio's error for the ending `failed`."""
    sip_code: int = 404
    """The SIP response of the phone network for the ending `failed`."""


class ScriptOverrides(TypedDict, total=False):
    """The fields of a script that a request can change."""

    ending: Ending
    ring_seconds: float
    talk_seconds: float
    hangs_up: Party
    echo_seconds: float
    voice: Voice
    tone_hz: float
    digits: str
    digits_after: float
    machine: bool
    greeting_seconds: float
    answered_by: AnsweredBy


def overrides_from_json(value: object) -> ScriptOverrides:
    """The overrides in a request's ``script``. Raises ValueError that names the bad field."""
    if not isinstance(value, Mapping):
        raise ValueError("script must be an object")
    overrides: ScriptOverrides = {}
    for name, given in value.items():
        if name == "ending":
            if given not in get_args(Ending):
                raise ValueError("script.ending must be one of " + ", ".join(get_args(Ending)))
            overrides["ending"] = given
        elif name == "hangsUp":
            if given not in get_args(Party):
                raise ValueError("script.hangsUp must be agent or callee")
            overrides["hangs_up"] = given
        elif name == "voice":
            if given not in get_args(Voice):
                raise ValueError("script.voice must be speech, echo, silence or tone")
            overrides["voice"] = given
        elif name == "toneHz":
            overrides["tone_hz"] = tone_from_json(given)
        elif name == "digits":
            overrides["digits"] = digits_from_json(given)
        elif name == "machine":
            if not isinstance(given, bool):
                raise ValueError("script.machine must be true or false")
            overrides["machine"] = given
        elif name == "greetingSeconds":
            overrides["greeting_seconds"] = _seconds(name, given)
        elif name == "answeredBy":
            if given not in get_args(AnsweredBy):
                raise ValueError(
                    "script.answeredBy must be one of " + ", ".join(get_args(AnsweredBy))
                )
            overrides["answered_by"] = given
        elif name == "digitsAfterSeconds":
            overrides["digits_after"] = _seconds(name, given)
        elif name == "ringSeconds":
            overrides["ring_seconds"] = _seconds(name, given)
        elif name == "talkSeconds":
            overrides["talk_seconds"] = _seconds(name, given, endless=True)
        elif name == "echoSeconds":
            overrides["echo_seconds"] = _seconds(name, given, endless=True)
        else:
            raise ValueError(
                f"script.{name} is unknown; known: ending, ringSeconds, talkSeconds, hangsUp, "
                "echoSeconds, voice, toneHz, digits, digitsAfterSeconds, machine, greetingSeconds, "
                "answeredBy"
            )
    return overrides


def apply(overrides: ScriptOverrides, script: Script) -> Script:
    """``script`` with the overrides in place."""
    return replace(script, **overrides)


class ScriptJson(TypedDict):
    """A script in the control API. An infinite duration is null."""

    ending: Ending
    ringSeconds: float
    talkSeconds: float | None
    hangsUp: Party
    echoSeconds: float | None
    voice: Voice
    toneHz: NotRequired[float]
    digits: NotRequired[str]
    digitsAfterSeconds: NotRequired[float]
    machine: NotRequired[bool]
    greetingSeconds: NotRequired[float]
    answeredBy: NotRequired[AnsweredBy]


def to_json(script: Script) -> ScriptJson:
    """``script`` as the control API shows it."""
    shown: ScriptJson = {
        "ending": script.ending,
        "ringSeconds": script.ring_seconds,
        "talkSeconds": None if math.isinf(script.talk_seconds) else script.talk_seconds,
        "hangsUp": script.hangs_up,
        "echoSeconds": None if math.isinf(script.echo_seconds) else script.echo_seconds,
        "voice": script.voice,
    }
    if script.voice == "tone":
        shown["toneHz"] = script.tone_hz
    if script.digits:
        shown["digits"] = script.digits
        shown["digitsAfterSeconds"] = script.digits_after
    if script.machine:
        shown["machine"] = True
        shown["greetingSeconds"] = script.greeting_seconds
    if script.answered_by:
        shown["answeredBy"] = script.answered_by
    return shown


def digits_from_json(value: object) -> str:
    """The keys in a request's ``digits``. Raises ValueError."""
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise ValueError("digits must be a string of 1 to 32 digits, *, # and w")
    return value


def tone_from_json(value: object) -> float:
    """The frequency in a request's ``toneHz``. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("script.toneHz must be a number")
    if not MIN_HERTZ <= value <= MAX_HERTZ:
        raise ValueError(f"script.toneHz must be from {MIN_HERTZ} to {MAX_HERTZ}")
    return value


def _seconds(name: str, value: object, *, endless: bool = False) -> float:
    if value is None and endless:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86400:
        raise ValueError(
            f"script.{name} must be seconds from 0 to 86400" + (" or null" if endless else "")
        )
    return value
