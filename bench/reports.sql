-- What reports read, as if it had been folded: two years of a business with `bench.calls` calls a year, among
-- `bench.others` calls of 999 other businesses. Rows are in the order in which calls end, as folding adds them.
set session_replication_role = replica;
set maintenance_work_mem = '1GB';
set work_mem = '256MB';
set synchronous_commit = off;

insert into public.businesses (id, name)
select md5('business' || n)::uuid, 'Business ' || n from generate_series(0, 999) as n;

insert into auth.users (id, email)
select md5('user' || n)::uuid, 'user' || n || '@henk.test' from generate_series(0, 20) as n;

-- The last one is the manager.
insert into public.business_members (business_id, user_id, role)
select md5('business0')::uuid, md5('user' || n)::uuid, case n when 20 then 'manager' else 'agent' end
from generate_series(0, 20) as n;

insert into public.campaigns (id, business_id, name)
select md5('campaign' || n)::uuid, md5('business0')::uuid, 'Campaign ' || n from generate_series(0, 4) as n;

-- Made at the end, from all rows at once.
drop index public.call_facts_day_idx;
alter table public.call_facts drop constraint call_facts_pkey;

-- Of each number that is drawn, a part is true for about so many of a hundred calls.
insert into public.call_facts
select
  md5('call' || n)::uuid, md5('business' || business)::uuid, md5('user' || rep)::uuid,
  md5('campaign' || campaign)::uuid, at, at::date, (array['US', 'US', 'US', 'US', 'GB', 'DE'])[1 + draw % 6],
  date_part('isodow', at), date_part('hour', at), draw % 10 > 0,
  case when is_answered and draw % 5 > 0 then (array['booked', 'not_interested', 'voicemail', 'callback'])[1 + draw % 4]
  end,
  1 + draw % 4, draw % 4 > 1, 1, 0, 1, is_answered::int, is_machine::int, is_connected::int,
  (is_connected and draw % 3 = 0)::int, (is_connected and draw % 4 = 0)::int, (is_answered and draw % 5 = 0)::int, 0,
  case when is_answered then 5 + draw % 300 else 0 end, 0, is_answered::int,
  case when is_answered then 5 + draw % 20 else 0 end, is_answered::int,
  case when is_answered then draw % 60 else 0 end, (draw % 9 > 0)::int, (draw % 9 = 1)::int, (draw % 9 = 2)::int,
  (is_connected and draw % 4 < 2)::int
from (
  select
    drawn.*, drawn.draw % 20 as rep,
    -- A person calls for two campaigns a day.
    (drawn.draw % 20 + date_part('doy', drawn.at)::int + drawn.draw / 1000 % 2) % 5 as campaign,
    drawn.draw / 100 % 100 < 30 as is_answered, drawn.draw / 100 % 100 < 9 as is_machine,
    drawn.draw / 100 % 100 between 9 and 29 as is_connected
  from (
    select
      n, abs(hashint8(n)) as draw,
      case
        when n * 2 * calls % total < 2 * calls then 0
        else 1 + n % 999
      end as business,
      -- From eight to six, on all days.
      date_trunc('day', started) + (started - date_trunc('day', started)) * 10 / 24 + interval '8 hours' as at
    from
      (select
        current_setting('bench.calls')::bigint as calls,
        2 * current_setting('bench.calls')::bigint + current_setting('bench.others')::bigint as total) as sizes,
      generate_series(1, sizes.total) as n,
      lateral (select now() - interval '730 days' * (1 - n::float8 / sizes.total) as started) as times
  ) as drawn
) as calls
order by n;

insert into private.report_days (
  business_id, day, user_id, campaign_id, country, calls, refused, dials, answered, machines, connected, conversations,
  successes, undescribed, transferred, talk_seconds, hold_seconds, rings, ring_seconds, wrap_ups, wrap_up_seconds,
  measured, fair, poor, leads_reached
)
select
  business_id, day, user_id, campaign_id, country, sum(calls), sum(refused), sum(dials), sum(answered), sum(machines),
  sum(connected), sum(conversations), sum(successes), sum(undescribed), sum(transferred), sum(talk_seconds),
  sum(hold_seconds), sum(rings), sum(ring_seconds), sum(wrap_ups), sum(wrap_up_seconds), sum(measured), sum(fair),
  sum(poor), sum(leads_reached)
from public.call_facts
group by day, md5(business_id::text || user_id::text || campaign_id::text), business_id, user_id, campaign_id, country
order by day, md5(business_id::text || user_id::text || campaign_id::text);

insert into private.report_outcomes (
  business_id, day, user_id, campaign_id, country, outcome, calls, connected, talk_seconds
)
select
  business_id, day, user_id, campaign_id, country, outcome, sum(calls), sum(connected), sum(talk_seconds)
from public.call_facts
group by day, md5(business_id::text || user_id::text || campaign_id::text), business_id, user_id, campaign_id, country,
  outcome
order by day, md5(business_id::text || user_id::text || campaign_id::text);

insert into private.report_hours (
  business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, is_first_attempt, dials, answered,
  connected, conversations, successes, estimated
)
select
  business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, attempt = 1, sum(dials), sum(answered),
  sum(connected), sum(conversations), sum(successes), sum(zone_is_estimate::int)
from public.call_facts
group by day, md5(business_id::text || user_id::text || campaign_id::text), business_id, user_id, campaign_id, country,
  lead_weekday, lead_hour, attempt = 1
order by day, md5(business_id::text || user_id::text || campaign_id::text);

insert into private.report_attempts (
  business_id, day, user_id, campaign_id, country, attempt, dials, connected, first_reaches
)
select
  business_id, day, user_id, campaign_id, country, attempt, sum(dials), sum(connected), sum(leads_reached)
from public.call_facts
group by day, md5(business_id::text || user_id::text || campaign_id::text), business_id, user_id, campaign_id, country,
  attempt
order by day, md5(business_id::text || user_id::text || campaign_id::text);

alter table public.call_facts add primary key (conversation_id);
create index call_facts_day_idx
on public.call_facts (business_id, day desc, created_at desc, conversation_id desc);
set session_replication_role = origin;
