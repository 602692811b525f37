"""The client library is rung, with the official SDK in Chromium: which tab rings, what its end
means, and what becomes of a call whose tab is closed, reloaded, busy, or without a microphone.

Whoever rings is the REST API here: a participant of a conference, as control_fn adds one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from stack import Stack
from tests.web.calls_page import Session
from tests.web.library_page import Profile, Tab
from tests.web.network import Network
from tests.web.ringer import Ringer

# The microphone is refused until `refuse` is false.
_REFUSED = """
window.refuse = true;
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (constraints) =>
  window.refuse
    ? Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))
    : open(constraints);
"""


@pytest.fixture
def ringer(stack: Stack, network: Network) -> Iterator[Ringer]:
    ringer = Ringer(stack, network)
    yield ringer
    ringer.close()


@pytest.fixture
def profile(browser: Browser, stack: Stack, session: Session) -> Iterator[Callable[..., Profile]]:
    """Browser profiles of the demo rep: each is a device of theirs."""
    profiles: list[Profile] = []

    def make() -> Profile:
        profiles.append(Profile(browser, stack, session))
        return profiles[-1]

    yield make
    for profile in profiles:
        profile.context.close()


def is_registered(tab: Tab) -> None:
    tab.shows("voice.phone.isReachable", True)


def rings(tab: Tab) -> None:
    tab.shows("voice.ring?.state", "ringing")


def test_one_tab_rings_on_each_device_and_closing_it_refuses_nothing(
    profile: Callable[..., Profile], ringer: Ringer
) -> None:
    desk, laptop = profile(), profile()
    first, second, other = desk.open(), desk.open(), laptop.open()
    is_registered(first)
    is_registered(other)
    second.shows("voice.phone.where", "elsewhere")

    sid = ringer.ring(by="ada", reason="add")
    rings(first)
    rings(other)
    assert second.run("voice.ring") is None
    second.shows("[voice.phone.ring?.by, voice.phone.ring?.reason]", ["ada", "add"])
    assert other.run("[voice.ring.by, voice.ring.reason, voice.inCall]") == ["ada", "add", False]

    first.page.goto("about:blank")
    is_registered(second)
    second.shows("voice.phone.ring", None)
    assert ringer.status(sid) == "ringing"
    other.run("void voice.ring.accept()")
    ringer.is_(sid, "in-progress")
    other.shows("voice.call.state", "talking")
    assert other.run("[voice.call.direction, voice.call.callSid]") == ["incoming", sid]

    # A second call, during this one, rings where the rep is free, until it is given up.
    second_sid = ringer.ring()
    rings(second)
    assert other.run("voice.ring") is None
    ringer.give_up(second_sid)
    second.shows("voice.ring", None)
    second.tells("incoming", "end: gone")
    other.run("voice.call.hangUp()")
    ringer.is_(sid, "completed")
    other.tells("incoming", "end: answered", "call: hung_up")


def test_a_rep_declines_and_is_free_at_once(
    profile: Callable[..., Profile], ringer: Ringer
) -> None:
    tab = profile().open()
    is_registered(tab)
    sid = ringer.ring()
    rings(tab)
    tab.run("voice.ring.decline()")
    ringer.is_(sid, "busy")
    tab.tells("incoming", "end: declined")
    sid = ringer.ring()
    rings(tab)
    ringer.give_up(sid)
    tab.shows("voice.ring", None)


def test_a_microphone_that_is_refused_leaves_the_phone_ringing(
    profile: Callable[..., Profile], ringer: Ringer
) -> None:
    device = profile()
    device.context.add_init_script(_REFUSED)
    tab = device.open()
    is_registered(tab)
    sid = ringer.ring()
    rings(tab)
    assert tab.run("voice.ring.accept().over") is False
    tab.shows("voice.call.reason?.failure?.code", "microphone_denied")
    tab.shows("voice.ring?.state", "ringing")
    assert ringer.status(sid) == "ringing"
    tab.run("window.refuse = false")
    tab.run("void voice.ring.accept()")
    tab.shows("voice.call.state", "talking")
    ringer.is_(sid, "in-progress")
    tab.tells("incoming", "call: microphone_denied", "end: answered")


def test_a_reload_and_a_lost_connection_end_the_ring_and_the_phone_is_there_again(
    profile: Callable[..., Profile], ringer: Ringer, stack: Stack
) -> None:
    desk, laptop = profile(), profile()
    tab, other = desk.open(), laptop.open()
    is_registered(tab)
    is_registered(other)
    sid = ringer.ring()
    rings(tab)
    rings(other)
    tab.reload()
    is_registered(tab)
    assert ringer.status(sid) == "ringing", "a reload refused the call for the other device"
    assert other.run("voice.ring.state") == "ringing"

    # The connection of all browsers is lost, as if laptops slept.
    lost = httpx.post(
        f"{stack.env['SIMULATOR_URL']}/simulator/outage",
        json={"seconds": 2, "dropSockets": True},
    )
    assert lost.status_code == 202, lost.text
    other.shows("voice.ring", None)
    is_registered(other)
    is_registered(tab)
    ringer.is_(sid, "no-answer")
    again = ringer.ring()
    rings(tab)
    rings(other)
    tab.run("void voice.ring.accept()")
    tab.shows("voice.call.state", "talking")
    other.shows("voice.ring", None)
    ringer.is_(again, "in-progress")
