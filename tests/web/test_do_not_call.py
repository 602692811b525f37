"""The do-not-call list, as the page shows and changes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep
from tests.web.looks import looker
from tests.web.network import Database

NUMBERS = ("+14155550171", "+14155550172", "+14155550173", "+49900123456")
FILE = "Phone,Reason\n(415) 555-0172,Robinson list\nnobody,\n415 555 0173,\n+14155550171,\n"


def test_a_manager_adds_brings_finds_and_takes_off(
    new_rep: Callable[..., Rep], session: Any, database: Database
) -> None:
    rep = new_rep(storage_state=session(MANAGER))
    tab = rep.open("#/do-not-call")
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)

    def listed() -> dict[str, str | None]:
        rows = database.find(
            "select phone_number, reason from public.do_not_call where phone_number = any(%s)",
            list(NUMBERS),
        )
        return {row["phone_number"]: row["reason"] for row in rows}

    number = page.get_by_label("Phone number", exact=True).first
    number.press("Enter")
    expect(page.locator("#dnc-number-trouble")).to_contain_text("the number is missing")
    keyboard.type("not a number")
    keyboard.press("Enter")
    expect(page.locator("#dnc-number-trouble")).to_contain_text("not a phone number")
    expect(number).to_be_focused()
    look("what was typed is no number")
    number.fill("415 555 0171 ext 5")
    number.press("Tab")
    keyboard.type("Asked us to")
    keyboard.press("Enter")
    expect(page.locator("#dnc-added")).to_contain_text("The extension is not kept")
    expect(number).to_be_focused()
    row = page.locator("[data-number='+14155550171']")
    expect(row).to_contain_text("Asked us to")
    expect(row).to_contain_text("You")

    # A number that nobody can call, as an operator may have written it.
    database.execute(
        "insert into public.do_not_call (business_id, phone_number)"
        " select id, '+49900123456' from public.businesses where name = 'Demo Solar'"
    )
    page.get_by_label("Show").select_option("Can never match")
    expect(page.locator("[data-number='+49900123456']")).to_contain_text("Can never match")
    expect(row).to_have_count(0)
    page.get_by_label("Show").select_option("On the list")

    page.get_by_role("button", name="Import a file").press("Enter")
    dialog = page.get_by_role("dialog", name="Import numbers")
    dialog.get_by_label("CSV file").set_input_files(
        {"name": "robinson.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    expect(dialog.get_by_role("button", name="Check the file")).to_be_focused()
    keyboard.press("Enter")
    expect(dialog).to_contain_text("2 numbers are put on the list")
    expect(dialog).to_contain_text("1 number stands there already")
    expect(dialog).to_contain_text("1 row can never match and is left out")
    look("what a file will do")
    dialog.get_by_role("button", name="Put 2 numbers on the list").press("Enter")
    expect(dialog).to_contain_text("2 numbers were put on the list")
    assert listed() == dict.fromkeys(NUMBERS) | {
        NUMBERS[0]: "Asked us to", NUMBERS[1]: "Robinson list",
    }  # fmt: skip
    dialog.get_by_role("button", name="Close").click()

    with page.expect_download() as saved:
        page.get_by_role("button", name="Export the list").click()
    text = saved.value.path().read_text("utf-8-sig")
    rows = {row["Phone number"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["'+14155550172"]["Reason"] == "Robinson list"

    search = page.get_by_label("Search")
    search.fill("555-0171")
    expect(page.locator("#dnc-count")).to_have_text("1 number found.")
    row.get_by_role("button", name="Take off").press("Enter")
    dialog = page.get_by_role("dialog", name="Take the number off the list")
    keyboard.press("Enter")
    expect(dialog).to_contain_text("the reason is missing")
    keyboard.type("Wants to be called again")
    look("why a number is taken off")
    keyboard.press("Enter")
    expect(page.locator("#dnc-done")).to_contain_text("is off the list")
    expect(page.locator("#dnc-list-title")).to_be_focused()
    expect(row).to_have_count(0)
    page.get_by_label("Show").select_option("Taken off")
    expect(row).to_contain_text("Wants to be called again")
    expect(row).to_contain_text("Asked us to")
    look("who was taken off")

    page.get_by_role("button", name="Take back robinson.csv").click()
    dialog = page.get_by_role("dialog", name="Take back the file")
    dialog.get_by_label("Why").fill("Wrong file")
    keyboard.press("Enter")
    expect(page.locator("#dnc-done")).to_contain_text("2 numbers are off the list")
    assert list(listed()) == [NUMBERS[3]]
    # Other tests find the list as it was.
    database.execute("delete from public.do_not_call where phone_number = '+49900123456'")
    assert not findings
