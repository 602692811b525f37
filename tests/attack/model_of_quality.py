"""The quality of calls and networks in tests/attack/model.py, which adds these to its lists."""

from __future__ import annotations

from tests.attack.tables import Table

TABLES = {
    # Of every call, so that an embedding finds some.
    "call_quality": Table(
        seen_own_only=("agent",),
        sample="insert into public.call_quality"
        " (business_id, conversation_id, call_sid, user_id, started_at)"
        " select business_id, id, call_sid, user_id, created_at"
        " from public.conversations where business_id = %(business_id)s",
    ),
    "networks": Table(
        sample="insert into public.networks (business_id, key, name)"
        " values (%(business_id)s, '0a1b2c3d', 'Office')"
    ),
}

EXECUTED_BY = {
    "report_call_quality": {"authenticated"},
    "rate_call": {"authenticated"},
    "quality_by": {"authenticated"},
    "quality_calls": {"authenticated"},
    "conversation_quality": {"authenticated"},
    "name_network": {"authenticated"},
}
