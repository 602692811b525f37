"""Sockets that are lost: which calls go on without them, and which do not."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from simulator.browsers.switchboard import Timing
from tests.simulator.browser import Gone, an_offer, connected, socket
from tests.simulator.lab import LEAD, Lab, access_token, in_lab, lead_leg

BRIEF = Timing(grace=0.3)


@in_lab()
async def test_a_call_outlives_its_socket_and_is_resumed(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    offer = await an_offer()
    async with connected(lab) as browser:
        await browser.invite(offer, To=LEAD)
        answer = await browser.until_answered()
        sid = answer["callsid"]
        assert await lab.post(f"/simulator/calls/{sid}/drop-socket") == (
            202,
            {"code": "", "message": ""},
        )
        with pytest.raises(Gone):
            await browser.receive()
    await lab.until(sid, lambda event: event["text"] == "socket lost, waiting 15 s for it")
    async with connected(lab) as browser:
        await browser.resume(sid, answer["reconnect"], offer)
        # The audio never stopped, so there is nothing to negotiate.
        assert await browser.expect("answer") == answer
        await browser.send("dtmf", callsid=sid, dtmf="5")
        await browser.send("hangup", callsid=sid)
        call = await lab.ended(sid)
    assert call["media"] is not None
    assert (call["media"]["digits"], call["media"]["socketLosses"]) == ("5", 1)
    assert (call["status"], call["leadStatus"]) == ("completed", "completed")
    assert lab.product.lead_statuses() == ["initiated", "ringing", "in-progress", "completed"]


@in_lab(timing=BRIEF)
async def test_a_browser_that_does_not_come_back_has_hung_up(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    offer = await an_offer()
    async with connected(lab) as browser:
        await browser.invite(offer, To=LEAD)
        answer = await browser.until_answered()
    call = await lab.ended(answer["callsid"])
    assert (call["status"], call["leadStatus"]) == ("completed", "completed")
    async with connected(lab) as browser:
        await browser.resume(answer["callsid"], answer["reconnect"], offer)
        assert await browser.expect("hangup") == {"callsid": answer["callsid"]}


@in_lab(timing=BRIEF)
async def test_a_call_resumed_within_the_grace_time_outlives_it(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    offer = await an_offer()
    async with connected(lab) as browser:
        await browser.invite(offer, To=LEAD)
        answer = await browser.until_answered()
    async with connected(lab) as browser:
        await browser.resume(answer["callsid"], answer["reconnect"], offer)
        await browser.expect("answer")
        await browser.expect_silence(0.5)


@in_lab(timing=BRIEF)
async def test_the_browser_may_ask_for_a_longer_grace_time(lab: Lab) -> None:
    async with socket(lab) as browser:
        await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
        await browser.listen(reconnectTimeout=20)
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.until_answered())["callsid"]
    await lab.until(sid, lambda event: event["data"].get("grace") == 20)


@in_lab(time_scale=1)
async def test_a_socket_lost_before_the_answer_ends_the_call_at_once(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=30)
    async with connected(lab) as browser:
        await browser.invite(await an_offer(), To=LEAD)
        sid = (await browser.expect("ringing"))["callsid"]
    assert lead_leg(await lab.ended(sid))["status"] == "canceled"


@in_lab()
async def test_a_browser_that_comes_back_after_the_far_side_hung_up_is_told_so(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    offer = await an_offer()
    async with connected(lab) as browser:
        await browser.invite(offer, To=LEAD)
        answer = await browser.until_answered()
    sid = answer["callsid"]
    await lab.post(f"/simulator/calls/{sid}/callee-hangup")
    await lab.ended(sid)
    async with connected(lab) as browser:
        await browser.resume(sid, answer["reconnect"], offer)
        assert await browser.expect("hangup") == {"callsid": sid}


@in_lab()
async def test_only_the_same_rep_with_the_calls_own_token_resumes_it(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    offer = await an_offer()
    async with connected(lab) as browser:
        await browser.invite(offer, To=LEAD)
        answer = await browser.until_answered()
        sid = answer["callsid"]
        async with connected(lab, access_token("user_2")) as stranger:
            await stranger.resume(sid, answer["reconnect"], offer)
            assert (await stranger.expect("hangup"))["error"]["code"] == 31209
        async with connected(lab) as other:
            await other.resume(sid, "guessed", offer)
            assert (await other.expect("hangup"))["error"]["code"] == 31209
            await other.resume("CA0", answer["reconnect"], offer)
            assert (await other.expect("hangup"))["error"]["code"] == 31107
        await browser.expect_silence()
    assert (await lab.state(sid))["status"] == "in-progress"


@in_lab()
async def test_the_sdk_resumes_on_the_same_socket_after_it_renewed_its_token(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    offer = await an_offer()
    async with connected(lab) as browser:
        await browser.invite(offer, To=LEAD)
        answer = await browser.until_answered()
        await browser.listen()
        await browser.resume(answer["callsid"], answer["reconnect"], offer)
        assert await browser.expect("answer") == answer
        await browser.send("hangup", callsid=answer["callsid"])
        await lab.ended(answer["callsid"])


@in_lab()
async def test_an_outage_refuses_new_sockets_and_drops_old_ones_if_asked_to(lab: Lab) -> None:
    async with connected(lab) as browser:
        async with lab.http.post("/simulator/outage", json={"seconds": 0.3}) as response:
            assert response.status == 202
            assert await response.json() == {"seconds": 0.3, "droppedSockets": 0}
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await lab.http.ws_connect("/signal")
        assert refused.value.status == 503
        await browser.listen()
        async with lab.http.post(
            "/simulator/outage", json={"seconds": 0.3, "dropSockets": True}
        ) as response:
            assert (await response.json())["droppedSockets"] == 1
        with pytest.raises(Gone):
            await browser.receive()
    await asyncio.sleep(0.3)
    async with connected(lab):
        pass


@pytest.mark.parametrize(
    "body", [{}, {"seconds": -1}, {"seconds": 1e9}, {"seconds": 1, "dropSockets": 1}, {"second": 1}]
)
def test_a_malformed_outage_is_refused(body: dict[str, object]) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.post("/simulator/outage", body))[0] == 400

    in_lab()(scenario)()


@in_lab()
async def test_there_is_no_socket_to_drop_where_no_browser_calls(lab: Lab) -> None:
    sid = await lab.place()
    status, error = await lab.post(f"/simulator/calls/{sid}/drop-socket")
    assert (status, error["code"]) == (409, "no_socket")
