"""Networks of browsers that lose, delay, silence and block audio."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from itertools import pairwise

import pytest

from simulator.browsers.conditions import Conditions
from tests.simulator.browser import audio, connected
from tests.simulator.lab import LEAD, Lab, in_lab
from tests.simulator.talking import counted, talk, until


async def set_network(lab: Lab, **conditions: object) -> None:
    async with lab.http.post("/simulator/network", json=conditions) as response:
        assert response.status == 202, await response.text()


def measured_jitter(delays: Iterable[float]) -> float:
    """Milliseconds, as RFC 3550 (6.4.1) says, on average; packets every 20 ms."""
    arrivals = sorted((0.02 * n + delay, n) for n, delay in enumerate(delays))
    in_order, newest = [], -1
    for at, n in arrivals:
        if n > newest:
            in_order.append((at, n))
            newest = n
    jitter, total = 0.0, 0.0
    for (before, first), (at, n) in pairwise(in_order):
        jitter += (abs(at - before - 0.02 * (n - first)) - jitter) / 16
        total += jitter
    return 1000 * total / len(in_order)


@pytest.mark.parametrize("jitter", [10, 30, 60, 100])
def test_a_receiver_measures_the_jitter_that_was_asked_for(jitter: float) -> None:
    chances = random.Random(1)
    conditions = Conditions(jitter_ms=jitter)
    delays = [conditions.delays("in", chances.gauss(0, 1)) for _ in range(20_000)]
    assert measured_jitter(delays) == pytest.approx(jitter, rel=0.12)


@in_lab()
async def test_a_network_loses_both_ways_then_one_way_then_nothing(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    async with connected(lab) as browser, audio() as peer:
        sid = await talk(browser, peer)
        await until(lambda: peer.loud_frames > 5)
        await set_network(lab, identity="user_1", loss=1, direction="in")
        await asyncio.sleep(0.3)
        heard = peer.frames
        grown = await counted(lab, sid, 0.5)
        assert (peer.frames, grown["received"] > 5) == (heard, True)
        await set_network(lab, identity="user_1", loss=1, direction="out")
        await asyncio.sleep(0.3)
        heard = peer.frames
        assert (await counted(lab, sid, 0.5))["received"] == 0
        assert peer.frames > heard
        await set_network(lab)
        await asyncio.sleep(0.3)
        assert (await counted(lab, sid, 0.5))["received"] > 5
