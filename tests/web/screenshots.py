"""Takes a picture of every state of the Calls page, wide and narrow, light and dark.

    python -m tests.web.screenshots [DIRECTORY]

Starts a stack of its own, in a temporary directory. The pictures go to docs/screenshots, where git
ignores all except the four that README.md shows (`pictures_of_readme`).
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from stack import Stack, demo_reports
from stack.settings import CHECKOUT
from tests.end_to_end.clients import RIVAL
from tests.end_to_end.many_legs import COLLEAGUE, MANAGER
from tests.stacks import settings_in
from tests.web import chromium
from tests.web.calls_page import DESKTOP, PHONE, CallsPage, Rep
from tests.web.demo_lines import measured_lines
from tests.web.network import Database, Network
from tests.web.pictures_of_campaigns import campaigns, outcomes_and_messages
from tests.web.pictures_of_many_legs import ManyLegs
from tests.web.pictures_of_quality import check, report
from tests.web.pictures_of_recording import RecordedCall, play
from tests.web.pictures_of_reports import reports

LOOKS: dict[str, dict[str, Any]] = {
    f"{width}-{theme}": {"viewport": size, "color_scheme": theme}
    for width, size in (("desktop", DESKTOP), ("phone", PHONE))
    for theme in ("light", "dark")
}
TOKEN = re.compile(r"/api/twilio/token$")
DESCRIBE = re.compile(r"/rest/v1/rpc/describe_conversation")
ADA, BEN, NORA = "+15005550006", "+15005550007", "+15005550008"
BARRED = "+14155550187"
# Without animations and the text cursor, the same state gives the same picture.
STILL = "* { animation: none !important; transition: none !important; caret-color: transparent; }"


def main() -> None:
    """Takes all pictures."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "docs" / "screenshots"
    directory.mkdir(parents=True, exist_ok=True)
    for look in LOOKS:
        for old in directory.glob(f"*-{look}.png"):
            old.unlink()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        path, needed = chromium.find(place)
        with Stack(settings_in(place / "stack")) as stack, sync_playwright() as playwright:
            Photographer(stack, playwright, path, needed, directory).take_all()


class Photographer:
    """Goes through all states, once for every look (size and colours)."""

    def __init__(
        self,
        stack: Stack,
        playwright: Playwright,
        path: str,
        needed: dict[str, str],
        directory: Path,
    ) -> None:
        self._stack = stack
        self._network = Network(stack)
        self._database = Database(stack)
        # Text without coloured edges makes smaller files.
        plain = "--disable-lcd-text"
        shy = ("--use-fake-device-for-media-stream", "--deny-permission-prompts", plain)
        self._browser = chromium.launch(playwright, path, needed, (*chromium.FLAGS, plain))
        self._shy_browser = chromium.launch(playwright, path, needed, shy)
        self._directory = directory

    def take_all(self) -> None:
        self._network.script(ADA, ringSeconds=1.5, talkSeconds=None)
        self._database.execute(
            "insert into public.do_not_call (business_id, phone_number) "
            "select id, %s from public.businesses where name = 'Demo Solar'",
            BARRED,
        )
        self._make_history()
        states: tuple[Callable[[str], None], ...] = (
            self._signing_in,
            self._a_call,
            self._many_legs,
            self._a_recording,
            self._campaigns,
            self._lines,
            self._a_ring,
            self._writing,
            self._a_lost_connection,
            self._no_token,
            self._no_microphone,
        )
        for look in LOOKS:
            for state in states:
                state(look)
        # The list of calls is another with them.
        assert self._stack.postgres is not None
        demo_reports.add(self._stack.postgres)
        for look in LOOKS:
            self._reports(look)
        self._network.close()
        self._database.close()
        self._browser.close()
        self._shy_browser.close()

    def _make_history(self) -> None:
        """Places calls that end in several ways, so that the list has something to show."""
        self._network.script(NORA, ending="canceled", ringSeconds=1)
        rep, tab = self._open("desktop-light", self._browser)
        tab.sign_in()
        for number in (BEN, NORA):
            tab.call(number)
            tab.is_("ended", seconds=45)
        tab.contact.fill("ada")
        tab.contacts.first.click()
        tab.campaign.select_option(label="Solar autumn")
        expect(tab.number_check).to_contain_text("Calls ")
        tab.call_button.click()
        tab.is_("talking")
        expect(tab.clock).to_have_text("0:04")
        tab.hang_up.click()
        tab.wrap_up.get_by_text("Interested", exact=True).click()
        tab.page.get_by_label("Notes").fill("Roof faces south. Send the offer on Friday.")
        tab.page.get_by_role("button", name="Save").click()
        expect(tab.wrap_up).to_be_hidden()
        tab.page.get_by_role("button", name="Clear contact").click()
        tab.campaign.select_option(label="No campaign")
        tab.number.fill("+14155550188")
        expect(tab.number_check).to_contain_text("Calls ")
        self._database.execute(
            "insert into public.do_not_call (business_id, phone_number) "
            "select id, %s from public.businesses where name = 'Demo Solar'",
            "+14155550188",
        )
        tab.call_button.click()
        tab.is_("ended")
        expect(tab.rows).to_have_count(4)
        rep.close()
        self._network.unscript(NORA)

    def _signing_in(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        expect(tab.page.get_by_label("Password")).to_be_visible()
        self._take(tab, "sign-in", look)
        tab.sign_in(RIVAL)
        expect(tab.page.locator("#history-empty")).to_be_visible()
        self._take(tab, "no-calls-yet", look)
        rep.close()

    def _a_call(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in()
        expect(tab.rows.first).to_be_visible()
        self._take(tab, "calls", look, full="list")
        tab.number.fill(BARRED)
        expect(tab.number_check).to_contain_text("do not call list")
        self._take(tab, "number-refused", look)
        tab.number.fill("")
        self._call_ada(tab)
        tab.is_("ringing")
        self._take(tab, "ringing", look)
        tab.is_("talking")
        expect(tab.clock).to_have_text("0:02")
        self._take(tab, "talking", look)
        if "phone" in look:
            tab.page.get_by_role("tab", name="Contact").click()
            self._take(tab, "contact", look)
            tab.page.get_by_role("tab", name="Call", exact=True).click()
        else:
            tab.page.keyboard.press("?")
            self._take(tab, "keys", look)
            tab.page.keyboard.press("Escape")
        tab.mute.click()
        tab.page.get_by_role("button", name="Keypad").click()
        for digit in "42#":
            tab.page.locator(f'[data-digit="{digit}"]').click()
        self._take(tab, "muted-keypad", look, full="call")
        tab.hang_up.click()
        expect(tab.wrap_up).to_be_visible()
        expect(tab.rows.first).to_have_attribute("data-status", "completed")
        expect(tab.wrap_up).to_contain_text("Ada Answers · 0:0")
        tab.wrap_up.get_by_text("Call back", exact=True).click()
        tab.page.get_by_label("Notes").fill("Is in a meeting, call on Tuesday.")
        self._take(tab, "ended", look, full="call")
        self._forget_newest(rep)

    def _many_legs(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in()
        self._call_ada(tab)
        tab.is_("talking")

        def take(name: str) -> None:
            # A dialog stands over the window and not over the whole page.
            is_open = tab.page.locator("dialog[open]").count() > 0
            self._take(tab, name, look, full=None if is_open else "call")

        ManyLegs(tab, ADA, take).take_all()
        self._forget_newest(rep)

    def _a_recording(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in()

        def take(name: str) -> None:
            self._take(tab, name, look, full="call")

        RecordedCall(tab, ADA, lambda: self._call_ada(tab), take).take_all()
        self._forget_newest(rep)
        rep, tab = self._open(look, self._browser)
        tab.sign_in(MANAGER)
        play(tab, lambda name: self._take(tab, name, look))
        rep.close()

    def _campaigns(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in(MANAGER)

        def take(name: str) -> None:
            is_open = tab.page.locator("dialog[open]").count() > 0
            self._take(tab, name, look, full=None if is_open else "view")

        campaigns(tab, take)
        outcomes_and_messages(tab, take)
        rep.close()

    def _lines(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in(MANAGER)

        def take(name: str) -> None:
            is_open = tab.page.locator("dialog[open]").count() > 0
            self._take(tab, name, look, full=None if is_open else "view")

        with measured_lines(self._stack):
            report(tab, take)
        check(tab, take)
        rep.close()

    def _reports(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in(MANAGER)
        reports(tab, lambda name, full: self._take(tab, name, look, full=full))
        rep.close()

    def _a_ring(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in()
        colleague, window = self._open(look, self._browser)
        window.sign_in(COLLEAGUE)
        second = CallsPage(colleague.context.new_page(), colleague.watch)
        second.page.goto(colleague.url)
        second.is_ready()
        self._call_ada(tab)
        tab.is_("talking")
        tab.page.get_by_label("Notes").fill("Roof faces south. Asks about the battery.")
        tab.page.get_by_role("button", name="Transfer").click()
        expect(tab.page.get_by_role("radio", name="Robin Rep")).to_be_enabled()
        tab.page.locator("#target-list").get_by_text("Robin Rep").click()
        tab.page.get_by_role("button", name="Call Robin Rep").click()
        expect(window.page.get_by_role("heading", name="Ada Answers to you")).to_be_visible()
        expect(second.notice("ring-elsewhere")).to_be_visible()
        self._take(window, "phone-rings", look)
        self._take(second, "rings-in-another-tab", look)
        window.page.get_by_role("button", name="Decline").click()
        window.page.get_by_role("switch").click()
        expect(window.page.get_by_role("switch", name="Away")).to_be_visible()
        self._take(window, "away", look)
        expect(tab.page.get_by_role("button", name="Resume")).to_be_visible()
        tab.hang_up.click()
        tab.is_("ended")
        self._network.over(self._network.call_to(ADA)["callSid"])
        self._database.execute(
            "update public.conversations set call_back_at = now(), outcome = null where id in "
            "(select id from public.conversations order by created_at desc limit 1)"
        )
        tab.page.get_by_role("button", name="Needs outcome").click()
        expect(tab.rows.first).to_contain_text("Call back promised")
        self._take(tab, "call-back-promised", look, full="list")
        window.page.get_by_role("switch").click()
        colleague.close()
        self._forget_newest(rep)

    def _writing(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in()
        tab.number.fill("(415) 555-0199 ext. 123 (work)")
        expect(tab.number_check).to_contain_text("Extension 123")
        self._take(tab, "number-read", look)
        row = tab.rows.filter(has_text="Interested")
        row.get_by_role("button", name="Edit").click()
        call = row.get_attribute("data-conversation")
        change = "update public.conversations set notes = %s where id = %s"
        notes = "Roof faces south. Send the offer on Friday."
        self._database.execute(change, f"{notes} Ask for the plans.", call)
        tab.page.get_by_label("Notes").fill(f"{notes} He has a flat roof, too.")
        tab.page.get_by_role("button", name="Save").click()
        expect(tab.page.get_by_role("group", name="Two versions")).to_be_visible()
        self._take(tab, "two-versions", look, full="call")
        tab.page.get_by_role("button", name="Keep theirs").click()
        expect(tab.wrap_up).to_be_hidden()
        tab.page.route(DESCRIBE, lambda route: route.fulfill(status=503, body="{}"))
        for text in ("Busy", "Canceled"):
            tab.rows.filter(has_text=text).get_by_role("button", name="Edit").click()
            tab.page.get_by_label("Notes").fill(f"{text}: call again on Monday.")
            button = "Save" if text == "Busy" else "Skip"
            tab.page.get_by_role("button", name=button).click()
        expect(tab.page.get_by_role("region", name="Not saved")).to_be_visible()
        self._take(tab, "not-saved", look)
        self._database.execute(change, notes, call)
        rep.close()

    def _a_lost_connection(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        tab.sign_in()
        self._call_ada(tab)
        tab.is_("talking")
        self._network.cut(self._network.call_to(ADA)["callSid"], 3)
        tab.is_("reconnecting")
        self._take(tab, "reconnecting", look)
        tab.is_("talking", seconds=20)
        tab.hang_up.click()
        expect(tab.rows.first).to_have_attribute("data-status", "completed")
        self._forget_newest(rep)

    def _no_token(self, look: str) -> None:
        rep, tab = self._open(look, self._browser)
        error = {"code": "phone_system_error", "message": "", "requestId": ""}
        origin = self._stack.env["CALLS_PAGE_URL"]
        rep.context.route(
            TOKEN,
            lambda route: route.fulfill(
                status=500,
                json={"success": False, "error": error},
                headers={"Access-Control-Allow-Origin": origin},
            ),
        )
        tab.page.get_by_label("Password").fill("henk-demo-password")
        tab.page.get_by_role("button", name="Sign in").click()
        expect(tab.notice("voice")).to_be_visible()
        expect(tab.rows.first).to_be_visible()
        self._take(tab, "phone-system-error", look)
        rep.close()

    def _no_microphone(self, look: str) -> None:
        rep, tab = self._open(look, self._shy_browser)
        tab.sign_in()
        self._call_ada(tab)
        tab.is_("ended")
        self._take(tab, "no-microphone", look)
        rep.close()

    def _call_ada(self, tab: CallsPage) -> None:
        tab.contact.fill("ada")
        tab.contacts.first.click()
        tab.campaign.select_option(label="Solar autumn")
        expect(tab.number_check).to_contain_text("Calls ")
        tab.call_button.click()

    def _forget_newest(self, rep: Rep) -> None:
        """Deletes the newest call, so that each look shows the same calls."""
        rep.close()
        self._database.execute(
            "delete from public.conversations where id in "
            "(select id from public.conversations order by created_at desc limit 1)"
        )

    def _open(self, look: str, browser: Browser) -> tuple[Rep, CallsPage]:
        rep = Rep(browser, self._stack, **LOOKS[look])
        return rep, rep.open()

    def _take(self, tab: CallsPage, name: str, look: str, *, full: str | None = None) -> None:
        """Takes the window from its top. ``full``: also the rest of the call, of the
        list, or of the view."""
        tab.page.evaluate("window.scrollTo(0, 0)")
        size = LOOKS[look]["viewport"]
        height = tab.page.evaluate(
            "selector => document.querySelector(selector).getBoundingClientRect().bottom + 16",
            {None: "header", "call": ".dialer", "list": ".history", "view": "#view"}[full],
        )
        tab.page.mouse.move(0, 0)
        tab.page.screenshot(
            path=self._directory / f"{name}-{look}.png",
            full_page=True,
            clip={
                "x": 0,
                "y": 0,
                "width": size["width"],
                "height": max(size["height"], int(height)),
            },
            style=STILL,
        )


if __name__ == "__main__":
    main()
