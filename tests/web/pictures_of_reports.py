"""Pictures of the reports of a year, and of what they count by."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.calls_page import CallsPage


def reports(tab: CallsPage, take: Callable[[str, str | None], None]) -> None:
    """The last four weeks, their tables, and the settings."""
    page = tab.page
    page.evaluate("location.hash = '#/reports'")
    expect(page.locator("#report-sections svg").first).to_be_visible()
    take("reports", None)
    take("reports-tables", "view")
    page.evaluate("location.hash = '#/settings'")
    expect(page.locator("#report-settings")).to_be_visible()
    take("settings-of-reports", "view")
