"""One browser's socket: what its messages mean, and what it is answered.

Source: @twilio/voice-sdk 2.18.5, `lib/twilio/pstream.ts`, `wstransport.ts` and `device.ts`. The
meaning of codes: twilio.com/docs/api/errors.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import time
from typing import TypedDict
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from simulator.browsers.browser_legs import BrowserLeg, NoAudio
from simulator.browsers.edges import Location
from simulator.browsers.frames import HEARTBEAT, Malformed, Payload, decode, encode, text_of
from simulator.browsers.received_calls import ReceivedCall
from simulator.browsers.switchboard import Switchboard
from simulator.calls.clients import Ringing
from simulator.calls.user_messages import MAX_BYTES, USER_DEFINED
from simulator.protocol import access_token, errors
from simulator.protocol.access_token import Grant, TokenRefused

logger = logging.getLogger(__name__)

MAX_CALLS = 16
"""Calls with audio at the same time. Each takes up to a twentieth of a core."""
MAX_GRACE = 30.0
"""Seconds: the longest `reconnectTimeout` that the SDK asks for."""
_DIGITS = re.compile(r"[0-9*#w]{1,256}")


class BrowserJson(TypedDict):
    """A connected browser in the control API."""

    identity: str | None
    registered: bool
    tokenExpiresAt: int | None
    calls: list[str]


class BrowserSocket:
    """One connection of one `Device`. Two devices of the same identity are independent."""

    def __init__(
        self,
        switchboard: Switchboard,
        websocket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        location: Location,
    ) -> None:
        self._switchboard = switchboard
        self._websocket = websocket
        self._transport = transport
        self._location = location
        self._token = ""
        """The last token that was valid."""
        self._grant: Grant | None = None
        self._registered = False
        self._grace = switchboard.timing.grace
        self._expiry: asyncio.TimerHandle | None = None
        self._beating: asyncio.Task[None] | None = None

    def to_json(self) -> BrowserJson:
        """This browser in the control API."""
        return {
            "identity": self._grant.identity if self._grant else None,
            "registered": self._registered,
            "tokenExpiresAt": self._grant.expires_at if self._grant else None,
            "calls": [leg.leg.sid for leg in self._switchboard.calls_over(self)],
        }

    async def serve(self) -> None:
        """Read what the browser sends until it is gone."""
        timing = self._switchboard.timing
        self._beating = self._switchboard.in_background(self._beat(timing.heartbeat))
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
            if message.type != WSMsgType.TEXT or message.data == HEARTBEAT:
                continue
            try:
                await self._read(message.data)
            except Malformed as error:
                await self._send_error(errors.MALFORMED_REQUEST, str(error))

    async def send(self, kind: str, payload: Payload) -> None:
        """Send one message. It is dropped if the browser is gone."""
        logger.debug("to browser: %s", kind)
        await self._send_text(encode(kind, payload))

    def ring(self, ringing: Ringing) -> None:
        """Ring in this browser, too."""
        self._switchboard.call_of(ringing).ring(self)

    def stop_ringing(self, ringing: Ringing) -> None:
        """Do not ring in this browser any more."""
        self._switchboard.call_of(ringing).stop_ringing(self)

    def abort(self) -> None:
        """Break the connection without a close frame: the browser sees close code 1006."""
        if self._transport:
            self._transport.abort()

    async def close(self) -> None:
        """Close the connection with a close frame, as a server does that shuts down."""
        await self._websocket.close(code=1001, message=b"the simulator stops")

    def leave(self) -> None:
        """The connection is gone."""
        if self._beating:
            self._beating.cancel()
        if self._expiry:
            self._expiry.cancel()
        self._switchboard.registrations.remove(self)
        for leg in self._switchboard.calls_over(self):
            leg.lose(self, self._grace)

    async def _read(self, text: str) -> None:
        kind, payload = decode(text)
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
            case "answer" | "reject" | "reinvite" | "hangup" | "dtmf" | "message":
                await self._in_call(kind, payload)
            case _:
                raise Malformed(f"unknown type {kind!r}")

    async def _listen(self, payload: Payload) -> None:
        token = text_of(payload, "token")
        try:
            grant = access_token.verify(token, self._switchboard.network.account)
        except TokenRefused as refused:
            await self._refuse_token(refused)
            return
        self._token = token
        self._grant = grant
        # The new token may be of another identity.
        self._set_registered(self._registered)
        timeout = payload.get("reconnectTimeout")
        if isinstance(timeout, int | float):
            self._grace = max(self._switchboard.timing.grace, min(float(timeout), MAX_GRACE))
        self._expire_in(grant.expires_at - time.time())
        await self.send(
            "connected",
            {
                "region": self._location.region,
                "edge": self._location.edge,
                "home": "us1",
                "gateway": "simulator",
                "token": {
                    "identity": grant.identity,
                    "ttl": max(0, round(grant.expires_at - time.time())),
                },
            },
        )

    async def _register(self, payload: Payload) -> None:
        try:
            access_token.verify(self._token, self._switchboard.network.account)
        except TokenRefused as refused:
            await self._refuse_token(refused)
            return
        media = payload.get("media")
        self._set_registered(isinstance(media, dict) and media.get("audio") is True)
        await self.send("ready" if self._registered else "offline", {})

    def _set_registered(self, registered: bool) -> None:
        self._registered = registered
        if registered and self._grant and self._grant.can_be_called:
            self._switchboard.registrations.put(self, self._grant.identity)
        else:
            self._switchboard.registrations.remove(self)

    async def _invite(self, payload: Payload) -> None:
        temporary_sid, offer = text_of(payload, "callsid"), text_of(payload, "sdp")
        twilio = payload.get("twilio")
        query = twilio.get("params", "") if isinstance(twilio, dict) else ""
        if not isinstance(query, str):
            raise Malformed("twilio.params is not a string")
        if self._switchboard.active >= MAX_CALLS:
            await self._hang_up(temporary_sid, errors.RATE_EXCEEDED, f"over {MAX_CALLS} calls")
            return
        params = dict(parse_qsl(query, keep_blank_values=True))
        try:
            self._switchboard.place_call(self, self._token, temporary_sid, offer, params)
        except TokenRefused as refused:
            await self._refuse_token(refused)
            await self._hang_up(temporary_sid, refused.signalling_code, refused.message)

    async def _resume(self, payload: Payload) -> None:
        sid, offer, token = (text_of(payload, name) for name in ("callsid", "sdp", "reconnect"))
        leg = self._switchboard.calls.get(sid)
        if leg is None:
            await self._hang_up(sid, errors.INVALID_RECONNECT_PARAMETER, "no such call")
            return
        identity = self._grant.identity if self._grant else None
        if identity != leg.identity or not secrets.compare_digest(
            token.encode(), leg.reconnect_token.encode()
        ):
            await self._hang_up(sid, errors.RECONNECT_NOT_AUTHORIZED, "not your call")
            return
        try:
            await leg.resume(self, offer)
        except NoAudio as error:
            await self._hang_up(sid, errors.MEDIA_CONNECTION, str(error))
            leg.hang_up(self)

    async def _in_call(self, kind: str, payload: Payload) -> None:
        sid = text_of(payload, "callsid")
        leg = next((leg for leg in self._switchboard.calls_over(self) if leg.is_called(sid)), None)
        if leg is None:
            # The call ended while the message was on its way.
            logger.info("a browser sent %s about %s, which it is not in", kind, sid)
            return
        match kind:
            case "answer" if isinstance(leg, ReceivedCall):
                await leg.answer(self, text_of(payload, "sdp"))
            case "hangup" | "reject":
                leg.hang_up(self)
            case "dtmf" if leg.browser is self:
                digits = text_of(payload, "dtmf")
                if not _DIGITS.fullmatch(digits):
                    raise Malformed("dtmf can have digits, *, # and w only")
                leg.leg.press(digits)
            case "message" if leg.browser is self:
                await self._message(leg, payload)
            case "reinvite" if leg.browser is self:
                try:
                    await leg.restart_audio(text_of(payload, "sdp"))
                except NoAudio as error:
                    await self._hang_up(sid, errors.MEDIA_CONNECTION, str(error))
                    leg.hang_up(self)

    async def _message(self, leg: BrowserLeg, payload: Payload) -> None:
        content = payload.get("content")
        text = (
            content
            if isinstance(content, str)
            else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        )
        about = {
            "callsid": leg.leg.sid,
            "voiceeventsid": text_of(payload, "voiceeventsid"),
        }
        if payload.get("messagetype") != USER_DEFINED:
            await self._send_error(errors.INVALID_MESSAGE_TYPE, "invalid message type", **about)
        elif len(text.encode()) > MAX_BYTES:
            await self._send_error(errors.MESSAGE_TOO_LARGE, "message too large", **about)
        else:
            self._switchboard.network.messages.receive(leg.leg, about["voiceeventsid"], text)
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
            max(0.0, seconds), lambda: self._switchboard.in_background(self._expired())
        )

    async def _expired(self) -> None:
        """The token has expired. Calls go on; to call or to register needs a new token."""
        await self._send_error(errors.TOKEN_EXPIRED, "Access Token expired")
        if self._registered:
            self._set_registered(False)
            await self.send("offline", {})

    async def _beat(self, seconds: float) -> None:
        while not self._websocket.closed:
            await asyncio.sleep(seconds)
            await self._send_text(HEARTBEAT)

    async def _send_text(self, text: str) -> None:
        try:
            await self._websocket.send_str(text)
        except (ConnectionError, RuntimeError):
            # `serve` notices it too and cleans up.
            logger.debug("a browser is gone")


def _json_of(value: object) -> str:
    """``value`` as a page's `JSON.stringify` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
