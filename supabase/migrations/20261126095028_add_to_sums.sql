-- Brings the sums of reports up to date when facts have changed: takes out the old ones and adds the new ones.
set lock_timeout = '2s';

create function private.add_to_sums(p_old public.call_facts[], p_new public.call_facts[])
returns void
language plpgsql
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
begin
  insert into private.report_days as sums (
    business_id, day, user_id, campaign_id, country, calls, refused, dials, answered, machines, connected,
    conversations, successes, undescribed, transferred, talk_seconds, hold_seconds, rings, ring_seconds, wrap_ups,
    wrap_up_seconds, measured, fair, poor, leads_reached
  )
  select * from (
    select
      f.business_id, f.day, f.user_id, f.campaign_id, f.country,
      sum(f.calls * c.times) as calls, sum(f.refused * c.times), sum(f.dials * c.times), sum(f.answered * c.times),
      sum(f.machines * c.times), sum(f.connected * c.times), sum(f.conversations * c.times),
      sum(f.successes * c.times), sum(f.undescribed * c.times), sum(f.transferred * c.times),
      sum(f.talk_seconds * c.times), sum(f.hold_seconds * c.times), sum(f.rings * c.times),
      sum(f.ring_seconds * c.times), sum(f.wrap_ups * c.times), sum(f.wrap_up_seconds * c.times),
      sum(f.measured * c.times), sum(f.fair * c.times), sum(f.poor * c.times), sum(f.leads_reached * c.times)
    from (values (p_old, -1), (p_new, 1)) as c (facts, times), unnest(c.facts) as f
    group by f.business_id, f.day, f.user_id, f.campaign_id, f.country
  ) as changes
  on conflict (business_id, day, user_id, campaign_id, country) do update set
    calls = sums.calls + excluded.calls,
    refused = sums.refused + excluded.refused,
    dials = sums.dials + excluded.dials,
    answered = sums.answered + excluded.answered,
    machines = sums.machines + excluded.machines,
    connected = sums.connected + excluded.connected,
    conversations = sums.conversations + excluded.conversations,
    successes = sums.successes + excluded.successes,
    undescribed = sums.undescribed + excluded.undescribed,
    transferred = sums.transferred + excluded.transferred,
    talk_seconds = sums.talk_seconds + excluded.talk_seconds,
    hold_seconds = sums.hold_seconds + excluded.hold_seconds,
    rings = sums.rings + excluded.rings,
    ring_seconds = sums.ring_seconds + excluded.ring_seconds,
    wrap_ups = sums.wrap_ups + excluded.wrap_ups,
    wrap_up_seconds = sums.wrap_up_seconds + excluded.wrap_up_seconds,
    measured = sums.measured + excluded.measured,
    fair = sums.fair + excluded.fair,
    poor = sums.poor + excluded.poor,
    leads_reached = sums.leads_reached + excluded.leads_reached;

  insert into private.report_outcomes as sums (
    business_id, day, user_id, campaign_id, country, outcome, calls, connected, talk_seconds
  )
  select * from (
    select
      f.business_id, f.day, f.user_id, f.campaign_id, f.country, f.outcome,
      sum(f.calls * c.times) as calls, sum(f.connected * c.times) as connected,
      sum(f.talk_seconds * c.times) as talk_seconds
    from (values (p_old, -1), (p_new, 1)) as c (facts, times), unnest(c.facts) as f
    group by f.business_id, f.day, f.user_id, f.campaign_id, f.country, f.outcome
  ) as changes
  where (changes.calls, changes.connected, changes.talk_seconds) <> (0, 0, 0)
  on conflict (business_id, day, user_id, campaign_id, country, outcome) do update set
    calls = sums.calls + excluded.calls,
    connected = sums.connected + excluded.connected,
    talk_seconds = sums.talk_seconds + excluded.talk_seconds;

  insert into private.report_hours as sums (
    business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, is_first_attempt, dials, answered,
    connected, conversations, successes, estimated
  )
  select * from (
    select
      f.business_id, f.day, f.user_id, f.campaign_id, f.country, f.lead_weekday, f.lead_hour, f.attempt = 1,
      sum(f.dials * c.times) as dials, sum(f.answered * c.times) as answered,
      sum(f.connected * c.times) as connected, sum(f.conversations * c.times) as conversations,
      sum(f.successes * c.times) as successes, sum(f.zone_is_estimate::integer * c.times) as estimated
    from (values (p_old, -1), (p_new, 1)) as c (facts, times), unnest(c.facts) as f
    where f.dials > 0
    group by
      f.business_id, f.day, f.user_id, f.campaign_id, f.country, f.lead_weekday, f.lead_hour, f.attempt = 1
  ) as changes
  where (
    changes.dials, changes.answered, changes.connected, changes.conversations, changes.successes, changes.estimated
  ) <> (0, 0, 0, 0, 0, 0)
  on conflict (
    business_id, day, user_id, campaign_id, country, lead_weekday, lead_hour, is_first_attempt
  ) do update set
    dials = sums.dials + excluded.dials,
    answered = sums.answered + excluded.answered,
    connected = sums.connected + excluded.connected,
    conversations = sums.conversations + excluded.conversations,
    successes = sums.successes + excluded.successes,
    estimated = sums.estimated + excluded.estimated;

  insert into private.report_attempts as sums (
    business_id, day, user_id, campaign_id, country, attempt, dials, connected, unreached, first_reaches
  )
  select * from (
    select
      f.business_id, f.day, f.user_id, f.campaign_id, f.country, least(f.attempt, 20),
      sum(f.dials * c.times) as dials, sum(f.connected * c.times) as connected,
      sum((not f.reached_before)::integer * c.times) as unreached, sum(f.leads_reached * c.times) as first_reaches
    from (values (p_old, -1), (p_new, 1)) as c (facts, times), unnest(c.facts) as f
    where f.attempt is not null
    group by f.business_id, f.day, f.user_id, f.campaign_id, f.country, least(f.attempt, 20)
  ) as changes
  where (changes.dials, changes.connected, changes.unreached, changes.first_reaches) <> (0, 0, 0, 0)
  on conflict (business_id, day, user_id, campaign_id, country, attempt) do update set
    dials = sums.dials + excluded.dials,
    connected = sums.connected + excluded.connected,
    unreached = sums.unreached + excluded.unreached,
    first_reaches = sums.first_reaches + excluded.first_reaches;

  -- Only where something was taken out, nothing may be left.
  delete from private.report_days as sums
  using (select distinct f.business_id, f.day from unnest(p_old) as f) as days
  where sums.business_id = days.business_id and sums.day = days.day and sums.calls = 0;

  delete from private.report_outcomes as sums
  using (select distinct f.business_id, f.day from unnest(p_old) as f) as days
  where sums.business_id = days.business_id and sums.day = days.day and sums.calls = 0;

  delete from private.report_hours as sums
  using (select distinct f.business_id, f.day from unnest(p_old) as f) as days
  where sums.business_id = days.business_id and sums.day = days.day and sums.dials = 0;

  delete from private.report_attempts as sums
  using (select distinct f.business_id, f.day from unnest(p_old) as f) as days
  where sums.business_id = days.business_id and sums.day = days.day and sums.dials = 0;
end;
$$;

-- The same of the people who helped.
create function private.add_to_people(p_old public.call_helpers[], p_new public.call_helpers[])
returns void
language plpgsql
set enable_seqscan = off
set search_path = ''
as $$
begin
  insert into private.report_people as sums (
    business_id, day, user_id, campaign_id, country, helped, helped_seconds
  )
  select * from (
    select
      h.business_id, h.day, h.user_id, h.campaign_id, h.country, sum(c.times) as helped,
      sum(h.helped_seconds * c.times) as helped_seconds
    from (values (p_old, -1), (p_new, 1)) as c (helpers, times), unnest(c.helpers) as h
    group by h.business_id, h.day, h.user_id, h.campaign_id, h.country
  ) as changes
  where (changes.helped, changes.helped_seconds) <> (0, 0)
  on conflict (business_id, day, user_id, campaign_id, country) do update set
    helped = sums.helped + excluded.helped,
    helped_seconds = sums.helped_seconds + excluded.helped_seconds;

  delete from private.report_people as sums
  using (select distinct h.business_id, h.day from unnest(p_old) as h) as days
  where sums.business_id = days.business_id and sums.day = days.day and sums.helped = 0;
end;
$$;

revoke execute on function private.add_to_sums(public.call_facts[], public.call_facts[]) from public, anon;
revoke execute on function private.add_to_people(public.call_helpers[], public.call_helpers[]) from public, anon;
