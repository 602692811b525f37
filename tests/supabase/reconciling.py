"""The reconciler's functions as its endpoint calls them, and its list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from tests.supabase.tenants import Connection, as_role, fetch

Leg = dict[str, object]


def call(db: Connection, function: str, *arguments: object) -> dict[str, Any]:
    """One of the reconciler's functions, as its endpoint calls it."""
    marks = ", ".join(["%s"] * len(arguments))
    with as_role(db, "call_reconciler"):
        row = db.execute(f"select public.{function}({marks})", arguments).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def settle(db: Connection, agent: str, legs: list[Leg] | None) -> bool:
    told = None if legs is None else Jsonb(legs)
    return bool(call(db, "settle_call", agent, told)["settled"])


def let_it_be_due(
    db: Connection, agent: str | None = None, *, age: timedelta | None = None
) -> None:
    """Time passes: what is on the list may be asked about, and was put there so long ago."""
    db.execute(
        "update private.unsettled_calls set next_check_at = now(),"
        " opened_at = coalesce(now() - %s::interval, opened_at)"
        " where agent_call_sid = coalesce(%s, agent_call_sid)",
        (age, agent),
    )


def listed(db: Connection, agent: str) -> dict[str, Any] | None:
    """The call's place on the list, with the seconds until somebody may ask about it."""
    rows = fetch(
        db,
        "select *, round(extract(epoch from next_check_at - now()))::integer as seconds"
        " from private.unsettled_calls where agent_call_sid = %s",
        agent,
    )
    return rows[0] if rows else None
