"""A leg whose party is a browser: its socket, its audio, what it says and when it is lost.

How the SDK reacts to each message: @twilio/voice-sdk 2.18.5, `lib/twilio/call.ts` and
`rtc/peerconnection.ts`.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from simulator.browsers.conditions import NetworkConditions
from simulator.calls.clients import Device
from simulator.calls.legs import Leg
from simulator.calls.media_record import MediaRecord
from simulator.calls.user_messages import CONTENT_TYPE, USER_DEFINED

if TYPE_CHECKING:
    from simulator.browsers.media import Peer

_UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)


class Browser(Device, Protocol):
    """The socket to a browser."""

    async def send(self, kind: str, payload: Mapping[str, object]) -> None:
        """Send one message. It is dropped if the browser is gone."""

    def abort(self) -> None:
        """Break the socket without a close frame."""


@dataclass(frozen=True)
class Access:
    """How the audio of browsers reaches the network."""

    host: str = "127.0.0.1"
    """The address to which they send it."""
    conditions: NetworkConditions = field(default_factory=NetworkConditions)


class NoAudio(Exception):
    """This browser cannot have audio; the message says why."""


class BrowserLeg:
    """Keeps the connection of one leg with its browser."""

    def __init__(self, leg: Leg, identity: str, browser: Browser | None, access: Access) -> None:
        self.leg = leg
        self.identity = identity
        """Whose browser it is."""
        self.reconnect_token = secrets.token_hex(16)
        self.browser = browser
        """None while the socket is lost, or before a browser has answered."""
        self.over = False
        """The leg has ended, and the browser was told if it was there."""
        self._access = access
        self._peer: Peer | None = None
        self._remote_sdp = ""
        """The browser's latest description of its audio."""
        self._left = False
        self._grace: asyncio.TimerHandle | None = None

    def is_called(self, sid: str) -> bool:
        """Whether the browser means this leg by ``sid``."""
        return sid == self.leg.sid

    def browsers(self) -> list[Browser]:
        """The browsers whose messages can be about this leg."""
        return [self.browser] if self.browser is not None and not self.over else []

    def hang_up(self, browser: Browser) -> None:
        """The browser hung up. It is sent nothing more about this leg."""
        self._left = True
        self.leg.hang_up()

    def lose(self, browser: Browser, grace: float) -> None:
        """The browser's socket is gone. After ``grace`` seconds without one, the browser hangs up.

        It hangs up at once if it cannot come back.
        """
        self.browser = None
        if self.over:
            return
        if self.leg.media:
            self.leg.media.socket_losses += 1
        if not self._can_come_back():
            self._note("socket lost before the answer")
            self.leg.hang_up()
            return
        self._note(f"socket lost, waiting {grace:g} s for it", grace=grace)
        self._forget_grace()
        self._grace = asyncio.get_running_loop().call_later(grace, self._give_up)

    async def resume(self, browser: Browser, sdp: str) -> None:
        """The browser is back with its reconnect token. It may be another page.

        ``sdp`` describes the audio that it has, or offers new audio. Raises NoAudio.
        """
        self._forget_grace()
        self.browser = browser
        if self.over:
            await self._send("hangup", {})
            return
        # There may be messages for it.
        self.leg.notify()
        self._note("socket back")
        answer = {} if self._is_audio_of(sdp) else await self._new_audio(sdp)
        await self._send("answer", {"reconnect": self.reconnect_token, **answer})

    async def restart_audio(self, offer: str) -> None:
        """The browser restarts ICE: it wants a new peer. Raises NoAudio."""
        if not self.over:
            await self._send("answer", await self._new_audio(offer))

    def _is_audio_of(self, sdp: str) -> bool:
        """Whether ``sdp`` describes the audio that the browser has now."""
        return _ufrag(sdp) == _ufrag(self._remote_sdp)

    def _can_come_back(self) -> bool:
        """Whether the browser knows the token with which it can come back."""
        raise NotImplementedError

    def _sid_of(self, kind: str) -> str:
        """The SID by which a message of this kind names the leg."""
        return self.leg.sid

    async def _send(self, kind: str, payload: Mapping[str, object]) -> None:
        """Send a message about the leg, unless the browser hung up or was told of the end.

        The SDK takes the CallSid of any `ringing` and `answer` for that of its present call, which
        may be the next one by then.
        """
        if self.browser is not None and not self._left and (kind == "hangup" or not self.over):
            await self.browser.send(kind, {"callsid": self._sid_of(kind), **payload})

    def _has_messages(self) -> bool:
        """Whether the application's server has messages for the page, and the page is there."""
        media = self.leg.media
        return media is not None and bool(media.inbox) and self.browser is not None

    async def _tell_messages(self) -> None:
        """Send the page the messages that it has."""
        while self.leg.media and self._has_messages():
            message = self.leg.media.inbox.pop(0)
            payload = {
                "content": message.content,
                "contenttype": CONTENT_TYPE,
                "messagetype": USER_DEFINED,
                "voiceeventsid": message.sid,
            }
            await self._send("message", payload)

    async def _new_peer(self, media: MediaRecord) -> Peer:
        """A peer for the audio of the leg. The caller closes it. Raises NoAudio."""
        peer = await load_peer()
        conditions = self._access.conditions
        return peer(media, self.leg.audio, self._access.host, lambda: conditions.of(self.identity))

    async def _new_audio(self, offer: str) -> dict[str, str]:
        """Replace the peer by a new one for ``offer``; the part of a payload with its answer."""
        if self.leg.media is None:
            raise NoAudio("this call has no browser")
        peer = await self._new_peer(self.leg.media)
        await self._close_peer()
        self._remote_sdp = offer
        self._peer = peer
        try:
            sdp = await peer.answer(offer)
        except ValueError as error:
            raise NoAudio(str(error)) from error
        if self.over:
            # The leg ended while the peer was made.
            await self._close_peer()
        return {"sdp": sdp}

    async def _finish(self) -> None:
        """The leg has ended, and its browser knows it."""
        self.over = True
        self._forget_grace()
        await self._close_peer()

    async def _close_peer(self) -> None:
        if self._peer:
            peer, self._peer = self._peer, None
            await peer.close()

    def _note(self, text: str, **data: object) -> None:
        """Add an entry to the call's timeline."""
        self.leg.log.add("browser", text, callSid=self.leg.sid, **data)

    def _give_up(self) -> None:
        self._grace = None
        self._note("socket did not come back")
        self.leg.hang_up()

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
