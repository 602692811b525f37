"""Dial: rings a phone number, connects it with the agent, and asks what comes next.

Source: twilio.com/docs/voice/twiml/dial and …/twiml/number.
"""

from __future__ import annotations

import math
import re

from simulator.calls import callee_scripts
from simulator.calls.call import Call
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.callee_scripts import Script
from simulator.calls.callees import CalleeTable
from simulator.calls.legs import CallStatus, Leg
from simulator.calls.webhook_params import dial_params
from simulator.protocol import errors
from simulator.protocol.account import Account
from simulator.protocol.errors import CallProblem, Problem
from simulator.protocol.verbs import Dial, Document, Number

TIMEOUT_GRACE = 5
"""Seconds that Twilio adds to Dial's timeout."""

# Short numbers are valid for Dial, other than for an account's own numbers.
_DIALLABLE = re.compile(r"\+[1-9][0-9]{1,14}")


class Dialling:
    """Executes the Dial verbs of one call."""

    def __init__(
        self, call: Call, account: Account, callees: CalleeTable, webhooks: CallWebhooks
    ) -> None:
        self._call = call
        self._account = account
        self._callees = callees
        self._webhooks = webhooks

    async def dial(self, dial: Dial) -> Document | None:
        """Execute ``dial``; the TwiML of its `action`, or None if there is none."""
        call = self._call
        if not dial.answer_on_bridge:
            call.answer(call.agent)
        lead: Leg | None = None
        status: CallStatus = "failed"
        try:
            self._check(dial)
        except CallProblem as refused:
            call.log.add_problem(refused.problem)
        else:
            lead = await self._connect(dial)
            status = lead.status
        if call.agent_gone:
            call.end_agent()
        if dial.action is None:
            return None
        return await self._webhooks.fetch(
            "action", dial.action, dial.method, dial_params(status, lead)
        )

    def _check(self, dial: Dial) -> None:
        """Raises CallProblem if Twilio would not even create a leg."""
        if dial.caller_id not in self._account.numbers:
            raise CallProblem(
                errors.DIAL_INVALID_CALLER_ID,
                f"Dial: Invalid callerId value {dial.caller_id!r}: a call from a client needs a "
                "number of the account",
            )
        if not _DIALLABLE.fullmatch(dial.number.number):
            raise CallProblem(
                errors.INVALID_NUMBER_FORMAT,
                f"Dial: Invalid phone number format {dial.number.number!r}",
            )

    async def _connect(self, dial: Dial) -> Leg:
        """Ring the callee and let the two talk; the lead's leg, ended."""
        call, number = self._call, dial.number
        script = callee_scripts.apply(call.overrides, self._callees.script_for(number.number))
        call.script = script
        lead = Leg(
            role="lead",
            direction="outbound-dial",
            from_=dial.caller_id or "",
            to=number.number,
            status="initiated",
            started=call.timeline.elapsed,
            parent_sid=call.sid,
        )
        call.add_lead(lead)
        self._webhooks.report_lead(lead, number, "initiated")

        if script.ending in ("busy", "failed") and script.ring_seconds == 0:
            return self._refuse(lead, number, script)

        call.sound = "ringback"
        call.ring(lead)
        self._webhooks.report_lead(lead, number, "ringing")
        patience = dial.timeout + TIMEOUT_GRACE
        ring = math.inf if script.ending == "no-answer" else script.ring_seconds
        if not await call.timeline.wait(min(ring, patience), call.interruption):
            return self._end(lead, number, "canceled" if call.agent_gone else "busy")
        if ring > patience:
            return self._end(lead, number, "no-answer")
        if script.ending in ("busy", "failed"):
            return self._refuse(lead, number, script)
        if script.ending == "canceled":
            call.hang_up("agent")
            return self._end(lead, number, "canceled")

        call.sound = script.voice
        call.answer(call.agent)
        call.answer(lead)
        self._webhooks.report_lead(lead, number, "answered")
        talk = min(script.talk_seconds, dial.time_limit)
        if await call.timeline.wait(talk, call.interruption):
            if script.talk_seconds > dial.time_limit:
                call.log.add("verb", f"Dial's timeLimit of {dial.time_limit} s is reached")
            else:
                call.hang_up(script.hangs_up)
        return self._end(lead, number, "completed")

    def _refuse(self, lead: Leg, number: Number, script: Script) -> Leg:
        """End a leg whose callee is busy, or which the phone network did not put through."""
        if script.ending == "busy":
            return self._end(lead, number, "busy")
        self._call.log.add_problem(
            Problem(script.failure_code, f"Dial: cannot call {number.number}")
        )
        return self._end(lead, number, "failed", sip_code=script.sip_code)

    def _end(
        self, lead: Leg, number: Number, status: CallStatus, sip_code: int | None = None
    ) -> Leg:
        call = self._call
        call.sound = "silence"
        call.end(lead, status)
        call.forget_callee_hang_up()
        self._webhooks.report_lead(lead, number, "completed", sip_code)
        return lead
