"""Managers tell a bad headset from a bad line, and reps see the lines of their own calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.end_to_end.many_legs import MANAGER
from tests.web.calls_page import Rep, Session
from tests.web.demo_lines import measured_lines
from tests.web.looks import looker

# What the demo has: calls of Dana and Robin, of which those with this headset and those from this
# network were poor.
HEADSET, NETWORK = "Jabra Evolve2 40", "40e0c8d2"
NO_CLIPBOARD = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
CLIPBOARD = "() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"


@pytest.fixture
def lines(stack: Stack) -> Iterator[None]:
    with measured_lines(stack):
        yield


def compare_by(page: Page, kind: str) -> None:
    page.locator("#quality-kinds").get_by_role("button", name=kind).click()


def test_a_manager_tells_a_bad_headset_from_a_bad_network_and_finds_what_support_needs(
    new_rep: Callable[..., Rep], session: Session, lines: None
) -> None:
    tab = new_rep(storage_state=session(MANAGER)).open("#/quality")
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)
    causes = page.locator("#stand-outs-list li")
    rows = page.locator("#quality-rows tr")

    # Each of the two is named with its own fault, and not the people who have them.
    headset = causes.filter(has_text=HEADSET)
    expect(headset).to_contain_text("13 of 16 calls poor (microphone silent), of all others 1")
    expect(causes.filter(has_text=NETWORK)).to_contain_text("14 of 16 calls poor (words lost")
    expect(causes.filter(has_text="Dana")).to_have_count(0)
    # Other tests have measured calls, too.
    expect(rows.filter(has_text="Robin Rep")).to_contain_text(re.compile(r"1\d of [45]\d"))

    # A network gets a name.
    compare_by(page, "Network")
    line = rows.filter(has_text=NETWORK)
    line.get_by_role("button", name=f"Name it: Network {NETWORK}").press("Enter")
    keyboard.type("Robin’s home")
    keyboard.press("Enter")
    line = rows.filter(has_text="Robin’s home")
    expect(line).to_contain_text("14 of 16")
    expect(line.get_by_role("button", name="Rename: Robin’s home")).to_be_focused()
    expect(causes.filter(has_text="Robin’s home")).to_have_count(1)

    # From the line to its calls, to one call, to what support asks for.
    line.get_by_role("button", name="Robin’s home", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Calls: Robin’s home")).to_be_focused()
    calls = page.locator("#group-calls-rows tr")
    expect(calls).to_have_count(16)
    call = calls.filter(has_text="Poor").first
    expect(call).to_contain_text("Words lost on the way out")
    look("the report and the calls of a network")
    page.evaluate(NO_CLIPBOARD)
    call.get_by_role("button", name="Details").press("Enter")
    dialog = page.get_by_role("dialog", name="Line: ")
    expect(dialog).to_contain_text(
        "Words lost on the way out. For Robin Rep: Your network loses part of what you say."
    )
    copy = dialog.get_by_role("button", name="Copy for support")
    copy.press("Enter")
    text = dialog.get_by_label("For support")
    expect(text).to_be_focused()
    look("the details of a call")
    said = text.input_value()
    for fact in ("Line: poor", "CallSid: CA0", "Network: Robin’s home", "Loss from the browser: "):
        assert fact in said
    assert not re.search(r"1415555|\d+\.\d+\.\d+\.\d+", said), "whom they called, or an address"
    page.evaluate(CLIPBOARD)
    copy.press("Enter")
    expect(dialog).to_contain_text("Copied.")
    expect(text).to_be_hidden()
    assert page.evaluate("window.copied") == said
    keyboard.press("Escape")
    assert not findings, findings


def test_a_rep_sees_the_lines_of_their_own_calls_alone(
    new_rep: Callable[..., Rep], session: Session, lines: None
) -> None:
    tab = new_rep(storage_state=session(DEMO)).open("#/quality")
    page = tab.page
    rows = page.locator("#quality-rows tr")
    compare_by(page, "Microphone")
    expect(rows.filter(has_text=HEADSET)).to_contain_text("13 of 16")
    expect(rows.filter(has_text="Logitech")).to_have_count(0)
    compare_by(page, "Network")
    expect(rows.filter(has_text="Office")).to_contain_text("13 of 45")
    expect(rows.filter(has_text=NETWORK)).to_have_count(0)
    expect(page.get_by_role("button", name="Rename")).to_have_count(0)

    # The same in the list of calls.
    page.get_by_role("link", name="Calls").click()
    page.locator("#filter-search").fill("+1 415 555 0160")
    bad = tab.rows.filter(has_text="Poor line").first
    expect(bad).to_contain_text("Microphone silent")
    bad.get_by_role("button", name="Line: ").click()
    dialog = page.get_by_role("dialog", name="Line: ")
    expect(dialog).to_contain_text("one-way-audio")
