"""How long a rep waits for the first results of a search, in a business of a million leads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from statistics import median
from uuid import UUID

import psycopg
from psycopg import sql

from bench.requests import rep_claims
from functions.bundle import ROOT
from stack.postgres import Postgres

_FILL = (ROOT / "bench" / "searches.sql").read_text(encoding="utf-8")
# By kind of search, what is typed.
TYPED = {
    "nothing": None,
    "a word of every third lead": "inc",
    "a frequent last name": "smith",
    "a frequent first name": "james",
    "a frequent first name, last in the alphabet": "zoe",
    "first and last name": "james o'brien",
    "last and first name, with accents": "ångström josé",
    "a rare word": "qvist",
    "a word that nobody has": "qzqzq",
    "a Chinese character": "京",
    "one letter, frequent": "a",
    "one letter, rare": "q",
    "two letters, frequent": "sm",
    "two letters, rare": "qv",
    "two digits": "42",
    "three digits": "555",
    "four digits": "7946",
    "a national number": "020 7946 0018",
    "an international number": "+44 (0)20 7946 0018",
    "a number that nobody has": "0999 555 1234",
    "a name and digits": "smith 4711",
    "a company and digits": "acme 0018",
}
_STATEMENTS = {
    "leads": "select public.search_leads(%s, %s, '{}', 20)",
    "calls": "select public.list_conversations("
    "%s, %s, '{}', null, null, null, null, null, null, 20)",
}
_BUSINESS, _USER = (UUID(md5(name).hexdigest()) for name in (b"business", b"user"))


@dataclass(frozen=True)
class Taken:
    """The seconds of a search: the median, and the slowest."""

    median: float
    slowest: float


@dataclass(frozen=True)
class Searches:
    """By kind of search, how long it took to find leads and calls, in a business of ``leads`` leads
    and a tenth as many calls."""

    leads: int
    taken: dict[str, dict[str, Taken]]


def measure(running: Postgres, *, leads: int, rounds: int) -> Searches:
    """Fills a database, searches it and drops it."""
    with _filled(running, leads) as name, psycopg.connect(running.url(name)) as db:
        claims = rep_claims("https://abcdefghijklmnopqrst.supabase.co", str(_USER))
        db.execute("select set_config('request.jwt.claims', %s, false)", (json.dumps(claims),))
        db.execute("set role authenticated")
        taken = {
            kind: {what: _time(db, query, typed, rounds) for what, query in _STATEMENTS.items()}
            for kind, typed in TYPED.items()
        }
    return Searches(leads, taken)


def _time(db: psycopg.Connection, query: str, typed: str | None, rounds: int) -> Taken:
    seconds = []
    # The first rounds fill the caches, as in a database that is used all day.
    for number in range(rounds + 2):
        begun = time.perf_counter()
        db.execute(query.encode(), (_BUSINESS, typed), prepare=True).fetchall()
        if number >= 2:
            seconds.append(time.perf_counter() - begun)
    return Taken(median(seconds), max(seconds))


@contextmanager
def _filled(running: Postgres, leads: int) -> Iterator[str]:
    name = "searches"
    with psycopg.connect(running.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )
        admin.execute(sql.SQL("create database {} template postgres").format(sql.Identifier(name)))
        try:
            with psycopg.connect(running.url(name), autocommit=True) as db:
                db.execute("select set_config('bench.leads', %s, false)", (str(leads),))
                for statement in _FILL.split(";\n"):
                    db.execute(statement.encode())
                db.execute("vacuum (analyze)")
            yield name
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
