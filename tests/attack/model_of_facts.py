"""The facts of calls in tests/attack/model.py, which adds these to its lists."""

from __future__ import annotations

from tests.attack.tables import Table

_MEASURES = (
    "refused",
    "dials",
    "answered",
    "machines",
    "connected",
    "conversations",
    "successes",
    "undescribed",
    "transferred",
    "talk_seconds",
    "hold_seconds",
    "rings",
    "ring_seconds",
    "wrap_ups",
    "wrap_up_seconds",
    "measured",
    "fair",
    "poor",
    "leads_reached",
)

TABLES = {
    # Of every call, so that an embedding finds some; and in the sums, so that reports do.
    "call_facts": Table(
        seen_own_only=("agent",),
        sample="with counted as (insert into public.call_facts"
        " (conversation_id, business_id, user_id, created_at, day, zone_is_estimate, calls,"
        f" {', '.join(_MEASURES)})"
        " select id, business_id, user_id, created_at, created_at::date, false, 1,"
        f" {', '.join('0' for _ in _MEASURES)}"
        " from public.conversations where business_id = %(business_id)s returning call_facts)"
        " select private.add_to_sums(null, array_agg(call_facts)) from counted",
    ),
    "call_helpers": Table(
        seen_own_only=("agent",),
        sample="with counted as (insert into public.call_helpers"
        " (conversation_id, business_id, user_id, created_at, day, helped_seconds)"
        " select id, business_id, user_id, created_at, created_at::date, 30"
        " from public.conversations where business_id = %(business_id)s returning call_helpers)"
        " select private.add_to_people(null, array_agg(call_helpers)) from counted",
    ),
}

EXECUTED_BY = {"fold_reports": {"call_reporter"}}
