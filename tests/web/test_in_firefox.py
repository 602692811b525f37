"""The Calls page in Firefox: calls, their endings, and what Firefox does in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from stack import Stack
from tests.soak import SOAK
from tests.web import firefox
from tests.web.calls_page import Rep
from tests.web.network import Database, Json, Network, eventually, lead_leg
from tests.web.ringer import Ringer

ENDINGS: tuple[tuple[Json, str, str], ...] = (
    ({"ringSeconds": 0.2, "talkSeconds": 1}, "The other side hung up.", "completed"),
    ({"ending": "busy", "ringSeconds": 0}, "The line is busy.", "busy"),
)
# Keeps the lengths of what was played, in seconds.
_KEEP_SOUNDS = """
window.sounds = [];
const { start } = AudioBufferSourceNode.prototype;
AudioBufferSourceNode.prototype.start = function (...given) {
  window.sounds.push(this.buffer.duration);
  return start.apply(this, given);
};
"""


@pytest.fixture
def rep(in_firefox: Browser, stack: Stack) -> Iterator[Rep]:
    rep = Rep(in_firefox, stack)
    rep.add_script(_KEEP_SOUNDS)
    yield rep
    rep.close()
    rep.watch.check()


@pytest.fixture
def ringer(stack: Stack, network: Network) -> Iterator[Ringer]:
    ringer = Ringer(stack, network)
    yield ringer
    ringer.close()


def test_a_rep_signs_in_talks_hangs_up_and_is_rung(
    rep: Rep, network: Network, database: Database, ringer: Ringer
) -> None:
    tab = rep.open()
    tab.watch.expect("can’t establish a connection to the server at ws://localhost")
    tab.sign_in()
    number = network.a_number(ringSeconds=0.5, talkSeconds=None, voice="speech")
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]

    # The microphone's tone never pauses.
    eventually(lambda: network.media(sid)["nonSilentFramesReceived"] > 10, "the rep's voice")
    before = tab.sound_received()
    eventually(
        lambda: (
            (now := tab.sound_received())["energy"] > before["energy"] + 0.001
            and now["packets"] > before["packets"] + 20
        ),
        "the lead's voice in the page",
    )
    tab.mute.click()
    expect(tab.mute).to_have_attribute("aria-pressed", "true")
    eventually(lambda: frames_without_sound(network, sid) > 20, "silence")
    tab.mute.click()
    eventually(lambda: frames_without_sound(network, sid) == 0, "the rep again")

    network.cut(sid, 3)
    tab.is_("reconnecting")
    tab.is_("talking")
    tab.page.keyboard.press("7")
    eventually(lambda: network.media(sid)["digits"] == "7", "a digit after the cut")
    tab.hang_up.press("Enter")
    tab.is_ended("You hung up.")

    leg = lead_leg(network.over(sid))
    row = database.row_of(sid)
    assert (row["status"], row["duration_seconds"]) == ("completed", leg["duration"])
    assert leg["duration"] >= 3
    line = quality_of(database, sid)
    assert line["browser"].startswith("Firefox ")
    assert (line["audio_connected"], line["protocol"], line["codec"]) == (True, "udp", "opus")
    assert line["samples"] >= 3
    expect(tab.row(row["id"])).to_have_attribute("data-status", "completed")
    tab.page.get_by_label("Notes").fill("In Firefox.")
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.wrap_up).to_be_hidden()
    assert database.row_of(sid)["notes"] == "In Firefox."

    for script, said, status in ENDINGS:
        number = network.a_number(**script)
        tab.number.clear()
        tab.call(number)
        tab.is_ended(said)
        row = database.row_of(network.over(network.call_to(number)["callSid"])["callSid"])
        assert row["status"] == status
        expect(tab.row(row["id"])).to_have_attribute("data-status", status)

    # Firefox has no speaker "default", where the SDK plays its sounds by itself.
    tab.page.evaluate("sounds.splice(0)")
    ringer.ring()
    expect(tab.page.locator("#ring")).to_be_visible()
    eventually(lambda: tab.page.evaluate("sounds"), "a ringing tone")
    tab.page.locator("#ring-decline").click()
    expect(tab.page.locator("#ring")).to_be_hidden()


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="a check and two calls of some seconds: `make firefox`")
def test_firefox_tells_a_good_line_from_one_that_nobody_hears(
    rep: Rep, network: Network, database: Database
) -> None:
    tab = rep.open("#/check")
    tab.fill_sign_in()
    tab.page.get_by_role("button", name="Check now").click()
    expect(tab.page.locator("#check-words")).to_have_text("You can call")
    tab.page.get_by_role("link", name="Calls").click()
    tab.is_ready()

    for direction, said, fault in (
        ("out", "You are not heard", "not_heard"),
        ("in", "You hear nothing", "nothing_heard"),
    ):
        number = network.a_number(ringSeconds=0.2, talkSeconds=None, voice="speech")
        tab.number.clear()
        tab.call_and_talk(number)
        network.conditions(None, audioLost=direction)
        expect(tab.page.locator("#call-quality")).to_contain_text(said)
        tab.hang_up.press("Enter")
        tab.is_ended("You hung up.")
        network.conditions(None)
        assert quality_of(database, network.call_to(number)["callSid"])["fault"] == fault


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="starts Firefox twice: `make firefox`")
@pytest.mark.parametrize(
    ("preferences", "said"),
    [
        ({"permissions.default.microphone": 2}, "No microphone permission"),
        (
            {"media.navigator.streams.fake": False, "media.cubeb.force_mock_context": False},
            "No microphone",
        ),
    ],
    ids=["refused", "missing"],
)
def test_a_call_without_microphone_says_why(
    preferences: dict[str, object],
    said: str,
    firefox_at: str,
    playwright: Playwright,
    tmp_path: Path,
    stack: Stack,
    network: Network,
    database: Database,
) -> None:
    browser = firefox.launch(playwright, firefox_at, tmp_path, **preferences)
    try:
        tab = Rep(browser, stack).open()
        tab.sign_in()
        number = network.a_number()
        tab.call(number)
        tab.is_ended(said)
    finally:
        browser.close()
    assert database.rows_to(number) == []


def quality_of(database: Database, sid: str) -> Json:
    query = "select * from public.call_quality where call_sid = %s"
    return eventually(lambda: database.find(query, sid), "the report about the line")[0]


def frames_without_sound(network: Network, sid: str) -> int:
    """How many of the next 25 frames from the rep have no sound."""
    before = network.media(sid)

    def later() -> Json | None:
        now = network.media(sid)
        return now if now["framesReceived"] >= before["framesReceived"] + 25 else None

    now = eventually(later, "more frames")
    frames: int = now["framesReceived"] - before["framesReceived"]
    heard: int = now["nonSilentFramesReceived"] - before["nonSilentFramesReceived"]
    return frames - heard
