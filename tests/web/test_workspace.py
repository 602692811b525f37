"""The calling workspace: everything of a call in one height, and nothing that was typed is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.calls_page import PHONE, CallsPage, Rep, Signed
from tests.web.network import Database, Network, eventually

BUSINESS = "b0000000-0000-4000-8000-000000000001"
DANA = "d0000000-0000-4000-8000-000000000001"
SIZES = ({"width": 1366, "height": 768}, {"width": 1280, "height": 720})
# How many pixels of the middle column, and of the workspace, cannot be seen.
HIDDEN = """() => {
  const middle = document.querySelector('#dialer');
  const { bottom } = document.querySelector('#workspace').getBoundingClientRect();
  return [middle.scrollHeight - middle.clientHeight, Math.max(0, bottom - innerHeight)];
}"""


@pytest.fixture
def lead(database: Database, network: Network) -> Iterator[dict[str, str]]:
    """A contact whom nobody has called yet."""
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    made = {"id": str(uuid.uuid4()), "name": f"Wanda {number[-6:]}", "number": number}
    database.execute(
        "insert into public.leads (id, business_id, name, company, phone_number, time_zone) "
        "values (%s, %s, %s, 'Wide Roofs', %s, 'America/Denver')",
        made["id"],
        BUSINESS,
        made["name"],
        number,
    )
    yield made
    database.execute("delete from public.do_not_call where phone_number = %s", number)


def call(tab: CallsPage, lead: dict[str, str]) -> None:
    tab.contact.fill(lead["name"])
    expect(tab.contacts).to_have_count(1)
    tab.contacts.first.click()
    expect(tab.number_check).to_contain_text("Calls ")
    tab.call_button.click()
    tab.is_("talking")


def the_call(database: Database, lead: dict[str, str]) -> dict[str, Any]:
    [row] = database.rows_to(lead["number"])
    return row


def test_the_middle_column_never_scrolls_and_a_phone_keeps_the_call_in_sight(
    signed_in: Signed, network: Network, lead: dict[str, str]
) -> None:
    tab = signed_in()
    page = tab.page

    def fits(state: str) -> None:
        for size in SIZES:
            page.set_viewport_size(size)  # type: ignore[arg-type]
            eventually(lambda: max(page.evaluate(HIDDEN)) <= 1, f"room for everything: {state}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{state} is wider than {size['width']} pixels"

    fits("ready")
    call(tab, lead)
    expect(tab.wrap_up).to_be_visible()
    tab.wrap_up.get_by_text("Call back", exact=True).click()
    expect(page.get_by_role("button", name="In 1 hour")).to_be_visible()
    expect(page.locator("#contact-title")).to_have_text(lead["name"])
    expect(page.locator("#contact-facts")).to_contain_text("Local time")
    fits("talking")
    assert tab.accessibility_findings() == []

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.get_by_role("tab", name="Contact").click()
    expect(page.locator("#contact-title")).to_be_in_viewport()
    expect(tab.wrap_up).not_to_be_in_viewport()
    expect(page.locator("#bar-line")).to_contain_text(lead["name"])
    expect(tab.hang_up).to_be_in_viewport()
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    fits("ended")

    # Nobody is asked how a good line sounded. On a busy machine it may have been a bad one.
    if page.locator("#rate-button").is_visible():
        page.locator("#rate-button").click()
    page.get_by_role("button", name="2 stars").click()
    expect(page.locator("#rating-said")).to_have_text("Rated 2 of 5. Thank you.")
    expect(page.get_by_label("What was wrong with the sound?")).to_be_visible()
    fits("rated")


def test_what_is_written_during_a_call_outlives_the_tab_and_does_what_the_outcome_says(
    known_rep: Callable[..., Rep], network: Network, database: Database, lead: dict[str, str]
) -> None:
    rep = known_rep()
    tab = rep.open_signed_in()
    page, keyboard = tab.page, tab.page.keyboard
    call(tab, lead)
    notes = page.get_by_label("Notes")
    expect(notes).to_be_visible()
    keyboard.press("n")
    expect(notes).to_be_focused()
    keyboard.type("Roof faces south; not the north side.")
    eventually(
        lambda: the_call(database, lead)["notes"] == "Roof faces south; not the north side.",
        "the notes, while the rep talks",
    )
    # With Alt also while one writes. Some effects cannot be undone: Save has to be pressed.
    keyboard.press("Alt+Digit3")
    expect(page.get_by_role("button", name="In 1 hour")).to_be_focused()
    keyboard.press("Enter")
    notes.press_sequentially(" Call on Monday?")
    page.close()
    eventually(lambda: the_call(database, lead)["ended_at"], "the end of the call")
    assert the_call(database, lead)["outcome"] is None

    tab = rep.open_signed_in()
    page, keyboard = tab.page, tab.page.keyboard
    page.locator("#wrap-up-waiting").get_by_role("button").click()
    notes = page.get_by_label("Notes")
    expect(notes).to_have_value("Roof faces south; not the north side. Call on Monday?")
    expect(page.get_by_role("radio", name="Call back")).to_be_checked()
    notes.press("Control+Enter")
    expect(tab.wrap_up).to_be_hidden()
    row = the_call(database, lead)
    assert row["outcome"] == "callback"
    assert row["notes"] == "Roof faces south; not the north side. Call on Monday?"
    [due] = database.find(
        "select due_at - now() between '50 minutes' and '1 hour' as is_soon, user_id"
        " from public.call_backs where conversation_id = %s",
        row["id"],
    )
    assert (due["is_soon"], str(due["user_id"])) == (True, DANA)

    # The next call begins with what is known.
    tab.contact.fill(lead["name"])
    tab.contacts.first.click()
    expect(page.locator("#contact-flags")).to_contain_text("Call back")
    earlier = page.locator("#contact-calls li")
    expect(earlier).to_contain_text("Call on Monday?")
    expect(earlier).to_contain_text("You")
    expect(tab.number_check).to_contain_text("Calls ")

    # A single key outside of text fields, and the list of keys.
    tab.row(row["id"]).get_by_role("button", name="Edit").click()
    expect(notes).to_be_focused()
    page.locator("#wrap-up-title").focus()
    keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Leave a message")
    keyboard.press("Escape")
    keyboard.press("7")
    expect(page.locator("#outcome-effect")).to_contain_text("Nobody of the business can call")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    keyboard.press("Enter")
    expect(tab.wrap_up).to_be_hidden()
    expect(page.locator("#contact-flags")).to_contain_text("Do not call")
    tab.number.fill(lead["number"])
    expect(tab.number_check).to_have_text("The number is on your do not call list.")
