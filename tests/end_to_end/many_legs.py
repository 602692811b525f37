"""A call that goes on, and the people who may be on it, as tests steer them over HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import jwt

from stack import Stack
from tests.end_to_end.clients import Json, Rep, rest

COLLEAGUE, MANAGER = "rep2@henk.test", "manager@henk.test"
# A number that nothing is known about: it answers after 3 s.
LEAD, EXPERT = "+14155550170", "+14155550171"
NOBODY_ANSWERS = "+15005550008"
FORBIDDEN = "+14155550142"

ANSWERS: Json = {"answerAfterSeconds": 0.2, "ending": "answer", "talkSeconds": None}
DECLINES: Json = {"answerAfterSeconds": 0.2, "ending": "decline"}
RINGS_ON: Json = {"answerAfterSeconds": None, "ending": "no-answer"}


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Returns soon after ``condition`` is true; fails the test if it is not within ``seconds``. It
    asks seldom, because each question costs the stack some of the time it needs for its work."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds:.0f} s"
        time.sleep(0.1)


@dataclass(frozen=True)
class Person:
    """Somebody of the business who can be rung: a client of the phone network, and their presence
    in the database."""

    rep: Rep
    user_id: str
    business_id: str

    @classmethod
    def of(cls, stack: Stack, email: str, business_id: str) -> Person:
        rep = Rep.sign_in(stack, email)
        claims = jwt.decode(rep.access_token, options={"verify_signature": False})
        return cls(rep, claims["sub"], business_id)

    @property
    def identity(self) -> str:
        return f"user_{uuid.UUID(self.user_id).hex}_{uuid.UUID(self.business_id).hex}"

    def phone(self, script: Json | None) -> None:
        """From now on their phone does this when it rings; None: it is not registered."""
        answer = httpx.post(
            f"{self.rep.env['SIMULATOR_URL']}/simulator/clients",
            json={"identity": self.identity, "script": script},
        )
        assert answer.status_code == 200, answer.text

    def is_at_desk(self, script: Json, state: str = "available") -> None:
        self.phone(script)
        self.asks("set_presence", p_business_id=self.business_id, p_state=state)

    def asks(self, function: str, **parameters: object) -> httpx.Response:
        answer = rest(
            self.rep.env, self.rep.access_token, "POST", f"rpc/{function}", json=parameters
        )
        assert answer.status_code in (200, 204), answer.text
        return answer

    def control(self, conversation_id: str, action: str, **more: object) -> httpx.Response:
        body = {"conversationId": conversation_id, "action": action, **more}
        return self.rep.ask("POST", "control", json=body)


@dataclass(frozen=True)
class Call:
    """A call whose lead has answered."""

    person: Person
    call_sid: str
    conversation_id: str

    @property
    def simulator(self) -> str:
        return f"{self.person.rep.env['SIMULATOR_URL']}/simulator/calls/{self.call_sid}"

    def control(self, action: str, **more: object) -> Json:
        """An action of the rep that must succeed. Returns the conversation."""
        answer = self.person.control(self.conversation_id, action, **more)
        assert answer.status_code == 200, answer.text
        data: Json = answer.json()["data"]
        return data

    def refuses(self, action: str, **more: object) -> tuple[int, str]:
        answer = self.person.control(self.conversation_id, action, **more)
        return answer.status_code, answer.json()["error"]["code"]

    def row(self) -> Json:
        [row] = self.person.rep.rows("conversations", id=f"eq.{self.conversation_id}")
        return row

    def of(self, table: str) -> list[Json]:
        return self.person.rep.rows(table, conversation_id=f"eq.{self.conversation_id}")

    def legs(self, role: str) -> list[Json]:
        return [leg for leg in self.of("call_legs") if leg["role"] == role]

    def waits_for(self, stage: str | None) -> None:
        """Until the conversation is in this stage."""
        wait_until(lambda: self.row()["stage"] == stage)

    def network(self) -> Json:
        call: Json = httpx.get(self.simulator).json()
        return call

    def hears(self, leg: Json) -> list[str]:
        """What a leg of the database hears now: music, ringback, CallSids."""
        [found] = [of for of in self.network()["legs"] if of["callSid"] == leg["call_sid"]]
        heard: list[str] = found["media"]["hears"]
        return heard

    def resumes(self) -> None:
        """Takes the lead off hold. For a moment the room's callback may contradict, because the
        phone network's clock is fast here."""
        self.control("resume")
        self.waits_for(None)

    def lead_hangs_up(self) -> None:
        assert httpx.post(f"{self.simulator}/callee-hangup").status_code == 202

    def agent_hangs_up(self) -> None:
        assert httpx.post(f"{self.simulator}/hangup").status_code == 202

    def is_over(self) -> Json:
        """Waits until the lead has left. Then whoever is left hangs up, and this waits until the
        network says that the call is over. Returns the row."""
        wait_until(lambda: self.row()["ended_at"] is not None)
        end(self)
        assert all(delivery["delivered"] for delivery in self.network()["deliveries"])
        return self.row()


def talks_on(stack: Stack, number: str) -> None:
    """Whoever has this number answers, and talks until somebody hangs up."""
    answer = httpx.post(
        f"{stack.env['SIMULATOR_URL']}/simulator/callees",
        json={"number": number, "script": {"talkSeconds": None}},
    )
    assert answer.status_code == 200, answer.text


@contextmanager
def call(person: Person, to: str = LEAD, **script: object) -> Iterator[Call]:
    """A call of this rep whose lead has answered and talks on. It is ended afterwards, whoever is
    still on it."""
    env = person.rep.env
    placed = httpx.post(
        f"{env['SIMULATOR_URL']}/simulator/calls",
        json={
            "accessToken": person.rep.grant(person.business_id)["token"],
            "params": {"To": to},
            "script": {"ringSeconds": 0, "talkSeconds": None, **script},
        },
    )
    assert placed.status_code == 201, placed.text
    sid = placed.json()["callSid"]

    def rows() -> list[Json]:
        return person.rep.rows("conversations", call_sid=f"eq.{sid}")

    wait_until(lambda: any(row["status"] == "in-progress" for row in rows()))
    made = Call(person, sid, rows()[0]["id"])
    try:
        yield made
    finally:
        end(made)


def end(made: Call) -> None:
    """Ends every leg that is left, and waits until people are free again."""
    deadline = time.monotonic() + 60
    while True:
        shown = made.network()
        if shown["ended"]:
            break
        assert time.monotonic() < deadline, "the call does not end"
        for leg in shown["legs"]:
            httpx.post(f"{made.simulator}/legs/{leg['callSid']}/hangup")
        time.sleep(0.1)

    def is_free() -> bool:
        # A person whom Twilio was not asked to ring any more has no CallSid.
        return all(leg["ended_at"] or not leg["call_sid"] for leg in made.of("call_legs"))

    wait_until(is_free)


def to(person: Person) -> Json:
    """Who is to be rung, as the control function is told."""
    return {"userId": person.user_id}


def hear_each_other(made: Call, *roles: str) -> None:
    """Waits until one leg of each of these roles is on the call, and hears all the others of them
    and nothing else."""

    def do() -> bool:
        legs = [
            leg
            for leg in made.of("call_legs")
            if leg["role"] in roles and leg["ended_at"] is None and leg["call_sid"]
        ]
        heard = {
            leg["callSid"]: set(leg["media"]["hears"]) if leg["media"] else None
            for leg in made.network()["legs"]
        }
        sids = {leg["call_sid"] for leg in legs}
        return len(sids) == len(roles) and all(heard[sid] == sids - {sid} for sid in sids)

    wait_until(do)


def hears_music(made: Call) -> None:
    """Waits until the lead hears music and nothing else."""
    [lead] = made.legs("lead")
    wait_until(lambda: made.hears(lead) == ["music"])
