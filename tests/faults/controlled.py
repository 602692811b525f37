"""Calls that are controlled while their function is killed, and what became of them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from stack import Stack
from tests.end_to_end.clients import Rep
from tests.faults.proxy import Fault, Pass, Proxy, Wire
from tests.phone_network import Json, rows
from tests.waiting import wait_until

LEAD = "+15005550006"
# Long for the tests, whose phone network is fifty times as fast as life.
TALK_SECONDS = 5000


def workers(stack: Stack) -> list[int]:
    """The processes in which the functions run: children of the server that the stack started."""
    [server] = [part.pid for part in stack._processes if part.name == "The functions' server"]
    listed = subprocess.run(["ps", "-Ao", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, parent in pairs if int(parent) == server]


def kill_functions(stack: Stack) -> list[int]:
    """Kills them all. The server starts others."""
    killed = workers(stack)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    return killed


def wait_for_others(stack: Stack, killed: list[int]) -> None:
    deadline = time.monotonic() + 60
    while not set(workers(stack)) - set(killed):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass
class Controlled:
    """A call of the demo rep that goes on. ``number`` is for nobody else: it can be rung by this
    call only."""

    stack: Stack
    rep: Rep
    number: str
    sid: str = ""
    lead_sid: str = ""
    conversation_id: str = ""
    seen: int = field(default=0, init=False)

    def place(self) -> None:
        simulator = self.stack.env["SIMULATOR_URL"]
        token = self.rep.grant(self.stack.env["DEMO_BUSINESS_ID"])["token"]
        script = {"talkSeconds": TALK_SECONDS}
        httpx.post(f"{simulator}/simulator/callees", json={"number": self.number, "script": script})
        placed = httpx.post(
            f"{simulator}/simulator/calls",
            json={"accessToken": token, "params": {"To": LEAD}, "script": script},
        )
        self.sid = placed.json()["callSid"]
        self.wait_for("c.status = 'in-progress'")
        (row,) = self.rows("select c.id from public.conversations c where c.call_sid = %s")
        self.conversation_id = str(row["id"])
        self.lead_sid = next(leg["callSid"] for leg in self.legs() if leg["role"] == "lead")

    def rows(self, query: str) -> list[Json]:
        return rows(self.stack, query, self.sid)

    def wait_for(self, condition: str) -> None:
        """Until a condition on the conversation ``c`` is true in the database."""
        query = f"select {condition} as is_so from public.conversations c where c.call_sid = %s"
        wait_until(lambda: any(row["is_so"] for row in self.rows(query)))

    def ask(self, action: str, **fields: Any) -> httpx.Response:
        body = {"conversationId": self.conversation_id, "action": action, **fields}
        return self.rep.ask("POST", "control", json=body)

    def ask_again(self, action: str, **fields: Any) -> httpx.Response:
        """The same wish, as a person asks it who was told that it failed. The lease of a function
        that was killed is over."""
        self.rows(
            "update public.call_actions a set lease_until = now() from public.conversations c"
            " where c.id = a.conversation_id and a.result is null and c.call_sid = %s returning 1"
        )
        return self.ask(action, **fields)

    def seen_by_twilio(self) -> Json:
        simulator = self.stack.env["SIMULATOR_URL"]
        call: Json = httpx.get(f"{simulator}/simulator/calls/{self.sid}").json()
        return call

    def legs(self) -> list[Json]:
        legs: list[Json] = self.seen_by_twilio()["legs"]
        return legs

    def dialled(self) -> list[Json]:
        """The legs to the number."""
        return [leg for leg in self.legs() if leg["to"] == self.number]

    def leg(self, role: str) -> Json:
        """The newest leg of this role in the database."""
        return self.rows(
            "select l.* from public.call_legs l join public.conversations c"
            f" on c.id = l.conversation_id where c.call_sid = %s and l.role = '{role}'"
            " order by l.created_at desc limit 1"
        )[0]

    def wait_until_moved(self) -> None:
        """If the lead has moved into the room: until the rep has followed."""
        wait_until(lambda: not self._is_moving())

    def _is_moving(self) -> bool:
        rooms = self.seen_by_twilio()["rooms"]
        there = {each["callSid"] for room in rooms for each in room["participants"]}
        return self.lead_sid in there and len(there) == 1

    def is_meant(self, request: bytes) -> bool:
        """Whether a request to Twilio is about this call."""
        room = uuid.UUID(self.conversation_id).hex
        names = (room, self.sid, self.lead_sid, self.number.removeprefix("+"))
        return any(name.encode() in request for name in names)

    def end(self) -> None:
        simulator = self.stack.env["SIMULATOR_URL"]
        for leg in self.legs():
            if leg["status"] in ("in-progress", "ringing"):
                account = self.stack.env["TWILIO_ACCOUNT_SID"]
                httpx.post(
                    f"{simulator}/2010-04-01/Accounts/{account}/Calls/{leg['callSid']}.json",
                    data={"Status": "completed"},
                    auth=(account, self.stack.env["TWILIO_AUTH_TOKEN"]),
                )


@dataclass(frozen=True)
class Moment:
    """When a function is killed: the request number ``at`` is at Twilio, and has not been carried
    out (``before``), or its answer has not come."""

    at: int
    before: bool


def stop_at(twilio: Proxy, calls: dict[Moment, Controlled]) -> threading.Semaphore:
    """Keeps the function of each call at its moment. Whoever acquires the semaphore as often as
    there are calls knows that all are there."""
    arrived = threading.Semaphore(0)

    def stay(moment: Moment) -> Fault:
        def fault(wire: Wire, ask: Pass) -> None:
            if not moment.before:
                ask()
            arrived.release()
            wire.wait(60)

        return fault

    def choose(request: bytes) -> Fault | None:
        for moment, call in calls.items():
            if call.is_meant(request):
                call.seen += 1
                return stay(moment) if call.seen == moment.at else None
        return None

    twilio.choose(choose)
    return arrived
