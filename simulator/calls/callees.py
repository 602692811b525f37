"""Who answers which number.

The meanings of +1 500 555 0001 to 0004 and 0006 are those of Twilio's test credentials
(twilio.com/docs/iam/test-credentials); the other +1 500 555 numbers are the simulator's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulator.calls.callee_scripts import Script, ScriptOverrides, apply
from simulator.protocol import errors
from simulator.protocol.formats import is_phone_number

MAX_SCRIPTED = 1000
"""How many numbers can be given a script by request."""


@dataclass(frozen=True)
class Callee:
    """A number of the table and what it does."""

    number: str
    does: str
    script: Script


CALLEES = (
    Callee(
        "+15005550001",
        "invalid number: fails (13224)",
        Script("failed", 0, 0, failure_code=errors.INVALID_NUMBER, sip_code=404),
    ),
    Callee(
        "+15005550002",
        "cannot be routed: fails (13224)",
        Script("failed", 0, 0, failure_code=errors.INVALID_NUMBER, sip_code=503),
    ),
    Callee(
        "+15005550003",
        "no international permission: fails (13227)",
        Script("failed", 0, 0, failure_code=errors.NO_INTERNATIONAL_AUTHORIZATION, sip_code=403),
    ),
    Callee(
        "+15005550004",
        "blocked: fails (13225)",
        Script("failed", 0, 0, failure_code=errors.FORBIDDEN_NUMBER, sip_code=403),
    ),
    Callee("+15005550006", "valid: rings 3 s, talks 7 s, hangs up", Script()),
    Callee("+15005550007", "busy", Script("busy", 0, 0)),
    Callee("+15005550008", "no answer: rings until Dial's timeout", Script("no-answer", 0, 0)),
    Callee("+15005550009", "rings 3 s, hangs up after 1 s of talk", Script(talk_seconds=1)),
    Callee(
        "+15005550010",
        "rings long: the agent hangs up after 4 s of ringing",
        Script("canceled", 4, 0, hangs_up="agent"),
    ),
    Callee(
        "+15005550011",
        "rings 3 s, talks 5 s, the agent hangs up",
        Script(talk_seconds=5, hangs_up="agent"),
    ),
    Callee(
        "+15005550012",
        "rings 3 s, gives back what it hears until somebody hangs up",
        Script(talk_seconds=math.inf, voice="echo"),
    ),
    Callee(
        "+15005550013",
        "an answering machine: rings 3 s, greets 5 s, beeps, listens for 2 minutes at most",
        Script(talk_seconds=125, machine=True),
    ),
)
ANY_OTHER = Script()
"""What happens if a number that is not in the table is called."""


class CalleeTable:
    """Who answers which number: the table above, and what requests changed in it."""

    def __init__(self) -> None:
        self._built_in = {callee.number: callee for callee in CALLEES}
        self._scripted: dict[str, Callee] = {}

    def script_for(self, number: str) -> Script:
        """What the callee at ``number`` (E.164) does."""
        callee = self._scripted.get(number) or self._built_in.get(number)
        return callee.script if callee else ANY_OTHER

    def all(self) -> list[Callee]:
        """Every number that has a script of its own, in order."""
        callees = self._built_in | self._scripted
        return [callees[number] for number in sorted(callees)]

    def give_script(self, number: str, overrides: ScriptOverrides) -> Callee:
        """From now on ``number`` behaves like any other number, except for ``overrides``.

        Raises ValueError if the number is not E.164, or if MAX_SCRIPTED numbers have a script.
        """
        if not is_phone_number(number):
            raise ValueError("number must be E.164")
        if number not in self._scripted and len(self._scripted) >= MAX_SCRIPTED:
            raise ValueError(f"{MAX_SCRIPTED} numbers have a script already")
        callee = Callee(number, "scripted by request", apply(overrides, ANY_OTHER))
        self._scripted[number] = callee
        return callee

    def forget_script(self, number: str) -> None:
        """Undo ``give_script``."""
        self._scripted.pop(number, None)
