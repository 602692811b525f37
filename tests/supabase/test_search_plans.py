"""A search reads few rows, and finds what comparing every row would find, whichever index it takes.
The figures for a million leads are in docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from stack.postgres import Postgres
from tests.supabase.rows_read import NOT_ONCE, Read, reading
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_user,
    fetch,
    scratch_database,
)
from tests.supabase.vacuum import vacuum

# Names begin with one of few first names, and the index by name has them side by side: all Zeldas
# are far behind the first 5,000 leads.
FILL = """
set local session_replication_role = replica;
drop index public.leads_search_idx, public.leads_name_idx;

insert into public.leads (business_id, name, company, phone_number)
select
  %(business_id)s,
  (array['Aaron', 'Abel', 'Ada', 'Adam', 'Xenia', 'Yves', 'Zelda', 'Zoé'])[1 + n %% 8]
    || ' ' || (array['Smith', 'O''Brien', 'Müller', 'Ivanov', 'García'])[1 + n %% 5]
    || ' ' || lpad(n::text, 5, '0'),
  case when n %% 1000 = 7 then 'Rare & Sons' end,
  '+4420' || (70000000 + n * 397)
from generate_series(1, 24000) as n;

insert into public.leads (business_id, name, company, phone_number) values
(%(business_id)s, '王伟', '東京株式会社', '+81312345678'),
(%(business_id)s, 'Zuzu Zipf', null, null);

create index leads_name_idx on public.leads (business_id, search_text, id);
create index leads_search_idx on public.leads
using gin (business_id extensions.uuid_ops, search_text extensions.gin_trgm_ops)
with (gin_pending_list_limit = 256);

insert into public.conversations (
  business_id, user_id, lead_id, campaign_id, status, block_reason, to_number, call_sid, created_at,
  ended_at, duration_seconds, outcome
)
select
  leads.business_id, case when n %% 40 = 0 then %(user_id)s else gen_random_uuid() end, leads.id,
  case when n %% 500 = 0 then %(campaign_id)s end,
  case when n %% 400 = 0 then 'blocked' else 'completed' end,
  case when n %% 400 = 0 then 'do_not_call' end,
  leads.phone_number, 'CA' || n, now() - n * interval '1 minute', now(), 12,
  case when n %% 1000 <> 40 then 'reached' end
from (
  select leads.*, row_number() over (order by leads.phone_number) as n
  from public.leads where business_id = %(business_id)s and phone_number is not null
) as leads
where n <= 6000;
insert into public.call_quality (
  business_id, conversation_id, call_sid, user_id, started_at, seconds, grade
)
select business_id, id, call_sid, user_id, created_at, 12, 'good'
from public.conversations where user_id is not null;
-- Of another business.
insert into public.call_quality (
  business_id, conversation_id, call_sid, user_id, started_at, seconds, grade
)
select gen_random_uuid(), gen_random_uuid(), call_sid, user_id, started_at, 12, 'good'
from public.call_quality;

set local session_replication_role = origin;
"""


@dataclass(frozen=True)
class Searched:
    """A database with a business of 24,000 leads and 6,000 calls."""

    url: str
    tenant: Tenant


@pytest.fixture(scope="module")
def searched(postgres: Postgres) -> Iterator[Searched]:
    with scratch_database(postgres, "searched") as url:
        with psycopg.connect(url) as admin:
            tenant = add_tenant(admin, 1)
            filling = psycopg.ClientCursor(admin)
            filling.execute(
                FILL,
                {
                    "business_id": tenant.business_id,
                    "user_id": tenant.user_id,
                    "campaign_id": tenant.campaign_id,
                },
            )
        with psycopg.connect(url, autocommit=True) as admin:
            vacuum(admin, "public.leads", "public.conversations", "public.call_quality")
        yield Searched(url, tenant)


@pytest.fixture
def db(searched: Searched) -> Iterator[Connection]:
    with psycopg.connect(searched.url) as connection:
        yield connection
        connection.rollback()


def leads(db: Connection, searched: Searched, typed: str, limit: int) -> tuple[list[str], Read]:
    """The ids that a search finds, and what it reads."""
    with as_user(db, searched.tenant.user_id), reading(db) as read:
        rows = db.execute(
            "select public.search_leads(%s, %s, '{}', %s) ->> 'id'",
            (searched.tenant.business_id, typed, limit),
        ).fetchall()
    return [lead_id for (lead_id,) in rows], read


def leads_one_by_one(db: Connection, searched: Searched, typed: str) -> list[str]:
    """The ids of all leads that match, by comparing every lead."""
    (row,) = fetch(
        db,
        "select private.search_condition(%s, 'leads.search_text') as meant",
        typed,
    )
    rows = db.execute(
        "select id::text from public.leads where business_id = %s and"
        f" {row['meant'].replace('%', '%%')} order by search_text, id".encode(),
        (searched.tenant.business_id,),
    ).fetchall()
    return [lead_id for (lead_id,) in rows]


# By what finds them: names that begin so, the first leads by name, and the index of trigrams.
@pytest.mark.parametrize(
    "typed",
    [
        *("smith", "aaron", "a", "o'brien", "020", "7", "smith 5", "adam ivanov 0"),
        *("zelda", "z", "zo", "zoe", "zoé garcia", "garcia zoe", "xenia 0", "y garcía"),
        *(
            "rare",
            "rare & sons",
            "sons adam",
            "23999",
            "070009528",
            "zuzu",
            "zipf",
            "王",
            "伟",
            "東京",
        ),
        *(
            "zelda 09",
            "zelda 23990",
            "zoe rare",
            "yves müller 1001",
            "zu zi",
            "z z",
            "mueller 23987",
        ),
        *("elda", "ves", "oe", "qqq", "%", "q", "zq", "99999999", "smith qqq", "zelda qqq"),
    ],
)
def test_a_search_finds_by_index_what_every_lead_compared_one_by_one_gives(
    db: Connection, searched: Searched, typed: str
) -> None:
    everyone = leads_one_by_one(db, searched, typed)
    for limit in (5, 50):
        found, read = leads(db, searched, typed, limit)
        assert set(found) <= set(everyone)
        assert len(set(found)) == min(limit, len(everyone))
        assert found == sorted(found, key=everyone.index)
        assert read.whole == NOT_ONCE
        # The first 5,000 by name, and what the indexes find.
        assert read.by_index["leads"] < 8500


def test_names_that_begin_with_what_was_typed_come_first(
    db: Connection, searched: Searched
) -> None:
    found, _ = leads(db, searched, "zelda s", 20)
    (row,) = fetch(
        db,
        "select count(*) from public.leads where id = any(%s) and name like 'Zelda Smith %%'",
        found,
    )
    assert row["count"] == 20


def test_other_businesses_cost_nothing(db: Connection, searched: Searched) -> None:
    """The index does not have the same entries for the same words of another business."""
    other = add_tenant(db, 2)
    db.execute(
        "insert into public.leads (business_id, name)"
        " select %s, 'Zuzu Rare ' || n from generate_series(1, 1500) as n",
        (other.business_id,),
    )
    found, read = leads(db, searched, "zuzu", 50)
    assert len(found) == 1
    # A few hundred of its own leads are on pages that were just written.
    assert read.by_index["leads"] < 1000


def listed(db: Connection, searched: Searched, **wishes: object) -> tuple[list[str], Read]:
    """The ids of calls, and what listing them reads."""
    filters: dict[str, object] = {
        "search": None,
        "numbers": None,
        "statuses": None,
        "campaign_id": None,
        "user_id": None,
        "needs_outcome": None,
        "before_at": None,
        "before_id": None,
        "limit": 20,
    } | wishes
    named = ", ".join(f"p_{name} => %s" for name in filters)
    with as_user(db, searched.tenant.user_id), reading(db) as read:
        rows = db.execute(
            f"select public.list_conversations(p_business_id => %s, {named}) ->> 'id'".encode(),
            (searched.tenant.business_id, *filters.values()),
        ).fetchall()
    return [call_id for (call_id,) in rows], read


def calls_one_by_one(db: Connection, condition: str, *parameters: object) -> list[str]:
    rows = db.execute(
        "select conversations.id::text from public.conversations"
        " left join public.leads on leads.id = conversations.lead_id"
        f" where {condition} order by conversations.created_at desc, conversations.id desc"
        " limit 20".encode(),
        parameters,
    ).fetchall()
    return [call_id for (call_id,) in rows]


def test_a_page_of_calls_reads_only_the_page(db: Connection, searched: Searched) -> None:
    user, campaign = searched.tenant.user_id, searched.tenant.campaign_id
    for wishes, condition, parameters in (
        ({}, "true", ()),
        ({"user_id": user}, "conversations.user_id = %s", (user,)),
        ({"needs_outcome": True}, "conversations.user_id = %s and outcome is null", (user,)),
        ({"campaign_id": campaign}, "campaign_id = %s", (campaign,)),
    ):
        found, read = listed(db, searched, **wishes)
        assert found == calls_one_by_one(db, condition, *parameters)
        assert found
        assert read.whole == NOT_ONCE
        # Once to find it, once to show it; of a rep's calls, twenty of each kind.
        assert read.by_index["conversations"] < 70, wishes
        assert read.by_index["leads"] < 50
        assert 0 < read.by_index["call_quality"] <= len(found)


def test_the_lines_of_a_business_read_the_rows_of_no_other(
    db: Connection, searched: Searched
) -> None:
    manager = add_user(db)
    add_member(db, searched.tenant.business_id, manager, "manager")
    month = ("now() - interval '30 days'", "now()")
    for by in ("rep", "device", "day"):
        for question in (
            f"jsonb_array_length(public.quality_by(%s, {month[0]}, {month[1]}, %s)) > 0",
            "jsonb_array_length(public.quality_calls("
            f"%s, {month[0]}, {month[1]}, %s, 'x', null, 9)) = 0",
        ):
            with as_user(db, manager), reading(db) as read:
                row = db.execute(
                    f"select {question}".encode(), (searched.tenant.business_id, by)
                ).fetchone()
            assert row == (True,)
            assert read.whole == NOT_ONCE
            # Of pages that vacuum has marked, none: the index has all columns.
            assert read.by_index["call_quality"] <= 6000


def test_a_later_page_reads_only_the_page(db: Connection, searched: Searched) -> None:
    (row,) = fetch(
        db,
        "select created_at, id from public.conversations order by created_at desc, id desc"
        " offset 4999 limit 1",
    )
    for wishes in ({}, {"user_id": searched.tenant.user_id}):
        found, read = listed(
            db, searched, before_at=row["created_at"], before_id=row["id"], **wishes
        )
        assert len(found) == 20
        assert read.by_index["conversations"] < 70


@pytest.mark.parametrize(
    ("typed", "condition"),
    [
        ("smith", "leads.name like '%% Smith %%'"),
        ("rare", "leads.company like 'Rare%%'"),
        ("zelda 005", "leads.name like 'Zelda %%' and (leads.name ~ '005' or to_number ~ '005')"),
        ("05999", "leads.name ~ '05999' or to_number ~ '05999'"),
        ("0207238", "to_number like '+44207238%%'"),
        ("qqq", "false"),
    ],
)
def test_a_search_of_calls_finds_by_index_what_every_call_compared_one_by_one_gives(
    db: Connection, searched: Searched, typed: str, condition: str
) -> None:
    found, read = listed(db, searched, search=typed)
    assert found == calls_one_by_one(db, condition)
    assert read.whole == NOT_ONCE
    assert read.by_index["conversations"] < 5000


def test_a_search_that_many_leads_meet_and_few_calls_is_complete(
    db: Connection, searched: Searched
) -> None:
    for typed in ("elda", "zelda"):
        found, _ = listed(db, searched, search=typed, limit=1000)
        (row,) = fetch(
            db,
            "select count(*) from public.conversations join public.leads on leads.id = lead_id"
            " where leads.name like 'Zelda%%'",
        )
        assert 500 < row["count"] == len(set(found))


def test_the_indexes_of_trigrams_are_asked(db: Connection, searched: Searched) -> None:
    """Without them, the counts of rows above would show nothing: the index by name has the text."""

    def scans() -> dict[str, int]:
        rows = db.execute(
            "select indexrelname, pg_stat_get_xact_numscans(indexrelid)"
            " from pg_stat_user_indexes"
            " where indexrelname ~ '^(leads|conversations)_(search|to_number)_idx'"
        ).fetchall()
        return dict(rows)

    leads(db, searched, "zipf", 20)
    assert scans() == {"leads_search_idx": 1, "conversations_to_number_idx": 0}
    listed(db, searched, search="0207238")
    assert scans() == {"leads_search_idx": 2, "conversations_to_number_idx": 1}
