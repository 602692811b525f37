"""Calls whose webhooks the tests send by hand, and the rows and log lines that they leave."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from stack import Stack
from tests.end_to_end.clients import identity, new_call_sid, webhook
from tests.phone_network import Json, rows

REP = "d0000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Webhook:
    """A webhook of one call. Twilio sends it again until it is accepted."""

    env: Mapping[str, str]
    path: str
    params: Mapping[str, str]

    def send(self) -> tuple[httpx.Response, float]:
        """The answer, and how many seconds it took."""
        started = time.monotonic()
        # Loading the certificates of all authorities would take longer than the answer.
        answer = webhook(self.env, self.path, self.params, verify=False)
        return answer, time.monotonic() - started


@dataclass(frozen=True)
class Call:
    """A call of the demo rep to one lead, by hand."""

    env: Mapping[str, str]
    sid: str
    lead_sid: str

    @classmethod
    def new(cls, stack: Stack) -> Call:
        return cls(stack.env, new_call_sid(), new_call_sid())

    def begin(self) -> Webhook:
        return Webhook(self.env, "twiml", self._agent_params())

    def event(self, status: str = "completed", number: int = 3) -> Webhook:
        return Webhook(
            self.env,
            "status",
            {
                "CallSid": self.lead_sid,
                "ParentCallSid": self.sid,
                "CallStatus": status,
                "SequenceNumber": str(number),
                "CallDuration": "42",
                "Timestamp": "Wed, 25 Nov 2026 10:00:42 +0000",
            },
        )

    def after_dial(self) -> Webhook:
        outcome = {
            "DialCallSid": self.lead_sid,
            "DialCallStatus": "completed",
            "DialCallDuration": "42",
        }
        return Webhook(self.env, "twiml?after=dial", self._agent_params() | outcome)

    def _agent_params(self) -> dict[str, str]:
        return {
            "CallSid": self.sid,
            "CallStatus": "ringing",
            "From": identity(REP, self.env["DEMO_BUSINESS_ID"]),
            "To": "+15005550006",
        }


def together(jobs: list[Callable[[], Any]], at_once: int | None = None) -> list[Any]:
    """Runs all jobs at the same time, or ``at_once`` of them. Returns their results in the same
    order."""
    with ThreadPoolExecutor(at_once or len(jobs)) as pool:
        return [running.result() for running in [pool.submit(job) for job in jobs]]


@dataclass(frozen=True)
class Trace:
    """The rows that a call by hand left."""

    conversations: list[Json]
    events: list[Json]


def traces(stack: Stack, sids: Iterable[str]) -> dict[str, Trace]:
    """The rows of each call, by the agent's CallSid."""
    found = {sid: Trace([], []) for sid in sids}
    sids = list(found)
    for row in rows(stack, "select * from public.conversations where call_sid = any(%s)", sids):
        found[row["call_sid"]].conversations.append(row)
    for row in rows(stack, "select * from public.call_events where agent_call_sid = any(%s)", sids):
        found[row["agent_call_sid"]].events.append(row)
    return found


def logged(stack: Stack, sids: Iterable[str]) -> dict[str, list[Json]]:
    """What the functions logged about calls, by the agent's CallSid."""
    found: dict[str, list[Json]] = {sid: [] for sid in sids}
    for line in (stack.settings.logs_dir / "functions.log").read_text().splitlines():
        entry: Json = json.loads(line) if line.startswith("{") else {}
        if entry.get("call_sid") in found:
            found[entry["call_sid"]].append(entry)
    return found
