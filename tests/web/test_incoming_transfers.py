"""Two people of a business with the client library alone: a lead is put on hold, transferred and
taken over, and each browser knows at every moment who is on the call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.web.calls_page import Session
from tests.web.library_page import Profile, Tab
from tests.web.network import Database, Json, Network, eventually, lead_leg

COLLEAGUE = "rep2@henk.test"
# Who is on the call, as a browser knows it.
PRESENT = (
    "voice.call.legs.filter(({role, answered_at, ended_at}) => !ended_at && "
    "(answered_at || role === 'agent')).map(({role}) => role).sort()"
)


@pytest.fixture
def device(browser: Browser, stack: Stack, session: Session) -> Iterator[Callable[..., Tab]]:
    """A tab on a device of its own, which can be rung."""
    profiles: list[Profile] = []

    def make(email: str) -> Tab:
        profiles.append(Profile(browser, stack, session, email))
        tab = profiles[-1].open()
        tab.shows("voice.phone.isReachable", True)
        return tab

    yield make
    for profile in profiles:
        profile.context.close()


def dial(rep: Tab, network: Network) -> tuple[Json, str]:
    """A plain call in which rep and lead talk: what the network knows of it, and the number."""
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    rep.run(f"void voice.dial({{ to: {json.dumps(number)} }})")
    rep.shows("voice.call.state", "talking")
    rep.shows("voice.call.conversation?.status", "in-progress")
    return network.call_to(number), number


def colleague_id(rep: Tab, state: str) -> str:
    """The colleague's id, once they have this state."""

    def find() -> str | None:
        people = rep.run("voice.colleagues()")
        [person] = [one for one in people if one["name"] == "Robin Rep"]
        return str(person["user_id"]) if person["state"] == state else None

    return eventually(find, f"the colleague is {state}")


def lead_is_over(network: Network, call_sid: str) -> bool:
    return bool(lead_leg(network.call(call_sid))["status"] == "completed")


def test_a_warm_transfer_is_declined_then_taken_and_handed_over(
    device: Callable[..., Tab], network: Network, database: Database
) -> None:
    rep, desk, laptop = device(DEMO), device(COLLEAGUE), device(COLLEAGUE)
    call, number = dial(rep, network)
    assert rep.run("[voice.call.stage, voice.call.legs]") == [None, []]
    to = colleague_id(rep, "available")
    transfer = f"voice.call.transfer({{ userId: '{to}' }}, 'warm').then(({{ stage }}) => stage)"

    assert rep.run(transfer) == "ringing"
    for tab in (desk, laptop):
        tab.shows("voice.ring?.state", "ringing")
        tab.shows("voice.ring?.conversation?.to_number", number)
        assert tab.run("voice.ring.reason") == "transfer"
        assert tab.run("voice.ring.by") == rep.run("voice.call.conversation.user_id")
    assert rep.run("voice.call.asksBeforeHangUp") is True
    laptop.run("voice.ring.decline()")
    desk.shows("voice.ring", None)
    for tab in (desk, laptop):
        tab.tells("incoming", "end: declined")
    rep.shows("voice.call.stage", "on_hold")
    assert rep.run("voice.call.legs.some(({ declined_at }) => declined_at)") is True

    assert rep.run(transfer) == "ringing"
    desk.shows("voice.ring?.state", "ringing")
    desk.run("void voice.ring.accept()")
    laptop.tells("incoming", "end: elsewhere")
    for tab in (rep, desk):
        tab.shows("voice.call.stage", "consulting")
        tab.shows(PRESENT, ["agent", "lead", "teammate"])
    assert desk.run("[voice.call.direction, voice.call.state]") == ["incoming", "talking"]
    assert [rep.run("voice.call.asksBeforeHangUp"), desk.run("voice.call.asksBeforeHangUp")] == [
        True,
        False,
    ]
    colleague_id(rep, "busy")

    # Hanging up hands the lead over to whoever has answered.
    rep.run("voice.call.hangUp()")
    rep.tells("call: handed_over")
    for tab in (rep, desk):
        tab.shows("voice.call.stage", "transferred")
    desk.shows(PRESENT, ["lead", "teammate"])
    assert not lead_is_over(network, call["callSid"])
    network.callee_hangs_up(call["callSid"])
    desk.shows("voice.call.state", "ended")
    desk.tells("incoming", "end: answered", "call: lead_hung_up")
    rep.shows("voice.call.conversation.status", "completed")
    row = eventually(
        lambda: next(
            iter(r for r in database.rows_to(number) if r["hold_seconds"] is not None), None
        ),
        "the hold time",
    )
    assert row["status"] == "completed"


def test_who_hangs_up_during_a_hold_leaves_nobody_alone(
    device: Callable[..., Tab], network: Network
) -> None:
    rep = device(DEMO)
    call, _ = dial(rep, network)
    assert rep.run("voice.call.hold().then(({ stage }) => stage)") == "on_hold"
    assert rep.run("voice.call.pending") is None
    rep.shows(PRESENT, ["agent", "lead"])
    rep.run("voice.call.hangUp()")
    assert rep.run("voice.call.reason.code") == "hung_up"
    eventually(lambda: lead_is_over(network, call["callSid"]), "the lead's leg is over")
    rep.shows("voice.call.conversation.status", "completed")
    rep.tells("call: hung_up")

    # The lead leaves a room in which nobody else is: the rep does not listen to silence.
    call, _ = dial(rep, network)
    rep.run("voice.call.hold()")
    assert rep.run("voice.call.resume().then(({ stage }) => stage)") is None
    network.callee_hangs_up(call["callSid"])
    rep.shows("voice.call.state", "ended")
    rep.tells("call: lead_hung_up")


def test_a_cold_transfer_that_nobody_takes_comes_back_to_the_rep(
    device: Callable[..., Tab], network: Network, database: Database
) -> None:
    rep, colleague = device(DEMO), device(COLLEAGUE)
    call, _ = dial(rep, network)
    to = colleague_id(rep, "available")
    rep.run(f"voice.call.transfer({{ userId: '{to}' }}, 'cold').then(() => null)")
    colleague.shows("voice.ring?.state", "ringing")
    rep.shows("voice.call.state", "ended")
    rep.tells("call: handed_over")
    rep.shows("voice.call.stage", "transferring")
    colleague.run("voice.ring.decline()")
    rep.shows("voice.ring?.reason", "return")
    rep.shows("voice.ring?.state", "ringing")
    rep.run("void voice.ring.accept()")
    rep.shows("voice.call.state", "talking")
    rep.shows(PRESENT, ["agent", "lead"])
    assert rep.run("voice.call.direction") == "incoming"
    assert not lead_is_over(network, call["callSid"])
    rep.run("voice.call.hangUp()")
    eventually(lambda: lead_is_over(network, call["callSid"]), "the lead's leg is over")
    rep.shows("voice.call.conversation.status", "completed")


def test_a_rep_is_there_while_a_tab_is_open_and_away_when_they_want(
    device: Callable[..., Tab],
) -> None:
    rep, colleague = device(DEMO), device(COLLEAGUE)
    colleague_id(rep, "available")
    colleague.run("voice.presence.set('away')")
    to = colleague_id(rep, "away")
    assert colleague.run("voice.presence.state") == "away"
    colleague.run("voice.presence.set('available')")
    colleague_id(rep, "available")
    colleague.page.goto("about:blank")
    assert colleague_id(rep, "away") == to
