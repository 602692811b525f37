"""A call with more people than a rep and a lead, as the rep's page shows it. The endpoints' answers
are acted here; tests/web/test_many_legs_together.py has two browsers and the real endpoints."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.web.acted_call import BO, DANA, MARA, ROBIN, ActedCall, Json, ago, leg, rings
from tests.web.calls_page import DESKTOP, CallsPage, Signed
from tests.web.network import Network

NARROW = {"width": 360, "height": 780}
THIRD = "+14155550123"


class TheCall:
    """A call of Dana's whose other legs are acted."""

    def __init__(self, tab: CallsPage, network: Network) -> None:
        self.number = network.a_number(ringSeconds=0.2, talkSeconds=None)
        self.acted = ActedCall(tab)
        self.acted.colleagues = [
            colleague(ROBIN, "Robin Rep", "available"),
            colleague(MARA, "Mara Manager", "busy"),
            colleague(BO, "Bo Both", "away"),
        ]
        self.dana = leg("agent", since=60, user_id=DANA, is_host=True)
        self.lead = leg("lead", since=55, to_number=self.number)
        self.held = self.lead | {"on_hold_since": ago(12)}
        self.robin = leg("teammate", since=5, user_id=ROBIN)


def colleague(user_id: str, name: str, state: str) -> Json:
    return {"user_id": user_id, "name": name, "role": "agent", "state": state, "since": ago(60)}


def hears(page: Page, sentence: str) -> None:
    expect(page.locator("#call-hears")).to_have_text(sentence)


def test_each_state_says_who_hears_whom_and_offers_what_makes_sense_also_on_a_narrow_screen(
    signed_in: Signed, network: Network
) -> None:
    tab = signed_in()
    page = tab.page
    call = TheCall(tab, network)
    acted, dana, lead, held, robin = call.acted, call.dana, call.lead, call.held, call.robin
    findings: dict[str, list[str]] = {}

    def look(state: str) -> None:
        for size, theme in ((DESKTOP, "light"), (NARROW, "dark")):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{state} is wider than {size['width']} pixels"
            if found := tab.accessibility_findings(only_looks=theme == "dark"):
                findings[f"{state}, {size['width']}, {theme}"] = found

    def offers(*names: str) -> None:
        buttons = page.locator("#call-box button:visible")
        expect(buttons).to_have_text([re.compile(rf"^\s*{re.escape(name)}\s*$") for name in names])

    tab.call_and_talk(call.number)
    name = page.locator("#call-detail").inner_text()
    hears(page, f"You talk to {name}.")
    offers("Mute", "Hold", "Keypad", "Transfer", "Add", "Hang up")

    acted.when_asked("on_hold", dana, held)
    page.get_by_role("button", name="Hold", exact=True).click()
    hears(page, f"{name} hears music. Nobody hears you.")
    offers("Mute", "Resume", "Keypad", "Transfer", "Hang up")
    people = page.locator("#call-people-list li")
    expect(people).to_have_text(
        [re.compile(r"On hold0:\d\d"), re.compile(r"^YouOn the call1:\d\d")]
    )
    look("on hold")

    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="Robin Rep Available")).to_be_enabled()
    for who in ("Mara Manager In a call", "Bo Both Away"):
        expect(dialog.get_by_role("radio", name=re.compile(who))).to_be_disabled()
    look("whom to ring")
    dialog.get_by_text("Robin Rep").click()
    acted.when_asked("ringing", dana, held, robin | rings(3))
    dialog.get_by_role("button", name="Call Robin Rep").click()
    hears(page, f"{name} hears music. Nobody hears you. Robin Rep’s phone rings.")
    offers(f"Back to {name}", "Mute", "Keypad", "Hang up")

    acted.act("consulting", dana, held, robin)
    hears(page, f"{name} hears music. You talk to Robin Rep.")
    offers(
        "Hand over to Robin Rep",
        "Talk all together",
        f"Back to {name}",
        "Mute",
        "Keypad",
        "Hang up",
    )
    look("consulting")
    tab.hang_up.click()
    question = page.get_by_role("dialog", name="What becomes of the call?")
    expect(question).to_contain_text(f"{name} hears music. You talk to Robin Rep.")
    look("what becomes of the call")
    question.get_by_role("button", name="Go on as it is").click()
    tab.mute.click()
    hears(page, f"{name} hears music. You hear Robin Rep. You are muted: nobody hears you.")
    tab.mute.click()

    third = leg("third_party", since=3, to_number=THIRD) | rings(3)
    acted.when_asked("together", dana, lead, robin, third)
    page.get_by_role("button", name="Talk all together").click()
    hears(
        page,
        f"You, {name} and Robin Rep hear each other. +1 415 555 0123’s phone rings.",
    )
    expect(page.get_by_role("button", name="Stop ringing +1 415 555 0123")).to_be_visible()
    expect(page.get_by_role("button", name="Remove Robin Rep")).to_be_visible()
    look("together")

    going_on = {"status": "in-progress", "ended_at": None, "duration_seconds": None}
    over = dana | {"status": "completed", "ended_at": ago(0), "duration_seconds": 60}
    acted.when_asked("transferred", over, lead, robin, row=going_on)
    page.get_by_role("button", name="Leave", exact=True).click()
    tab.is_ended("You handed the call over.")
    hears(page, f"{name} and Robin Rep talk to each other.")
    # The rep is free: the form for the next call is there, and the notes of this one.
    expect(tab.call_button).to_be_visible()
    expect(tab.wrap_up).to_be_visible()
    look("handed over")
    assert findings == {}


def test_what_goes_wrong_in_a_call_with_others_is_said_where_the_rep_is_and_needs_no_mouse(
    signed_in: Signed, network: Network
) -> None:
    tab = signed_in()
    tab.watch.expect(r"status of (409|403|503)|ERR_FAILED.*/control")
    page, keyboard = tab.page, tab.page.keyboard
    call = TheCall(tab, network)
    acted, dana, held, robin = call.acted, call.dana, call.held, call.robin
    tab.call_and_talk(call.number)
    name = page.locator("#call-detail").inner_text()
    trouble, news = page.locator("#call-trouble"), page.locator("#call-news")

    acted.fail(503, "twilio_unavailable")
    tab.tab_to(page.get_by_role("button", name="Hold", exact=True))
    keyboard.press("Enter")
    expect(trouble).to_contain_text("Try again in a moment. The call goes on as it was.")
    hears(page, f"You talk to {name}.")
    acted.cut()
    keyboard.press("Enter")
    expect(trouble).to_contain_text("Check your internet connection")
    hears(page, f"You talk to {name}.")
    acted.fail(403, "not_your_call")
    keyboard.press("Enter")
    expect(trouble).to_contain_text(
        "Only people who are on this call, and managers, can change it."
    )
    acted.is_slow = True
    acted.when_asked("on_hold", dana, held)
    keyboard.press("Enter")
    hears(page, f"{name} hears music. Nobody hears you.")
    expect(trouble).to_be_empty()
    # The button that was pressed is gone; the keyboard goes on at its counterpart.
    expect(page.get_by_role("button", name="Resume")).to_be_focused()

    # The rep may go on before the answer is there. It is waited for before anybody is rung.
    transfer = page.get_by_role("button", name="Transfer")
    tab.tab_to(transfer)
    keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Robin Rep")).to_be_visible()
    tab.tab_to(dialog.get_by_role("radio", name=re.compile("Robin")))
    keyboard.press("Space")
    acted.fail(409, "busy")
    keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Ringing…")).to_be_visible()
    acted.is_slow = False
    why = dialog.get_by_role("alert")
    expect(why).to_contain_text("This person is in another call. Choose somebody else")
    acted.colleagues[0]["state"] = "away"
    expect(why).to_have_text("Robin Rep is away now. Choose somebody else.")
    keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(transfer).to_be_focused()

    acted.colleagues[0]["state"] = "available"
    keyboard.press("Enter")
    dialog.get_by_text("A phone number").click()
    dialog.get_by_label("Phone number", exact=True).fill(call.number)
    keyboard.press("Enter")
    expect(why).to_have_text(f"This is the number of {name}.")
    keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(transfer).to_be_focused()
    keyboard.press("Enter")
    expect(dialog.get_by_role("radio", name=re.compile("Robin"))).to_be_enabled()
    tab.tab_to(dialog.get_by_role("radio", name=re.compile("Robin")))
    keyboard.press("Space")
    acted.when_asked("ringing", dana, held, robin | rings(2))
    keyboard.press("Enter")
    hears(page, f"{name} hears music. Nobody hears you. Robin Rep’s phone rings.")
    # The button that opened the dialog is gone.
    expect(page.get_by_role("button", name=f"Back to {name}")).to_be_focused()
    declined = {"status": "no-answer", "answered_at": None, "declined_at": ago(0)}
    acted.act("on_hold", dana, held, robin | declined)
    expect(news).to_have_text(f"Robin Rep declined. Go back to {name}, or choose somebody else.")
    expect(page.locator("#call-people-list li").last).to_contain_text("Robin RepDeclined")

    again = leg("teammate", since=1, user_id=ROBIN)
    acted.act("consulting", dana, held, again)
    hears(page, f"{name} hears music. You talk to Robin Rep.")
    expect(news).to_be_empty()
    gone = held | {"status": "completed", "ended_at": ago(0), "on_hold_since": None}
    acted.act("consulting", dana, gone, again)
    hears(page, f"{name} is not on the call any more. You talk to Robin Rep.")
    expect(page.get_by_role("button", name="Hand over to Robin Rep")).to_be_hidden()
    network.callee_hangs_up(network.call_to(call.number)["callSid"])
    tab.is_("ended")
