"""Finding contacts and calls: what is shown is the answer to what is written."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.web.calls_page import Signed
from tests.web.network import Database, Held

LEADS = re.compile(r"/rest/v1/rpc/search_leads")


def test_a_search_for_contacts_says_when_there_are_more_and_never_shows_a_late_answer(
    signed_in: Signed, database: Database
) -> None:
    database.execute(
        "insert into public.leads (business_id, name, phone_number) "
        "select 'b0000000-0000-4000-8000-000000000001', 'Smith ' || n, '+1500555' || (8000 + n) "
        "from generate_series(1, 30) n"
    )
    tab = signed_in()
    hint = tab.page.locator("#lead-hint")
    tab.contact.fill("Smith")
    expect(tab.contacts).to_have_count(20)
    expect(hint).to_contain_text("There are more")

    held = Held(tab.page, LEADS)
    tab.contact.fill("Smith 7")
    expect(tab.contacts.first).to_be_hidden()
    held.wait()
    # Enter before the answer chooses nobody, and places no call.
    tab.number.fill("+15005551234")
    tab.contact.fill("Ada")
    tab.contact.press("Enter")
    held.release()
    expect(tab.contacts).to_have_count(1)
    expect(tab.contacts).to_contain_text("Ada Answers")
    tab.is_("idle")
    tab.contact.press("ArrowDown")
    tab.contact.press("Enter")
    expect(tab.contact).to_have_value("Ada Answers")
    tab.contact.press("Enter")
    tab.is_("idle")
    database.execute("delete from public.leads where name like 'Smith %%'")


def test_a_search_for_calls_says_what_it_searched(
    signed_in: Signed,
) -> None:
    tab = signed_in()
    searched = tab.page.locator("#history-searched")
    expect(searched).to_be_hidden()
    tab.page.locator("#filter-search").fill("nobody of this name")
    expect(tab.page.locator("#history-empty")).to_have_text("No call matches.")
    expect(searched).to_contain_text("names, companies and numbers of all of your calls")
    tab.page.locator("#filter-owner").select_option("all")
    expect(searched).to_contain_text("all calls of the business")
