"""What a browser and the network send each other: tokens, calls, digits, messages, nonsense."""

from __future__ import annotations

import asyncio
import sys

import pytest
from aiohttp import web

from simulator.browsers import browser_socket, media
from simulator.browsers.media import Peer
from simulator.browsers.switchboard import Timing
from tests.simulator.browser import TEMPORARY_SID, Gone, an_offer, connected, socket
from tests.simulator.lab import CALLER_ID, LEAD, Lab, Received, access_token, in_lab, lead_leg

WITHOUT_END = {"ringSeconds": 0, "talkSeconds": None}


@in_lab()
async def test_a_good_token_connects_and_its_identity_and_life_are_told(lab: Lab) -> None:
    async with socket(lab) as browser:
        told = await browser.listen(access_token("user_7", ttl=600))
        assert told["token"]["identity"] == "user_7"
        assert told["token"]["ttl"] in (598, 599, 600)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("nonsense", 31204),
        (access_token(secret="another-secret-of-thirty-letters"), 31202),
        (access_token(app_sid="AP" + "0" * 32), 31201),
        (access_token(app_sid="AP" + "0" * 32, incoming=True), 31201),
        (access_token(app_sid=None), 31201),
        (access_token(ttl=-10), 31205),
        (access_token(ttl=100_000), 31207),
    ],
)
def test_a_refused_token_gives_signallings_code_and_another_may_follow(
    token: str, code: int
) -> None:
    async def scenario(lab: Lab) -> None:
        async with socket(lab) as browser:
            await browser.send("listen", token=token)
            assert await browser.expect_error() == code
            await browser.listen()

    in_lab()(scenario)()


@in_lab()
async def test_a_token_without_an_identity_is_that_of_an_anonymous_caller(lab: Lab) -> None:
    async with socket(lab) as browser:
        assert (await browser.listen(access_token("")))["token"]["identity"] == "Anonymous"
        await browser.invite(await an_offer(), To=LEAD)
        await browser.until_answered()
    [voice] = lab.product.at("/voice")
    assert voice.params["From"] == voice.params["Caller"] == "client:Anonymous"


@in_lab()
async def test_a_token_that_only_allows_incoming_calls_cannot_place_one(lab: Lab) -> None:
    async with socket(lab) as browser:
        await browser.listen(access_token(app_sid=None, incoming=True))
        await browser.invite(await an_offer(), To=LEAD)
        assert await browser.expect_error() == 31201
        assert (await browser.expect("hangup"))["error"]["code"] == 31201
    assert lab.network.calls == {}


@pytest.mark.parametrize(
    ("host", "edge", "region"),
    [
        ("voice-js.dublin.twilio.com", "dublin", "EU_IRELAND"),
        ("voice-js.sao-paulo.twilio.com:8443", "sao-paulo", "SOUTH_AMERICA_SAO_PAULO"),
        ("voice-js.roaming.twilio.com", "ashburn", "US_EAST_VIRGINIA"),
        ("voice-js.atlantis.twilio.com", "ashburn", "US_EAST_VIRGINIA"),
        ("localhost:4010", "ashburn", "US_EAST_VIRGINIA"),
    ],
)
def test_the_edge_is_the_one_that_the_browser_asked_for(host: str, edge: str, region: str) -> None:
    async def scenario(lab: Lab) -> None:
        async with socket(lab, host) as browser:
            told = await browser.listen()
            assert (told["edge"], told["region"], told["home"]) == (edge, region, "us1")

    in_lab()(scenario)()


@in_lab()
async def test_nothing_works_before_a_token(lab: Lab) -> None:
    async with socket(lab) as browser:
        await browser.send("register", media={"audio": True})
        assert await browser.expect_error() == 31204
        await browser.invite(await an_offer(), To=LEAD)
        assert await browser.expect_error() == 31204
        hangup = await browser.expect("hangup")
        assert (hangup["callsid"], hangup["error"]["code"]) == (TEMPORARY_SID, 31204)
    assert lab.network.calls == {}


@in_lab()
async def test_registering_and_leaving_are_confirmed_and_shown(lab: Lab) -> None:
    async def shown() -> list[tuple[str, bool]]:
        async with lab.http.get("/simulator/browsers") as response:
            browsers = (await response.json())["browsers"]
        return sorted((browser["identity"], browser["registered"]) for browser in browsers)

    async with connected(lab) as first, connected(lab) as second:
        await first.send("register", media={"audio": True})
        assert await first.expect("ready") == {}
        assert await shown() == [("user_1", False), ("user_1", True)]
        await second.send("register", media={"audio": True})
        await second.expect("ready")
        await first.send("register", media={"audio": False})
        assert await first.expect("offline") == {}
        assert await shown() == [("user_1", False), ("user_1", True)]


@in_lab()
async def test_a_call_rings_is_answered_and_hung_up_on_and_its_webhooks_are_the_usual(
    lab: Lab,
) -> None:
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD, Note="ä b+c&d=e", Blank="")
        ringing = await browser.expect("ringing")
        assert "m=audio" in ringing["sdp"]
        answer = await browser.expect("answer")
        assert set(answer) == {"callsid", "reconnect"}
        hangup = await browser.expect("hangup")
        assert set(hangup) == {"callsid"}
        sid = ringing["callsid"]
        assert {answer["callsid"], hangup["callsid"]} == {sid}
    call = await lab.ended(sid)
    assert call["params"] == {"To": LEAD, "Note": "ä b+c&d=e", "Blank": ""}
    assert lead_leg(call)["duration"] == 7
    [voice] = lab.product.at("/voice")
    assert (voice.params["CallSid"], voice.params["From"]) == (sid, "client:user_1")
    assert voice.params["Note"] == "ä b+c&d=e"
    assert lab.product.lead_statuses() == ["initiated", "ringing", "in-progress", "completed"]


@in_lab()
async def test_what_is_spoken_to_the_agent_is_answered_at_once(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Say>Not at this hour.</Say></Response>")
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD)
        answer = await browser.expect("answer")
        assert "m=audio" in answer["sdp"]
        assert "error" not in await browser.expect("hangup")
    assert (await lab.ended(answer["callsid"]))["status"] == "completed"


@in_lab()
async def test_an_echo_lasts_until_the_browser_hangs_up(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Echo/></Response>")
    async with connected(lab) as browser:
        await browser.invite(await an_offer())
        answer = await browser.expect("answer")
        await browser.expect_silence(0.2)
        await browser.send("hangup", callsid=answer["callsid"])
        call = await lab.ended(answer["callsid"])
    assert (call["status"], call["to"]) == ("completed", None)


@pytest.mark.parametrize("named", ["by its CallSid", "by the SDK's name"])
def test_hanging_up_while_it_rings_cancels_the_lead(named: str) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.script(LEAD, ringSeconds=30)
        async with connected(lab) as browser:
            await browser.invite(await an_offer(), To=LEAD)
            sid = (await browser.expect("ringing"))["callsid"]
            await browser.send("hangup", callsid=sid if "CallSid" in named else TEMPORARY_SID)
            call = await lab.ended(sid)
            assert lead_leg(call)["status"] == "canceled"
            await browser.expect_silence()

    in_lab(time_scale=1)(scenario)()


@in_lab()
async def test_hanging_up_before_anything_rings_ends_the_call_as_canceled(lab: Lab) -> None:
    async def never(received: Received) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return web.Response()

    lab.product.answers["/voice"] = never
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD)
        while not lab.product.at("/voice"):
            await asyncio.sleep(0.01)
        await browser.send("hangup", callsid=TEMPORARY_SID)
        [call] = lab.network.calls.values()
        while call.agent.live:
            await asyncio.sleep(0.01)
        assert call.agent.status == "canceled"
        await browser.expect_silence()


@pytest.mark.parametrize("moment", ["ringing", "answer"])
def test_a_browser_that_hangs_up_while_its_audio_is_made_is_told_nothing(moment: str) -> None:
    """The SDK's next call would take the dead call's SID from a late `ringing` or `answer`."""

    async def scenario(lab: Lab) -> None:
        if moment == "answer":
            lab.product.replies("/voice", "<Response><Echo/></Response>")
        else:
            await lab.script(LEAD, ringSeconds=30)
        making, hung_up = asyncio.Event(), asyncio.Event()

        class SlowPeer(Peer):
            async def answer(self, offer: str) -> str:
                sdp = await super().answer(offer)
                making.set()
                await hung_up.wait()
                return sdp

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(media, "Peer", SlowPeer)
            async with connected(lab) as browser:
                await browser.invite(await an_offer(), To=LEAD)
                await making.wait()
                await browser.send("hangup", callsid=TEMPORARY_SID)
                [call] = lab.network.calls.values()
                while not call.agent.hung_up:
                    await asyncio.sleep(0.01)
                hung_up.set()
                await lab.ended(call.sid)
                await browser.expect_silence()
        assert lab.signalling.active == 0

    in_lab(time_scale=1 if moment == "ringing" else 0.01)(scenario)()


@in_lab()
async def test_hanging_up_in_talk_completes_both_legs(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.until_answered())["callsid"]
        await browser.send("hangup", callsid=sid)
        call = await lab.ended(sid)
        await browser.expect_silence()
    assert (call["status"], call["leadStatus"]) == ("completed", "completed")


@in_lab()
async def test_when_the_far_side_hangs_up_the_browser_is_told(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    async with connected(lab) as browser:
        for path in ("callee-hangup", "hangup"):
            await browser.invite(await an_offer(), To=LEAD)
            sid = (await browser.until_answered())["callsid"]
            await lab.post(f"/simulator/calls/{sid}/{path}")
            assert await browser.expect("hangup") == {"callsid": sid}


@in_lab(time_scale=1)
async def test_when_the_agent_hangs_up_elsewhere_the_ringing_ends_without_an_error(
    lab: Lab,
) -> None:
    await lab.script(LEAD, ringSeconds=30)
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.expect("ringing"))["callsid"]
        await lab.post(f"/simulator/calls/{sid}/hangup")
        assert await browser.expect("hangup") == {"callsid": sid}


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"ending": "busy", "ringSeconds": 0}, 31486),
        ({"ending": "failed", "ringSeconds": 0}, 31404),
        ({"ending": "busy", "ringSeconds": 2}, 31486),
        ({"ending": "no-answer"}, 31480),
    ],
)
def test_a_call_that_nobody_answers_ends_in_an_error_that_says_why(
    script: dict[str, object], code: int
) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.script(LEAD, **script)
        async with connected(lab) as browser:
            await browser.invite(await an_offer(), To=LEAD)
            kind, payload = await browser.receive()
            if kind == "ringing":
                assert payload["callsid"].startswith("CA")
                _, payload = await browser.receive()
            else:
                # The browser knows the call by this SID only.
                assert payload["callsid"] == TEMPORARY_SID
            assert payload["error"]["code"] == code

    in_lab()(scenario)()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Response><Reject/></Response>", 31002),
        ('<Response><Reject reason="busy"/></Response>', 31486),
        ("<Response/>", 31002),
        ("<Nonsense/>", 31002),
        (None, 31002),
    ],
)
def test_a_call_that_the_application_declines_or_breaks_ends_in_an_error(
    document: str | None, code: int
) -> None:
    async def scenario(lab: Lab) -> None:
        if document is None:
            lab.product.replies_status("/voice", 500)
        else:
            lab.product.replies("/voice", document)
        async with connected(lab) as browser:
            await browser.invite(await an_offer(), To=LEAD)
            assert (await browser.expect("hangup"))["error"]["code"] == code

    in_lab()(scenario)()


@in_lab()
async def test_digits_are_kept_in_order_and_others_refused(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.until_answered())["callsid"]
        await browser.send("dtmf", callsid=sid, dtmf="1")
        await browser.send("dtmf", callsid=sid, dtmf="2w#*")
        await browser.send("dtmf", callsid=sid, dtmf="A")
        assert await browser.expect_error() == 31100
        media = (await lab.state(sid))["media"]
        assert media is not None
        assert media["digits"] == "12w#*"
        await lab.until(sid, lambda event: event["data"].get("digits") == "2w#*")


@in_lab()
async def test_a_message_is_acknowledged_and_kept_or_refused_with_its_reason(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.until_answered())["callsid"]
        good = {"callsid": sid, "messagetype": "user-defined-message", "voiceeventsid": "KX1"}
        await browser.send("message", **good, content='{"a": 1}')
        assert await browser.expect("ack") == {
            "acktype": "message",
            "callsid": sid,
            "voiceeventsid": "KX1",
        }
        for change, code in (({"messagetype": "other"}, 31210), ({"content": "x" * 10001}, 31212)):
            await browser.send("message", **good | {"content": "x"} | change)
            error = await browser.expect("error")
            assert (error["error"]["code"], error["voiceeventsid"]) == (code, "KX1")
        media = (await lab.state(sid))["media"]
        assert media is not None
        assert media["messages"] == ['{"a": 1}']


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "7",
        '{"type": "listen", "payload": 7}',
        '{"type": "listen"}',
        '{"type": "sing"}',
        '{"type": "invite", "payload": {"callsid": "TJS1"}}',
        '{"type": "invite", "payload": {"callsid": "TJS1", "sdp": "v=0", "twilio": {"params": 7}}}',
        '{"type": "hangup"}',
    ],
)
def test_a_malformed_frame_is_an_error_and_the_socket_lives_on(frame: str) -> None:
    async def scenario(lab: Lab) -> None:
        async with connected(lab) as browser:
            await browser.socket.send_str(frame)
            assert await browser.expect_error() == 31100
            await browser.listen()

    in_lab()(scenario)()


@in_lab()
async def test_messages_about_calls_of_others_do_nothing(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    async with connected(lab) as browser, connected(lab) as stranger:
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.until_answered())["callsid"]
        await stranger.send("hangup", callsid=sid)
        await stranger.send("dtmf", callsid=sid, dtmf="1")
        await stranger.listen()
        assert (await lab.state(sid))["status"] == "in-progress"


@in_lab()
async def test_an_expired_token_leaves_the_call_up_and_stops_new_ones(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    async with connected(lab, access_token(ttl=2)) as browser:
        await browser.send("register", media={"audio": True})
        await browser.expect("ready")
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.until_answered())["callsid"]
        assert await browser.expect_error() == 31205
        await browser.expect("offline")
        await browser.invite(await an_offer(), "TJS2", To=LEAD)
        assert await browser.expect_error() == 31205
        assert (await browser.expect("hangup"))["callsid"] == "TJS2"
        await browser.send("register", media={"audio": True})
        assert await browser.expect_error() == 31205
        assert (await lab.state(sid))["status"] == "in-progress"

        await browser.listen()
        await browser.send("register", media={"audio": True})
        await browser.expect("ready")
        await browser.send("hangup", callsid=sid)
        assert (await lab.ended(sid))["status"] == "completed"


@in_lab()
async def test_a_token_renewed_in_time_does_not_expire(lab: Lab) -> None:
    async with connected(lab, access_token(ttl=2)) as browser:
        await browser.listen()
        await browser.expect_silence(2)


@in_lab(timing=Timing(heartbeat=0.05, silence=0.3))
async def test_the_heart_beats_and_a_browser_that_does_not_answer_is_gone(lab: Lab) -> None:
    async with connected(lab) as browser:
        await browser.expect_silence(0.5)
        assert browser.heartbeats >= 5
        browser.echoes_heartbeats = False
        with pytest.raises(Gone):
            await browser.receive()
    assert lab.signalling.sockets == set()


@in_lab()
async def test_two_browsers_of_one_rep_call_independently(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    async with connected(lab) as first, connected(lab) as second:
        sids = []
        for browser in (first, second):
            await browser.invite(await an_offer(), To=LEAD)
            sids.append((await browser.until_answered())["callsid"])
        await first.send("hangup", callsid=sids[0])
        await lab.ended(sids[0])
        assert (await lab.state(sids[1]))["status"] == "in-progress"
        await second.expect_silence()


@in_lab()
async def test_the_number_of_calls_with_audio_is_limited(lab: Lab) -> None:
    await lab.script(LEAD, **WITHOUT_END)
    offer = await an_offer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser_socket, "MAX_CALLS", 1)
        async with connected(lab) as browser:
            await browser.invite(offer, To=LEAD)
            sid = (await browser.until_answered())["callsid"]
            await browser.invite(offer, "TJS2", To=LEAD)
            hangup = await browser.expect("hangup")
            assert (hangup["callsid"], hangup["error"]["code"]) == ("TJS2", 31206)
            await browser.send("hangup", callsid=sid)
            await lab.ended(sid)
            await browser.invite(offer, "TJS3", To=LEAD)
            (await browser.until_answered())["callsid"]


@in_lab(time_scale=1)
async def test_an_offer_that_cannot_be_answered_ends_the_call(lab: Lab) -> None:
    async with connected(lab) as browser:
        await browser.invite("v=0\r\nnonsense", To=LEAD)
        hangup = await browser.expect("hangup")
        # The browser was not told the CallSid yet.
        assert (hangup["callsid"], hangup["error"]["code"]) == (TEMPORARY_SID, 53405)
    [call] = lab.network.calls.values()
    assert lead_leg(await lab.ended(call.sid))["status"] == "canceled"


@in_lab()
async def test_without_the_package_for_audio_the_call_ends_with_the_reason(lab: Lab) -> None:
    offer = await an_offer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "simulator.browsers.media", None)
        async with connected(lab) as browser:
            await browser.invite(offer, To=LEAD)
            error = (await browser.expect("hangup"))["error"]
            assert error["code"] == 53405
            assert "aiortc" in error["message"]


@in_lab()
async def test_a_call_of_the_control_api_has_no_media(lab: Lab) -> None:
    assert (await lab.call(CALLER_ID))["media"] is None
