"""What reports cost the calls that they count: the marks that events leave, and the fold."""

from __future__ import annotations

import hashlib
import json
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import psycopg
from psycopg import sql

from bench.database import BUSINESSES, Size
from bench.requests import BEGINNING, EVENT, rep_claims
from stack.postgres import Postgres

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


@dataclass(frozen=True)
class Folding:
    """The seconds of one call: its beginning, its six events, and what a rep says of every third;
    how much of it is for the marks; and its share of a fold."""

    call: float
    marks: float
    fold: float


def measure(running: Postgres, size: Size, *, rounds: int, calls: int) -> Folding:
    """Medians over ``rounds`` of ``calls`` calls each, of random businesses. With and without marks
    take turns."""
    with_marks, without, folds = [], [], []
    with (
        psycopg.connect(running.url(size.name), autocommit=True) as admin,
        psycopg.connect(running.url(size.name), autocommit=True) as client,
    ):
        client.prepare_threshold = 0
        # Statements are measured and not commits.
        client.execute("set synchronous_commit = off")
        # fill.sql adds businesses without their triggers.
        admin.execute(
            "insert into public.outcomes (business_id, key, label, effect, is_success)"
            " select id, 'booked', 'Booked', 'done', true from public.businesses"
            " on conflict do nothing"
        )
        _fold(client)
        for _ in range(rounds):
            with_marks.append(_calls(client, size, calls))
            folds.append(_fold(client) / calls)
            with _without_marks(admin):
                without.append(_calls(client, size, calls))
    call = median(with_marks)
    return Folding(call, max(0.0, call - median(without)), median(folds))


@contextmanager
def _without_marks(admin: psycopg.Connection) -> Iterator[None]:
    triggers = admin.execute(
        "select tgrelid::regclass::text, tgname from pg_trigger"
        " join pg_proc on pg_proc.oid = tgfoid"
        " where pronamespace = 'private'::regnamespace and proname like 'mark\\_%'"
    ).fetchall()

    def each(switch: str) -> None:
        for table, name in triggers:
            schema, _, bare = table.rpartition(".")
            admin.execute(
                sql.SQL("alter table {} {} trigger {}").format(
                    sql.Identifier(schema or "public", bare), sql.SQL(switch), sql.Identifier(name)
                )
            )

    each("disable")
    try:
        yield
    finally:
        each("enable")


def _calls(client: psycopg.Connection, size: Size, calls: int) -> float:
    """The seconds of a call on average."""
    taken = 0.0
    for number in range(calls):
        business = random.randrange(BUSINESSES)
        rep, owner = _id("user", business), _id("business", business)
        dialled = f"+1{2_000_000_000 + random.randrange(max(10_000, size.calls // 10))}"
        meaning = {"e164": dialled, "type": "mobile", "country": "US", "time_zones": []}
        sids = {leg: f"CA{uuid.uuid4().hex}" for leg in ("agent", "lead")}
        taken += _timed(
            client, "call_webhook", rep,
            "select public.begin_call(%s, %s, %s, %s, null, null, null, null)",
            sids["agent"], rep, owner, json.dumps({"dialled": dialled, "number": meaning}),
        )  # fmt: skip
        for leg, source, status, place, seconds in _EVENTS:
            taken += _timed(
                client, "call_webhook", rep,
                "select public.record_call_event(%s, %s, %s, %s, %s::int, now(), %s::int, %s,"
                " null, null)",
                sids[leg], sids["agent"], source, status, place, seconds, _PAYLOAD,
            )  # fmt: skip
        if number % 3 == 0:
            taken += _timed(
                client, "authenticated", rep,
                "update public.conversations set outcome = 'booked' where call_sid = %s",
                sids["agent"],
            )  # fmt: skip
    return taken / calls


def _fold(client: psycopg.Connection) -> float:
    """The seconds until nothing is left."""
    begun = time.perf_counter()
    while True:
        with client.transaction():
            client.execute("set local role call_reporter")
            row = client.execute("select public.fold_reports(%s)", (_MARKS,)).fetchone()
        if row is None or not row[0]["left"]:
            return time.perf_counter() - begun


def _timed(client: psycopg.Connection, role: str, user: str, query: str, *values: object) -> float:
    """The seconds of a statement, in a transaction such as PostgREST makes."""
    claims: dict[str, object] = {"role": role}
    if role == "authenticated":
        claims = rep_claims("https://abcdefghijklmnopqrst.supabase.co", user)
    with client.transaction():
        client.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
            (role, json.dumps(claims)),
        )
        begun = time.perf_counter()
        client.execute(query.encode(), values)
        return time.perf_counter() - begun


def _id(kind: str, number: int) -> str:
    """The id that fill.sql computes."""
    return str(uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest()))
