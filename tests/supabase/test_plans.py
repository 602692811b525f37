"""How much of the tables a request reads once there are many calls of many businesses."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stack.postgres import Postgres
from tests.supabase.asked import AskedCall, add_colleague
from tests.supabase.rows_read import BIG_TABLES, NOT_ONCE, reading
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    as_role,
    as_user,
    attempt,
    begin_call,
    dialled,
    fetch,
    new_call_sid,
    record_event,
    scratch_database,
)

FILL = """
-- Foreign keys hold by construction.
set local session_replication_role = replica;

-- Of 200 shares of everything, a large business has 40.
create temporary table share as
select
  n,
  case when n <= 40 then %(business_id)s else gen_random_uuid() end as business_id,
  case when n <= 40 then %(user_id)s else gen_random_uuid() end as user_id
from generate_series(1, 200) as n;

insert into auth.users (id, email)
select user_id, user_id || '@henk.test' from share where n > 40;
insert into public.businesses (id, name) select business_id, 'Business' from share where n > 40;
insert into public.business_members (business_id, user_id, role)
select business_id, user_id, 'agent' from share where n > 40;
insert into public.leads (business_id, name, phone_number)
select business_id, 'A lead', '+1415' || lpad((n * 100 + m)::text, 7, '0')
from share, generate_series(1, 50) as m;
insert into public.do_not_call (business_id, phone_number)
select business_id, '+1416' || lpad((n * 100 + m)::text, 7, '0')
from share, generate_series(1, 50) as m;

insert into public.conversations (
  business_id, user_id, status, from_number, to_number, call_sid, created_at, begun_at, ended_at
)
select business_id, user_id, 'completed', '+14155550200', '+14155550100', 'CA' || n || '-' || m,
  now() - m * interval '1 day', now() - m * interval '1 day', now() - m * interval '1 day'
from generate_series(1, 50) as m, share;
insert into public.campaigns (business_id, name) select business_id, 'Queue' from share;
insert into public.queue_entries (business_id, campaign_id, lead_id)
select business_id, campaigns.id, leads.id
from public.leads join public.campaigns using (business_id) where campaigns.name = 'Queue';
insert into public.call_backs (conversation_id, business_id, to_number, due_at)
select id, business_id, to_number, now() from public.conversations;
insert into public.call_legs (business_id, conversation_id, call_sid, role, status)
select business_id, id, call_sid || suffix, role, 'completed'
from public.conversations, (values ('', 'agent'), ('-lead', 'lead')) as leg (suffix, role);
insert into public.call_events (
  business_id, conversation_id, call_sid, agent_call_sid, source, status, sequence_number, payload
)
select business_id, id, call_sid || '-lead', call_sid, 'status_callback', 'ringing', n, '{}'
from public.conversations, generate_series(1, 4) as n;

insert into public.call_actions (
  business_id, conversation_id, action, asked_by, result, finished_at
)
select business_id, id, 'hold', user_id, 'done', now() from public.conversations;
insert into public.call_holds (business_id, conversation_id, call_leg_id, started_at)
select business_id, conversation_id, id, now() from public.call_legs where role = 'lead';
insert into public.recordings (business_id, conversation_id, state, next_at)
select business_id, id, 'kept', now() + interval '1 day' from public.conversations limit 5000;
insert into public.recording_actions (
  business_id, conversation_id, action, asked_by, result, finished_at
)
select business_id, conversation_id, 'start', business_id, 'done', now() from public.recordings;
insert into public.call_quality (business_id, conversation_id, call_sid, user_id, started_at)
select business_id, id, call_sid, user_id, created_at from public.conversations limit 5000;
insert into public.rep_presence (business_id, user_id, state, seen_at, since)
select business_id, user_id, 'available', now() + interval '1 day', now()
from public.business_members;

-- The large business has few of the calls that were counted: a fifth of such narrow rows is read
-- faster without an index. Somebody helped in each.
select private.count_calls(array(
  (select id from public.conversations where business_id = %(business_id)s limit 50)
  union all
  (select id from public.conversations where business_id <> %(business_id)s limit 3000)
));
insert into public.call_helpers (
  conversation_id, user_id, business_id, created_at, day, campaign_id, country, helped_seconds
)
select conversation_id, gen_random_uuid(), business_id, created_at, day, campaign_id, country, 7
from public.call_facts;
insert into private.report_people (
  business_id, day, user_id, campaign_id, country, helped, helped_seconds
)
select business_id, day, user_id, campaign_id, country, 1, helped_seconds from public.call_helpers;

-- As if Twilio had not answered for a day.
insert into private.unsettled_calls (agent_call_sid, next_check_at)
select call_sid, now() + interval '1 hour' from public.conversations;

insert into public.token_grants (business_id, user_id, granted_at, expires_at)
select business_id, user_id, now() - m * interval '1 hour', now()
from share, generate_series(1, 50) as m;
-- The large business has 40 people who check.
insert into public.preflight_reports (business_id, user_id, created_at, verdict, seconds, facts)
select
  business_id, case when n between 2 and 40 then md5(n::text)::uuid else user_id end,
  now() - m * interval '1 hour', 'ok', 9, '{}'
from share, generate_series(1, 50) as m;

set local session_replication_role = origin;
"""


@dataclass(frozen=True)
class Busy:
    """A database with 10,000 calls of many businesses, 2,000 of them the tenant's."""

    url: str
    tenant: Tenant
    call_sid: str
    conversation_id: uuid.UUID


@pytest.fixture(scope="module")
def busy(postgres: Postgres) -> Iterator[Busy]:
    with scratch_database(postgres, "busy") as url:
        with psycopg.connect(url) as admin:
            tenant = add_tenant(admin, 1)
            # Parameters work with one statement only, and these are several.
            filling = psycopg.ClientCursor(admin)
            filling.execute(FILL, {"business_id": tenant.business_id, "user_id": tenant.user_id})
            (call,) = fetch(
                admin, "select id, call_sid from public.conversations where call_sid = 'CA1-1'"
            )
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("analyze")
        yield Busy(url, tenant, call["call_sid"], call["id"])


@pytest.fixture
def db(busy: Busy) -> Iterator[Connection]:
    with psycopg.connect(busy.url) as connection:
        yield connection
        connection.rollback()


def scans(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every (table, kind of scan) of a plan."""
    if "Relation Name" in plan:
        yield plan["Relation Name"], plan["Node Type"]
    for part in plan.get("Plans", []):
        yield from scans(part)


def explain(db: Connection, query: str, *parameters: object) -> dict[str, Any]:
    row = db.execute(f"explain (format json) {query}", parameters).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def assert_no_big_table_is_scanned(plan: dict[str, Any]) -> None:
    whole = [table for table, kind in scans(plan) if kind == "Seq Scan" and table in BIG_TABLES]
    assert not whole, json.dumps(plan, indent=1)


def test_a_scan_would_be_noticed(db: Connection, busy: Busy) -> None:
    with reading(db) as read:
        db.execute("select count(notes) from public.conversations")
    assert read.whole == {**NOT_ONCE, "conversations": 1}
    with pytest.raises(AssertionError):
        assert_no_big_table_is_scanned(explain(db, "select * from public.conversations"))
    # The form of policy that does not keep the index.
    db.execute(
        'alter policy "members can read the calls of their business" on public.conversations'
        " using (business_id in (select business_id from private.memberships))"
    )
    with as_user(db, busy.tenant.user_id), pytest.raises(AssertionError):
        assert_no_big_table_is_scanned(explain(db, NEWEST))


NEWEST = "select * from public.conversations order by created_at desc limit 50"
NEWEST_OF_ONE = (
    "select * from public.conversations where business_id = %s order by created_at desc limit 50"
)


@pytest.mark.parametrize("businesses", [1, 2])
def test_the_newest_calls_are_found_by_index(db: Connection, busy: Busy, businesses: int) -> None:
    if businesses == 2:
        add_member(db, add_tenant(db, 2).business_id, busy.tenant.user_id)
    with as_user(db, busy.tenant.user_id):
        assert_no_big_table_is_scanned(explain(db, NEWEST))
        assert_no_big_table_is_scanned(explain(db, NEWEST_OF_ONE, busy.tenant.business_id))
        with reading(db) as read:
            assert db.execute(NEWEST).rowcount == 50
        assert read.whole == NOT_ONCE


def test_with_its_business_named_a_page_of_calls_reads_only_the_page(
    db: Connection, busy: Busy
) -> None:
    """Why clients name the business as well: alone, the policy finds all of its calls and sorts."""
    with as_user(db, busy.tenant.user_id), reading(db) as read:
        assert db.execute(NEWEST_OF_ONE, (busy.tenant.business_id,)).rowcount == 50
    assert (read.whole, read.by_index["conversations"]) == (NOT_ONCE, 50)


@pytest.mark.parametrize(
    "query",
    [
        "select * from public.conversations where id = %(id)s",
        "select * from public.conversations where call_sid = %(sid)s",
        "select * from public.call_events where conversation_id = %(id)s"
        " and business_id = %(business)s order by id",
        "select * from public.call_legs where conversation_id = %(id)s"
        " and business_id = %(business)s",
        "select conversations.*, to_jsonb(leads) from public.conversations left join public.leads"
        " on leads.id = conversations.lead_id and leads.business_id = conversations.business_id"
        " where conversations.id = %(id)s",
        "update public.conversations set notes = 'Called' where id = %(id)s",
        "select * from public.leads where business_id = %(business)s order by name",
        "select * from public.token_grants where business_id = %(business)s"
        " order by granted_at desc limit 50",
    ],
)
def test_what_a_page_shows_is_found_by_index(db: Connection, busy: Busy, query: str) -> None:
    named = {"id": busy.conversation_id, "sid": busy.call_sid, "business": busy.tenant.business_id}
    with as_user(db, busy.tenant.user_id), reading(db) as read:
        db.execute(query, named)
    assert read.whole == NOT_ONCE
    assert all(read.by_index[table] < 60 for table in ("conversations", "call_legs", "call_events"))


def begins(db: Connection, busy: Busy) -> None:
    answer = begin_call(db, busy.tenant, new_call_sid(), to=dialled("+14155550142"))
    assert answer["block_reason"] is None


def begins_for_a_lead(db: Connection, busy: Busy) -> None:
    answer = begin_call(db, busy.tenant, new_call_sid(), lead_id=busy.tenant.lead_id)
    assert answer["block_reason"] is None


def begins_late(db: Connection, busy: Busy) -> None:
    agent = new_call_sid()
    record_event(db, agent, new_call_sid(), "ringing", 1)
    assert begin_call(db, busy.tenant, agent)["block_reason"] is None


def begins_again(db: Connection, busy: Busy) -> None:
    answer = begin_call(db, busy.tenant, busy.call_sid)
    assert answer["conversation_id"] == str(busy.conversation_id)


def is_told_of(db: Connection, busy: Busy) -> None:
    assert record_event(db, busy.call_sid, new_call_sid(), "completed", 3)["new"]


def is_told_of_again(db: Connection, busy: Busy) -> None:
    told = record_event(db, busy.call_sid, f"{busy.call_sid}-lead", "ringing", 1)
    assert told == {"new": False, "conversation_id": str(busy.conversation_id)}


def is_transferred(db: Connection, busy: Busy) -> None:
    call = AskedCall(db, busy.tenant).answer()
    leg_id = call.transfer_cold(user=add_colleague(db, busy.tenant))
    assert call.go_on("dial", call.sid, dialled=call.lead_sid)["next"] == "hang_up"
    answer = call.go_on("transfer", call.lead_sid, "no-answer", leg=leg_id)
    assert answer["next"] == "ring"


def gets_an_expert(db: Connection, busy: Busy) -> None:
    call = AskedCall(db, busy.tenant).answer()
    asked = call.ask("add", to=dialled("+14155550142"))
    call.convert(asked)
    call.note(asked)


def shows_colleagues(db: Connection, busy: Busy) -> None:
    with as_user(db, busy.tenant.user_id):
        db.execute("select public.set_presence(%s, 'available')", (busy.tenant.business_id,))
        db.execute("select public.list_colleagues(%s)", (busy.tenant.business_id,))


def is_previewed(db: Connection, busy: Busy) -> None:
    with as_user(db, busy.tenant.user_id):
        row = db.execute(
            "select public.preview_call(null, %s, null, null, null) ->> 'block_reason'",
            (dialled("+14155550142"),),
        ).fetchone()
    assert row == (None,)


@pytest.mark.parametrize(
    "happens",
    [
        begins,
        begins_for_a_lead,
        begins_late,
        begins_again,
        is_told_of,
        is_told_of_again,
        is_previewed,
        is_transferred,
        gets_an_expert,
        shows_colleagues,
    ],
)
def test_a_call_reads_its_own_rows_by_index(
    db: Connection, busy: Busy, happens: Callable[[Connection, Busy], None]
) -> None:
    # Often enough for a function to keep one plan.
    for _ in range(8):
        with reading(db) as read:
            happens(db, busy)
        assert read.whole == NOT_ONCE
        # What is asked of a call reads its few rows many times.
        most = 600 if happens in (is_transferred, gets_an_expert) else 60
        assert max(read.by_index.values()) < most


def test_a_preview_reads_the_latest_calls_to_a_lead_and_a_number_by_index(
    db: Connection, busy: Busy
) -> None:
    """All 2,000 calls of the business were to this lead and this number."""
    db.execute(
        "update public.conversations set lead_id = %s where business_id = %s",
        (busy.tenant.lead_id, busy.tenant.business_id),
    )
    db.execute("analyze public.conversations")
    for _ in range(8):
        with reading(db) as read, as_user(db, busy.tenant.user_id):
            db.execute(
                "select public.preview_call(null, %s, null, %s, null)",
                (dialled("+14155550100"), str(busy.tenant.lead_id)),
            )
        assert read.whole == NOT_ONCE
        assert max(read.by_index.values()) < 60


def test_a_limit_on_calls_reads_no_more_calls_than_it_allows(db: Connection, busy: Busy) -> None:
    db.execute(
        "update public.conversations set created_at = now() - interval '2 hours'"
        " where business_id = %s",
        (busy.tenant.business_id,),
    )
    db.execute("update public.businesses set calls_per_rep_per_day = 20")
    with reading(db) as read:
        answer = begin_call(db, busy.tenant, new_call_sid(), to=dialled("+14155550142"))
    assert answer["block_reason"] == "too_many_calls_today"
    assert read.whole == NOT_ONCE
    assert read.by_index["conversations"] < 60


def test_a_token_reads_the_grants_of_the_last_minute_only(db: Connection, busy: Busy) -> None:
    with reading(db) as read, as_user(db, busy.tenant.user_id):
        db.execute("select public.grant_access_token(null, 3600)")
    assert read.whole == NOT_ONCE
    assert read.by_index["token_grants"] < 100


def test_a_check_and_the_latest_checks_are_found_by_index(db: Connection, busy: Busy) -> None:
    """Also by those who see only their own among those of all."""
    report = Jsonb({"verdict": "ok", "seconds": 9})
    for _ in range(8):
        with reading(db) as read, as_user(db, busy.tenant.user_id):
            db.execute("select public.report_preflight(%s, %s)", (busy.tenant.business_id, report))
            row = db.execute(
                "select public.list_preflights(%s, null, 10)", (busy.tenant.business_id,)
            ).fetchone()
        assert row is not None
        assert len(row[0]) == 10
        assert read.whole == NOT_ONCE
        # 50 are counted, to find the oldest that is kept.
        assert read.by_index["preflight_reports"] < 120


def test_a_run_reads_the_calls_that_are_due_by_index(db: Connection, busy: Busy) -> None:
    db.execute(
        "update private.unsettled_calls set next_check_at = now() - interval '1 minute'"
        " where agent_call_sid similar to 'CA[12]-%%'"
    )
    for _ in range(8):
        with reading(db) as read, as_role(db, "call_reconciler"):
            row = db.execute("select public.claim_unsettled_calls(10, 30) -> 'calls'").fetchone()
        assert row is not None
        assert len(row[0]) == 10
        assert read.whole == NOT_ONCE
        # The row is read, and read again when it is claimed.
        assert read.by_index["unsettled_calls"] < 60
        assert read.by_index["call_events"] < 10 * 4 * 4


def test_what_twilio_knows_is_written_by_index(db: Connection, busy: Busy) -> None:
    legs = Jsonb(
        [
            {"call_sid": sid, "status": "completed", "ended_at": None, "payload": {}}
            for sid in (busy.call_sid, f"{busy.call_sid}-lead")
        ]
    )
    for _ in range(8):
        with attempt(db), reading(db) as read, as_role(db, "call_reconciler"):
            db.execute("select public.settle_call(%s, %s)", (busy.call_sid, legs))
        assert read.whole == NOT_ONCE
        assert max(read.by_index.values()) < 100


def test_deleting_a_business_reads_its_own_rows_by_index(db: Connection, busy: Busy) -> None:
    with reading(db) as read:
        db.execute("delete from public.businesses where id = %s", (busy.tenant.business_id,))
    assert read.whole == NOT_ONCE


def test_what_every_statement_asks_is_planned_once_a_connection(db: Connection) -> None:
    """A function in SQL with a search_path of its own is planned again for each statement."""
    planned_anew = fetch(
        db,
        "select proname from pg_proc where pronamespace = 'private'::regnamespace"
        " and prolang = (select oid from pg_language where lanname = 'sql')",
    )
    # Asked once a token, a preview, a lost callback, a play, a file or a person who is forgotten,
    # not with every row or event.
    rare = {"choose_business", "is_signed_in", "is_settled", "legs_without_end"}
    rare |= {"role_in", "is_recording_path", "calls_of_person"}
    # Once a request of an import.
    rare |= {"import_answer", "nothing_added", "sum_of", "wrong_field_of_import"}
    assert {function["proname"] for function in planned_anew} <= rare


def test_a_call_that_changes_needs_no_new_entries_in_indexes(db: Connection, busy: Busy) -> None:
    """Pages of calls are not filled to the brim."""
    agents = [new_call_sid() for _ in range(64)]
    for agent in agents:
        begin_call(db, busy.tenant, agent)
    for agent in agents[::8]:
        record_event(db, agent, new_call_sid(), "ringing", 1)
    (changed,) = fetch(
        db,
        "select n_tup_upd as updated, n_tup_hot_upd as in_place"
        " from pg_stat_xact_user_tables where relname = 'conversations'",
    )
    assert changed == {"updated": 8, "in_place": 8}


def test_prepared_for_any_business_a_page_of_calls_still_reads_only_the_page(
    db: Connection, busy: Busy
) -> None:
    """The REST API sends it like this: prepared, with the limit as a parameter."""
    db.execute("set local plan_cache_mode = force_generic_plan")
    db.execute(f"prepare newest (uuid, int) as {NEWEST_OF_ONE.replace('%s', '$1')[:-2]}$2")
    with as_user(db, busy.tenant.user_id), reading(db) as read:
        assert db.execute(f"execute newest ('{busy.tenant.business_id}', 50)").rowcount == 50
    assert (read.whole, read.by_index["conversations"]) == (NOT_ONCE, 50)
