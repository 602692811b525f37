"""A leg: one party's side of a call, with a CallSid, a status and times of its own."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from typing import Literal

CallStatus = Literal[
    "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"
]
FINAL_STATUSES: frozenset[CallStatus] = frozenset(
    {"completed", "busy", "no-answer", "failed", "canceled"}
)
Role = Literal["agent", "lead"]
Direction = Literal["inbound", "outbound-dial"]


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
    """As the browser sent it; None if it sent no `To`."""
    status: CallStatus
    started: float
    parent_sid: str | None = None
    sid: str = field(default_factory=new_call_sid)
    answered: float | None = None
    ended: float | None = None
    next_sequence_number: int = 0
    """The SequenceNumber of the next status callback. Events without a subscriber do not count."""

    @property
    def live(self) -> bool:
        """Whether the leg has not ended."""
        return self.status not in FINAL_STATUSES

    @property
    def duration(self) -> int:
        """Whole seconds from answer to end; 0 if never answered or not yet ended."""
        if self.answered is None or self.ended is None:
            return 0
        # A sum of floats can be a microsecond less than the whole number that it stands for.
        return math.floor(self.ended - self.answered + 1e-6)
