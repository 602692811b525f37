"""Holds and transfers: every callback of each, and what the call must be in the end.

What was asked is on record first, as it is before Twilio is asked. All else is a callback, or a
note of what Twilio confirmed, and may come in any order. The result is written out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Fact(NamedTuple):
    """One event of the ledger. ``second``: of the minute it happened in, with a fraction if our
    clock told it; None if nobody did. ``named``: whether the callback's address names the leg."""

    leg: str
    source: str
    status: str
    number: int | None = None
    second: float | None = None
    duration: int | None = None
    named: bool = False
    payload: tuple[tuple[str, str], ...] = ()


class Party(NamedTuple):
    """A leg that was asked for. ``again``: whether Twilio dialled it twice; ``line``: of which leg
    it is the second. ``dialled``: False if Twilio never did."""

    role: str
    asked_for: str
    parent: str | None = None
    again: bool = False
    line: str | None = None
    dialled: bool = True


@dataclass(frozen=True)
class Handover:
    """A call of which something was asked. The lead's phone rings at 2 and is answered at 5.

    ``complete``: who got the call. ``legs``: of each leg its role, status, seconds and how it left.
    ``holds``: from when to when the lead heard music. ``call_back``: when that was promised."""

    facts: tuple[Fact, ...]
    parties: dict[str, Party]
    ended: float
    talk_time: int
    legs: tuple[tuple[str, str, int, str | None], ...]
    holds: tuple[tuple[float, float], ...] = ()
    hold_seconds: int = 0
    call_back: float | None = None
    complete: str | None = None
    status: str = "completed"


LEAD = (
    Fact("lead", "status_callback", "initiated", 0, 1),
    Fact("lead", "status_callback", "ringing", 1, 2),
    Fact("lead", "status_callback", "in-progress", 2, 5),
)


def ends(leg: str, second: float, duration: int, *, named: bool = False, number: int = 3) -> Fact:
    return Fact(leg, "status_callback", "completed", number, second, duration, named)


def rings(leg: str, start: int, *, answered: int | None = None) -> tuple[Fact, ...]:
    first = (
        Fact(leg, "status_callback", "initiated", 0, start, None, True),
        Fact(leg, "status_callback", "ringing", 1, start + 1, None, True),
    )
    if answered is None:
        return first
    return (*first, Fact(leg, "status_callback", "in-progress", 2, answered, None, True))


def in_vain(leg: str, second: int, status: str = "no-answer") -> Fact:
    return Fact(leg, "status_callback", status, 2, second, 0, True)


def moved(leg: str, second: float, action: int = 7) -> Fact:
    return Fact(leg, "control", "redirected", action, second)


@dataclass
class Room:
    """The callbacks of a room, in its own count."""

    sid: str = "CF1"
    count: itertools.count[int] = field(default_factory=itertools.count)

    def tells(self, what: str, leg: str, second: int, reason: str | None = None) -> Fact:
        payload: list[tuple[str, str]] = [("ConferenceSid", self.sid)]
        if reason:
            payload.append(("ReasonParticipantLeft", reason))
        return Fact(leg, "conference", what, next(self.count), second, payload=tuple(payload))

    def opens(self, second: int) -> tuple[Fact, ...]:
        """The lead's leg was moved, and the agent's Dial of it has ended: with `completed`, though
        the lead talks on."""
        return (
            moved("lead", second),
            Fact("lead", "dial_action", "completed", None, None, second - 5),
            self.tells("conference-start", "agent", second + 1),
            self.tells("participant-join", "lead", second + 1),
            self.tells("participant-join", "agent", second + 1),
        )

    def holds(self, second: int, action: int) -> tuple[Fact, ...]:
        return (
            Fact("lead", "control", "participant-hold", action, second + 0.4),
            self.tells("participant-hold", "lead", second),
        )

    def resumes(self, second: int, action: int) -> tuple[Fact, ...]:
        return (
            Fact("lead", "control", "participant-unhold", action, second + 0.2),
            self.tells("participant-unhold", "lead", second),
        )

    def closes(self, second: int, *legs: str) -> tuple[Fact, ...]:
        """The first of these legs hangs up, and the room's host was it, or left for it."""
        first, *others = legs
        return (
            self.tells("participant-leave", first, second, "participant_hung_up"),
            *(
                self.tells("participant-leave", leg, second, "moderator_ended_conference")
                for leg in others
            ),
            self.tells("conference-end", "agent", second),
            *(Fact(leg, "room_action", "completed") for leg in others),
        )


def _hold() -> Handover:
    room = Room()
    facts = (
        *LEAD, *room.opens(10), *room.holds(12, 7), *room.resumes(20, 8),
        *room.holds(22, 9), *room.resumes(23, 10), *room.closes(30, "agent", "lead"),
        ends("agent", 30, 29, number=0), ends("lead", 31, 26),
    )  # fmt: skip
    return Handover(
        facts, {}, 31, 26,
        (("agent", "completed", 29, "self"), ("lead", "completed", 26, "host")),
        holds=((12.4, 20.2), (22.4, 23.2)), hold_seconds=9,
    )  # fmt: skip


def _hold_to_the_end() -> Handover:
    room = Room()
    facts = (
        *LEAD, *room.opens(10), *room.holds(12, 7), *room.closes(30, "lead", "agent"),
        ends("lead", 30, 25), ends("agent", 31, 30, number=0),
    )  # fmt: skip
    return Handover(
        facts, {}, 30, 25,
        (("agent", "completed", 30, "host"), ("lead", "completed", 25, "self")),
        holds=((12.4, 30),), hold_seconds=18,
    )  # fmt: skip


def _cold() -> Handover:
    facts = (
        *LEAD, moved("lead", 10), Fact("lead", "dial_action", "completed", None, None, 5),
        ends("agent", 10, 9, number=0), *rings("target", 10, answered=14),
        ends("target", 40, 26, named=True), ends("lead", 40, 35),
        Fact("target", "transfer_action", "completed", None, None, 26, True),
    )  # fmt: skip
    return Handover(
        facts, {"target": Party("teammate", "cold", "lead")}, 40, 35,
        (("agent", "completed", 9, None), ("lead", "completed", 35, None),
         ("teammate", "completed", 26, None)),
    )  # fmt: skip


def _cold_out_of_a_room() -> Handover:
    """The lead was on hold: the hold ends when they hear the target's phone ring."""
    room = Room()
    facts = (
        *LEAD, *room.opens(10), *room.holds(12, 7), moved("lead", 20, 8),
        room.tells("participant-leave", "lead", 20, "participant_updated_via_api"),
        room.tells("participant-leave", "agent", 20, "participant_hung_up"),
        room.tells("conference-end", "agent", 20), ends("agent", 20, 19, number=0),
        *rings("target", 20, answered=24), ends("target", 40, 16, named=True),
        ends("lead", 40, 35),
        Fact("target", "transfer_action", "completed", None, None, 16, True),
    )  # fmt: skip
    return Handover(
        facts, {"target": Party("third_party", "cold", "lead")}, 40, 35,
        (("agent", "completed", 19, "self"), ("lead", "completed", 35, None),
         ("third_party", "completed", 16, None)),
        holds=((12.4, 20),), hold_seconds=8,
    )  # fmt: skip


def _unanswered(*, promised: bool) -> Handover:
    """Nobody answers the transfer, so who transferred is rung: with an answer, or in vain."""
    facts = (
        *LEAD, moved("lead", 10), Fact("lead", "dial_action", "completed", None, None, 5),
        ends("agent", 10, 9, number=0), *rings("target", 10), in_vain("target", 30),
        Fact("target", "transfer_action", "no-answer", None, None, 0, True),
        *rings("return", 31, answered=None if promised else 35),
    )  # fmt: skip
    parties = {
        "target": Party("teammate", "cold", "lead"),
        "return": Party("agent", "return", "lead"),
    }
    begun = (
        ("agent", "completed", 9, None), ("lead", "completed", 50, None),
        ("teammate", "no-answer", 0, None),
    )  # fmt: skip
    if promised:
        facts = (
            *facts, in_vain("return", 51, "busy"),
            Fact("return", "transfer_action", "busy", None, None, 0, True),
            Fact("lead", "control", "apologized", 9, 51.5), ends("lead", 55, 50),
        )  # fmt: skip
        return Handover(
            facts, parties, 55, 50, (*begun, ("agent", "busy", 0, None)), call_back=51.5
        )
    facts = (
        *facts, ends("return", 55, 20, named=True), ends("lead", 55, 50),
        Fact("return", "transfer_action", "completed", None, None, 20, True),
    )  # fmt: skip
    return Handover(facts, parties, 55, 50, (*begun, ("agent", "completed", 20, None)))


def _warm() -> tuple[Room, tuple[Fact, ...]]:
    """The lead is on hold from 12 on, and the target has answered at 18."""
    room = Room()
    return room, (
        *LEAD, *room.opens(10), *room.holds(12, 7),
        Fact("target", "control", "queued", 7, 13.1, None, True),
        *rings("target", 13, answered=18), room.tells("participant-join", "target", 18),
    )  # fmt: skip


def _warm_complete() -> Handover:
    room, facts = _warm()
    facts = (
        *facts, *room.resumes(25, 8), Fact("agent", "control", "removed", 8, 26.3),
        room.tells("participant-modify", "target", 25),
        room.tells("participant-leave", "agent", 26, "participant_updated_via_api"),
        ends("agent", 26, 25, number=0), *room.closes(50, "target", "lead"),
        ends("target", 50, 32, named=True), ends("lead", 51, 46),
    )  # fmt: skip
    return Handover(
        facts, {"target": Party("teammate", "warm")}, 51, 46,
        (("agent", "completed", 25, "removed"), ("lead", "completed", 46, "host"),
         ("teammate", "completed", 32, "self")),
        holds=((12.4, 25.2),), hold_seconds=13, complete="target",
    )  # fmt: skip


def _warm_merged_and_canceled() -> Handover:
    """All three talk from 25 to 35; then the target is taken off the call."""
    room, facts = _warm()
    facts = (
        *facts, *room.resumes(25, 8), Fact("target", "control", "removed", 9, 35.3, None, True),
        room.tells("participant-leave", "target", 35, "participant_updated_via_api"),
        ends("target", 35, 17, named=True), *room.closes(50, "lead", "agent"),
        ends("lead", 50, 45), ends("agent", 51, 50, number=0),
    )  # fmt: skip
    return Handover(
        facts, {"target": Party("third_party", "warm")}, 50, 45,
        (("agent", "completed", 50, "host"), ("lead", "completed", 45, "self"),
         ("third_party", "completed", 17, "removed")),
        holds=((12.4, 25.2),), hold_seconds=13,
    )  # fmt: skip


def _dialled_twice() -> Handover:
    """A function was killed between Twilio's answer and its note, and dialled again."""
    room = Room()
    facts = (
        *LEAD, *room.opens(10), *rings("target", 12), in_vain("target", 34),
        *rings("second target", 14, answered=18),
        ends("second target", 40, 22, named=True), *room.closes(50, "lead", "agent"),
        ends("lead", 50, 45), ends("agent", 51, 50, number=0),
    )  # fmt: skip
    return Handover(
        facts,
        {
            "target": Party("third_party", "add", again=True),
            "second target": Party("third_party", "add", line="target"),
        },
        50, 45,
        (("agent", "completed", 50, "host"), ("lead", "completed", 45, "self"),
         ("third_party", "completed", 22, None), ("third_party", "no-answer", 0, None)),
    )  # fmt: skip


def _refused_by_twilio() -> Handover:
    room = Room()
    facts = (
        *LEAD, *room.opens(10), Fact("target", "control", "failed", 7, 12.5, None, True),
        *room.closes(50, "lead", "agent"), ends("lead", 50, 45), ends("agent", 51, 50, number=0),
    )  # fmt: skip
    return Handover(
        facts, {"target": Party("third_party", "add", dialled=False)}, 50, 45,
        (("agent", "completed", 50, "host"), ("lead", "completed", 45, "self"),
         ("third_party", "failed", 0, None)),
    )  # fmt: skip


HANDOVERS = {
    "holds": _hold(),
    "the lead hangs up on hold": _hold_to_the_end(),
    "cold, and answered": _cold(),
    "cold, out of a room, from hold": _cold_out_of_a_room(),
    "cold, unanswered, and returned": _unanswered(promised=False),
    "cold, nobody answers, and an apology": _unanswered(promised=True),
    "warm, and completed": _warm_complete(),
    "warm, merged, and taken back": _warm_merged_and_canceled(),
    "added, and dialled twice": _dialled_twice(),
    "added, and refused by Twilio": _refused_by_twilio(),
}

Rows = dict[str, Any]
