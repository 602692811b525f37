"""The outcomes of a business, and by what its reports count, as the page changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep
from tests.web.looks import looker
from tests.web.network import Database


def test_a_manager_changes_outcomes_and_by_what_reports_count(
    new_rep: Callable[..., Rep], session: Any, database: Database
) -> None:
    rep = new_rep(storage_state=session(MANAGER))
    tab = rep.open("#/settings")
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)

    def on_record() -> dict[str, Any]:
        rows = database.find(
            "select outcomes.* from public.outcomes join public.businesses "
            "on businesses.id = business_id where name = 'Demo Solar' order by position"
        )
        return {row["key"]: row for row in rows}

    labels = page.locator("#outcome-list strong")
    expect(labels).to_have_count(8)
    page.get_by_role("button", name="Add an outcome").press("Enter")
    keyboard.type("voicemail")
    keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Add an outcome")
    expect(dialog).to_contain_text("there is an outcome “Voicemail” already")
    dialog.get_by_label("Name").fill("Keine Zeit, später")
    dialog.get_by_label("What it does").select_option("retry")
    expect(dialog).to_contain_text("tried again by the campaign’s retry rules")
    look("an outcome is added")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(labels).to_have_count(9)
    assert on_record()["keine_zeit_spater"]["effect"] == "retry"

    up = page.get_by_role("button", name="Move up Keine Zeit, später")
    for place in (8, 7):
        # The button moves with its outcome, and keeps the focus.
        up.press("Enter")
        expect(labels.nth(place - 1)).to_have_text("Keine Zeit, später")
        expect(up).to_be_focused()
    assert list(on_record())[6] == "keine_zeit_spater"
    page.get_by_role("button", name="Edit Keine Zeit, später").click()
    dialog = page.get_by_role("dialog", name="Edit the outcome")
    dialog.get_by_label("What it does").select_option("do_not_call")
    expect(dialog).to_contain_text("does not take it off the list")
    dialog.get_by_label("What it does").select_option("done")
    dialog.get_by_label("Counts as a success").check()
    dialog.get_by_role("button", name="Save the outcome").click()
    expect(page.locator("[data-outcome=keine_zeit_spater]")).to_contain_text("counts as a success")
    page.get_by_role("button", name="Archive Keine Zeit, später").click()
    expect(labels).to_have_count(8)
    page.locator("#outcomes-archived-title").click()
    assert on_record()["keine_zeit_spater"]["is_archived"]
    # Other tests find the list as it was.
    database.execute("delete from public.outcomes where key = 'keine_zeit_spater'")

    form = page.locator("#report-settings")
    form.get_by_label("Seconds of talk").fill("601")
    form.get_by_label("Time zone").select_option("Europe/Berlin")
    expect(form).to_contain_text("there now.")
    form.get_by_role("button", name="Save for reports").press("Enter")
    expect(form.locator("#report-seconds-error")).to_contain_text("“601” is not a number")
    expect(form.get_by_label("Seconds of talk")).to_be_focused()
    look("a number is wrong")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("45")
    form.get_by_label("First day").select_option("Sunday")
    form.get_by_label("First day").press("Tab")
    keyboard.press("Enter")
    expect(form).to_contain_text("Saved. Reports are counted again")
    [kept] = database.find(
        "select time_zone, conversation_seconds, week_start from public.businesses"
        " where name = 'Demo Solar'"
    )
    assert list(kept.values()) == ["Europe/Berlin", 45, 0]
    database.execute(
        "update public.businesses"
        " set (time_zone, conversation_seconds, week_start) = ('UTC', 60, 1)"
    )
    assert findings == {}
