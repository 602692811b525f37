"""The frame around the views: addresses, navigation, and the call that belongs to no view."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.calls_page import CallsPage, Rep, Signed
from tests.web.network import Database, Network, eventually

NO_SUCH_VIEW = "#/no-such-view"
LOGOUT = re.compile(r"/auth/v1/logout")


def go_to(tab: CallsPage, address: str) -> None:
    """Changes the address as a link or a bookmark does."""
    tab.page.evaluate("address => { location.hash = address; }", address)


def test_a_call_goes_on_while_the_rep_looks_at_another_view(
    signed_in: Signed, network: Network
) -> None:
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab = signed_in()
    page = tab.page
    strip = page.get_by_role("region", name="Call in progress")
    tab.campaign.select_option(label="Solar autumn")
    tab.call_and_talk(number)
    expect(strip).to_be_hidden()
    written = tab.number.input_value()
    sid = network.call_to(number)["callSid"]

    go_to(tab, NO_SUCH_VIEW)
    expect(strip).to_contain_text("Talking")
    expect(strip).to_contain_text(written)
    expect(strip).to_contain_text(re.compile(r"0:\d\d"))
    expect(page).to_have_title(f"Talking {written} · Henk")
    frames = network.media(sid)["framesReceived"]
    eventually(lambda: network.media(sid)["framesReceived"] > frames + 50, "the rep's voice")
    strip.get_by_role("button", name="Mute").click()
    expect(strip.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")

    strip.get_by_role("link", name="Show the call").click()
    expect(strip).to_be_hidden()
    tab.is_("talking")
    expect(page.locator("#call-detail")).to_have_text(f"{written} · Muted")
    expect(tab.number).to_have_value(written)
    expect(tab.number).to_be_hidden()
    expect(tab.campaign.locator("option:checked")).to_have_text("Solar autumn")
    page.keyboard.press("5")
    eventually(lambda: network.media(sid)["digits"] == "5", "a digit, exactly once")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    expect(page).to_have_title("Calls · Henk")
    expect(tab.wrap_up).to_be_visible()


def test_a_call_that_is_ended_from_another_view_is_described_later(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab = signed_in()
    page = tab.page
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]
    go_to(tab, NO_SUCH_VIEW)
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("region", name="Call in progress")).to_be_hidden()
    network.over(sid)

    page.get_by_role("link", name="Go to Calls").click()
    tab.is_ended("You hung up.")
    expect(tab.wrap_up).to_be_visible()
    page.get_by_label("Notes").fill("Written and not saved.")
    go_to(tab, NO_SUCH_VIEW)
    eventually(lambda: database.row_of(sid)["notes"] == "Written and not saved.", "the notes")
    page.get_by_role("link", name="Go to Calls").click()
    expect(tab.row(database.row_of(sid)["id"])).to_contain_text("Written and not saved.")
    expect(tab.wrap_up).to_be_hidden()


def test_an_unknown_address_says_so_and_leads_home_by_keyboard(signed_in: Signed) -> None:
    tab = signed_in()
    page = tab.page
    current = page.get_by_role("navigation").locator("[aria-current=page]")
    expect(page).to_have_title("Calls · Henk")
    expect(current).to_have_text("Calls")

    go_to(tab, "#/<b>x</b>")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Page not found")
    expect(heading).to_be_focused()
    expect(page.locator("#view")).to_contain_text("There is no page at “#/%3Cb%3Ex%3C/b%3E”.")
    expect(page).to_have_title("Page not found · Henk")
    expect(current).to_have_count(0)
    assert tab.accessibility_findings() == []

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go to Calls")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Calls")
    expect(heading).to_be_focused()
    expect(page).to_have_title("Calls · Henk")
    expect(current).to_have_text("Calls")
    page.go_back()
    expect(heading).to_have_text("Page not found")


def test_an_address_is_kept_through_the_sign_in(new_rep: Callable[..., Rep]) -> None:
    rep = new_rep()
    tab = rep.open(NO_SUCH_VIEW)
    expect(tab.page).to_have_title("Sign in · Henk")
    tab.fill_sign_in()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Page not found")


def test_the_skip_link_leads_to_the_view_and_leaves_the_address(signed_in: Signed) -> None:
    page = signed_in().page
    page.get_by_role("link", name="Skip the navigation").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert "#" not in page.url


def test_after_the_sign_out_nothing_of_the_rep_is_left_on_the_page(
    signed_in: Signed, network: Network
) -> None:
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab = signed_in()
    tab.call_and_talk(number)
    # The server does not hear of it, because it would end the session that all tests share.
    allowed = {"Access-Control-Allow-Origin": tab.page.url.rstrip("/")}
    tab.page.route(LOGOUT, lambda route: route.fulfill(status=204, headers=allowed))
    with tab.page.expect_response(LOGOUT):
        tab.page.get_by_role("button", name="Sign out").click()
    expect(tab.page).to_have_title("Sign in · Henk")
    expect(tab.page.locator("#view")).to_be_empty()
    expect(tab.page.get_by_role("navigation")).to_be_hidden()
    expect(tab.page.get_by_role("region", name="Call in progress")).to_be_hidden()
    assert network.over(network.call_to(number)["callSid"])["ended"]
