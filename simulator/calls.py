"""A call: its legs, what was asked and answered about it, and the timeline that people read."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from simulator.account import TwimlApp
from simulator.callees import Overrides, Party, Script, ScriptJson, to_json
from simulator.clock import Timeline
from simulator.errors import Problem
from simulator.sounds import Sound
from simulator.webhooks import Delivery, DeliveryKind, Failure

logger = logging.getLogger(__name__)

CallStatus = Literal[
    "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"
]
TERMINAL: frozenset[CallStatus] = frozenset(
    {"completed", "busy", "no-answer", "failed", "canceled"}
)
Role = Literal["agent", "lead"]
Direction = Literal["inbound", "outbound-dial"]
EventKind = Literal[
    "call", "request", "twiml", "verb", "leg", "callback", "browser", "error", "ended"
]

# Functional form, because "from" is a keyword.
LegJson = TypedDict(
    "LegJson",
    {
        "callSid": str,
        "parentCallSid": str | None,
        "role": Role,
        "direction": Direction,
        "status": CallStatus,
        "from": str,
        "to": str | None,
        "duration": int | None,
        "startedAt": str,
        "answeredAt": str | None,
        "endedAt": str | None,
    },
)
CallSummaryJson = TypedDict(
    "CallSummaryJson",
    {
        "callSid": str,
        "status": CallStatus,
        "leadStatus": CallStatus | None,
        "identity": str,
        "from": str,
        "to": str | None,
        "startedAt": str,
        "ended": bool,
    },
)


class EventJson(TypedDict):
    """One entry of the timeline: `n` from 1, `at` ISO 8601 UTC, `seconds` into the call."""

    n: int
    at: str
    seconds: float
    kind: EventKind
    text: str
    data: Mapping[str, object]


class DocumentJson(TypedDict):
    """An answer that was read as TwiML, valid or not."""

    kind: DeliveryKind
    url: str
    contentType: str | None
    body: str
    at: str


class AttemptJson(TypedDict):
    """One HTTP request of a delivery; `seconds` are real."""

    status: int | None
    failure: Failure | None
    detail: str
    seconds: float


class DeliveryJson(TypedDict):
    """A webhook: `settled` once there will be no further attempt."""

    kind: DeliveryKind
    method: str
    url: str
    params: dict[str, str]
    idempotencyToken: str
    attempts: list[AttemptJson]
    delivered: bool
    settled: bool
    lost: bool
    duplicated: bool


class ErrorJson(TypedDict):
    """A line of the debugger."""

    code: int
    level: str
    message: str
    at: str


class MediaJson(TypedDict):
    """What went between browser and network; a frame of audio is 20 ms."""

    connectionState: str
    codec: str | None
    sound: Sound
    framesReceived: int
    nonSilentFramesReceived: int
    framesSent: int
    nonSilentFramesSent: int
    digits: str
    messages: list[str]
    socketLosses: int


class CallJson(CallSummaryJson):
    """Everything about a call. `media` is null for a call that the control API placed."""

    params: dict[str, str]
    script: ScriptJson | None
    legs: list[LegJson]
    documents: list[DocumentJson]
    deliveries: list[DeliveryJson]
    errors: list[ErrorJson]
    media: MediaJson | None


def new_call_sid() -> str:
    """``CA`` and 32 hexadecimal digits."""
    return "CA" + uuid.uuid4().hex


@dataclass
class Leg:
    """One party's side of a call. Times are simulated seconds since the call was placed."""

    role: Role
    direction: Direction
    from_: str
    to: str | None
    """Verbatim; None where the browser sent no `To`."""
    status: CallStatus
    started: float
    parent_sid: str | None = None
    sid: str = field(default_factory=new_call_sid)
    answered: float | None = None
    ended: float | None = None
    next_sequence_number: int = 0
    """Counts the events of this leg that somebody subscribed to."""

    @property
    def live(self) -> bool:
        """Whether the leg has not ended."""
        return self.status not in TERMINAL

    @property
    def duration(self) -> int:
        """Whole seconds from answer to end; 0 if never answered or not yet ended."""
        if self.answered is None or self.ended is None:
            return 0
        # Sums of binary fractions fall short by less than a microsecond.
        return math.floor(self.ended - self.answered + 1e-6)


@dataclass
class Media:
    """What went between a browser and the network, in frames of 20 ms."""

    connection_state: str = "new"
    """WebRTC's connectionState of the network's peer."""
    codec: str | None = None
    """Such as `PCMU`; None until the peers have agreed."""
    frames_received: int = 0
    non_silent_frames_received: int = 0
    frames_sent: int = 0
    non_silent_frames_sent: int = 0
    digits: str = ""
    messages: list[str] = field(default_factory=list)
    """What `call.sendMessage()` sent."""
    socket_losses: int = 0


class Call:
    """A call that a browser placed, with its agent leg and the lead legs that Dial created."""

    def __init__(
        self,
        identity: str,
        app: TwimlApp,
        params: Mapping[str, str],
        overrides: Overrides,
        timeline: Timeline,
    ) -> None:
        self.identity = identity
        self.app = app
        self.params = dict(params)
        self.overrides = overrides
        self.timeline = timeline
        self.agent = Leg(
            role="agent",
            direction="inbound",
            from_=f"client:{identity}",
            to=self.params.get("To"),
            status="ringing",
            started=0.0,
        )
        self.lead: Leg | None = None
        """The latest lead leg."""
        self.legs = [self.agent]
        self.script: Script | None = None
        """What the present or last callee does; None before anyone is dialled."""
        self.deliveries: list[Delivery] = []
        self.documents: list[DocumentJson] = []
        self.errors: list[ErrorJson] = []
        self.events: list[EventJson] = []
        self.media: Media | None = None
        """None if no browser is at the other end."""
        self.sound: Sound = "silence"
        """What the agent is to hear."""
        self.ended = False
        """The call is over and every webhook of it is settled."""

        self.interruption = asyncio.Event()
        """Set when a party hangs up by itself, whatever the script says."""
        self.hung_up: set[Party] = set()
        self._changed = asyncio.Event()

    @property
    def sid(self) -> str:
        """The agent leg's CallSid, by which Twilio knows the call."""
        return self.agent.sid

    @property
    def agent_gone(self) -> bool:
        """Whether the agent has hung up."""
        return "agent" in self.hung_up

    def hang_up(self, party: Party) -> bool:
        """``party`` hangs up now; False if it is not on the call."""
        leg = self.agent if party == "agent" else self.lead
        if leg is None or not leg.live:
            return False
        self.hung_up.add(party)
        self.interruption.set()
        return True

    def record(self, kind: EventKind, text: str, **data: object) -> None:
        """Add an entry to the timeline and wake whoever waits for one."""
        self.events.append(
            {
                "n": len(self.events) + 1,
                "at": self.time_of_day(self.timeline.elapsed),
                "seconds": round(self.timeline.elapsed, 3),
                "kind": kind,
                "text": text,
                "data": data,
            }
        )
        logger.info("%s %7.1fs %s", self.sid, self.timeline.elapsed, text)
        self._changed.set()
        self._changed = asyncio.Event()

    def record_problem(self, problem: Problem) -> None:
        """Keep what Twilio's debugger would show."""
        self.errors.append(
            {
                "code": problem.code,
                "level": problem.level,
                "message": problem.message,
                "at": self.time_of_day(self.timeline.elapsed),
            }
        )
        self.record(
            "error",
            f"{problem.level} {problem.code}: {problem.message}",
            code=problem.code,
            level=problem.level,
        )

    def finish(self) -> None:
        """Mark the call as ended for good."""
        self.ended = True
        lead = self.lead
        self.record(
            "ended",
            "call ended, all webhooks settled",
            status=self.agent.status,
            duration=self.agent.duration,
            leadStatus=lead.status if lead else None,
            leadDuration=lead.duration if lead else None,
        )

    async def events_after(self, n: int, wait: float) -> list[EventJson]:
        """Entries past the ``n``-th; if none yet, those that come within ``wait`` real seconds.

        Returns at once, if need be with nothing, when the call has ended.
        """
        try:
            async with asyncio.timeout(wait):
                while len(self.events) <= n and not self.ended:
                    await self._changed.wait()
        except TimeoutError:
            pass
        return self.events[n:]

    def time_of_day(self, elapsed: float) -> str:
        """ISO 8601 in UTC, with milliseconds."""
        return self.timeline.at(elapsed).isoformat(timespec="milliseconds")

    def summary(self) -> CallSummaryJson:
        """The call in a list."""
        return {
            "callSid": self.sid,
            "status": self.agent.status,
            "leadStatus": self.lead.status if self.lead else None,
            "identity": self.identity,
            "from": self.agent.from_,
            "to": self.agent.to,
            "startedAt": self.time_of_day(0),
            "ended": self.ended,
        }

    def to_json(self) -> CallJson:
        """The call with all that happened."""
        return {
            **self.summary(),
            "params": self.params,
            "script": to_json(self.script) if self.script else None,
            "legs": [self._leg(leg) for leg in self.legs],
            "documents": self.documents,
            "deliveries": [_delivery(delivery) for delivery in self.deliveries],
            "errors": self.errors,
            "media": self._media(self.media) if self.media else None,
        }

    def _media(self, media: Media) -> MediaJson:
        return {
            "connectionState": media.connection_state,
            "codec": media.codec,
            "sound": self.sound,
            "framesReceived": media.frames_received,
            "nonSilentFramesReceived": media.non_silent_frames_received,
            "framesSent": media.frames_sent,
            "nonSilentFramesSent": media.non_silent_frames_sent,
            "digits": media.digits,
            "messages": media.messages,
            "socketLosses": media.socket_losses,
        }

    def _leg(self, leg: Leg) -> LegJson:
        return {
            "callSid": leg.sid,
            "parentCallSid": leg.parent_sid,
            "role": leg.role,
            "direction": leg.direction,
            "status": leg.status,
            "from": leg.from_,
            "to": leg.to,
            "duration": leg.duration if leg.ended is not None else None,
            "startedAt": self.time_of_day(leg.started),
            "answeredAt": None if leg.answered is None else self.time_of_day(leg.answered),
            "endedAt": None if leg.ended is None else self.time_of_day(leg.ended),
        }


def _delivery(delivery: Delivery) -> DeliveryJson:
    return {
        "kind": delivery.kind,
        "method": delivery.method,
        "url": delivery.bare_url,
        "params": delivery.params,
        "idempotencyToken": delivery.idempotency_token,
        "attempts": [
            {
                "status": attempt.status,
                "failure": attempt.failure,
                "detail": attempt.detail,
                "seconds": round(attempt.seconds, 3),
            }
            for attempt in delivery.attempts
        ],
        "delivered": delivery.delivered,
        "settled": delivery.settled,
        "lost": delivery.lost,
        "duplicated": delivery.mishap.duplicated,
    }
