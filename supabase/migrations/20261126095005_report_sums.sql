-- The sums that reports read: call_facts, added up by day. private.fold_calls alone writes them, so that each is
-- always the sum of the facts. They are in `private`: people read them through the functions of reports, under the
-- policies below.
set lock_timeout = '2s';

-- All measures of a day. The keys of these tables have the sums in them: the rows of a business lie between those of
-- all others, and reports read the index alone. That it may be read alone, vacuum must have marked the pages: it comes
-- sooner than to other tables.
create table private.report_days (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  day date not null,
  user_id uuid,
  campaign_id uuid,
  country text,
  calls integer not null,
  refused integer not null,
  dials integer not null,
  answered integer not null,
  machines integer not null,
  connected integer not null,
  conversations integer not null,
  successes integer not null,
  undescribed integer not null,
  transferred integer not null,
  talk_seconds integer not null,
  hold_seconds integer not null,
  rings integer not null,
  ring_seconds integer not null,
  wrap_ups integer not null,
  wrap_up_seconds integer not null,
  measured integer not null,
  fair integer not null,
  poor integer not null,
  leads_reached integer not null,
  unique nulls not distinct (business_id, day, user_id, campaign_id, country)
  include (
    calls, refused, dials, answered, machines, connected, conversations, successes, undescribed, transferred,
    talk_seconds, hold_seconds, rings, ring_seconds, wrap_ups, wrap_up_seconds, measured, fair, poor,
    leads_reached
  )
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- By what people said of the calls. outcome is null for calls without.
create table private.report_outcomes (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  day date not null,
  user_id uuid,
  campaign_id uuid,
  country text,
  outcome text,
  calls integer not null,
  connected integer not null,
  talk_seconds integer not null,
  unique nulls not distinct (business_id, day, user_id, campaign_id, country, outcome)
  include (
    calls, connected, talk_seconds
  )
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- Dials by the lead's clock. is_first_attempt is null where nobody knows the number any more.
create table private.report_hours (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  day date not null,
  user_id uuid,
  campaign_id uuid,
  country text,
  lead_weekday smallint,
  lead_hour smallint,
  is_first_attempt boolean,
  dials integer not null,
  answered integer not null,
  connected integer not null,
  conversations integer not null,
  successes integer not null,
  -- Dials whose hour is that of the number, and not of the lead's own time zone.
  estimated integer not null,
  -- Which group of the comparison of times it is: to add up by four columns would take longer.
  stratum bigint not null generated always as (
    hash_record_extended(row(user_id, campaign_id, country, is_first_attempt), 0)
  ) stored,
  unique nulls not distinct (
    business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, is_first_attempt
  )
  include (
    dials, answered, connected, conversations, successes, estimated, stratum
  )
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- Dials by how often the number was dialled before: attempt 20 is the 20th and all after it.
create table private.report_attempts (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  day date not null,
  user_id uuid,
  campaign_id uuid,
  country text,
  attempt smallint not null,
  dials integer not null,
  connected integer not null,
  -- Dials to numbers that were not reached before, and how many of them reached the number.
  unreached integer not null,
  first_reaches integer not null,
  unique nulls not distinct (business_id, day, user_id, campaign_id, country, attempt)
  include (
    dials, connected, unreached, first_reaches
  )
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- In how many calls of others a person was, and for how long.
create table private.report_people (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  day date not null,
  user_id uuid not null,
  campaign_id uuid,
  country text,
  helped integer not null,
  helped_seconds integer not null,
  unique nulls not distinct (business_id, day, user_id, campaign_id, country)
  include (
    helped, helped_seconds
  )
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

alter table private.report_days enable row level security;
alter table private.report_outcomes enable row level security;
alter table private.report_hours enable row level security;
alter table private.report_attempts enable row level security;
alter table private.report_people enable row level security;

-- Agents see their own sums, managers all.
do $$
declare
  v_table text;
begin
  foreach v_table in array '{report_days,report_outcomes,report_hours,report_attempts,report_people}'::text[] loop
    execute format(
      $policy$
      create policy "members can read their own sums, managers all"
      on private.%I for select to authenticated
      using (
        business_id = any(array(select managed.business_id from private.managed))
        or (
          user_id = (select auth.uid())
          and business_id = any(array(select memberships.business_id from private.memberships))
        )
      )
      $policy$,
      v_table
    );
    execute format('revoke all on private.%I from public, anon, authenticated, service_role', v_table);
    execute format(
      'revoke all on sequence private.%I from public, anon, authenticated, service_role', v_table || '_id_seq'
    );
    execute format('grant select on private.%I to authenticated', v_table);
  end loop;
end;
$$;

-- How far the sums are. The table has one row.
create table private.report_state (
  is_only_row boolean primary key default true check (is_only_row),
  -- Every change that was committed before this time is in the sums. Null: nothing was folded yet.
  as_of timestamptz
);

insert into private.report_state (as_of) values (null);

alter table private.report_state enable row level security;

-- It is a time, and the same for all.
create policy "everybody can read how far the sums are"
on private.report_state for select to authenticated
using (true);

revoke all on private.report_state from public, anon, authenticated, service_role;
grant select on private.report_state to authenticated;
