"""Browsers that answer, reject, vanish and pass on a call at random moments, while the caller may
hang up: whatever happens, everything ends, and nobody is told two things."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest

from simulator.browsers.switchboard import Timing
from tests.simulator.browser import (
    TEMPORARY_SID,
    Browser,
    Gone,
    Payload,
    an_offer,
    connected,
    registered,
)
from tests.simulator.incoming import BOB, calling, dials
from tests.simulator.lab import Lab, access_token, in_lab
from tests.soak import figure, scaled

PLANS = ("answer", "answer", "reject", "hang up", "vanish", "pass on", "nothing")
MOMENTS = (0, 0, 0.002, 0.01, 0.05, 0.2)
SEEDS = scaled(3, 100)


class Phone:
    """A browser that does what it plans when it is invited, and remembers what it is told."""

    def __init__(self, dice: random.Random) -> None:
        self.name = dice.choice(("bob", "carol"))
        self.plan = dice.choice(PLANS)
        self.delay = dice.choice(MOMENTS)
        self.told: list[str] = []
        self.ready = asyncio.Event()

    async def live(self, lab: Lab) -> None:
        """Be there until told that the call is over, or for a while."""
        async with registered(lab, self.name) as browser, asyncio.TaskGroup() as tasks:
            self.ready.set()
            with suppress(TimeoutError, Gone):
                async with asyncio.timeout(2):
                    while True:
                        kind, payload = await browser.receive()
                        self.told.append(kind)
                        if kind == "invite":
                            tasks.create_task(self._act(lab, browser, payload))

    async def _act(self, lab: Lab, browser: Browser, invite: Payload) -> None:
        await asyncio.sleep(self.delay)
        sid = invite["callsid"]
        with suppress(ConnectionError):
            match self.plan:
                case "answer":
                    await browser.answer(invite)
                    await asyncio.sleep(0.3)
                    await browser.send("hangup", callsid=sid)
                case "reject":
                    await browser.send("reject", callsid=sid)
                case "hang up":
                    await browser.send("hangup", callsid=sid)
                case "vanish":
                    await browser.socket.close()
                case "pass on":
                    async with connected(lab, access_token(self.name)) as other:
                        await other.resume(sid, invite["reconnect"], await an_offer())
                        kind, _ = await other.receive()
                        assert kind in ("answer", "hangup")
                        await other.send("hangup", callsid=sid)


async def ring_once(lab: Lab, seed: int) -> None:
    dice = random.Random(seed)
    dials(lab, BOB + BOB.replace("bob", "carol"), timeout="5")
    phones = [Phone(dice) for _ in range(dice.randint(1, 4))]
    async with asyncio.TaskGroup() as tasks:
        for phone in phones:
            tasks.create_task(phone.live(lab))
        for phone in phones:
            await phone.ready.wait()
        async with calling(lab) as ada:
            if dice.random() < 0.5:
                await asyncio.sleep(dice.choice(MOMENTS))
                await ada.send("hangup", callsid=TEMPORARY_SID)
            while not lab.network.calls:
                await asyncio.sleep(0.01)
            [sid] = lab.network.calls
            call = await lab.ended(sid)
    while lab.signalling.active:
        await asyncio.sleep(0.01)
    assert all(leg["endedAt"] for leg in call["legs"])
    assert sum(leg["status"] == "completed" for leg in call["legs"][1:]) <= 1
    for phone in phones:
        assert phone.told in ([], ["invite"], ["invite", "cancel"], ["invite", "hangup"]), (
            phone.plan
        )


@pytest.mark.soak
def test_however_a_call_rings_it_ends_and_nobody_is_told_two_things() -> None:
    for seed in range(SEEDS):

        async def scenario(lab: Lab, seed: int = seed) -> None:
            await ring_once(lab, seed)

        try:
            in_lab(time_scale=0.05, timing=Timing(grace=0.2))(scenario)()
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    figure(f"calls to browsers: {SEEDS} with random answers, rejections and losses, all ended")
