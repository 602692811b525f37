"""A file becomes a queue, in the page: what is not understood is told, and what is killed half-way
has put nobody into the queue."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Response, expect

from tests.soak import SOAK, figure
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

    def queued() -> object:
        return database.find(COUNTS, campaign)[0]["n"]

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
    imports = dialog.get_by_role("list", name="Earlier imports")
    # As the browser dies, it may send what was held.
    expect(imports).to_contain_text(re.compile("nothing of it is in the queue", re.IGNORECASE))
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


# The longest time in which the page did nothing else, in milliseconds.
WATCH = """window.longest = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  window.longest = Math.max(window.longest, now - last);
  last = now;
}, 10);"""


@pytest.mark.soak
@pytest.mark.skipif(not SOAK, reason="imports 100,000 rows: some minutes")
def test_a_hundred_thousand_rows_are_imported_while_the_page_answers(
    signed_in: Signed, database: Database, tmp_path: Path
) -> None:
    campaign = add_campaign(database)
    file = tmp_path / "many.csv"
    rows = (
        f'"Lead {n}","Company {n % 977}",(415) {200 + n // 10000}-{n % 10000:04},l{n}@henk.test'
        for n in range(100_000)
    )
    file.write_text("Name,Company,Phone,E-mail\n" + "\n".join(rows))
    tab = signed_in()
    dialog = open_dialog(tab)
    slowest: dict[str, float] = {}

    def note(response: Response) -> None:
        name = response.url.partition("?")[0].rpartition("/")[2]
        took = response.request.timing["responseStart"] / 1000
        slowest[name] = max(slowest.get(name, 0), took)

    tab.page.on("response", note)
    tab.page.evaluate(WATCH)
    limit = 30 * 60 * 1000
    started = time.monotonic()
    seconds = {}

    def lap(what: str) -> None:
        nonlocal started
        seconds[what] = round(time.monotonic() - started, 1)
        started = time.monotonic()

    dialog.get_by_label("CSV file").set_input_files(file)
    expect(dialog.locator("#fill-file-about")).to_contain_text("100,001 rows", timeout=limit)
    lap("read")
    dialog.get_by_role("button", name="Check the file").click()
    expect(dialog.locator("#fill-import")).to_have_text(re.compile("^Import "), timeout=limit)
    lap("checked")
    dialog.locator("#fill-import").click()
    expect(dialog.locator("#fill-done")).to_contain_text("were added.", timeout=limit)
    lap("imported")
    added = database.find(COUNTS, campaign)[0]["n"]
    longest = tab.page.evaluate("window.longest")
    dialog.get_by_role("button", name="Undo").first.click()
    tab.page.get_by_role("button", name="Undo the import").click()
    expect(dialog.locator("#fill-done")).to_contain_text("left the queue", timeout=limit)
    lap("undone")
    named = {name: round(took, 1) for name, took in slowest.items() if took > 0.5}
    figure(f"{added} leads of 100,000 rows: {seconds} s; slowest answers {named} s")
    figure(f"the page stood still for {longest:.0f} ms at most")
    assert added > 90_000
    assert max(slowest.values()) < 8
    assert database.find(COUNTS, campaign)[0]["n"] == 0
    database.execute("delete from public.campaigns where id = %s", campaign)
