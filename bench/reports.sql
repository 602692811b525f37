-- What reports read, as if it had been folded: two years of a business with `bench.calls` calls a year, among
-- `bench.others` calls of 999 other businesses. Rows are in the order of their days, as folding adds them. Of the
-- business there are the calls themselves, too.
set session_replication_role = replica;
set maintenance_work_mem = '1GB';
set work_mem = '512MB';
set synchronous_commit = off;

create function pg_temp.id(p_kind text, p_n bigint)
returns uuid
language sql
immutable
as $$ select md5(p_kind || p_n::text)::uuid; $$;

insert into public.businesses (id, name)
select pg_temp.id('business', n), 'Business ' || n from generate_series(0, 999) as n;

insert into auth.users (id, email)
select pg_temp.id('user', n), 'user' || n || '@henk.test' from generate_series(0, 20) as n;

-- The last one is the manager.
insert into public.business_members (business_id, user_id, role)
select pg_temp.id('business', 0), pg_temp.id('user', n), case n when 20 then 'manager' else 'agent' end
from generate_series(0, 20) as n;

insert into public.campaigns (id, business_id, name)
select pg_temp.id('campaign', n), pg_temp.id('business', 0), 'Campaign ' || n from generate_series(0, 4) as n;

create temporary table ids as
select
  n, pg_temp.id('business', n) as business_id, pg_temp.id('user', n) as user_id,
  pg_temp.id('campaign', n) as campaign_id
from generate_series(0, 999) as n;

-- Made at the end, from all rows at once.
drop index public.call_facts_day_idx;
alter table public.call_facts drop constraint call_facts_pkey;

-- Calls are from eight to six, on all days. Everybody calls for two campaigns a day. Three of ten calls are answered,
-- one of them by a machine.
insert into public.call_facts (
  conversation_id, business_id, user_id, campaign_id, created_at, day, country, lead_weekday, lead_hour,
  zone_is_estimate, outcome, attempt, reached_before,
  calls, refused, dials, answered, machines, connected, conversations, successes, undescribed, transferred,
  talk_seconds, hold_seconds, rings, ring_seconds, wrap_ups, wrap_up_seconds, measured, fair, poor, leads_reached
)
select
  gen_random_uuid(), businesses.business_id, people.user_id, campaigns.campaign_id, calls.at, calls.at::date,
  (array['US', 'US', 'US', 'US', 'GB', 'DE'])[1 + calls.draw % 6],
  date_part('isodow', calls.at), date_part('hour', calls.at), calls.draw % 10 > 0,
  case when calls.chance < 30 then (array['booked', 'voicemail', 'callback', null])[1 + calls.draw % 4] end,
  1 + calls.draw % 4, calls.draw % 4 > 1,
  1, 0, 1, (calls.chance < 30)::int, (calls.chance < 10)::int, (calls.chance between 10 and 29)::int,
  (calls.chance between 10 and 16)::int, (calls.chance between 10 and 13)::int, (calls.chance < 5)::int, 0,
  case when calls.chance < 30 then 5 + calls.draw % 300 else 0 end, 0, (calls.chance < 30)::int,
  case when calls.chance < 30 then 5 + calls.draw % 20 else 0 end, (calls.chance < 30)::int,
  case when calls.chance < 30 then calls.draw % 60 else 0 end, 1, (calls.draw % 9 = 1)::int,
  (calls.draw % 9 = 2)::int, (calls.chance between 10 and 14)::int
from (
  select
    drawn.n, drawn.business, drawn.draw, drawn.at, drawn.draw / 100 % 100 as chance, drawn.draw / 7 % 20 as rep,
    (drawn.draw / 7 % 20 + date_part('doy', drawn.at)::int + drawn.draw / 10000 % 2) % 5 as campaign
  from (
    select
      n, hashint8(n)::bigint + 2147483648 as draw,
      case when n * 2 * sizes.calls % sizes.total < 2 * sizes.calls then 0 else 1 + n % 999 end as business,
      date_trunc('day', times.started)
      + (times.started - date_trunc('day', times.started)) * 10 / 24 + interval '8 hours' as at
    from
      (
        select
          current_setting('bench.calls')::bigint as calls,
          2 * current_setting('bench.calls')::bigint + current_setting('bench.others')::bigint as total
      ) as sizes,
      generate_series(1, sizes.total) as n,
      lateral (
        select date_trunc('day', now()) + interval '1 day' - interval '730 days' * (1 - (n - 1)::float8 / sizes.total)
          as started
      ) as times
  ) as drawn
) as calls
join ids as businesses on businesses.n = calls.business
join ids as people on people.n = calls.rep
join ids as campaigns on campaigns.n = calls.campaign
order by calls.n;

insert into private.report_days (
  business_id, day, user_id, campaign_id, country, calls, refused, dials, answered, machines, connected,
  conversations, successes, undescribed, transferred, talk_seconds, hold_seconds, rings, ring_seconds, wrap_ups,
  wrap_up_seconds, measured, fair, poor, leads_reached
)
select
  business_id, day, user_id, campaign_id, country, sum(calls), sum(refused), sum(dials), sum(answered),
  sum(machines), sum(connected), sum(conversations), sum(successes), sum(undescribed), sum(transferred),
  sum(talk_seconds), sum(hold_seconds), sum(rings), sum(ring_seconds), sum(wrap_ups), sum(wrap_up_seconds),
  sum(measured), sum(fair), sum(poor), sum(leads_reached)
from public.call_facts
group by
  business_id, day, user_id, campaign_id, country
order by day;

insert into private.report_outcomes (
  business_id, day, user_id, campaign_id, country, outcome, calls, connected, talk_seconds
)
select
  business_id, day, user_id, campaign_id, country, outcome, sum(calls), sum(connected), sum(talk_seconds)
from public.call_facts
group by
  business_id, day, user_id, campaign_id, country, outcome
order by day;

insert into private.report_hours (
  business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, is_first_attempt, dials, answered,
  connected, conversations, successes, estimated
)
select
  business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, attempt = 1, sum(dials), sum(answered),
  sum(connected), sum(conversations), sum(successes), sum(zone_is_estimate::int)
from public.call_facts
group by
  business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, attempt = 1
order by day;

insert into private.report_attempts (
  business_id, day, user_id, campaign_id, country, attempt, dials, connected, unreached, first_reaches
)
select
  business_id, day, user_id, campaign_id, country, attempt, sum(dials), sum(connected), sum((not
  reached_before)::int), sum(leads_reached)
from public.call_facts
group by
  business_id, day, user_id, campaign_id, country, attempt
order by day;

alter table public.call_facts add primary key (conversation_id);
create index call_facts_day_idx
on public.call_facts (business_id, day desc, created_at desc, conversation_id desc);

-- What the same numbers are computed from without sums.
insert into public.conversations (
  id, business_id, user_id, campaign_id, status, from_number, to_number, call_sid, begun_at, dialed_at, answered_at,
  ended_at, duration_seconds, hold_seconds, outcome, created_at
)
select
  conversation_id, business_id, user_id, campaign_id, case when answered > 0 then 'completed' else 'no-answer' end,
  '+14155550100', '+1' || (4147483648 + hashint8(extract(epoch from created_at)::bigint)),
  'CA' || conversation_id, created_at, created_at, case when answered > 0 then created_at end, created_at, talk_seconds,
  0, outcome, created_at
from public.call_facts
where business_id = pg_temp.id('business', 0);

insert into public.call_legs (business_id, conversation_id, call_sid, role, status, user_id)
select business_id, id, call_sid || role, role, status, case role when 'agent' then user_id end
from public.conversations, unnest('{agent,lead}'::text[]) as role;

insert into public.call_quality (business_id, conversation_id, call_sid, user_id, started_at, grade)
select business_id, id, call_sid, user_id, created_at, 'good' from public.conversations;

insert into public.conversation_changes (business_id, conversation_id, changed_by, changed_at, before, after)
select business_id, id, user_id, created_at, '{"outcome": null}', jsonb_build_object('outcome', outcome)
from public.conversations where outcome is not null;

set session_replication_role = origin;
