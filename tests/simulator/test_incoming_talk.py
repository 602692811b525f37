"""Calls to browsers after the answer: hanging up, digits, sockets that are lost, audio."""

from __future__ import annotations

import asyncio

import pytest

from simulator.browsers.switchboard import Timing
from tests.simulator.browser import an_offer, audio, connected, registered
from tests.simulator.incoming import calling, dials, end_of_dial, ringing, status_of, talking
from tests.simulator.lab import Lab, access_token, in_lab

BRIEF = Timing(grace=0.3)
BOBS = access_token("bob", incoming=True)


@in_lab(time_scale=1)
async def test_a_caller_who_hangs_up_ends_the_callees_leg_under_its_own_sid(lab: Lab) -> None:
    async with talking(lab) as (ada, sid, bob, invite):
        await ada.send("hangup", callsid=sid)
        assert await bob.expect("hangup") == {"callsid": invite["callsid"]}
        await lab.ended(sid)
        await ada.expect_silence(0.02)
    assert status_of(lab, invite["callsid"]) == "completed"
    assert end_of_dial(lab)["DialCallStatus"] == "completed"


@in_lab(time_scale=1)
async def test_digits_and_messages_are_the_childs(lab: Lab) -> None:
    async with talking(lab) as (_, sid, bob, invite):
        child = invite["callsid"]
        await bob.send("dtmf", callsid=child, dtmf="12")
        await lab.until(sid, lambda event: event["data"].get("digits") == "12")
        message = {"messagetype": "user-defined-message", "voiceeventsid": "KX1", "content": "{}"}
        await bob.send("message", callsid=child, **message)
        assert (await bob.expect("ack"))["callsid"] == child
        # They are not in the parent's leg.
        await bob.send("dtmf", callsid=sid, dtmf="3")
        await bob.send("hangup", callsid=sid)
        await bob.expect_silence(0.05)
        found = lab.network.leg(child)
        assert found is not None
        assert found[1].media is not None
        assert (found[1].media.digits, found[1].media.messages) == ("12", ["{}"])
        assert status_of(lab, child) == "in-progress"


@in_lab(time_scale=1)
async def test_a_browser_that_restarts_ice_gets_new_audio_under_the_childs_sid(lab: Lab) -> None:
    async with talking(lab) as (_, _, bob, invite):
        await bob.send("reinvite", callsid=invite["callsid"], sdp=await an_offer())
        answer = await bob.expect("answer")
        assert answer["callsid"] == invite["callsid"]
        assert "m=audio" in answer["sdp"]


@in_lab(time_scale=1, timing=BRIEF)
async def test_a_callee_whose_socket_is_lost_in_talk_may_come_back(lab: Lab) -> None:
    dials(lab)
    async with registered(lab) as bob, calling(lab) as ada, audio() as peer:
        await ada.expect("ringing")
        invite = await bob.expect_invite()
        child, sdp = invite["callsid"], await peer.answer(invite["sdp"])
        await bob.send("answer", callsid=child, sdp=sdp)
        await ada.expect("answer")
        found = lab.network.leg(child)
        assert found is not None
        sid = found[0].sid
        await bob.socket.close()
        async with connected(lab, BOBS) as back:
            await back.resume(child, invite["reconnect"], sdp)
            # The audio never stopped, so there is nothing to negotiate.
            assert await back.expect("answer") == {
                "callsid": child,
                "reconnect": invite["reconnect"],
            }
            await back.expect_silence(0.4)
            await ada.send("hangup", callsid=sid)
            assert await back.expect("hangup") == {"callsid": child}


@in_lab(time_scale=1, timing=BRIEF)
async def test_a_callee_who_does_not_come_back_has_hung_up(lab: Lab) -> None:
    async with talking(lab) as (ada, sid, bob, invite):
        await bob.socket.close()
        assert await ada.expect("hangup") == {"callsid": sid}
        await lab.ended(sid)
        async with connected(lab, BOBS) as back:
            await back.resume(invite["callsid"], invite["reconnect"], await an_offer())
            assert await back.expect("hangup") == {"callsid": invite["callsid"]}


@in_lab(time_scale=1)
async def test_the_reconnect_token_answers_from_another_socket_while_it_rings(lab: Lab) -> None:
    """A page does so that was given a call's `connectToken`."""
    dials(lab)
    async with (
        ringing(lab, "bob") as (ada, sid, [(bob, invite)]),
        connected(lab, BOBS) as other,
        audio() as peer,
    ):
        child = invite["callsid"]
        await other.resume(child, invite["reconnect"], await peer.offer())
        answer = await other.expect("answer")
        assert (answer["callsid"], answer["reconnect"]) == (child, invite["reconnect"])
        await peer.accept(answer["sdp"])
        assert await bob.expect("cancel") == {"callsid": child}
        await ada.expect("answer")
        assert status_of(lab, child) == "in-progress"
        # It was answered: the first browser has no part in it any more.
        await bob.answer(invite)
        await bob.send("hangup", callsid=child)
        await other.expect_silence(0.05)
        await ada.send("hangup", callsid=sid)
        assert await other.expect("hangup") == {"callsid": child}


@in_lab(time_scale=1)
async def test_a_call_that_was_answered_is_not_passed_on(lab: Lab) -> None:
    async with talking(lab) as (ada, _, bob, invite), connected(lab, BOBS) as other:
        await other.resume(invite["callsid"], invite["reconnect"], await an_offer())
        assert await other.expect("hangup") == {"callsid": invite["callsid"]}
        await bob.expect_silence(0.02)
        await bob.send("hangup", callsid=invite["callsid"])
        await ada.expect("hangup")


@in_lab(time_scale=1)
async def test_a_callee_may_come_back_before_the_loss_of_its_socket_is_noticed(lab: Lab) -> None:
    dials(lab)
    async with (
        ringing(lab, "bob") as (ada, _, [(bob, invite)]),
        connected(lab, BOBS) as back,
        audio() as peer,
    ):
        child, sdp = invite["callsid"], await peer.answer(invite["sdp"])
        await bob.send("answer", callsid=child, sdp=sdp)
        await ada.expect("answer")
        await back.resume(child, invite["reconnect"], sdp)
        await back.expect("answer")
        await bob.socket.close()
        await back.expect_silence(0.05)
        await back.send("hangup", callsid=child)
        await ada.expect("hangup")


@in_lab(time_scale=1)
async def test_two_calls_are_passed_on_at_the_same_time(lab: Lab) -> None:
    dials(lab)
    async with (
        registered(lab) as bob,
        connected(lab, BOBS) as first,
        connected(lab, BOBS) as second,
        calling(lab) as ada,
        calling(lab) as eve,
    ):
        sids = []
        invites = [await bob.expect_invite(), await bob.expect_invite()]
        for invite, other in zip(invites, (first, second), strict=True):
            await other.resume(invite["callsid"], invite["reconnect"], await an_offer())
            await other.expect("answer")
            assert await bob.expect("cancel") == {"callsid": invite["callsid"]}
            sids.append(invite["callsid"])
        for caller in (ada, eve):
            await caller.until_answered()
        assert [status_of(lab, sid) for sid in sids] == ["in-progress"] * 2
        await first.expect_silence(0.02)


@pytest.mark.parametrize("wrong", ["token", "identity", "description"])
def test_a_call_that_rings_is_not_passed_on_to(wrong: str) -> None:
    async def scenario(lab: Lab) -> None:
        dials(lab)
        identity = "carol" if wrong == "identity" else "bob"
        async with (
            ringing(lab, "bob") as (_, _, [(bob, invite)]),
            connected(lab, access_token(identity)) as other,
        ):
            reconnect = "0" * 32 if wrong == "token" else invite["reconnect"]
            async with audio() as peer:
                # A browser that was about to answer describes itself by its answer.
                sdp = (
                    await peer.answer(invite["sdp"])
                    if wrong == "description"
                    else await peer.offer()
                )
            await other.resume(invite["callsid"], reconnect, sdp)
            assert (await other.expect("hangup"))["callsid"] == invite["callsid"]
            await bob.expect_silence(0.05)
            assert status_of(lab, invite["callsid"]) == "ringing"

    in_lab(time_scale=1)(scenario)()


@in_lab(time_scale=1)
async def test_caller_and_callee_hear_each_other_in_the_callees_first_codec(lab: Lab) -> None:
    dials(lab)
    async with (
        registered(lab) as bob,
        connected(lab, access_token("ada")) as ada,
        audio() as bobs,
        audio() as adas,
    ):
        await ada.invite(await adas.offer())
        ringing = await ada.expect("ringing")
        await adas.accept(ringing["sdp"])
        invite = await bob.expect_invite()
        opus, pcmu = "a=rtpmap:96 opus/48000/2\r\n", "a=rtpmap:0 PCMU/8000\r\n"
        answer = await bobs.answer(invite["sdp"].replace(opus + pcmu, pcmu + opus))
        assert "SAVPF 0 96" in answer
        await bob.send("answer", callsid=invite["callsid"], sdp=answer)
        await ada.expect("answer")
        async with asyncio.timeout(25):
            while min(bobs.loud_frames, adas.loud_frames) < 10:
                await asyncio.sleep(0.02)
        found = lab.network.leg(invite["callsid"])
        assert found is not None
        assert found[1].media is not None
        assert found[1].media.codec == "PCMU"
        bobs.tone.muted = True
        await asyncio.sleep(0.7)
        before = adas.loud_frames
        await asyncio.sleep(0.3)
        assert adas.loud_frames == before
