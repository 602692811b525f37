"""The simulated phone network knows what happened in each call, so what we have on record is
compared with it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from stack import Stack
from tests.end_to_end.clients import identity, webhook

Json = dict[str, Any]


def rows(stack: Stack, query: str, *parameters: object) -> list[Json]:
    """Rows from the database itself, without row-level security."""
    with psycopg.connect(stack.env["DATABASE_URL"], row_factory=dict_row) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


@dataclass(frozen=True)
class PhoneNetwork:
    """The phone network of a stack, through its control API."""

    env: Mapping[str, str]
    http: httpx.Client

    def place(self, token: str, to: str, **script: object) -> str:
        """Places a call and returns its CallSid."""
        placed = self.http.post(
            "/simulator/calls",
            json={"accessToken": token, "params": {"To": to}, "script": script},
        )
        assert placed.status_code == 201, placed.text
        sid: str = placed.json()["callSid"]
        return sid

    def active(self) -> int:
        """The number of calls that are not over or have webhooks that are not settled."""
        count: int = self.http.get("/health").json()["activeCalls"]
        return count

    def wait_until_over(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.active():
            assert time.monotonic() < deadline, "the calls do not end"
            time.sleep(0.1)

    def call(self, sid: str) -> Json:
        call: Json = self.http.get(f"/simulator/calls/{sid}").json()
        return call


@contextmanager
def simulated(stack: Stack) -> Iterator[PhoneNetwork]:
    with httpx.Client(base_url=stack.env["SIMULATOR_URL"], timeout=60, verify=False) as http:
        yield PhoneNetwork(stack.env, http)


NOBODY_DIALLED = "nobody was dialled"


@dataclass
class Verdict:
    """What a comparison of calls with the database found. Each fault is a sentence."""

    webhooks: int = 0
    attempts: list[Json] = field(default_factory=list)
    events: int = 0
    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    given_up: list[Json] = field(default_factory=list)
    """Webhooks that were never answered with success: Twilio knows what we do not."""

    def assert_faultless(self) -> None:
        assert (self.lost, self.double, self.wrong, self.given_up) == ([], [], [], [])


def compare(stack: Stack, calls: Iterable[Json]) -> Verdict:
    """Compares every conversation, leg and event with what the phone network says happened."""
    verdict = Verdict()
    by_sid = {call["callSid"]: call for call in calls}
    sids = list(by_sid)
    conversations = _by(
        "call_sid",
        rows(stack, "select * from public.conversations where call_sid = any(%s)", sids),
    )
    ids = [row["id"] for found in conversations.values() for row in found]
    legs = _by(
        "conversation_id",
        rows(stack, "select * from public.call_legs where conversation_id = any(%s)", ids),
    )
    events = _by(
        "agent_call_sid",
        rows(stack, "select * from public.call_events where agent_call_sid = any(%s)", sids),
    )
    for sid, call in by_sid.items():
        verdict.webhooks += len(call["deliveries"])
        verdict.attempts += [each for sent in call["deliveries"] for each in sent["attempts"]]
        verdict.given_up += [
            sent
            for sent in call["deliveries"]
            # Twilio does not send a Dial's action again, and the leg's callbacks say the same.
            if not sent["delivered"] and sent["kind"] != "action"
        ]
        _compare_events(verdict, call, events.get(sid, []))
        found = conversations.get(sid, [])
        if len(found) != 1:
            (verdict.double if found else verdict.lost).append(f"{sid}: {len(found)} conversations")
            continue
        conversation = found[0]
        if any(
            str(event["conversation_id"]) != str(conversation["id"])
            for event in events.get(sid, [])
        ):
            verdict.wrong.append(f"{sid}: has events that are not tied to it")
        truth, said = _truth(call), _said(conversation, legs.get(conversation["id"], []))
        if truth != said:
            verdict.wrong.append(f"{sid}: was {truth}, and is on record as {said}")
    return verdict


def compare_after_all(stack: Stack, calls: Sequence[Json], verdict: Verdict) -> Verdict:
    """Sends the callbacks that Twilio gave up, and compares again: a busy machine may answer later
    than Twilio waits."""
    for sent in verdict.given_up:
        if sent["kind"] != "voice":
            assert webhook(stack.env, "status", sent["params"]).status_code == 204
    return compare(stack, calls)


def _compare_events(verdict: Verdict, call: Json, stored: list[Json]) -> None:
    callbacks = [sent for sent in call["deliveries"] if sent["kind"] != "voice"]
    known = [
        (row["call_sid"], row["source"], row["status"], row["sequence_number"]) for row in stored
    ]
    verdict.events += len(known)
    sid = call["callSid"]
    verdict.double += [f"{sid}: {event}" for event in set(known) if known.count(event) > 1]
    delivered = {_event(sent) for sent in callbacks if sent["delivered"]}
    verdict.lost += [f"{sid}: {event}" for event in delivered - set(known)]
    verdict.wrong += [f"{sid}: {event}" for event in set(known) - {_event(s) for s in callbacks}]


def _event(sent: Json) -> tuple[str, str, str, int | None]:
    """What distinguishes a callback from others."""
    params = sent["params"]
    if sent["kind"] == "action":
        sid = params.get("DialCallSid") or params["CallSid"]
        return sid, "dial_action", params["DialCallStatus"], None
    number = int(params["SequenceNumber"])
    return params["CallSid"], "status_callback", params["CallStatus"], number


def _truth(call: Json) -> Json:
    lead = next((leg for leg in call["legs"] if leg["role"] == "lead"), None)
    return {
        "rep": call["identity"],
        "to": call["to"],
        "status": lead["status"] if lead else NOBODY_DIALLED,
        "seconds": lead["duration"] if lead else 0,
        "legs": {
            leg["callSid"]: (leg["role"], leg["status"], leg["duration"]) for leg in call["legs"]
        },
    }


def _said(conversation: Json, legs: list[Json]) -> Json:
    rep = identity(str(conversation["user_id"]), str(conversation["business_id"]))
    status = conversation["status"]
    if status in ("failed", "canceled") and all(leg["role"] == "agent" for leg in legs):
        status = NOBODY_DIALLED
    return {
        "rep": rep.removeprefix("client:"),
        "to": conversation["to_number"],
        "status": status,
        "seconds": conversation["duration_seconds"],
        "legs": {
            leg["call_sid"]: (leg["role"], leg["status"], leg["duration_seconds"]) for leg in legs
        },
    }


def _by(name: str, found: list[Json]) -> dict[Any, list[Json]]:
    grouped: dict[Any, list[Json]] = {}
    for row in found:
        grouped.setdefault(row[name], []).append(row)
    return grouped
