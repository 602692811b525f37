"""The local scheduler: it runs the function by the clock and on request, with tokens of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import aiohttp
import jwt
import pytest
from aiohttp import web

from stack.scheduler import Scheduler, make_app
from tests.endpoints import SCHEDULER_ACCOUNT, serving


class Function(BaseHTTPRequestHandler):
    """A function that answers the first run with an error."""

    tokens: list[str]
    third: threading.Event

    def do_POST(self) -> None:
        self.tokens.append(self.headers["Authorization"].removeprefix("Bearer "))
        body = b'{"success": true}'
        self.send_response(503 if len(self.tokens) == 1 else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if len(self.tokens) == 3:
            self.third.set()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def function() -> Iterator[str]:
    Function.tokens, Function.third = [], threading.Event()
    with serving(Function) as address:
        yield address


async def serve(scheduler: Scheduler, every_seconds: float) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(make_app(scheduler, every_seconds))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def test_it_runs_by_the_clock_even_after_a_failed_run(function: str) -> None:
    async def until_the_third() -> None:
        runner, _ = await serve(Scheduler("https://issuer.test", function, SCHEDULER_ACCOUNT), 0.01)
        try:
            assert await asyncio.to_thread(Function.third.wait, 20)
        finally:
            await runner.cleanup()

    asyncio.run(until_the_third())


def test_it_runs_by_request_and_says_what_was_answered(function: str) -> None:
    scheduler = Scheduler("https://issuer.test", function, SCHEDULER_ACCOUNT)

    async def twice() -> tuple[list[int], dict[str, object]]:
        runner, url = await serve(scheduler, 0)
        try:
            async with aiohttp.ClientSession() as http:
                statuses = []
                for _ in range(2):
                    async with http.post(f"{url}/run") as answer:
                        statuses.append(answer.status)
                async with http.get(f"{url}/oauth2/v3/certs") as answer:
                    return statuses, await answer.json()
        finally:
            await runner.cleanup()

    statuses, published = asyncio.run(twice())
    assert statuses == [503, 200]
    assert len(Function.tokens) == 2
    (key,) = jwt.PyJWKSet.from_dict(published).keys
    claims = jwt.decode(
        Function.tokens[0],
        key,
        algorithms=["RS256"],
        audience=function,
        issuer="https://issuer.test",
    )
    assert (claims["email"], claims["email_verified"]) == (SCHEDULER_ACCOUNT, True)
    assert "d" not in published["keys"][0]  # type: ignore[index]
