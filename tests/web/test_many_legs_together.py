"""A rep and a colleague, each in a browser of their own, on the whole stack."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.end_to_end.clients import DEMO
from tests.end_to_end.many_legs import COLLEAGUE
from tests.web.calls_page import CallsPage, Rep, Signed
from tests.web.network import Database, Network, eventually

REFUSE = """() => {
  navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException("refused", "NotAllowedError"));
}"""
NOTES = "Roof faces south. Asks about the battery."


@pytest.fixture
def dana(signed_in: Signed) -> CallsPage:
    return signed_in(DEMO)


@pytest.fixture
def robins(known_rep: Callable[..., Rep]) -> Rep:
    return known_rep(COLLEAGUE)


@pytest.fixture
def robin(robins: Rep) -> CallsPage:
    return robins.open_signed_in()


def hears(tab: CallsPage, sentence: str) -> None:
    expect(tab.page.locator("#call-hears")).to_have_text(sentence)


def transfer(tab: CallsPage, to: str, how: str) -> None:
    page = tab.page
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name=f"{to} Available")).to_be_enabled()
    dialog.get_by_text(to, exact=True).click()
    dialog.get_by_text(how).click()
    dialog.get_by_role("button", name=re.compile(f"(Call|Hand over to) {to}")).click()


def rung(tab: CallsPage, title: str) -> None:
    expect(tab.page.get_by_role("heading", name=title)).to_be_visible()


def test_a_lead_is_handed_over_after_a_word_in_private_and_the_first_rep_is_free_to_write(
    dana: CallsPage, robin: CallsPage, network: Network, database: Database
) -> None:
    lead = network.a_number(ringSeconds=0.2, talkSeconds=None)
    dana.call_and_talk(lead)
    dana.page.get_by_label("Notes").fill(NOTES)
    transfer(dana, "Robin Rep", "Talk to them first")
    hears(dana, f"{lead} hears music. Nobody hears you. Robin Rep’s phone rings.")

    name = f"{lead[:2]} {lead[2:5]} {lead[5:8]} {lead[8:]}"
    rung(robin, f"Dana Demo transfers {name} to you")
    ring = robin.page.get_by_role("region", name="Dana Demo transfers")
    expect(ring).to_contain_text(f"You talk to Dana Demo first. {name} hears music meanwhile.")
    expect(ring).to_contain_text(NOTES)
    expect(robin.page).to_have_title(f"Rings: {name} · Henk")
    robin.page.keyboard.press("Alt+KeyR")
    expect(ring.get_by_role("button", name="Accept")).to_be_focused()
    robin.page.keyboard.press("Enter")

    hears(robin, f"{name} hears music. You talk to Dana Demo.")
    hears(dana, f"{lead} hears music. You talk to Robin Rep.")
    # Who is asked for advice does not decide what becomes of the lead.
    expect(robin.page.get_by_role("button", name="Talk all together")).to_be_hidden()
    dana.page.get_by_role("button", name="Talk all together").click()
    hears(dana, f"You, {lead} and Robin Rep hear each other.")
    hears(robin, f"You, {name} and Dana Demo hear each other.")
    dana.page.get_by_role("button", name="Leave", exact=True).click()
    dana.is_ended("You handed the call over.")
    hears(dana, f"{lead} and Robin Rep talk to each other.")
    hears(robin, f"You talk to {name}.")

    dana.wrap_up.get_by_text("Interested", exact=True).click()
    dana.page.get_by_role("button", name="Save").click()
    expect(dana.wrap_up).to_be_hidden()
    robin.page.get_by_role("button", name="Hold", exact=True).click()
    hears(robin, f"{name} hears music. Nobody hears you.")
    robin.hang_up.click()
    robin.is_ended("You hung up.")
    [row] = eventually(
        lambda: [row for row in database.rows_to(lead) if row["status"] == "completed"], "the end"
    )
    assert (row["outcome"], row["notes"]) == ("interested", NOTES)
    shown = dana.row(row["id"])
    expect(shown).to_contain_text(re.compile(r"hold 0:\d\d"))


def test_a_lead_whom_nobody_takes_comes_back_and_at_last_is_promised_a_call_back(
    dana: CallsPage, robin: CallsPage, robins: Rep, network: Network, database: Database
) -> None:
    lead = network.a_number(ringSeconds=0.2, talkSeconds=None)
    other = robins.open_signed_in()
    switch = other.page.get_by_role("switch")
    expect(switch).to_have_accessible_description("Rings in another tab")
    dana.call_and_talk(lead)

    # A person who is away cannot be chosen; the switch of one tab counts for all.
    switch.click()
    expect(robin.page.get_by_role("switch", name="Away")).not_to_be_checked()
    dana.page.get_by_role("button", name="Transfer").click()
    dialog = dana.page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name=re.compile("Robin Rep Away"))).to_be_disabled()
    switch.click()
    dana.page.keyboard.press("Escape")

    transfer(dana, "Robin Rep", "Hand over at once")
    dana.is_ended("You handed the call over.")
    expect(dana.wrap_up).to_be_visible()
    hears(dana, f"{lead} hears it ring. Robin Rep’s phone rings.")
    expect(other.notice("ring-elsewhere")).to_contain_text("Dana Demo transfers a call to you.")
    expect(dana.page.locator("#call-people-list li").first).to_contain_text("Hears it ring")
    robin.page.evaluate(REFUSE)
    robin.page.get_by_role("button", name="Accept").click()
    why = robin.page.locator("#ring-trouble")
    expect(why).to_contain_text(
        "Allow the microphone next to the page’s address, then accept again."
    )
    # It is said once, where the phone rings.
    expect(robin.notice("call")).to_have_count(0)
    robin.page.get_by_role("button", name="Decline").click()
    expect(other.notice("ring-elsewhere")).to_have_count(0)

    rung(dana, f"{lead[:2]} {lead[2:5]} {lead[5:8]} {lead[8:]} comes back to you")
    # The news of it may be gone already, because somebody rings since.
    robins_line = dana.page.locator("#call-people-list li").filter(has_text="Robin Rep")
    expect(robins_line).to_contain_text("Declined")
    dana.page.get_by_role("button", name="Decline").click()
    [row] = eventually(
        lambda: [row for row in database.rows_to(lead) if row["call_back_at"]], "the promise"
    )
    expect(dana.page.locator("#call-news")).to_have_text(
        f"Nobody took {lead}. They were promised that somebody calls back."
    )
    dana.page.get_by_role("button", name="Needs outcome").click()
    expect(dana.row(row["id"])).to_contain_text("Call back promised")
