"""control_fn dies while Twilio works for it, at every request of an action. The call goes on, and
the same wish, asked again, is done: nobody is rung twice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from stack import Stack
from tests.end_to_end.clients import Rep
from tests.faults.calls import together
from tests.faults.controlled import (
    Controlled,
    Moment,
    kill_functions,
    stop_at,
    wait_for_others,
)
from tests.faults.proxy import Proxy
from tests.soak import SOAK

KILLED = 0
# More would not be answered in time on a busy machine.
AT_ONCE = 3
NUMBERS = itertools.count(2601)


@dataclass(frozen=True)
class Plan:
    """An action, how many requests to Twilio it takes at least, and what must be so when it is
    done."""

    action: str
    requests: int
    is_done: Callable[[Controlled], bool]
    fields: Callable[[Controlled], dict[str, Any]] = lambda call: {}
    prepare: Callable[[Controlled], object] = lambda call: None


def to_number(mode: str | None) -> Callable[[Controlled], dict[str, Any]]:
    more = {"mode": mode} if mode else {}
    return lambda call: {"to": {"number": call.number}} | more


def consult(call: Controlled) -> None:
    assert call.ask("transfer", **to_number("warm")(call)).status_code == 200
    call.wait_for("c.stage = 'consulting'")


def members(call: Controlled) -> dict[str, dict[str, Any]]:
    """Who is in the call's room, by CallSid."""
    rooms = call.seen_by_twilio()["rooms"]
    return {each["callSid"]: each for room in rooms for each in room["participants"]}


def is_held(call: Controlled) -> bool:
    there = members(call)
    return call.sid in there and there[call.lead_sid]["hold"]


def is_handed_over(call: Controlled) -> bool:
    (target,) = call.dialled()
    there = members(call)
    return (
        set(there) == {call.lead_sid, target["callSid"]}
        and there[target["callSid"]]["endConferenceOnExit"]
        and not there[call.lead_sid]["hold"]
    )


def is_rung_through(call: Controlled) -> bool:
    (target,) = call.dialled()
    return bool(target["parentCallSid"] == call.lead_sid)


PLANS = {
    "warm transfer": Plan("transfer", 6, is_held, to_number("warm")),
    "cold transfer": Plan("transfer", 2, is_rung_through, to_number("cold")),
    "complete": Plan("complete", 4, is_handed_over, prepare=consult),
}


@pytest.mark.soak
@pytest.mark.parametrize("name", PLANS)
def test_an_action_whose_function_died_is_ended_by_the_next_one(
    stack: Stack, twilio: Proxy, name: str
) -> None:
    plan = PLANS[name]
    rep = Rep.sign_in(stack)
    # Nobody else rings their numbers, and time in the phone network is too fast to tell calls of
    # two tests apart.
    calls = {
        Moment(at, before): Controlled(stack, rep, f"+1415555{next(NUMBERS)}")
        for at in range(1, plan.requests + 1)
        for before in (True, False)
        # In the short form one of the two, by turns.
        if SOAK or before == bool(at % 2)
    }
    together([partial(place, plan, call) for call in calls.values()], AT_ONCE)

    arrived = stop_at(twilio, calls)
    outcomes: list[int] = []

    def ask(call: Controlled) -> None:
        try:
            outcomes.append(call.ask(plan.action, **plan.fields(call)).status_code)
        except httpx.TransportError:
            outcomes.append(KILLED)

    asking = [threading.Thread(target=ask, args=[call]) for call in calls.values()]
    for each in asking:
        each.start()
    for _ in calls:
        assert arrived.acquire(timeout=60), outcomes
    # In production twiml_fn, which lets the rep follow, is another process.
    for call in calls.values():
        call.wait_until_moved()
    killed = kill_functions(stack)
    for each in asking:
        each.join(timeout=60)
    # On a busy machine, a function whose request was kept for 3 s has told its user so, or has seen
    # that Twilio did what it was asked.
    assert set(outcomes) <= {KILLED, 503, 200}
    assert KILLED in outcomes

    twilio.heal()
    wait_for_others(stack, killed)
    together([partial(end_and_check, plan, call) for call in calls.values()], AT_ONCE)
    for call in calls.values():
        call.end()


def place(plan: Plan, call: Controlled) -> None:
    call.place()
    plan.prepare(call)


def end_and_check(plan: Plan, call: Controlled) -> None:
    """Asks for it again, until there is nothing more to do. Nobody is rung twice."""
    answer = call.ask_again(plan.action, **plan.fields(call))
    assert answer.status_code == 200, (call.seen, answer.text)
    assert len(call.dialled()) == 1, call.seen
    assert plan.is_done(call), (call.seen, call.seen_by_twilio())
    assert call.ask(plan.action, **plan.fields(call)).status_code == 200, call.seen
    assert len(call.dialled()) == 1, call.seen
