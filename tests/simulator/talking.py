"""A call of the test browser with audio, and what is counted of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulator.control.call_json import MediaJson
from tests.simulator.browser import Audio, Browser
from tests.simulator.lab import LEAD, Lab


async def media_of(lab: Lab, sid: str) -> MediaJson:
    media = (await lab.state(sid))["media"]
    assert media is not None
    return media


async def talk(browser: Browser, peer: Audio) -> str:
    """Calls the lead, or does what the product says, until audio may flow. Returns the CallSid."""
    await browser.invite(await peer.offer(), To=LEAD)
    kind, payload = await browser.receive()
    await peer.accept(payload["sdp"])
    if kind == "ringing":
        await browser.expect("answer")
    return payload["callsid"]


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(25):
        while not wanted():
            await asyncio.sleep(0.02)


async def counted(lab: Lab, sid: str, seconds: float) -> dict[str, int]:
    """How much the counters grow in ``seconds``."""
    before = await media_of(lab, sid)
    await asyncio.sleep(seconds)
    after = await media_of(lab, sid)
    return {
        "received": after["framesReceived"] - before["framesReceived"],
        "loud": after["nonSilentFramesReceived"] - before["nonSilentFramesReceived"],
        "sent": after["framesSent"] - before["framesSent"],
        "loud sent": after["nonSilentFramesSent"] - before["nonSilentFramesSent"],
    }
