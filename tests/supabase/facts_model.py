"""What call_facts must have, computed in Python from the callbacks that have arrived and from what
people did: docs/metrics.md, and not the SQL."""

from __future__ import annotations

import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.supabase.call_histories import Call, History, Piece

FINAL = {"completed", "busy", "no-answer", "failed", "canceled"}
Facts = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What the callbacks say of a call that has ended. ``answered``, ``ended``: seconds since it
    began."""

    is_dial: bool
    ended: float
    answered: float | None = None
    dialled: float | None = None
    seconds: int = 0


def told_by(call: Call) -> Told | None:
    """None: the call goes on, or is not on record yet."""
    if call.is_refused and call.is_begun:
        return Told(is_dial=False, ended=0)
    of_lead: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in call.arrived:
        if piece.leg != "agent" and piece.source != "amd":
            of_lead[piece.leg].append(piece)
    agent_has_ended = any(
        piece.leg == "agent" and piece.source == "status_callback" for piece in call.arrived
    )
    if not call.is_begun and not agent_has_ended:
        return None
    if not of_lead:
        ends = [piece for piece in call.arrived if piece.leg == "agent"]
        return Told(is_dial=False, ended=0) if ends else None
    # Of several legs, the one that was answered.
    legs = [_leg(pieces) for pieces in of_lead.values()]
    legs.sort(key=lambda leg: (leg[0] is None, leg[1] is None))
    answered, ended, dialled, rang, seconds = legs[0]
    if any(leg[1] is None and leg[0] is not None for leg in legs) or ended is None:
        return None
    if dialled is None:
        # By the ringing, or else the answer.
        dialled = min((at for at in (rang, answered) if at is not None), default=None)
    return Told(True, ended, answered, dialled, seconds)


Leg = tuple[float | None, float | None, float | None, float | None, int]


def _leg(pieces: Iterable[Piece]) -> Leg:
    """Seconds: answered, ended, dialled, rang; and the talk."""
    at = {piece.status: float(piece.at) for piece in pieces}
    final = [piece for piece in pieces if piece.status in FINAL]
    answered = at.get("in-progress")
    seconds = 0
    ended = None
    if final:
        ended, seconds = float(final[0].at), final[0].seconds or 0
        if answered is None and final[0].status == "completed":
            answered = ended - seconds
    return answered, ended, at.get("initiated"), at.get("ringing"), seconds


def facts_of(history: History) -> dict[uuid.UUID, Facts]:
    """The facts of all calls, by conversation."""
    found: dict[uuid.UUID, Facts] = {}
    dials: defaultdict[str, list[Facts]] = defaultdict(list)
    for call in history.calls:
        told = told_by(call)
        if call.id is None or call.is_deleted or told is None:
            continue
        facts = found[call.id] = _facts(history, call, told)
        if facts["dials"] and call.number is not None:
            dials[call.number].append(facts)
    for of_number in dials.values():
        is_reached = False
        of_number.sort(key=lambda facts: (facts["created_at"], facts["conversation_id"].bytes))
        for place, facts in enumerate(of_number, 1):
            facts["attempt"], facts["reached_before"] = place, is_reached
            facts["leads_reached"] = int(facts["connected"] and not is_reached)
            is_reached = is_reached or bool(facts["connected"])
    return found


def _facts(history: History, call: Call, told: Told) -> Facts:
    is_known = call.is_begun and not call.is_refused
    answered = told.is_dial and told.answered is not None
    hint = next((piece.status for piece in call.arrived if piece.source == "amd"), "")
    machine = answered and (
        call.is_dropped
        or call.outcome == "voicemail"
        or (call.outcome is None and hint.startswith(("machine", "fax")))
    )
    connected = answered and not machine
    seconds = told.seconds if answered else 0
    rang = None
    if told.answered is not None and told.dialled is not None:
        rang = told.answered - told.dialled
    has_ring = answered and rang is not None and rang >= 0
    chosen = [said.at for said in call.said if said.by_person and said.outcome is not None]
    wrapped_up = min(chosen) - told.ended if chosen else -1
    has_wrap_up = told.is_dial and 0 <= wrapped_up <= 1800
    hour = _lead_time(call) if is_known else None
    others = [leg for leg in call.legs if leg.user_id != call.user_id]
    facts: Facts = {
        "conversation_id": call.id,
        "business_id": history.tenant.business_id,
        "user_id": call.user_id,
        "campaign_id": call.campaign_id if call.is_begun else None,
        "created_at": call.created_at,
        "day": call.created_at.astimezone(ZoneInfo(history.zone)).date(),
        "country": call.country if is_known else None,
        "lead_weekday": hour and hour.isoweekday(),
        "lead_hour": hour.hour if hour else None,
        "zone_is_estimate": bool(hour and call.is_estimate),
        "outcome": call.outcome,
        "attempt": None,
        "reached_before": None,
        "leads_reached": 0,
        "talk_seconds": seconds,
        "hold_seconds": (call.hold_seconds or 0) if answered else 0,
        "ring_seconds": math.floor(rang) if has_ring and rang is not None else 0,
        "wrap_up_seconds": math.floor(wrapped_up) if has_wrap_up else 0,
    }
    return facts | {
        name: int(bool(is_so))
        for name, is_so in {
            "calls": True,
            "refused": call.is_refused and call.is_begun,
            "dials": told.is_dial,
            "answered": answered,
            "machines": machine,
            "connected": connected,
            "conversations": connected and seconds >= history.conversation_seconds,
            "successes": connected and call.outcome in history.successes,
            "undescribed": answered and call.outcome is None,
            "transferred": answered and any(leg.takes_over for leg in others),
            "rings": has_ring,
            "wrap_ups": has_wrap_up,
            "measured": call.grade is not None,
            "fair": call.grade == "fair",
            "poor": call.grade == "poor",
        }.items()
    }


def _lead_time(call: Call) -> datetime | None:
    try:
        return call.created_at.astimezone(ZoneInfo(call.zone)) if call.zone else None
    except ZoneInfoNotFoundError:
        return None


def helped_of(history: History) -> Counter[tuple[uuid.UUID, uuid.UUID]]:
    """How long who was on whose call, by conversation and person; one second more than it was, so
    that a zero is there."""
    found: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()
    for call in history.calls:
        if call.id is None or call.is_deleted or told_by(call) is None:
            continue
        for leg in call.legs:
            if leg.user_id != call.user_id:
                found[call.id, leg.user_id] = found[call.id, leg.user_id] or 1
                found[call.id, leg.user_id] += leg.seconds
    return found
