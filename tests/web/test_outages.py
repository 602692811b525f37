"""Every request of the page may fail, and the page goes on by itself: nobody has to reload it.

The tests find the requests by recording them, so that a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

from playwright.sync_api import Error, Request, Route, expect

from tests.end_to_end.clients import DEMO
from tests.web.calls_page import CallsPage, Rep, Session
from tests.web.network import Database, Network, eventually

# What the browser logs about requests that fail.
FAILED = r"net::ERR_|Failed to fetch|Failed to load resource: net"
# The page looks, as nobody, whether there is a server; it may be there again by then.
LOOKED = r"Failed to load resource.* 401 .*/(rest/v1|api/twilio)/"
SECONDS = 4


class Outage:
    """Lets requests of a rep's pages fail, as if there were no server. The page's document does not
    fail: without it there is no page that could go on."""

    def __init__(self, rep: Rep) -> None:
        rep.watch.expect(FAILED)
        rep.watch.expect(LOOKED)
        self._rep = rep
        self._fails: Callable[[str], bool] = lambda _: False
        self._is_on = False
        self.failed: set[str] = set()

    def each_once(self, of: str = "") -> None:
        """Each request fails the first time, if its method and path match the pattern ``of``."""
        self.failed.clear()
        self._begin(lambda name: name not in self.failed and re.search(of, name) is not None)

    def all(self) -> None:
        self._begin(lambda _: True)

    def end(self) -> None:
        self._fails = lambda _: False

    def _begin(self, fails: Callable[[str], bool]) -> None:
        self._fails = fails
        # Not before, because a request that passes through here is dear, and a page makes hundreds.
        if not self._is_on:
            self._is_on = True
            self._rep.context.route(re.compile("^http"), self._answer)

    def _answer(self, route: Route) -> None:
        name = named(route.request)
        passes = route.request.resource_type == "document" or not self._fails(name)
        if not passes:
            self.failed.add(name)
        # The page may be gone.
        with suppress(Error):
            if passes:
                route.continue_()
            else:
                route.abort("connectionrefused")


def named(request: Request) -> str:
    """Two requests with the same name ask the same."""
    path = urlsplit(request.url).path
    return f"{request.method} {path}"


def is_complete(tab: CallsPage) -> None:
    """Everything that the page loads is there, and nothing is said to be wrong."""
    tab.is_ready()
    expect(tab.campaign.locator("option")).to_have_count(3)
    expect(tab.page.locator("#history-table")).to_have_attribute("aria-busy", "false")
    expect(tab.page.locator("#notices .notice.bad")).to_have_count(0)
    styled = "getComputedStyle(document.querySelector('.top')).display"
    eventually(lambda: tab.page.evaluate(styled) == "flex", "the style", page=tab.page)


def use(tab: CallsPage, network: Network) -> str:
    """Does what reps do, each step as soon as the one before has its result. Returns the notes."""
    tab.contact.fill("Ada")
    expect(tab.contacts.first).to_contain_text("Ada")
    tab.page.keyboard.press("Escape")
    tab.page.locator("#filter-search").fill("nobody at all")
    expect(tab.page.locator("#history-empty")).to_contain_text("No call matches")
    tab.page.locator("#filter-search").fill("")
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    tab.contact.fill("")
    tab.number.fill(number)
    expect(tab.number_check).to_contain_text("Calls ")
    tab.call_button.click()
    tab.is_("talking")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    notes = f"Spoke to {number}"
    tab.page.get_by_label("Notes").fill(notes)
    tab.page.get_by_role("button", name="Save", exact=True).click()
    return notes


def is_saved(database: Database, notes: str) -> bool:
    return bool(database.find("select 1 from public.conversations where notes = %s", notes))


def test_each_request_fails_once_and_the_page_goes_on(
    known_rep: Callable[..., Rep], network: Network, database: Database
) -> None:
    rep = known_rep()
    loads: set[str] = set()

    def note(request: Request) -> None:
        loads.add(named(request))

    rep.context.on("request", note)
    tab = rep.open()
    is_complete(tab)
    tab.page.close()
    rep.context.remove_listener("request", note)

    outage = Outage(rep)
    outage.each_once()
    tab = rep.open()
    is_complete(tab)
    # Some come only after the page is ready.
    eventually(lambda: loads - outage.failed <= {"GET /"}, "each request fails", page=tab.page)
    assert {"GET /main.js", "GET /all.css", "GET /dialer/view.html"} <= outage.failed

    # Now while it is used. The requests of the load succeed from now on.
    notes = use(tab, network)
    saved = partial(is_saved, database, notes)
    eventually(saved, "notes that save themselves", page=tab.page)
    assert {"POST /api/twilio/twiml", "POST /rest/v1/rpc/describe_conversation"} <= outage.failed
    expect(tab.page.locator("#notices .notice.bad")).to_have_count(0)


def test_the_page_is_opened_during_an_outage(known_rep: Callable[..., Rep]) -> None:
    rep = known_rep()
    outage = Outage(rep)
    outage.all()
    tab = rep.open()
    tab.page.wait_for_timeout(SECONDS * 1000)
    outage.end()
    is_complete(tab)


def test_an_outage_while_the_page_is_used_is_named_and_then_over(
    known_rep: Callable[..., Rep], network: Network, database: Database
) -> None:
    rep = known_rep()
    outage = Outage(rep)
    tab = rep.open()
    is_complete(tab)
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    tab.call_and_talk(number)
    tab.hang_up.click()
    tab.is_ended("You hung up.")

    outage.all()
    page = tab.page
    page.get_by_label("Notes").fill("Written during the outage")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#filter-search").fill("nobody at all")
    tab.number.fill("+1 415 555 0123")
    tab.contact.fill("Ada")
    expect(tab.notice("connection")).to_contain_text("The server cannot be reached.")
    expect(tab.notice("connection")).to_contain_text("The page goes on by itself.")
    page.wait_for_timeout(SECONDS * 1000)
    outage.end()
    expect(page.locator("#history-empty")).to_contain_text("No call matches")
    expect(tab.number_check).to_contain_text("Calls ")
    expect(tab.contacts.first).to_contain_text("Ada")
    saved = partial(is_saved, database, "Written during the outage")
    eventually(saved, "the notes", page=page)
    expect(tab.notice("connection")).to_have_count(0)


def test_a_browser_that_is_offline_says_so_and_blames_nothing_else(
    known_rep: Callable[..., Rep],
) -> None:
    rep = known_rep()
    rep.watch.expect(r"ERR_INTERNET_DISCONNECTED|Failed to fetch")
    rep.watch.expect(LOOKED)
    tab = rep.open_signed_in()
    rep.context.set_offline(True)
    tab.page.get_by_role("button", name="Reload").click()
    tab.number.fill("+1 415 555 0123")
    expect(tab.notice("connection")).to_contain_text("not connected to the internet")
    expect(tab.number_check).to_contain_text("not connected to the internet")
    expect(tab.page.locator("body")).not_to_contain_text("VPN")
    rep.context.set_offline(False)
    expect(tab.number_check).to_contain_text("Calls ")
    is_complete(tab)


def test_a_sign_in_and_a_refresh_survive_a_failure(new_rep: Callable[..., Rep]) -> None:
    rep = new_rep()
    outage = Outage(rep)
    tab = rep.open()
    expect(tab.page).to_have_title("Sign in · Henk")
    outage.each_once()
    tab.fill_sign_in()
    is_complete(tab)
    tab.page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find(key => /auth-token$/.test(key));
          const session = JSON.parse(localStorage.getItem(key));
          localStorage.setItem(key, JSON.stringify({ ...session, expires_at: 1 }));
        }"""
    )
    # The session has expired, so the page that is opened now has to refresh it first.
    outage.each_once("/auth/|/rest/|/api/")
    tab.page.close()
    is_complete(rep.open())
    assert "POST /auth/v1/token" in outage.failed


def test_a_rep_can_sign_out_while_the_server_is_away(
    new_rep: Callable[..., Rep], own_session: Session
) -> None:
    rep = new_rep(own_session(DEMO))
    outage = Outage(rep)
    tab = rep.open_signed_in()
    outage.all()
    tab.page.get_by_role("button", name="Sign out").click()
    expect(tab.page).to_have_title("Sign in · Henk")
    expect(tab.page.locator("#view")).to_be_empty()
    stored = "Object.keys(localStorage).filter((key) => /auth-token$/.test(key)).length"
    eventually(lambda: tab.page.evaluate(stored) == 0, "a session that is forgotten here")
    outage.end()
    tab.page.reload()
    expect(tab.page.get_by_role("heading", name="Sign in")).to_be_visible()
