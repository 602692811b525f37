"""A rep records a message in the page, and leaves it on an answering machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.web.calls_page import Signed
from tests.web.looks import looker
from tests.web.network import Database, Network, eventually

NAME = "First try, autumn"
CAMPAIGN = "Machines"
# It rings, greets and beeps.
MACHINE = "+15005550013"


@pytest.fixture
def listening_campaign(database: Database) -> Iterator[None]:
    """A campaign in which Twilio listens for answering machines."""
    database.execute(
        "insert into public.campaigns (business_id, name, machine_detection) "
        "select id, %s, true from public.businesses where name = 'Demo Solar'",
        CAMPAIGN,
    )
    yield
    database.execute("delete from public.campaigns where name = %s", CAMPAIGN)


@pytest.mark.usefixtures("listening_campaign")
def test_a_rep_records_a_message_and_leaves_it_after_the_beep(
    signed_in: Signed, network: Network, database: Database
) -> None:
    tab = signed_in()
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)

    def objects() -> list[str]:
        found = database.find("select name from storage.objects where bucket_id = 'messages'")
        return [str(row["name"]) for row in found]

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    # Agents read what managers decide, and have messages of their own.
    expect(page.locator("#outcome-list li")).to_have_count(8)
    expect(page.get_by_role("button", name="Add an outcome")).to_have_count(0)
    page.get_by_role("button", name="Record a message").press("Enter")
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_focused()
    expect(page.locator("#record-clock")).to_contain_text("0:02")
    look("a message is recorded")
    stop.press("Enter")
    name = page.locator("#recorded-name")
    expect(name).to_be_focused()
    expect(page.locator("#recorded-hint")).to_contain_text("long, as a phone will play it")
    keyboard.press("Enter")
    expect(page.locator("#recorder-trouble")).to_contain_text("the name is missing")
    # What was recorded is still there after another view.
    page.get_by_role("link", name="Calls").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    name.fill(NAME)
    keyboard.press("Enter")
    expect(page.locator("#recorder-said")).to_have_text("Saved.")
    [message] = database.find("select * from public.voicemail_messages where name = %s", NAME)
    assert objects() == [message["object_path"]]
    assert 2 <= message["duration_seconds"] < 30
    row = page.locator("#messages li")
    expect(row).to_contain_text(NAME)
    row.get_by_role("button", name="Play").click()
    # It is heard to its end.
    played = "document.getElementById('message-audio').currentTime"
    eventually(lambda: page.evaluate(played) > 1, "the sound of the message")
    expect(row.get_by_role("button", name="Play")).to_be_visible()

    page.get_by_role("link", name="Calls").click()
    tab.is_ready()
    tab.campaign.select_option(label=CAMPAIGN)
    tab.call_and_talk(MACHINE)
    hint = page.locator("#machine-hint")
    expect(hint).to_have_text("This may be an answering machine: there was a beep.")
    leave = page.get_by_role("button", name="Leave message")
    expect(leave).to_have_class("primary")
    look("a machine has beeped")
    call_sid = network.call_to(MACHINE)["callSid"]
    # On a busy machine the phone network may answer too late. The page then says to try again, and
    # asking twice leaves one message.
    tab.watch.expect("status of 503")
    trouble = page.locator("#call-trouble:not(:empty)")
    leave.press("Enter")
    expect(trouble.or_(page.locator("#call-box[data-state=ended]"))).to_be_visible()
    if trouble.is_visible() and leave.is_visible():
        leave.press("Enter")
    tab.is_ended("The message is being left.")
    # The keyboard goes on with the outcome. *Call* would call them once more.
    expect(page.locator("#outcomes :focus")).to_have_count(1)
    row_of = eventually(lambda: [database.row_of(call_sid)], "the call")[0]
    assert row_of["answered_by"] == "machine_end_beep"
    eventually(lambda: database.row_of(call_sid)["outcome"] == "voicemail", "the outcome")

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    row.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Name and colleagues")
    dialog.get_by_label("Colleagues can use it").check()
    dialog.get_by_role("button", name="Save the message").click()
    expect(row).to_contain_text("shared with colleagues")
    row.get_by_role("button", name="Delete").click()
    question = page.get_by_role("dialog", name="Delete this message?")
    expect(question).to_contain_text("Colleagues cannot leave it any more, either.")
    question.get_by_role("button", name="Not now").click()
    assert objects()
    row.get_by_role("button", name="Delete").click()
    question.get_by_role("button", name="Delete the message").click()
    expect(row).to_have_count(0)
    assert objects() == []
    assert findings == {}
