"""What the database tells the reconciler: which calls to ask Twilio about, and what came of it.

The SQL functions that answer these are in ``shared/rpc.py``.
"""

from __future__ import annotations

from typing import TypedDict


class UnknownLeg(TypedDict):
    """A leg that Twilio was asked to dial, and whose CallSid is not known. ``to`` is a number or a
    `client:`, ``asked_at`` ISO 8601."""

    leg_id: str
    to: str
    asked_at: str


class UnsettledCall(TypedDict):
    """A call to ask Twilio about. ``call_sid`` is the agent's leg. Twilio lists the legs that it
    dialled; ``legs`` has the CallSids of others. ``room`` is the name of a Conference whose
    participants may be on hold, ``lead_call_sid`` a leg that may have dialled others."""

    call_sid: str
    legs: list[str]
    unknown_legs: list[UnknownLeg]
    room: str | None
    lead_call_sid: str | None


class Claim(TypedDict):
    """The calls to ask Twilio about now.

    ``settled`` counts the calls that have left the list because the ledger is complete without a
    question. ``paused_seconds`` is how long Twilio must not be asked, or None.
    """

    calls: list[UnsettledCall]
    settled: int
    paused_seconds: int | None


class Settlement(TypedDict):
    """``settled``: whether the call has left the list of unsettled calls."""

    settled: bool


class Pause(TypedDict):
    """How many seconds from now no call is claimed."""

    paused_seconds: int
