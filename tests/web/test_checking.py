"""The check before calling, with the official SDK in Chromium: a rep learns on the page why they
cannot be heard, and a call goes before a check."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.end_to_end.clients import Rep as SignedInRep
from tests.web.calls_page import Rep, Session
from tests.web.library_page import Profile
from tests.web.looks import looker
from tests.web.network import Database, Network, eventually

_CHECKS = (
    "select checks.verdict, checks.grade, checks.call_sid, checks.facts "
    "from public.preflight_reports checks join auth.users on users.id = checks.user_id "
    "where users.email = %s order by checks.created_at desc"
)


def test_a_rep_learns_why_they_are_not_heard_and_what_helps(
    new_rep: Callable[..., Rep],
    session: Session,
    stack: Stack,
    network: Network,
    database: Database,
) -> None:
    rep = new_rep(storage_state=session(DEMO))
    rep.context.grant_permissions(["microphone", "clipboard-read", "clipboard-write"])
    tab = rep.open("#/check")
    page = tab.page
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)
    sign = page.locator("#line-sign")
    expect(sign).to_contain_text("Ready")
    top = "document.querySelector('.top').offsetHeight"
    height = page.evaluate(top)
    client = SignedInRep.sign_in(stack, DEMO).grant()["identity"]
    network.conditions(client, loss=0.2, direction="out", seconds=120)

    page.get_by_role("button", name="Check now").click()
    heard = page.get_by_role("group", name="Do you hear the voice?")
    heard.get_by_role("button", name="Yes").press("Enter")
    expect(heard).to_be_hidden()
    verdict = page.locator("#check-verdict")
    expect(verdict).to_contain_text("They may not hear you")
    expect(verdict).to_contain_text("In your network: your network loses")
    expect(verdict).to_contain_text("Move closer to the Wi-Fi")
    expect(sign).to_contain_text("They may not hear you")
    assert page.evaluate(top) == height, "the page below does not move"
    page.get_by_role("listitem").filter(has_text="Line").get_by_text("Details").click()
    look("a check with a fault")

    page.get_by_role("button", name="Copy report").click()
    expect(tab.notice("check")).to_contain_text("The report is copied")
    report = page.evaluate("navigator.clipboard.readText()")
    assert "They may not hear you (loss_out)" in report
    row = eventually(lambda: database.find(_CHECKS, DEMO), "the check is on record")[0]
    assert (row["verdict"], row["grade"], row["facts"]["speaker_heard"]) == (
        "loss_out",
        "poor",
        True,
    )
    assert row["call_sid"] in report
    assert not database.find(
        "select 1 from public.conversations where call_sid = %s", row["call_sid"]
    )
    network.conditions(client)
    assert not findings, findings


def test_a_call_ends_a_check_and_finds_the_line_free(
    browser: Browser, session: Session, stack: Stack, network: Network, database: Database
) -> None:
    profile = Profile(browser, stack, session)
    tab = profile.open()
    before = len(database.find(_CHECKS, DEMO))
    tab.run("void (window.checked = voice.check.run())")
    tab.shows("voice.check.steps.find(({ name }) => name === 'line').state", "running")
    number = network.a_number(ringSeconds=0.3, talkSeconds=None)
    tab.run(f"void (window.call = voice.dial({{ to: '{number}' }}))")
    # Within the check's own time it would be over by itself.
    tab.shows("voice.check.result?.fault.meaning", "A call came, and calls go first.", seconds=5)
    tab.shows("call.state", "talking")
    refused = "voice.check.run().catch((error) => error.failure.code)"
    assert tab.run(f"await {refused}") == "call_in_progress"
    tab.run("call.hangUp()")
    tab.shows("call.state", "ended")
    assert len(database.find(_CHECKS, DEMO)) == before
    profile.context.close()
