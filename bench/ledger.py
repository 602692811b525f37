"""How many events the ledger takes in a second, compared with pgbench on the same server, which
updates one row in each commit."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from statistics import median

import psycopg

from stack.postgres import Postgres

CONNECTIONS = 16
# No connection records more events than this in a second.
_MOST_EVENTS = 600

_UPDATE = r"""
\set id random(1, 100000)
update bench_row set n = n + 1 where id = :id;
"""
# As PostgREST sends it: one message to the server, and one back. A call has six events, as with
# Twilio.
_EVENT = r"""
\set k :k + 1
\set call :k / 6
\set number mod(:k, 6)
\startpipeline
begin;
select set_config('role', 'call_webhook', true),
  set_config('request.jwt.claims', '{"role": "call_webhook"}', true);
select public.record_call_event(
  case when :number::int = 5 then 'CAagent' else 'CAlead' end
    || :run || '-' || :client_id || '-' || :call,
  'CAagent' || :run || '-' || :client_id || '-' || :call,
  case when :number::int = 4 then 'dial_action' else 'status_callback' end,
  (array['initiated', 'ringing', 'in-progress', 'completed', 'completed', 'completed'])
    [:number::int + 1],
  case when :number::int < 4 then :number::int end, now(), case when :number::int > 2 then 48 end,
  '{
    "AccountSid": "AC0123456789abcdef0123456789abcdef", "ApiVersion": "2010-04-01",
    "CallSid": "CA0123456789abcdef0123456789abcdef", "CallStatus": "in-progress",
    "ParentCallSid": "CA0123456789abcdef0123456789abcdef", "SequenceNumber": "2",
    "CallbackSource": "call-progress-events", "Timestamp": "Wed, 25 Nov 2026 10:00:00 +0000",
    "Direction": "outbound-dial", "From": "+14155550100", "FromCity": "SAN FRANCISCO",
    "FromState": "CA", "FromZip": "94105", "FromCountry": "US", "To": "+12125550100",
    "ToCity": "NEW YORK", "ToState": "NY", "ToZip": "10001", "ToCountry": "US",
    "Caller": "+14155550100", "CallerCountry": "US", "Called": "+12125550100",
    "CalledCountry": "US"
  }', null, null
);
commit;
\endpipeline
"""


@dataclass(frozen=True)
class Rates:
    """How many in a second: the medians over the rounds."""

    events: float
    updates: float


def measure(running: Postgres, database: str, *, rounds: int, seconds: int) -> Rates | None:
    """Measures events and updates in turns. None if pgbench is not installed."""
    if shutil.which("pgbench") is None:
        return None
    with psycopg.connect(running.url(database), autocommit=True) as db:
        db.execute("drop table if exists public.bench_row")
        db.execute(
            "create table public.bench_row as select id, 0 as n from generate_series(1, 100000) id"
        )
        db.execute("alter table public.bench_row add primary key (id)")
        db.execute("vacuum analyze public.bench_row")
        events, updates = [], []
        for _ in range(rounds):
            updates.append(_pgbench(running, database, _UPDATE, seconds))
            run = str(random.randrange(10**9))
            _begin_calls(db, run, seconds * _MOST_EVENTS // 6)
            events.append(_pgbench(running, database, _EVENT, seconds, k="-1", run=run))
        db.execute("drop table public.bench_row")
    return Rates(median(events), median(updates))


def _begin_calls(db: psycopg.Connection, run: str, calls: int) -> None:
    """Stores calls of all businesses as begin_call does, so that each connection has calls to
    record events of."""
    db.execute(
        """
        with begun as (
          insert into public.conversations (
            business_id, user_id, status, from_number, to_number, call_sid, begun_at, dialed_at,
            time_limit_seconds
          )
          select
            md5('business' || n %% 1000)::uuid, md5('user' || n %% 1000)::uuid, 'queued',
            '+14155550100', '+12125550100', 'CAagent' || %(run)s || '-' || connection || '-' || n,
            now(), now(), 14400
          from generate_series(0, %(connections)s - 1) as connection,
            generate_series(0, %(calls)s) as n
          returning business_id, id, call_sid
        )
        insert into public.call_legs (business_id, conversation_id, call_sid, role, status)
        select business_id, id, call_sid, 'agent', 'ringing' from begun
        """,
        {"run": run, "connections": CONNECTIONS, "calls": calls},
    )
    db.execute("checkpoint")


def _pgbench(running: Postgres, database: str, script: str, seconds: int, **names: str) -> float:
    """Transactions a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [
                *("pgbench", "--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}"),
                *("--jobs=2", f"--time={seconds}", f"--file={file.name}"),
                *(f"--define={name}={value}" for name, value in names.items()),
                running.url(database),
            ],
            env={**os.environ, "PGPASSWORD": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.M)
    failed = re.search(r"^number of failed transactions: ([1-9]\d*)", done.stdout, re.M)
    if done.returncode or failed or not found:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])
