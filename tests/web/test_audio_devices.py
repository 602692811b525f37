"""Microphones and speakers: chosen, tried, plugged in and pulled out, before and during a call."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.web.calls_page import Rep
from tests.web.network import Network, eventually

# Stands between the page and Chromium's fake devices: a device is there while it is plugged in.
# Each microphone is a tone of its own, and `sinks` has the speakers that sounds were sent to.
_DEVICES = """
if (navigator.mediaDevices) {
const media = navigator.mediaDevices;
const device = (kind, deviceId, groupId, label) =>
  ({ kind, deviceId, groupId, label, toJSON: () => ({}) });
const headset = ['Headset (0b0e:24c8)', 'headset'];
window.plugged = [
  device('audioinput', 'default', 'laptop', 'Default - Built-in'),
  device('audioinput', 'built-in-mic', 'laptop', 'Built-in'),
  device('audiooutput', 'default', 'laptop', 'Default - Built-in'),
  device('audiooutput', 'built-in-out', 'laptop', 'Built-in'),
];
const HEADSET = [
  device('audioinput', 'headset-mic', headset[1], headset[0]),
  device('audiooutput', 'headset-out', headset[1], headset[0]),
];
window.opened = [];
window.sinks = [];
media.enumerateDevices = async () => [...window.plugged];
media.getUserMedia = async ({ audio }) => {
  const wanted = audio?.deviceId?.exact ?? audio?.deviceId?.ideal ?? 'default';
  const inputs = window.plugged.filter(({ kind }) => kind === 'audioinput');
  const found = inputs.find(({ deviceId }) => deviceId === wanted);
  if (!found) throw new DOMException('no such device', 'OverconstrainedError');
  const context = new AudioContext();
  await context.resume();
  const oscillator = context.createOscillator();
  const out = context.createMediaStreamDestination();
  oscillator.connect(out);
  oscillator.start();
  const [track] = out.stream.getAudioTracks();
  Object.defineProperty(track, 'label', { value: found.label });
  window.opened.push({ id: wanted, audio, track, live: () => track.readyState === 'live' });
  return out.stream;
};
HTMLMediaElement.prototype.setSinkId = async function (id) { window.sinks.push(id); };
const tell = () => media.dispatchEvent(new Event('devicechange'));
window.plugIn = () => { window.plugged = [...window.plugged, ...HEADSET]; tell(); };
window.pullOut = () => {
  window.plugged = window.plugged.filter(({ groupId }) => groupId !== 'headset');
  for (const { id, track } of window.opened) {
    if (id !== 'headset-mic' || track.readyState === 'ended') continue;
    track.stop();
    track.dispatchEvent(new Event('ended'));
  }
  tell();
};
}
"""


def test_a_headset_is_chosen_tried_pulled_out_and_plugged_in_during_a_call(
    known_rep: Callable[..., Rep], network: Network
) -> None:
    rep = known_rep()
    rep.add_script(_DEVICES)
    tab = rep.open_signed_in()
    page = tab.page
    panel = page.get_by_text("Microphone and speaker")
    microphone = page.get_by_label("Microphone", exact=True)
    speaker = page.get_by_label("Speaker", exact=True)
    expect(microphone.get_by_role("option")).to_have_text(["Default - Built-in", "Built-in"])

    page.evaluate("plugIn()")
    expect(tab.notice("audio-offer")).to_contain_text("Headset was plugged in.")
    tab.notice("audio-offer").get_by_role("button", name="Use it").click()
    expect(microphone).to_have_value("headset-mic")
    expect(speaker).to_have_value("headset-out")

    panel.click()
    page.get_by_role("button", name="Test").click()
    said = page.locator("#microphone-said")
    expect(said).to_have_text(re.compile("Speak now"))
    assert tab.accessibility_findings() == []
    expect(said).to_have_text("Your microphone hears you.")
    assert page.evaluate("opened.at(-1).id") == "headset-mic"
    page.get_by_role("button", name="Play a tone").click()
    page.get_by_role("button", name="I heard it").click()
    expect(page.locator("#speaker-said")).to_have_text("Then the speaker is right.")
    assert page.evaluate("sinks.at(-1)") == "headset-out"
    page.get_by_label("Leave out noise").uncheck()
    assert not page.evaluate("opened.some(({ live }) => live())"), "a microphone stays open"

    page.evaluate("sinks.splice(0)")
    number = network.a_number(ringSeconds=0.5, talkSeconds=None)
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]

    def is_heard() -> None:
        before = network.media(sid)["nonSilentFramesReceived"]
        eventually(
            lambda: network.media(sid)["nonSilentFramesReceived"] > before + 25, "the rep's voice"
        )

    is_heard()
    assert page.evaluate("opened.at(-1).id") == "headset-mic"
    assert page.evaluate("sinks").count("headset-out") > 0
    assert page.evaluate("opened.at(-1).audio.noiseSuppression") is False
    page.evaluate("pullOut()")
    expect(tab.notice("audio-lost")).to_contain_text("Headset is gone. Calls use Built-in now")
    eventually(lambda: page.evaluate("opened.at(-1).id") == "default", "the built-in microphone")
    is_heard()
    page.evaluate("plugIn()")
    expect(tab.notice("audio-lost")).to_contain_text("Headset is back. Calls use it again.")
    expect(microphone).to_have_value("headset-mic")
    eventually(lambda: page.evaluate("opened.at(-1).id") == "headset-mic", "the headset again")
    is_heard()
    panel.click()
    microphone.select_option("built-in-mic")
    eventually(lambda: page.evaluate("opened.at(-1).id") == "built-in-mic", "the other microphone")
    is_heard()
    tab.is_("talking")
    open_now = "opened.filter(({ live }) => live()).map(({ id }) => id)"
    eventually(lambda: page.evaluate(open_now) == ["built-in-mic"], "only that one is open")
    page.keyboard.press("Escape")
    tab.hang_up.click()
    tab.is_ended("You hung up.")
    eventually(
        lambda: not page.evaluate("opened.some(({ live }) => live())"), "the microphone is closed"
    )
