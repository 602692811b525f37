"""A call that a browser placed, as that browser sees it.

How the SDK reacts to each message: @twilio/voice-sdk 2.18.5, `lib/twilio/call.ts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from simulator.browsers.browser_legs import Access, Browser, BrowserLeg, NoAudio
from simulator.calls.call import Call
from simulator.protocol import errors
from simulator.protocol.errors import Problem

ErrorPayload = Mapping[str, object]

ANSWER_SECONDS = 0.2
"""Real seconds until the browser hears that a call was answered at once, without a ring before. The
number is the simulator's. A browser that is rung without answerOnBridge hears of the call earlier:
the SDK's own tests, whose Dial is such a one, wait for the callee's `incoming` and only then for
the caller's `accept` (twilio-voice.js, README.md and `cypress/e2e/callStatus.cy.ts`)."""

_UNANSWERED: Mapping[str, tuple[int, str]] = {
    "busy": (errors.BUSY_HERE, "Busy Here"),
    "no-answer": (errors.TEMPORARILY_UNAVAILABLE, "Temporarily Unavailable"),
    "failed": (errors.NOT_FOUND, "Not Found"),
}


class PlacedCall(BrowserLeg):
    """Tells the browser how its call goes, from the invite to the end."""

    def __init__(
        self, call: Call, temporary_sid: str, offer: str, browser: Browser, access: Access
    ) -> None:
        super().__init__(call.agent, call.identity, browser, access)
        self.temporary_sid = temporary_sid
        """The SDK's name for the call, `TJS…`, until it knows the CallSid."""
        self._remote_sdp = offer
        self._rung = False
        self._answered = False
        self._knows_sid = False

    def is_called(self, sid: str) -> bool:
        """Whether the browser means this call by ``sid``."""
        return super().is_called(sid) or sid == self.temporary_sid

    async def follow(self) -> None:
        """Tell the browser about the call until it is over, then free the audio."""
        leg = self.leg
        try:
            while leg.live:
                if leg.answered is not None and not self._answered:
                    await self._tell_answer()
                elif leg.rings and not self._rung and not self._answered:
                    await self._tell_ringing()
                elif self._has_messages():
                    await self._tell_messages()
                else:
                    await leg.changed()
        except NoAudio as error:
            leg.log.add_problem(Problem(errors.INTERNAL_FAILURE, str(error)))
            leg.hang_up()
            await self._tell_end({"code": errors.MEDIA_CONNECTION, "message": str(error)})
        else:
            await self._tell_end(self._why_it_never_began())
        finally:
            await self._finish()

    def _can_come_back(self) -> bool:
        # Only the answer has the token.
        return self._answered

    def _sid_of(self, kind: str) -> str:
        # Before the browser is sent the CallSid, it knows the call by its temporary SID.
        self._knows_sid = self._knows_sid or kind in ("ringing", "answer")
        return self.leg.sid if self._knows_sid else self.temporary_sid

    async def _tell_ringing(self) -> None:
        # With audio, so that the agent hears the ringback.
        self._rung = True
        await self._send("ringing", await self._new_audio(self._remote_sdp))

    async def _tell_answer(self) -> None:
        self._answered = True
        sdp: Mapping[str, str] = {}
        if self._peer is None:
            sdp = await self._new_audio(self._remote_sdp)
            await self._wait_while_live(ANSWER_SECONDS)
        await self._send("answer", {"reconnect": self.reconnect_token, **sdp})

    async def _wait_while_live(self, seconds: float) -> None:
        """Wait for ``seconds``, or until the leg ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.leg.live:
                    await self.leg.changed()

    async def _tell_end(self, error: ErrorPayload | None) -> None:
        await self._send("hangup", {"error": error} if error else {})

    def _why_it_never_began(self) -> ErrorPayload | None:
        """The error with which Twilio hangs up a call that was never answered.

        Twilio sends it for a busy line and similar endings
        (github.com/twilio/twilio-voice.js/issues/140). If the application failed, the call is
        declined (twilio.com/docs/api/errors/31002).
        """
        leg = self.leg
        if leg.answered is not None or leg.hung_up:
            return None
        code, message = errors.CONNECTION_DECLINED, "Connection declined"
        if leg.status == "busy":
            code, message = _UNANSWERED["busy"]
        elif leg.status == "completed" and leg.dialled:
            code, message = _UNANSWERED.get(leg.dialled, (code, message))
        return {"code": code, "message": message}
