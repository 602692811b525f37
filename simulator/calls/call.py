"""A call: its legs and how they change, who has hung up, what the agent hears."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from simulator.calls.call_log import CallLog
from simulator.calls.callee_scripts import Party, Script, ScriptOverrides
from simulator.calls.clock import Timeline
from simulator.calls.legs import CallStatus, Leg
from simulator.calls.media_record import MediaRecord
from simulator.calls.sounds import Sound
from simulator.protocol.account import TwimlApp


class Call:
    """A call that a browser placed, with its agent leg and the lead legs that Dial created."""

    def __init__(
        self,
        identity: str,
        app: TwimlApp,
        params: Mapping[str, str],
        overrides: ScriptOverrides,
        timeline: Timeline,
    ) -> None:
        self.identity = identity
        self.app = app
        self.params = dict(params)
        self.overrides = overrides
        self.timeline = timeline
        self.agent = Leg(
            role="agent",
            direction="inbound",
            from_=f"client:{identity}",
            to=self.params.get("To"),
            status="ringing",
            started=0.0,
        )
        self.log = CallLog(self.agent.sid, timeline)
        self.lead: Leg | None = None
        """The latest lead leg."""
        self.legs = [self.agent]
        self.script: Script | None = None
        """What the present or last callee does; None until somebody is dialled."""
        self.media: MediaRecord | None = None
        """None if the control API placed the call: such a call has no browser."""
        self.sound: Sound = "silence"
        """What the agent hears."""
        self.application_error = False
        """The last request for TwiML did not bring valid TwiML, or the simulator itself failed."""
        self.interruption = asyncio.Event()
        """Set when a party hangs up before its script says so."""
        self.hung_up: set[Party] = set()

    @property
    def sid(self) -> str:
        """The agent leg's CallSid, by which Twilio knows the call."""
        return self.agent.sid

    @property
    def agent_gone(self) -> bool:
        """Whether the agent has hung up."""
        return "agent" in self.hung_up

    @property
    def ended(self) -> bool:
        """Whether the call is over and each of its webhooks was delivered or given up."""
        return self.log.closed

    def hang_up(self, party: Party) -> bool:
        """``party`` hangs up now; False if it is not on the call."""
        leg = self.agent if party == "agent" else self.lead
        if leg is None or not leg.live:
            return False
        self.hung_up.add(party)
        self.interruption.set()
        return True

    def forget_callee_hang_up(self) -> None:
        """The callee's hang-up ended the callee's leg; the call can go on for the agent.

        The agent's own hang-up stays: it ends the whole call.
        """
        if not self.agent_gone:
            self.hung_up.clear()
            self.interruption.clear()

    def add_lead(self, leg: Leg) -> None:
        """Dial created ``leg``."""
        self.lead = leg
        self.legs.append(leg)
        self._log_leg(leg)

    def ring(self, leg: Leg) -> None:
        """The phone of ``leg`` rings."""
        leg.status = "ringing"
        self._log_leg(leg)

    def answer(self, leg: Leg) -> None:
        """``leg`` is answered, if it rings."""
        if leg.status == "ringing":
            leg.status = "in-progress"
            leg.answered = self.timeline.elapsed
            self._log_leg(leg)

    def end(self, leg: Leg, status: CallStatus) -> None:
        """``leg`` ends with ``status``."""
        leg.status = status
        leg.ended = self.timeline.elapsed
        self._log_leg(leg)

    def end_agent(self, status: CallStatus | None = None) -> None:
        """End the agent's leg if it has not ended.

        Without ``status`` it is `completed`, or `failed` if no TwiML was ever executed.
        """
        if self.agent.live:
            never_worked = self.application_error and self.agent.answered is None
            self.end(self.agent, status or ("failed" if never_worked else "completed"))

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

    def _log_leg(self, leg: Leg) -> None:
        who = "agent" if leg.role == "agent" else f"lead {leg.to}"
        talk = (
            f" after {leg.duration} s" if leg.ended is not None and leg.answered is not None else ""
        )
        self.log.add(
            "leg",
            f"{who}: {leg.status}{talk}",
            callSid=leg.sid,
            role=leg.role,
            status=leg.status,
            duration=leg.duration if leg.ended is not None else None,
        )
