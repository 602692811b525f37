"""What the called party does, chosen by the number that is dialled.

The meanings of +1 500 555 0001 to 0004 and 0006 are those of Twilio's test credentials
(twilio.com/docs/iam/test-credentials); the other +1 500 555 numbers are ours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypedDict, get_args

from simulator import errors

Ending = Literal["completed", "busy", "no-answer", "failed", "canceled"]
Party = Literal["agent", "callee"]
Voice = Literal["speech", "echo", "silence"]

MAX_SCRIPTED = 1000
"""Numbers that may be given a script by request."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True)
class Script:
    """How a call goes if nobody interferes. All durations are simulated seconds."""

    ending: Ending = "completed"
    """The last CallStatus of the lead's leg. `canceled`: the agent hangs up while it rings;
    `no-answer`: it rings until Dial's timeout."""
    ring_seconds: float = 3
    """Until the callee answers, refuses, or the agent gives up. Zero for a `busy` or `failed`
    that never rang."""
    talk_seconds: float = 7
    """Until `hangs_up` hangs up; infinite: until someone does by request, or a limit is met."""
    hangs_up: Party = "callee"
    echo_seconds: float = 3
    """How long the agent listens to an Echo; infinite: until somebody hangs up by request. An
    agent at a browser is left alone: it hangs up by itself."""
    voice: Voice = "speech"
    """What a browser hears from the callee: speech, its own echo, or nothing."""
    failure_code: int = errors.INVALID_NUMBER
    """Twilio's error for the ending `failed`."""
    sip_code: int = 404
    """The network's answer for the ending `failed`."""


@dataclass(frozen=True)
class Callee:
    """A number of the table and what it does."""

    number: str
    does: str
    script: Script


CALLEES = tuple(
    Callee(number, does, script)
    for number, does, script in (
        (
            "+15005550001",
            "invalid number: fails (13224)",
            Script("failed", 0, 0, failure_code=errors.INVALID_NUMBER, sip_code=404),
        ),
        (
            "+15005550002",
            "cannot be routed: fails (13224)",
            Script("failed", 0, 0, failure_code=errors.INVALID_NUMBER, sip_code=503),
        ),
        (
            "+15005550003",
            "no international permission: fails (13227)",
            Script(
                "failed", 0, 0, failure_code=errors.NO_INTERNATIONAL_AUTHORIZATION, sip_code=403
            ),
        ),
        (
            "+15005550004",
            "blocked: fails (13225)",
            Script("failed", 0, 0, failure_code=errors.FORBIDDEN_NUMBER, sip_code=403),
        ),
        ("+15005550006", "valid: rings 3 s, talks 7 s, hangs up", Script()),
        ("+15005550007", "busy", Script("busy", 0, 0)),
        ("+15005550008", "no answer: rings until Dial's timeout", Script("no-answer", 0, 0)),
        ("+15005550009", "rings 3 s, hangs up after 1 s of talk", Script(talk_seconds=1)),
        (
            "+15005550010",
            "rings long: the agent hangs up after 4 s of ringing",
            Script("canceled", 4, 0, hangs_up="agent"),
        ),
        (
            "+15005550011",
            "rings 3 s, talks 5 s, the agent hangs up",
            Script(talk_seconds=5, hangs_up="agent"),
        ),
        (
            "+15005550012",
            "rings 3 s, gives back what it hears until somebody hangs up",
            Script(talk_seconds=math.inf, voice="echo"),
        ),
    )
)
ANY_OTHER = Script()


class CalleeTable:
    """Who answers which number: the table above, and what was changed in it by request."""

    def __init__(self) -> None:
        self._built_in = {callee.number: callee for callee in CALLEES}
        self._scripted: dict[str, Callee] = {}

    def script_for(self, number: str) -> Script:
        """What whoever answers ``number`` (E.164) does."""
        callee = self._scripted.get(number) or self._built_in.get(number)
        return callee.script if callee else ANY_OTHER

    def all(self) -> list[Callee]:
        """Every number that is not like any other, in order."""
        callees = self._built_in | self._scripted
        return [callees[number] for number in sorted(callees)]

    def give_script(self, number: str, overrides: Overrides) -> Callee:
        """From now on ``number`` does as any other number, save for ``overrides``.

        Raises ValueError for what is not E.164, or when a thousand numbers have a script.
        """
        if not _E164.fullmatch(number):
            raise ValueError("number must be E.164")
        if number not in self._scripted and len(self._scripted) >= MAX_SCRIPTED:
            raise ValueError(f"{MAX_SCRIPTED} numbers have a script already")
        callee = Callee(number, "scripted by request", apply(overrides, ANY_OTHER))
        self._scripted[number] = callee
        return callee

    def forget_script(self, number: str) -> None:
        """Undo ``give_script``."""
        self._scripted.pop(number, None)


class Overrides(TypedDict, total=False):
    """What a request to place a call may change in its script."""

    ending: Ending
    ring_seconds: float
    talk_seconds: float
    hangs_up: Party
    echo_seconds: float
    voice: Voice


def overrides_from_json(value: object) -> Overrides:
    """The overrides in a request's ``script``; raises ValueError that names the bad field."""
    if not isinstance(value, Mapping):
        raise ValueError("script must be an object")
    overrides: Overrides = {}
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
                raise ValueError("script.voice must be speech, echo or silence")
            overrides["voice"] = given
        elif name == "ringSeconds":
            overrides["ring_seconds"] = _seconds(name, given)
        elif name == "talkSeconds":
            overrides["talk_seconds"] = _seconds(name, given, endless=True)
        elif name == "echoSeconds":
            overrides["echo_seconds"] = _seconds(name, given, endless=True)
        else:
            raise ValueError(
                f"script.{name} is unknown; known: ending, ringSeconds, talkSeconds, hangsUp, "
                "echoSeconds, voice"
            )
    return overrides


def apply(overrides: Overrides, script: Script) -> Script:
    """``script`` with the overrides in place."""
    return replace(script, **overrides)


class ScriptJson(TypedDict):
    """A script in the control API; a duration without end is null."""

    ending: Ending
    ringSeconds: float
    talkSeconds: float | None
    hangsUp: Party
    echoSeconds: float | None
    voice: Voice


def to_json(script: Script) -> ScriptJson:
    """``script`` as the control API shows it."""
    return {
        "ending": script.ending,
        "ringSeconds": script.ring_seconds,
        "talkSeconds": None if math.isinf(script.talk_seconds) else script.talk_seconds,
        "hangsUp": script.hangs_up,
        "echoSeconds": None if math.isinf(script.echo_seconds) else script.echo_seconds,
        "voice": script.voice,
    }


def _seconds(name: str, value: object, *, endless: bool = False) -> float:
    if value is None and endless:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86400:
        raise ValueError(
            f"script.{name} must be seconds from 0 to 86400" + (" or null" if endless else "")
        )
    return value
