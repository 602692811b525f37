"""Whole calls on the local stack: how long they wait for our answers, with few and many calls."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import aiohttp
import jwt
from twilio.request_validator import RequestValidator

from bench.requests import BEGINNING, EVENT
from stack import Settings, Stack
from stack.processes import port_is_free
from stack.settings import PORTS_PER_STACK

_TO = "+15005550006"
_REQUESTS = 8


@dataclass
class Waits:
    """How long calls waited, in seconds, while ``under_way`` calls went on."""

    under_way: int
    # For each call, all its requests together.
    calls: list[float] = field(default_factory=list)
    # For each call, the request for TwiML: the rep hears nothing until it is answered.
    twiml: list[float] = field(default_factory=list)
    requests: int = 0
    failed: int = 0


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99."""
    if len(seconds) < 2:
        return (seconds[0],) * 3
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


def measure(directory: Path, levels: Sequence[int], *, call_seconds: float) -> list[Waits]:
    """For each level, keeps that many calls under way, each ``call_seconds`` long.

    It measures the calls that begin in the next ``call_seconds`` after all have begun. With a level
    of 1, one call follows the other, and the requests of a call follow each other without pauses.
    """
    settings = Settings.load(
        environ={},
        env_path=directory / "no.env",
        local_dir=directory,
        port_base=_port_base(),
        colleague=False,
    )
    with Stack(settings) as stack:
        return [asyncio.run(_level(stack.env, level, call_seconds)) for level in levels]


async def _level(env: Mapping[str, str], under_way: int, call_seconds: float) -> Waits:
    waits = Waits(under_way)
    # A new connection for each request: the server may close a kept one as it is used again.
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as http:
        rep = await _sign_in(http, env)
        begun = time.monotonic()
        measured = (begun, begun + call_seconds)
        if under_way > 1:
            measured = (begun + call_seconds, begun + 2 * call_seconds)
        await asyncio.gather(
            *(_calls(http, env, rep, waits, measured, call_seconds) for _ in range(under_way))
        )
    return waits


async def _calls(
    http: aiohttp.ClientSession,
    env: Mapping[str, str],
    rep: str,
    waits: Waits,
    measured: tuple[float, float],
    call_seconds: float,
) -> None:
    """Places one call after the other until the time is over."""
    alone = waits.under_way == 1
    pause = 0.0 if alone else call_seconds / _REQUESTS
    await asyncio.sleep(0 if alone else random.uniform(0, call_seconds))
    while time.monotonic() < measured[1]:
        begun = time.monotonic()
        taken, failed = await _call(http, env, rep, pause)
        if begun >= measured[0]:
            waits.calls.append(sum(taken))
            waits.twiml.append(taken[1])
            waits.requests += len(taken)
            waits.failed += failed


async def _call(
    http: aiohttp.ClientSession, env: Mapping[str, str], rep: str, pause: float
) -> tuple[list[float], int]:
    """Places one call; the seconds that each request took, and how many requests failed."""
    validator = RequestValidator(env["TWILIO_AUTH_TOKEN"])
    agent, lead = f"CA{uuid.uuid4().hex}", f"CA{uuid.uuid4().hex}"
    taken: list[float] = []
    failed = 0
    begun = time.monotonic()

    async def ask(path: str, headers: Mapping[str, str], **body: object) -> None:
        nonlocal failed
        sent = time.perf_counter()
        url = f"{env['FUNCTIONS_URL']}/api/twilio/{path}"
        try:
            async with http.post(url, headers=headers, **body) as answer:  # type: ignore[arg-type]
                await answer.read()
            failed += answer.status >= 300
        except aiohttp.ClientError:
            failed += 1
        taken.append(time.perf_counter() - sent)
        # The next request is on time, however long this one took.
        await asyncio.sleep(begun + pause * len(taken) - time.monotonic())

    async def webhook(path: str, form: Mapping[str, str]) -> None:
        form = {**form, "AccountSid": env["TWILIO_ACCOUNT_SID"]}
        signature = validator.compute_signature(f"{env['PUBLIC_BASE_URL']}/{path}", form)
        await ask(path, {"X-Twilio-Signature": signature}, data=form)

    business = env["DEMO_BUSINESS_ID"]
    await ask("token", {"Authorization": f"Bearer {rep}"}, json={"businessId": business})
    identity = f"client:user_{_hex_of(rep)}_{business.replace('-', '')}"
    beginning = {**BEGINNING, "CallSid": agent, "From": identity, "Caller": identity, "To": _TO}
    for name in ("CallerId", "LeadId", "CampaignId"):
        del beginning[name]
    await webhook("twiml", beginning)
    event = {**EVENT, "CallSid": lead, "ParentCallSid": agent}
    for number, status in enumerate(("initiated", "ringing", "in-progress", "completed")):
        changes = {"CallStatus": status, "SequenceNumber": str(number)}
        await webhook("status", {**event, **changes})
    dialled = {"DialCallSid": lead, "DialCallStatus": "completed", "DialCallDuration": "48"}
    await webhook("twiml?after=dial", {**beginning, **dialled})
    await webhook("status", {**beginning, "CallStatus": "completed", "SequenceNumber": "0"})
    return taken, failed


def _hex_of(access_token: str) -> str:
    """The user's id in the form that identities have."""
    claims = jwt.decode(access_token, options={"verify_signature": False})
    return str(claims["sub"]).replace("-", "")


async def _sign_in(http: aiohttp.ClientSession, env: Mapping[str, str]) -> str:
    async with http.post(
        f"{env['SUPABASE_URL']}/auth/v1/token?grant_type=password",
        headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
        json={"email": env["DEMO_EMAIL"], "password": env["DEMO_PASSWORD"]},
    ) as answer:
        answer.raise_for_status()
        return str((await answer.json())["access_token"])


def _port_base() -> int:
    while True:
        base = random.randrange(12000, 32000, 10)
        if all(port_is_free(base + n) for n in range(PORTS_PER_STACK)):
            return base
