"""Audio in both directions, over real WebRTC on this machine."""

from __future__ import annotations

import asyncio

import pytest

from simulator.calls import sounds
from simulator.calls.sounds import Sound
from tests.simulator.browser import audio, connected
from tests.simulator.lab import LEAD, Lab, in_lab
from tests.simulator.talking import counted, media_of, talk, until


@in_lab(time_scale=1)
async def test_the_browser_hears_ringback_while_it_rings(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=30)
    async with connected(lab) as browser, audio() as peer:
        await browser.invite(await peer.offer(), To=LEAD)
        ringing = await browser.expect("ringing")
        await peer.accept(ringing["sdp"])
        await until(lambda: peer.loud_frames > 10)
        assert (await media_of(lab, ringing["callsid"]))["sound"] == "ringback"


@in_lab()
async def test_frames_are_counted_and_those_of_a_muted_microphone_are_silent(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    async with connected(lab) as browser, audio() as peer:
        sid = await talk(browser, peer)
        await until(lambda: peer.loud_frames > 5)
        grown = await counted(lab, sid, 0.5)
        assert grown["sent"] >= 5
        assert grown["loud"] == grown["received"] >= 5
        peer.tone.muted = True
        # Frames that are on their way or in the jitter buffer.
        await asyncio.sleep(0.5)
        grown = await counted(lab, sid, 0.5)
        assert grown["received"] >= 5
        assert grown["loud"] == 0
        media = await media_of(lab, sid)
        assert (media["connectionState"], media["codec"]) == ("connected", "opus")


@in_lab()
async def test_an_echo_gives_back_what_the_browser_says_and_nothing_else(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Echo/></Response>")
    async with connected(lab) as browser, audio() as peer:
        await talk(browser, peer)
        await until(lambda: peer.loud_frames > 10)
        peer.tone.muted = True
        await asyncio.sleep(0.7)
        heard = peer.loud_frames
        await asyncio.sleep(0.3)
        assert peer.loud_frames == heard


@pytest.mark.parametrize(("voice", "heard"), [("echo", True), ("speech", True), ("silence", False)])
def test_the_callee_speaks_echoes_or_is_silent_as_scripted(voice: str, heard: bool) -> None:
    async def scenario(lab: Lab) -> None:
        await lab.script(LEAD, ringSeconds=0, talkSeconds=None, voice=voice)
        async with connected(lab) as browser, audio() as peer:
            await talk(browser, peer)
            # An echo comes back late.
            await until(lambda: peer.loud_frames > 0 if heard else peer.frames > 50)
            assert (peer.loud_frames > 0) is heard

    in_lab()(scenario)()


@in_lab(time_scale=1)
async def test_what_is_said_to_the_agent_is_audible(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Say>This number may not be called</Say></Response>")
    async with connected(lab) as browser, audio() as peer:
        sid = await talk(browser, peer)
        await until(lambda: peer.loud_frames > 10)
        await browser.expect("hangup")
        media = (await lab.ended(sid))["media"]
    assert media is not None
    assert media["sound"] == "silence"


@in_lab()
async def test_the_audio_ends_with_the_call_and_sends_nothing_more(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    async with connected(lab) as browser, audio() as peer:
        sid = await talk(browser, peer)
        await until(lambda: peer.frames > 5)
        await browser.send("hangup", callsid=sid)
        await lab.ended(sid)
        await asyncio.sleep(0.1)
        media = await media_of(lab, sid)
        assert (media["connectionState"], media["sound"]) == ("closed", "silence")
        assert (await counted(lab, sid, 0.2))["sent"] == 0


@in_lab()
async def test_audio_starts_again_when_the_browser_restarts_ice(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    async with connected(lab) as browser, audio() as before, audio() as after:
        sid = await talk(browser, before)
        await until(lambda: before.loud_frames > 5)
        await browser.send("reinvite", callsid=sid, sdp=await after.offer())
        await after.accept((await browser.expect("answer"))["sdp"])
        await until(lambda: after.loud_frames > 5)
        assert (await counted(lab, sid, 0.2))["loud"] > 0


@in_lab()
async def test_a_new_page_takes_over_the_call_with_its_reconnect_token(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    async with audio() as before, audio() as after:
        async with connected(lab) as browser:
            await browser.invite(await before.offer(), To=LEAD)
            answer = await browser.until_answered()
        async with connected(lab) as browser:
            await browser.resume(answer["callsid"], answer["reconnect"], await after.offer())
            await after.accept((await browser.expect("answer"))["sdp"])
            await until(lambda: after.loud_frames > 5)


@in_lab()
async def test_closing_in_the_middle_of_audio_is_quiet(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    async with connected(lab) as browser, audio() as peer:
        await talk(browser, peer)
        await until(lambda: peer.frames > 5)
        await lab.network.close()
        await lab.signalling.close()
    assert lab.signalling.active == 0


@pytest.mark.parametrize("sound", ["ringback", "speech", "announcement"])
def test_every_sound_is_whole_frames_that_are_heard_and_have_pauses(sound: Sound) -> None:
    frames = [sounds.frame(sound, n) for n in range(600)]
    assert {len(frame) for frame in frames} == {sounds.FRAME_BYTES}
    assert 0.1 < sum(map(sounds.is_silent, frames)) / len(frames) < 0.8
