"""The local scheduler, in place of Cloud Scheduler: calls functions at intervals, with identity
tokens that it issues itself.

    SCHEDULER_AUDIENCE=… SCHEDULER_SERVICE_ACCOUNT=… python -m stack.scheduler --every 60 reconcile

`GET /oauth2/v3/certs` answers the public keys of the tokens. `POST /run` calls all functions now
and passes on the answer of the first, or of one that failed; `POST /run/NAME` calls one of them.
With `--every 0` only requests call them. `PUT /functions` `{"url", "audience"}` makes it call the
functions at another address instead, until nothing has listened there for a minute.
"""

import argparse
import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

# The life of Cloud Scheduler's tokens: https://cloud.google.com/scheduler/docs/http-target-auth
_TOKEN_SECONDS = 3600
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_KEY_ID = "local"
# Functions that are started again are back by then.
_SILENCE_SECONDS = 60.0

logger = logging.getLogger(__name__)


@dataclass
class Elsewhere:
    """Functions that are not the stack's."""

    url: str
    audience: str
    heard_at: float = field(default_factory=time.monotonic)


@dataclass
class Scheduler:
    """Calls functions as ``service_account``, with tokens of ``issuer`` for ``audience``. A
    function is at ``audience``/NAME."""

    issuer: str
    audience: str
    service_account: str
    # The functions, by the last part of their paths.
    names: Sequence[str] = ()
    # Whom it calls instead. Of two that serve one database and ask different Twilios, only one may
    # be called: what the other Twilio has, this one does not know, and so it would count as lost.
    elsewhere: Elsewhere | None = None
    _key: rsa.RSAPrivateKey = field(
        repr=False, default_factory=lambda: rsa.generate_private_key(65537, 2048)
    )

    def keys(self) -> dict[str, object]:
        """The public key, as a JWK set."""
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**jwk, "kid": _KEY_ID, "alg": "RS256", "use": "sig"}]}

    def token(self, audience: str | None = None) -> str:
        """An identity token with the claims that Google's tokens have."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": audience or self.audience,
            "azp": "local",
            "sub": "local",
            "email": self.service_account,
            "email_verified": True,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": _KEY_ID})

    async def run(self, http: aiohttp.ClientSession, name: str) -> tuple[int, str]:
        """Calls a function once; returns HTTP status and body."""
        if other := self.elsewhere:
            try:
                answer = await self._call(http, f"{other.url}/{name}", other.audience)
            except aiohttp.ClientConnectorError:
                if time.monotonic() - other.heard_at < _SILENCE_SECONDS:
                    raise
                logger.warning("%s: nothing listens any more", other.url)
                self.elsewhere = None
            else:
                other.heard_at = time.monotonic()
                return answer
        return await self._call(http, f"{self.audience}/{name}", self.audience)

    async def _call(self, http: aiohttp.ClientSession, url: str, audience: str) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self.token(audience)}"}
        async with http.post(url, headers=headers, timeout=_TIMEOUT) as answer:
            return answer.status, await answer.text()


def make_app(scheduler: Scheduler, every_seconds: float) -> web.Application:
    """The scheduler as a web application. With ``every_seconds`` 0, it calls only on request."""

    async def certs(request: web.Request) -> web.StreamResponse:
        return web.json_response(scheduler.keys())

    async def run_now(request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name")
        if name not in (None, *scheduler.names):
            raise web.HTTPNotFound
        async with aiohttp.ClientSession() as http:
            runs = (scheduler.run(http, each) for each in ([name] if name else scheduler.names))
            try:
                answers = await asyncio.gather(*runs)
            except (aiohttp.ClientError, TimeoutError) as error:
                return web.Response(status=503, text=f"no answer: {error!r}")
        failed = [answer for answer in answers if answer[0] >= 400]
        status, text = (failed or answers)[0]
        return web.Response(status=status, text=text, content_type="application/json")

    async def call_elsewhere(request: web.Request) -> web.StreamResponse:
        scheduler.elsewhere = Elsewhere(**await request.json())
        return web.Response(status=204)

    async def by_the_clock(app: web.Application) -> AsyncIterator[None]:
        names = scheduler.names if every_seconds else ()
        tasks = [asyncio.create_task(_repeat(scheduler, name, every_seconds)) for name in names]
        yield
        for task in tasks:
            task.cancel()

    app = web.Application()
    app.cleanup_ctx.append(by_the_clock)
    app.router.add_get("/oauth2/v3/certs", certs)
    app.router.add_put("/functions", call_elsewhere)
    app.router.add_post("/run", run_now)
    app.router.add_post("/run/{name}", run_now)
    return app


async def _repeat(scheduler: Scheduler, name: str, every_seconds: float) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            await asyncio.sleep(every_seconds)
            try:
                status, text = await scheduler.run(http, name)
            except (aiohttp.ClientError, TimeoutError) as error:
                logger.warning("%s: no answer: %r", name, error)
            else:
                logger.info("%s: %s %s", name, status, text)


def main() -> None:
    """Serves until a signal stops it."""
    parser = argparse.ArgumentParser(prog="python -m stack.scheduler", description=__doc__)
    parser.add_argument("--port", type=int, default=8085)
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("names", nargs="+", metavar="NAME", help="the last part of a path")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    scheduler = Scheduler(
        issuer=f"http://127.0.0.1:{arguments.port}",
        audience=os.environ["SCHEDULER_AUDIENCE"],
        service_account=os.environ["SCHEDULER_SERVICE_ACCOUNT"],
        names=arguments.names,
    )
    app = make_app(scheduler, arguments.every)
    web.run_app(app, host="127.0.0.1", port=arguments.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
