"""The network's end of a browser's audio: one WebRTC peer for each call.

Only this module imports aiortc, which is slow to import; so it is imported when the first browser
connects. The audio of a call uses one UDP port of one address.
"""

from __future__ import annotations

import asyncio
import fractions
import logging
import re
import time
from collections import UserDict
from collections.abc import ItemsView

from aioice import Connection
from aiortc import (
    MediaStreamError,
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.rtcrtpreceiver import StreamStatistics
from av import AudioFrame, AudioResampler

from simulator.browsers.datagrams import Asked, send_through
from simulator.calls import sounds
from simulator.calls.audio import LegAudio
from simulator.calls.media_record import MediaRecord
from simulator.calls.sounds import FRAME_SAMPLES, SAMPLE_RATE

# At INFO it logs every packet of the handshake.
logging.getLogger("aioice").setLevel(logging.WARNING)

_FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE
_LONGEST_LAG = 0.5
"""Seconds. Frames that are later than this are left out, not sent all at once."""


_OFFERED = ("audio/opus", "audio/PCMU")


class SdpRefused(ValueError):
    """There is no audio for the browser's SDP; the message says why."""


class Peer:
    """Answers one offer, or makes one. Connects a browser with ``audio``, counting in ``media``."""

    def __init__(self, media: MediaRecord, audio: LegAudio, host: str, conditions: Asked) -> None:
        self._media = media
        self._audio = audio
        self._host = host
        self._conditions = conditions
        # Without this, aiortc asks a STUN server on the internet for our address.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._line = _Line(media, audio, conditions)
        self._listening: asyncio.Task[None] | None = None
        self._closed = False
        self._connection.on("track", self._on_track)
        self._connection.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str) -> str:
        """The SDP that answers ``offer``, with all candidates. Raises SdpRefused."""
        connection = self._connection
        try:
            connection.addTrack(self._line)
            await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            await self._gather()
            await connection.setLocalDescription(await connection.createAnswer())
        except OSError as error:
            raise SdpRefused(f"no audio on {self._host}: {error}") from error
        except Exception as error:
            # aiortc raises exceptions of many types for an SDP that it cannot parse.
            raise SdpRefused(f"cannot answer the browser's SDP: {error!r}") from error
        sdp = connection.localDescription.sdp
        self._media.codec = _first_codec(sdp)
        return sdp

    async def offer(self) -> str:
        """An SDP that offers Opus and PCMU, with all candidates. Raises SdpRefused."""
        connection = self._connection
        try:
            connection.addTrack(self._line)
            [audio] = connection.getTransceivers()
            known = RTCRtpSender.getCapabilities("audio").codecs
            audio.setCodecPreferences([codec for codec in known if codec.mimeType in _OFFERED])
            offer = await connection.createOffer()
            await self._gather()
            await connection.setLocalDescription(offer)
        except OSError as error:
            raise SdpRefused(f"no audio on {self._host}: {error}") from error
        return connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Start the audio with the browser's answer to `offer`. Raises SdpRefused.

        The first codec of the answer is used in both directions.
        """
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except Exception as error:
            # As in `answer`.
            raise SdpRefused(f"cannot use the browser's SDP: {error!r}") from error
        self._media.codec = _first_codec(answer)

    async def close(self) -> None:
        """End the audio and free the port. What closes it a second time returns at once."""
        # aiortc raises InvalidStateError if it is closed twice at the same time.
        if self._closed:
            return
        self._closed = True
        self._line.stop()
        if self._listening:
            self._listening.cancel()
        await self._connection.close()

    async def _gather(self) -> None:
        [audio] = self._connection.getTransceivers()
        gatherer = audio.receiver.transport.transport.iceGatherer
        await gather_on(self._host, gatherer._connection)
        send_through(gatherer._connection, self._conditions)

    def _on_state(self) -> None:
        self._media.connection_state = self._connection.connectionState

    def _on_track(self, track: MediaStreamTrack) -> None:
        # A peer that is closed while it is being connected hears of the track too.
        if track.kind == "audio" and self._listening is None and not self._closed:
            [audio] = self._connection.getTransceivers()
            vars(audio.receiver)["_RTCRtpReceiver__remote_streams"] = _HeardLately()
            self._listening = asyncio.get_running_loop().create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        """Count the frames that arrive and pass them on."""
        resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        media = self._media
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if not isinstance(frame, AudioFrame):
                continue
            media.frames_received += 1
            heard = b"".join(_samples(part) for part in resampler.resample(frame))
            if self._conditions().silence == "out":
                heard = bytes(len(heard))
            if not sounds.is_silent(heard):
                media.non_silent_frames_received += 1
            self._audio.say(heard)


class _HeardLately(UserDict[int, StreamStatistics]):
    """What a receiver knows of its sources. It reports those that sent something since its last
    report (RFC 3550, 6.4); aiortc by itself reports all for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._reported: dict[int, int] = {}

    def items(self) -> ItemsView[int, StreamStatistics]:
        """The sources of the next report."""
        counts = {source: stream.packets_received for source, stream in super().items()}
        before, self._reported = self._reported, counts
        lately = {each for each, count in counts.items() if count != before.get(each)}
        return ItemsView({source: self[source] for source in lately})


class _Line(MediaStreamTrack):
    """The audio that the browser hears, a frame every 20 ms."""

    kind = "audio"

    def __init__(self, media: MediaRecord, audio: LegAudio, conditions: Asked) -> None:
        super().__init__()
        self._conditions = conditions
        self._media = media
        self._audio = audio
        self._pts = 0
        self._due: float | None = None

    async def recv(self) -> AudioFrame:
        """The next frame, when it is due."""
        if self.readyState != "live":
            raise MediaStreamError
        now = time.monotonic()
        due = now if self._due is None else self._due + _FRAME_SECONDS
        self._due = max(due, now - _LONGEST_LAG)
        await asyncio.sleep(max(0.0, self._due - now))

        samples = self._audio.frame()
        if self._conditions().silence == "in":
            samples = sounds.SILENT_FRAME
        self._media.frames_sent += 1
        if not sounds.is_silent(samples):
            self._media.non_silent_frames_sent += 1
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        plane = frame.planes[0]
        # The plane is padded beyond its samples, for alignment.
        plane.update(samples.ljust(plane.buffer_size, b"\0"))
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        frame.pts = self._pts
        self._pts += FRAME_SAMPLES
        return frame


async def gather_on(host: str, connection: Connection) -> None:
    """Make ``host`` the only address of an ICE connection. Call it before candidates are gathered.

    By default the connection uses every address of the machine except 127.0.0.1.
    """
    connection._local_candidates_start = True
    connection._local_candidates += await connection.get_component_candidates(
        component=1, addresses=[host]
    )
    connection._local_candidates_end = True


def _first_codec(sdp: str) -> str | None:
    """The first codec of the agreed ones, such as PCMU."""
    found = re.search(r"^m=audio \d+ \S+ (\d+).*?^a=rtpmap:\1 ([^/\s]+)", sdp, re.M | re.S)
    return found[2] if found else None


def _samples(frame: AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: 2 * frame.samples]
