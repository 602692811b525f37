"""What reports cost the calls that they count: the marks that events leave, and the fold."""

from __future__ import annotations

import hashlib
import json
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import LiteralString

import psycopg
from psycopg import sql

from bench.database import BUSINESSES, Size
from bench.requests import BEGINNING, EVENT, rep_claims
from stack.postgres import Postgres

SIZE = Size("hundred_thousand", 100_000)
_EVENTS = (
    ("lead", "status_callback", "initiated", 0, None),
    ("lead", "status_callback", "ringing", 1, None),
    ("lead", "status_callback", "in-progress", 2, None),
    ("lead", "status_callback", "completed", 3, 48),
    ("lead", "dial_action", "completed", None, 48),
    ("agent", "status_callback", "completed", 0, 60),
)
_PAYLOAD = json.dumps({**BEGINNING, **EVENT})
# As many marks as reports_fn folds at once.
_MARKS = 2000
# Calls between two folds: those of a minute in the busy hour of ten million calls a year.
_CALLS_OF_A_FOLD = 100


@dataclass(frozen=True)
class Folding:
    """The seconds of one call that nothing counts: its beginning, its six events, and what a rep
    says of every third. What the marks add to it, and its share of a fold."""

    calls: int
    call: float
    marks: float
    fold: float


def measure(running: Postgres, *, folds: int) -> Folding:
    """Medians over ``folds`` of a hundred calls each, of random businesses. Two databases of SIZE
    take turns at each call: one as it is, and one without the triggers that leave marks. It takes
    their processor time, which other processes change less than the time of a clock."""
    with ExitStack() as opened:
        counting, plain = (
            opened.enter_context(_Database(running, name)) for name in ("counting", "plain")
        )
        plain.leave_no_marks()
        # At first, connections read catalogs, compile functions and choose plans.
        _calls(counting, plain, 2 * _CALLS_OF_A_FOLD)
        counting.fold()
        call, marks, fold = [], [], []
        for _ in range(folds):
            plain.seconds = counting.seconds = 0.0
            _calls(counting, plain, _CALLS_OF_A_FOLD)
            call.append(plain.seconds / _CALLS_OF_A_FOLD)
            marks.append((counting.seconds - plain.seconds) / _CALLS_OF_A_FOLD)
            fold.append(counting.fold() / _CALLS_OF_A_FOLD)
    return Folding(folds * _CALLS_OF_A_FOLD, median(call), max(0.0, median(marks)), median(fold))


def _calls(counting: _Database, plain: _Database, calls: int) -> None:
    for number in range(calls):
        business = random.randrange(BUSINESSES)
        dialled = f"+1{2_000_000_000 + random.randrange(SIZE.calls // 10)}"
        # Who comes first finds more or less of the processor's caches.
        for database in (counting, plain) if number % 2 else (plain, counting):
            database.call(business, dialled, describe=number // 2 % 3 == 0)


class _Database:
    """A copy of the filled database, with a connection for calls and one for folds. ``seconds``:
    what the calls took."""

    def __init__(self, running: Postgres, name: str) -> None:
        self._running = running
        self._name = f"folding_{name}"
        self.seconds = 0.0

    def __enter__(self) -> _Database:
        _administer(self._running, "drop database if exists {} with (force)", self._name)
        _administer(self._running, "create database {} template {}", self._name, SIZE.name)
        self._admin, self._client, self._folder = (self._connect() for _ in range(3))
        # fill.sql adds businesses without their triggers.
        self._admin.execute(
            "insert into public.outcomes (business_id, key, label, effect, is_success)"
            " select id, 'booked', 'Booked', 'done', true from public.businesses"
            " on conflict do nothing"
        )
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._admin, self._client, self._folder):
            connection.close()
        _administer(self._running, "drop database {} with (force)", self._name)

    def _connect(self) -> psycopg.Connection:
        connection = psycopg.connect(self._running.url(self._name), autocommit=True)
        connection.prepare_threshold = 0
        # Statements are measured and not commits.
        connection.execute("set synchronous_commit = off")
        return connection

    def leave_no_marks(self) -> None:
        """Drops the triggers that leave marks."""
        triggers = self._admin.execute(
            "select relnamespace::regnamespace::text, relname, tgname from pg_trigger"
            " join pg_proc on pg_proc.oid = tgfoid join pg_class on pg_class.oid = tgrelid"
            " where pronamespace = 'private'::regnamespace and proname like 'mark\\_%'"
        ).fetchall()
        for schema, table, name in triggers:
            self._admin.execute(
                sql.SQL("drop trigger {} on {}").format(
                    sql.Identifier(name), sql.Identifier(schema, table)
                )
            )

    def call(self, business: int, dialled: str, *, describe: bool) -> None:
        """A call from its beginning to its last event, and its outcome."""
        rep, owner = _id("user", business), _id("business", business)
        meaning = {"e164": dialled, "type": "mobile", "country": "US", "time_zones": []}
        sids = {leg: f"CA{uuid.uuid4().hex}" for leg in ("agent", "lead")}
        with _processor_time(self._client) as taken:
            self._ask(
                "call_webhook", rep,
                "select public.begin_call(%s, %s, %s, %s, null, null, null, null)",
                sids["agent"], rep, owner, json.dumps({"dialled": dialled, "number": meaning}),
            )  # fmt: skip
            for leg, source, status, place, seconds in _EVENTS:
                self._ask(
                    "call_webhook", rep,
                    "select public.record_call_event(%s, %s, %s, %s, %s::int, now(), %s::int, %s,"
                    " null, null)",
                    sids[leg], sids["agent"], source, status, place, seconds, _PAYLOAD,
                )  # fmt: skip
            if describe:
                self._ask(
                    "authenticated", rep,
                    "update public.conversations set outcome = 'booked' where call_sid = %s",
                    sids["agent"],
                )  # fmt: skip
        self.seconds += taken[0]

    def _ask(self, role: str, user: str, query: str, *values: object) -> None:
        """A statement in a transaction such as PostgREST makes."""
        claims: dict[str, object] = {"role": role}
        if role == "authenticated":
            claims = rep_claims("https://abcdefghijklmnopqrst.supabase.co", user)
        with self._client.transaction():
            self._client.execute(
                "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
                (role, json.dumps(claims)),
            )
            self._client.execute(query.encode(), values)

    def fold(self) -> float:
        """The seconds until nothing is left."""
        with _processor_time(self._folder) as taken:
            while True:
                with self._folder.transaction():
                    self._folder.execute("set local role call_reporter")
                    row = self._folder.execute(
                        "select public.fold_reports(%s)", (_MARKS,)
                    ).fetchone()
                if row is None or not row[0]["left"]:
                    break
        return taken[0]


@contextmanager
def _processor_time(connection: psycopg.Connection) -> Iterator[list[float]]:
    """The seconds of processor time that the connection's server process takes inside; where the
    system does not tell, those of a clock."""
    file = Path(f"/proc/{connection.info.backend_pid}/schedstat")

    def now() -> float:
        # https://docs.kernel.org/scheduler/sched-stats.html: nanoseconds on the processor, first.
        return int(file.read_text().split()[0]) / 1e9 if file.exists() else time.perf_counter()

    taken = [0.0]
    begun = now()
    yield taken
    taken[0] = now() - begun


def _administer(running: Postgres, statement: LiteralString, *names: str) -> None:
    """Nobody may be connected to a database that is copied, so each has a connection of its own."""
    with psycopg.connect(running.url(), autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _id(kind: str, number: int) -> str:
    """The id that fill.sql computes."""
    return str(uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest()))
