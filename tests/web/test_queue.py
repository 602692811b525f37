"""The queue, with the real database and phone network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.web.calls_page import CallsPage, Rep, Session
from tests.web.library_page import Profile
from tests.web.network import Database, Network

# Whom the queue has, and what it does, for `Tab.shows`.
_LEAD = "voice.queue.entry?.lead.name ?? null"
_NOW = f"[voice.queue.state, {_LEAD}, voice.queue.why?.code ?? null]"

# Counts what a person presses, and notes when the queue and the call become what.
_COUNT = """
window.pressed = 0;
window.seen = [];
for (const name of ['pointerdown', 'keydown']) addEventListener(name, () => (pressed += 1), true);
for (const id of ['queue-now', 'call-box']) {
  const element = document.getElementById(id);
  let before = '';
  const look = () => {
    const { state } = element.dataset;
    if (state !== before) seen.push([state, performance.now()]);
    before = state;
  };
  new MutationObserver(look).observe(element, { attributeFilter: ['data-state'] });
}
"""
# The seconds from the end of each countdown to the ringing.
_TO_RINGING = """seen.flatMap(([state, at], index) => {
  if (state !== 'calling') return [];
  const ringing = seen.slice(index).find(([then]) => then === 'ringing');
  return ringing ? [(ringing[1] - at) / 1000] : [];
})"""


class Campaign:
    """A campaign of the demo business with leads of its own, in power mode."""

    def __init__(self, database: Database, network: Network, business_id: str) -> None:
        self._database, self._network, self._business_id = database, network, business_id
        self.numbers: dict[str, str] = {}
        [row] = database.find(
            "insert into public.campaigns (business_id, name, mode, wrap_up_seconds)"
            " values (%s, 'Queue test ' || gen_random_uuid(), 'power', 3) returning id, name",
            business_id,
        )
        self.id, self.name = str(row["id"]), row["name"]

    def add(self, *names: str, **script: object) -> None:
        """More leads, in the order in which they are to be called."""
        for name in names:
            self.numbers[name] = self._network.a_number(**script)
            self._database.execute(
                "with lead as (insert into public.leads (business_id, name, phone_number)"
                " values (%s, %s, %s) returning id)"
                " insert into public.queue_entries (business_id, campaign_id, lead_id, priority)"
                " select %s, %s, id, %s from lead",
                self._business_id,
                name,
                self.numbers[name],
                self._business_id,
                self.id,
                -len(self.numbers),
            )

    def count_down(self, seconds: int) -> None:
        """How long the countdown is, for pages that are opened later."""
        self._database.execute(
            "update public.campaigns set wrap_up_seconds = %s where id = %s", seconds, self.id
        )

    def calls_to(self, name: str) -> list[dict[str, Any]]:
        return self._network.calls_to(self.numbers[name])

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self._database.rows_to(self.numbers[name])


@pytest.fixture
def campaign(database: Database, network: Network, stack: Stack) -> Iterator[Campaign]:
    campaign = Campaign(database, network, stack.env["DEMO_BUSINESS_ID"])
    yield campaign
    # A rep has one lead at a time: the next test needs them free.
    database.execute("delete from public.queue_entries where campaign_id = %s", campaign.id)


@pytest.fixture
def profile(browser: Browser, stack: Stack, session: Session) -> Iterator[Profile]:
    profile = Profile(browser, stack, session)
    yield profile
    profile.context.close()


def crash(page: Page) -> None:
    """The process of the page is killed: nothing of it runs any more."""
    with suppress(Error):
        page.goto("chrome://crash", timeout=5_000)
    page.close()


def test_no_phone_rings_without_the_browser_of_its_rep(
    profile: Profile, campaign: Campaign, network: Network
) -> None:
    campaign.add("Ada", "Ben", ringSeconds=30)
    campaign.add("Cem", ringSeconds=0.1, talkSeconds=None)

    def run(lead: str) -> Any:
        """A new tab runs the queue, and has this lead."""
        tab = profile.open()
        tab.run(f"voice.queue.open('{campaign.id}')")
        tab.shows(_LEAD, lead)
        return tab

    tab = profile.open()
    tab.run(f"voice.queue.open('{campaign.id}')")
    tab.run("voice.queue.start()")
    tab.shows("voice.call?.state ?? null", "ringing")
    crash(tab.page)
    [call] = campaign.calls_to("Ada")
    network.over(call["callSid"])

    # The lead was called, so it is not called again. The next one is called from a page that
    # dies at once.
    tab = run("Ada")
    tab.shows(_NOW, ["wrap_up", "Ada", None])
    tab.run("voice.queue.start()")
    tab.shows(_LEAD, "Ben")
    tab.run("voice.queue.callNow()")
    crash(tab.page)

    tab = run("Ben")
    if tab.run("voice.queue.conversationId") is None:
        tab.run("voice.queue.skip()")
    tab.run("voice.queue.start()")
    tab.shows(_LEAD, "Cem")
    tab.shows("voice.call?.state ?? null", "talking")
    crash(tab.page)
    tab = run("Cem")
    tab.run("void voice.queue.finish({ outcome: 'booked' })")
    tab.shows(_NOW, ["stopped", None, "not_started"])

    assert len(campaign.calls_to("Ada")) == len(campaign.calls_to("Cem")) == 1
    assert len(campaign.calls_to("Ben")) <= 1
    for name in campaign.numbers:
        for call in campaign.calls_to(name):
            sid = network.over(call["callSid"])["callSid"]
            told = [event["text"] for event in network.events(sid)]
            lost = [at for at, text in enumerate(told) if text.startswith("socket lost")]
            late = [
                text
                for text in told[lost[0] if lost else len(told) :]
                if text.endswith((": initiated", ": ringing"))
            ]
            assert late == [], told


def test_one_key_a_call_is_enough_and_the_next_phone_rings_at_once(
    new_rep: Callable[..., Rep],
    session: Session,
    campaign: Campaign,
    network: Network,
) -> None:
    tab = new_rep(session(DEMO)).open_signed_in()
    page = tab.page
    page.evaluate(_COUNT)

    def pressed() -> int:
        count: int = page.evaluate("[pressed, pressed = 0][0]")
        return count

    # Today, without the queue: outcome, save, search, choose, call.
    number = network.a_number(ringSeconds=0.1, talkSeconds=0.2)
    tab.call(number)
    tab.is_("ended")
    expect(tab.wrap_up).to_be_visible()
    pressed()
    page.locator("#outcomes").get_by_text("Booked", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(tab.wrap_up).to_be_hidden()
    tab.contact.click()
    page.get_by_role("option", name="Ada Answers").click()
    expect(tab.number_check).to_contain_text("Calls ")
    tab.call_button.click()
    tab.is_("talking")
    assert pressed() == 5
    tab.hang_up.click()
    tab.is_("ended")
    page.locator("#skip-wrap-up").click()

    campaign.add("Power 1", "Power 2", "Power 3", "Preview 1", ringSeconds=0.5, talkSeconds=0.2)
    campaign.add("Preview 2", ringSeconds=30)
    now, lead = page.locator("#queue-now"), page.locator("#queue-lead")
    page.locator("#queue-campaign").select_option(label=campaign.name)
    page.locator("#queue-start").click()
    for which in (1, 2, 3):
        expect(lead).to_have_text(f"Power {which}")
        expect(now).to_have_attribute("data-state", "wrap_up")
        expect(tab.wrap_up).to_be_visible()
        # The queue waits for the form: it must not be left.
        expect(page.locator("#skip-wrap-up")).to_be_hidden()
        pressed()
        page.keyboard.press("1")
    expect(lead).to_have_text("Preview 1")
    expect(now).to_have_attribute("data-state", "wrap_up")
    assert pressed() == 1
    # The best of some calls: a busy machine is late now and then.
    seconds = page.evaluate(_TO_RINGING)
    assert len(seconds) == 4
    assert min(seconds) <= 1.5

    page.locator("#queue-mode").select_option("preview")
    # D does not call the same lead again, and who writes about another call finds the way back.
    page.keyboard.press("d")
    tab.row(campaign.rows("Power 1")[0]["id"]).get_by_role("button", name="Edit").click()
    about = page.locator("#wrap-up-call")
    expect(about).to_contain_text("Power 1")
    page.get_by_role("button", name="Next lead").click()
    expect(page.locator("#queue-state")).to_contain_text("no outcome yet")
    expect(about).to_contain_text("Preview 1")
    page.locator("#wrap-up-title").focus()
    pressed()
    page.keyboard.press("1")
    expect(lead).to_have_text("Preview 2")
    expect(now).to_have_attribute("data-state", "preview")
    # Of the last call its result is left, and there is one button for the next one, with the focus.
    expect(page.locator("#call-detail")).to_contain_text("Last call: Preview 1")
    expect(page.locator("#queue-call")).to_be_hidden()
    expect(tab.call_button).to_be_focused()
    page.keyboard.press("d")
    tab.is_("ringing")
    assert pressed() == 2
    # A key that was meant for the countdown does not hang up.
    expect(tab.state).to_be_focused()
    outcomes = [campaign.rows(name)[0]["outcome"] for name in campaign.numbers]
    assert outcomes == ["booked"] * 4 + [None]


def test_what_is_typed_outlives_the_tab_whenever_it_dies(
    new_rep: Callable[..., Rep], session: Session, campaign: Campaign, network: Network
) -> None:
    campaign.add("Ada", ringSeconds=0.1, talkSeconds=None)
    campaign.add("Ben", ringSeconds=30)
    # Nobody is called before the test says so, however slow the machine is.
    campaign.count_down(600)
    rep = new_rep(session(DEMO))

    def parts(tab: CallsPage) -> Any:
        return tab.page.locator("#notes"), tab.page.locator("#queue-now")

    tab = rep.open_signed_in()
    notes, now = parts(tab)
    tab.page.locator("#queue-campaign").select_option(label=campaign.name)
    tab.page.locator("#queue-start").click()
    expect(tab.page.locator("#queue-lead")).to_have_text("Ada")
    tab.call_button.click()
    tab.is_("talking")
    notes.press_sequentially("Roof faces south.")
    crash(tab.page)

    # The call ends with its browser, a moment later.
    tab = rep.open_signed_in()
    notes, now = parts(tab)
    expect(notes).to_have_value("Roof faces south.")
    expect(now).to_have_attribute("data-state", "wrap_up")
    notes.press("End")
    notes.press_sequentially(" Call after six.")
    crash(tab.page)

    tab = rep.open_signed_in()
    notes, now = parts(tab)
    expect(notes).to_have_value("Roof faces south. Call after six.")
    expect(now).to_have_attribute("data-state", "wrap_up")
    tab.page.locator("#outcomes").get_by_text("Interested", exact=True).click()
    expect(now).to_have_attribute("data-state", "stopped")
    [row] = campaign.rows("Ada")
    assert (row["outcome"], row["notes"]) == ("interested", "Roof faces south. Call after six.")

    tab.page.locator("#queue-start").click()
    expect(now).to_have_attribute("data-state", "countdown")
    crash(tab.page)
    tab = rep.open_signed_in()
    expect(tab.page.locator("#queue-lead")).to_have_text("Ben")
    expect(tab.page.locator("#queue-now")).to_have_attribute("data-state", "stopped")
    assert campaign.calls_to("Ben") == []
