"""What managers decide about calls, on the page, and that the next call of others obeys at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep
from tests.web.looks import looker
from tests.web.network import Database


def test_managers_change_how_calls_are_placed_and_the_next_call_obeys(
    new_rep: Callable[..., Rep],
    known_rep: Callable[..., Rep],
    session: Any,
    database: Database,
) -> None:
    findings: dict[str, list[str]] = {}
    agent = known_rep().open_signed_in()
    agent.number.fill("+1 416 555 0142")
    expect(agent.number_check).to_contain_text("country")

    tab = new_rep(storage_state=session(MANAGER)).open("#/calling")
    page, keyboard = tab.page, tab.page.keyboard
    look = looker(tab, findings)
    whom = page.locator("#whom-form")
    whom.get_by_label("These countries").check()
    whom.get_by_role("button", name="Save").click()
    expect(whom.locator("#whom-countries-error")).to_contain_text("No country is chosen")
    for country in ("United States", "Canada"):
        whom.get_by_label("Country to add").select_option(label=country)
        whom.get_by_role("button", name="Add the country").press("Enter")
    expect(whom.get_by_role("button", name="Remove Canada")).to_be_visible()
    look("a country is added")
    whom.get_by_role("button", name="Save").press("Enter")
    expect(whom.locator("#whom-saved")).to_have_text("Saved.")
    # The page of the agent was not told, and its next call is placed.
    agent.call_button.click()
    agent.is_("talking")

    hours = page.locator("#hours-form")
    hours.get_by_label("Leads may be called at any time").uncheck()
    hours.get_by_label("From, on the lead’s clock").select_option("21:00")
    hours.get_by_label("Until just before").select_option("08:00")
    hours.get_by_role("button", name="Save").click()
    expect(hours.get_by_label("Until just before")).to_be_focused()
    expect(hours.get_by_role("alert").filter(has_text="08:00")).to_contain_text("is not after")
    hours.get_by_label("Leads may be called at any time").check()
    hours.get_by_role("button", name="Save").click()
    expect(hours.locator("#hours-saved")).to_have_text("Nothing is changed.")

    limits = page.locator("#limits-form")
    at_once = limits.get_by_label("Calls of all people at once")
    at_once.fill("1001")
    limits.get_by_label("Minutes after which").fill("1.5")
    expect(limits).to_contain_text("ended at 10:01:30")
    at_once.press("Enter")
    expect(at_once).to_be_focused()
    expect(limits.locator("#limit-concurrent_calls-error")).to_contain_text("from 1 to 1,000")
    look("a limit is beyond its ceiling")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("2")
    keyboard.press("Enter")
    expect(limits.locator("#limits-saved")).to_have_text("Saved.")
    [kept] = database.find(
        "select allowed_countries, calling_hours_start, concurrent_calls, max_call_seconds,"
        " calls_per_rep_per_day from public.businesses where name = 'Demo Solar'"
    )
    assert list(kept.values()) == [["US", "CA"], None, 2, 90, 100000]

    page.get_by_role("button", name="label: +1 415 555 0100").click()
    page.get_by_label("Label, for your people").fill("West coast")
    keyboard.press("Enter")
    expect(page.locator("#caller-ids")).to_contain_text("West coast")
    # Without Realtime, the other page asks for it.
    expect(agent.page.locator("#caller-id")).to_contain_text("West coast")

    page.get_by_role("button", name="Add a transfer target").press("Enter")
    dialog = page.get_by_role("dialog", name="Add a transfer target")
    keyboard.type("Support")
    dialog.get_by_label("Phone number").fill("0900")
    keyboard.press("Enter")
    expect(dialog.get_by_role("alert").filter(has_text="Not saved")).to_be_visible()
    expect(dialog.get_by_label("Phone number")).to_be_focused()
    look("a target's number is wrong")
    dialog.get_by_label("Phone number").fill("(415) 555-2671")
    keyboard.press("Enter")
    expect(page.locator("#transfer-targets")).to_contain_text("+1 415 555 2671")

    # Other tests find the business as it was.
    database.execute("delete from public.transfer_targets")
    database.execute("update public.phone_numbers set label = null where label = 'West coast'")
    database.execute(
        "update public.businesses set (allowed_countries, concurrent_calls, max_call_seconds)"
        " = (null, 1000, 14400)"
        " where name = 'Demo Solar'"
    )
    assert findings == {}
