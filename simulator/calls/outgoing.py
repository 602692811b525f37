"""Calls a party: rings a phone number or a client until it answers, declines or gives up.

Source: twilio.com/docs/voice/twiml/dial, …/twiml/number and …/twiml/client.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.calls import callee_scripts, machines
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.callee_scripts import Script
from simulator.calls.callees import CalleeTable
from simulator.calls.clients import Clients, Ringing
from simulator.calls.legs import CallStatus, Leg
from simulator.protocol.errors import Problem
from simulator.protocol.verbs import Client, Noun, Number

TIMEOUT_GRACE = 5
"""Seconds that Twilio adds to a timeout."""


class Outgoing:
    """Calls the parties of legs."""

    def __init__(self, callees: CalleeTable, clients: Clients, webhooks: CallWebhooks) -> None:
        self._callees = callees
        self._clients = clients
        self._webhooks = webhooks

    def script_of(self, leg: Leg, number: Number) -> Script:
        """What the callee at ``number`` does, if ``leg`` dials it."""
        return callee_scripts.apply(leg.overrides, self._callees.script_for(number.number))

    async def call(
        self,
        leg: Leg,
        noun: Noun,
        timeout: int,
        script: Script | None,
        on_answer: Callable[[], bool],
    ) -> bool:
        """Call the party; whether it answered. If not, the leg has ended and that was reported.

        ``script`` is for a number. ``on_answer`` is asked when the party picks up: False if it is
        too late, and the leg is canceled.
        """
        leg.start()
        self._webhooks.report(leg, "initiated")
        if isinstance(noun, Client):
            status = await self._ring_client(leg, noun, timeout)
        else:
            status = await self._ring_number(leg, timeout, script or Script())
        if status is None and not on_answer():
            status = "canceled"
        if status is not None:
            leg.end(status)
            self._webhooks.report(leg, "completed")
            return False
        leg.answer()
        self._webhooks.report(leg, "answered")
        if isinstance(noun, Number):
            machines.detect(leg, noun, script or Script(), self._webhooks)
        return True

    async def _ring_number(self, leg: Leg, timeout: int, script: Script) -> CallStatus | None:
        """How the leg ends; None if the callee picks up."""
        if script.ending in ("busy", "failed") and script.ring_seconds == 0:
            return self._refused(leg, script)
        self._ring(leg)
        patience = timeout + TIMEOUT_GRACE
        ring = math.inf if script.ending == "no-answer" else script.ring_seconds
        if await leg.wait(min(ring, patience)):
            return leg.released or "busy"
        if ring > patience:
            return "no-answer"
        if script.ending in ("busy", "failed"):
            return self._refused(leg, script)
        if script.ending == "canceled":
            if leg.parent:
                leg.parent.hang_up(leg.clock.elapsed)
            return "canceled"
        leg.audio.voice = script.tone_hz if script.voice == "tone" else script.voice
        if script.digits:
            leg.plan(leg.clock.elapsed + script.digits_after, lambda: leg.enter_keys(script.digits))
        if script.machine:
            machines.greet(leg, script)
        return None

    async def _ring_client(self, leg: Leg, client: Client, timeout: int) -> CallStatus | None:
        """How the leg ends; None if a device accepts."""
        ringing = self._clients.ring(leg, client.identity, dict(client.parameters))
        if ringing is None:
            # No device is registered. Twilio does not wait for one.
            return "no-answer"
        self._ring(leg)
        patience = float(timeout + TIMEOUT_GRACE)
        acting = ringing.scripted
        acts = acting.acts_after if acting else math.inf
        woken = await leg.wait(min(acts, patience), lambda: ringing.outcome is not None)
        if not woken and acting and acts <= patience:
            acting.act(ringing)
            if ringing.outcome is None:
                # It declined, and other devices go on ringing.
                await leg.wait(patience - acts, lambda: ringing.outcome is not None)
        return self._outcome(leg, ringing)

    def _outcome(self, leg: Leg, ringing: Ringing) -> CallStatus | None:
        outcome = ringing.outcome
        ringing.stop()
        if leg.over:
            return leg.released or "busy"
        if outcome == "answered":
            if ringing.accepted_script:
                leg.audio.voice = ringing.accepted_script.voice
                leg.leaves_at = leg.clock.elapsed + ringing.accepted_script.talk_seconds
            return None
        return "busy" if outcome == "declined" else "no-answer"

    def _ring(self, leg: Leg) -> None:
        leg.ring()
        if leg.parent:
            leg.parent.rings = True
            leg.parent.notify()
        self._webhooks.report(leg, "ringing")

    def _refused(self, leg: Leg, script: Script) -> CallStatus:
        """The callee is busy, or the phone network does not put the call through."""
        if script.ending == "busy":
            return "busy"
        leg.log.add_problem(Problem(script.failure_code, f"Dial: cannot call {leg.to}"))
        leg.sip_code = script.sip_code
        return "failed"
