"""The API's description, as a page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from stack import Stack
from tests.web.calls_page import PHONE, Rep, Signed


def open_in(context: BrowserContext, stack: Stack) -> Page:
    page = context.new_page()
    page.goto(f"{stack.env['CALLS_PAGE_URL']}/api-docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    return page


def test_it_lists_the_browser_endpoints_and_asks_no_other_host(
    new_rep: Callable[..., Rep], stack: Stack
) -> None:
    page = open_in(new_rep(viewport=PHONE, color_scheme="dark").context, stack)
    expect(page.locator("[id^=operations-Browser-] .opblock-summary-path")).to_have_text(
        [
            "/api/twilio/token",
            "/api/twilio/twiml",
            "/api/twilio/control",
            "/api/twilio/recording",
            "/api/twilio/numbers",
            "/api/twilio/reports",
            "/api/twilio/status",
        ],
        use_inner_text=True,
    )
    expect(page.get_by_text("Sign in on the Calls page")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("document.documentElement.className") == "dark-mode"


def test_a_request_is_tried_out_as_the_user_who_is_signed_in(
    signed_in: Signed, stack: Stack
) -> None:
    page = open_in(signed_in().page.context, stack)
    expect(page.get_by_text("asks as demo@henk.test")).to_be_visible()
    operation = page.locator("#operations-Browser-grantAccessToken")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    expect(answer).to_contain_text("200")
    expect(answer).to_contain_text('"identity": "user_')
