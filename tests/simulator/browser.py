"""A browser for tests: it speaks the Voice SDK's part of signalling and has a WebRTC peer."""

from __future__ import annotations

import asyncio
import fractions
import json
import math
from array import array
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypedDict, cast
from urllib.parse import quote

import aiohttp
from aiortc import (
    MediaStreamError,
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from av import AudioFrame

from simulator.browsers.media import gather_on
from tests.simulator.lab import Lab, access_token

TEMPORARY_SID = "TJSabc"


class ErrorPayload(TypedDict):
    code: int
    message: str


class Payload(TypedDict, total=False):
    """What the network may send, in all its messages."""

    callsid: str
    sdp: str
    reconnect: str
    error: ErrorPayload
    parameters: Mapping[str, str]
    content: object
    contenttype: str
    messagetype: str
    token: Mapping[str, object]
    edge: str
    region: str
    home: str
    acktype: str
    voiceeventsid: str


class Gone(Exception):
    """The socket is closed."""


class Tone(MediaStreamTrack):
    """A tone, or nothing while muted."""

    kind = "audio"

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self.muted = False
        self._hertz = hertz
        self._sent = 0

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(0.02)
        first = self._sent * 160
        volume = 0 if self.muted else 8000
        samples = array(
            "h",
            (
                int(volume * math.sin(math.tau * self._hertz * (first + n) / 8000))
                for n in range(160)
            ),
        ).tobytes()
        frame = AudioFrame(format="s16", layout="mono", samples=160)
        frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = 8000
        frame.time_base = fractions.Fraction(1, 8000)
        frame.pts = first
        self._sent += 1
        return frame


class Audio:
    """The browser's peer. Like the SDK it never tells any candidate."""

    def __init__(self, hertz: float = 440.0) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.tone = Tone(hertz)
        self.frames = 0
        self.loud_frames = 0
        self._listening: asyncio.Task[None] | None = None
        self.connection.on("track", self._on_track)

    async def offer(self) -> str:
        sender = self.connection.addTrack(self.tone)
        offer = await self.connection.createOffer()
        await gather_on("127.0.0.1", sender.transport.transport.iceGatherer._connection)
        await self.connection.setLocalDescription(offer)
        return self._described()

    async def answer(self, offer: str) -> str:
        """The answer to an offer, with the codecs in the order of the SDK's preferences."""
        sender = self.connection.addTrack(self.tone)
        await self.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await gather_on("127.0.0.1", sender.transport.transport.iceGatherer._connection)
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return self._described()

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        if self._listening:
            self._listening.cancel()
        await self.connection.close()

    def _described(self) -> str:
        lines = self.connection.localDescription.sdp.splitlines(keepends=True)
        return "".join(line for line in lines if "candidate" not in line)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.get_running_loop().create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            self.frames += 1
            samples = array("h", bytes(frame.planes[0])[: 2 * frame.samples])
            self.loud_frames += max(map(abs, samples)) > 1000


class Browser:
    """One socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heartbeats = 0
        self.echoes_heartbeats = True

    async def send(self, kind: str, **payload: object) -> None:
        await self.socket.send_json({"type": kind, "payload": payload, "version": "1.6"})

    async def receive(self) -> tuple[str, Payload]:
        """The next message; raises Gone. Heartbeats are counted and returned."""
        while True:
            message = await self.socket.receive(timeout=60)
            if message.type != aiohttp.WSMsgType.TEXT:
                raise Gone
            if message.data == "\n":
                self.heartbeats += 1
                if self.echoes_heartbeats:
                    await self.socket.send_str("\n")
                continue
            frame = json.loads(message.data)
            assert frame["version"] == "1.6"
            return frame["type"], cast(Payload, frame["payload"])

    async def expect(self, kind: str) -> Payload:
        received, payload = await self.receive()
        assert received == kind, (received, payload)
        return payload

    async def until_answered(self) -> Payload:
        """The answer to an invite, whether it rings before or not."""
        kind, payload = await self.receive()
        if kind == "ringing":
            return await self.expect("answer")
        assert kind == "answer", (kind, payload)
        return payload

    async def expect_error(self) -> int:
        return (await self.expect("error"))["error"]["code"]

    async def messages(self, seconds: float) -> list[tuple[str, Payload]]:
        """What comes in ``seconds``."""
        received = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    received.append(await self.receive())
        except TimeoutError:
            return received

    async def expect_silence(self, seconds: float = 0.1) -> None:
        assert await self.messages(seconds) == []

    async def listen(self, token: str | None = None, **more: object) -> Payload:
        await self.send("listen", token=token or access_token(), browserinfo={}, **more)
        return await self.expect("connected")

    async def register(self) -> None:
        """From now on this browser rings."""
        await self.send("register", media={"audio": True})
        await self.expect("ready")

    async def expect_invite(self) -> Payload:
        """The invite of a call that comes in, as the SDK needs it."""
        invite = await self.expect("invite")
        assert invite["callsid"].startswith("CA")
        assert invite["sdp"]
        assert invite["parameters"]["CallSid"] == invite["callsid"]
        return invite

    async def answer(self, invite: Payload) -> None:
        """Accept a call, with audio that ends at once."""
        async with audio() as peer:
            await self.send(
                "answer", callsid=invite["callsid"], sdp=await peer.answer(invite["sdp"])
            )

    async def invite(self, offer: str, sid: str = TEMPORARY_SID, **params: str) -> None:
        query = "&".join(f"{quote(name)}={quote(value)}" for name, value in params.items())
        twilio = {"params": query} if params else {}
        await self.send("invite", callsid=sid, sdp=offer, twilio=twilio)

    async def resume(self, call_sid: str, reconnect: str, offer: str) -> None:
        await self.send("invite", callsid=call_sid, sdp=offer, reconnect=reconnect, twilio={})


@asynccontextmanager
async def connected(lab: Lab, token: str | None = None) -> AsyncIterator[Browser]:
    """A browser whose token was accepted."""
    async with socket(lab) as browser:
        await browser.listen(token)
        yield browser


@asynccontextmanager
async def socket(lab: Lab, host: str | None = None) -> AsyncIterator[Browser]:
    """A browser that has not sent its token yet, and believes that the network is at ``host``."""
    headers = {"Host": host} if host else {}
    async with lab.http.ws_connect("/signal", headers=headers) as websocket:
        yield Browser(websocket)


@asynccontextmanager
async def registered(lab: Lab, identity: str = "bob") -> AsyncIterator[Browser]:
    """A browser that rings if ``identity`` is called."""
    async with connected(lab, access_token(identity, incoming=True)) as browser:
        await browser.register()
        yield browser


@asynccontextmanager
async def audio(hertz: float = 440.0) -> AsyncIterator[Audio]:
    peer = Audio(hertz)
    try:
        yield peer
    finally:
        await peer.close()


async def an_offer() -> str:
    """An SDP offer, for tests without audio."""
    async with audio() as peer:
        return await peer.offer()
