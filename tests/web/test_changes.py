"""Owners and managers read who changed what, and what their business still needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.clients import DEMO
from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep
from tests.web.looks import looker
from tests.web.network import Database

BUSINESS = "b0000000-0000-4000-8000-0000000000cc"
# More than a page shows at once.
OUTCOMES = 55


@pytest.fixture
def new_business(database: Database) -> Iterator[None]:
    """A business of the manager, in which somebody of Demo Solar is an agent."""
    database.execute("insert into public.businesses (id, name) values (%s, 'New Solar')", BUSINESS)
    database.execute(
        "insert into public.business_members (business_id, user_id, role)"
        " select %s, id, case email when %s then 'owner' else 'agent' end from auth.users"
        " where email in (%s, %s)",
        *(BUSINESS, MANAGER, MANAGER, DEMO),
    )
    database.execute(
        "insert into public.outcomes (business_id, key, label, effect)"
        " select %s, 'number_' || n, 'Number ' || n, 'done' from generate_series(1, %s) as n",
        *(BUSINESS, OUTCOMES),
    )
    yield
    database.execute("delete from public.businesses where id = %s", BUSINESS)


def test_an_owner_reads_what_was_changed_and_what_is_next(
    # First of all, so that it is deleted when no page has it any more.
    new_business: None,
    new_rep: Callable[..., Rep],
    session: Any,
    database: Database,
) -> None:
    tab = new_rep(storage_state=session(MANAGER)).open()
    page = tab.page
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)

    # Where people call, the next step alone; in the settings all of them.
    page.locator("#business").select_option(label="New Solar")
    steps = page.get_by_role("region", name="First steps")
    expect(steps.get_by_role("listitem")).to_have_count(1)
    expect(steps).to_contain_text("Get a caller ID")
    look("the next step")
    steps.get_by_role("link", name="All steps").click()
    expect(steps.get_by_role("listitem")).to_have_count(6)
    expect(steps.locator("[aria-current=step]")).to_contain_text("Get a caller ID")
    expect(steps.locator("[data-state=done]")).to_contain_text("Invite your people")
    page.locator("#report-week-start").select_option(label="Sunday")
    page.locator("#report-settings-save").click()
    expect(page.locator("#report-settings-saved")).to_contain_text("Saved.")

    page.goto(page.url.split("#")[0] + "#/changes")
    changes = page.locator("#changes-list > li")
    first = changes.first
    expect(first).to_contain_text("You changed settings of the business")
    expect(first.locator("dl")).to_contain_text("The week begins on")
    expect(first.locator("del")).to_contain_text("Monday")
    expect(first.locator("ins")).to_contain_text("Sunday")
    expect(changes).to_have_count(50)
    look("changes")
    # The last page has no button, so the focus goes to the first change of it.
    page.get_by_role("button", name="Show older changes").press("Enter")
    expect(changes).to_have_count(OUTCOMES + 4)
    expect(changes.nth(50)).to_be_focused()
    expect(changes.last).to_contain_text("The operator made the business New Solar")
    page.get_by_label("What").select_option(label="People")
    expect(changes).to_have_count(2)
    page.get_by_label("By whom").select_option(label="You")
    expect(page.locator("#changes-empty")).to_be_visible()
    assert not findings, findings

    agent = new_rep(storage_state=session(DEMO)).open("#/changes")
    agent.page.locator("#business").select_option(label="New Solar")
    expect(agent.page.locator("#changes-hint")).to_contain_text("owners and managers")
    expect(agent.page.locator("#changes-filters")).to_be_hidden()
    expect(agent.page.get_by_role("region", name="First steps")).to_have_count(0)
