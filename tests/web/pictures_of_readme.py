"""Takes the pictures that README.md shows, into docs/screenshots.

    python -m tests.web.pictures_of_readme

Starts a stack of its own, in a temporary directory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from stack import Stack
from stack.settings import CHECKOUT
from tests.end_to_end.clients import DEMO
from tests.end_to_end.many_legs import MANAGER
from tests.stacks import settings_in
from tests.web import chromium
from tests.web.calls_page import LONGEST_MS, PHONE, CallsPage, Rep
from tests.web.network import Database, Network
from tests.web.screenshots import STILL

DIRECTORY = CHECKOUT / "docs" / "screenshots"
# What many notebooks have.
LAPTOP: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}}
LEAD, TALK_SECONDS = "Hana Hawaii", 14


def main() -> None:
    """Takes all pictures."""
    expect.set_options(timeout=LONGEST_MS)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        path, needed = chromium.find(place)
        # With the demo's year of calls, its queues and its messages.
        settings = replace(settings_in(place / "stack"), history=True)
        with Stack(settings) as stack, sync_playwright() as playwright:
            flags = (*chromium.FLAGS, "--disable-lcd-text")
            browser = chromium.launch(playwright, path, needed, flags)
            _phone(stack, browser)
            _lines(stack, browser)
            _workspace(stack, browser)
            _reports(stack, browser)
            browser.close()


def _phone(stack: Stack, browser: Browser) -> None:
    with _signed_in(stack, browser, DEMO, viewport=PHONE, color_scheme="dark") as tab:
        _take(tab, "workspace-phone")


def _lines(stack: Stack, browser: Browser) -> None:
    with _signed_in(stack, browser, MANAGER, **LAPTOP) as tab:
        tab.page.evaluate("location.hash = '#/quality'")
        tab.page.get_by_label("Time").select_option(label="Last 28 days")
        expect(tab.page.locator("#stand-outs-list li")).to_have_count(2)
        expect(tab.page.locator("#quality-rows tr").first).to_be_visible()
        _take(tab, "line-quality")


def _workspace(stack: Stack, browser: Browser) -> None:
    """After a call of a queue."""
    network, database = Network(stack), Database(stack)
    database.execute(
        "update public.queue_entries set priority = 9"
        " where lead_id in (select id from public.leads where name = %s)",
        LEAD,
    )
    with _signed_in(stack, browser, DEMO, **LAPTOP) as tab:
        page = tab.page
        page.locator("#queue-campaign").select_option(label="Solar autumn")
        page.locator("#queue-start").click()
        expect(page.locator("#queue-lead")).to_have_text(LEAD)
        [row] = database.find("select phone_number from public.leads where name = %s", LEAD)
        network.script(row["phone_number"], ringSeconds=1, talkSeconds=TALK_SECONDS)
        expect(tab.number_check).to_contain_text("Calls ")
        tab.call_button.click()
        tab.is_("talking")
        notes = "Roof faces south. Wants the survey in the first week of December."
        page.get_by_label("Notes").fill(notes)
        tab.is_ended("The other side hung up.")
        expect(page.locator("#queue-state")).to_contain_text("How did it go?")
        expect(page.get_by_role("region", name=LEAD)).to_contain_text("Completed")
        _take(tab, "workspace")
    network.close()
    database.close()


def _reports(stack: Stack, browser: Browser) -> None:
    with _signed_in(stack, browser, MANAGER, **LAPTOP) as tab:
        tab.page.evaluate("location.hash = '#/reports'")
        expect(tab.page.locator("#report-sections svg").first).to_be_visible()
        _take(tab, "reports")


@contextmanager
def _signed_in(stack: Stack, browser: Browser, email: str, **settings: Any) -> Iterator[CallsPage]:
    rep = Rep(browser, stack, **settings)
    tab = rep.open()
    tab.sign_in(email)
    yield tab
    rep.close()


def _take(tab: CallsPage, name: str) -> None:
    tab.page.evaluate("window.scrollTo(0, 0)")
    tab.page.mouse.move(0, 0)
    tab.page.screenshot(path=DIRECTORY / f"{name}.png", style=STILL)


if __name__ == "__main__":
    main()
