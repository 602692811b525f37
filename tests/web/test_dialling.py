"""Nobody is dialled except the person whom the page shows."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.web.calls_page import CallsPage, Rep, Signed
from tests.web.network import Database, Held, Network, eventually

COLLEAGUE = "rep2@henk.test"
PREVIEW = re.compile(r"/api/twilio/twiml$")
TOKEN = re.compile(r"/api/twilio/token$")
BUSINESS = "b0000000-0000-4000-8000-000000000001"


@pytest.fixture
def new_lead(database: Database) -> Iterator[Callable[[str, str | None], str]]:
    """Adds contacts of the demo business, and returns the id of each."""
    made: list[str] = []

    def make(name: str, number: str | None) -> str:
        made.append(str(uuid.uuid4()))
        database.execute(
            "insert into public.leads (id, business_id, name, company, phone_number) "
            "values (%s, %s, %s, 'חברת שמש', %s)",
            made[-1],
            BUSINESS,
            name,
            number,
        )
        return made[-1]

    yield make
    for lead in made:
        database.execute("delete from public.leads where id = %s", lead)


def choose(tab: CallsPage, name: str) -> None:
    tab.contact.fill(name)
    tab.contacts.filter(has_text=name).first.click()
    expect(tab.contact).to_have_value(name)


def test_nobody_is_called_under_another_persons_name(
    signed_in: Signed,
    network: Network,
    database: Database,
    new_lead: Callable[[str, str | None], str],
) -> None:
    own, other = (network.a_number(ringSeconds=0.2, talkSeconds=None) for _ in range(2))
    new_lead("Zoe Zenith", own)
    silent = new_lead("Zack Zero", None)
    tab = signed_in()
    choose(tab, "Zoe Zenith")
    expect(tab.number_check).to_contain_text("Calls ")
    assert re.sub(r"\D", "", tab.number.input_value()) == own[1:]
    choose(tab, "Zack Zero")
    expect(tab.number).to_have_value("")
    expect(tab.number_check).to_contain_text("Zack Zero has no number.")
    tab.call_button.click()
    expect(tab.number).to_be_focused()
    tab.is_("idle")

    choose(tab, "Zoe Zenith")
    written = tab.number.input_value()
    for address in ("#/another-view", "#/"):
        tab.page.evaluate("address => { location.hash = address; }", address)
    expect(tab.contact).to_have_value("Zoe Zenith")
    expect(tab.number).to_have_value(written)
    tab.page.get_by_role("button", name="Clear contact").click()
    expect(tab.number).to_have_value("")
    tab.contact.fill("Zoe")
    tab.number.fill(other)
    expect(tab.number_check).to_contain_text("Calls ")
    tab.call_button.click()
    expect(tab.number_check).to_contain_text("no contact is chosen for “Zoe”")
    tab.is_("idle")
    assert database.rows_to(own) == database.rows_to(other) == []

    choose(tab, "Zack Zero")
    tab.number.fill(other)
    expect(tab.number_check).to_contain_text("has no number")
    tab.call_button.click()
    tab.is_("talking")
    expect(tab.page.locator("#call-detail")).to_contain_text("Zack Zero")
    expect(tab.page.locator("#call-detail")).to_contain_text(f"+1 500 555 {other[-4:]}")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    row = database.row_of(network.call_to(other)["callSid"])
    assert (str(row["lead_id"]), row["other_number"]) == (silent, True)
    head = tab.row(row["id"]).get_by_role("rowheader")
    expect(head).to_contain_text("Zack Zero")
    expect(head).to_contain_text("another number than the contact’s")


def test_what_was_pasted_stays_and_its_extension_is_offered_once_the_lead_answers(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    written = f"(500) 555-{number[-4:]} x123 (work)"
    tab = signed_in()
    tab.number.fill("+49 30 12345\n+49 30 67890")
    expect(tab.number).to_have_value("+49 30 12345\n+49 30 67890")
    expect(tab.number_check).not_to_contain_text("Calls")
    tab.number.fill(written)
    expect(tab.number_check).to_contain_text(f"Calls +1 500 555 {number[-4:]}")
    expect(tab.number_check).to_contain_text("Extension 123")
    expect(tab.number_check).to_contain_text("work")
    tab.number.blur()
    expect(tab.number).to_have_value(written)
    tab.number.press("Enter")
    tab.is_("talking")
    tab.page.get_by_role("button", name="Send extension 123").click()
    expect(tab.page.locator("#sent-digits")).to_have_text("123")
    sid = network.call_to(f"{number};ext=123")["callSid"]
    eventually(lambda: network.media(sid)["digits"] == "123", "the extension at the network")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    network.over(sid)
    row = database.row_of(sid)
    assert (row["to_number"], row["extension"]) == (number, "123")
    expect(tab.row(row["id"]).get_by_role("rowheader")).to_contain_text("extension 123")
    tab.row(row["id"]).get_by_role("button", name="Call again").click()
    expect(tab.number_check).to_contain_text("Extension 123")


def test_call_waits_for_the_check_and_dials_nothing_if_the_form_changes_meanwhile(
    signed_in: Signed, network: Network, database: Database
) -> None:
    wanted, other = (network.a_number(ringSeconds=0.2, talkSeconds=None) for _ in range(2))
    tab = signed_in()
    held = Held(tab.page, PREVIEW)
    tab.number.fill(f"(500) 555-{wanted[-4:]}")
    tab.call_button.click()
    expect(tab.state).to_have_text("Checking the number…")
    held.wait()
    tab.number.fill(other)
    expect(tab.number_check).to_have_text(re.compile("Checking|Calls|changed"))
    held.release()
    expect(tab.number_check).to_contain_text(f"Calls +1 500 555 {other[-4:]}")
    tab.is_("idle")
    assert database.rows_to(wanted) == database.rows_to(other) == []

    # Without a pause between the last key and Call, the check is waited for.
    tab.number.fill(f"(500) 555-{wanted[-4:]}")
    tab.call_button.click()
    tab.is_("talking")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    assert database.row_of(network.call_to(wanted)["callSid"])["to_number"] == wanted


def test_a_number_that_cannot_be_checked_is_dialled_only_as_e164(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    tab = signed_in()
    tab.watch.expect(r"net::ERR_FAILED .*/api/twilio/twiml")
    tab.page.route(PREVIEW, lambda route: route.abort())
    tab.number.fill(f"(500) 555-{number[-4:]}")
    tab.call_button.click()
    expect(tab.number_check).to_contain_text("could not be checked")
    expect(tab.number_check).to_contain_text(f"“(500) 555-{number[-4:]}”")
    tab.is_("idle")
    tab.number.fill(number)
    tab.call_button.click()
    tab.is_("talking")
    tab.hang_up.click()
    tab.is_ended("You hung up.")


def test_a_colleague_who_talks_to_the_contact_is_named_before_the_call(
    signed_in: Signed, network: Network, new_lead: Callable[[str, str | None], str]
) -> None:
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    new_lead("Yara Young", number)
    first, second = signed_in(COLLEAGUE), signed_in()
    choose(first, "Yara Young")
    choose(second, "Yara Young")
    expect(second.number_check).to_contain_text("Calls ")
    first.call_button.click()
    first.is_("talking")
    second.page.get_by_role("button", name="Clear contact").click()
    # Call is pressed before the check has answered.
    held = Held(second.page, PREVIEW)
    choose(second, "Yara Young")
    second.call_button.click()
    held.wait()
    held.release()
    expect(second.number_check).to_contain_text("Robin Rep is in a call with")
    second.is_("idle")
    first.hang_up.click()
    first.is_ended("You hung up.")


def test_call_while_the_phone_is_not_ready_says_why_and_locks_nothing(
    known_rep: Callable[..., Rep], network: Network, database: Database
) -> None:
    number = network.a_number()
    rep = known_rep()
    rep.watch.expect(r"Failed to load resource.* 500 .*/api/twilio/token")
    error = {"success": False, "error": {"code": "phone_system_error", "message": "x"}}
    rep.context.route(
        TOKEN,
        lambda route: route.fulfill(
            status=500, json=error, headers={"Access-Control-Allow-Origin": rep.url}
        ),
    )
    tab = rep.open()
    expect(tab.state).to_have_text("Not ready to call")
    tab.number.fill(number)
    tab.call_button.click()
    expect(tab.state).to_have_text("Not called: Phone system error")
    expect(tab.page.locator("#call-detail")).to_contain_text("The phone system is not set up")
    for field in (tab.number, tab.contact, tab.campaign, tab.call_button):
        expect(field).to_be_enabled()
    tab.is_("idle")
    assert database.rows_to(number) == []


def test_numbers_and_names_of_every_direction_are_shown_as_they_are(
    signed_in: Signed, network: Network, new_lead: Callable[[str, str | None], str]
) -> None:
    number = network.a_number(ending="busy", ringSeconds=0)
    new_lead("שרה לוי", number)
    tab = signed_in(viewport={"width": 390, "height": 844})
    tab.contact.fill("שרה")
    option = tab.contacts.filter(has_text="שרה לוי")
    written = option.locator("bdi[dir=ltr]")
    expect(written).to_have_text(f"+1 500 555 {number[-4:]}")
    # The plus is at the left of the last digit.
    assert written.evaluate("it => getComputedStyle(it).direction") == "ltr"
    assert written.evaluate("it => getComputedStyle(it).unicodeBidi") == "isolate"
    option.click()
    assert tab.number.evaluate("it => getComputedStyle(it).direction") == "ltr"
    clear = tab.page.get_by_role("button", name="Clear contact").bounding_box()
    room = tab.contact.evaluate("it => parseFloat(getComputedStyle(it).paddingRight)")
    assert clear
    assert clear["width"] <= room, "the button covers the first letters"
    sizes = tab.page.locator("input:not([type=radio]), select, textarea").evaluate_all(
        "all => all.map(it => parseFloat(getComputedStyle(it).fontSize))"
    )
    assert len(sizes) >= 8
    assert min(sizes) >= 16
