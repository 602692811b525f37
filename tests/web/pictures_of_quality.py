"""Pictures of lines: the report for managers, one call, and a call whose line is bad."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.calls_page import CallsPage


def report(tab: CallsPage, take: Callable[[str], None]) -> None:
    """What the poor calls have in common, and from there to one call."""
    page = tab.page
    page.evaluate("location.hash = '#/quality'")
    expect(page.locator("#stand-outs-list li")).to_have_count(2)
    take("line-quality")
    page.locator("#quality-kinds").get_by_role("button", name="Network").click()
    page.locator("#quality-rows").get_by_role("button", name="Office", exact=True).click()
    calls = page.locator("#group-calls-rows tr")
    expect(calls.first).to_be_visible()
    take("line-quality-calls")
    calls.filter(has_text="Poor").first.get_by_role("button", name="Details").click()
    expect(page.locator("#quality-legs dl")).to_be_visible()
    take("line-of-a-call")
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator("#quality-rows").get_by_role("button", name="Name it").click()
    take("network-name")
    page.get_by_role("button", name="Not now").click()


def check(tab: CallsPage, take: Callable[[str], None]) -> None:
    """The check before calling: what it will do, and what it found."""
    page = tab.page
    page.evaluate("location.hash = '#/check'")
    page.get_by_role("button", name="Check now").click()
    take("check-running")
    expect(page.get_by_role("button", name="Check again")).to_be_enabled()
    take("check-done")
