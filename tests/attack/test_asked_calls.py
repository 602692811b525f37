"""Attacks a call with random sequences of everything that can happen to it.

There are wishes of everybody who may and may not ask; functions that are killed between any two
steps; people who answer, decline, hang up or lose their browser at any moment; callbacks that come
late, twice and out of order; requests for TwiML that come again. ``Attack.check`` and
``Attack.finish`` say what must be so."""

from __future__ import annotations

import random
import uuid
from collections.abc import Generator
from typing import Any

import pytest

from tests.soak import SOAK, figure, scaled
from tests.supabase.asked import AskedCall, add_colleague, set_presence
from tests.supabase.small_twilio import Callback, Leg, Refused, SmallTwilio
from tests.supabase.tenants import Connection, add_tenant, attempt, dialled, fetch

Answer = dict[str, Any]
ACTIONS = ("hold", "resume", "add", "transfer", "complete", "merge", "cancel", "remove")
REFUSALS = {
    *("not_found", "not_your_call", "not_in_progress"),
    *("busy", "away", "blocked", "invalid_request"),
}
EXPERT = "+14155550199"


class Attack:
    """One call, and all that happens to it. ``pick`` decides."""

    def __init__(self, db: Connection, pick: random.Random) -> None:
        self.db, self.pick = db, pick
        self.tenant = add_tenant(db, 1)
        self.call = AskedCall(db, self.tenant).answer()
        self.colleagues = [add_colleague(db, self.tenant) for _ in range(2)]
        self.manager = add_colleague(db, self.tenant, role="manager")
        self.stranger = add_tenant(db, 2).user_id
        lead = Leg("lead", sid=self.call.lead_sid, answered=True)
        self.twilio = SmallTwilio(Leg("agent", sid=self.call.sid), lead, self.twiml)
        self.happened: list[str] = []
        # A function was killed while it handed the call over.
        self.has_two_hosts = False
        self.counts = {"asked": 0, "done": 0, "killed": 0, "answers": 0}

    # The functions.

    def twiml(
        self, after: str, leg: Leg, leg_id: str | None, status: str, dialled: str | None
    ) -> Answer:
        """twiml_fn. Twilio may ask twice: the answer is the same, and nothing more is written."""
        while self.pick.random() < 0.4:
            self.deliver()
        first = self.call.go_on(after, leg.sid, status, leg=leg_id, dialled=dialled)
        before = self.written()
        again = self.call.go_on(after, leg.sid, status, leg=leg_id, dialled=dialled)
        ignored = {"new": None, "seconds_left": None}
        assert again | ignored == first | ignored, "the same request has got two answers"
        assert self.written() == before, "a repeated request has written something"
        self.say(f"after {after} of {leg.name} ({status}): {first['next']}")
        self.counts["answers"] += 1
        if after == "room" and leg is self.twilio.lead and self.twilio.lead_was_held:
            self.twilio.lead_was_held = False
            # A function that was killed may have told nobody that it put them on hold.
            assert first["next"] == "ring" or self.counts["killed"], "the lead on hold is cut off"
        return first

    def written(self) -> list[Any]:
        return fetch(
            self.db,
            "select id, status, call_sid from public.call_legs where conversation_id = %s"
            " union all select id, result, null from public.call_actions where conversation_id = %s"
            " order by 1",
            self.call.id,
            self.call.id,
        )

    def control(self, asked: Answer) -> Generator[None]:
        """control_fn, step by step: it may be killed wherever it yields."""
        call, twilio, action = asked["call"], self.twilio, asked["action"]
        legs = {leg["id"]: leg for leg in call["legs"]}
        if action["action"] != "complete":
            self.leave_one_host(call)
        target = legs.get(action["leg_id"])
        lead = twilio.lead
        ends_with: str = "done"
        notes: list[tuple[str, str | None, str | None]] = []
        try:
            wants = action["action"], action["mode"]
            if wants in (("transfer", "cold"), ("cancel", "cold")):
                assert target is not None
                if twilio.find(target["id"]) is None:
                    yield
                    after = "transfer" if wants[0] == "transfer" else "return"
                    twilio.redirect_to_person(lead, target["id"], after)
                yield
                self.call.note(asked, ("redirected", call["lead_leg_id"], lead.sid), result=None)
                leaving = self.leg_of(legs.get(action["leaving_leg_id"]))
                if leaving in twilio.room:
                    twilio.hang_up(leaving)
            elif wants[0] in ("hold", "add", "transfer"):
                yield from self.make_room(asked)
                if wants[0] != "add":
                    yield
                    twilio.set_hold(lead, on=True)
                    yield
                    self.call.note(asked, ("held", call["lead_leg_id"], lead.sid), result=None)
                if wants[0] != "hold":
                    assert target is not None
                    leg = twilio.find(target["id"])
                    if leg is None:
                        yield
                        leg = twilio.dial_participant(target["id"], target["role"])
                    yield
                    notes.append(("leg_dialled", target["id"], leg.sid))
            elif wants[0] in ("resume", "merge"):
                yield
                twilio.set_hold(lead, on=False)
                yield
                notes.append(("unheld", call["lead_leg_id"], lead.sid))
            elif wants[0] == "complete":
                leg, leaving = self.leg_of(target), self.leg_of(legs[action["leaving_leg_id"]])
                if leg is None or lead not in twilio.room:
                    raise Refused
                yield
                twilio.set_host(leg, is_host=True)
                self.has_two_hosts = True
                yield
                twilio.set_hold(lead, on=False)
                yield
                if leaving in twilio.room:
                    twilio.set_host(leaving, is_host=False)
                    self.has_two_hosts = False
                    twilio.hang_up(leaving)
                yield
                notes.append(("unheld", call["lead_leg_id"], lead.sid))
            else:
                assert target is not None
                leg = self.leg_of(target)
                yield
                if leg is None:
                    notes.append(("leg_failed", target["id"], None))
                else:
                    twilio.hang_up(leg)
                    notes.append(("removed", target["id"], leg.sid))
        except Refused:
            ends_with = "failed"
        self.call.note(asked, *notes, result=ends_with)
        self.counts["done"] += 1

    def leave_one_host(self, call: Answer) -> None:
        """A function that handed the call over may have been killed between its two steps."""
        host = self.leg_of(next(leg for leg in call["legs"] if leg["id"] == call["host_leg_id"]))
        if host in self.twilio.room:
            for leg in self.twilio.room:
                self.twilio.set_host(leg, is_host=leg is host)
        self.has_two_hosts = False

    def make_room(self, asked: Answer) -> Generator[None]:
        twilio, call = self.twilio, asked["call"]
        dial = twilio.dial_of(twilio.lead)
        if twilio.lead not in twilio.room:
            if dial is None or not dial.child.answered:
                self.call.note(asked, ("not_in_room", None, None), result=None)
                raise Refused
            child = dial.child
            yield
            twilio.redirect_to_room(child, is_host=child is not twilio.lead)
            yield
            leg_id = child.leg_id or call["lead_leg_id"]
            self.call.note(asked, ("redirected", leg_id, child.sid), result=None)
        if len(twilio.room) < 2:
            self.call.note(asked, ("not_in_room", None, None), result=None)
            raise Refused
        self.call.note(asked, ("in_room", None, None), result=None)

    def leg_of(self, told: Answer | None) -> Leg | None:
        if told is None:
            return None
        return self.twilio.find(told["id"]) or self.twilio.legs.get(told["call_sid"] or "")

    # What happens.

    def say(self, text: str) -> None:
        self.happened.append(text)

    def step(self) -> None:
        what = self.pick.choices(
            (
                self.ask,
                self.deliver,
                self.answer,
                self.hang_up,
                self.replay,
                self.decline,
                self.wait,
            ),
            weights=(12, 14, 6, 1, 1, 1, 1),
        )[0]
        what()
        self.check()

    def ask(self) -> None:
        """Somebody asks for something. The function that does it may be killed at any step."""
        if self.pick.random() < 0.8:
            self.wait_out()
        for user in (*self.colleagues, self.manager):
            set_presence(self.db, self.tenant, user, self.pick.choice(["available"] * 5 + ["away"]))
        there = [leg["user_id"] for leg in self.call.state()["legs"] if not leg["is_over"]]
        on_it = [uuid.UUID(user_id) for user_id in there if user_id]
        everybody = [self.tenant.user_id, *self.colleagues, self.manager, self.stranger]
        by = self.pick.choice(on_it * 6 + everybody)
        action = self.pick.choice([*ACTIONS, "hold", "transfer", "transfer", "transfer", "add"])
        wish: dict[str, Any] = {}
        if action in ("add", "transfer"):
            if self.pick.random() < 0.7:
                wish["user"] = self.pick.choice([*self.colleagues, self.tenant.user_id])
            else:
                wish["to"] = dialled(EXPERT)
        if action == "transfer":
            wish["mode"] = self.pick.choice(("cold", "warm"))
        if action == "remove":
            wish["leg"] = self.pick.choice([leg["id"] for leg in self.call.state()["legs"]])
        asked = self.call.ask(action, by=by, **wish)
        said = asked.get("error") or (
            "wait" if asked["wait"] else "done" if asked["is_done"] else "ok"
        )
        self.say(f"{self.name(by)} asks {action} {wish.get('mode', '')}: {said}")
        assert asked.get("error") in REFUSALS | {None}
        assert by != self.stranger or asked == {"error": "not_found"}
        if said != "ok":
            return
        self.counts["asked"] += 1
        steps = self.pick.choice((0, 1, 2, 3, 4, *[99] * 8))
        running = self.control(asked)
        for _ in range(steps):
            if next(running, running) is running:
                return
            if self.pick.random() < 0.1:
                self.deliver()
        running.close()
        self.counts["killed"] += 1
        self.say(f"  killed after {steps} steps")

    def name(self, user: uuid.UUID) -> str:
        names = {self.tenant.user_id: "rep", self.manager: "manager", self.stranger: "stranger"}
        return names.get(user) or f"colleague {self.colleagues.index(user)}"

    def wait_out(self) -> None:
        """The lease of a killed function ends."""
        self.db.execute(
            "update public.call_actions set lease_until = clock_timestamp()"
            " where conversation_id = %s and result is null",
            (self.call.id,),
        )

    def wait(self) -> None:
        """So long that nobody is rung again."""
        self.call.time_passes()

    def deliver(self) -> None:
        """A callback arrives, perhaps before an earlier one, perhaps once more later."""
        if self.twilio.callbacks:
            number = self.pick.randrange(len(self.twilio.callbacks))
            callback = self.twilio.callbacks[number]
            if self.pick.random() > 0.1:
                del self.twilio.callbacks[number]
            self.tell(callback)

    def tell(self, callback: Callback) -> None:
        conference = {"conference_sid": "CF1"} if callback.source == "conference" else {}
        room = f"conversation_{self.call.id.hex}"
        self.call.event(
            callback.call_sid, callback.status, callback.number, source=callback.source,
            occurred_at=callback.at.isoformat(), call_leg_id=callback.leg_id,
            payload={"FriendlyName": room} | callback.payload, **conference,
        )  # fmt: skip

    def ringing(self) -> list[Leg]:
        return [leg for leg in self.twilio.legs.values() if leg.alive and not leg.answered]

    def answer(self) -> None:
        if ringing := self.ringing():
            leg = self.pick.choice(ringing)
            self.say(f"{leg.name} answers")
            self.twilio.pick_up(leg)

    def decline(self) -> None:
        if ringing := self.ringing():
            leg = self.pick.choice(ringing)
            self.say(f"{leg.name} does not answer")
            self.twilio.hang_up(leg, self.pick.choice(("busy", "no-answer")))

    def hang_up(self) -> None:
        there = [leg for leg in self.twilio.legs.values() if leg.alive and leg.answered]
        if there and len(self.happened) > 15:
            leg = self.pick.choice(there)
            self.say(f"{leg.name} hangs up")
            self.twilio.hang_up(leg)

    def replay(self) -> None:
        """An old request for TwiML comes once more. Nobody is rung for it."""
        if not self.twilio.asked:
            return
        old = self.pick.choice(self.twilio.asked)
        before = self.written()
        answer = self.call.go_on(
            old.after, old.leg.sid, old.status, leg=old.leg_id, dialled=old.dialled
        )
        self.say(f"again: after {old.after} of {old.leg.name}: {answer['next']}")
        if answer["next"] == "ring":
            # Somebody who is to be rung now, not somebody who was.
            rung = self.twilio.find(answer["ring"]["leg_id"])
            assert rung is None or (rung.alive and not rung.answered) or self.twilio.callbacks
        else:
            assert self.written() == before
        if answer["next"] == "join_room" and not self.twilio.callbacks:
            assert old.leg in self.twilio.room

    # What is always so.

    def check(self) -> None:
        twilio = self.twilio
        for leg_id, times in twilio.rung.items():
            assert times == 1, f"{leg_id} was rung {times} times"
        for cause in fetch(
            self.db,
            "select action.cause_id, action.to_user_id, count(*) as times"
            " from public.call_actions as action where conversation_id = %s"
            " and cause_id is not null group by 1, 2",
            self.call.id,
        ):
            assert cause["times"] == 1
        if twilio.lead.alive:
            self.check_that_the_lead_is_not_alone()
        (actions,) = fetch(
            self.db,
            "select count(*) from public.call_actions"
            " where conversation_id = %s and result is null",
            self.call.id,
        )
        assert actions["count"] <= 1
        assert self.call.state()["host_leg_id"] is not None

    def check_that_the_lead_is_not_alone(self) -> None:
        twilio, lead = self.twilio, self.twilio.lead
        if lead in twilio.room:
            assert len(twilio.room) > 1, "the lead is alone in the room"
            hosts = [leg.name for leg, is_host in twilio.room.items() if is_host]
            assert len(hosts) == (2 if self.has_two_hosts and len(hosts) == 2 else 1), hosts
            assert lead not in [leg for leg, is_host in twilio.room.items() if is_host]
        else:
            dial = twilio.dial_of(lead)
            assert dial is not None, "the lead is nowhere"
            assert dial.parent.alive
            assert dial.child.alive

    def open_action(self) -> str | None:
        rows = fetch(
            self.db,
            "select action from public.call_actions where conversation_id = %s"
            " order by number desc limit 1",
            self.call.id,
        )
        return rows[0]["action"] if rows else None

    def finish(self) -> None:
        """When all callbacks have come, the database says what is so."""
        while self.twilio.callbacks:
            self.deliver()
        twilio, state = self.twilio, self.call.state()
        told = {leg["call_sid"]: leg for leg in state["legs"] if leg["call_sid"]}
        for leg in twilio.legs.values():
            assert told[leg.sid]["is_over"] is not leg.alive, leg
            if leg.alive and leg.answered and leg is not twilio.agent:
                assert told[leg.sid]["status"] == "in-progress"
        if not twilio.lead.alive:
            assert self.call.row["ended_at"] is not None
            assert state["stage"] is None
            return
        assert told[twilio.lead.sid]["on_hold"] is twilio.lead.on_hold
        if twilio.lead in twilio.room:
            (host, *_) = [leg for leg, is_host in twilio.room.items() if is_host]
            # If a function was killed before it sent the lead to somebody, its claim stands.
            assert state["bridge"] == "room" or state["stage"] == "transferring"
        else:
            dial = twilio.dial_of(twilio.lead)
            assert dial is not None
            host = dial.child if dial.parent is twilio.lead else dial.parent
            if not host.answered:
                return
        if self.open_action() != "complete":
            assert state["host_leg_id"] == told[host.sid]["id"]


@pytest.mark.soak
def test_whatever_happens_the_lead_is_with_somebody_or_somebody_is_rung(db: Connection) -> None:
    counts: dict[str, int] = {}
    for seed in range(scaled(4, 2000)):
        with attempt(db):
            attack = Attack(db, random.Random(seed))
            try:
                for _ in range(40):
                    attack.step()
                attack.finish()
            except BaseException as error:
                story = "\n".join(attack.happened[-40:])
                raise AssertionError(f"seed {seed}: {error}\n{story}") from error
            for name, count in attack.counts.items():
                counts[name] = counts.get(name, 0) + count
    figure(f"asked calls: {counts} in {'the full' if SOAK else 'the short'} form")
