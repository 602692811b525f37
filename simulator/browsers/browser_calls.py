"""A call as its browser sees it: which messages it is sent, and its audio.

How the SDK reacts to each message: @twilio/voice-sdk 2.18.5, `lib/twilio/call.ts` and
`rtc/peerconnection.ts`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from simulator.calls.call import Call
from simulator.protocol import errors
from simulator.protocol.errors import Problem

if TYPE_CHECKING:
    from simulator.browsers.media import Peer

logger = logging.getLogger(__name__)

ErrorPayload = Mapping[str, object]

_LONG = 3600.0
_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)
_UNANSWERED: Mapping[str, tuple[int, str]] = {
    "busy": (errors.BUSY_HERE, "Busy Here"),
    "no-answer": (errors.TEMPORARILY_UNAVAILABLE, "Temporarily Unavailable"),
    "failed": (errors.NOT_FOUND, "Not Found"),
}


class Browser(Protocol):
    """The socket to a browser."""

    async def send(self, kind: str, payload: Mapping[str, object]) -> None:
        """Send one message. It is dropped if the browser is gone."""

    def abort(self) -> None:
        """Break the socket without a close frame."""


class NoAudio(Exception):
    """This browser cannot have audio; the message says why."""


class BrowserCall:
    """Tells one browser how its call goes, from the invite to the end."""

    def __init__(
        self, call: Call, temporary_sid: str, offer: str, browser: Browser, media_host: str
    ) -> None:
        self.call = call
        self.temporary_sid = temporary_sid
        """The SDK's name for the call, `TJS…`, until it knows the CallSid."""
        self.reconnect_token = secrets.token_hex(16)
        self.browser: Browser | None = browser
        """None while the socket is lost."""
        self.over = False
        """The call has ended, and the browser was told if it was there."""
        self._offer = offer
        self._media_host = media_host
        self._peer: Peer | None = None
        self._rung = False
        self._answered = False
        self._left = False
        self._knows_sid = False
        """The browser was sent the CallSid. Before, it knows the call by its temporary SID."""
        self._grace: asyncio.TimerHandle | None = None

    def is_called(self, sid: str) -> bool:
        """Whether the browser means this call by ``sid``."""
        return sid in (self.call.sid, self.temporary_sid)

    async def follow(self) -> None:
        """Tell the browser about the call until it is over, then free the audio."""
        call = self.call
        seen = 0
        try:
            while call.agent.live:
                seen += len(await call.log.events_after(seen, _LONG))
                await self._tell_progress()
        except NoAudio as error:
            call.log.add_problem(Problem(errors.INTERNAL_FAILURE, str(error)))
            call.hang_up("agent")
            await self._tell_end({"code": errors.MEDIA_CONNECTION, "message": str(error)})
        else:
            await self._tell_end(self._why_it_never_began())
        finally:
            self.over = True
            self._forget_grace()
            await self._close_peer()

    def hang_up(self) -> None:
        """The browser hung up. It is sent nothing more about this call."""
        self._left = True
        self.call.hang_up("agent")

    def press(self, digits: str) -> None:
        """The browser sent digits."""
        if self.call.media:
            self.call.media.digits += digits
        self.call.log.add("browser", f"digits: {digits}", digits=digits)

    def receive(self, content: str) -> None:
        """The browser sent a message."""
        if self.call.media:
            self.call.media.messages.append(content)
        self.call.log.add("browser", "message", content=content)

    def lose(self, grace: float) -> None:
        """The browser's socket is gone. After ``grace`` seconds without one, the agent hangs up.

        The agent hangs up at once if the call was not answered yet: only the answer has the token
        with which a browser can come back.
        """
        self.browser = None
        if self.over:
            return
        if self.call.media:
            self.call.media.socket_losses += 1
        if not self._answered:
            self.call.log.add("browser", "socket lost before the answer")
            self.call.hang_up("agent")
            return
        self.call.log.add("browser", f"socket lost, waiting {grace:g} s for it", grace=grace)
        self._forget_grace()
        self._grace = asyncio.get_running_loop().call_later(grace, self._give_up)

    async def resume(self, browser: Browser, offer: str) -> None:
        """The browser is back with its reconnect token. It may be another page."""
        self._forget_grace()
        self.browser = browser
        if self.over:
            await self._send("hangup", {})
            return
        self.call.log.add("browser", "socket back")
        answer = {} if _ufrag(offer) == _ufrag(self._offer) else await self._new_audio(offer)
        await self._send("answer", {"reconnect": self.reconnect_token, **answer})

    async def restart_audio(self, offer: str) -> None:
        """The browser restarts ICE: it wants a new peer."""
        if not self.over:
            await self._send("answer", await self._new_audio(offer))

    async def _tell_progress(self) -> None:
        call = self.call
        if call.agent.answered is not None:
            if not self._answered:
                self._answered = True
                sdp = {} if self._peer else await self._new_audio(self._offer)
                await self._send("answer", {"reconnect": self.reconnect_token, **sdp})
        elif call.lead and call.lead.status == "ringing" and not self._rung:
            # With audio, so that the agent hears the ringback.
            self._rung = True
            await self._send("ringing", await self._new_audio(self._offer))

    async def _tell_end(self, error: ErrorPayload | None) -> None:
        if not self._left:
            await self._send("hangup", {"error": error} if error else {})

    def _why_it_never_began(self) -> ErrorPayload | None:
        """The error with which Twilio hangs up a call that was never answered.

        Twilio sends it for a busy line and similar endings
        (github.com/twilio/twilio-voice.js/issues/140). If the application failed, the call is
        declined (twilio.com/docs/api/errors/31002).
        """
        call = self.call
        if call.agent.answered is not None or call.agent_gone:
            return None
        code, message = errors.CONNECTION_DECLINED, "Connection declined"
        if call.agent.status == "busy":
            code, message = _UNANSWERED["busy"]
        elif call.agent.status == "completed" and call.lead:
            code, message = _UNANSWERED.get(call.lead.status, (code, message))
        return {"code": code, "message": message}

    async def _send(self, kind: str, payload: Mapping[str, object]) -> None:
        """Send a message about the call, unless the browser hung up or was told of the end.

        The SDK takes the CallSid of any `ringing` and `answer` for that of its present call, which
        may be the next one by then.
        """
        if self.browser is not None and not self._left and (kind == "hangup" or not self.over):
            self._knows_sid = self._knows_sid or kind in ("ringing", "answer")
            sid = self.call.sid if self._knows_sid else self.temporary_sid
            await self.browser.send(kind, {"callsid": sid, **payload})

    async def _new_audio(self, offer: str) -> dict[str, str]:
        """Replace the peer by a new one for ``offer``; the part of a payload with its answer."""
        media = self.call.media
        if media is None:
            raise NoAudio("this call has no browser")
        new_peer = await load_peer()
        await self._close_peer()
        self._offer = offer
        self._peer = new_peer(media, lambda: self.call.sound, self._media_host)
        try:
            sdp = await self._peer.answer(offer)
        except ValueError as error:
            raise NoAudio(str(error)) from error
        if self.over:
            # The call ended while the peer was made.
            await self._close_peer()
        return {"sdp": sdp}

    async def _close_peer(self) -> None:
        if self._peer:
            peer, self._peer = self._peer, None
            await peer.close()

    def _give_up(self) -> None:
        self._grace = None
        self.call.log.add("browser", "socket did not come back")
        self.call.hang_up("agent")

    def _forget_grace(self) -> None:
        if self._grace:
            self._grace.cancel()
            self._grace = None


async def load_peer() -> type[Peer]:
    """The class of peers. The first import takes a third of a second, in a thread.

    Raises NoAudio if aiortc is not installed.
    """

    def load() -> type[Peer]:
        from simulator.browsers.media import Peer

        return Peer

    try:
        return await asyncio.to_thread(load)
    except ImportError as error:
        raise NoAudio(f"audio needs the package aiortc: {error}") from error


def _ufrag(sdp: str) -> str | None:
    found = _UFRAG.search(sdp)
    return found[1] if found else None
