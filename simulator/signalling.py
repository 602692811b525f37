"""The browser's signalling: what the Voice SDK speaks over its WebSocket.

Frames are JSON text, ``{"type", "payload", "version": "1.6"}``, and a bare newline is a
heartbeat, which the SDK returns. Source: @twilio/voice-sdk 2.18.5, `lib/twilio/pstream.ts`,
`wstransport.ts` and `device.ts`. The meaning of codes: twilio.com/docs/api/errors.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from simulator import access_token, errors
from simulator.access_token import Grant, TokenRefused
from simulator.browser_calls import BrowserCall, NoAudio, load_peer
from simulator.calls import Media
from simulator.network import PhoneNetwork

logger = logging.getLogger(__name__)

VERSION = "1.6"
MAX_FRAME_BYTES = 256 * 1024
MAX_MESSAGE_BYTES = 10_000
MAX_CALLS = 16
"""Calls with audio at once: each costs up to a twentieth of a core."""
MAX_SOCKETS = 1000
MAX_GRACE = 30.0
"""Seconds: the longest `reconnectTimeout` that the SDK asks for."""
_KEPT_ENDED = 1000
_DIGITS = re.compile(r"[0-9*#w]{1,256}")


@dataclass(frozen=True)
class Timing:
    """Real seconds."""

    heartbeat: float = 5.0
    silence: float = 15.0
    """A browser from which nothing came for so long, not even heartbeats, is gone."""
    grace: float = 15.0
    """For so long a call outlives its browser's socket."""


class BrowserJson(TypedDict):
    """A connected browser in the control API."""

    identity: str | None
    registered: bool
    tokenExpiresAt: int | None
    calls: list[str]


class Malformed(Exception):
    """A frame that makes no sense."""


class Signalling:
    """The sockets of all browsers, and the calls that they placed."""

    def __init__(
        self, network: PhoneNetwork, timing: Timing | None = None, media_host: str = "127.0.0.1"
    ) -> None:
        self.network = network
        self.timing = timing or Timing()
        self.sockets: set[BrowserSocket] = set()
        self.calls: dict[str, BrowserCall] = {}
        """By CallSid; the last thousand ended ones stay, for browsers that come back late."""
        self._media_host = media_host
        self._ended: deque[str] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed_until = 0.0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it closes."""
        if time.monotonic() < self._closed_until or len(self.sockets) >= MAX_SOCKETS:
            return web.Response(status=503, text="no new sockets at the moment")
        websocket = web.WebSocketResponse(max_msg_size=MAX_FRAME_BYTES, timeout=1.0)
        await websocket.prepare(request)
        # A browser that connects will call; the first call shall not wait for the import.
        self.in_background(_load_audio())
        socket = BrowserSocket(self, websocket, request.transport)
        self.sockets.add(socket)
        try:
            await socket.serve()
        finally:
            self.sockets.discard(socket)
            socket.leave()
        return websocket

    def place_call(
        self, socket: BrowserSocket, temporary_sid: str, offer: str, params: Mapping[str, str]
    ) -> BrowserCall:
        """Place the call of an invite; raises TokenRefused."""
        call = self.network.place_call(socket.token, params, {}, Media())
        browser_call = BrowserCall(call, temporary_sid, offer, socket, self._media_host)
        self.calls[call.sid] = browser_call
        self.in_background(self._live(browser_call))
        return browser_call

    @property
    def active(self) -> int:
        """Calls of browsers that are not over."""
        return len(self.calls) - len(self._ended)

    def in_background(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Do ``work``, and be rid of it on `close`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._background_done)
        return task

    def drop_socket(self, call_sid: str) -> bool:
        """Break the socket of a call's browser; False if there is none."""
        browser_call = self.calls.get(call_sid)
        if browser_call is None or browser_call.over or browser_call.browser is None:
            return False
        browser_call.browser.abort()
        return True

    def cut(self, seconds: float, drop: bool) -> int:
        """Refuse new sockets for ``seconds``, and break all present ones if ``drop``.

        How many broke.
        """
        self._closed_until = time.monotonic() + seconds
        sockets = list(self.sockets) if drop else []
        for socket in sockets:
            socket.abort()
        return len(sockets)

    async def close(self) -> None:
        """Close all sockets and free all audio."""
        self._closed_until = float("inf")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self.sockets), return_exceptions=True)

    async def _live(self, browser_call: BrowserCall) -> None:
        try:
            await browser_call.follow()
        finally:
            self._ended.append(browser_call.call.sid)
            while len(self._ended) > _KEPT_ENDED:
                self.calls.pop(self._ended.popleft(), None)

    def _background_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("signalling broke: %r", error)


class BrowserSocket:
    """One connection of one `Device`. Two of the same identity know nothing of each other."""

    def __init__(
        self,
        signalling: Signalling,
        websocket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
    ) -> None:
        self.token = ""
        """The last token that was good."""
        self._signalling = signalling
        self._websocket = websocket
        self._transport = transport
        self._grant: Grant | None = None
        self._registered = False
        self._grace = signalling.timing.grace
        self._expiry: asyncio.TimerHandle | None = None
        self._beating: asyncio.Task[None] | None = None

    def to_json(self) -> BrowserJson:
        """This browser in the control API."""
        return {
            "identity": self._grant.identity if self._grant else None,
            "registered": self._registered,
            "tokenExpiresAt": self._grant.expires_at if self._grant else None,
            "calls": [call.call.sid for call in self._calls()],
        }

    async def serve(self) -> None:
        """Read what the browser sends until it is gone."""
        timing = self._signalling.timing
        self._beating = self._signalling.in_background(self._beat(timing.heartbeat))
        while True:
            try:
                message = await self._websocket.receive(timeout=timing.silence)
            except TimeoutError:
                logger.info("a browser has been silent for %g s", timing.silence)
                self.abort()
                return
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
                return
            if message.type == WSMsgType.ERROR:
                return
            if message.type != WSMsgType.TEXT or message.data == "\n":
                continue
            try:
                await self._read(message.data)
            except Malformed as error:
                await self._send_error(errors.MALFORMED_REQUEST, str(error))

    async def send(self, kind: str, payload: Mapping[str, object]) -> None:
        """Send one message; one that cannot be delivered any more is dropped."""
        logger.debug("to browser: %s", kind)
        await self._send_text(
            json.dumps({"type": kind, "payload": payload, "version": VERSION}, ensure_ascii=False)
        )

    def abort(self) -> None:
        """Break the connection, as when a cable is pulled: the browser sees code 1006."""
        if self._transport:
            self._transport.abort()

    async def close(self) -> None:
        """Say goodbye, as a server that goes away."""
        await self._websocket.close(code=1001, message=b"the simulator stops")

    def leave(self) -> None:
        """The connection is gone."""
        if self._beating:
            self._beating.cancel()
        if self._expiry:
            self._expiry.cancel()
        for browser_call in self._calls():
            browser_call.lose(self._grace)

    async def _read(self, text: str) -> None:
        try:
            frame: object = json.loads(text)
        except ValueError as error:
            raise Malformed("not JSON") from error
        if not isinstance(frame, dict):
            raise Malformed("not a JSON object")
        kind, payload = frame.get("type"), frame.get("payload", {})
        if not isinstance(payload, dict):
            raise Malformed("payload is not an object")
        logger.debug("from browser: %s", kind)
        match kind:
            case "listen":
                await self._listen(payload)
            case "register":
                await self._register(payload)
            case "invite" if "reconnect" in payload:
                await self._resume(payload)
            case "invite":
                await self._invite(payload)
            case "reinvite" | "hangup" | "dtmf" | "message":
                await self._in_call(kind, payload)
            case "answer" | "reject":
                logger.info("a browser sent %s, but nobody calls browsers here", kind)
            case _:
                raise Malformed(f"unknown type {kind!r}")

    async def _listen(self, payload: Mapping[str, object]) -> None:
        token = _text(payload, "token")
        try:
            grant = access_token.verify(token, self._signalling.network.account)
        except TokenRefused as refused:
            await self._refuse_token(refused)
            return
        self.token = token
        self._grant = grant
        timeout = payload.get("reconnectTimeout")
        if isinstance(timeout, int | float):
            self._grace = max(self._signalling.timing.grace, min(float(timeout), MAX_GRACE))
        self._expire_in(grant.expires_at - time.time())
        await self.send(
            "connected",
            {
                "region": "US_EAST_VIRGINIA",
                "edge": "ashburn",
                "home": "us1",
                "gateway": "simulator",
                "token": {
                    "identity": grant.identity,
                    "ttl": max(0, round(grant.expires_at - time.time())),
                },
            },
        )

    async def _register(self, payload: Mapping[str, object]) -> None:
        try:
            access_token.verify(self.token, self._signalling.network.account)
        except TokenRefused as refused:
            await self._refuse_token(refused)
            return
        media = payload.get("media")
        self._registered = isinstance(media, dict) and media.get("audio") is True
        await self.send("ready" if self._registered else "offline", {})

    async def _invite(self, payload: Mapping[str, object]) -> None:
        temporary_sid, offer = _text(payload, "callsid"), _text(payload, "sdp")
        twilio = payload.get("twilio")
        query = twilio.get("params", "") if isinstance(twilio, dict) else ""
        if not isinstance(query, str):
            raise Malformed("twilio.params is not a string")
        if self._signalling.active >= MAX_CALLS:
            await self._hang_up(temporary_sid, errors.RATE_EXCEEDED, f"over {MAX_CALLS} calls")
            return
        params = dict(parse_qsl(query, keep_blank_values=True))
        try:
            self._signalling.place_call(self, temporary_sid, offer, params)
        except TokenRefused as refused:
            await self._refuse_token(refused)
            await self._hang_up(temporary_sid, refused.signalling_code, refused.message)

    async def _resume(self, payload: Mapping[str, object]) -> None:
        sid, offer, token = (_text(payload, name) for name in ("callsid", "sdp", "reconnect"))
        browser_call = self._signalling.calls.get(sid)
        if browser_call is None:
            await self._hang_up(sid, errors.INVALID_RECONNECT_PARAMETER, "no such call")
            return
        identity = self._grant.identity if self._grant else None
        if identity != browser_call.call.identity or not secrets.compare_digest(
            token.encode(), browser_call.reconnect_token.encode()
        ):
            await self._hang_up(sid, errors.RECONNECT_NOT_AUTHORIZED, "not your call")
            return
        try:
            await browser_call.resume(self, offer)
        except NoAudio as error:
            await self._hang_up(sid, errors.MEDIA_CONNECTION, str(error))
            browser_call.hang_up()

    async def _in_call(self, kind: str, payload: Mapping[str, object]) -> None:
        sid = _text(payload, "callsid")
        browser_call = next((call for call in self._calls() if call.is_called(sid)), None)
        if browser_call is None:
            # Over while the message was on its way.
            logger.info("a browser sent %s about %s, which it is not in", kind, sid)
            return
        match kind:
            case "hangup":
                browser_call.hang_up()
            case "dtmf":
                digits = _text(payload, "dtmf")
                if not _DIGITS.fullmatch(digits):
                    raise Malformed("dtmf has other than digits, *, # and w")
                browser_call.press(digits)
            case "message":
                await self._message(browser_call, payload)
            case "reinvite":
                try:
                    await browser_call.restart_audio(_text(payload, "sdp"))
                except NoAudio as error:
                    await self._hang_up(sid, errors.MEDIA_CONNECTION, str(error))
                    browser_call.hang_up()

    async def _message(self, browser_call: BrowserCall, payload: Mapping[str, object]) -> None:
        content = payload.get("content")
        text = content if isinstance(content, str) else json.dumps(content)
        about = {
            "callsid": browser_call.call.sid,
            "voiceeventsid": _text(payload, "voiceeventsid"),
        }
        if payload.get("messagetype") != "user-defined-message":
            await self._send_error(errors.INVALID_MESSAGE_TYPE, "invalid message type", **about)
        elif len(text.encode()) > MAX_MESSAGE_BYTES:
            await self._send_error(errors.MESSAGE_TOO_LARGE, "message too large", **about)
        else:
            browser_call.receive(text)
            await self.send("ack", {"acktype": "message", **about})

    async def _refuse_token(self, refused: TokenRefused) -> None:
        await self._send_error(refused.signalling_code, refused.message)

    async def _send_error(self, code: int, message: str, **about: str) -> None:
        logger.info("error %d to a browser: %s", code, message)
        await self.send("error", {"error": {"code": code, "message": message}, **about})

    async def _hang_up(self, sid: str, code: int, message: str) -> None:
        await self.send("hangup", {"callsid": sid, "error": {"code": code, "message": message}})

    def _expire_in(self, seconds: float) -> None:
        if self._expiry:
            self._expiry.cancel()
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(
            max(0.0, seconds), lambda: self._signalling.in_background(self._expired())
        )

    async def _expired(self) -> None:
        """Calls go on; new ones, and being reachable, need a new token."""
        await self._send_error(errors.TOKEN_EXPIRED, "Access Token expired")
        if self._registered:
            self._registered = False
            await self.send("offline", {})

    async def _beat(self, seconds: float) -> None:
        while not self._websocket.closed:
            await asyncio.sleep(seconds)
            await self._send_text("\n")

    async def _send_text(self, text: str) -> None:
        try:
            await self._websocket.send_str(text)
        except (ConnectionError, RuntimeError):
            # The reader notices too, and does what there is to do.
            logger.debug("a browser is gone")

    def _calls(self) -> list[BrowserCall]:
        """The calls that go over this socket."""
        calls = self._signalling.calls.values()
        return [call for call in calls if call.browser is self and not call.over]


async def _load_audio() -> None:
    try:
        await load_peer()
    except NoAudio as error:
        logger.warning("%s", error)


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name} is missing")
    return value
