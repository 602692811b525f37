"""How much a report reads, once there are many calls of many businesses. The figures for ten
million calls are in docs/benchmarks.md."""

from __future__ import annotations

import pytest

from tests.supabase.counted_calls import COUNTS, SECONDS
from tests.supabase.rows_read import NOT_ONCE, reading
from tests.supabase.tenants import Connection, Tenant, add_member, add_tenant, add_user, as_user

# Eight calls a day for 90 days, of each of ten businesses: each call has its own row in every sum.
DAYS, CALLS = 90, 8
MEASURES = (*COUNTS, *SECONDS)
FILL = f"""
with counted as (
  insert into public.call_facts (
    conversation_id, business_id, user_id, campaign_id, created_at, day, country, lead_weekday,
    lead_hour, zone_is_estimate, outcome, attempt, reached_before, {", ".join(MEASURES)}
  )
  select
    gen_random_uuid(), businesses.id, md5((n %% 5)::text)::uuid, md5((n %% 3)::text)::uuid,
    '2026-03-31T12:00:00Z'::timestamptz - day * interval '1 day', '2026-03-31'::date - day, 'US',
    1 + day %% 7, 9 + n, false, 'booked', 1 + n, false, {", ".join("1" for _ in MEASURES)}
  from generate_series(0, {DAYS - 1}) as day, generate_series(0, {CALLS - 1}) as n,
    (
      select %(own)s::uuid as id union all select id from public.businesses where name = 'Other'
    ) as businesses
  returning call_facts
)
select private.add_to_sums(null, array_agg(call_facts)) from counted
"""
MONTH = "'2026-03-02', '2026-03-31'"
# By question: what it reads, and how many rows at most. The period before is as long.
OF_BOTH, OF_ONE, PAGE = 2 * 30 * CALLS, 30 * CALLS, 20
QUESTIONS = {
    f"report_overview(%s, {MONTH}, 'week')": ("report_days", OF_BOTH),
    **{
        f"report_by(%s, {MONTH}, '{by}')": ("report_days", OF_BOTH)
        for by in ("campaign", "rep", "country", "day")
    },
    f"report_by(%s, {MONTH}, 'outcome')": ("report_outcomes", OF_BOTH),
    f"report_attempts(%s, {MONTH})": ("report_attempts", OF_ONE),
    f"report_hours(%s, {MONTH}, 'all')": ("report_hours", OF_ONE),
    f"report_calls(%s, {MONTH}, p_limit => {PAGE})": ("call_facts", 2 * PAGE),
    f"report_calls(%s, {MONTH}, 'hour', '*-12', 'connected', p_limit => {PAGE})": (
        "call_facts", OF_ONE + PAGE,
    ),
}  # fmt: skip


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    """A business among ten."""
    tenant = add_tenant(db, 1)
    db.execute("insert into public.businesses (name) select 'Other' from generate_series(1, 9)")
    db.execute(FILL.encode(), {"own": tenant.business_id})
    # Autovacuum may have found other tables empty, which it reads whole then.
    db.execute(
        "update pg_class set relpages = 0, reltuples = -1"
        " where relkind = 'r' and relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    for table in {table for table, _ in QUESTIONS.values()}:
        db.execute(f"analyze {'public' if table == 'call_facts' else 'private'}.{table}".encode())
    return tenant


def test_a_report_reads_the_rows_of_its_period_and_its_business_alone(
    db: Connection, tenant: Tenant
) -> None:
    manager, stranger = add_user(db), add_user(db)
    add_member(db, tenant.business_id, manager, "manager")
    for question, (table, most) in QUESTIONS.items():
        asked = f"select public.{question}".encode()
        with as_user(db, manager), reading(db) as read:
            row = db.execute(asked, (tenant.business_id,)).fetchone()
        assert row != (None,)
        assert read.whole == NOT_ONCE, question
        assert 0 < read.by_index[table] <= most, (question, read.by_index[table])
        with as_user(db, stranger), reading(db) as read:
            db.execute(asked, (tenant.business_id,))
        assert read.by_index == NOT_ONCE, question
