"""The simulator, and a small product that answers its webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypedDict
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from simulator.browsers.signalling import Signalling
from simulator.browsers.switchboard import Timing
from simulator.calls.call_log import EventJson
from simulator.calls.clock import Clock
from simulator.calls.network import PhoneNetwork
from simulator.control.call_json import CallJson, LegJson
from simulator.protocol.account import Account, ApiKey, TwimlApp
from simulator.server import make_app

CALLER_ID = "+15005550006"
LEAD = "+14155550123"
KEY = ApiKey(sid="SK" + "1" * 32, secret="key-secret-of-thirty-two-letters")
AUTH_TOKEN = "auth-token-of-the-account"
ACCOUNT_SID = "AC" + "2" * 32
APP_SID = "AP" + "3" * 32

DIAL_RECORDED = (
    '<Response><Dial answerOnBridge="true" callerId="{caller_id}" action="voice-after-dial">'
    '<Number statusCallback="/status" statusCallbackEvent="initiated ringing answered completed">'
    "{number}</Number></Dial></Response>"
)


@dataclass(frozen=True)
class Received:
    """A request that the product received."""

    method: str
    path: str
    url: str
    params: dict[str, str]
    headers: Mapping[str, str]


Answer = Callable[[Received], Awaitable[web.StreamResponse]]


def twiml(document: str) -> web.Response:
    return web.Response(text=document, content_type="text/xml")


@dataclass
class Product:
    """Answers each path and remembers the requests. A test may replace `answers`."""

    received: list[Received] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    url: str = ""

    def replies(self, path: str, document: str) -> None:
        async def answer(received: Received) -> web.StreamResponse:
            return twiml(document.format(caller_id=CALLER_ID, number=received.params.get("To")))

        self.answers[path] = answer

    def replies_status(self, path: str, *statuses: int) -> None:
        """Answers with these statuses one after the other, then always with the last."""
        left = list(statuses)

        async def answer(received: Received) -> web.StreamResponse:
            return web.Response(status=left.pop(0) if len(left) > 1 else left[0])

        self.answers[path] = answer

    def at(self, path: str) -> list[Received]:
        return [received for received in self.received if received.path == path]

    def lead_statuses(self) -> list[str]:
        """The CallStatus of each of the lead leg's callbacks, in the order of their sequence
        numbers."""
        callbacks = [r.params for r in self.at("/status") if "ParentCallSid" in r.params]
        return [p["CallStatus"] for p in sorted(callbacks, key=lambda p: int(p["SequenceNumber"]))]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        source = (await request.text()) if request.method == "POST" else request.query_string
        received = Received(
            request.method,
            request.path,
            str(request.url),
            dict(parse_qsl(source, keep_blank_values=True)),
            dict(request.headers),
        )
        self.received.append(received)
        return await self.answers[request.path](received)


class Refusal(TypedDict):
    code: int | str
    message: str


@dataclass
class Lab:
    """The control API of a running simulator, and the product that it calls."""

    product: Product
    network: PhoneNetwork
    signalling: Signalling
    http: aiohttp.ClientSession

    @property
    def app(self) -> TwimlApp:
        return self.network.account.twiml_apps[APP_SID]

    async def place(self, to: str | None = LEAD, script: object = None, **params: str) -> str:
        """Place a call. Returns its CallSid."""
        if to is not None:
            params["To"] = to
        body: dict[str, object] = {"accessToken": access_token(), "params": params}
        if script is not None:
            body["script"] = script
        async with self.http.post("/simulator/calls", json=body) as response:
            assert response.status == 201, await response.text()
            sid: str = (await response.json())["callSid"]
            return sid

    async def state(self, sid: str) -> CallJson:
        async with self.http.get(f"/simulator/calls/{sid}") as response:
            assert response.status == 200
            call: CallJson = await response.json()
            return call

    async def ended(self, sid: str) -> CallJson:
        """The call, after its end and its last webhook."""
        await self.until(sid, lambda event: event["kind"] == "ended")
        return await self.state(sid)

    async def call(self, to: str | None = LEAD, script: object = None, **params: str) -> CallJson:
        """Place a call and wait for its end."""
        return await self.ended(await self.place(to, script, **params))

    async def until(self, sid: str, wanted: Callable[[EventJson], bool]) -> EventJson:
        """The first timeline entry that is ``wanted``."""
        after = 0
        while True:
            url = f"/simulator/calls/{sid}/events?after={after}&wait=30"
            async with self.http.get(url) as response:
                answer = await response.json()
            events: list[EventJson] = answer["events"]
            for event in events:
                if wanted(event):
                    return event
            assert events, "the call ended, or half a minute passed, without it"
            after = events[-1]["n"]

    async def until_lead_is(self, sid: str, status: str) -> None:
        await self.until(
            sid, lambda e: e["data"].get("role") == "lead" and e["data"].get("status") == status
        )

    async def script(self, number: str, **script: object) -> None:
        """Sets what `number` does from now on when a browser calls it."""
        body = {"number": number, "script": script}
        async with self.http.post("/simulator/callees", json=body) as response:
            assert response.status == 200, await response.text()

    async def post(self, path: str, body: object = None) -> tuple[int, Refusal]:
        """Posts. Returns the status and the error of the answer."""
        async with self.http.post(path, json=body) as response:
            answer = await response.json()
            return response.status, answer.get("error", {"code": "", "message": ""})


def access_token(
    identity: str = "user_1",
    ttl: int = 3600,
    secret: str = KEY.secret,
    app_sid: str | None = APP_SID,
    incoming: bool = False,
) -> str:
    token = AccessToken(ACCOUNT_SID, KEY.sid, secret, identity=identity or None, ttl=ttl)
    token.add_grant(VoiceGrant(outgoing_application_sid=app_sid, incoming_allow=incoming))
    return str(token.to_jwt())


def account(base: str = "http://127.0.0.1:1") -> Account:
    app = TwimlApp(APP_SID, voice_url=f"{base}/voice", status_callback=f"{base}/status")
    return Account(
        sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        api_keys={KEY.sid: KEY},
        twiml_apps={app.sid: app},
        numbers={CALLER_ID},
    )


def lead_leg(call: CallJson) -> LegJson:
    [leg] = [leg for leg in call["legs"] if leg["role"] == "lead"]
    return leg


@asynccontextmanager
async def open_lab(
    time_scale: float = 0.01, keep_ended: int = 5000, timing: Timing | None = None
) -> AsyncIterator[Lab]:
    product = Product()
    product.replies("/voice", DIAL_RECORDED)
    product.replies("/voice-after-dial", "<Response/>")
    product.replies_status("/status", 204)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", product.handle)
    async with serve(app) as product_url:
        product.url = product_url
        network = PhoneNetwork(account(product_url), Clock(time_scale), keep_ended)
        signalling = Signalling(network, timing)
        try:
            async with (
                serve(make_app(network, signalling)) as simulator_url,
                aiohttp.ClientSession(simulator_url) as http,
            ):
                yield Lab(product, network, signalling, http)
        finally:
            await network.close()


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[str]:
    """Serve ``app`` on a free port. Yields its address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def in_lab(
    time_scale: float = 0.01, keep_ended: int = 5000, timing: Timing | None = None
) -> Callable[[Callable[[Lab], Awaitable[None]]], Callable[[], None]]:
    """Makes a test of a coroutine function that takes a lab."""

    def decorate(scenario: Callable[[Lab], Awaitable[None]]) -> Callable[[], None]:
        async def run() -> None:
            async with asyncio.timeout(60), open_lab(time_scale, keep_ended, timing) as lab:
                await scenario(lab)

        # functools.wraps would make pytest look for a fixture named lab.
        def test() -> None:
            asyncio.run(run())

        test.__name__ = getattr(scenario, "__name__", "scenario")
        test.__doc__ = scenario.__doc__
        return test

    return decorate
