"""Pictures of what managers see: campaigns with their queues, outcomes, and messages."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.acted_campaigns import ActedCampaigns
from tests.web.calls_page import CallsPage


def campaigns(tab: CallsPage, take: Callable[[str], None]) -> None:
    """A campaign that two reps work on, and one that is paused."""
    page = tab.page
    acted = ActedCampaigns(page)
    page.evaluate("location.hash = '#/campaigns'")
    page.locator("#campaign-list button").nth(1).click()
    rows = page.locator("#entry-rows tr")
    expect(rows.first).to_contain_text("Due now")
    take("campaign-queue")
    page.locator("#entry-states button", has_text="Done").click()
    expect(rows.first).to_contain_text("Attempts used up")
    page.get_by_label("Choose all that are shown").check()
    take("campaign-leads-chosen")
    page.get_by_role("button", name="Call again").click()
    take("campaign-call-again")
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Move", exact=True).click()
    take("campaign-move")
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("tab", name="Retry rules").click()
    take("campaign-rules")
    page.get_by_role("tab", name="Script").click()
    page.get_by_text("How a rep sees it").click()
    page.get_by_label("Attempts a day").fill("0")
    page.locator("#campaign-save").click()
    take("campaign-settings")
    page.locator("#campaign-list button").nth(0).click()
    page.get_by_role("tab", name="Queue").click()
    expect(page.locator("#entries-empty")).to_be_visible()
    take("campaign-paused")
    page.get_by_role("button", name="New campaign").click()
    take("campaign-new")
    page.get_by_role("button", name="Not now").click()
    acted.empty()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#campaigns-empty")).to_be_visible()
    take("campaigns-none")


def outcomes_and_messages(tab: CallsPage, take: Callable[[str], None]) -> None:
    """The settings of outcomes and messages; a message is recorded, and deleted again."""
    page = tab.page
    page.evaluate("location.hash = '#/settings'")
    expect(page.locator("#outcome-list li").first).to_be_visible()
    take("outcomes")
    page.get_by_role("button", name="Edit Booked").click()
    take("outcome-edited")
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Record a message").click()
    expect(page.locator("#record-clock")).to_contain_text("0:02")
    take("message-recording")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator("#recorded-name").fill("First try, autumn")
    take("message-recorded")
    page.get_by_role("button", name="Save the message").click()
    expect(page.locator("#messages li")).to_have_count(1)
    take("messages")
    page.get_by_role("button", name="Delete First try").click()
    take("message-deleted")
    page.get_by_role("button", name="Delete the message").click()
    expect(page.locator("#messages li")).to_have_count(0)
