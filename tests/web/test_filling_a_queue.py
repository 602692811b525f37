"""A file becomes a queue, in the page: what is not understood is told, and what is killed half-way
has put nobody into the queue."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.web.calls_page import CallsPage, Signed
from tests.web.network import Database, Held

BUSINESS = "b0000000-0000-4000-8000-000000000001"
# No number, a rounded one, the same one twice, a formula, and a name that is not ASCII.
ROWS = (
    "Name;Telefon\r\nZoë Ängström;(415) 555-2301\r\nNobody;\r\nRounded;4,1555E+09\r\n"
    "=1+1;+1 415 555 2302\r\nAgain;+14155552301\r\n"
)
COUNTS = "select count(*)::int as n from public.queue_entries where campaign_id = %s"


def add_campaign(database: Database) -> str:
    [row] = database.find(
        "insert into public.campaigns (business_id, name) values (%s, 'A file') returning id::text",
        BUSINESS,
    )
    campaign: str = row["id"]
    return campaign


def open_dialog(tab: CallsPage) -> Locator:
    page = tab.page
    page.goto(page.url.partition("#")[0] + "#/campaigns")
    page.locator("#campaign-list").get_by_role("button", name="A file").click()
    page.locator("#campaign-fill").click()
    dialog = page.get_by_role("dialog", name="Fill the queue of A file")
    expect(dialog).to_be_visible()
    return dialog


def check(dialog: Locator, file: Path) -> None:
    dialog.get_by_label("CSV file").set_input_files(file)
    dialog.get_by_role("button", name="Check the file").click()


def test_a_file_is_checked_and_imported_and_one_that_was_killed_goes_on_or_is_undone(
    signed_in: Signed, database: Database, tmp_path: Path
) -> None:
    campaign = add_campaign(database)
    queued = lambda: database.find(COUNTS, campaign)[0]["n"]  # noqa: E731
    file = tmp_path / "Kontakte.csv"
    file.write_bytes(ROWS.encode("cp1252"))
    tab = signed_in()
    dialog = open_dialog(tab)
    check(dialog, file)
    about = dialog.locator("#fill-file-about")
    expect(about).to_contain_text("separated by semicolons, read as WINDOWS-1252")
    counts = dialog.locator("#fill-plan-counts")
    expect(counts).to_contain_text("2 rows are new leads.")
    expect(counts).to_contain_text("2 rows are not understood and left out.")
    expect(counts).to_contain_text("1 row has the number of an earlier row.")
    problems = dialog.locator("#fill-problems tr")
    expect(problems).to_have_count(3)
    expect(problems.nth(1)).to_contain_text("digits are lost")
    assert tab.accessibility_findings() == []
    with tab.page.expect_download() as download:
        dialog.get_by_role("link", name="Download the report").click()
    report = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "3,no,The row has no phone number.,Telefon,Nobody," in report

    # The browser dies while the rows are sent: nothing is in the queue.
    held = Held(tab.page, re.compile("/rpc/import_rows"))
    dialog.get_by_role("button", name="Import 2 leads").click()
    held.wait()
    tab.page.close()
    assert queued() == 0

    tab = signed_in()
    dialog = open_dialog(tab)
    imports = dialog.get_by_role("list", name="Imports into this queue")
    expect(imports).to_contain_text("Nothing of it is in the queue.")
    check(dialog, file)
    dialog.get_by_role("button", name="Import 2 leads").click()
    expect(dialog.locator("#fill-done")).to_have_text("2 leads were added.")
    assert queued() == 2
    [lead] = database.find("select name from public.leads where phone_number = '+14155552301'")
    assert lead["name"] == "Zoë Ängström"

    imports.get_by_role("button", name="Undo").click()
    tab.page.get_by_role("button", name="Undo the import").click()
    expect(dialog.locator("#fill-done")).to_contain_text("2 leads left the queue")
    assert queued() == 0

    # The same dialog adds leads that there are.
    dialog.get_by_role("radio", name="Found by a search").check()
    dialog.get_by_label("Name, company or number").fill("Ada Answers")
    dialog.get_by_role("checkbox", name="Ada Answers").check()
    dialog.get_by_role("button", name="Add 1 chosen lead").click()
    expect(dialog.locator("#fill-done")).to_have_text("1 lead was added.")
    dialog.get_by_role("button", name="Close").click()
    assert queued() == 1
    database.execute("delete from public.campaigns where id = %s", campaign)
