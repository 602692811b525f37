"""Recordings of legs: started, paused and stopped by the REST API, reported by callbacks.

Source: twilio.com/docs/voice/api/recording. The parameters of a callback are those of a captured
one, of a recording that the API had started.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Literal

from simulator.calls import sound_files
from simulator.calls.call import Call
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.clock import Clock
from simulator.calls.legs import Leg
from simulator.calls.sound_files import HEARD, OWN, SEPARATE, TOGETHER, Layout
from simulator.calls.tape import FRAMES_A_SECOND, Pausing, Tape
from simulator.protocol import errors
from simulator.protocol.account import API_VERSION, HttpMethod
from simulator.protocol.errors import Problem
from simulator.webhooks.deliveries import Delivery

RecordingStatus = Literal[
    "in-progress", "paused", "stopped", "processing", "completed", "absent", "deleted"
]
RecordingEvent = Literal["in-progress", "completed", "absent"]
RECORDING_EVENTS: tuple[RecordingEvent, ...] = ("in-progress", "completed", "absent")
Track = Literal["inbound", "outbound", "both"]
Format = Literal["mp3", "wav"]

ABSENT_CODE = 16110
"""Why a recording is absent. The number is the simulator's."""


@dataclass(frozen=True)
class RecordingRules:
    """What nobody knows of Twilio, and what goes wrong there. Tests try both."""

    ends_at_redirect: bool = False
    """A recording ends when its leg is redirected."""
    names_recorded_leg: bool = False
    """The CallSid of a recording is that of the recorded leg, and not of its parent."""
    refuses_unconnected: bool = False
    """A leg that hears something before Dial connects it cannot be recorded yet."""
    absent: bool = False
    """Recordings that end now are absent."""
    processing_seconds: float = 1.0
    """From the end of a recording until it is completed, in simulated seconds."""
    least_seconds: float = 0.0
    """Recordings that end now are at least so long: their last part goes on."""
    redirect_media: bool | str = False
    """The media is on another host, to which Twilio redirects; or where it redirects to."""
    media_type: str | None = None
    """The Content-Type of the media, if it is not the right one."""
    loses_callbacks: bool = False


@dataclass(frozen=True)
class RecordingWish:
    """What is to be recorded, and where it is reported. ``origin`` is the address of the API."""

    origin: str
    channels: Literal[1, 2] = 1
    track: Track = "both"
    callback: str | None = None
    method: HttpMethod = "POST"
    events: frozenset[RecordingEvent] = frozenset({"completed"})


class Recordings:
    """All recordings of an account."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.all: dict[str, Recording] = {}
        """By SID, oldest first; also deleted ones."""
        self.rules = RecordingRules()
        self.credentials_seen = 0
        """How often the host of the media was sent credentials, which are not for it."""

    def start(
        self, call: Call, leg: Leg, wish: RecordingWish, webhooks: CallWebhooks, account_sid: str
    ) -> Recording:
        """Start to record ``leg``."""
        recording = Recording(self, call, leg, wish, webhooks, account_sid)
        self.all[recording.sid] = recording
        recording.report("in-progress")
        return recording

    def of_call(self, call_sid: str) -> list[Recording]:
        """The recordings of a leg, also if it is the parent of the recorded one, oldest first."""
        return [each for each in self.all.values() if call_sid in (each.call_sid, each.leg.sid)]

    def loses(self, delivery: Delivery) -> bool:
        """Whether a callback never arrives."""
        return self.rules.loses_callbacks and delivery.kind == "recording-status"

    def forget(self, call: Call) -> None:
        """Forget the recordings of a call."""
        self.all = {sid: each for sid, each in self.all.items() if each.call is not call}


@dataclass(eq=False)
class Recording:
    """One recording. It exists from the request that starts it on."""

    recordings: Recordings
    call: Call
    leg: Leg
    wish: RecordingWish
    webhooks: CallWebhooks
    account_sid: str
    sid: str = field(default_factory=lambda: "RE" + uuid.uuid4().hex)
    status: RecordingStatus = "in-progress"
    error_code: int | None = None
    media_requests: int = 0
    """How often the media was asked for."""
    frames: int = 0
    """How long it is, once it has ended."""
    _made: dict[tuple[Format, int], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at = self._now()
        self.call_sid = self.leg.sid
        if self.leg.parent and not self.recordings.rules.names_recorded_leg:
            self.call_sid = self.leg.parent.sid
        self.tape = Tape(self.leg, at)
        self.started_at = self.updated_at = self.call.timeline.at(at)
        self.leg.recorders.append(self)
        self._log("recording started")

    @property
    def live(self) -> bool:
        """Whether the leg is being recorded, or the recording pauses."""
        return self.status in ("in-progress", "paused")

    @property
    def ended(self) -> bool:
        """Whether it is known how long the recording is."""
        return self.status in ("completed", "absent", "deleted")

    @property
    def duration(self) -> int:
        """Whole seconds."""
        return self.frames // FRAMES_A_SECOND

    @property
    def channels(self) -> Literal[1, 2]:
        """A recording of one track has one channel
        (twilio.com/docs/voice/tutorials/how-record-single-side-call)."""
        return self.wish.channels if self.wish.track == "both" else 1

    @property
    def size(self) -> int | None:
        """Bytes of the MP3; None if there is none."""
        made = self._made.get(("mp3", self.channels))
        return None if made is None else len(made)

    @property
    def url(self) -> str:
        """The address of the media, without a format."""
        path = f"/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.sid}"
        return self.wish.origin + path

    def pause(self, pausing: Pausing) -> None:
        """Record nothing until `resume`."""
        self._turn("paused", pausing)

    def resume(self) -> None:
        """Record again."""
        self._turn("in-progress", None)

    def stop(self) -> None:
        """End the recording now."""
        self._finish(self._now())

    def leg_redirected(self) -> None:
        """The leg is about to execute other TwiML."""
        if self.recordings.rules.ends_at_redirect:
            self._finish(self.leg.clock.elapsed)

    def leg_ended(self) -> None:
        """The leg has ended."""
        self._finish(self.leg.clock.elapsed)

    def delete(self) -> None:
        """Delete the media; the rest stays known."""
        self.status = "deleted"
        self._log("recording deleted")
        self._made.clear()
        self.tape.segments = []

    async def media(self, format_: Format, channels: int) -> bytes:
        """The file of a completed recording. Making it takes a moment, in a thread."""
        self.media_requests += 1
        return await self._make(format_, channels)

    def report(self, event: RecordingEvent) -> None:
        """Send a callback if somebody subscribed to ``event``."""
        wish = self.wish
        if wish.callback and event in wish.events:
            self.webhooks.send_later(
                Delivery("recording-status", wish.callback, wish.method, self._params(event))
            )

    def _params(self, event: RecordingEvent) -> dict[str, str]:
        params = {
            "RecordingSource": "StartCallRecordingAPI",
            "RecordingTrack": self.wish.track,
            "RecordingSid": self.sid,
            "RecordingUrl": self.url,
            "RecordingStatus": event,
            "RecordingChannels": str(self.channels),
            "ErrorCode": str(self.error_code or 0),
            "CallSid": self.call_sid,
            "RecordingStartTime": format_datetime(self.started_at.replace(microsecond=0)),
            "AccountSid": self.account_sid,
        }
        if event == "completed":
            params["RecordingDuration"] = str(self.duration)
        return params

    def _turn(self, status: RecordingStatus, pausing: Pausing | None) -> None:
        if status != self.status:
            self.tape.pause(self._now(), pausing)
            self.status = status
            self._log(f"recording {'paused' if pausing else 'resumed'}")

    def _finish(self, at: float) -> None:
        if not self.live:
            return
        self.tape.finish(at)
        self.tape.stretch(self.recordings.rules.least_seconds)
        self.frames = self.tape.frames
        self.leg.recorders.remove(self)
        self.status = "processing"
        self._log(f"recording stopped after {self.duration} s")
        self.webhooks.work_later(self._process())

    async def _process(self) -> None:
        rules = self.recordings.rules
        await self.recordings.clock.delay(rules.processing_seconds)
        absent = rules.absent or not self.tape.segments
        if not absent:
            try:
                await self._make("mp3", self.channels)
            except Exception as error:
                # Without this, a defect of the simulator would leave the recording open for ever.
                self.call.log.add_problem(Problem(errors.INTERNAL_FAILURE, repr(error)))
                absent = True
        if self.status == "deleted":
            self._made.clear()
            return
        self.updated_at = self.call.timeline.at(self.leg.clock.elapsed + rules.processing_seconds)
        self.status = "absent" if absent else "completed"
        self.error_code = ABSENT_CODE if absent else None
        self._log(f"recording {self.status}")
        self.report("absent" if absent else "completed")

    async def _make(self, format_: Format, channels: int) -> bytes:
        if (format_, channels) not in self._made:
            make = sound_files.mp3 if format_ == "mp3" else sound_files.wav
            segments = list(self.tape.segments)
            made = await asyncio.to_thread(make, segments, self._layout(channels))
            self._made[format_, channels] = made
        return self._made[format_, channels]

    def _layout(self, channels: int) -> Layout:
        if self.wish.track != "both":
            return OWN if self.wish.track == "inbound" else HEARD
        return SEPARATE if channels == 2 else TOGETHER

    def _now(self) -> float:
        """The present moment of the leg. With a fast clock, the other legs of the call may be far
        ahead, because web requests take real time on the clocks of those that wait for them."""
        now = self.leg.clock.now()
        timeline = self.call.timeline
        timeline.latest = max(timeline.latest, now)
        return now

    def _log(self, text: str) -> None:
        self.call.log.add("recording", text, recordingSid=self.sid, callSid=self.leg.sid)
