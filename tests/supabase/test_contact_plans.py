"""How much a rep and a manager read when they look at a lead, a day, call-backs, queues, contacts,
numbers that must not be called and changes, once there are many of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stack.postgres import Postgres
from tests.supabase.rows_read import NOT_ONCE, reading
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    as_user,
    fetch,
    scratch_database,
)
from tests.supabase.vacuum import vacuum

# Every lead is in the queue. Half of them were called once, and a third of the calls agreed a
# call-back. One lead was called 500 times, and one rep placed half of the calls.
FILL = """
set local session_replication_role = replica;

insert into public.leads (business_id, name, phone_number)
select %(business_id)s, 'Lead ' || n, '+1415' || lpad(n::text, 7, '0')
from generate_series(1, 6000) as n;

insert into public.do_not_call (business_id, phone_number)
select %(business_id)s, '+1416' || lpad(n::text, 7, '0') from generate_series(1, 5000) as n;

insert into public.do_not_call_removals (business_id, phone_number, reason, listed_at)
select %(business_id)s, '+1417' || lpad(n::text, 7, '0'), 'Asked for an offer', now()
from generate_series(1, 5000) as n;

insert into public.changes (business_id, changed_by, subject, subject_id, before, after)
select
  %(business_id)s, case when n %% 100 > 0 then %(user_id)s end,
  case when n %% 100 = 0 then 'campaign' else 'lead' end, n, '{"name": "One"}', '{"name": "Two"}'
from generate_series(1, 5000) as n;

insert into public.conversations (
  business_id, user_id, lead_id, campaign_id, status, to_number, call_sid, created_at, ended_at,
  answered_at, duration_seconds, outcome
)
select
  business_id, case when n %% 2 = 0 then %(user_id)s else gen_random_uuid() end, id,
  %(campaign_id)s, 'completed', phone_number, 'CA' || n, now() - n * interval '10 minutes', now(),
  case when n %% 3 = 0 then now() end, case when n %% 3 = 0 then 70 else 0 end,
  case when n %% 3 = 0 then 'callback' end
from (
  select leads.*, row_number() over (order by phone_number) as n
  from public.leads where business_id = %(business_id)s and name <> 'A lead'
) as leads
where n <= 3000;
insert into public.conversations (
  business_id, user_id, lead_id, status, to_number, call_sid, created_at, ended_at, notes
)
select
  %(business_id)s, gen_random_uuid(), %(lead_id)s, 'no-answer', '+14155550101', 'CB' || n,
  now() - n * interval '1 hour', now(), 'note'
from generate_series(1, 500) as n;
insert into public.call_backs (
  conversation_id, business_id, lead_id, campaign_id, to_number, due_at, user_id
)
select
  id, business_id, lead_id, campaign_id, to_number, created_at + interval '24 hours',
  case when user_id = %(user_id)s then user_id end
from public.conversations where outcome = 'callback';

insert into public.queue_entries (
  business_id, campaign_id, lead_id, state, is_due, next_at, done_reason, wait_reason, attempts,
  last_conversation_id
)
select
  leads.business_id, %(campaign_id)s, leads.id,
  case when calls.id is null or n %% 2 = 0 then 'ready' else 'done' end, calls.id is null,
  now() + n * interval '1 minute',
  case when calls.id is not null and n %% 2 = 1 then 'outcome' end,
  case when calls.id is not null and n %% 2 = 0 then 'retry' end,
  case when calls.id is null then 0 else 1 end, calls.id
from (
  select leads.*, row_number() over (order by id) as n
  from public.leads where business_id = %(business_id)s
) as leads
left join public.conversations as calls
  on calls.lead_id = leads.id and calls.call_sid like 'CA%%';

set local session_replication_role = origin;
"""


@dataclass(frozen=True)
class Busy:
    """A database with a business of 6,000 leads, all in one queue, and 3,500 calls."""

    url: str
    tenant: Tenant


MANAGER = uuid.uuid4()


@pytest.fixture(scope="module")
def busy(postgres: Postgres) -> Iterator[Busy]:
    with scratch_database(postgres, "busy_desk") as url:
        with psycopg.connect(url) as admin:
            tenant = add_tenant(admin, 1)
            admin.execute(
                "insert into auth.users (id, email) values (%s, 'm@henk.test')", (MANAGER,)
            )
            add_member(admin, tenant.business_id, MANAGER, "manager")
            psycopg.ClientCursor(admin).execute(
                FILL,
                {
                    "business_id": tenant.business_id,
                    "user_id": tenant.user_id,
                    "lead_id": tenant.lead_id,
                    "campaign_id": tenant.campaign_id,
                },
            )
        with psycopg.connect(url, autocommit=True) as admin:
            vacuum(
                admin,
                "public.leads",
                "public.conversations",
                "public.queue_entries",
                "public.do_not_call",
            )
            admin.execute("analyze")
        yield Busy(url, tenant)


@pytest.fixture
def db(busy: Busy) -> Iterator[Connection]:
    with psycopg.connect(busy.url) as connection:
        yield connection
        connection.rollback()


def ask(db: Connection, user_id: uuid.UUID, function: str, *values: object) -> Any:
    places = ", ".join(["%s"] * len(values))
    with as_user(db, user_id):
        row = db.execute(f"select public.{function}({places})".encode(), values).fetchone()
    assert row is not None
    return row[0]


def a_day_ago(db: Connection) -> datetime:
    (row,) = fetch(db, "select now() as at")
    now: datetime = row["at"]
    return now - timedelta(days=1)


def entries(
    db: Connection, tenant: Tenant, state: str | None = None, after: object = None
) -> list[Any]:
    found: list[Any] = ask(
        db, tenant.user_id, "list_entries", tenant.campaign_id, state, None, None, Jsonb(after), 50
    )
    return found


def page_on(db: Connection, tenant: Tenant, state: str) -> int:
    """The third page of a group: how many entries it has."""
    last = entries(db, tenant, state)[-1]
    last = entries(db, tenant, state, last)[-1]
    return len(entries(db, tenant, state, last))


def contacts(db: Connection, tenant: Tenant, search: str | None, pages: int) -> list[Any]:
    """One of the pages."""
    after = None
    for _ in range(pages):
        found = ask(db, MANAGER, "list_contacts", tenant.business_id, search, [], Jsonb(after), 50)
        after = found["after"]
    return list(found["contacts"])


def do_not_call(db: Connection, tenant: Tenant, search: str | None, pages: int) -> list[Any]:
    after: tuple[object, object] = (None, None)
    for _ in range(pages):
        found = ask(
            db, tenant.user_id, "list_do_not_call", tenant.business_id, search, [], *after, 50
        )
        last = found["entries"][-1]
        after = (last["created_at"], last["phone_number"])
    return list(found["entries"])


def removals(db: Connection, tenant: Tenant, search: str | None) -> list[Any]:
    found = ask(db, MANAGER, "list_do_not_call_removals", tenant.business_id, search, [], None, 50)
    return list(found["removals"])


def changes(db: Connection, tenant: Tenant, condition: str) -> list[Any]:
    with as_user(db, MANAGER):
        return fetch(
            db,
            "select id from public.changes"
            f" where business_id = %s and {condition} order by id desc limit 51",
            tenant.business_id,
        )


# What somebody looks at, whether the answer has something in it, and how many rows of any table may
# be read for it.
Look = Callable[[Connection, Tenant], object]
LOOKS: dict[str, tuple[Look, int]] = {
    "a lead who was called 500 times": (
        lambda db, tenant: ask(db, tenant.user_id, "lead_story", tenant.lead_id)["calls"],
        100,
    ),
    "a day": (
        # 72 calls, and a few hundred call-backs that are due, each with its later calls.
        lambda db, tenant: ask(db, tenant.user_id, "my_day", tenant.business_id, a_day_ago(db))[
            "calls"
        ],
        2000,
    ),
    "their call-backs": (
        lambda db, tenant: ask(db, tenant.user_id, "list_call_backs", tenant.business_id, "mine"),
        6000,
    ),
    "the first page of a queue": (lambda db, tenant: entries(db, tenant), 200),
    "the third page of who is due": (lambda db, tenant: page_on(db, tenant, "due"), 500),
    "the third page of who waits": (lambda db, tenant: page_on(db, tenant, "waiting"), 500),
    "the third page of who is done": (lambda db, tenant: page_on(db, tenant, "done"), 500),
    "contacts": (lambda db, tenant: contacts(db, tenant, None, 1), 300),
    "the third page of contacts": (lambda db, tenant: contacts(db, tenant, None, 3), 900),
    "contacts of a number": (lambda db, tenant: contacts(db, tenant, "0001234", 1), 300),
    # One index has all numbers, and one all addresses.
    "contacts who may be one": (
        lambda db, tenant: ask(db, MANAGER, "duplicate_contacts", tenant.business_id, 20),
        300,
    ),
    # The first page counts the list, to 10,000.
    "the do-not-call list": (lambda db, tenant: do_not_call(db, tenant, None, 1), 5300),
    "the third page of the do-not-call list": (
        lambda db, tenant: do_not_call(db, tenant, None, 3),
        5300,
    ),
    "a number of the do-not-call list": (
        lambda db, tenant: do_not_call(db, tenant, "0001234", 1),
        300,
    ),
    "numbers that may be called again": (lambda db, tenant: removals(db, tenant, None), 100),
    # None of the calls was dialled, so all of them are looked at.
    "first steps": (
        lambda db, tenant: ask(db, MANAGER, "first_steps", tenant.business_id)["steps"],
        5000,
    ),
    "changes": (lambda db, tenant: changes(db, tenant, "true"), 100),
    "changes of campaigns": (
        lambda db, tenant: changes(db, tenant, "subject in ('campaign')"),
        100,
    ),
    "changes by nobody": (lambda db, tenant: changes(db, tenant, "changed_by is null"), 100),
    # The counts are kept.
    "a queue": (
        lambda db, tenant: ask(db, tenant.user_id, "campaign_queue", tenant.campaign_id)["next"],
        50,
    ),
    "all queues": (
        lambda db, tenant: ask(db, tenant.user_id, "campaign_queues", tenant.business_id),
        50,
    ),
}


@pytest.mark.parametrize("look", LOOKS)
def test_what_a_rep_and_a_manager_look_at_reads_few_rows(
    db: Connection, busy: Busy, look: str
) -> None:
    at, most = LOOKS[look]
    assert at(db, busy.tenant)
    # Often enough for a function to keep one plan.
    for _ in range(6):
        with reading(db, "changes", "do_not_call_removals") as read:
            at(db, busy.tenant)
        assert not any(read.whole.values()), read
        assert max(read.by_index.values()) <= most, read


def test_counting_a_queue_reads_only_who_waits(db: Connection, busy: Busy) -> None:
    """The rest is counted in indexes alone."""
    with reading(db) as read:
        ask(db, busy.tenant.user_id, "campaign_queue", busy.tenant.campaign_id)
    assert read.whole == NOT_ONCE
    assert read.by_index["queue_entries"] < 2000


def test_what_an_outcome_does_reads_few_rows(db: Connection, busy: Busy) -> None:
    (call, *_) = fetch(
        db,
        "select id from public.conversations where call_sid = 'CB1'",
    )
    for outcome in ("callback", "do_not_call", "wrong_number", "booked"):
        with reading(db) as read:
            db.execute(
                "update public.conversations set outcome = %s where id = %s", (outcome, call["id"])
            )
        assert read.whole == NOT_ONCE
        assert max(read.by_index.values()) < 1500, (outcome, read)
