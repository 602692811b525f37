"""How long reports of a year take, in a business with 100,000 calls a year among those of others,
and beside the same numbers computed from the calls themselves."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import LiteralString

import psycopg
from psycopg import sql

from bench.requests import rep_claims
from functions.bundle import ROOT
from stack.postgres import Postgres

_FILL = (ROOT / "bench" / "reports.sql").read_text(encoding="utf-8")
_YEAR = "current_date - 364, current_date"
TOTALS = "totals and trend by week"
REPORTS = {
    "totals and trend by day": f"report_overview(%s, {_YEAR}, 'day')",
    TOTALS: f"report_overview(%s, {_YEAR}, 'week')",
    "totals of two filters": f"report_overview(%s, {_YEAR}, 'month', 1,"
    ' \'{"countries": ["US", "GB"], "campaign_ids": [null]}\')',
    "campaigns": f"report_by(%s, {_YEAR}, 'campaign')",
    "people": f"report_by(%s, {_YEAR}, 'rep')",
    "outcomes": f"report_by(%s, {_YEAR}, 'outcome')",
    "countries": f"report_by(%s, {_YEAR}, 'country')",
    "attempts": f"report_attempts(%s, {_YEAR})",
    "best times, first attempts": f"report_hours(%s, {_YEAR}, 'first')",
    "best times, all attempts": f"report_hours(%s, {_YEAR}, 'all')",
    "newest 50 conversations": f"report_calls(%s, {_YEAR}, 'all', null, 'conversations')",
}
# The totals of both years from the rows of the calls: the definition of each number, and a sum.
_RAW = """
select facts.day, sum(facts.dials), sum(facts.connected), sum(facts.talk_seconds)
from private.facts_of_calls(array(
  select conversations.id from public.conversations
  where conversations.business_id = %s
    and conversations.created_at >= current_date - 729
)) as facts
group by facts.day
"""
_BUSINESS, _MANAGER = (
    uuid.UUID(hashlib.md5(name).hexdigest()) for name in (b"business0", b"user20")
)


@dataclass(frozen=True)
class Reports:
    """By report, the median of the seconds that it takes, in the order of ``others``: how many
    calls of other businesses there are. ``raw``: the seconds of the totals from the calls
    themselves."""

    calls: int
    others: tuple[int, ...]
    taken: dict[str, tuple[float, ...]]
    raw: float


def measure(running: Postgres, *, calls: int, others: tuple[int, ...], rounds: int) -> Reports:
    """Fills a database for each of ``others``, asks them in turns, and drops them."""
    taken: dict[str, list[list[float]]] = {name: [[] for _ in others] for name in REPORTS}
    with ExitStack() as opened:
        names = [opened.enter_context(_filled(running, calls, number)) for number in others]
        databases = [opened.enter_context(psycopg.connect(running.url(name))) for name in names]
        raw = min(_seconds(databases[0], _RAW) for _ in range(2))
        for db in databases:
            claims = rep_claims("https://abcdefghijklmnopqrst.supabase.co", str(_MANAGER))
            db.execute("select set_config('request.jwt.claims', %s, false)", (json.dumps(claims),))
            db.execute("set role authenticated")
        for number in range(rounds + 2):
            for name, question in REPORTS.items():
                for db, seconds in zip(databases, taken[name], strict=True):
                    one = _seconds(db, f"select public.{question}")
                    # The first rounds fill the caches, as in a database that is used all day.
                    if number >= 2:
                        seconds.append(one)
    medians = {name: tuple(map(median, by_others)) for name, by_others in taken.items()}
    return Reports(calls, others, medians, raw)


def _seconds(db: psycopg.Connection, query: str) -> float:
    begun = time.perf_counter()
    db.execute(query.encode(), (_BUSINESS,)).fetchall()
    return time.perf_counter() - begun


@contextmanager
def _filled(running: Postgres, calls: int, others: int) -> Iterator[str]:
    name = f"reports_{others}"
    _administer(running, "drop database if exists {} with (force)", name)
    _administer(running, "create database {} template postgres", name)
    try:
        with psycopg.connect(running.url(name), autocommit=True) as db:
            db.execute(
                "select set_config('bench.calls', %s, false),"
                " set_config('bench.others', %s, false)",
                (str(calls), str(others)),
            )
            for statement in _FILL.split(";\n"):
                db.execute(statement.encode())
            db.execute("vacuum (analyze)")
        yield name
    finally:
        _administer(running, "drop database {} with (force)", name)


def _administer(running: Postgres, statement: LiteralString, name: str) -> None:
    """Nobody may be connected to a database that is copied, so each has a connection of its own."""
    with psycopg.connect(running.url(), autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(sql.Identifier(name)))
