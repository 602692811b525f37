"""What a rep writes about a call is never lost, and never written about another call."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.end_to_end.clients import DEMO
from tests.web.calls_page import CallsPage, Rep, Session, Signed
from tests.web.network import Database, Held, Network, eventually

BUSINESS = "b0000000-0000-4000-8000-000000000001"
REPS = {
    DEMO: "d0000000-0000-4000-8000-000000000001",
    "rep2@henk.test": "d0000000-0000-4000-8000-000000000002",
    "manager@henk.test": "d0000000-0000-4000-8000-000000000003",
}
DESCRIBE = re.compile(r"/rest/v1/rpc/describe_conversation")
LOGOUT = re.compile(r"/auth/v1/logout")
CALLS = re.compile(r"/rest/v1/rpc/list_conversations")
STATUS = re.compile(r"/api/twilio/status\?")

NewCall = Callable[..., str]


@pytest.fixture
def new_call(database: Database) -> Iterator[NewCall]:
    """Puts calls of a rep on record that are over, and returns the id of each."""
    made: list[str] = []

    def make(number: str, rep: str = DEMO, **columns: Any) -> str:
        made.append(str(uuid.uuid4()))
        values = {
            "id": made[-1],
            "business_id": BUSINESS,
            "user_id": REPS[rep],
            "direction": "outbound",
            "status": "completed",
            "to_number": number,
            "call_sid": f"CA{uuid.uuid4().hex}",
            "duration_seconds": 5,
            **columns,
        }
        names = ", ".join(values)
        database.execute(
            f"insert into public.conversations ({names}, answered_at, ended_at) "
            f"values ({', '.join(['%s'] * len(values))}, now(), now())",
            *values.values(),
        )
        return made[-1]

    yield make
    for call in made:
        database.execute("delete from public.conversations where id = %s", call)


def edit(tab: CallsPage, call: str) -> Locator:
    """Opens the form of a call, and returns the field of its notes."""
    tab.row(call).get_by_role("button", name="Edit").click()
    expect(tab.wrap_up).to_be_visible()
    return tab.page.get_by_label("Notes")


def stored(database: Database, call: str) -> tuple[object, object]:
    row = database.row_with(call)
    return row["outcome"], row["notes"]


def test_a_form_belongs_to_its_call_and_the_call_that_ends_waits(
    signed_in: Signed, network: Network, database: Database, new_call: NewCall
) -> None:
    older = new_call("+15005552001")
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    tab = signed_in()
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]
    # Only then the call is known, and can wait for words about it.
    expect(tab.page.locator("#wrap-up-call")).to_contain_text(number)
    notes = edit(tab, older)
    notes.press_sequentially("Wants an ")
    row = str(database.row_of(sid)["id"])
    expect(tab.row(row)).to_have_attribute("data-status", "in-progress")
    statuses, lists = Held(tab.page, STATUS), Held(tab.page, CALLS)
    network.callee_hangs_up(sid)
    tab.is_ended("The other side hung up.")
    waiting = tab.page.locator("#wrap-up-waiting").get_by_role("button")
    expect(waiting).to_have_text(f"{number}: how did it go?")
    expect(notes).to_be_focused()
    network.over(sid)
    notes.press_sequentially("offer.")
    expect(notes).to_have_value("Wants an offer.")
    tab.page.get_by_role("button", name="Save").click()
    expect(waiting).to_be_focused()
    assert stored(database, older) == (None, "Wants an offer.")
    # What the page learns of the call later does not take the button away from the rep.
    statuses.wait()
    statuses.release()
    expect(tab.row(row)).to_have_attribute("data-status", "completed")
    lists.release()
    expect(waiting).to_be_focused()
    assert stored(database, row) == (None, None)
    tab.page.keyboard.press("Enter")
    expect(notes).to_have_value("")
    expect(tab.page.locator("#wrap-up-call")).to_contain_text(number)
    tab.wrap_up.get_by_text("Call back", exact=True).click()
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.wrap_up).to_be_hidden()
    expect(waiting).to_have_count(0)
    assert stored(database, row) == ("callback", None)


def test_notes_that_could_not_be_saved_outlive_the_next_call_and_a_reload(
    signed_in: Signed, network: Network, database: Database, new_call: NewCall
) -> None:
    call = new_call("+15005552002")
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    tab = signed_in()
    tab.watch.expect(r"Failed to load resource.* 503 .*/rpc/describe_conversation")
    bar = tab.page.get_by_role("region", name="Not saved")
    tab.page.context.route(DESCRIBE, lambda route: route.fulfill(status=503, body="{}"))
    edit(tab, call).fill("Roof faces south.\u0000")
    tab.page.get_by_role("button", name="Save").click()
    expect(bar).to_contain_text("1 note not saved")
    expect(bar).to_be_in_viewport()
    expect(tab.page.locator("#wrap-up-status")).to_contain_text("Not saved")

    tab.call_and_talk(number)
    expect(tab.page.locator("#wrap-up-call")).to_have_text(number)
    expect(bar).to_contain_text("1 note not saved")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    tab.page.reload()
    tab.is_ready()
    expect(bar).to_contain_text("1 note not saved")
    assert tab.accessibility_findings() == []
    assert stored(database, call) == (None, None)
    tab.page.context.unroute(DESCRIBE)
    # The page tries by itself, too, so the button may go at any moment.
    bar.get_by_role("button", name="Retry").evaluate_all("all => all.forEach((it) => it.click())")
    expect(bar).to_be_hidden()
    assert stored(database, call) == (None, "Roof faces south.")


def test_skip_and_reload_keep_what_was_written_and_the_call_is_found_in_one_click(
    signed_in: Signed, database: Database, new_call: NewCall
) -> None:
    call = new_call("+15005552003")
    new_call("+15005552004", outcome="connected")
    tab = signed_in()
    notes = edit(tab, call)
    notes.fill("Call on Tues")
    tab.page.reload()
    tab.is_ready()
    expect(notes).to_have_value("Call on Tues")
    notes.fill("Call on Tuesday")
    tab.page.get_by_role("button", name="Skip").click()
    expect(tab.wrap_up).to_be_hidden()
    assert stored(database, call) == (None, None)
    tab.page.get_by_role("button", name="Needs outcome").click()
    expect(tab.row(call)).to_be_visible()
    expect(tab.rows.filter(has_text="Connected")).to_have_count(0)
    expect(edit(tab, call)).to_have_value("Call on Tuesday")
    discard = tab.page.get_by_role("button", name="Discard draft")
    discard.click()
    expect(notes).to_have_value("Call on Tuesday")
    tab.wrap_up.get_by_text("Call back", exact=True).click()
    expect(discard).to_be_visible()
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.wrap_up).to_be_hidden()
    assert stored(database, call) == ("callback", "Call on Tuesday")
    tab.page.get_by_role("button", name="Reload").click()
    expect(tab.row(call)).to_have_count(0)


def test_what_is_written_in_one_tab_is_not_lost_in_another(
    signed_in: Signed, database: Database, new_call: NewCall
) -> None:
    call = new_call("+15005552010")
    first = signed_in()
    page = first.page.context.new_page()
    page.goto(first.page.url)
    second = CallsPage(page, first.watch)
    second.is_ready()
    edit(first, call).fill("Written in the first tab")
    waiting = second.page.locator("#wrap-up-waiting").get_by_role("button")
    expect(waiting).to_have_text("+1 500 555 2010: how did it go?")
    first.page.close()
    waiting.click()
    notes = second.page.get_by_label("Notes")
    expect(notes).to_have_value("Written in the first tab")
    notes.press_sequentially(" and in the second.")
    second.page.get_by_role("button", name="Save").click()
    expect(second.wrap_up).to_be_hidden()
    expect(waiting).to_have_count(0)
    assert stored(database, call) == (None, "Written in the first tab and in the second.")


def test_only_what_was_changed_is_saved_and_a_conflict_shows_both_texts(
    signed_in: Signed, database: Database, new_call: NewCall
) -> None:
    call = new_call("+15005552005", notes="Old.")
    tab = signed_in()

    def meanwhile(notes: str) -> None:
        database.execute("update public.conversations set notes = %s where id = %s", notes, call)

    edit(tab, call)
    meanwhile("Theirs.")
    tab.wrap_up.get_by_text("Interested", exact=True).click()
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.wrap_up).to_be_hidden()
    assert stored(database, call) == ("interested", "Theirs.")

    notes = edit(tab, call)
    expect(notes).to_have_value("Theirs.")
    meanwhile("Theirs, newer.")
    notes.fill("Mine.")
    tab.page.get_by_role("button", name="Save").click()
    question = tab.page.get_by_role("group", name="Two versions of the text")
    expect(question).to_contain_text("Theirs, newer.")
    expect(notes).to_have_value("Mine.")
    assert tab.accessibility_findings() == []
    assert stored(database, call) == ("interested", "Theirs, newer.")
    question.get_by_role("button", name="Keep both").click()
    expect(tab.wrap_up).to_be_hidden()
    assert stored(database, call) == ("interested", "Theirs, newer.\n\nMine.")


def test_agents_edit_their_own_calls_and_managers_all_and_see_what_was_there_before(
    signed_in: Signed, database: Database, new_call: NewCall
) -> None:
    call = new_call("+15005552006", notes="First.")
    colleague = signed_in("rep2@henk.test")
    colleague.page.locator("#filter-owner").select_option("all")
    expect(colleague.row(call)).to_be_visible()
    expect(colleague.row(call).get_by_role("button", name="Call again")).to_be_visible()
    expect(colleague.row(call).get_by_role("button", name="Edit")).to_have_count(0)

    manager = signed_in("manager@henk.test")
    manager.page.locator("#filter-owner").select_option("all")
    edit(manager, call).fill("Second.")
    manager.page.get_by_role("button", name="Save").click()
    expect(manager.wrap_up).to_be_hidden()

    tab = signed_in()
    expect(edit(tab, call)).to_have_value("Second.")
    changes = tab.page.locator("#wrap-up-changes")
    changes.locator("summary").click()
    expect(changes).to_contain_text("Mara Manager")
    expect(changes.locator("blockquote")).to_have_text("First.")


def test_a_page_that_can_store_nothing_keeps_drafts_while_it_is_open_and_says_so(
    known_rep: Callable[..., Rep], database: Database, new_call: NewCall
) -> None:
    calls = [new_call("+15005552007"), new_call("+15005552008")]
    rep = known_rep()
    rep.add_script(
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"
    )
    tab = rep.open_signed_in()
    for call in calls:
        edit(tab, call).fill(f"About {call}.")
        tab.page.get_by_role("button", name="Skip").click()
    expect(tab.notice("drafts")).to_have_count(1)
    for call in calls:
        expect(edit(tab, call)).to_have_value(f"About {call}.")
    tab.page.get_by_role("button", name="Save").click()
    eventually(
        lambda: [stored(database, call)[1] for call in calls] == [f"About {it}." for it in calls],
        "both notes",
    )


def test_notes_written_before_a_sign_out_are_saved_after_the_next_sign_in(
    signed_in: Signed, database: Database, new_call: NewCall
) -> None:
    call = new_call("+15005552009")
    tab = signed_in()
    allowed = {"Access-Control-Allow-Origin": tab.page.url.rstrip("/")}
    tab.page.route(LOGOUT, lambda route: route.fulfill(status=204, headers=allowed))
    edit(tab, call).fill("Written, then signed out.")
    with tab.page.expect_response(LOGOUT):
        tab.page.get_by_role("button", name="Sign out").click()
    expect(tab.page.get_by_label("Password")).to_be_visible()
    assert stored(database, call) == (None, None)
    tab.fill_sign_in()
    eventually(lambda: stored(database, call)[1] == "Written, then signed out.", "the notes")


def test_nothing_is_written_in_the_name_of_who_signed_in_in_another_tab(
    new_rep: Callable[..., Rep],
    own_session: Session,
    network: Network,
    database: Database,
    new_call: NewCall,
) -> None:
    call = new_call("+15005552031")
    number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    rep = new_rep(own_session(DEMO))
    allowed = {"Access-Control-Allow-Origin": rep.url}
    rep.context.route(LOGOUT, lambda route: route.fulfill(status=204, headers=allowed))
    tab, other = rep.open_signed_in(), rep.open_signed_in()
    tab.call_and_talk(number)
    notes = edit(tab, call)
    with other.page.expect_response(LOGOUT):
        other.page.get_by_role("button", name="Sign out").click()
    other.sign_in("manager@henk.test")
    expect(tab.notice("session")).to_contain_text("manager@henk.test has signed in")
    notes.fill("Of the first rep.")
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.page.locator("#wrap-up-status")).to_contain_text("Somebody else has signed in")
    tab.hang_up.click()
    expect(tab.page.locator("#user-email")).to_have_text("manager@henk.test")
    assert stored(database, call) == (None, None)
    with tab.page.expect_response(LOGOUT):
        tab.page.get_by_role("button", name="Sign out").click()
    tab.sign_in()
    eventually(lambda: stored(database, call)[1] == "Of the first rep.", "the notes")
    changes = "select changed_by from public.conversation_changes where conversation_id = %s"
    assert [str(it["changed_by"]) for it in database.find(changes, call)] == [REPS[DEMO]]
