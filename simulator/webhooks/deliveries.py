"""A webhook on its way to the product: what is sent, and how each attempt ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from simulator.protocol import errors
from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import Problem

DeliveryKind = Literal[
    "voice",
    "action",
    "whisper",
    "lead-status",
    "agent-status",
    "leg-status",
    "room-status",
    "recording-status",
    "amd-status",
    "user-message",
]
"""`whisper`: the TwiML that a called party hears before it is connected. `leg-status`: about a leg
that is neither the agent's nor the lead's. `room-status`: about a conference. `amd-status`: who has
answered, by the detection of machines.
`user-message`: what a page sent to the application's server."""
Failure = Literal["4xx", "5xx", "ct", "rt", "tt", "partial", "redirects", "url"]
"""Why an attempt failed. `ct`, `rt`, `tt`: time limit to connect, to read, in total."""


@dataclass
class Attempt:
    """One request of a delivery: the final HTTP status, or why no answer came."""

    status: int | None = None
    failure: Failure | None = None
    detail: str = ""
    seconds: float = 0.0


@dataclass
class Mishap:
    """What goes wrong with a webhook on its way."""

    duplicated: bool = False
    """The same request is sent twice at the same time; the answer to the second is not used."""
    first_attempt: Literal["fine", "unheard", "unanswered"] = "fine"
    """`unheard`: the connection fails. `unanswered`: the answer is lost."""
    delay_seconds: float = 0.0
    """Simulated seconds before it is sent."""


@dataclass
class Delivery:
    """A webhook: what is sent, and how each attempt ended."""

    kind: DeliveryKind
    url: str
    """The URL as configured, with fragment and credentials."""
    method: HttpMethod
    params: dict[str, str]
    idempotency_token: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: list[Attempt] = field(default_factory=list)
    settled: bool = False
    """There will be no further attempt."""
    lost: bool = False
    """It was never sent, on purpose."""
    mishap: Mishap = field(default_factory=Mishap)

    @property
    def bare_url(self) -> str:
        """The URL that is requested: without fragment and credentials, with any port."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()

    @property
    def event(self) -> str:
        """What it tells about: the status of a Dial, of a leg, or the event of a conference."""
        names = (
            "DialCallStatus",
            "StatusCallbackEvent",
            "RecordingStatus",
            "CallStatus",
            "AnsweredBy",
        )
        return next((self.params[name] for name in names if name in self.params), "")

    @property
    def delivered(self) -> bool:
        """Whether the last attempt was answered with success."""
        if not self.settled or self.lost:
            return False
        last = self.attempts[-1]
        return last.failure is None and last.status is not None

    @property
    def problem(self) -> Problem | None:
        """What Twilio's debugger would show if all attempts failed."""
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
    """A successful answer. Of a body over Twilio's limit, only one byte past it is kept."""

    status: int
    content_type: str | None
    body: bytes
    url: str
    """The address of the answer, after redirects."""
