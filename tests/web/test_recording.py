"""What the page says about a recording, and how it plays one. The endpoints' answers are acted
here; tests/end_to_end/test_recording.py has the real ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.end_to_end.many_legs import MANAGER
from tests.web.acted_call import DANA, ActedCall, Json, ago, leg
from tests.web.acted_recording import LEAD, OURS, ActedArchive, announce, recorded
from tests.web.calls_page import DESKTOP, CallsPage, Rep, Session, Signed
from tests.web.looks import NARROW, looker
from tests.web.network import Database, Network, eventually

# What a screen reader is told: each text of a live region, in its order.
_LISTEN = """
window.said = [];
new MutationObserver(() => {
  const text = document.getElementById('recording-line').textContent;
  if (text) said.push(text);
}).observe(document.getElementById('recording-line'), { childList: true });
"""
# Keeps an analyser of everything that the player lets a person hear.
_HEAR = """
const { createMediaElementSource } = AudioContext.prototype;
AudioContext.prototype.createMediaElementSource = function (audio) {
  // Twilio's SDK has a context of its own.
  if (audio.id === 'player-audio') {
    window.heard = Object.assign(this.createAnalyser(), { fftSize: 8192 });
  }
  return createMediaElementSource.call(this, audio);
};
const { connect } = AudioNode.prototype;
AudioNode.prototype.connect = function (to, ...more) {
  const isPlayers = this.context === window.heard?.context;
  if (isPlayers && to instanceof AudioDestinationNode) connect.call(this, window.heard);
  return connect.call(this, to, ...more);
};
window.hears = (hertz) => {
  const levels = new Float32Array(heard.frequencyBinCount);
  heard.getFloatFrequencyData(levels);
  const bin = Math.round((hertz * heard.fftSize) / heard.context.sampleRate);
  return Math.max(...levels.slice(bin - 2, bin + 3)) > -50;
};
"""


def test_the_page_says_unmistakably_whether_it_records_and_each_change_once(
    signed_in: Signed, network: Network
) -> None:
    tab = signed_in()
    tab.watch.expect("status of 503")
    page, keyboard = tab.page, tab.page.keyboard
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)
    number = network.a_number(ringSeconds=12, talkSeconds=None)
    acted = ActedCall(tab)
    announce(page, {"mode": "all", "consentMode": "both", "notice": "This call is recorded."})
    dana = leg("agent", since=60, user_id=DANA, is_host=True)
    lead = leg("lead", since=55, to_number=number)
    line, bar = page.locator("#recording-line"), page.locator("#rec-bar")
    box = page.locator("#call-recording")

    def button(name: str) -> Any:
        return page.get_by_role("button", name=name, exact=True)

    def shows(state: str, text: str) -> None:
        expect(line).to_have_text(text)
        expect(box).to_have_attribute("data-recording", state)

    tab.number.fill(number)
    expect(tab.number_check).to_contain_text(
        "This call is recorded after a notice, once you say that they agree."
    )
    page.evaluate(_LISTEN)
    playing = recorded("waiting", notice_ended_at=None)
    acted.act(None, dana, lead, row=playing)
    tab.call_button.click()
    tab.is_("ringing")
    name = page.locator("#call-detail").inner_text()
    shows("waiting", f"{name} hears the notice that this call is recorded.")
    expect(button("They agreed – record")).to_be_hidden()
    acted.act(None, dana, lead, row=recorded("waiting"))
    tab.is_("talking")
    shows("waiting", f"Not recorded yet. Ask whether {name} agrees to be recorded.")
    expect(bar).to_be_hidden()
    look("consent is missing")

    confirmed: Json = {"confirmed_by": DANA, "confirmed_at": ago(0)}
    recording = recorded("recording", part="in_progress", **confirmed)
    acted.when_asked(None, dana, lead, row=recording)
    with page.expect_request(re.compile("/control$")) as asked:
        button("They agreed – record").click()
    body: Any = asked.value.post_data_json
    assert (body["action"], body["state"], body["consent"]) == ("record", "start", "agreed")
    shows("recording", "This call is recorded.")
    expect(page).to_have_title(f"● REC · Talking {name} · Henk")
    look("recording")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(bar).to_be_in_viewport()
    expect(bar).to_have_text(f"● REC {name}")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    acted.fail(503, "twilio_unavailable")
    pause = button("Pause recording")
    tab.tab_to(pause)
    keyboard.press("Enter")
    expect(page.locator("#recording-trouble")).to_contain_text("The phone network did not do it.")
    shows("recording", "This call is recorded.")
    paused = recorded("paused", part="in_progress", **confirmed)
    acted.when_asked(None, dana, lead, row=paused)
    keyboard.press("Enter")
    shows("paused", "The recording is paused: nothing is recorded now.")
    expect(page.locator("#recording-trouble")).to_be_empty()
    # The button that was pressed is gone; the keyboard goes on at its counterpart.
    expect(button("Resume recording")).to_be_focused()
    expect(page).to_have_title(f"❚❚ REC paused · Talking {name} · Henk")
    look("paused")
    acted.when_asked(None, dana, lead, row=recording)
    keyboard.press("Enter")
    shows("recording", "This call is recorded.")
    pausing = "Pausing the recording… Wait with what must not be recorded."
    assert page.evaluate("said")[-6:] == [
        pausing,
        "This call is recorded.",
        pausing,
        "The recording is paused: nothing is recorded now.",
        "Resuming the recording…",
        "This call is recorded.",
    ]

    # Another view has the strip.
    page.evaluate("location.hash = '#/elsewhere'")
    expect(page.locator("#strip-recording")).to_have_text("This call is recorded.")
    expect(bar).to_be_visible()
    page.evaluate("location.hash = '#/'")
    button("They refuse").click()
    question = page.get_by_role("dialog", name="They do not agree?")
    expect(question).to_contain_text("deleted for good")
    look("the question before what was recorded is deleted")
    question.get_by_role("button", name="Not now").click()
    shows("recording", "This call is recorded.")
    refused = recorded("refused", part="deleted", refused_at=ago(0), refused_how="said")
    acted.when_asked(None, dana, lead, row=refused)
    button("They refuse").click()
    with page.expect_request(re.compile("/control$")) as asked:
        question.get_by_role("button", name="Delete the recording").click()
    body = asked.value.post_data_json
    assert (body["state"], body["consent"]) == ("stop", "refused")
    shows(
        "refused",
        f"{name} does not agree: this call is not recorded, and what was recorded is deleted.",
    )
    expect(bar).to_be_hidden()
    expect(page).to_have_title(f"Talking {name} · Henk")
    look("refused")
    tab.hang_up.click()
    tab.is_("ended")
    assert findings == {}


def test_a_manager_hears_each_side_of_a_recording_saves_it_and_keeps_it(
    new_rep: Callable[..., Rep], session: Session, database: Database
) -> None:
    rep = new_rep(storage_state=session(MANAGER), accept_downloads=True)
    rep.add_script(_HEAR)
    rep.watch.expect("status of 400")
    page = rep.context.new_page()
    tab = CallsPage(page, rep.watch)
    archive = ActedArchive(page)
    page.goto(rep.url)
    tab.is_ready()
    findings: dict[str, list[str]] = {}
    look = looker(tab, findings)
    page.get_by_role("button", name="Recording: Ada Answers").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Recording:"))
    expect(dialog).to_contain_text("Dana Demo said that they agreed")
    # Nobody has heard anything yet, and so nothing is on record.
    assert archive.asked == []
    play = page.locator("#player-play")
    look("before it is played")

    # A slow machine may take longer than the sound.
    page.evaluate("document.getElementById('player-audio').loop = true")
    # The first address is refused, as one that has expired: the page asks for another.
    archive.refused = 1
    play.click()
    expect(play).to_have_text("Pause")
    hears = "([lead, ours]) => [hears(lead), hears(ours)]"

    def heard() -> Any:
        return page.evaluate(hears, [LEAD, OURS])

    eventually(lambda: heard() == [True, True], "both sides")
    assert (
        archive.asked
        == [{"conversationId": archive.asked[0]["conversationId"]} | {"recordingId": "one"}] * 2
    )
    page.get_by_text("Lead", exact=True).click()
    eventually(lambda: heard() == [True, False], "the lead alone")
    page.get_by_text("Our side", exact=True).click()
    eventually(lambda: heard() == [False, True], "our side alone")
    expect(page.locator("#player-lanes path.waves")).to_have_count(2)
    page.locator("#player-speed").select_option("2")
    assert page.evaluate("document.getElementById('player-audio').playbackRate") == 2
    play.click()
    expect(play).to_have_text("Play")

    page.get_by_text("What happened").click()
    moments = page.locator("#player-moments button")
    expect(moments).to_have_text(
        [
            re.compile("^0:0[23] Ada Answers went on hold"),
            re.compile("^0:0[56] Ada Answers came back from hold"),
            re.compile("^0:0[78] The recording is paused"),
            re.compile("^0:(09|10) The recording goes on"),
            re.compile("^0:1[12] You joined"),
            re.compile("^0:1[78] Dana Demo left"),
        ]
    )
    moments.nth(4).click()
    expect(page.locator("#player-time")).to_have_text(re.compile(r"^0:1[12] / 0:20$"))
    tab.tab_to(page.locator("#player-seek"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#player-time")).to_have_text(re.compile(r"^0:0[67] / 0:20$"))
    look("played")
    assert archive.ranges

    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename.endswith("-part-1.mp3")
    assert archive.asked[-1]["download"] == "true"
    page.get_by_role("button", name="Legal hold").click()
    question = page.get_by_role("dialog", name="Keep the recordings of this call?")
    question.get_by_label("Why (is on record)").fill("A dispute")
    question.get_by_role("button", name="Keep them").click()
    expect(page.locator("#recording-about")).to_contain_text("A dispute. It is not deleted.")
    # Playwright does not click a button that says that it is disabled; this one tells why.
    page.get_by_role("button", name="Delete recordings").press("Enter")
    expect(page.locator("#archive-trouble")).to_contain_text("there is a legal hold")
    page.get_by_role("button", name=re.compile("^Part 2")).click()
    expect(page.locator("#recording-why")).to_contain_text("because somebody asked for it")
    expect(play).to_be_hidden()
    page.get_by_text("Who listened (2)").click()
    expect(page.locator("#plays li")).to_have_text(
        [re.compile("^You downloaded it, "), re.compile("^Dana Demo listened, ")]
    )
    look("deleted")
    page.get_by_role("button", name="Close", exact=True).click()

    # A person can be forgotten who was never recorded. They are told the number of their request.
    page.get_by_role("button", name="Privacy: +1 415 555 0124").click()
    expect(page.get_by_role("dialog")).to_contain_text("This call has no recording.")
    page.get_by_role("button", name="Forget this person").click()
    page.get_by_role("button", name="Forget them").click()
    expect(tab.notice("forgotten")).to_have_text(
        re.compile("1 call was cleared. On record as request e0000000-0000-4000-8000-000000000001.")
    )
    assert archive.forgotten
    assert archive.forgotten["p_phone_number"] == "+14155550124"

    # What managers decide is on a page of its own. None of it is changed for other tests.
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    days, told = page.get_by_label("Days until"), page.locator("#settings-saved")
    days.fill("0")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#settings-days-error")).to_contain_text("“0” is not a number of")

    def on_record() -> int:
        [row] = database.find(
            "select recording_retention_days from public.businesses where name = 'Demo Solar'"
        )
        return int(row["recording_retention_days"])

    # Fewer days delete at once what is older, so the page asks; more days delete nothing.
    question = page.get_by_role("dialog", name="Delete recordings after 30 days?")
    days.fill("30")
    page.get_by_role("button", name="Save", exact=True).click()
    look("the question before recordings are deleted earlier")
    question.get_by_role("button", name="Not now").click()
    expect(told).to_have_text("Not saved yet.")
    assert on_record() == 90
    save = page.get_by_role("button", name="Save", exact=True)
    save.click()
    # What was asked about is gone: nothing may be done any more, and nothing covers the page.
    page.evaluate("location.hash = '#/'")
    expect(question).to_be_hidden()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    days.fill("30")
    save.click()
    question.get_by_role("button", name="Save and delete").click()
    expect(told).to_have_text("Saved.")
    assert on_record() == 30
    days.fill("90")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(told).to_have_text("Saved.")
    assert on_record() == 90
    page.get_by_label("Country").fill("de")
    page.locator("#rule-consent").select_option("confirm")
    page.get_by_role("button", name="Add rule").click()
    rule = page.locator("#rules-list li")
    expect(rule).to_contain_text("Germany: the rep asks")
    look("settings")
    rule.get_by_role("button").click()
    expect(rule).to_have_text("There are none.")
    assert findings == {}
