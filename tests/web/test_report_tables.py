"""Managers compare campaigns, people and hours, and every number shows its calls."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep, Session
from tests.web.looks import looker
from tests.web.report_calls import ADDRESS, REACHED_AT_TEN, reported_calls


@pytest.fixture
def calls(stack: Stack) -> Iterator[None]:
    with reported_calls(stack):
        yield


def test_a_manager_compares_and_every_number_shows_its_calls(
    new_rep: Callable[..., Rep], session: Session, calls: None
) -> None:
    tab = new_rep(storage_state=session(MANAGER)).open(ADDRESS)
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)

    # A heading sorts, and its second press turns the order.
    campaigns = page.locator("#report-campaigns")
    names = campaigns.locator("tbody th")
    heading = campaigns.get_by_role("columnheader", name="Successes")
    expect(names).to_have_count(2)
    heading.get_by_role("button").press("Enter")
    expect(names).to_have_text(["Heat pumps", "Solar autumn"])
    expect(heading).to_have_attribute("aria-sort", "descending")
    heading.get_by_role("button").press("Enter")
    expect(names).to_have_text(["Solar autumn", "Heat pumps"])

    # A number of a table is the number of its calls.
    number = campaigns.get_by_role("button", name="15 Successes: Solar autumn")
    number.press("Enter")
    dialog = page.get_by_role("dialog", name="Successes: Solar autumn")
    rows = dialog.locator("tbody tr")
    expect(rows).to_have_count(15)
    expect(rows.filter(has_text="Interested")).to_have_count(15)
    expect(dialog).to_contain_text("15 calls.")
    look("the calls behind a number")
    assert len(downloaded(page, dialog.get_by_role("button", name="Download CSV"))) == 15
    keyboard.press("Escape")
    expect(number).to_be_focused()

    # The file has what the table has, and more.
    lines = downloaded(page, campaigns.get_by_role("button", name="Download CSV"))
    assert [(line["campaign"], line["dials"], line["connected"]) for line in lines] == [
        ("Solar autumn", "80", "30"),
        ("Heat pumps", "80", "30"),
    ]
    assert float(lines[0]["connect_rate"]) == 30 / 80
    assert lines[0]["before_dials"] == lines[0]["refused"] == "0"

    # The best hour is named in words, and only where its calls prove it.
    words = page.locator("#report-hours-words")
    expect(words).to_contain_text("The best hour of the day is 10:00 to 11:00: about ")
    expect(words).to_contain_text("of 40 dials reached a person")
    expect(words).to_contain_text("No weekday is better than the others by more than chance")
    expect(words).to_contain_text("Hours of the week: not enough calls")
    expect(page.locator("#report-hours-week svg")).to_be_visible()
    page.get_by_text("The numbers of these pictures").click()
    hours = page.locator("#report-hours-day-table")
    hours.get_by_role("button", name=f"{REACHED_AT_TEN} Reached a person: 10:00 to 11:00").click()
    dialog = page.get_by_role("dialog", name="Reached a person: 10:00 to 11:00")
    expect(dialog.locator("tbody tr")).to_have_count(REACHED_AT_TEN)
    dialog.get_by_role("button", name="Close").click()
    expect(page.locator("#report-attempts-words")).to_contain_text(
        "160 numbers were dialled for the first time, and 60 reached"
    )
    look("the tables and pictures")
    assert not findings, findings


def test_an_agent_sees_their_own_numbers_alone(
    new_rep: Callable[..., Rep], session: Session, calls: None
) -> None:
    page = new_rep(storage_state=session(DEMO)).open(ADDRESS).page
    campaigns = page.locator("#report-campaigns")
    expect(campaigns.get_by_role("button", name="40 Dials: Heat pumps")).to_be_visible()
    campaigns.get_by_role("button", name="80 Dials: Solar autumn").click()
    rows = page.get_by_role("dialog", name="Dials: Solar autumn").locator("tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show older calls").click()
    expect(rows).to_have_count(80)
    expect(rows.filter(has_text="Dana Demo")).to_have_count(80)
    expect(page.locator("#report-people-section")).to_be_hidden()


def downloaded(page: Page, button: Locator) -> list[dict[str, str]]:
    """The lines of the CSV file that the button gives."""
    with page.expect_download() as download:
        button.click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))
