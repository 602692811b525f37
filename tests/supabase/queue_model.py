"""The oracle of queues: what an entry must be, in Python, from its facts alone. It is not derived
from the SQL; tests/supabase/test_entry_state.py and tests/load/test_many_reps.py compare the two.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# Minutes and times for a result that the campaign has no rule for.
DEFAULTS: Mapping[str, tuple[int, int | None]] = {
    "busy": (15, None),
    "no-answer": (240, None),
    "canceled": (30, None),
    "failed": (60, 2),
}
EFFECTS = {
    "booked": "done",
    "interested": "done",
    "callback": "call_back",
    "not_interested": "done",
    "voicemail": "retry",
    "wrong_number": "wrong_number",
    "do_not_call": "do_not_call",
    "connected": "done",
}
DAY = 1440


@dataclass(frozen=True)
class Call:
    """A call to the lead for the campaign that was not refused. ``agreed``: the open call-back that
    it made, when and for whom."""

    at: datetime
    status: str
    ended_at: datetime | None
    answered: bool = False
    outcome: str | None = None
    agreed: tuple[datetime, uuid.UUID | None] | None = None
    dialled: bool = True


@dataclass(frozen=True)
class Said:
    """What a rep said of the lead without a call."""

    at: datetime
    outcome: str
    call_back_at: datetime | None = None
    call_back_for: uuid.UUID | None = None


@dataclass(frozen=True)
class Facts:
    """All that an entry's state depends on. ``rules``: minutes (None: stop) and times by result."""

    counted_from: datetime
    calls: Sequence[Call] = ()
    rules: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    max_attempts: int = 6
    max_attempts_per_day: int = 2
    time_zone: str = "UTC"
    held: tuple[datetime, datetime, str] | None = None
    said: Said | None = None
    is_paused: bool = False
    is_removed: bool = False
    is_forbidden: bool = False
    is_wrong_number: bool = False
    has_number: bool = True
    is_refused: bool = False


@dataclass(frozen=True)
class State:
    """What the row has to say. ``next_at`` is None where it means nothing."""

    state: str
    attempts: int
    next_at: datetime | None = None
    wait_reason: str | None = None
    done_reason: str | None = None
    call_back_at: datetime | None = None
    call_back_for: uuid.UUID | None = None


def expected(facts: Facts, now: datetime) -> State:
    calls = sorted(
        (call for call in facts.calls if call.at >= facts.counted_from), key=lambda call: call.at
    )
    attempts = sum(call.dialled for call in calls)
    last = calls[-1] if calls else None
    said = facts.said if facts.said and (last is None or facts.said.at > last.at) else None

    def done(reason: str) -> State:
        return State("done", attempts, done_reason=reason)

    def ready(
        next_at: datetime,
        reason: str | None,
        agreed: tuple[datetime, uuid.UUID | None] | None = None,
    ) -> State:
        held = facts.held if reason != "in_call" else None
        if held and held[1] > next_at and (last is None or held[0] >= last.at):
            next_at, reason = held[1:]
        is_due = next_at <= now and agreed is None and not facts.is_paused
        return State(
            "paused" if facts.is_paused else "ready",
            attempts,
            next_at,
            None if is_due else reason,
            call_back_at=agreed and agreed[0],
            call_back_for=agreed and agreed[1],
        )

    if facts.is_removed:
        return done("removed")
    going_on = [call.at + timedelta(hours=5) for call in calls if call.ended_at is None]
    if going_on and max(going_on) > now:
        return ready(max(going_on), "in_call")
    for is_so, reason in (
        (facts.is_forbidden, "do_not_call"),
        (facts.is_wrong_number, "wrong_number"),
        (not facts.has_number, "no_number"),
        (facts.is_refused, "number_refused"),
    ):
        if is_so:
            return done(reason)

    outcome: str | None
    if said:
        outcome, at = said.outcome, said.at
    elif last is None:
        return ready(facts.counted_from, None)
    else:
        outcome, at = last.outcome, last.ended_at or last.at
        if outcome is None and (last.answered or last.status == "completed"):
            return State("paused", attempts, at, "outcome_missing")

    agreed = _agreed(calls, said)
    effect = None if outcome is None else EFFECTS.get(outcome, "done")
    if effect in ("do_not_call", "wrong_number"):
        return done(effect)
    if effect == "call_back":
        return ready(agreed[0], "call_back", agreed) if agreed else done("outcome")

    result = outcome if outcome is not None else last.status if last else ""
    minutes, times = facts.rules.get(result) or _default(result, effect)
    if minutes is None:
        return done("attempts_used" if effect is None else "outcome")
    same = sum((call.outcome or call.status) == result for call in calls)
    if (times is not None and same >= times) or attempts >= facts.max_attempts:
        return done("attempts_used")

    next_at, reason = at + timedelta(minutes=minutes), "retry"
    if agreed:
        next_at, reason = max(next_at, agreed[0]), "call_back"
    zone = ZoneInfo(facts.time_zone)
    day = (last.at if last else at).astimezone(zone).date()
    tomorrow = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    on_day = sum(call.dialled and call.at.astimezone(zone).date() == day for call in calls)
    if on_day >= facts.max_attempts_per_day and tomorrow > next_at:
        next_at, reason = tomorrow, "attempts_today"
    return ready(next_at, reason, agreed)


def _agreed(calls: Sequence[Call], said: Said | None) -> tuple[datetime, uuid.UUID | None] | None:
    if said:
        return (said.call_back_at, said.call_back_for) if said.call_back_at else None
    agreed = [call.agreed for call in calls if call.agreed]
    return min(agreed, key=lambda one: one[0]) if agreed else None


def _default(result: str, effect: str | None) -> tuple[int | None, int | None]:
    if effect == "retry":
        return DAY, None
    return (None, None) if effect else DEFAULTS.get(result, (240, None))
