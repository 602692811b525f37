"""The list of contacts in the page: made, changed, imported, merged, and called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep
from tests.web.looks import looker
from tests.web.network import Database

NUMBER = "+14155552377"


def test_a_manager_makes_changes_imports_and_merges_contacts(
    new_rep: Callable[..., Rep], session: Any, database: Database, tmp_path: Path
) -> None:
    rep = new_rep(storage_state=session(MANAGER))
    tab = rep.open("#/contacts")
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)
    status = page.locator("#contacts-status")
    expect(status).to_contain_text("by name")

    # With the keyboard alone; what cannot be is said at its field.
    page.get_by_role("button", name="New contact").press("Enter")
    dialog = page.get_by_role("dialog", name="New contact")
    expect(dialog.get_by_label("Name")).to_be_focused()
    keyboard.type("Wilhelmina")
    dialog.get_by_label("Phone number").fill("call me")
    keyboard.press("Enter")
    number = dialog.get_by_label("Phone number")
    expect(number).to_be_focused()
    expect(dialog.locator("#contact-form-phone_number-error")).to_contain_text("not a phone number")
    look("a contact that is not saved")
    number.fill("(415) 555-2377")
    keyboard.press("Enter")
    expect(status).to_contain_text("Saved: Wilhelmina.")

    # The same person once more: only if it is wanted.
    page.get_by_role("button", name="New contact").click()
    dialog.get_by_label("Name").fill("Wilhelmina Wonder")
    number.fill(NUMBER)
    dialog.get_by_role("button", name="Add the contact").click()
    expect(dialog.locator("#contact-form-duplicates")).to_contain_text("Wilhelmina")
    dialog.get_by_role("button", name="Save it all the same").click()
    expect(status).to_contain_text("Saved: Wilhelmina Wonder.")

    # A file without a campaign.
    file = tmp_path / "contacts.csv"
    file.write_text("Name,Phone\nImported One,+1 415 555 2378\nAgain,+14155552377\n")
    page.get_by_role("button", name="Import a file").click()
    importing = page.get_by_role("dialog", name="Import contacts")
    importing.get_by_label("CSV file").set_input_files(file)
    importing.get_by_role("button", name="Check the file").click()
    importing.get_by_role("button", name="Import 2 contacts").click()
    expect(importing.locator("#fill-done")).to_have_text(
        "1 contact was added. Left out: 1 that you had already."
    )
    importing.get_by_role("button", name="Close").click()

    # The two become one.
    page.get_by_role("tab", name="Duplicates").click()
    group = page.locator("#duplicates > li").filter(has_text="Wilhelmina Wonder")
    group.get_by_role("button", name="Merge").click()
    merging = page.get_by_role("dialog", name="Merge contacts")
    merging.get_by_role("radio", name="Wilhelmina Wonder").check()
    look("contacts that become one")
    merging.get_by_role("button", name="Merge 2 contacts").click()
    duplicates = page.locator("#duplicates-status")
    expect(duplicates).to_contain_text("2 contacts are now one: Wilhelmina Wonder.")
    expect(duplicates).to_be_focused()
    rows = database.find("select name from public.leads where phone_number = %s", NUMBER)
    assert [row["name"] for row in rows] == ["Wilhelmina Wonder"]

    page.get_by_role("tab", name="All").click()
    page.get_by_role("searchbox").fill("415 555 2377")
    expect(page.locator("#contacts-list li")).to_have_count(1)
    look("a contact that was found")
    page.get_by_role("button", name="Call Wilhelmina Wonder").click()
    # In the form for a call, where it is corrected, too.
    expect(page.locator("#lead-search")).to_have_value("Wilhelmina Wonder")
    page.get_by_role("button", name="Edit the contact").click()
    editing = page.get_by_role("dialog", name="Edit the contact")
    editing.get_by_label("Company").fill("Wonder & Sons")
    editing.get_by_role("button", name="Save the contact").click()
    expect(page.locator("#contact-company")).to_have_text("Wonder & Sons")

    database.execute("delete from public.leads where phone_number in (%s, '+14155552378')", NUMBER)
    assert findings == {}
