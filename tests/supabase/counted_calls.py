"""Calls that were counted already: their rows of call_facts, and the sums that reports read."""

from __future__ import annotations

import uuid
from typing import Any

from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.tenants import Connection, fetch, new_call_sid

COUNTS = (
    "calls", "refused", "dials", "answered", "machines", "connected", "conversations", "successes",
    "undescribed", "rings", "wrap_ups", "transferred", "measured", "fair", "poor", "leads_reached",
)  # fmt: skip
SECONDS = ("talk_seconds", "hold_seconds", "ring_seconds", "wrap_up_seconds")
RATES = (
    "answer_rate", "connect_rate", "conversation_rate", "success_rate", "success_of_dials",
    "average_talk_seconds", "average_ring_seconds", "average_wrap_up_seconds", "poor_rate",
)  # fmt: skip
NONE = dict.fromkeys((*COUNTS, *SECONDS), 0)
NOTHING = NONE | dict.fromkeys(RATES)

# A call that reached a person, and some others.
REACHED = {"dials": 1, "answered": 1, "connected": 1, "talk_seconds": 30, "rings": 1}
TALKED = REACHED | {"conversations": 1, "talk_seconds": 90, "ring_seconds": 12}
UNANSWERED = {"dials": 1}
REFUSED = {"refused": 1}


def add_call(
    desk: Desk,
    at: str = "2026-03-04T10:00:00Z",
    numbers: dict[str, int] = UNANSWERED,
    *,
    by: uuid.UUID | None = None,
    campaign_id: uuid.UUID | None = None,
    **facts: object,
) -> str:
    """A call with these numbers, at this time, of a business whose clock is UTC; its id. ``facts``:
    other columns of call_facts."""
    (row,) = fetch(
        desk.db,
        "insert into public.conversations (business_id, user_id, lead_id, campaign_id, status,"
        " to_number, call_sid, begun_at, ended_at, created_at)"
        " values (%s, %s, %s, %s, 'completed', %s, %s, %s, %s, %s) returning id",
        desk.tenant.business_id,
        by or desk.tenant.user_id,
        desk.tenant.lead_id,
        campaign_id,
        desk.tenant.lead_number,
        new_call_sid(),
        at, at, at,
    )  # fmt: skip
    fact = NONE | {
        "conversation_id": str(row["id"]),
        "business_id": str(desk.tenant.business_id),
        "user_id": str(by or desk.tenant.user_id),
        "campaign_id": campaign_id and str(campaign_id),
        "created_at": at,
        "day": at[:10],
        "zone_is_estimate": False,
        "reached_before": False,
        "calls": 1,
    }
    _count(desk.db, fact | numbers | facts)
    return str(row["id"])


def _count(db: Connection, fact: dict[str, Any]) -> None:
    db.execute(
        "with counted as (insert into public.call_facts"
        " select * from jsonb_populate_record(null::public.call_facts, %s) returning call_facts)"
        " select private.add_to_sums(null, array_agg(call_facts)) from counted",
        (Jsonb(fact),),
    )


def add_help(desk: Desk, call: str, helper: uuid.UUID, seconds: int) -> None:
    """A colleague was on this call."""
    desk.db.execute(
        "with counted as (insert into public.call_helpers (conversation_id, user_id, business_id,"
        " created_at, day, campaign_id, country, helped_seconds)"
        " select conversation_id, %s, business_id, created_at, day, campaign_id, country, %s"
        " from public.call_facts where conversation_id = %s returning call_helpers)"
        " select private.add_to_people(null, array_agg(call_helpers)) from counted",
        (helper, seconds, call),
    )
