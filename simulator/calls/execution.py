"""A leg's life: fetch TwiML, execute it verb by verb, take other TwiML when it is redirected.

Which request comes when: twilio.com/docs/voice/twiml. Dial has files of its own, `dialling.py` and
`joining.py`, and
so have prompts, `prompting.py`.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from simulator.calls import callee_scripts
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.callees import ANY_OTHER
from simulator.calls.dialling import Dialling
from simulator.calls.joining import Joining
from simulator.calls.legs import Leg, Redirection
from simulator.calls.prompting import Prompting
from simulator.protocol import errors, twiml
from simulator.protocol.errors import CallProblem, Problem
from simulator.protocol.verbs import Dial, Document, Echo, Hangup, Reject

logger = logging.getLogger(__name__)


class Execution:
    """Executes the TwiML of the legs of one call."""

    def __init__(self, webhooks: CallWebhooks) -> None:
        self._webhooks = webhooks
        self.prompting = Prompting(webhooks)

    def connect(self, dialling: Dialling, joining: Joining) -> None:
        """Set who executes Dial. Both execute the TwiML of legs themselves."""
        self._dialling = dialling
        self._joining = joining

    async def run_placed(self, leg: Leg, params: Mapping[str, str]) -> None:
        """The life of a leg that a browser placed, from the request to the Voice URL to the end."""
        app = leg.app
        leg.log.add("call", f"{leg.from_} calls {leg.to or '(no To)'}", params=params)
        document = None
        if app:
            document = await self._webhooks.fetch(
                leg, "voice", app.voice_url, app.voice_method, dict(params)
            )
        if leg.hung_up:
            # The agent hung up before Twilio had the TwiML.
            leg.end("canceled")
        else:
            await self.run(leg, document)

    async def run(self, leg: Leg, document: Document | None = None) -> None:
        """Execute ``document``, and what the leg is redirected to, until nothing is left to do."""
        try:
            while not leg.over:
                redirection = leg.take_redirection()
                if redirection is not None:
                    leg.log.add("verb", "redirected by the REST API", callSid=leg.sid)
                    document = await self._document_of(leg, redirection)
                elif document is None:
                    return
                else:
                    document = await self._play(leg, document)
        except Exception as error:
            # Without this, a defect of the simulator would leave the call open for ever.
            logger.exception("%s broke", leg.sid)
            leg.log.add_problem(Problem(errors.INTERNAL_FAILURE, repr(error)))
            leg.application_error = True

    async def _document_of(self, leg: Leg, redirection: Redirection) -> Document | None:
        if redirection.twiml is None:
            return await self._webhooks.fetch(
                leg, "voice", redirection.url or "", redirection.method, {}
            )
        body = redirection.twiml.encode()
        leg.log.add_document("voice", "", "text/xml", body)
        try:
            document = twiml.parse(body, "text/xml", "")
        except CallProblem as invalid:
            leg.log.add_problem(invalid.problem)
            leg.application_error = True
            return None
        for warning in document.warnings:
            leg.log.add_problem(warning)
        return document

    async def _play(self, leg: Leg, document: Document) -> Document | None:
        """Execute ``document``; the one that replaces it, or None when nothing is left to do."""
        for verb in document.verbs:
            match verb:
                case Dial(conference=None):
                    replacement = await self._dialling.dial(leg, verb)
                    if verb.action or leg.interrupted:
                        return replacement
                    continue
                case Dial():
                    joined = await self._joining.dial(leg, verb)
                    if joined.goes_on and not leg.interrupted:
                        continue
                    return joined.document
                case Reject() if leg.status == "ringing":
                    leg.log.add("verb", f"Reject ({verb.reason})")
                    leg.end("busy" if verb.reason == "busy" else "no-answer")
                    return None
                case Reject() | Hangup():
                    leg.answer()
                    leg.log.add("verb", "Hangup")
                    return None
                case Echo():
                    await self._echo(leg)
                case _:
                    turn = await self.prompting.execute(leg, verb)
                    if turn and not leg.interrupted:
                        return turn.document
            if leg.interrupted:
                return None
        return None

    async def _echo(self, leg: Leg) -> None:
        leg.answer()
        script = callee_scripts.apply(leg.overrides, ANY_OTHER)
        leg.audio.playing = "echo"
        leg.log.add("verb", "Echo")
        # A browser hangs up by itself. So does a callee that has a script of its own.
        endless = leg.media is not None or leg.role != "agent"
        if not await leg.wait(math.inf if endless else script.echo_seconds):
            leg.hang_up(leg.clock.elapsed)
        leg.audio.playing = None
