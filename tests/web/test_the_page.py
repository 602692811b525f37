"""The page for everybody: accessibility, the keyboard, several businesses, the same sentences."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from shared import block_reasons
from stack.settings import CHECKOUT
from tests.end_to_end.clients import BOTH, RIVAL
from tests.web.calls_page import DESKTOP, PHONE, Rep, Signed
from tests.web.network import Database, Network, eventually


def test_axe_finds_nothing_serious_wide_and_light_or_narrow_and_dark(
    new_rep: Callable[..., Rep], network: Network
) -> None:
    findings: dict[str, list[str]] = {}
    tab = new_rep().open()

    def look(state: str) -> None:
        for size, theme in ((DESKTOP, "light"), (PHONE, "dark")):
            tab.page.set_viewport_size(size)  # type: ignore[arg-type]
            width = tab.page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{state} is wider than {size['width']} pixels"
            tab.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            if found := tab.accessibility_findings(only_looks=theme == "dark"):
                findings[f"{state}, {size['width']}, {theme}"] = found

    expect(tab.page.get_by_label("Password")).to_be_visible()
    look("sign-in")
    tab.sign_in()
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab.contact.click()
    expect(tab.contacts.first).to_be_visible()
    look("contacts")
    tab.number.fill("12345")
    expect(tab.number_check).to_have_text("The number is not a valid phone number.")
    look("number refused")
    tab.call_and_talk(number)
    tab.page.get_by_role("button", name="Keypad").click()
    look("talking")
    tab.hang_up.click()
    expect(tab.wrap_up).to_be_visible()
    expect(tab.rows.first).to_have_attribute("data-status", "completed")
    look("wrap-up and list")
    assert findings == {}


def test_a_call_needs_no_mouse(
    new_rep: Callable[..., Rep], network: Network, database: Database
) -> None:
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab = new_rep().open()
    page, keyboard = tab.page, tab.page.keyboard
    expect(page.get_by_label("E-mail")).to_be_focused()
    tab.tab_to(page.get_by_label("Password"))
    keyboard.type("henk-demo-password")
    keyboard.press("Enter")
    tab.is_ready()

    tab.tab_to(tab.contact)
    keyboard.type("ada answers")
    expect(tab.contacts).to_have_count(1)
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(tab.contact).to_have_value("Ada Answers")
    tab.tab_to(tab.number)
    keyboard.press("ControlOrMeta+a")
    keyboard.type(number)
    expect(tab.number_check).to_contain_text("Calls ")
    tab.tab_to(tab.call_button)
    keyboard.press("Enter")
    expect(tab.hang_up).to_be_focused()
    tab.is_("talking")
    keyboard.type("42#")
    expect(page.locator("#sent-digits")).to_have_text("42#")
    sid = network.call_to(number)["callSid"]
    eventually(lambda: network.media(sid)["digits"] == "42#", "the digits at the network")
    expect(tab.hang_up).to_be_focused()
    keyboard.press("Enter")
    tab.is_ended("You hung up.")

    expect(tab.wrap_up).to_be_visible()
    tab.tab_to(page.get_by_label("Notes"))
    keyboard.type("Without a mouse.")
    tab.tab_to(page.locator("input[name=outcome]").first)
    keyboard.press("Space")
    tab.tab_to(page.get_by_role("button", name="Save"))
    keyboard.press("Enter")
    expect(tab.wrap_up).to_be_hidden()
    network.over(sid)
    row = database.row_of(sid)
    assert (row["outcome"], row["notes"]) == ("booked", "Without a mouse.")


def test_the_list_has_only_calls_of_the_chosen_business_and_can_be_filtered(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number(ending="busy", ringSeconds=0)
    demo = signed_in()
    demo.call(number)
    demo.is_ended("The line is busy.")
    [row] = eventually(lambda: database.rows_to(number), "the row")
    expect(demo.row(row["id"])).to_be_visible()
    demo.page.locator("#filter-status").select_option("no-answer")
    expect(demo.row(row["id"])).to_have_count(0)
    demo.page.locator("#filter-status").select_option("busy")
    expect(demo.row(row["id"])).to_be_visible()
    demo.page.locator("#filter-search").fill(number[-6:])
    expect(demo.rows).to_have_count(1)
    demo.page.locator("#filter-search").fill("nobody of this name")
    expect(demo.page.locator("#history-empty")).to_have_text("No call matches.")

    rival = signed_in(RIVAL)
    rival.page.locator("#filter-owner").select_option("all")
    rival.page.locator("#filter-search").fill(number[-6:])
    expect(rival.page.locator("#history-empty")).to_have_text("No call matches.")
    rival.page.locator("#filter-search").fill("")
    expect(rival.page.locator("#history-empty")).to_have_text("No calls yet.")
    rival.contact.click()
    expect(rival.contacts).to_have_count(1)
    expect(rival.contacts).to_contain_text("Rita Rival")

    both = signed_in(BOTH)
    both.page.locator("#filter-owner").select_option("all")
    both.page.get_by_label("Business").select_option(label="Demo Solar")
    expect(both.row(row["id"])).to_be_visible()
    both.page.get_by_label("Business").select_option(label="Rival Roofing")
    both.is_ready()
    expect(both.page.locator("#history-empty")).to_have_text("No calls yet.")
    expect(both.campaign.get_by_role("option")).to_have_text(["No campaign", "Roof check"])


def test_page_and_phone_give_the_same_reasons_for_a_refusal() -> None:
    source = (CHECKOUT / "web/henk-voice/block-reasons.js").read_text()
    in_the_page = dict(re.findall(r"^  (\w+): '(.+)',$", source, re.MULTILINE))
    assert len(in_the_page) == source.count(": '")
    spoken = {code: block_reasons.explain(code) for code in block_reasons._SENTENCES}
    prefix = "This call was not placed. "
    assert {code: prefix + text for code, text in in_the_page.items()} == spoken
    assert block_reasons.explain("newer") == f"{prefix}It is not allowed."
    assert "?? 'It is not allowed.'" in source
