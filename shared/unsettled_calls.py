"""What the database tells the reconciler: which calls to ask Twilio about, and what came of it.

The SQL functions that send and take these are in ``shared/reconciler_rpc.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict


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


class Leg(TypedDict):
    """The state of a leg, as Twilio's REST API tells it. Times are ISO 8601.

    Where they are known: ``call_leg_id`` is the leg that somebody asked for and that was found to
    be this one; ``on_hold`` says whether the participant of a room hears music, and ``observed_at``
    when Twilio was asked that.
    """

    call_sid: str
    status: str
    ended_at: str | None
    duration_seconds: int | None
    payload: Mapping[str, str]
    call_leg_id: NotRequired[str]
    on_hold: NotRequired[bool]
    observed_at: NotRequired[str]
