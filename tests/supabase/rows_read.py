"""Counts the rows that a statement reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.supabase.tenants import Connection

BIG_TABLES = (
    "conversations",
    "call_legs",
    "call_events",
    "call_actions",
    "call_holds",
    "leads",
    "do_not_call",
    "token_grants",
    "unsettled_calls",
    "recordings",
    "call_backs",
    "queue_entries",
    "recording_actions",
    "call_quality",
    "preflight_reports",
    "call_facts",
    "report_days",
    "report_outcomes",
    "report_hours",
    "report_attempts",
    "report_people",
)


@dataclass
class Read:
    """How many rows of each table were read, by scans of any kind."""

    whole: dict[str, int]
    by_index: dict[str, int]


@contextmanager
def reading(db: Connection, *more: str) -> Iterator[Read]:
    """Counts what is read inside, also by functions, triggers, policies and foreign keys. ``more``:
    tables that are big, too."""

    def counters() -> dict[str, tuple[int, int]]:
        rows = db.execute(
            "select relname, seq_scan, coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables"
            " where relname = any(%s)",
            ([*BIG_TABLES, *more],),
        ).fetchall()
        return {name: (whole, fetched) for name, whole, fetched in rows}

    before = counters()
    read = Read({}, {})
    yield read
    for name, (whole, fetched) in counters().items():
        read.whole[name] = whole - before[name][0]
        read.by_index[name] = fetched - before[name][1]


NOT_ONCE = dict.fromkeys(BIG_TABLES, 0)
