"""A leg: one party's side of a call, with a CallSid, a status, a time and TwiML of its own."""

from __future__ import annotations

import asyncio
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from simulator.calls.audio import LegAudio
from simulator.calls.callee_scripts import AnsweredBy, ScriptOverrides
from simulator.calls.clock import LegClock
from simulator.calls.media_record import MediaRecord
from simulator.calls.sounds import Sound
from simulator.protocol.account import HttpMethod, TwimlApp
from simulator.protocol.verbs import ProgressEvent

if TYPE_CHECKING:
    from simulator.calls.call_log import CallLog

CallStatus = Literal[
    "queued",
    "initiated",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "no-answer",
    "failed",
    "canceled",
]
FINAL_STATUSES: frozenset[CallStatus] = frozenset(
    {"completed", "busy", "no-answer", "failed", "canceled"}
)
Role = Literal["agent", "lead", "client", "phone"]
"""`agent`: a browser, or the control API, placed the leg. `lead`: a number that the agent's TwiML
dialled. `client` and `phone`: other legs to clients and numbers."""
Direction = Literal["inbound", "outbound-dial", "outbound-api"]


def new_call_sid() -> str:
    """``CA`` and 32 hexadecimal digits."""
    return "CA" + uuid.uuid4().hex


@dataclass(frozen=True)
class Callback:
    """Where the progress of a leg is reported."""

    url: str
    method: HttpMethod = "POST"
    events: frozenset[ProgressEvent] = frozenset({"completed"})


@dataclass(frozen=True)
class Redirection:
    """TwiML that replaces what a leg executes: the document itself, or where to ask for it."""

    twiml: str | None = None
    url: str | None = None
    method: HttpMethod = "POST"


class Recorder(Protocol):
    """A recording that is being made of a leg."""

    def leg_redirected(self) -> None:
        """The leg is about to execute other TwiML."""

    def leg_ended(self) -> None:
        """The leg has ended."""


@dataclass(eq=False)
class Leg:
    """One party's side of a call. Times are simulated seconds since the call began."""

    role: Role
    direction: Direction
    from_: str
    to: str | None
    """As the browser sent it; None if it sent no `To`."""
    log: CallLog
    clock: LegClock
    status: CallStatus = "queued"
    parent: Leg | None = None
    app: TwimlApp | None = None
    """The application that a browser called."""
    overrides: ScriptOverrides = field(default_factory=ScriptOverrides)
    """What the script of the call changes about the numbers that it dials."""
    callback: Callback | None = None
    sid: str = field(default_factory=new_call_sid)
    answered: float | None = None
    ended: float | None = None
    next_sequence_number: int = 0
    """The SequenceNumber of the next status callback. Events without a subscriber do not count."""
    media: MediaRecord | None = None
    """None unless the party is a browser."""
    digits: str = ""
    """The keys that a party without a browser pressed."""
    keys: str = ""
    """The keys that the party pressed and that no Gather has taken."""
    plans: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    """What the party and the network do by the script, and when, the earliest first."""
    answered_by: AnsweredBy | None = None
    """What the detection of machines has said."""
    whispered_to: bool = False
    """The party has answered a Dial, and hears something before it is connected."""
    rings: bool = False
    """A party that the leg dials rings."""
    dialled: CallStatus | None = None
    """How the leg's last Dial ended."""
    leaves_at: float = math.inf
    """When the party hangs up by its script."""
    application_error: bool = False
    """The last request for TwiML did not bring valid TwiML, or the simulator itself failed."""
    hung_up: bool = False
    """The party has hung up, or was hung up by the REST API."""
    released: CallStatus | None = None
    """The network ends the leg, with this status if it was never answered."""
    sip_code: int | None = None
    """The SIP response of the leg's end, if it is not the usual one of its status."""
    redirection: Redirection | None = None
    """What the REST API asked for, until the leg takes it."""

    def __post_init__(self) -> None:
        self.started = self.clock.elapsed
        self.audio = LegAudio(self.sid, self.log.timeline.changed)
        self.recorders: list[Recorder] = []
        self.interruption = asyncio.Event()
        """Set while `interrupted`."""
        self._changed = asyncio.Event()

    @property
    def live(self) -> bool:
        """Whether the leg has not ended."""
        return self.status not in FINAL_STATUSES

    @property
    def interrupted(self) -> bool:
        """Whether the leg must leave what it executes."""
        return self.hung_up or self.released is not None or self.redirection is not None

    @property
    def over(self) -> bool:
        """Whether the leg has ended, or is about to."""
        return not self.live or self.hung_up or self.released is not None

    @property
    def parent_sid(self) -> str | None:
        """The CallSid of the leg whose Dial created this one."""
        return self.parent.sid if self.parent else None

    @property
    def duration(self) -> int:
        """Whole seconds from answer to end; 0 if never answered or not yet ended."""
        if self.answered is None or self.ended is None:
            return 0
        # A sum of floats can be a microsecond less than the whole number that it stands for.
        return math.floor(self.ended - self.answered + 1e-6)

    async def changed(self) -> None:
        """Wait for the next change of the leg: its status, `rings`, its TwiML."""
        await self._changed.wait()

    def notify(self) -> None:
        """Wake those who wait for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(
        self, seconds: float = math.inf, condition: Callable[[], bool] = lambda: False
    ) -> bool:
        """Wait until ``condition`` holds or something interrupts the leg; False if ``seconds``
        pass before that. The party may do something and hang up meanwhile, as its script says."""
        end = self.clock.elapsed + seconds
        while True:
            if await self.clock.wait(
                lambda: self.interrupted or condition(),
                end - self.clock.elapsed,
                until=lambda: min(self.leaves_at, self._next_plan()),
            ):
                return True
            if self.clock.elapsed >= self.leaves_at:
                self._leave()
                return True
            if self.clock.elapsed < self._next_plan():
                return False
            _, act = self.plans.pop(0)
            act()

    def plan(self, at: float, act: Callable[[], None]) -> None:
        """The script says what happens at ``at``, unless the leg ends before."""
        self.plans.append((at, act))
        self.plans.sort(key=lambda each: each[0])

    def _next_plan(self) -> float:
        return self.plans[0][0] if self.plans else math.inf

    def say(self, sound: Sound) -> None:
        """Others hear ``sound`` from the party from now on."""
        self.audio.voice = sound
        self.log.timeline.changed()

    def hang_up(self, at: float | None = None) -> bool:
        """The party hangs up, or declines, at ``at`` (None: now); False if it is not on the
        call."""
        if self.over:
            return False
        self._leave()
        self.clock.tell(at)
        return True

    def release(self, status: CallStatus, at: float | None) -> None:
        """The network ends the leg at ``at`` (None: now), with ``status`` if it was not answered
        and `completed` otherwise."""
        if not self.over:
            self.released = status
            self.interruption.set()
            self.clock.tell(at)

    def redirect(self, redirection: Redirection) -> None:
        """Execute other TwiML from now on."""
        self.redirection = redirection
        self.interruption.set()
        self.clock.tell()

    def take_redirection(self) -> Redirection | None:
        """What the leg was redirected to, once."""
        taken, self.redirection = self.redirection, None
        if taken:
            for recorder in list(self.recorders):
                recorder.leg_redirected()
        if not self.interrupted:
            self.interruption.clear()
        return taken

    def press(self, digits: str) -> None:
        """The party presses keys now."""
        self.enter_keys(digits)
        self.clock.tell()

    def take_keys(self, number: int) -> str:
        """The first ``number`` keys that no Gather has taken, once."""
        taken, self.keys = self.keys[:number], self.keys[number:]
        return taken

    def enter_keys(self, digits: str) -> None:
        """The party presses keys by its script."""
        self.keys += digits
        if self.media:
            self.media.digits += digits
        else:
            self.digits += digits
        self.log.add("browser", f"digits: {digits}", digits=digits, callSid=self.sid)

    def ring(self) -> None:
        """The party's phone rings."""
        self.status = "ringing"
        self._log()

    def answer(self) -> None:
        """The leg is answered, unless it was."""
        if self.live and self.answered is None:
            self.status = "in-progress"
            self.answered = self.clock.elapsed
            self._log()

    def end(self, status: CallStatus) -> None:
        """The leg ends with ``status``, if it has not ended."""
        if self.live:
            self.status = status
            self.ended = self.clock.elapsed
            for recorder in list(self.recorders):
                recorder.leg_ended()
            self.audio.silence()
            self._log()

    def finish(self) -> None:
        """The leg ends as `completed`, or `failed` if no TwiML was ever executed."""
        self.end("failed" if self.application_error and self.answered is None else "completed")

    def start(self) -> None:
        """The network begins to call the party."""
        self.status = "initiated"
        self.started = self.clock.elapsed
        self._log()

    def _leave(self) -> None:
        self.hung_up = True
        self.interruption.set()

    def _log(self) -> None:
        who = "agent" if self.role == "agent" else f"{self.role} {self.to}"
        talk = (
            f" after {self.duration} s"
            if self.ended is not None and self.answered is not None
            else ""
        )
        self.log.add(
            "leg",
            f"{who}: {self.status}{talk}",
            callSid=self.sid,
            role=self.role,
            status=self.status,
            duration=self.duration if self.ended is not None else None,
        )
        self.log.timeline.changed()
        self.notify()
