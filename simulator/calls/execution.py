"""A call's life: fetch TwiML, execute it verb by verb, report the end.

Which request comes when: twilio.com/docs/voice/twiml. Dial has a file of its own, `dialling.py`.
"""

from __future__ import annotations

import logging
import math

from simulator.calls import callee_scripts
from simulator.calls.call import Call
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.callees import ANY_OTHER
from simulator.calls.dialling import Dialling
from simulator.protocol import errors
from simulator.protocol.errors import Problem
from simulator.protocol.verbs import Dial, Document, Echo, Hangup, Pause, Reject, Say

logger = logging.getLogger(__name__)


class Execution:
    """Runs one call, from the request to the Voice URL to the last callback."""

    def __init__(self, call: Call, dialling: Dialling, webhooks: CallWebhooks) -> None:
        self._call = call
        self._dialling = dialling
        self._webhooks = webhooks

    async def run(self) -> None:
        """Run the call. Returns when it is over and each webhook was delivered or given up."""
        call = self._call
        try:
            await self._execute()
        except Exception as error:
            # Without this, a defect of the simulator would leave the call open for ever.
            logger.exception("%s broke", call.sid)
            call.log.add_problem(Problem(errors.INTERNAL_FAILURE, repr(error)))
            call.application_error = True
        if call.lead and call.lead.live:
            call.end(call.lead, "failed")
        call.end_agent()
        self._webhooks.report_agent_end()
        await self._webhooks.settle()
        call.finish()

    def abandon(self) -> None:
        """Drop the webhooks that are still under way, because the simulator stops."""
        self._webhooks.abandon()

    async def _execute(self) -> None:
        call, app = self._call, self._call.app
        call.log.add(
            "call", f"{call.agent.from_} calls {call.agent.to or '(no To)'}", params=call.params
        )
        document = await self._webhooks.fetch("voice", app.voice_url, app.voice_method, call.params)
        if call.agent_gone:
            # The agent hung up before Twilio had the TwiML.
            call.end_agent("canceled")
            return
        while document is not None:
            document = await self._play(document)

    async def _play(self, document: Document) -> Document | None:
        """Execute ``document``; the one that replaces it, or None when the call is over."""
        call = self._call
        for verb in document.verbs:
            match verb:
                case Dial():
                    replacement = await self._dialling.dial(verb)
                    if verb.action or call.agent_gone:
                        return replacement
                    continue
                case Reject() if call.agent.status == "ringing":
                    call.log.add("verb", f"Reject ({verb.reason})")
                    call.end_agent("busy" if verb.reason == "busy" else "no-answer")
                    return None
                case Reject() | Hangup():
                    call.answer(call.agent)
                    call.log.add("verb", "Hangup")
                    return None
                case Say():
                    call.answer(call.agent)
                    call.sound = "announcement"
                    call.log.add("verb", f"Say: {verb.text.strip()}")
                    await call.timeline.wait(verb.seconds, call.interruption)
                    call.sound = "silence"
                case Pause():
                    call.answer(call.agent)
                    call.log.add("verb", f"Pause: {verb.seconds} s")
                    await call.timeline.wait(verb.seconds, call.interruption)
                case Echo():
                    await self._echo()
            if call.agent_gone:
                return None
        return None

    async def _echo(self) -> None:
        call = self._call
        call.answer(call.agent)
        script = callee_scripts.apply(call.overrides, ANY_OTHER)
        call.sound = "echo"
        call.log.add("verb", "Echo")
        # A browser hangs up by itself.
        seconds = math.inf if call.media else script.echo_seconds
        await call.timeline.wait(seconds, call.interruption)
        call.hang_up("agent")
