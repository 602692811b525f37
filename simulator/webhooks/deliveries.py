"""A webhook on its way to the product: what is sent, and what came of each attempt."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from simulator.protocol import errors
from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import Problem

DeliveryKind = Literal["voice", "action", "lead-status", "agent-status"]
Failure = Literal["4xx", "5xx", "ct", "rt", "tt", "partial", "redirects", "url"]
"""Why an attempt failed. `ct`, `rt`, `tt`: time limit to connect, to read, in total."""


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
