-- Calls for tools outside: spreadsheets and business intelligence. docs/exports.md says how they sign in.
set lock_timeout = '2s';

-- Logins of such tools are members of this role. It reads, and only what is granted here. It is a group and not a
-- login: a password is nothing that migrations could know.
do $$
begin
  if not exists (select from pg_roles where rolname = 'report_reader') then
    create role report_reader nologin noinherit;
  end if;
end;
$$;

-- Which login reads which business. An operator adds the row together with the login.
create table private.report_readers (
  login name primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  created_at timestamptz not null default now(),
  -- PostgREST's own login speaks for everybody.
  check (login not in ('authenticator', 'anon', 'authenticated', 'service_role'))
);

create index report_readers_business_id_idx on private.report_readers (business_id);

alter table private.report_readers enable row level security;

-- In this and the other policies: session_user is who signed in. No statement of theirs changes it, and `set role`
-- does not either.
create policy "a reader can see which business is theirs"
on private.report_readers for select to report_reader
using (login = (select session_user));

-- A tool sees the calls of its one business.
create policy "a reader can read the facts of their business"
on public.call_facts for select to report_reader
using (business_id = (select report_readers.business_id from private.report_readers));

-- As above: its name, and the clock by which its days are counted.
create policy "a reader can read their business"
on public.businesses for select to report_reader
using (id = (select report_readers.business_id from private.report_readers));

-- As above: the names of those who placed the calls.
create policy "a reader can read the names of their business's members"
on public.business_members for select to report_reader
using (business_id = (select report_readers.business_id from private.report_readers));

-- As above: what the calls were for.
create policy "a reader can read the campaigns of their business"
on public.campaigns for select to report_reader
using (business_id = (select report_readers.business_id from private.report_readers));

-- As above: what came of the calls.
create policy "a reader can read the outcomes of their business"
on public.outcomes for select to report_reader
using (business_id = (select report_readers.business_id from private.report_readers));

-- One row per call that has ended or was refused, with the measures of docs/metrics.md (1 or 0, or seconds) and the
-- names of today. Nothing in it tells who was called. Each user of the API sees the rows of call_facts that are theirs.
create view public.call_report with (security_invoker) as
select
  call_facts.conversation_id,
  call_facts.business_id,
  businesses.name as business_name,
  call_facts.created_at,
  call_facts.day,
  businesses.time_zone,
  call_facts.user_id,
  business_members.display_name as user_name,
  call_facts.campaign_id,
  campaigns.name as campaign_name,
  call_facts.country,
  call_facts.lead_weekday,
  call_facts.lead_hour,
  call_facts.zone_is_estimate,
  call_facts.outcome,
  outcomes.label as outcome_label,
  call_facts.attempt,
  call_facts.reached_before,
  call_facts.calls,
  call_facts.refused,
  call_facts.dials,
  call_facts.answered,
  call_facts.machines,
  call_facts.connected,
  call_facts.conversations,
  call_facts.successes,
  call_facts.undescribed,
  call_facts.talk_seconds,
  call_facts.hold_seconds,
  call_facts.ring_seconds,
  call_facts.rings,
  call_facts.wrap_up_seconds,
  call_facts.wrap_ups,
  call_facts.transferred,
  call_facts.measured,
  call_facts.fair,
  call_facts.poor,
  call_facts.leads_reached
from public.call_facts
left join public.businesses on businesses.id = call_facts.business_id
left join public.business_members
  on business_members.business_id = call_facts.business_id
  and business_members.user_id = call_facts.user_id
left join public.campaigns
  on campaigns.business_id = call_facts.business_id
  and campaigns.id = call_facts.campaign_id
left join public.outcomes
  on outcomes.business_id = call_facts.business_id
  and outcomes.key = call_facts.outcome;

revoke all on private.report_readers from public, anon, authenticated, service_role;
revoke all on public.call_report from public, anon, authenticated, service_role;
grant select on public.call_report to authenticated, service_role;

grant usage on schema public, private to report_reader;
grant select (login, business_id) on private.report_readers to report_reader;
grant select on public.call_facts, public.call_report to report_reader;
grant select (id, name, time_zone) on public.businesses to report_reader;
grant select (business_id, user_id, display_name) on public.business_members to report_reader;
grant select (business_id, id, name) on public.campaigns to report_reader;
grant select (business_id, key, label) on public.outcomes to report_reader;
