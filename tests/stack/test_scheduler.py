"""The local scheduler: it runs functions by the clock and on request, with tokens of its own."""

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


class Functions(BaseHTTPRequestHandler):
    """Functions that answer with their names. `/bad` answers the first run with an error."""

    tokens: list[tuple[str, str]]
    third: threading.Event

    def do_POST(self) -> None:
        self.tokens.append((self.path, self.headers["Authorization"].removeprefix("Bearer ")))
        runs = [path for path, _ in self.tokens].count(self.path)
        body = self.path.encode()
        self.send_response(503 if self.path == "/bad" and runs == 1 else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/bad" and runs == 3:
            self.third.set()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    Functions.tokens, Functions.third = [], threading.Event()
    with serving(Functions) as address:
        yield Scheduler("https://issuer.test", address, SCHEDULER_ACCOUNT, ("good", "bad"))


async def serve(scheduler: Scheduler, every_seconds: float) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(make_app(scheduler, every_seconds))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def test_each_runs_by_the_clock_even_after_a_failed_run(scheduler: Scheduler) -> None:
    async def until_the_third() -> None:
        runner, _ = await serve(scheduler, 0.01)
        try:
            assert await asyncio.to_thread(Functions.third.wait, 20)
        finally:
            await runner.cleanup()

    asyncio.run(until_the_third())
    assert "/good" in dict(Functions.tokens)


def test_functions_elsewhere_are_called_instead_until_they_are_silent_for_a_minute(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere(Functions):
        tokens, third = [], threading.Event()

    async def ask() -> list[int]:
        runner, url = await serve(scheduler, 0)
        try:
            async with aiohttp.ClientSession() as http:
                answers = []
                with serving(Elsewhere) as other:
                    named = {"url": other, "audience": "https://tunnel.test"}
                    async with http.put(f"{url}/functions", json=named) as answer:
                        answers.append(answer.status)
                    async with http.post(f"{url}/run/good") as answer:
                        answers.append(answer.status)
                # They may be back soon, and whoever has another Twilio must not be asked meanwhile.
                for seconds in (60.0, 0.0):
                    monkeypatch.setattr("stack.scheduler._SILENCE_SECONDS", seconds)
                    async with http.post(f"{url}/run/good") as answer:
                        answers.append(answer.status)
                return answers
        finally:
            await runner.cleanup()

    assert asyncio.run(ask()) == [204, 200, 503, 200]
    [(path, token)] = Elsewhere.tokens
    assert path == "/good"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "https://tunnel.test"
    assert len(Functions.tokens) == 1


def test_it_runs_all_or_one_by_request_and_says_what_was_answered(scheduler: Scheduler) -> None:
    async def ask() -> tuple[list[tuple[int, str]], dict[str, object]]:
        runner, url = await serve(scheduler, 0)
        try:
            async with aiohttp.ClientSession() as http:
                answers = []
                for path in ("/run", "/run", "/run/good", "/run/bad", "/run/other"):
                    async with http.post(f"{url}{path}") as answer:
                        answers.append((answer.status, await answer.text()))
                async with http.get(f"{url}/oauth2/v3/certs") as answer:
                    return answers, await answer.json()
        finally:
            await runner.cleanup()

    answers, published = asyncio.run(ask())
    # The answer of the first, or of one that failed.
    assert answers[:4] == [(503, "/bad"), (200, "/good"), (200, "/good"), (200, "/bad")]
    assert answers[4][0] == 404
    assert len(Functions.tokens) == 6
    (key,) = jwt.PyJWKSet.from_dict(published).keys
    claims = jwt.decode(
        Functions.tokens[0][1],
        key,
        algorithms=["RS256"],
        audience=scheduler.audience,
        issuer="https://issuer.test",
    )
    assert (claims["email"], claims["email_verified"]) == (SCHEDULER_ACCOUNT, True)
    assert "d" not in published["keys"][0]  # type: ignore[index]
