"""Starts recordings in a lab, and measures what is in them."""

from __future__ import annotations

import io
import math
from array import array
from dataclasses import dataclass
from typing import Any

import av

from tests.simulator.lab import Lab
from tests.simulator.rest import BASE, TOKEN, ask

DUAL = {"RecordingChannels": "dual", "RecordingTrack": "both", "Trim": "do-not-trim"}
ALL_EVENTS = ["in-progress", "completed", "absent"]


@dataclass(frozen=True)
class Sound:
    """A decoded file: samples of each channel at 8,000 Hz."""

    channels: list[array[int]]

    @property
    def seconds(self) -> float:
        return len(self.channels[0]) / 8000

    def loudness(self, channel: int, hertz: float, start: float, end: float) -> float:
        """How much of a tone there is between two moments, in samples' units (by Goertzel)."""
        part = self.channels[channel][int(start * 8000) : int(end * 8000)]
        factor = 2 * math.cos(math.tau * hertz / 8000)
        before = last = 0.0
        for sample in part:
            before, last = last, sample + factor * last - before
        power = before * before + last * last - factor * before * last
        return 2 * math.sqrt(max(power, 0.0)) / len(part)

    def loudest(self, channel: int, start: float, end: float) -> int:
        part = self.channels[channel][int(start * 8000) : int(end * 8000)]
        return max(map(abs, part))


def decoded(file: bytes) -> Sound:
    with av.open(io.BytesIO(file), "r") as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.sample_rate == 8000
        count = stream.codec_context.channels
        resampler = av.AudioResampler(format="s16p", layout=stream.codec_context.layout)
        channels = [array("h") for _ in range(count)]
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                for channel, plane in zip(channels, part.planes, strict=True):
                    channel.frombytes(bytes(plane)[: 2 * part.samples])
    return Sound(channels)


async def start(lab: Lab, call_sid: str, **form: Any) -> Any:
    """Start to record a leg in two channels, with all callbacks at `/recording`."""
    callback = {
        "RecordingStatusCallback": f"{lab.product.url}/recording?a=b",
        "RecordingStatusCallbackEvent": ALL_EVENTS,
    }
    lab.product.replies_status("/recording", 204)
    return await ask(lab, "POST", f"/Calls/{call_sid}/Recordings.json", **DUAL | callback | form)


async def change(lab: Lab, recording: Any, status: str, **form: Any) -> Any:
    """Pause, resume or stop a recording."""
    path = f"/Calls/{recording['call_sid']}/Recordings/{recording['sid']}.json"
    return await ask(lab, "POST", path, Status=status, **form)


async def media(lab: Lab, recording: Any, kind: str = ".mp3", **query: str) -> tuple[int, bytes]:
    """The status and body of a request for the file."""
    path = f"{BASE}/Recordings/{recording['sid']}{kind}"
    async with lab.http.get(path, headers=TOKEN, params=query, allow_redirects=False) as response:
        return response.status, await response.read()


async def rule(lab: Lab, **rules: object) -> None:
    async with lab.http.post("/simulator/recordings", json=rules) as response:
        assert response.status == 202, await response.text()


async def until_status(lab: Lab, call_sid: str, recording: Any, status: str) -> None:
    await lab.until(
        call_sid,
        lambda event: (
            event["data"].get("recordingSid") == recording["sid"]
            and event["text"].startswith(f"recording {status}")
        ),
    )
