"""What can go wrong with a call, and what the page tells the rep to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest
from playwright.sync_api import Browser, Error, Playwright, Route, expect

from tests.web import chromium
from tests.web.calls_page import CallsPage, Rep, Signed
from tests.web.network import Database, Network

TOKEN = re.compile(r"/api/twilio/token$")
# What the token endpoint answers; then the title and the advice that the page shows.
REFUSALS = {
    "phone_system_error": (
        500,
        "Phone system error",
        "The phone system is not set up correctly. Tell your administrator",
    ),
    "unauthorized_domain": (
        403,
        "Unauthorized domain",
        "Calls can only be placed from Henk’s own pages, and this page is not one of them. "
        "Open Henk at app.callhenk.com",
    ),
    "not_a_member": (403, "No access", "Choose another business"),
    "unauthenticated": (401, "Signed out", "Sign in again."),
    "rate_limited": (429, "Too many requests", "Wait a minute, then try again."),
    "database_unavailable": (503, "Database unavailable", "Try again in a moment."),
}


def test_without_a_token_the_page_says_why_and_what_to_do(known_rep: Callable[..., Rep]) -> None:
    rep = known_rep()
    tab = rep.open("health")
    for code, (status, title, advice) in REFUSALS.items():
        rep.watch.expect(rf"Failed to load resource.* {status} .*/api/twilio/token")
        error = {"success": False, "error": {"code": code, "message": "x", "requestId": "x"}}
        rep.context.unroute(TOKEN)
        rep.context.route(TOKEN, partial(answer, status=status, body=error))
        tab.page.goto(rep.url)
        expect(tab.notice("voice")).to_contain_text(title)
        expect(tab.notice("voice")).to_contain_text(advice)
        expect(tab.state).to_have_text("Not ready to call")


def test_the_page_keeps_trying_until_it_has_a_token(known_rep: Callable[..., Rep]) -> None:
    rep = known_rep()
    rep.watch.expect(r"Failed to load resource: net::ERR_FAILED .*/api/twilio/token")
    rep.context.route(TOKEN, lambda route: route.abort())
    tab = rep.open()
    expect(tab.notice("voice")).to_contain_text("Failed to get token")
    expect(tab.notice("voice")).to_contain_text("Check your internet connection, VPN and firewall.")
    rep.context.unroute(TOKEN)
    tab.is_ready()
    expect(tab.notice("voice")).to_have_count(0)


def test_a_token_that_the_phone_network_refuses_ends_the_call_and_says_so(
    known_rep: Callable[..., Rep], network: Network, database: Database
) -> None:
    rep = known_rep()
    asked = []

    def spoil(route: Route) -> None:
        # On a slow machine the page may have given up meanwhile.
        with suppress(Error):
            response = route.fetch()
            asked.append(route.request)
            body = response.json()
            head, payload, signature = body["data"]["token"].split(".")
            body["data"]["token"] = ".".join((head, payload, signature[::-1]))
            route.fulfill(response=response, json=body)

    rep.context.route(TOKEN, spoil)
    tab = rep.open_signed_in()
    number = network.a_number(ringSeconds=0.5)
    tab.call(number)
    tab.is_ended("Call not permitted")
    expect(tab.notice("call")).to_contain_text("The phone network refused the permission to call")
    expect(tab.notice("call")).to_contain_text("Tell your administrator")
    # For the call once, and more and more rarely so that the page can be rung.
    assert 2 <= len(asked) <= 8, "no fresh token was tried, or the server is asked without a pause"
    assert database.rows_to(number) == []

    rep.context.unroute(TOKEN)
    tab.page.reload()
    tab.is_ready()
    tab.call_and_talk(number)
    tab.hang_up.click()
    tab.is_ended("You hung up.")


@pytest.fixture
def shy_browser(
    playwright: Playwright, chromium_at: tuple[str, dict[str, str]]
) -> Iterator[Browser]:
    """A browser that has a microphone, and lets no page use it."""
    path, needed = chromium_at
    # The browser answers each question with no. Without this, the one from npm would not answer.
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny")
    running = chromium.launch(playwright, path, needed, flags)
    yield running
    running.close()


def test_without_permission_for_the_microphone_no_call_is_placed(
    known_rep: Callable[..., Rep],
    shy_browser: Browser,
    network: Network,
    database: Database,
) -> None:
    tab = known_rep(browser=shy_browser).open_signed_in()
    number = network.a_number()
    tab.call(number)
    tab.is_ended("No microphone permission")
    expect(tab.notice("call")).to_contain_text("does not let this page use the microphone")
    expect(tab.notice("call")).to_contain_text("Allow the microphone next to the page’s address")
    expect(tab.call_button).to_be_enabled()
    assert database.rows_to(number) == []


def test_two_tabs_know_of_each_other_and_both_can_call(signed_in: Signed, network: Network) -> None:
    here, there = (network.a_number(ringSeconds=0.5, talkSeconds=None) for _ in range(2))
    first = signed_in()
    page = first.page.context.new_page()
    page.goto(first.page.url)
    second = CallsPage(page, first.watch)
    second.is_ready()

    first.call_and_talk(here)
    expect(second.notice("other-tab")).to_contain_text("You are in a call in another tab.")
    expect(first.notice("other-tab")).to_have_count(0)
    second.call_and_talk(there)
    expect(first.notice("other-tab")).to_be_visible()
    first.hang_up.click()
    first.is_ended("You hung up.")
    expect(second.notice("other-tab")).to_have_count(0)
    second.is_("talking")
    assert not network.call_to(there)["ended"]
    second.hang_up.click()
    second.is_ended("You hung up.")


def test_an_hour_later_there_is_a_new_token_before_the_old_one_expires(
    known_rep: Callable[..., Rep], network: Network
) -> None:
    rep = known_rep()
    # With this clock, a request under way is given up at once. Then the page asks why, as nobody.
    rep.watch.expect(r"Failed to load resource.* 401 .*/rest/v1/rpc/")
    granted: list[str] = []

    def note(route: Route) -> None:
        # The page gives requests up when its clock is moved.
        with suppress(Error):
            response = route.fetch()
            granted.append(json.loads(response.text())["data"]["token"])
            route.fulfill(response=response)

    rep.context.route(TOKEN, note)
    tab = rep.open_with_clock()
    assert len(granted) == 1

    tab.page.clock.fast_forward("43:00")
    tab.page.clock.run_for(60_000)
    assert len(granted) == 1, "renewed too early"
    with tab.page.expect_response(TOKEN) as renewed:
        tab.page.clock.fast_forward("02:00")
    renewed.value.finished()
    # Before the machine falls asleep, the page has taken the token: it has a later answer, too.
    tab.page.evaluate("fetch('config.json').then((answer) => answer.text())")
    # A machine that slept for hours calls with a valid token.
    with tab.page.expect_response(TOKEN):
        tab.page.clock.fast_forward("03:00:00")
    assert len(granted) == 3
    expect(tab.notice("voice")).to_have_count(0)
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab.call_and_talk(number)
    tab.hang_up.click()
    tab.is_ended("You hung up.")


def test_a_wrong_password_is_named_as_the_problem(new_rep: Callable[..., Rep]) -> None:
    rep = new_rep()
    rep.watch.expect(r"Failed to load resource.* 400 .*/auth/v1/token")
    tab = rep.open()
    tab.page.get_by_label("Password").fill("wrong")
    tab.page.get_by_role("button", name="Sign in").click()
    expect(tab.page.locator("#sign-in-error")).to_have_text("E-mail or password is wrong.")
    expect(tab.page.get_by_label("Password")).to_be_focused()


def answer(route: Route, status: int, body: object) -> None:
    origin = route.request.headers.get("origin", "*")
    # The page may have given up, or be gone.
    with suppress(Error):
        route.fulfill(status=status, json=body, headers={"Access-Control-Allow-Origin": origin})
