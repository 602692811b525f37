"""Calls between browsers with Twilio's own SDK, at the simulator alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.simulator.lab import access_token
from tests.simulator.rest import ask
from tests.simulator.tones import TONES, expect_heard
from tests.web.sdk import Phones, SdkLab

ADAS, BOBS = TONES[:2]


def test_two_browsers_talk_and_each_hears_the_others_tone(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    sdk_lab.dials_clients(duplicate="1", conversationId="a + b=c")
    here, there = phones(ADAS), phones(BOBS)
    here.phone("ada")
    there.phone("bob")
    here.expect("ada", "registered")
    here.call("ada", "bob")
    there.expect("bob", "registered", "incoming")
    here.expect("ada", "ringing")
    invited = there.described("bob")
    assert (invited["status"], invited["direction"]) == ("pending", "INCOMING")
    assert invited["callerInfo"] is None
    assert invited["custom"] == [["duplicate", "1"], ["conversationId", "a + b=c"]]
    assert invited["parameters"]["From"] == "client:ada"
    there.do("bob", "accept()")
    there.expect("bob", "accept")
    here.expect("ada", "accept")
    expect_heard(here.page, {BOBS})
    expect_heard(there.page, {ADAS})
    there.do("bob", "mute(true)")
    expect_heard(here.page, {})
    there.do("bob", "disconnect()")
    there.expect("bob", "disconnect")
    here.expect("ada", "disconnect")
    assert here.described("ada")["status"] == there.described("bob")["status"] == "closed"


@pytest.mark.parametrize("codec", ["PCMU", "opus"])
def test_both_sides_use_the_codec_that_the_pages_prefer(
    phones: Callable[..., Phones], codec: str
) -> None:
    page = phones()
    preferred = ["opus", "pcmu"] if codec == "opus" else ["pcmu", "opus"]
    page.phone("ada", codecPreferences=preferred)
    page.phone("bob", codecPreferences=preferred)
    page.call("ada", "bob")
    page.expect("bob", "registered", "incoming")
    page.do("bob", "accept()")
    page.expect("ada", "registered", "ringing", "accept")
    page.page.wait_for_function("() => calls.ada.sample && calls.bob.sample")
    codecs = [page.described(name)["codec"].lower() for name in ("ada", "bob")]
    assert codecs == [codec.lower()] * 2
    page.do("ada", "disconnect()")
    page.expect("bob", "accept", "disconnect")


def test_ringing_that_ends_is_a_cancel_whatever_ends_it(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    sdk_lab.dials_clients(timeout=5)
    page = phones()
    page.phone("ada")
    page.phone("bob")
    page.expect("ada", "registered")
    page.expect("bob", "registered")
    # The caller hangs up.
    page.call("ada", "bob")
    page.expect("bob", "incoming")
    page.expect("ada", "ringing")
    page.do("ada", "disconnect()")
    page.expect("bob", "cancel")
    page.expect("ada", "disconnect")
    # Nobody answers.
    page.call("ada", "bob")
    page.expect("bob", "incoming", "cancel")
    page.expect("ada", "ringing", "error 31480", "disconnect")
    # The page ignores the call: the network does not know, and the caller waits as long.
    page.call("ada", "bob")
    page.expect("bob", "incoming")
    page.do("bob", "ignore()")
    assert page.described("bob")["status"] == "closed"
    page.expect("ada", "ringing", "error 31480", "disconnect")
    page.expect("bob", "cancel")
    # The page rejects it.
    page.call("ada", "bob")
    page.expect("bob", "incoming")
    page.do("bob", "reject()")
    page.expect("bob", "reject")
    page.expect("ada", "ringing", "error 31486", "disconnect")
    # The page goes away.
    page.call("ada", "bob")
    page.expect("bob", "incoming")
    page.expect("ada", "ringing")
    page.js("devices.bob.destroy()")
    page.expect("ada", "error 31486", "disconnect")
    assert "cancel" not in page.events("bob")


def test_one_of_two_devices_answers_and_a_busy_one_hears_of_a_second_call_only_if_it_wants(
    phones: Callable[..., Phones],
) -> None:
    page, other = phones(), phones(BOBS)
    for caller in ("ada", "eve"):
        page.device(caller)
    other.phone("desk", "bob")
    other.phone("mobile", "bob", allowIncomingWhileBusy=True)
    other.expect("desk", "registered")
    other.expect("mobile", "registered")
    page.call("ada", "bob")
    other.expect("desk", "incoming")
    other.expect("mobile", "incoming")
    other.do("mobile", "accept()")
    other.expect("desk", "cancel")
    other.expect("mobile", "accept")
    page.expect("ada", "ringing", "accept")

    page.call("eve", "bob")
    other.expect("desk", "incoming")
    other.expect("mobile", "incoming")
    other.do("mobile", "accept()")
    # The SDK hangs up the first call to accept the second.
    page.expect("ada", "disconnect")
    page.expect("eve", "ringing", "accept")
    other.js("devices.desk.destroy()")
    expect_heard(page.page, {BOBS})

    page.call("ada", "bob")
    other.expect("desk", "cancel", "unregistered", "destroyed")
    page.do("eve", "disconnect()")


def test_a_browser_that_is_not_registered_any_more_does_not_ring(
    phones: Callable[..., Phones],
) -> None:
    page = phones()
    page.phone("ada")
    page.phone("bob")
    page.js("await devices.bob.unregister()")
    page.call("ada", "bob")
    page.expect("ada", "registered", "error 31480", "disconnect")
    page.js("await devices.bob.register()")
    page.call("ada", "bob")
    page.expect("bob", "registered", "unregistered", "registered", "incoming")


def test_calls_are_passed_on_to_other_devices_by_their_connect_token(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    sdk_lab.dials_clients(conversationId="7")
    page, desk = phones(ADAS), phones(BOBS)
    # Callers without an identity.
    for caller in ("first", "second"):
        page.device(caller, "")
    desk.phone("bob")
    desk.device("left", "bob")
    desk.device("right", "bob")
    desk.expect("bob", "registered")
    for caller, taker in (("first", "left"), ("second", "right")):
        page.call(caller, "bob")
        desk.expect("bob", "incoming")
        rung = desk.described("bob")
        assert rung["parameters"]["From"] == "client:Anonymous"
        desk.js(f"await connect('{taker}', {{ connectToken: calls.bob.connectToken }})")
        desk.expect("bob", "cancel")
        desk.expect(taker, "accept")
        page.expect(caller, "ringing", "accept")
        taken = desk.described(taker)
        assert taken["direction"] == "OUTGOING"
        assert (taken["parameters"], taken["custom"]) == (rung["parameters"], rung["custom"])
    expect_heard(page.page, {BOBS})
    expect_heard(desk.page, {ADAS})
    desk.do("left", "disconnect()")
    page.expect("first", "disconnect")
    assert page.described("second")["status"] == "open"


def test_a_callee_outlives_a_lost_socket_and_restarts_its_audio(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    page, there = phones(ADAS), phones(BOBS)
    page.device("ada")
    there.phone("bob")
    page.call("ada", "bob")
    there.expect("bob", "registered", "incoming")
    there.do("bob", "accept()")
    page.expect("ada", "ringing", "accept")
    there.expect("bob", "accept")
    child = there.described("bob")["sid"]
    assert sdk_lab.run(drop_socket(sdk_lab, child)) == 202
    there.page.wait_for_function("() => events.includes('bob reconnected')")
    expect_heard(there.page, {ADAS})
    there.js("calls.bob._mediaHandler.iceRestart()")
    there.page.wait_for_timeout(500)
    expect_heard(there.page, {ADAS})
    expect_heard(page.page, {BOBS})
    assert there.described("bob")["status"] == "open"
    page.do("ada", "disconnect()")
    there.page.wait_for_function("() => events.includes('bob disconnect')")


async def drop_socket(sdk_lab: SdkLab, call_sid: str) -> int:
    return (await sdk_lab.lab.post(f"/simulator/calls/{call_sid}/drop-socket"))[0]


def test_the_servers_messages_reach_the_page_and_the_pages_reach_the_server(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    page = phones()
    page.phone("ada")
    page.phone("bob")
    page.call("ada", "bob")
    page.expect("bob", "registered", "incoming")
    page.do("bob", "accept()")
    page.expect("ada", "registered", "ringing", "accept")
    page.expect("bob", "accept")
    sdk_lab.lab.product.replies_status("/messages", 200)
    for name in ("ada", "bob"):
        path = f"/Calls/{page.described(name)['sid']}"
        sent = sdk_lab.run(
            ask(sdk_lab.lab, "POST", f"{path}/UserDefinedMessages.json", Content='{"text":"ahoy"}')
        )
        page.expect(name, "messageReceived")
        assert page.described(name)["latest"] == {
            "content": {"text": "ahoy"},
            "contentType": "application/json",
            "messageType": "user-defined-message",
            "voiceEventSid": sent["sid"],
        }
        callback = f"{sdk_lab.lab.product.url}/messages"
        subscriptions = f"{path}/UserDefinedMessageSubscriptions.json"
        sdk_lab.run(ask(sdk_lab.lab, "POST", subscriptions, Callback=callback))
        event_sid = page.js(
            f"return calls.{name}.sendMessage("
            "{ content: { hello: 'world' }, messageType: 'user-defined-message' })"
        )
        page.expect(name, "messageSent")
        received = sdk_lab.run(received_message(sdk_lab, event_sid))
        assert (received["Content"], received["SequenceNumber"]) == ('{"hello":"world"}', "1")
    page.do("ada", "sendMessage({ content: {}, messageType: 'no-such-type' })")
    page.expect("ada", "error 31210")


async def received_message(sdk_lab: SdkLab, event_sid: str) -> dict[str, str]:
    async with asyncio.timeout(60):
        while True:
            for received in sdk_lab.lab.product.at("/messages"):
                if received.params["Sid"] == event_sid:
                    return received.params
            await asyncio.sleep(0.02)


def test_the_edge_is_the_one_that_the_page_asked_for(phones: Callable[..., Phones]) -> None:
    page = phones()
    for asked, edge in (("dublin", "dublin"), ("roaming", "ashburn"), ("sydney", "sydney")):
        name = f"to_{asked}"
        page.device(name, chunderw=None, edge=asked)
        page.js(f"await devices.{name}.register()")
        assert page.js(f"return devices.{name}.edge") == edge
    page.js("devices.to_sydney.updateOptions({ edge: 'tokyo' })")
    page.expect("to_sydney", "registered", "unregistered", "registered")
    assert page.js("return devices.to_sydney.edge") == "tokyo"


def test_a_call_that_is_hung_up_early_does_not_touch_the_next_one(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    """The SDK takes the CallSid of a late `answer` for that of its next call."""
    sdk_lab.lab.product.replies("/voice", "<Response><Echo/></Response>")
    page = phones()
    page.device("ada")
    page.call("ada", "echo")
    page.expect("ada", "accept")
    page.do("ada", "disconnect()")
    page.expect("ada", "disconnect")
    page.js("""
      for (let delay = 0; delay < 40; delay += 4) {
        await connect('ada', {});
        await new Promise((resolve) => setTimeout(resolve, delay));
        calls.ada.disconnect();
      }
    """)
    page.call("ada", "echo")
    page.page.wait_for_function("() => calls.ada.status() === 'open'")
    assert sdk_lab.run(status_of(sdk_lab, page.described("ada")["sid"])) == "in-progress"
    page.do("ada", "disconnect()")


async def status_of(sdk_lab: SdkLab, call_sid: str) -> str:
    return (await sdk_lab.lab.state(call_sid))["status"]


def test_a_preflight_test_completes(phones: Callable[..., Phones]) -> None:
    page = phones()
    page.phone("bob")
    page.js("""
      devices.bob.on('incoming', (call) => {
        call.on('accept', () => setTimeout(() => call.disconnect(), 2500));
        call.accept();
      });
    """)
    token = access_token("ada", incoming=True)
    report = page.js(f"""
      const preflight = Twilio.Device.runPreflight({json.dumps(token)}, {{ edge: 'dublin' }});
      const device = preflight._device;
      const connect = device.connect.bind(device);
      device.connect = () => connect({{ params: {{ To: 'bob' }} }});
      return new Promise((resolve, reject) => {{
        preflight.on('completed', resolve);
        preflight.on('failed', (error) => reject(new Error(String(error))));
      }});
    """)
    assert (report["edge"], report["selectedEdge"]) == ("dublin", "dublin")
    assert report["callSid"].startswith("CA")
    assert report["samples"]
