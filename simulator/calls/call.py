"""A call: all legs that have to do with each other, and the record of what happened."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.calls.call_log import CallLog
from simulator.calls.callee_scripts import Party, Script
from simulator.calls.clock import Clock, LegClock, Timeline
from simulator.calls.legs import Leg


class Call:
    """A family of legs: the first one, those that its TwiML dialled, those that these dialled, and
    those that the REST API added to their rooms."""

    def __init__(self, clock: Clock, sid: str, params: Mapping[str, str]) -> None:
        self.sid = sid
        """The first leg's CallSid, by which the control API knows the call."""
        self.params = dict(params)
        """What a browser sent with its call."""
        self.timeline = Timeline()
        self.log = CallLog(sid, self.timeline)
        self.legs: list[Leg] = []
        self.script: Script | None = None
        """What the present or last callee does; None until somebody is dialled."""
        self._clock = clock

    @property
    def agent(self) -> Leg:
        """The first leg. Unless the REST API made it, a browser or the control API placed it."""
        return self.legs[0]

    @property
    def lead(self) -> Leg | None:
        """The latest leg to a number that the agent's TwiML dialled."""
        return next((leg for leg in reversed(self.legs) if leg.role == "lead"), None)

    @property
    def identity(self) -> str:
        """The client that placed the call."""
        return self.agent.from_.removeprefix("client:")

    @property
    def ended(self) -> bool:
        """Whether the call is over and each of its webhooks was delivered or given up."""
        return self.log.closed

    def now(self) -> float:
        """The present moment, in simulated seconds since the call began."""
        return max((leg.clock.now() for leg in self.legs if leg.live), default=self.timeline.latest)

    def new_clock(self, leg: Leg | None = None) -> LegClock:
        """The clock of a leg that begins now, or at the moment that ``leg`` has reached."""
        return LegClock(self._clock, self.timeline, leg.clock.elapsed if leg else self.now())

    def hang_up(self, party: Party) -> bool:
        """``party`` hangs up now; False if it is not on the call."""
        leg = self.agent if party == "agent" else self.lead
        return leg is not None and leg.hang_up()

    def finish(self) -> None:
        """Close the record of the call."""
        self.log.closed = True
        lead = self.lead
        self.log.add(
            "ended",
            "call ended, all webhooks settled",
            status=self.agent.status,
            duration=self.agent.duration,
            leadStatus=lead.status if lead else None,
            leadDuration=lead.duration if lead else None,
        )
