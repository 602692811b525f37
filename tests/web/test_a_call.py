"""A whole call, from the sign-in to the saved notes; and that both sides hear each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.web.calls_page import Rep, Signed
from tests.web.network import Database, Network, eventually, lead_leg

ADA = "+15005550006"


@pytest.fixture
def ada(network: Network) -> Iterator[str]:
    """The number of a lead who talks until somebody hangs up."""
    # The browser is looked at once a second, so shorter ringing could be missed.
    network.script(ADA, ringSeconds=5, talkSeconds=None)
    yield ADA
    network.unscript(ADA)


def test_a_rep_signs_in_calls_a_lead_and_finds_the_call_in_the_list(
    new_rep: Callable[..., Rep], ada: str, network: Network, database: Database
) -> None:
    tab = new_rep().open()
    page = tab.page
    tab.sign_in()

    tab.contact.fill("ada")
    page.locator("#lead-list").get_by_role("option", name="Ada Answers").click()
    expect(tab.number).to_have_value("+1 500 555 0006")
    expect(tab.number_check).to_have_text("Calls +1 500 555 0006 from +1 415 555 0100")
    tab.campaign.select_option(label="Solar autumn")

    tab.call_button.click()
    expect(tab.state).to_have_text("Ringing…")
    expect(tab.clock).to_be_hidden()
    expect(tab.contact).to_be_hidden()
    expect(tab.state).to_have_text("Talking")
    expect(tab.clock).to_have_text(re.compile("0:(0[1-9]|[1-5][0-9])"))
    sid = network.call_to(ada)["callSid"]

    tab.mute.click()
    expect(tab.mute).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#call-detail")).to_have_text("Ada Answers · Muted")
    tab.mute.click()
    expect(tab.mute).to_have_attribute("aria-pressed", "false")

    page.get_by_role("button", name="Keypad").click()
    for digit in "1*0#":
        page.locator(f'[data-digit="{digit}"]').click()
    expect(page.locator("#sent-digits")).to_have_text("1*0#")
    eventually(lambda: network.media(sid)["digits"] == "1*0#", "the digits at the network")

    expect(tab.clock).to_have_text(re.compile("0:(0[3-9]|[1-5][0-9])"))
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    call = network.over(sid)
    seconds = lead_leg(call)["duration"]

    talked = f"{seconds // 60}:{seconds % 60:02}"
    expect(tab.wrap_up).to_contain_text(f"Ada Answers · {talked}")
    tab.wrap_up.get_by_text("Interested", exact=True).click()
    page.get_by_label("Notes").fill("Wants a visit on Tuesday.")
    page.get_by_role("button", name="Save").click()
    expect(tab.wrap_up).to_be_hidden()

    row = database.row_of(sid)
    assert row["status"] == "completed"
    assert row["duration_seconds"] == seconds >= 3
    assert (row["lead"], row["campaign"]) == ("Ada Answers", "Solar autumn")
    assert (row["outcome"], row["notes"]) == ("interested", "Wants a visit on Tuesday.")
    assert row["to_number"] == ada

    shown = tab.row(row["id"])
    expect(shown).to_have_attribute("data-status", "completed")
    expect(shown.get_by_role("rowheader")).to_have_text("Ada Answers+1 500 555 0006")
    cells = shown.get_by_role("cell")
    expect(cells.nth(0)).to_have_text("Completed")
    expect(cells.nth(1)).to_have_text(talked)
    expect(cells.nth(2)).to_have_text("Solar autumn")
    expect(cells.nth(3)).to_have_text("InterestedWants a visit on Tuesday.")
    expect(tab.clock).to_have_text(talked)


def heard_no_beep(network: Network, sid: str) -> int | None:
    """How many frames have had sound, if none of the next 75 has: the rep beeps each 50 frames."""
    before = network.media(sid)
    later = eventually(
        lambda: (
            (now := network.media(sid))["framesReceived"] > before["framesReceived"] + 75 and now
        ),
        "more frames",
    )
    heard: int = later["nonSilentFramesReceived"]
    return heard if heard == before["nonSilentFramesReceived"] else None


def test_both_sides_hear_each_other_and_nobody_hears_a_muted_rep(
    signed_in: Signed, network: Network
) -> None:
    number = network.a_number(ringSeconds=0.5, talkSeconds=None, voice="speech")
    tab = signed_in()
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]

    # The fake microphone beeps once a second.
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
    # Frames that were sent before may still arrive.
    heard = eventually(lambda: heard_no_beep(network, sid), "silence for a beep and a half")

    tab.mute.click()
    eventually(lambda: network.media(sid)["nonSilentFramesReceived"] > heard, "the rep again")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
