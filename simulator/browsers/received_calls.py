"""A call to a browser: it rings in every registered browser of an identity until one answers.

How the SDK reacts to each message: @twilio/voice-sdk 2.18.5, `lib/twilio/device.ts` and `call.ts`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from simulator.browsers.browser_legs import Access, Browser, BrowserLeg, NoAudio
from simulator.calls.clients import Ringing
from simulator.calls.media_record import MediaRecord
from simulator.protocol import errors
from simulator.protocol.account import API_VERSION

if TYPE_CHECKING:
    from simulator.browsers.media import Peer

# The answer to an offer has one of the two roles.
_OFFER = re.compile(r"^a=setup:actpass\s*$", re.MULTILINE)


def invite_parameters(ringing: Ringing, account_sid: str) -> Mapping[str, str]:
    """The `parameters` of an invite.

    `Params` are the custom ones. The SDK decodes their values and takes the names as they are.
    """
    custom = (f"{name}={quote_plus(value)}" for name, value in ringing.parameters.items())
    return {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": ringing.leg.sid,
        "From": ringing.leg.from_,
        "To": f"client:{ringing.identity}",
        "Params": "&".join(custom),
    }


@dataclass(eq=False)
class _Invited:
    """A browser that may answer."""

    media: MediaRecord = field(default_factory=MediaRecord)
    peer: Peer | None = None
    """It offers audio to the browser. None until the browser is sent the invite."""
    answers: bool = False
    """The browser has answered, and its audio is being connected."""


class ReceivedCall(BrowserLeg):
    """Rings, and connects the leg with the browser that answers."""

    def __init__(self, ringing: Ringing, account_sid: str, access: Access) -> None:
        super().__init__(ringing.leg, ringing.identity, None, access)
        self._ringing = ringing
        self._parameters = invite_parameters(ringing, account_sid)
        self._invited: dict[Browser, _Invited] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def follow(self) -> None:
        """Wait for the end of the leg, tell the browser about it, and free the audio."""
        try:
            while self.leg.live:
                if self._has_messages():
                    await self._tell_messages()
                else:
                    await self.leg.changed()
            await self._send("hangup", {})
        finally:
            await self._finish()
            for browser in list(self._invited):
                self._forget(browser)
            while self._tasks:
                await asyncio.wait(self._tasks)

    def ring(self, browser: Browser) -> None:
        """Ring in ``browser``, too."""
        self._invited[browser] = _Invited()
        self._in_background(self._invite(browser))

    def stop_ringing(self, browser: Browser) -> None:
        """Do not ring in ``browser`` any more. A browser that was not sent the invite never is."""
        invited = self._forget(browser)
        if invited and invited.peer:
            self._in_background(browser.send("cancel", {"callsid": self.leg.sid}))

    def browsers(self) -> list[Browser]:
        """The browsers whose messages can be about this leg."""
        return [*self._invited, *super().browsers()]

    async def answer(self, browser: Browser, sdp: str) -> None:
        """The browser answers its invite. Nothing happens if it does not ring there any more."""
        invited = self._invited.get(browser)
        if invited is None or invited.peer is None or invited.answers:
            return
        invited.answers = True
        try:
            await invited.peer.accept(sdp)
        except ValueError as error:
            await self._refuse(browser, str(error))
            return
        if browser in self._invited:
            self._connect(browser, invited.peer, invited.media, sdp)

    def hang_up(self, browser: Browser) -> None:
        """The browser hung up. Before its answer that is a rejection, and others may answer."""
        if self._forget(browser):
            self._ringing.reject(browser)
        else:
            super().hang_up(browser)

    def lose(self, browser: Browser, grace: float) -> None:
        """The browser's socket is gone. If the call rings there, that browser is out for good."""
        if self._forget(browser):
            self._ringing.leave(browser)
        else:
            super().lose(browser, grace)

    async def resume(self, browser: Browser, sdp: str) -> None:
        """A browser has the reconnect token. While the call rings, that is an answer.

        The SDK does this if a page passes the call on by its `connectToken`. Raises NoAudio.
        """
        was_answered = self._ringing.outcome == "answered"
        is_another = self.browser is not None and not self._is_audio_of(sdp)
        if self.over or (was_answered and not is_another):
            await super().resume(browser, sdp)
            return
        if was_answered or not _OFFER.search(sdp):
            # Another browser has the call, or this one lost its socket while it answered, and with
            # it its audio.
            await browser.send("hangup", {"callsid": self.leg.sid})
            return
        media = MediaRecord()
        peer = await self._new_peer(media)
        try:
            answer = await peer.answer(sdp)
        except ValueError as error:
            await peer.close()
            raise NoAudio(str(error)) from error
        if self._connect(browser, peer, media, sdp):
            await self._send("answer", {"reconnect": self.reconnect_token, "sdp": answer})
        else:
            await peer.close()
            await browser.send("hangup", {"callsid": self.leg.sid})

    def _can_come_back(self) -> bool:
        # The invite has the token.
        return True

    async def _invite(self, browser: Browser) -> None:
        invited = self._invited[browser]
        try:
            peer = await self._new_peer(invited.media)
            offer = await peer.offer()
        except (NoAudio, ValueError) as error:
            self._note(f"cannot ring: {error}")
            if self._forget(browser):
                self._ringing.leave(browser)
            return
        if self._invited.get(browser) is not invited:
            await peer.close()
            return
        invited.peer = peer
        await browser.send(
            "invite",
            {
                "callsid": self.leg.sid,
                "sdp": offer,
                "reconnect": self.reconnect_token,
                "parameters": self._parameters,
            },
        )

    def _connect(self, browser: Browser, peer: Peer, media: MediaRecord, sdp: str) -> bool:
        """``browser`` has the call, and the others hear that. False if it comes too late."""
        if not self._ringing.accept(browser):
            return False
        self._invited.pop(browser, None)
        self.browser = browser
        self.leg.media = media
        self._peer = peer
        self._remote_sdp = sdp
        return True

    async def _refuse(self, browser: Browser, reason: str) -> None:
        """The browser's answer cannot be used."""
        self._note(f"no audio: {reason}")
        if self._forget(browser):
            error = {"code": errors.MEDIA_CONNECTION, "message": reason}
            await browser.send("hangup", {"callsid": self.leg.sid, "error": error})
            self._ringing.leave(browser)

    def _forget(self, browser: Browser) -> _Invited | None:
        invited = self._invited.pop(browser, None)
        if invited and invited.peer:
            self._in_background(invited.peer.close())
        return invited

    def _in_background(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
