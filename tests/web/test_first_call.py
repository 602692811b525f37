"""From the sign-up to the first call and its row, on the page and with the keyboard alone: two
people who are not known to the project."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Locator, expect

from functions.operate.caller_id import give_number
from stack import Stack
from stack.demo_data import SPARE_NUMBER
from tests.end_to_end.clients import PASSWORD
from tests.web.calls_page import CallsPage, Rep
from tests.web.looks import looker
from tests.web.mails import link_to
from tests.web.network import Database, Network, eventually

OWNER, AGENT = "ada@firstcall.test", "Bob@FirstCall.test"
BUSINESS, CONTACT, NUMBER = "Sonne & Süd", "Cleo", "+14155552390"
LONGEST_SECONDS = 180


class Hands:
    """Somebody who uses the keyboard alone. Counts what they press."""

    def __init__(self, tab: CallsPage) -> None:
        self.tab, self.page, self.pressed = tab, tab.page, 0

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Goes to a button or a link, and presses it."""
        self.go_to(target)
        self.page.keyboard.press(key)
        self.pressed += 1

    def go_to(self, target: Locator) -> None:
        expect(target).to_be_visible()
        self.tab.tab_to(target)

    def write(self, field: str, text: str) -> None:
        target = self.page.get_by_label(field, exact=True)
        self.go_to(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def sign_up(self, email: str, stack: Stack) -> None:
        """Creates an account, and opens the link of the e-mail."""
        self.press(self.button("Create an account"))
        self.write("E-mail", email)
        self.write("Password", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.goto(link_to(stack, email.lower(), "signup"))
        self.pressed += 2


@pytest.fixture
def anybody_may(database: Database) -> Iterator[None]:
    """The operator lets everybody create a business."""
    database.execute("update private.business_creation set who = 'anybody'")
    yield
    database.execute("update private.business_creation set who = 'nobody'")
    database.execute("delete from public.businesses where name = %s", BUSINESS)
    database.execute("delete from auth.users where email like '%%@firstcall.test'")


@pytest.mark.usefixtures("anybody_may")
def test_two_people_come_from_the_sign_up_to_their_first_call(
    new_rep: Callable[..., Rep], stack: Stack, network: Network, database: Database
) -> None:
    begun = time.monotonic()
    findings: dict[str, list[str]] = {}
    network.script(NUMBER, ringSeconds=0.2, talkSeconds=None)
    first = new_rep()
    ada = Hands(first.open())
    page = ada.page
    look = looker(ada.tab, findings)

    expect(page).to_have_title("Sign in · Henk")
    ada.sign_up(OWNER, stack)
    expect(page).to_have_title("Invitations · Henk")
    expect(page.locator("#welcome-status")).to_contain_text(f"There is no invitation to {OWNER}")
    expect(page.get_by_role("heading", name="Create a business")).to_be_visible()
    ada.press(ada.button("Create the business"))
    expect(page.get_by_role("alert").filter(has_text="the name is missing")).to_be_visible()
    look("a business without a name")
    ada.write("Name of the business", BUSINESS)
    page.keyboard.press("Enter")
    expect(page.locator("#business-name")).to_have_text(BUSINESS)

    # What an operator does with `make caller-id`: no page gives a business a number to show.
    [business] = database.find("select id from public.businesses where name = %s", BUSINESS)
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        give_number(connection, SPARE_NUMBER, str(business["id"]))

    # It may be night where the simulated contact is.
    ada.press(page.get_by_role("navigation").get_by_role("link", name="Settings"))
    ada.press(page.get_by_role("link", name="Calling", exact=True))
    ada.press(page.locator("#hours-any"), "Space")
    ada.press(page.locator("#hours-save"))
    expect(page.locator("#hours-saved")).to_contain_text("Saved")

    ada.press(page.get_by_role("link", name="People"))
    expect(page.locator("#people-status")).to_have_text("1 person: 1 owner")
    ada.write("E-mail addresses", "Bob")
    page.keyboard.press("Enter")
    expect(page.locator("#invite-trouble")).to_contain_text("“Bob” is not an e-mail address")
    ada.write("E-mail addresses", AGENT)
    page.keyboard.press("Enter")
    expect(page.locator("#invite-said")).to_have_text(f"{AGENT.lower()} can join now, as agent.")
    expect(page.locator("#invitations-list li")).to_contain_text("open for 14 days")
    look("somebody is invited")
    link = page.locator("#invite-link").input_value()
    assert link == f"{first.url}/#/invitations"

    ada.press(page.get_by_role("link", name="Contacts"))
    ada.press(ada.button("New contact"))
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type(CONTACT)
    ada.write("Phone number", NUMBER)
    page.keyboard.press("Enter")
    expect(page.locator("#contacts-status")).to_contain_text(f"Saved: {CONTACT}")

    second = new_rep()
    bob = Hands(second.open("#/invitations"))
    bob.sign_up(AGENT, stack)
    invitation = bob.page.locator("#welcome-invitations li")
    expect(invitation).to_contain_text(BUSINESS)
    looker(bob.tab, findings)("an invitation")
    bob.press(invitation.get_by_role("button", name="Accept"))
    bob.tab.is_ready()

    bob.go_to(bob.tab.contact)
    bob.page.keyboard.type(CONTACT)
    expect(bob.tab.contacts).to_have_count(1)
    bob.page.keyboard.press("ArrowDown")
    bob.page.keyboard.press("Enter")
    expect(bob.tab.number_check).to_contain_text("Calls ")
    bob.press(bob.tab.call_button)
    bob.tab.is_("talking")
    bob.press(bob.tab.hang_up)
    bob.tab.is_ended("You hung up.")
    sid = network.call_to(NUMBER)["callSid"]
    row = database.row_of(sid)
    assert (row["business_id"], row["lead"]) == (business["id"], CONTACT)
    expect(bob.tab.row(row["id"])).to_be_visible()
    seconds = time.monotonic() - begun
    pressed = ada.pressed + bob.pressed
    print(f"from the sign-up to the first call: {seconds:.0f} s, {pressed} buttons and links")
    assert seconds < LONGEST_SECONDS
    network.over(sid)

    # Who is removed is told so on the open page, and sees nothing of the business.
    ada.press(page.get_by_role("navigation").get_by_role("link", name="Settings"))
    ada.press(page.get_by_role("link", name="People"))
    ada.press(page.get_by_role("button", name=f"Remove {AGENT.lower()}"))
    ada.press(page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True))
    expect(page.locator("#people-status")).to_have_text("1 person: 1 owner")

    def told() -> bool:
        bob.page.evaluate("dispatchEvent(new Event('focus'))")
        return bob.tab.notice("membership").is_visible()

    eventually(told, "that the membership has ended")
    expect(bob.tab.notice("membership")).to_contain_text(f"not a member of {BUSINESS} any more")
    expect(bob.page.locator("#welcome-status")).to_contain_text("There is no invitation to")
    expect(bob.page.get_by_role("navigation")).to_be_hidden()
    assert findings == {}
