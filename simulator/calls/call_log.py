"""What is on record about a call: its timeline, debugger lines, TwiML documents and webhooks.

The entries have the form in which the control API shows them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Literal, TypedDict

from simulator.calls.clock import Timeline
from simulator.protocol.errors import Problem
from simulator.webhooks.deliveries import Delivery, DeliveryKind

logger = logging.getLogger(__name__)

EventKind = Literal[
    "call",
    "request",
    "twiml",
    "verb",
    "leg",
    "room",
    "recording",
    "callback",
    "browser",
    "error",
    "ended",
]


class EventJson(TypedDict):
    """One entry of the timeline: `n` from 1, `at` ISO 8601 UTC, `seconds` into the call."""

    n: int
    at: str
    seconds: float
    kind: EventKind
    text: str
    data: Mapping[str, object]


class DocumentJson(TypedDict):
    """An answer that was read as TwiML, valid or not."""

    kind: DeliveryKind
    url: str
    contentType: str | None
    body: str
    at: str


class ErrorJson(TypedDict):
    """A line of Twilio's debugger."""

    code: int
    level: str
    message: str
    at: str


class CallLog:
    """The record of one call. Readers can wait for the next entry of the timeline."""

    def __init__(self, call_sid: str, timeline: Timeline) -> None:
        self.events: list[EventJson] = []
        self.errors: list[ErrorJson] = []
        self.documents: list[DocumentJson] = []
        self.deliveries: list[Delivery] = []
        self.closed = False
        """The call is over and each of its webhooks was delivered or given up."""
        self._call_sid = call_sid
        self.timeline = timeline
        self._changed = asyncio.Event()

    def add(self, kind: EventKind, text: str, **data: object) -> None:
        """Add an entry to the timeline and wake those who wait for one."""
        seconds = self.timeline.latest
        self.events.append(
            {
                "n": len(self.events) + 1,
                "at": self.time_of_day(seconds),
                "seconds": round(seconds, 3),
                "kind": kind,
                "text": text,
                "data": data,
            }
        )
        logger.info("%s %7.1fs %s", self._call_sid, seconds, text)
        self._changed.set()
        self._changed = asyncio.Event()

    def add_problem(self, problem: Problem) -> None:
        """Add what Twilio's debugger would show."""
        self.errors.append(
            {
                "code": problem.code,
                "level": problem.level,
                "message": problem.message,
                "at": self.time_of_day(self.timeline.latest),
            }
        )
        self.add(
            "error",
            f"{problem.level} {problem.code}: {problem.message}",
            code=problem.code,
            level=problem.level,
        )

    def add_document(
        self, kind: DeliveryKind, url: str, content_type: str | None, body: bytes
    ) -> None:
        """Add an answer that is read as TwiML."""
        text = body.decode(errors="replace")
        self.documents.append(
            {
                "kind": kind,
                "url": url,
                "contentType": content_type,
                "body": text,
                "at": self.time_of_day(self.timeline.latest),
            }
        )
        self.add("twiml", " ".join(text.split()), webhook=kind, url=url)

    async def events_after(self, n: int, wait: float) -> list[EventJson]:
        """Entries past the ``n``-th; if none, those that come within ``wait`` real seconds.

        A closed log answers at once, with an empty list if nothing is left.
        """
        try:
            async with asyncio.timeout(wait):
                while len(self.events) <= n and not self.closed:
                    await self._changed.wait()
        except TimeoutError:
            pass
        return self.events[n:]

    def time_of_day(self, elapsed: float) -> str:
        """ISO 8601 in UTC with milliseconds, of ``elapsed`` seconds into the call."""
        return self.timeline.at(elapsed).isoformat(timespec="milliseconds")
