"""Finding contacts and calls: what is shown is the answer to what is written."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from playwright.sync_api import APIResponse, Error, Route, expect

from tests.web.calls_page import Signed
from tests.web.network import Database, Held, Network, eventually

LEADS = re.compile(r"/rest/v1/rpc/search_leads")
CALLS = re.compile(r"/rest/v1/rpc/list_conversations")
STATUS = re.compile(r"/api/twilio/status\?")


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
    tab.contact.fill("Ada Answers")
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


def test_a_list_that_was_read_too_early_does_not_undo_what_was_learnt_since(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    tab = signed_in()
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]
    shown = tab.row(database.row_of(sid)["id"])
    expect(shown).to_have_attribute("data-status", "in-progress")
    early: list[APIResponse] = []
    held: list[Route] = []

    def hold(route: Route) -> None:
        asked: Any = route.request.post_data_json
        if asked["p_needs_outcome"]:
            # Only their number is shown.
            route.fallback()
        elif early:
            held.append(route)
        else:
            early.append(route.fetch())

    tab.page.route(CALLS, hold)
    statuses = Held(tab.page, STATUS)
    tab.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    eventually(lambda: early, "the list is read", page=tab.page)
    tab.hang_up.click()
    network.over(sid)
    # The list is read again after the call. Its answer is late, and from before the end.
    eventually(lambda: held, "the list is read again", page=tab.page)
    statuses.wait()
    statuses.release()
    expect(shown).to_have_attribute("data-status", "completed")
    edit = shown.get_by_role("button", name="Edit")
    edit.focus()
    for route in held:
        # The page may have given up all but the last.
        with suppress(Error):
            route.fulfill(response=early[0])
    expect(tab.page.locator("#history-table")).to_have_attribute("aria-busy", "false")
    expect(shown).to_have_attribute("data-status", "completed")
    expect(edit).to_be_focused()
