"""A manager reads what changed, asks for other days and calls, and prints it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from stack import Stack
from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep, Session
from tests.web.looks import looker
from tests.web.report_calls import reported_calls

OVERVIEW = re.compile("/rest/v1/rpc/report_overview")
# Two weeks, and the two before: each has half of the calls.
WEEKS = "#/reports?from=2020-03-16&to=2020-03-29"


@pytest.fixture
def calls(stack: Stack) -> Iterator[None]:
    with reported_calls(stack):
        yield


def tile(page: Page, metric: str) -> str:
    return page.locator(f'.tile[data-metric="{metric}"]').inner_text()


def test_a_page_of_reports_says_what_changed_and_keeps_what_was_asked_in_its_address(
    new_rep: Callable[..., Rep], session: Session, calls: None
) -> None:
    rep = new_rep(storage_state=session(MANAGER))
    tab = rep.open(WEEKS)
    page = tab.page
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)
    changes, time = page.locator("#changes"), page.locator("#report-time")
    picture = page.locator("#trend-picture svg")

    # The change that there was, and what is no change. Other tests make no calls in these weeks.
    expect(changes.locator("li").first).to_have_text(
        "16 calls reached a person, 28 fewer than in the 14 days before: as many dials (80),"
        " but 20\xa0% instead of 55\xa0% of them reached a person."
    )
    expect(changes).to_contain_text(
        "Too few calls to compare how often there was a conversation of 1 min or longer"
    )
    expect(time).to_contain_text(re.compile("Mar 16.*29, 2020, compared with Mar 2.*15, 2020"))
    assert "about as many as before" in tile(page, "dials")
    expect(picture).to_have_attribute("aria-label", re.compile("^Reached a person, 14 steps"))
    expect(picture.locator("style")).to_have_count(0)
    look("two weeks")

    # Other days, by the keyboard; the address follows, and Back leads back.
    page.get_by_label("First day").fill("2020-03-02")
    expect(time).to_contain_text("compared with Feb 3")
    assert page.evaluate("location.hash") == "#/reports?from=2020-03-02&to=2020-03-29"
    expect(changes).to_contain_text("160 dials, of which 60 reached a person.")
    expect(changes).to_contain_text(
        "There were none in the 28 days before, so there is nothing to compare with"
    )
    page.get_by_label("First day").fill("2020-03-30")
    expect(page.locator("#report-problem")).to_contain_text("The first day is after the last one.")
    page.go_back()
    expect(time).to_contain_text("Mar 16")
    expect(page.locator("#report-problem")).to_be_empty()
    page.go_forward()
    expect(changes).to_contain_text("160 dials")

    # One campaign, and the trend of a rate.
    page.locator("#filter-campaign summary").press("Enter")
    page.get_by_role("checkbox", name="Heat pumps").check()
    expect(changes).to_contain_text("80 dials, of which 30 reached a person.")
    page.keyboard.press("Escape")
    expect(page.locator("#filter-campaign")).to_contain_text("1 campaign")
    page.locator("#trend-metric").select_option("connect_rate")
    expect(picture).to_have_attribute("aria-label", re.compile("^Reach rate, 28 steps"))
    page.locator("#trend-steps").select_option("week")
    expect(page.locator("#trend-title")).to_have_text("Reach rate by week")
    page.locator(".as-table summary").first.click()
    expect(page.locator("#trend-table tbody tr")).to_have_count(4)
    page.locator(".all-numbers summary").click()
    meant = page.locator("#all-numbers-table tr", has_text="Reach rate")
    expect(meant).to_contain_text("38 %")
    expect(meant).to_contain_text("The share of dials that reached a person.")
    look("a campaign, its trend and all numbers")

    # The same again in another tab, from its address.
    address = page.evaluate("location.hash")
    for part in ("by=week", "metric=connect_rate", "campaign="):
        assert part in address
    page.get_by_role("link", name="Line quality").click()
    page.get_by_role("link", name="Reports").click()
    expect(changes).to_contain_text("80 dials")
    assert page.evaluate("location.hash") == address

    # On paper everything is open, and there are no buttons to press.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#trend-table tbody tr").first).to_be_visible()
    expect(page.locator("#report-filters")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.emulate_media(media="screen")

    # An outage is said, and the page goes on when it is over.
    rep.watch.expect("status of 400")
    rep.context.route(OVERVIEW, refuse)
    page.locator("#report-period").select_option("lastMonth")
    expect(page.locator("#report-trouble")).to_contain_text("cannot be asked")
    rep.context.unroute(OVERVIEW)
    page.goto(page.url.split("#")[0] + "#/reports?from=2090-01-01&to=2090-01-31")
    expect(page.locator("#report-empty")).to_contain_text("These days are still to come.")
    look("days to come")
    assert not findings, repr(findings)


def refuse(route: Route) -> None:
    route.fulfill(
        status=400,
        json={"code": "22023", "message": "No such period.", "details": None, "hint": None},
        headers={"access-control-allow-origin": "*"},
    )
