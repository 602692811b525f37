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


@in_lab()
async def test_nothing_is_reported_about_a_browser_of_which_nothing_is_heard_any_more(
    lab: Lab,
) -> None:
    async def last_report() -> object:
        [sender] = peer.connection.getSenders()
        reports = (await sender.getStats()).values()
        return [report.timestamp for report in reports if report.type == "remote-inbound-rtp"]

    await lab.script(LEAD, ringSeconds=0, talkSeconds=None)
    async with connected(lab) as browser, audio() as peer:
        await talk(browser, peer)
        while not await last_report():
            await asyncio.sleep(0.05)
        await set_network(lab, audioLost="out")
        # The last packets may still be reported, at most a second and a half later.
        await asyncio.sleep(2)
        last = await last_report()
        await asyncio.sleep(2)
        assert await last_report() == last
        await set_network(lab)
        while await last_report() == last:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"loss": 1.5}, "loss"),
        ({"loss": "much"}, "loss"),
        ({"loss": float("nan")}, "loss"),
        ({"jitterMs": 101}, "jitterMs"),
        ({"delayMs": -1}, "delayMs"),
        ({"direction": "up"}, "direction"),
        ({"direction": ["in"]}, "direction"),
        ({"silence": True}, "silence"),
        ({"audioLost": "both"}, "audioLost"),
        ({"blockAudio": 1}, "blockAudio"),
        ({"seconds": None}, "seconds"),
        ({"identity": 7}, "identity"),
        ({"bandwidth": 1}, "bandwidth"),
    ],
)
def test_conditions_that_make_no_sense_are_refused_and_the_field_named(
    body: dict[str, object], told: str
) -> None:
    async def scenario(lab: Lab) -> None:
        status, error = await lab.post("/simulator/network", body)
        assert (status, error["code"]) == (400, "invalid_request")
        assert told in error["message"]

    in_lab()(scenario)()


@in_lab()
async def test_conditions_are_those_of_an_identity_or_of_all_others_and_end_by_themselves(
    lab: Lab,
) -> None:
    of = lab.signalling.conditions.of
    await set_network(lab, loss=0.1)
    await set_network(lab, identity="ada", delayMs=70)
    assert (of("ada").loss, of("ada").delay_ms, of("bob").loss) == (0, 70, 0.1)
    async with lab.http.get("/simulator/network") as response:
        shown = (await response.json())["conditions"]
    assert [(each["identity"], each["loss"], each["direction"]) for each in shown] == [
        (None, 0.1, "both"),
        ("ada", 0, "both"),
    ]
    await set_network(lab, identity="bob", silence="in", seconds=0)
    assert of("bob").loss == 0.1
    await set_network(lab)
    assert of("ada") == of("bob") == Conditions()
