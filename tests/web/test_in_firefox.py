"""The Calls page in Firefox: calls, their endings, and what Firefox does in its own way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from stack import Stack
from tests.web.calls_page import Rep
from tests.web.network import Database, Network, eventually, lead_leg


@pytest.fixture
def rep(in_firefox: Browser, stack: Stack) -> Iterator[Rep]:
    rep = Rep(in_firefox, stack)
    yield rep
    rep.close()
    rep.watch.check()


def test_a_rep_signs_in_talks_and_hangs_up(rep: Rep, network: Network, database: Database) -> None:
    tab = rep.open()
    # The SDK's sounds: Firefox has no speaker that is called "default".
    tab.watch.expect("thrown: The object can not be found here")
    tab.sign_in()
    number = network.a_number(ringSeconds=0.5, talkSeconds=None, voice="speech")
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]

    eventually(lambda: network.media(sid)["nonSilentFramesReceived"] > 10, "the rep's voice")
    before = tab.sound_received()
    eventually(
        lambda: (
            (now := tab.sound_received())["energy"] > before["energy"] + 0.001
            and now["packets"] > before["packets"] + 20
        ),
        "the lead's voice in the page",
    )
    tab.hang_up.click()
    tab.is_ended("You hung up.")

    leg = lead_leg(network.over(sid))
    row = database.row_of(sid)
    assert (row["status"], row["duration_seconds"]) == ("completed", leg["duration"])
    assert leg["duration"] >= 1
    expect(tab.row(row["id"])).to_have_attribute("data-status", "completed")
    tab.page.get_by_label("Notes").fill("In Firefox.")
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.wrap_up).to_be_hidden()
    assert database.row_of(sid)["notes"] == "In Firefox."
