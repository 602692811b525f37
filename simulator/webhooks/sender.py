"""Delivers webhooks: signed requests, retries, time limits, redirects.

Sources: twilio.com/docs/usage/webhooks/webhooks-connection-overrides and …/webhooks-security.
All times are real seconds: how long the product takes to answer is not simulated.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import aiohttp
from yarl import URL

from simulator.protocol import errors
from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import Problem
from simulator.protocol.signature import sign, signed_url
from simulator.protocol.twiml import MAX_BYTES
from simulator.webhooks.connection_overrides import Overrides
from simulator.webhooks.deliveries import Attempt, Delivery, Reply

MAX_REDIRECTS = 10
MAX_FILE_BYTES = 40 * 1024 * 1024
FILE_SECONDS = 15


class WebhookSender:
    """Delivers webhooks for one account over one client session.

    At most ``limit`` deliveries are under way at once. Others wait in a queue; their time limits
    start when they leave it: tests are about the product, not the load of this machine.
    """

    def __init__(self, auth_token: str, limit: int = 128) -> None:
        self._auth_token = auth_token
        self._places = asyncio.Semaphore(limit)
        # A new connection for each request. On a reused one we could not know whether the server
        # closed it while idle or died during our request. Tests of lost callbacks need to know.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"},
            auto_decompress=True,
        )

    async def close(self) -> None:
        """Close the session. Deliveries under way fail."""
        await self._session.close()

    async def deliver(self, delivery: Delivery) -> Reply | None:
        """Send ``delivery`` until it succeeds or may not be tried again; None if it failed."""
        overrides = Overrides.of(delivery.url)
        async with self._places:
            deadline = time.monotonic() + overrides.total_timeout
            twin = (
                asyncio.create_task(self._attempt(delivery, Attempt(), overrides, deadline))
                if delivery.mishap.duplicated
                else None
            )
            try:
                for _ in range(1 + overrides.retries):
                    attempt = Attempt()
                    delivery.attempts.append(attempt)
                    reply = await self._try(delivery, attempt, overrides, deadline)
                    if reply is not None:
                        return reply
                    if attempt.failure not in overrides.retried_failures:
                        return None
                    if time.monotonic() >= deadline:
                        return None
                return None
            finally:
                if twin is not None:
                    await twin
                delivery.settled = True

    async def fetch_file(self, url: str) -> Reply | Problem:
        """A file that is played, in one try; else what Twilio's debugger would show."""
        try:
            async with self._session.get(
                URL(_checked(url), encoded=True),
                timeout=aiohttp.ClientTimeout(total=FILE_SECONDS),
                max_redirects=MAX_REDIRECTS,
            ) as response:
                if response.status != 200:
                    return Problem(errors.HTTP_RETRIEVAL_FAILURE, f"{url}: HTTP {response.status}")
                body = await response.content.read(MAX_FILE_BYTES)
                while more := await response.content.read(MAX_FILE_BYTES - len(body)):
                    body += more
                return Reply(200, response.headers.get("Content-Type"), body, str(response.url))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return Problem(errors.HTTP_RETRIEVAL_FAILURE, f"{url}: {error!r}")

    async def _try(
        self, delivery: Delivery, attempt: Attempt, overrides: Overrides, deadline: float
    ) -> Reply | None:
        mishap = delivery.mishap.first_attempt if len(delivery.attempts) == 1 else "fine"
        if mishap == "unheard":
            attempt.failure, attempt.detail = "ct", "no connection, on purpose"
            return None
        reply = await self._attempt(delivery, attempt, overrides, deadline)
        if mishap == "unanswered" and reply is not None:
            attempt.status, attempt.failure = None, "rt"
            attempt.detail = "the answer is lost, on purpose"
            return None
        return reply

    async def _attempt(
        self, delivery: Delivery, attempt: Attempt, overrides: Overrides, deadline: float
    ) -> Reply | None:
        started = time.monotonic()
        try:
            # The total limit includes redirects and answers that come byte by byte.
            async with asyncio.timeout(max(0.001, deadline - started)):
                reply = await self._request(delivery, attempt, overrides)
        except TimeoutError as error:
            if isinstance(error, aiohttp.ConnectionTimeoutError):
                attempt.failure, attempt.detail = "ct", "connection timed out"
            elif isinstance(error, aiohttp.SocketTimeoutError):
                attempt.failure, attempt.detail = "rt", "no answer in time"
            else:
                attempt.failure, attempt.detail = "tt", "total time out"
            reply = None
        except (aiohttp.ClientConnectorError, ssl.SSLError) as error:
            attempt.failure, attempt.detail = "ct", f"no connection: {error}"
            reply = None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            attempt.failure, attempt.detail = "url", f"invalid URL: {error}"
            reply = None
        except aiohttp.ClientPayloadError as error:
            attempt.failure, attempt.detail = "partial", f"answer cut off: {error}"
            reply = None
        except (aiohttp.ClientError, OSError) as error:
            # The connection broke before an answer. Twilio has no code for it; `rt` is the closest.
            attempt.failure, attempt.detail = "rt", f"connection lost: {error!r}"
            reply = None
        attempt.seconds = time.monotonic() - started
        return reply

    async def _request(
        self, delivery: Delivery, attempt: Attempt, overrides: Overrides
    ) -> Reply | None:
        method: HttpMethod = delivery.method
        url = _checked(delivery.bare_url)
        params = list(delivery.params.items())
        if method == "GET" and params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        authorization = _basic_auth(delivery.url)
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=overrides.connect_timeout,
            sock_read=overrides.read_timeout,
            ceil_threshold=60,
        )
        for _ in range(1 + MAX_REDIRECTS):
            posted = params if method == "POST" else []
            headers = {
                "X-Twilio-Signature": sign(self._auth_token, signed_url(url), posted),
                "I-Twilio-Idempotency-Token": delivery.idempotency_token,
            }
            if authorization:
                headers["Authorization"] = authorization
            data: bytes | None = None
            if method == "POST":
                headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
                data = urlencode(posted).encode()
            async with self._session.request(
                method,
                URL(url, encoded=True),
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                attempt.status = response.status
                location = response.headers.get("Location")
                if 300 <= response.status < 400 and location:
                    target = urljoin(url, location)
                    if urlsplit(target).netloc != urlsplit(url).netloc:
                        authorization = None
                    # Twilio follows a redirect with GET, without the POST fields.
                    method, url = "GET", _checked(target.partition("#")[0])
                    continue
                body = await _read(response)
                if response.status >= 400 or response.status < 200:
                    attempt.failure = "5xx" if response.status >= 500 else "4xx"
                    attempt.detail = f"HTTP {response.status}"
                    return None
                return Reply(response.status, response.headers.get("Content-Type"), body, url)
        attempt.failure, attempt.detail = "redirects", "too many redirects"
        return None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(16384):
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return bytes(body[: MAX_BYTES + 1])


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(url)
    # Twilio refuses host names with an underscore.
    if "_" in parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(url)
    return url


def _basic_auth(url: str) -> str | None:
    credentials, found, _ = urlsplit(url).netloc.rpartition("@")
    if not found:
        return None
    name, _, password = credentials.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
