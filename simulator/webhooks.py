"""Webhook delivery: signed requests, connection overrides, retries, time limits.

Sources: twilio.com/docs/usage/webhooks/webhooks-connection-overrides and …/webhooks-security.
All times here are real: the product's answers are not part of simulated time.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import aiohttp
from yarl import URL

from simulator import errors
from simulator.account import HttpMethod
from simulator.errors import Problem
from simulator.signature import sign, signed_url
from simulator.twiml import MAX_BYTES

logger = logging.getLogger(__name__)

DeliveryKind = Literal["voice", "action", "lead-status", "agent-status"]
Failure = Literal["4xx", "5xx", "ct", "rt", "tt", "partial", "redirects", "url"]

MAX_REDIRECTS = 10
_RETRYABLE: frozenset[Failure] = frozenset({"4xx", "5xx", "ct", "rt"})


@dataclass(frozen=True)
class Overrides:
    """The connection overrides of a URL's fragment; times in seconds."""

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0
    retries: int = 1
    retried_failures: frozenset[Failure] = frozenset({"ct"})

    @classmethod
    def of(cls, url: str) -> Overrides:
        """Those of ``url``: out of range is brought into range, nonsense is the default."""
        given = dict(
            part.partition("=")[::2] for part in url.partition("#")[2].split("&") if "=" in part
        )
        policy = frozenset(part.strip() for part in given.get("rp", "ct").split(","))
        retried = (
            _RETRYABLE
            if "all" in policy
            else frozenset(failure for failure in _RETRYABLE if failure in policy)
        )
        return cls(
            connect_timeout=_whole(given.get("ct"), 5000, 100, 10000) / 1000,
            read_timeout=_whole(given.get("rt"), 15000, 100, 15000) / 1000,
            total_timeout=_whole(given.get("tt"), 15000, 100, 15000) / 1000,
            retries=_whole(given.get("rc"), 1, 0, 5),
            retried_failures=retried or frozenset({"ct"}),
        )


@dataclass
class Attempt:
    """One request of a delivery: the final HTTP status, or why there was none."""

    status: int | None = None
    failure: Failure | None = None
    detail: str = ""
    seconds: float = 0.0


@dataclass
class Mishap:
    """What goes wrong on a webhook's way."""

    duplicated: bool = False
    """A second request just like it is sent at the same time; nobody waits for its answer."""
    first_attempt: Literal["fine", "unheard", "unanswered"] = "fine"
    """Unheard: it finds no connection. Unanswered: the answer does not come back."""
    delay_seconds: float = 0.0
    """Simulated, before it is sent."""


@dataclass
class Delivery:
    """A webhook on its way: what is sent, and what became of each attempt."""

    kind: DeliveryKind
    url: str
    """As configured, with fragment and credentials."""
    method: HttpMethod
    params: dict[str, str]
    idempotency_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: list[Attempt] = field(default_factory=list)
    settled: bool = False
    lost: bool = False
    """Never sent, so that somebody misses it."""
    mishap: Mishap = field(default_factory=Mishap)

    @property
    def bare_url(self) -> str:
        """What is requested: without fragment and credentials, but with any port."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()

    @property
    def delivered(self) -> bool:
        """Whether it is settled, and its last attempt was answered with success."""
        if not self.settled or self.lost:
            return False
        last = self.attempts[-1]
        return last.failure is None and last.status is not None

    @property
    def problem(self) -> Problem | None:
        """What the debugger would show, once settled."""
        if not self.settled or self.lost or self.delivered:
            return None
        last = self.attempts[-1]
        match last.failure:
            case "ct":
                code = errors.HTTP_CONNECTION_FAILURE
            case "redirects":
                code = errors.TOO_MANY_REDIRECTS
            case "url":
                code = errors.INVALID_URL
            case _:
                code = errors.HTTP_RETRIEVAL_FAILURE
        return Problem(code, f"{self.method} {self.bare_url}: {last.detail}")


@dataclass(frozen=True)
class Reply:
    """A successful answer. ``body`` is cut one byte past Twilio's limit."""

    status: int
    content_type: str | None
    body: bytes
    url: str
    """Where it came from, after redirects."""


class WebhookSender:
    """Delivers webhooks for one account over one client session.

    At most ``limit`` deliveries are under way at once, further ones queue without their time
    limits running: what is tested is the product, not how many requests one machine can hold.
    """

    def __init__(self, auth_token: str, limit: int = 128) -> None:
        self._auth_token = auth_token
        self._places = asyncio.Semaphore(limit)
        # A fresh connection for each request: on a reused one, a server that closed it while
        # idle cannot be told from a server that died over our request, and tests of lost
        # callbacks depend on that difference.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"},
            auto_decompress=True,
        )

    async def close(self) -> None:
        """Close the session; deliveries under way fail."""
        await self._session.close()

    async def deliver(self, delivery: Delivery) -> Reply | None:
        """Send ``delivery`` until it succeeds or may not be retried; None if it failed."""
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
            # The total limit bounds the whole attempt, slow trickles and redirects included.
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
            # Connected, but not one byte of an answer: nearest to a read timeout.
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
                    # Twilio follows with GET: the POST fields are lost on the way.
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


def _whole(given: str | None, default: int, low: int, high: int) -> int:
    if given is None or not given.isascii() or not given.isdigit():
        return default
    return min(max(int(given), low), high)


def form(values: Mapping[str, str | None]) -> dict[str, str]:
    """POST fields from ``values`` without those that are None: absent, which is not blank."""
    return {name: value for name, value in values.items() if value is not None}
