"""What happens to the session of a rep, and what the page makes of it: only the rep ends a call."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.end_to_end.clients import BOTH, DEMO
from tests.web.calls_page import CallsPage, Rep, Session
from tests.web.network import Network, eventually

REFRESH = re.compile(r"/auth/v1/token\?grant_type=refresh_token")
SIGN_IN = re.compile(r"/auth/v1/token\?grant_type=password")
LOGOUT = re.compile(r"/auth/v1/logout")
REST = re.compile(r"/rest/v1/")
TOKEN = re.compile(r"/api/twilio/token$")
# Makes the Supabase client look at the session, as it does when the tab comes to the front.
LOOK = "window.dispatchEvent(new Event('visibilitychange'))"
# Changes the stored session.
CHANGE_SESSION = """change => {
  const key = Object.keys(localStorage).find(key => /^sb-.*-auth-token$/.test(key));
  const session = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({ ...session, ...change }));
}"""


def answer(route: Route, status: int, body: object) -> None:
    headers = {
        "Access-Control-Allow-Origin": route.request.headers.get("origin", "*"),
        "Access-Control-Expose-Headers": "X-Supabase-Api-Version",
        "X-Supabase-Api-Version": "2024-01-01",
    }
    # The page may have given up, or be gone.
    with suppress(Error):
        route.fulfill(status=status, json=body, headers=headers)


def keep_at_server(rep: Rep) -> None:
    """A sign-out at the server would end the user's sessions in all tests."""
    headers = {"Access-Control-Allow-Origin": rep.url}
    rep.context.route(LOGOUT, lambda route: route.fulfill(status=204, headers=headers))


def refuse_refreshes(page: Page) -> None:
    refusal = {"code": "refresh_token_already_used", "message": "Invalid Refresh Token"}
    page.context.route(REFRESH, lambda route: answer(route, 400, refusal))


def end_session(tab: CallsPage) -> None:
    """The session expires, and its refresh is refused."""
    tab.watch.expect(r"Failed to load resource.* 400 .*/auth/v1/token")
    refuse_refreshes(tab.page)
    tab.page.evaluate(CHANGE_SESSION, {"expires_at": 1})
    tab.page.evaluate(LOOK)


def sign_in_above(tab: CallsPage, email: str | None = None) -> None:
    tab.page.context.unroute(REFRESH)
    if email:
        tab.page.get_by_label("E-mail").fill(email)
    tab.page.get_by_label("Password").fill("henk-demo-password")
    tab.page.get_by_role("button", name="Sign in").click()
    expect(tab.page.get_by_role("heading", name="Sign in")).to_be_hidden()


def test_a_session_that_ends_is_asked_for_after_the_call_and_the_rep_goes_on(
    new_rep: Callable[..., Rep], own_session: Session, network: Network
) -> None:
    # A refresh would take the session away from tests that share it.
    tab = new_rep(own_session(DEMO)).open_signed_in()
    page = tab.page
    number = network.a_number(ringSeconds=0.3, talkSeconds=None)
    tab.campaign.select_option(label="Solar autumn")
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]

    end_session(tab)
    expect(tab.notice("session")).to_contain_text("Your session was used elsewhere")
    expect(tab.notice("session")).to_contain_text("The call goes on.")
    expect(page.get_by_role("heading", name="Sign in")).to_be_hidden()
    tab.is_("talking")
    assert not network.call(sid)["ended"]

    tab.hang_up.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#sign-in-why")).to_contain_text("go on where you were")
    expect(page.get_by_label("E-mail")).to_have_value(DEMO)
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page).to_have_title("Sign in · Henk")
    expect(page.locator("#view")).to_have_attribute("inert", "")
    assert tab.accessibility_findings() == []
    sign_in_above(tab)
    tab.is_ended("You hung up.")
    expect(tab.number).to_have_value(number)
    expect(tab.campaign.locator("option:checked")).to_have_text("Solar autumn")
    expect(tab.wrap_up).to_be_visible()
    expect(tab.notice("session")).to_have_count(0)
    tab.call_and_talk(network.a_number(ringSeconds=0.3, talkSeconds=None))
    tab.hang_up.click()
    tab.is_ended("You hung up.")


def test_a_sign_out_in_another_tab_hangs_up_nothing_and_another_user_gets_a_clean_page(
    new_rep: Callable[..., Rep], own_session: Session, network: Network
) -> None:
    rep = new_rep(own_session(DEMO))
    keep_at_server(rep)
    tab, other = rep.open_signed_in(), rep.open_signed_in()
    number = network.a_number(ringSeconds=0.3, talkSeconds=None)
    tab.call_and_talk(number)
    with other.page.expect_response(LOGOUT):
        other.page.get_by_role("button", name="Sign out").click()
    expect(other.page.locator("#view")).to_be_empty()
    expect(tab.notice("session")).to_contain_text("The call goes on.")
    tab.is_("talking")
    tab.hang_up.click()
    sign_in_above(tab, BOTH)
    tab.is_ready()
    expect(tab.number).to_have_value("")
    expect(tab.page.locator("#user-email")).to_have_text(BOTH)
    assert network.over(network.call_to(number)["callSid"])["ended"]


def test_reads_go_on_after_one_refresh_that_all_share(
    new_rep: Callable[..., Rep], own_session: Session
) -> None:
    """The key of the token was changed, or the clock of the server is ahead."""
    rep = new_rep(own_session(DEMO))
    rep.watch.expect(r"Failed to load resource.* 401 ")
    refreshes: list[str] = []
    stale: list[str] = []

    def refresh(route: Route) -> None:
        refreshes.append(route.request.url)
        with suppress(Error):
            response = route.fetch()
            stale.clear()
            route.fulfill(response=response)

    def refuse(route: Route) -> None:
        stale[:] = stale or [route.request.headers.get("authorization", "")]
        if not refreshes:
            answer(route, 401, {"code": "PGRST301", "message": "JWT expired"})
        else:
            route.fallback()

    rep.context.route(REFRESH, refresh)
    rep.context.route(REST, refuse)
    tab = rep.open()
    tab.is_ready()
    expect(tab.campaign.locator("option")).to_have_count(3)
    assert len(refreshes) == 1
    expect(tab.page.locator("#notices .notice")).to_have_count(0)


@pytest.mark.parametrize("hours", [-2, 2], ids=["behind", "ahead"])
def test_a_wrong_clock_causes_no_storm_of_refreshes(
    new_rep: Callable[..., Rep], own_session: Session, hours: int
) -> None:
    rep = new_rep(own_session(DEMO))
    refreshes: list[str] = []
    rep.context.on(
        "request", lambda it: refreshes.append(it.url) if REFRESH.search(it.url) else None
    )
    rep.add_script(f"const now = Date.now; Date.now = () => now() + {hours} * 3600000;")
    tab = rep.open()
    tab.is_ready()
    for _ in range(5):
        with tab.page.expect_response(re.compile("list_conversations")):
            tab.page.get_by_role("button", name="Reload").click()
    assert len(refreshes) <= 1


BLOCKED = """
const refuse = () => { throw new DOMException('no', 'SecurityError'); };
Object.defineProperty(window, 'localStorage', { get: refuse });
"""
FULL = """
Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') };
"""


@pytest.mark.parametrize("script", [BLOCKED, FULL], ids=["blocked", "full"])
def test_without_storage_the_page_works_while_it_is_open(
    new_rep: Callable[..., Rep], network: Network, script: str
) -> None:
    rep = new_rep()
    rep.add_script(script)
    tab = rep.open()
    tab.sign_in()
    expect(tab.notice("storage")).to_contain_text("until you close the page")
    number = network.a_number(ringSeconds=0.3, talkSeconds=None)
    tab.call_and_talk(number)
    tab.hang_up.click()
    tab.is_ended("You hung up.")


SIGN_IN_REFUSALS = {
    "email_not_confirmed": (400, "Your e-mail address is not confirmed yet."),
    "user_banned": (403, "Your account is blocked."),
    "over_request_rate_limit": (429, "Too many attempts."),
    "unheard_of": (422, "“unheard_of”"),
}


def test_a_refused_sign_in_is_explained_by_its_code(new_rep: Callable[..., Rep]) -> None:
    rep = new_rep()
    rep.watch.expect(r"Failed to load resource.* (4..) .*/auth/v1/token")
    rep.watch.expect(r"ERR_FAILED|Failed to fetch")
    tab = rep.open()
    error = tab.page.locator("#sign-in-error")
    for code, (status, words) in SIGN_IN_REFUSALS.items():
        body = {"code": code, "message": "x"}
        rep.context.route(SIGN_IN, partial(answer, status=status, body=body))
        tab.fill_sign_in()
        expect(error).to_contain_text(words)
        rep.context.unroute(SIGN_IN)
    rep.context.route(SIGN_IN, lambda route: route.abort())
    tab.fill_sign_in()
    expect(error).to_contain_text("The server cannot be reached.")


def test_a_session_that_is_too_large_is_named_and_not_blamed_on_the_network(
    known_rep: Callable[..., Rep],
) -> None:
    rep = known_rep()
    rep.watch.expect(r"CORS|ERR_FAILED|431|401|405|400")
    tab = rep.open_signed_in()
    # The endpoints answer 431, which carries no permission for this page to read it.
    long = "a." + "b" * 9000 + ".c"
    tab.page.evaluate(CHANGE_SESSION, {"access_token": long})
    tab.page.context.route(
        re.compile(r"/api/twilio/"),
        lambda route: route.fulfill(status=431, body="<h1>Too large</h1>"),
    )
    tab.page.context.route(REST, lambda route: answer(route, 200, []))
    tab.number.fill("+14155550123")
    expect(tab.number_check).to_contain_text("does not accept your session")
    expect(tab.number_check).not_to_contain_text("VPN")


def test_an_address_that_is_changed_elsewhere_is_shown(known_rep: Callable[..., Rep]) -> None:
    tab = known_rep().open_signed_in()
    expect(tab.page.locator("#user-email")).to_have_text(DEMO)
    user = tab.page.evaluate(
        "JSON.parse(localStorage[Object.keys(localStorage).find(k => /auth-token$/.test(k))]).user"
    )
    changed = {"user": {**user, "email": "ada@example.com"}}
    tab.page.evaluate(CHANGE_SESSION, changed)
    tab.page.evaluate(LOOK)
    expect(tab.page.locator("#user-email")).to_have_text("ada@example.com")


def test_a_phone_that_is_not_ready_refuses_with_its_reason_and_locks_nothing(
    known_rep: Callable[..., Rep],
) -> None:
    rep = known_rep()
    rep.watch.expect(r"Failed to load resource.* 403 .*/api/twilio/token")
    error = {"success": False, "error": {"code": "unauthorized_domain", "message": "x"}}
    rep.context.route(TOKEN, lambda route: answer(route, 403, error))
    tab = rep.open()
    expect(tab.state).to_have_text("Not ready to call")
    tab.number.fill("+14155550123")
    expect(tab.number_check).to_contain_text("Calls ")
    tab.call_button.click()
    expect(tab.page.locator("#notices, #number-check")).to_contain_text(
        ["Unauthorized domain", re.compile(".*")]
    )
    for field in (tab.number, tab.contact, tab.campaign, tab.call_button):
        expect(field).to_be_enabled()


def test_the_microphone_is_asked_for_at_sign_in_and_the_call_waits_for_an_answer(
    known_rep: Callable[..., Rep], network: Network
) -> None:
    rep = known_rep()
    # A browser that asks, where nobody answers. One without a window would answer by itself.
    rep.add_script(
        """
        window.asked = 0;
        const unanswered = () => { window.asked += 1; return new Promise(() => {}); };
        if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = unanswered;
        navigator.permissions.query = async () => ({ state: 'prompt' });
        """
    )
    tab = rep.open_signed_in()
    asked = partial(tab.page.evaluate, "window.asked")
    eventually(lambda: asked() == 1, "the question at the sign-in")
    tab.call(network.a_number())
    expect(tab.state).to_contain_text("Allow the microphone")
    eventually(lambda: asked() == 2, "the question of the call")
    tab.hang_up.click()
    tab.is_ended("You hung up before anybody answered.")
    expect(tab.number).to_be_enabled()


def test_a_phone_does_not_zoom_into_the_fields(new_rep: Callable[..., Rep]) -> None:
    tab = new_rep(viewport={"width": 390, "height": 844}).open()
    sizes = "fields => fields.map(field => parseFloat(getComputedStyle(field).fontSize))"
    fields = tab.page.locator("input, select, textarea")
    assert min(fields.evaluate_all(sizes)) >= 16
    tab.sign_in()
    found = fields.evaluate_all(
        "fields => fields.filter(it => it.type !== 'radio')"
        ".map(it => [it.id, parseFloat(getComputedStyle(it).fontSize)])"
    )
    assert [pair for pair in found if pair[1] < 16] == [], json.dumps(found)
