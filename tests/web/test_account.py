"""Somebody confirms their address, forgets their password, and chooses another one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from stack import Stack
from tests.end_to_end.clients import PASSWORD
from tests.web.calls_page import Rep
from tests.web.looks import looker
from tests.web.mails import link_to
from tests.web.network import Database

EMAIL, OTHER_PASSWORD = "ada@account.test", "another good password"


@pytest.fixture
def nobody_else(database: Database) -> Iterator[None]:
    yield
    database.execute("delete from auth.users where email like '%%@account.test'")


@pytest.mark.usefixtures("nobody_else")
def test_an_address_is_confirmed_and_a_forgotten_password_replaced(
    new_rep: Callable[..., Rep], stack: Stack
) -> None:
    findings: dict[str, list[str]] = {}
    rep = new_rep()
    # What is refused on purpose.
    rep.watch.expect(r"Failed to load resource.* 4.. .*/auth/v1/(token|resend)")
    tab = rep.open()
    page, look = tab.page, looker(tab, findings)
    why, error = page.locator("#sign-in-why"), page.locator("#sign-in-error")
    dialog = page.get_by_role("dialog", name="Your account")

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    def sign_out() -> None:
        with page.expect_response(re.compile("/auth/v1/logout")):
            press("Sign out")

    def sign_in(password: str) -> None:
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password").fill(password)
        press("Sign in")

    press("Create an account")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    press("Create the account")
    expect(why).to_contain_text(f"Look for an e-mail to {EMAIL}")
    sign_in(PASSWORD)
    expect(error).to_contain_text("Your e-mail address is not confirmed yet.")
    # The Auth server sends no second e-mail within a minute.
    press("Send the e-mail again")
    expect(error).to_contain_text("No e-mail was sent. Too many e-mails")
    page.goto(link_to(stack, EMAIL, "signup"))
    expect(page.locator("#welcome-status")).to_contain_text(f"There is no invitation to {EMAIL}")
    sign_out()

    press("Forgot your password?")
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.locator("#password")).to_be_hidden()
    look("a forgotten password")
    page.get_by_label("E-mail").fill(EMAIL)
    press("Send me a link")
    expect(why).to_contain_text(f"If there is an account for {EMAIL}")
    link = link_to(stack, EMAIL, "recovery")
    page.goto(link)
    expect(dialog).to_contain_text("You have opened the link of the e-mail")
    expect(dialog.get_by_label("New password")).to_be_focused()
    look("a new password")
    dialog.get_by_label("New password").fill(OTHER_PASSWORD)
    dialog.get_by_label("The same again").fill(PASSWORD)
    press("Change the password")
    expect(dialog.get_by_role("alert").first).to_contain_text("The two passwords are not the same")
    dialog.get_by_label("The same again").fill(OTHER_PASSWORD)
    press("Change the password")
    expect(dialog).to_contain_text("The password is changed. Other browsers are signed out.")
    press("Close")
    sign_out()

    sign_in(PASSWORD)
    expect(error).to_contain_text("E-mail or password is wrong.")
    sign_in(OTHER_PASSWORD)
    expect(page.locator("#welcome-status")).to_contain_text(f"There is no invitation to {EMAIL}")
    press("Password and e-mail address")
    expect(dialog).to_contain_text(f"Now: {EMAIL}.")
    look("the account")
    press("Close")
    sign_out()

    # A link counts once.
    page.goto(link)
    expect(why).to_contain_text("The link of the e-mail is too old, or it was opened before.")
    assert not findings
