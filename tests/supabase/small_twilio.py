"""Twilio as far as one call needs it, in memory: who is where, and what Twilio would ask and tell.

It asks ``twiml`` what becomes of a leg whose Dial has ended, and does what the answer says.
Callbacks wait in ``callbacks`` until a test delivers them, in whatever order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.supabase.tenants import new_call_sid

Answer = dict[str, Any]


@dataclass(eq=False)
class Leg:
    """``leg_id``: the id under which it was asked for, or None. ``by_api``: it has no TwiML, so
    that it ends with the room."""

    name: str
    leg_id: str | None = None
    by_api: bool = False
    sid: str = field(default_factory=new_call_sid)
    alive: bool = True
    answered: bool = False
    on_hold: bool = False


@dataclass
class Callback:
    """What Twilio tells about a leg, once or more often."""

    call_sid: str
    status: str
    number: int
    source: str
    leg_id: str | None
    at: datetime
    payload: dict[str, str] = field(default_factory=dict)


@dataclass
class Dial:
    """``parent`` rings ``child``, or talks to them. ``after`` and ``leg`` are in the address of the
    action."""

    parent: Leg
    child: Leg
    after: str
    leg: str | None


@dataclass
class Asked:
    """One request of Twilio for TwiML, and the answer."""

    after: str
    leg: Leg
    leg_id: str | None
    status: str
    dialled: str | None
    answer: Answer


class Refused(Exception):
    """404: the leg has ended, or is not there."""


class SmallTwilio:
    def __init__(self, agent: Leg, lead: Leg, twiml: Callable[..., Answer]) -> None:
        agent.answered = True
        self.legs = {agent.sid: agent, lead.sid: lead}
        self.agent, self.lead = agent, lead
        self.dials = [Dial(agent, lead, "dial", None)]
        self.room: dict[Leg, bool] = {}
        self.callbacks: list[Callback] = []
        self.asked: list[Asked] = []
        # How often each leg was rung.
        self.rung: dict[str, int] = {}
        self.apologies = 0
        # Whether the lead heard music when the room ended.
        self.lead_was_held = False
        # The room's own count of what it has told.
        self._told = 0
        self._twiml = twiml

    # What phones and browsers do.

    def pick_up(self, leg: Leg) -> None:
        leg.answered = True
        self._tell(leg, "in-progress", 2)
        if leg.by_api:
            self.room[leg] = False

    def hang_up(self, leg: Leg, status: str = "completed") -> None:
        """The leg ends, for whatever reason, with all that follows from it."""
        if not leg.alive:
            return
        leg.alive = False
        self._tell(leg, status if leg.answered else _unanswered(status), 3)
        self._leave(leg)

    # What control_fn asks.

    def redirect_to_room(self, leg: Leg, *, is_host: bool) -> None:
        self._require(leg)
        self._leave(leg, redirected=True)
        self._join(leg, is_host)

    def redirect_to_person(self, leg: Leg, leg_id: str, after: str) -> None:
        self._require(leg)
        self._leave(leg, redirected=True)
        self._ring(leg, leg_id, after)

    def dial_participant(self, leg_id: str, name: str) -> Leg:
        if not self.room:
            raise Refused
        leg = self._new(name, leg_id, by_api=True)
        self.rung[leg_id] = self.rung.get(leg_id, 0) + 1
        return leg

    def find(self, leg_id: str) -> Leg | None:
        """The leg with this label."""
        return next((leg for leg in self.legs.values() if leg.leg_id == leg_id), None)

    def set_host(self, leg: Leg, *, is_host: bool) -> None:
        if leg not in self.room:
            raise Refused
        self.room[leg] = is_host

    def set_hold(self, leg: Leg, *, on: bool) -> None:
        if leg not in self.room:
            raise Refused
        if leg.on_hold != on:
            leg.on_hold = on
            self._tell(
                leg, "participant-hold" if on else "participant-unhold", 0, "conference"
            )  # fmt: skip

    # What follows.

    def dial_of(self, leg: Leg) -> Dial | None:
        return next((dial for dial in self.dials if leg in (dial.parent, dial.child)), None)

    def _require(self, leg: Leg) -> None:
        if not leg.alive:
            raise Refused

    def _new(self, name: str, leg_id: str, *, by_api: bool) -> Leg:
        leg = Leg(name, leg_id, by_api)
        self.legs[leg.sid] = leg
        self._tell(leg, "ringing", 1)
        return leg

    def _ring(self, parent: Leg, leg_id: str, after: str) -> None:
        self.rung[leg_id] = self.rung.get(leg_id, 0) + 1
        child = self._new("rung", leg_id, by_api=False)
        self.dials.append(Dial(parent, child, after, leg_id))

    def _join(self, leg: Leg, is_host: bool) -> None:
        self.room[leg] = is_host

    def _tell_room(self, leg: Leg, reason: str) -> None:
        self._tell(leg, "participant-leave", 0, "conference")
        self.callbacks[-1].payload["ReasonParticipantLeft"] = reason

    def _leave(self, leg: Leg, *, redirected: bool = False) -> None:
        """The leg leaves where it is. If it was redirected, the answer to its own action is not
        carried out, because the leg is elsewhere already."""
        if leg in self.room:
            was_host = self.room.pop(leg)
            leg.on_hold = False
            self._tell_room(
                leg, "participant_updated_via_api" if redirected else "participant_hung_up"
            )
            if redirected:
                self._ask("room", leg, None, "completed", None)
            if was_host:
                self._end_room()
        for dial in [each for each in self.dials if leg in (each.parent, each.child)]:
            self.dials.remove(dial)
            if leg is dial.parent:
                # The other one is hung up with it.
                status = "completed" if dial.child.answered else "canceled"
                dial.child.alive = False
                self._tell(dial.child, status, 3)
                if redirected:
                    self._ask(dial.after, leg, dial.leg, status, dial.child.sid)
            else:
                status = "completed" if leg.answered else "no-answer"
                self._go_on(dial.after, dial.parent, dial.leg, status, leg.sid)

    def _end_room(self) -> None:
        others = list(self.room)
        self.room.clear()
        self.lead_was_held = self.lead in others and self.lead.on_hold
        for leg in others:
            leg.on_hold = False
            self._tell_room(leg, "moderator_ended_conference")
            if leg.by_api:
                leg.alive = False
                self._tell(leg, "completed", 3)
        for leg in others:
            if not leg.by_api:
                self._go_on("room", leg, None, "completed", None)

    def _go_on(
        self, after: str, leg: Leg, leg_id: str | None, status: str, dialled: str | None
    ) -> None:
        """Asks for TwiML, and does what it says."""
        if not leg.alive:
            return
        answer = self._ask(after, leg, leg_id, status, dialled)
        match answer["next"]:
            case "hang_up":
                self.hang_up(leg)
            case "join_room":
                self._join(leg, answer["is_host"])
            case "ring":
                self._ring(leg, answer["ring"]["leg_id"], answer["ring"]["after"])
            case "apologize":
                self.apologies += 1
                self.hang_up(leg)

    def _ask(
        self, after: str, leg: Leg, leg_id: str | None, status: str, dialled: str | None
    ) -> Answer:
        answer = self._twiml(after, leg, leg_id, status, dialled)
        self.asked.append(Asked(after, leg, leg_id, status, dialled, answer))
        return answer

    def _tell(self, leg: Leg, status: str, number: int, source: str = "status_callback") -> None:
        if leg is self.agent and source == "status_callback" and status != "completed":
            return
        at = datetime.now(UTC)
        if source == "conference":
            self._told += 1
            number = self._told
        self.callbacks.append(Callback(leg.sid, status, number, source, leg.leg_id, at))


def _unanswered(status: str) -> str:
    return "no-answer" if status == "completed" else status
