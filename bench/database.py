"""Databases of several sizes that look used for a year, and the cost of frequent statements."""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg
from psycopg import pq, sql
from psycopg.pq.abc import PGresult

from bench.instance import free_port
from bench.requests import BEGINNING, EVENT, rep_claims
from functions.bundle import ROOT
from stack.migrations import push
from stack.postgres import Postgres

BUSINESSES = 1000
MEMORY = "2GB"
# In a larger database only this many calls, the newest, have legs and events. That saves disk and
# time.
MOST_DETAILED = 1_000_000

_FILL = (ROOT / "bench" / "fill.sql").read_text(encoding="utf-8")
_COLUMNS = (
    "id, business_id, user_id, lead_id, campaign_id, channel, direction, status, block_reason,"
    " from_number, to_number, call_sid, dialed_at, ringing_at, answered_at, ended_at,"
    " duration_seconds, time_limit_seconds, outcome, notes, created_at, updated_at"
)
# As the REST API reads rows: src/PostgREST/Query/Statements.hs of PostgREST.
_READ = (
    "with pgrst_source as ({}) select null::bigint as total_result_set,"
    " pg_catalog.count(_postgrest_t) as page_total, coalesce(json_agg(_postgrest_t), '[]') as body,"
    " nullif(current_setting('response.headers', true), '') as response_headers,"
    " nullif(current_setting('response.status', true), '') as response_status,"
    " '' as response_inserted from (select * from pgrst_source) _postgrest_t"
)
_SELECT = f"select {_COLUMNS} from public.conversations where"
# Each statement as the rep sends it, and as the owner of the tables does. The owner's has the
# filter that row-level security adds for the rep.
_STATEMENTS = {
    "newest 50": (
        _READ.format(f"{_SELECT} business_id = $1::uuid order by created_at desc limit $2::int"),
    )
    * 2,
    "one conversation": (
        _READ.format(f"{_SELECT} id = $1::uuid limit $2::int"),
        _READ.format(f"{_SELECT} id = $1::uuid and business_id = $3::uuid limit $2::int"),
    ),
    "begin_call": ("select public.begin_call($1, $2, $3, $4, null, $5, null, null)",) * 2,
    "one event": (
        "select public.record_call_event("
        "$1, $2, $3, $4, $5::int, '2026-11-25 10:00:00+00', $6::int, $7, null, null)",
    )
    * 2,
}
# The position of the body in an answer.
_BODY = 2
_EVENTS = (
    ("lead", "status_callback", "initiated", "0", None),
    ("lead", "status_callback", "ringing", "1", None),
    ("lead", "status_callback", "in-progress", "2", None),
    ("lead", "status_callback", "completed", "3", "48"),
    ("lead", "dial_action", "completed", None, "48"),
    ("agent", "status_callback", "completed", "0", "60"),
)


@dataclass(frozen=True)
class Size:
    """A database and how many calls it holds."""

    name: str
    calls: int

    @property
    def detailed(self) -> int:
        """How many of its calls have legs and events."""
        return min(self.calls, MOST_DETAILED)


SIZES = (
    Size("ten_thousand", 10_000),
    Size("one_million", 1_000_000),
    Size("ten_million", 10_000_000),
)


@contextmanager
def server(directory: Path) -> Iterator[Postgres]:
    """A server as the local stack starts it, but with every commit on disk and with MEMORY, which
    is usual for such databases. Its data is below ``directory``."""
    with Postgres(directory / "postgres", free_port(), "bench") as running:
        with psycopg.connect(running.url(), autocommit=True) as admin:
            admin.execute(sql.SQL("alter system set shared_buffers = {}").format(MEMORY))
        running.stop()
        running.start()
        running.bootstrap()
        push(running.url(user="postgres"))
        yield running


def fill(running: Postgres, size: Size) -> float:
    """Makes the database of this size unless it exists. Returns the seconds that it took."""
    begun = time.monotonic()
    whole = sql.Identifier(size.name)
    half = sql.Identifier(f"{size.name}_half_filled")
    with psycopg.connect(running.url(), autocommit=True) as admin:
        there = admin.execute("select from pg_database where datname = %s", (size.name,))
        if there.rowcount:
            push(running.url(size.name, user="postgres"))
            return 0.0
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(half))
        admin.execute(sql.SQL("create database {} template postgres").format(half))
        # Checkpoints every few seconds would double the work.
        admin.execute("alter system set max_wal_size = '16GB'")
        admin.execute("select pg_reload_conf()")
        with psycopg.connect(running.url(f"{size.name}_half_filled"), autocommit=True) as db:
            for name, value in (("conversations", size.calls), ("detailed", size.detailed)):
                db.execute("select set_config(%s, %s, false)", (f"bench.{name}", str(value)))
            for statement in _FILL.split(";\n"):
                db.execute(statement.encode())
            db.execute("vacuum (analyze)")
        admin.execute("alter system reset max_wal_size")
        admin.execute("select pg_reload_conf()")
        admin.execute("checkpoint")
        admin.execute(sql.SQL("alter database {} rename to {}").format(half, whole))
    return time.monotonic() - begun


def warm(running: Postgres, size: Size) -> None:
    """Fills the caches as in a database that is used all day: the system's cache with what calls
    read and write, the server's cache with the indexes that find a conversation."""
    with psycopg.connect(running.url(size.name), autocommit=True) as db:
        db.execute("create extension if not exists pg_prewarm")
        db.execute(
            "select pg_prewarm(oid, 'read') from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')"
            # Calls write events, and read only their own.
            " and oid <> 'public.call_events'::regclass"
        )
        db.execute(
            "select pg_prewarm(indexrelid, 'buffer') from pg_index"
            " where indrelid = 'public.conversations'::regclass"
        )


def bytes_of_a_call(running: Postgres, size: Size) -> dict[str, float]:
    """The bytes that one call occupies in each table, with indexes."""
    tables = {"conversations": size.calls, "call_legs": size.detailed, "call_events": size.detailed}
    with psycopg.connect(running.url(size.name)) as db:
        found = {}
        for table, calls in tables.items():
            row = db.execute("select pg_total_relation_size(%s)", (f"public.{table}",)).fetchone()
            assert row is not None
            found[table] = row[0] / calls
    return found


class _Client:
    """One connection: as a rep and as the webhook endpoints, or as the owner of the tables.

    It measures how long a prepared statement takes, from sending it until its answer is there.
    """

    def __init__(self, running: Postgres, size: Size, *, owner: bool) -> None:
        self._connection = psycopg.connect(running.url(size.name), autocommit=True)
        _pin(self._connection.info.backend_pid)
        # We measure the statement and not the commit, so commits are not waited for.
        self._connection.execute("set synchronous_commit = off")
        self._size = size
        self._owner = owner
        self._random = random.Random(f"{size.calls} {owner}")
        self._run = uuid.uuid4().hex[:12]
        self._calls = 0
        for number, (rep, by_owner) in enumerate(_STATEMENTS.values()):
            query = (by_owner if owner else rep).encode()
            self._check(self._connection.pgconn.prepare(f"s{number}".encode(), query))

    def close(self) -> None:
        self._connection.close()

    def newest(self) -> float:
        """The newest calls of the large business, which has at least 100 calls in each size."""
        return self._as("authenticated", 0, [("newest 50", _id("business", 0), "50")])[0]

    def one(self) -> float:
        """One conversation of the large business, chosen at random."""
        number = 100 * self._random.randint(1, self._size.calls // 100)
        business = [_id("business", 0)] if self._owner else []
        call = ("one conversation", _id("conversation", number), "1", *business)
        return self._as("authenticated", 0, [call])[0]

    def call(self) -> tuple[float, float]:
        """A call from its beginning to its last event, of a random business. Returns the seconds of
        the beginning, and of an event on average."""
        business = self._random.randrange(BUSINESSES)
        leads = max(10_000, self._size.calls // 10)
        lead = business + BUSINESSES * self._random.randrange(leads // BUSINESSES)
        number = f"+1{2_000_000_000 + lead}"
        meaning = {"e164": number, "type": "mobile", "country": "US"}
        dialled = {"dialled": number, "number": meaning}
        self._calls += 1
        sids = {
            leg: f"CA{hashlib.md5(f'{self._run}{leg}{self._calls}'.encode()).hexdigest()}"
            for leg in ("agent", "lead")
        }
        rep = (_id("user", business), _id("business", business))
        begun = ("begin_call", sids["agent"], *rep, json.dumps(dialled), _id("lead", lead))
        beginning = self._as("call_webhook", business, [begun])
        payload = json.dumps({**BEGINNING, **EVENT})
        events = [
            self._as(
                "call_webhook",
                business,
                [("one event", sids[leg], sids["agent"], source, status, place, seconds, payload)],
            )[0]
            for leg, source, status, place, seconds in _EVENTS
        ]
        return beginning[0], sum(events) / len(events)

    def _as(
        self, role: str, business: int, statements: Sequence[tuple[str | None, ...]]
    ) -> list[float]:
        """The seconds that these take in a transaction such as PostgREST makes."""
        claims: dict[str, object] = {"role": role}
        if role == "authenticated":
            claims = rep_claims("https://abcdefghijklmnopqrst.supabase.co", _id("user", business))
        with self._connection.transaction():
            self._connection.execute(
                "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
                ("postgres" if self._owner else role, json.dumps(claims)),
            )
            return [self._timed(*statement) for statement in statements]

    def _timed(self, name: str | None, *parameters: str | None) -> float:
        prepared = f"s{list(_STATEMENTS).index(str(name))}".encode()
        values = [None if value is None else value.encode() for value in parameters]
        begun = time.perf_counter()
        result = self._connection.pgconn.exec_prepared(prepared, values)  # type: ignore[arg-type]
        taken = time.perf_counter() - begun
        self._check(result)
        if not result.ntuples or result.get_value(0, _BODY) == b"[]":
            raise RuntimeError(f"{name} found nothing")
        return taken

    @staticmethod
    def _check(result: PGresult) -> None:
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise RuntimeError(result.error_message.decode())


# Each group is measured by itself, so that no statement finds in the processor's caches what
# another group left there.
_MEASURED: dict[tuple[str, ...], Callable[[_Client], tuple[float, ...]]] = {
    ("newest 50",): lambda client: (client.newest(),),
    ("one conversation",): lambda client: (client.one(),),
    ("begin_call", "one event"): lambda client: client.call(),
}


@dataclass(frozen=True)
class Cost:
    """The seconds of a statement: sent by the role that uses it, and by the owner of the tables."""

    ours: float
    owners: float


def measure(
    running: Postgres, sizes: Sequence[Size], *, rounds: int
) -> dict[str, dict[Size, Cost]]:
    """Medians by statement and size, over ``rounds``. Sizes and roles take turns all the time, so
    that a disturbance affects all of them."""
    cores = _pin(0)
    clients = {
        (size, owner): _Client(running, size, owner=owner)
        for size in sizes
        for owner in (False, True)
    }
    taken: dict[tuple[str, Size, bool], list[float]] = defaultdict(list)
    try:
        for names, measured in _MEASURED.items():
            for number in range(rounds + 10):
                for (size, owner), client in clients.items():
                    seconds = measured(client)
                    # In the first rounds the connections choose their plans.
                    if number >= 10:
                        for name, each in zip(names, seconds, strict=True):
                            taken[name, size, owner].append(each)
    finally:
        for client in clients.values():
            client.close()
        if cores:
            os.sched_setaffinity(0, cores)
    return {
        name: {
            size: Cost(median(taken[name, size, False]), median(taken[name, size, True]))
            for size in sizes
        }
        for name in _STATEMENTS
    }


def _pin(process: int) -> set[int]:
    """Keeps a process on one core, if the system can. Returns the cores that this process had. On
    two cores, client and server wait for each other to wake up: a difference of 30 µs would be
    measured as 60."""
    if not hasattr(os, "sched_setaffinity"):
        return set()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(process, {min(cores)})
    return cores


def _id(kind: str, number: int) -> str:
    """The id that fill.sql computes."""
    return str(uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest()))
