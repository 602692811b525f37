"""Who hears whose voice: each party sends a tone of its own, and the mix is searched for tones."""

from __future__ import annotations

import asyncio
import math
import time
from array import array
from collections.abc import AsyncIterator

import pytest

from simulator.calls import audio, sounds
from simulator.calls.audio import LegAudio
from simulator.calls.dialling import Bridge
from simulator.calls.legs import Leg
from simulator.calls.sounds import FRAME_SAMPLES, SAMPLE_RATE
from tests.simulator.lab import Lab, in_lab
from tests.simulator.rest import ask
from tests.simulator.rooms import add, client, converted, present, until

AGENT, LEAD, BEA = 650, 850, 1150
TONES = {"agent": AGENT, "lead": LEAD, "bea": BEA}


def loudness(samples: bytes, hertz: float) -> float:
    """The amplitude of a tone in ``samples``, by Goertzel's algorithm."""
    values = array("h", samples)
    angle = math.tau * hertz / SAMPLE_RATE
    real = sum(value * math.cos(angle * n) for n, value in enumerate(values))
    imaginary = sum(value * math.sin(angle * n) for n, value in enumerate(values))
    return 2 * math.hypot(real, imaginary) / len(values)


async def frames(seconds: float) -> AsyncIterator[int]:
    """The numbers of frames, each when it is due."""
    started = time.monotonic()
    for n in range(int(seconds / 0.02)):
        yield n
        await asyncio.sleep(max(0.0, started + (n + 1) * 0.02 - time.monotonic()))


async def heard(leg: Leg, seconds: float = 0.4) -> set[str]:
    """The names of the tones that a leg hears from now on; `music` and the like are not tones."""
    samples = bytearray()
    async for _ in frames(seconds):
        samples += leg.audio.frame()
    half = bytes(samples[len(samples) // 2 :])
    return {name for name, hertz in TONES.items() if loudness(half, hertz) > 3000}


async def speak(leg: Leg, hertz: float) -> None:
    """What a browser does that sends a tone."""
    async for n in frames(3600):
        leg.audio.say(sounds.tone(hertz, n))


@in_lab(time_scale=0.02)
async def test_each_party_hears_the_others_tones_and_nobody_their_own(lab: Lab) -> None:
    sid, lead, room = await converted(lab, voice="tone", toneHz=LEAD)
    await client(lab, "bea", answerAfterSeconds=1, voice="tone", toneHz=BEA)
    bea = (await add(lab, room, "client:bea", Label="bea"))["call_sid"]
    await until(lab, sid, lambda call: "bea" in present(call))
    legs = {}
    for name, leg_sid in (("agent", sid), ("lead", lead), ("bea", bea)):
        found = lab.network.leg(leg_sid)
        assert found is not None
        legs[name] = found[1]
    speaking = asyncio.create_task(speak(legs["agent"], AGENT))

    async def everybody(**expected: set[str]) -> None:
        names = list(expected)
        found = await asyncio.gather(*(heard(legs[name]) for name in names))
        assert dict(zip(names, found, strict=True)) == expected

    try:
        # The room's jitter buffer is full.
        await asyncio.sleep(0.8)
        await everybody(agent={"lead", "bea"}, lead={"agent", "bea"}, bea={"agent", "lead"})
        await ask(lab, "POST", f"/Conferences/{room}/Participants/lead.json", Hold="true")
        await everybody(agent={"bea"}, lead=set(), bea={"agent"})
        assert legs["lead"].audio.hears() == ["music"]
        await ask(lab, "POST", f"/Conferences/{room}/Participants/bea.json", Muted="true")
        await everybody(agent=set(), bea={"agent"})
    finally:
        speaking.cancel()
        await lab.post(f"/simulator/calls/{sid}/hangup")
        await lab.ended(sid)
    assert await heard(legs["agent"], 0.1) == set()


def test_the_melody_has_none_of_the_usual_test_tones() -> None:
    melody = b"".join(sounds.frame("music", n) for n in range(100))
    assert not any(sounds.is_silent(sounds.frame("music", n)) for n in range(5))
    for hertz in (300, 350, 400, 440, 480, 500, 600, 650, 700, 800, 850, 900, 1000, 1150, 1500):
        assert loudness(melody, hertz) < 300, hertz


@pytest.mark.parametrize("hertz", [440, 1000, 2999.6])
def test_a_tone_has_no_clicks(hertz: float) -> None:
    samples = b"".join(sounds.tone(hertz, n) for n in range(60, 160))
    assert loudness(samples, round(hertz)) == pytest.approx(10000, rel=0.01)


def test_a_mix_is_a_sum_that_does_not_overflow() -> None:
    one, loud = array("h", [1000] * 160).tobytes(), array("h", [30000] * 160).tobytes()
    assert array("h", audio.mix([one, one, one]))[0] == 3000
    assert array("h", audio.mix([loud, loud]))[0] == 32767
    assert audio.mix([]) == audio.mix([sounds.SILENT_FRAME]) == sounds.SILENT_FRAME


@pytest.mark.parametrize(("jitter", "late"), [(0, 100), (8, 260), (30, 700)])
def test_a_rooms_jitter_buffer_delays_a_voice(
    jitter: int, late: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    speaker, listener = LegAudio("CA1"), LegAudio("CA2")
    Bridge(speaker, listener)
    speaker.jitter = jitter
    word = array("h", [5000] * FRAME_SAMPLES).tobytes()
    started = now
    while listener.frame() != word:
        # The word is said once, in the first frame.
        speaker.say(word if now == started else sounds.SILENT_FRAME)
        now += 0.02
    assert (now - started) * 1000 == pytest.approx(late, abs=21)


def test_two_who_echo_each_other_are_silent() -> None:
    one, other = LegAudio("CA1"), LegAudio("CA2")
    Bridge(one, other)
    one.voice = other.voice = "echo"
    assert one.frame() == other.frame() == sounds.SILENT_FRAME
