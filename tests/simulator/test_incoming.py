"""Calls to browsers: who rings, what they are told, and how the ringing ends."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qsl

import pytest

from simulator.browsers import media, placed_calls
from simulator.browsers.media import Peer
from tests.simulator.browser import (
    audio,
    connected,
    registered,
    socket,
)
from tests.simulator.incoming import BOB, calling, dials, end_of_dial, ringing, status_of
from tests.simulator.lab import ACCOUNT_SID, CALLER_ID, Lab, access_token, in_lab

CALLBACKS = ["initiated", "ringing", "in-progress", "completed"]


@in_lab(time_scale=1)
async def test_a_registered_browser_is_invited_and_its_answer_connects_the_caller(lab: Lab) -> None:
    dials(lab)
    async with ringing(lab, "bob") as (ada, sid, [(bob, invite)]):
        child = invite["callsid"]
        assert child != sid
        assert set(invite) == {"callsid", "sdp", "reconnect", "parameters"}
        assert invite["parameters"] == {
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "CallSid": child,
            "From": "client:ada",
            "To": "client:bob",
            "Params": "",
        }
        assert status_of(lab, child) == "ringing"
        await bob.answer(invite)
        assert (await ada.expect("answer"))["callsid"] == sid
        assert status_of(lab, child) == status_of(lab, sid) == "in-progress"
        # The SDK needs no answer to its answer.
        await bob.expect_silence()
        await bob.send("hangup", callsid=child)
        assert await ada.expect("hangup") == {"callsid": sid}
        await lab.ended(sid)
        await bob.expect_silence()
    assert lab.product.lead_statuses() == CALLBACKS
    assert end_of_dial(lab)["DialCallSid"] == child
    assert end_of_dial(lab)["DialCallStatus"] == "completed"


@in_lab(time_scale=1)
async def test_without_answer_on_bridge_the_callee_hears_of_the_call_before_the_caller_is_answered(
    lab: Lab,
) -> None:
    """The SDK's own tests wait for `incoming`, and only then for the caller's `accept`."""
    dials(lab, answerOnBridge="false")
    async with registered(lab, "bob") as bob, calling(lab) as ada:
        invite = await bob.expect_invite()
        invited = time.monotonic()
        assert status_of(lab, invite["callsid"]) == "ringing"
        sid = (await ada.expect("answer"))["callsid"]
        assert time.monotonic() - invited > placed_calls.ANSWER_SECONDS / 2
        await bob.answer(invite)
        await ada.send("hangup", callsid=sid)
        await lab.ended(sid)


@in_lab(time_scale=1)
async def test_the_offer_has_all_candidates_both_roles_and_both_codecs(lab: Lab) -> None:
    dials(lab)
    async with ringing(lab, "bob") as (_, _, [(_, invite)]):
        lines = invite["sdp"].splitlines()
        assert "a=setup:actpass" in lines
        assert "a=end-of-candidates" in lines
        assert [line for line in lines if line.startswith("a=candidate:")]
        codecs = [line.split(" ")[1] for line in lines if line.startswith("a=rtpmap:")]
        assert codecs == ["opus/48000/2", "PCMU/8000"]


@in_lab(time_scale=1)
async def test_custom_parameters_have_raw_names_and_encoded_values_and_the_last_of_a_name_counts(
    lab: Lab,
) -> None:
    parameters = (("duplicate", "1"), ("a + b", "我不吃蛋 &amp; x=y"), ("duplicate", "2 + 3"))
    dials(
        lab,
        "<Client><Identity>bob</Identity>"
        + "".join(f'<Parameter name="{name}" value="{value}"/>' for name, value in parameters)
        + "</Client>",
        callerId=CALLER_ID,
    )
    async with ringing(lab, "bob") as (_, _, [(_, invite)]):
        assert invite["parameters"]["From"] == CALLER_ID
        query = invite["parameters"]["Params"]
        assert query.startswith("duplicate=2+%2B+3&a + b=%E6%88%91")
        assert dict(parse_qsl(query))["a   b"] == "我不吃蛋 & x=y"


@in_lab(time_scale=1)
async def test_every_registered_browser_of_the_identity_rings_and_no_other(lab: Lab) -> None:
    dials(lab)
    incoming = access_token("bob", incoming=True)
    async with (
        registered(lab) as first,
        registered(lab) as second,
        registered(lab) as left,
        connected(lab, incoming) as never_registered,
        connected(lab, access_token("bob")) as not_allowed,
        registered(lab, "carol") as stranger,
        socket(lab) as stale,
    ):
        await left.send("register", media={"audio": False})
        await left.expect("offline")
        await not_allowed.register()
        await stale.listen(access_token("bob", ttl=1, incoming=True))
        await stale.register()
        assert await stale.expect_error() == 31205
        await stale.expect("offline")
        async with calling(lab) as ada:
            await ada.expect("ringing")
            assert (await first.expect_invite())["callsid"] == (await second.expect_invite())[
                "callsid"
            ]
            for browser in (left, never_registered, not_allowed, stranger, stale):
                await browser.expect_silence(0.02)


@in_lab(time_scale=1)
async def test_a_new_token_makes_the_browser_ring_for_its_identity(lab: Lab) -> None:
    dials(lab)
    async with registered(lab, "carol") as browser:
        await browser.listen(access_token("bob", incoming=True))
        async with calling(lab):
            await browser.expect_invite()


@in_lab()
async def test_nobody_registered_is_no_answer_at_once(lab: Lab) -> None:
    dials(lab)
    async with calling(lab) as ada:
        while (received := await ada.receive())[0] == "ringing":
            pass
        assert received[0] == "hangup"
        assert received[1]["error"]["code"] == 31480
        [call] = lab.network.calls.values()
        await lab.ended(call.sid)
    assert end_of_dial(lab)["DialCallStatus"] == "no-answer"


@in_lab(time_scale=1)
async def test_of_several_clients_the_first_to_accept_wins_and_the_others_are_canceled(
    lab: Lab,
) -> None:
    names = [f"client{n}" for n in range(10)]
    dials(lab, "".join(BOB.replace("bob", name) for name in names))
    async with ringing(lab, *names) as (ada, sid, invited):
        assert len({invite["callsid"] for _, invite in invited}) == 10
        winner, invite = invited.pop(3)
        await winner.answer(invite)
        await ada.expect("answer")
        for browser, other in invited:
            assert await browser.expect("cancel") == {"callsid": other["callsid"]}
        assert status_of(lab, invite["callsid"]) == "in-progress"
        await ada.send("hangup", callsid=sid)
        await winner.expect("hangup")
        await lab.ended(sid)
    assert end_of_dial(lab)["DialCallSid"] == invite["callsid"]


@in_lab(time_scale=1)
async def test_of_several_devices_the_first_to_answer_wins_and_the_others_are_canceled(
    lab: Lab,
) -> None:
    dials(lab)
    async with (
        ringing(lab, "bob", "bob", "bob") as (ada, _, [(idle, invite), (second, _), (third, rang)]),
        audio() as seconds_audio,
        audio() as thirds_audio,
    ):
        child = invite["callsid"]
        answers = (
            (second, await seconds_audio.answer(invite["sdp"])),
            (third, await thirds_audio.answer(rang["sdp"])),
        )
        for browser, sdp in answers:
            await browser.send("answer", callsid=child, sdp=sdp)
        await ada.expect("answer")
        assert await idle.expect("cancel") == {"callsid": child}
        told = await asyncio.gather(*(browser.messages(0.2) for browser, _ in answers))
        assert sorted(told, key=len) == [[], [("cancel", {"callsid": child})]]
        assert status_of(lab, child) == "in-progress"


@in_lab(time_scale=1)
async def test_a_browser_that_rejects_is_out_and_the_last_one_ends_the_dial_as_busy(
    lab: Lab,
) -> None:
    dials(lab)
    async with ringing(lab, "bob", "bob") as (ada, sid, [(first, invite), (second, _)]):
        await first.send("reject", callsid=invite["callsid"])
        # Its answer comes too late.
        await first.answer(invite)
        await first.expect_silence()
        await second.expect_silence(0.02)
        assert status_of(lab, invite["callsid"]) == "ringing"
        # What the SDK sends if the page accepts and hangs up before the microphone is there.
        await second.send("hangup", callsid=invite["callsid"])
        assert (await ada.expect("hangup"))["error"]["code"] == 31486
        await lab.ended(sid)
        await first.expect_silence(0.02)
        await second.expect_silence(0.02)
    assert end_of_dial(lab)["DialCallStatus"] == "busy"


@in_lab(time_scale=0.02)
async def test_a_browser_that_does_nothing_rings_until_the_timeout_and_is_canceled(
    lab: Lab,
) -> None:
    dials(lab, timeout="20")
    async with ringing(lab, "bob") as (ada, sid, [(bob, invite)]):
        assert await bob.expect("cancel") == {"callsid": invite["callsid"]}
        assert (await ada.expect("hangup"))["error"]["code"] == 31480
        await bob.answer(invite)
        await bob.expect_silence(0.02)
        await lab.ended(sid)
    assert status_of(lab, invite["callsid"]) == "no-answer"
    assert end_of_dial(lab)["DialCallStatus"] == "no-answer"


@in_lab(time_scale=1)
async def test_a_caller_who_hangs_up_cancels_and_an_answer_that_crosses_it_revives_nothing(
    lab: Lab,
) -> None:
    dials(lab)
    async with ringing(lab, "bob") as (ada, sid, [(bob, invite)]), audio() as peer:
        answer = await peer.answer(invite["sdp"])
        await ada.send("hangup", callsid=sid)
        assert await bob.expect("cancel") == {"callsid": invite["callsid"]}
        await bob.send("answer", callsid=invite["callsid"], sdp=answer)
        await bob.expect_silence()
        call = await lab.ended(sid)
        await ada.expect_silence(0.02)
    assert status_of(lab, invite["callsid"]) == "canceled"
    assert all(leg["duration"] in (0, None) for leg in call["legs"])


@in_lab(time_scale=1)
async def test_no_invite_comes_after_the_caller_has_gone(lab: Lab) -> None:
    dials(lab)
    making, gone = asyncio.Event(), asyncio.Event()

    class SlowPeer(Peer):
        async def offer(self) -> str:
            sdp = await super().offer()
            making.set()
            await gone.wait()
            return sdp

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media, "Peer", SlowPeer)
        async with registered(lab) as bob, calling(lab) as ada:
            sid = (await ada.expect("ringing"))["callsid"]
            await making.wait()
            await ada.send("hangup", callsid=sid)
            await lab.ended(sid)
            gone.set()
            await bob.expect_silence()
    assert lab.signalling.active == 0


@in_lab(time_scale=1)
async def test_a_browser_whose_socket_is_lost_while_it_rings_is_out(lab: Lab) -> None:
    dials(lab)
    async with registered(lab) as stays, registered(lab) as leaves, calling(lab) as ada:
        sid = (await ada.expect("ringing"))["callsid"]
        invite = await leaves.expect_invite()
        await stays.expect_invite()
        await leaves.socket.close()
        await stays.expect_silence()
        # Back, it does not ring again.
        async with registered(lab) as back:
            await back.answer(invite)
            await back.expect_silence()
        assert status_of(lab, invite["callsid"]) == "ringing"
        await stays.socket.close()
        assert (await ada.expect("hangup"))["error"]["code"] == 31480
        await lab.ended(sid)
    assert end_of_dial(lab)["DialCallStatus"] == "no-answer"


@in_lab(time_scale=1)
async def test_an_answer_that_cannot_be_used_is_an_error_and_others_go_on_ringing(
    lab: Lab,
) -> None:
    dials(lab)
    async with ringing(lab, "bob", "bob") as (ada, _, [(first, invite), (second, _)]):
        await first.send("answer", callsid=invite["callsid"], sdp="v=0\r\nnonsense")
        hangup = await first.expect("hangup")
        assert (hangup["callsid"], hangup["error"]["code"]) == (invite["callsid"], 53405)
        await second.answer(invite)
        await ada.expect("answer")


@in_lab(time_scale=1)
async def test_messages_of_browsers_that_are_not_invited_change_nothing(lab: Lab) -> None:
    dials(lab)
    async with registered(lab, "carol") as stranger, ringing(lab, "bob") as (ada, _, [(_, invite)]):
        await stranger.answer(invite)
        await stranger.send("reject", callsid=invite["callsid"])
        await stranger.send("hangup", callsid=invite["callsid"])
        await stranger.expect_silence()
        await ada.expect_silence(0.02)
        assert status_of(lab, invite["callsid"]) == "ringing"


@in_lab(time_scale=1)
async def test_a_busy_browser_is_invited_as_well(lab: Lab) -> None:
    """Whether a page hears of a second call is decided by its SDK, which may ignore the invite."""
    dials(lab)
    async with ringing(lab, "bob") as (ada, _, [(bob, invite)]):
        await bob.answer(invite)
        await ada.expect("answer")
        async with calling(lab):
            assert (await bob.expect_invite())["callsid"] != invite["callsid"]
