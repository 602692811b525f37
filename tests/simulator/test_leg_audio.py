"""What a leg hears of another one, whatever the two browsers' clocks and networks do."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from simulator.calls.audio import Heard, LegAudio
from simulator.calls.sounds import FRAME_BYTES

VOICE = b"\x10\x20" * (FRAME_BYTES // 2)


class Pair:
    """Two legs that hear each other."""

    def __init__(self) -> None:
        self.ada, self.bob = LegAudio("CA1"), LegAudio("CA2")
        self.ada.connection = self.bob.connection = self

    def heard_by(self, audio: LegAudio) -> Sequence[LegAudio | Heard]:
        return [self.bob if audio is self.ada else self.ada]


class Clock:
    """The time of day, which a test moves."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.frames = 1000.0
        patch.setattr(time, "monotonic", lambda: self.frames * 0.02 + 1e-6)

    def pass_frames(self, pair: Pair, number: int) -> list[bytes]:
        """What ada hears in the next frames, in each of which bob speaks."""
        heard = []
        for _ in range(number):
            self.frames += 1
            pair.bob.say(VOICE)
            heard.append(pair.ada.frame())
        return heard


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_voice_is_heard_soon_and_without_a_gap(clock: Clock) -> None:
    pair = Pair()
    heard = clock.pass_frames(pair, 50)
    assert heard[10:] == [VOICE] * 40


def test_a_listener_who_catches_up_in_a_burst_hears_the_voice_again(clock: Clock) -> None:
    pair = Pair()
    clock.pass_frames(pair, 20)
    for burst in (3, 9, 11, 30):
        for _ in range(burst):
            pair.ada.frame()
        assert clock.pass_frames(pair, 50)[20:] == [VOICE] * 30


def test_a_speaker_whose_packets_come_late_or_in_bursts_is_heard_again(clock: Clock) -> None:
    pair = Pair()
    clock.pass_frames(pair, 20)
    for late in (2, 4, 8, 100):
        clock.frames += late
        for _ in range(late):
            pair.ada.frame()
        assert clock.pass_frames(pair, 60)[30:] == [VOICE] * 30
    for early in (4, 9, 40):
        pair.bob.say(VOICE * early)
        assert clock.pass_frames(pair, 60)[30:] == [VOICE] * 30


def test_what_is_kept_of_a_voice_does_not_grow(clock: Clock) -> None:
    pair = Pair()
    for _ in range(40):
        clock.frames += 20
        clock.pass_frames(pair, 15)
    assert len(pair.bob._said) <= 100
