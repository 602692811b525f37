"""How calls end: what the page says, what its list shows, and what the database has."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, expect

from tests.end_to_end.clients import DEMO
from tests.web.calls_page import CallsPage, Profiles, Session, Signed
from tests.web.network import Database, Json, Network, eventually, lead_leg

# Chromium logs this for each socket that it cannot open while the network is cut.
LOST_SOCKET = r"WebSocket connection to 'ws://localhost:\d+/signal' failed"

ENDINGS: dict[str, tuple[Json, str, str, str]] = {
    "busy at once": (
        {"ending": "busy", "ringSeconds": 0},
        "The line is busy.",
        "busy",
        "Busy",
    ),
    "busy after it rang": (
        {"ending": "busy", "ringSeconds": 1},
        "The line is busy.",
        "busy",
        "Busy",
    ),
    "not reached": (
        {"ending": "failed", "ringSeconds": 0},
        "The number could not be reached.",
        "failed",
        "Not reached",
    ),
    "hung up by the other side": (
        {"ringSeconds": 0.5, "talkSeconds": 2},
        "The other side hung up.",
        "completed",
        "Completed",
    ),
}


def the_row(tab: CallsPage, database: Database, number: str) -> Json:
    """Waits until the only conversation with this number is over, and the list shows it so."""

    def final() -> Json | None:
        rows = database.rows_to(number)
        return rows[0] if rows and rows[0]["ended_at"] else None

    row = eventually(final, f"the end of the call to {number}")
    assert len(database.rows_to(number)) == 1
    expect(tab.row(row["id"])).to_have_attribute("data-status", row["status"])
    return row


# Two calls take long. They begin before all tests of this module, and the last tests check them.
Begun = tuple[CallsPage, str]


@pytest.fixture(scope="module", autouse=True)
def lost(profiles: Profiles, session: Session, network: Network) -> Iterator[Begun]:
    """A call that loses its connection while it rings."""
    number = network.a_number(ringSeconds=60)
    rep = profiles.take(session(DEMO))
    tab = rep.open_signed_in()
    tab.watch.expect(LOST_SOCKET)
    tab.call(number)
    tab.is_("ringing")
    network.cut(network.call_to(number)["callSid"], 1)
    tab.is_ended("Connection lost")
    yield tab, number
    profiles.give_back(rep)


@pytest.fixture(scope="module", autouse=True)
def unanswered(
    lost: Begun, profiles: Profiles, session: Session, network: Network
) -> Iterator[Begun]:
    """A call that nobody answers. It rings for 35 seconds: 30 of the Dial, 5 of the network."""
    number = network.a_number(ending="no-answer")
    rep = profiles.take(session(DEMO))
    tab = rep.open_signed_in()
    tab.watch.expect(LOST_SOCKET)
    tab.call(number)
    tab.is_("ringing")
    yield tab, number
    profiles.give_back(rep)


def test_the_page_says_how_calls_ended_and_so_does_the_record(
    signed_in: Signed, network: Network, database: Database
) -> None:
    tab = signed_in()
    for ending, (script, said, status, word) in ENDINGS.items():
        number = network.a_number(**script)
        tab.call(number)
        tab.is_ended(said)

        row = the_row(tab, database, number)
        leg = lead_leg(network.over(row["call_sid"]))
        assert (row["status"], leg["status"]) == (status, status), ending
        assert row["duration_seconds"] == (leg["duration"] or 0), ending
        shown = tab.row(row["id"])
        expect(shown.locator(".badge")).to_have_text(word)
        talked = f"0:{leg['duration']:02}" if status == "completed" else "–"
        expect(shown.get_by_role("cell").nth(1)).to_have_text(talked)
        expect(tab.call_button).to_be_visible()
        expect(tab.hang_up).to_be_hidden()
        expect(tab.wrap_up).to_be_visible()

    # Now the rep gives up while it rings.
    number = network.a_number(ringSeconds=60)
    tab.call(number)
    tab.is_("ringing")
    tab.hang_up.click()
    tab.is_ended("You hung up before anybody answered.")
    row = the_row(tab, database, number)
    assert (row["status"], row["duration_seconds"]) == ("canceled", 0)
    expect(tab.clock).to_be_hidden()


def test_a_number_that_may_not_be_called_is_refused_before_it_is_called(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number()
    do_not_call(database, number)
    tab = signed_in()
    tab.number.fill(number)
    expect(tab.number_check).to_have_text("The number is on your do not call list.")
    expect(tab.number).to_have_attribute("aria-invalid", "true")

    tab.call_button.click()
    expect(tab.number).to_be_focused()
    tab.is_("idle")
    tab.number.fill("12345")
    expect(tab.number_check).to_have_text("The number is not a valid phone number.")
    tab.number.fill("")
    tab.call_button.click()
    expect(tab.number_check).to_have_text("Enter a number, or choose a contact.")
    assert database.rows_to(number) == []


def test_a_number_that_was_barred_meanwhile_is_refused_and_on_record(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number()
    tab = signed_in()
    tab.number.fill(number)
    expect(tab.number_check).to_contain_text("Calls ")
    do_not_call(database, number)
    tab.call_button.click()
    tab.is_ended("The call was not placed. The number is on your do not call list.")

    row = the_row(tab, database, number)
    assert (row["status"], row["block_reason"]) == ("blocked", "do_not_call")
    expect(tab.row(row["id"])).to_contain_text("Refused")
    expect(tab.row(row["id"])).to_contain_text("The number is on your do not call list.")
    expect(tab.wrap_up).to_be_hidden()


def test_a_tab_that_is_closed_ends_its_call(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab = signed_in()
    tab.call_and_talk(number)
    expect(tab.clock).to_have_text(re.compile("0:(0[1-9]|[1-5][0-9])"))
    sid = network.call_to(number)["callSid"]
    asked: list[Dialog] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog)
        dialog.accept()

    tab.page.on("dialog", leave)
    with tab.page.expect_event("close"):
        tab.page.close(run_before_unload=True)
    assert len(asked) == 1, "it was not asked whether to leave the call"

    leg = lead_leg(network.over(sid))
    row = database.row_of(sid)
    assert (row["status"], row["duration_seconds"]) == ("completed", leg["duration"])
    assert leg["duration"] >= 1


def test_a_call_survives_five_seconds_without_network(
    signed_in: Signed, network: Network, database: Database
) -> None:
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab = signed_in()
    tab.watch.expect(LOST_SOCKET)
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]
    network.cut(sid, 5)
    tab.is_("reconnecting")
    expect(tab.state).to_have_text("Connection lost. Reconnecting…")
    tab.is_("talking")
    expect(tab.state).to_have_text("Talking")
    assert network.media(sid)["socketLosses"] == 1

    frames = network.media(sid)["framesReceived"]
    eventually(lambda: network.media(sid)["framesReceived"] > frames + 50, "sound again")
    tab.page.keyboard.press("7")
    eventually(lambda: network.media(sid)["digits"] == "7", "a digit after the cut")
    network.callee_hangs_up(sid)
    tab.is_ended("The other side hung up.")
    leg = lead_leg(network.over(sid))
    row = database.row_of(sid)
    assert (row["status"], row["duration_seconds"]) == ("completed", leg["duration"])
    assert leg["duration"] >= 5
    expect(tab.row(row["id"])).to_have_attribute("data-status", "completed")


def test_a_call_that_nobody_answers_ends_by_itself(
    unanswered: Begun, network: Network, database: Database
) -> None:
    tab, number = unanswered
    tab.is_("ended", seconds=90)
    tab.is_ended("Nobody answered.")
    expect(tab.clock).to_be_hidden()
    row = the_row(tab, database, number)
    assert (row["status"], row["duration_seconds"]) == ("no-answer", 0)
    leg = lead_leg(network.over(row["call_sid"]))
    assert leg["status"] == "no-answer"
    expect(tab.row(row["id"]).locator(".badge")).to_have_text("No answer")
    tab.watch.check()


def test_a_call_that_loses_its_connection_while_it_rings_is_over_and_stays_so(
    lost: Begun, database: Database
) -> None:
    """The SDK does not know that it is over: it tries to reconnect, and warns about the sound."""
    tab, number = lost
    tab.is_ended("Connection lost")
    expect(tab.notice("call")).to_contain_text("The connection to the phone network was lost.")
    expect(tab.page.locator("#call-quality")).to_have_text("")
    row = the_row(tab, database, number)
    assert (row["status"], row["duration_seconds"]) == ("canceled", 0)
    tab.watch.check()


def do_not_call(database: Database, number: str) -> None:
    database.execute(
        "insert into public.do_not_call (business_id, phone_number) "
        "select id, %s from public.businesses where name = 'Demo Solar'",
        number,
    )
