"""How many rows the functions of queues read, once there are many entries, leads and calls. How
long that takes with a million entries is in docs/benchmarks.md."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from stack.postgres import Postgres
from tests.supabase.queues import Queue, make_queue
from tests.supabase.rows_read import Read, reading
from tests.supabase.tenants import (
    Connection,
    begin_call,
    dialled,
    new_call_sid,
    record_event,
    scratch_database,
)

# One campaign has 3,000 leads who are due, 3,000 who wait for tomorrow, 500 appointments of a
# colleague, 500 paused ones and 3,000 who are done. Each lead was called in it, years ago.
FILL = """
set local session_replication_role = replica;
insert into public.leads (business_id, name, phone_number)
select %(business_id)s, 'Lead ' || n, '+1646' || lpad(n::text, 7, '0')
from generate_series(1, 10000) as n;
insert into public.do_not_call (business_id, phone_number)
select %(business_id)s, '+1647' || lpad(n::text, 7, '0') from generate_series(1, 5000) as n;
insert into public.conversations (
  business_id, user_id, lead_id, campaign_id, status, to_number, call_sid, created_at, ended_at
)
select
  business_id, %(user_id)s, id, %(campaign_id)s, 'busy', phone_number, 'CA' || id,
  now() - interval '3 years', now() - interval '3 years'
from public.leads where business_id = %(business_id)s and name <> 'A lead';
insert into public.queue_entries (
  business_id, campaign_id, lead_id, priority, state, is_due, next_at, counted_from, wait_reason,
  done_reason, call_back_at, call_back_for
)
select
  business_id, %(campaign_id)s, id, n %% 3,
  case when n <= 6500 then 'ready' when n <= 7000 then 'paused' else 'done' end, n <= 3000,
  case when n <= 3000 then now() - n * interval '1 second' else now() + interval '1 day' end,
  now() - interval '1 day', case when n between 3001 and 6000 then 'retry' end,
  case when n > 7000 then 'outcome' end,
  case when n between 6001 and 6500 then now() + interval '1 day' end,
  case when n between 6001 and 6500 then gen_random_uuid() end
from (
  select leads.*, row_number() over (order by id) as n
  from public.leads where business_id = %(business_id)s
) as leads;
set local session_replication_role = origin;
"""
# The most rows of entries, of leads and of calls that one request reads.
FEW = {"queue_entries": 12, "leads": 10, "conversations": 12, "do_not_call": 4}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[tuple[Connection, Queue]]:
    with (
        scratch_database(postgres, f"queues_{uuid.uuid4().hex[:8]}") as url,
        psycopg.connect(url) as db,
    ):
        queue = make_queue(db, 66)
        tenant = queue.tenant
        values = {
            "business_id": tenant.business_id,
            "user_id": tenant.user_id,
            "campaign_id": tenant.campaign_id,
        }
        for statement in FILL.split(";\n"):
            if statement.strip():
                db.execute(statement.encode(), values)
        db.execute("analyze")
        db.commit()
        yield db, queue
        db.rollback()


@pytest.fixture
def queue(database: tuple[Connection, Queue]) -> Iterator[Queue]:
    db, made = database
    yield made
    db.rollback()


def assert_few(read: Read, what: str) -> None:
    assert {table: read.whole[table] for table in FEW} == dict.fromkeys(FEW, 0), what
    for table, most in FEW.items():
        assert read.by_index[table] <= most, (what, table, read.by_index)


def test_a_cycle_reads_few_rows_however_many_leads_there_are(queue: Queue) -> None:
    db = queue.db

    def asked(function: str, *parameters: Any) -> Any:
        with reading(db) as read:
            answer = queue.ask(function, *parameters)
        assert_few(read, function)
        return answer

    entry = asked("next_lead", queue.campaign_id)["entry"]
    asked("extend_lease", entry["id"], entry["lease_token"])
    with reading(db) as read:
        sid = new_call_sid()
        begin_call(
            db, queue.tenant, sid, to=dialled(entry["lead"]["phone_number"]),
            lead_id=entry["lead_id"], campaign_id=entry["campaign_id"],
            lease_token=entry["lease_token"],
        )  # fmt: skip
    assert_few(read, "begin_call")
    with reading(db) as read:
        record_event(db, sid, new_call_sid(), "busy", 1)
    assert_few(read, "record_call_event")
    asked("finish_lead", entry["id"], entry["lease_token"], None, None, None)
    entry = asked("next_lead", queue.campaign_id)["entry"]
    asked("release_lead", entry["id"], entry["lease_token"], "skipped", None)


def test_who_gets_no_lead_is_told_so_without_reading_the_queue(queue: Queue) -> None:
    queue.db.execute(
        "update public.queue_entries set is_due = false, next_at = now() + interval '1 hour'"
        " where is_due"
    )
    with reading(queue.db) as read:
        assert queue.next()["why"] == "nothing_due"
    assert_few(read, "next_lead")


def test_what_becomes_due_is_made_due_a_few_at_a_time(queue: Queue) -> None:
    """However many do in one moment; the rest does with the next request."""
    queue.db.execute(
        "update public.queue_entries set next_at = now() - interval '1 minute'"
        " where wait_reason = 'retry'"
    )
    with reading(queue.db) as read:
        assert queue.next()["entry"] is not None
    assert read.whole["queue_entries"] == 0
    # Each is found, and then changed.
    assert read.by_index["queue_entries"] <= 2 * 100 + FEW["queue_entries"]
