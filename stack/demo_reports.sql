-- The calls of `demo_year.py`, as real calls leave them: in the ledger, and in the rows that follow from it.
-- `demo_reports.py` runs it once, when the calls are in the temporary table demo_year.

-- No trigger has anything to do with history, and each would take its time.
set local session_replication_role = replica;

-- Reports count days on the clock of California.
update public.businesses
set time_zone = 'America/Los_Angeles', week_start = 0
where id = 'b0000000-0000-4000-8000-000000000001';

insert into public.campaigns (id, business_id, name, mode, wrap_up_seconds, caller_id, script)
values (
  'e0000000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000001', 'Fast follow-up', 'power', 5,
  '+14155550101', 'Hello {{lead.first_name}}, you asked us for a price. Do you have a minute?'
);

create temporary table demo_past on commit drop as
select
  ('f0000000-0000-4000-8000-' || lpad((1000000 + number)::text, 12, '0'))::uuid as id,
  'CA' || lpad((1000000 + number)::text, 32, '0') as call_sid,
  'CA' || lpad((2000000 + number)::text, 32, '0') as lead_call_sid,
  'CA' || lpad((3000000 + number)::text, 32, '0') as helper_call_sid,
  ('f4000000-0000-4000-8000-' || lpad((1000000 + number)::text, 12, '0'))::uuid as leg_id,
  ('f4000000-0000-4000-8000-' || lpad((3000000 + number)::text, 12, '0'))::uuid as helper_leg_id,
  'b0000000-0000-4000-8000-000000000001'::uuid as business_id,
  ('d0000000-0000-4000-8000-' || lpad(rep::text, 12, '0'))::uuid as user_id,
  ('d0000000-0000-4000-8000-' || lpad(helper::text, 12, '0'))::uuid as helper_id,
  ('e0000000-0000-4000-8000-' || lpad(campaign::text, 12, '0'))::uuid as campaign_id,
  -- From the helper's ring until they have the lead, the lead hears music.
  case when helper is not null then 20 else 0 end as hold,
  at + make_interval(secs => ring) as answered_at,
  at + make_interval(secs => ring + talk) as ended_at,
  at, demo_year.*
from demo_year
cross join lateral (select (day + make_interval(secs => second)) at time zone zone as at) as beginning;

insert into public.conversations (
  id, business_id, user_id, campaign_id, status, block_reason, from_number, to_number, call_sid, begun_at, dialed_at,
  ringing_at, answered_at, ended_at, duration_seconds, hold_seconds, bridge, is_plain, answered_by,
  time_limit_seconds, outcome, to_country, lead_time_zone, lead_zone_is_estimate, created_at, updated_at
)
select
  id, business_id, user_id, campaign_id, status, block_reason, '+14155550100', to_number, call_sid, at,
  case when status <> 'blocked' then at end, case when status not in ('blocked', 'failed') then at end,
  case when status = 'completed' then answered_at end,
  case when status = 'blocked' then at else ended_at end, talk, hold,
  case when helper is null then 'dial' else 'room' end, helper is null, answered_by,
  case when status <> 'blocked' then 14400 end, outcome, country, zone, true, at, at
from demo_past
order by at;

-- Some leads were handed over to a colleague, who was told about them first.
insert into public.call_actions (
  business_id, conversation_id, action, mode, asked_by, asked_at, to_user_id, call_leg_id, leaving_leg_id, result, finished_at
)
select
  business_id, id, wish.action, wish.mode, user_id, answered_at + wish.after,
  case when wish.action = 'transfer' then helper_id end, helper_leg_id,
  case when wish.action = 'complete' then leg_id end, 'done', answered_at + wish.after + interval '1 second'
from demo_past
cross join (
  values ('transfer', 'warm', interval '28 seconds'), ('complete', null, interval '48 seconds')
) as wish (action, mode, after)
where helper is not null
order by at, wish.after;

create temporary table demo_leg on commit drop as
select
  demo_past.business_id, demo_past.id as conversation_id, demo_past.call_sid as agent_call_sid, leg.*,
  demo_past.ended_at as call_ended_at,
  case leg.role when 'agent' then leg_id when 'teammate' then helper_leg_id else gen_random_uuid() end as id,
  case when leg.role = 'teammate' then helper_leg_id end as asked_id, call_actions.id as call_action_id
from demo_past
cross join lateral (
  values
    (
      demo_past.call_sid, 'agent', 'completed', null::timestamptz, null::timestamptz, at,
      case when helper is null then demo_past.ended_at + interval '1 second' else answered_at + interval '48 seconds' end,
      user_id, null
    ),
    (
      lead_call_sid, 'lead', demo_past.status, at, case when demo_past.status <> 'failed' then at end,
      case when demo_past.status = 'completed' then demo_past.answered_at end, demo_past.ended_at, null::uuid, to_number
    ),
    (
      helper_call_sid, 'teammate', 'completed', demo_past.answered_at + interval '28 seconds',
      demo_past.answered_at + interval '29 seconds', demo_past.answered_at + interval '38 seconds',
      demo_past.ended_at, helper_id, null
    )
) as leg (call_sid, role, status, initiated_at, ringing_at, answered_at, ended_at, user_id, to_number)
left join public.call_actions
  on leg.role = 'teammate'
  and call_actions.conversation_id = demo_past.id
  and call_actions.action = 'transfer'
where (leg.role = 'agent' or demo_past.status <> 'blocked') and (leg.role <> 'teammate' or helper is not null);

insert into public.call_legs (
  id, business_id, conversation_id, call_sid, role, status, initiated_at, ringing_at, answered_at, ended_at,
  duration_seconds, user_id, to_number, asked_for, asked_at, asked_by, call_action_id, ended_by
)
select
  demo_leg.id, demo_leg.business_id, demo_leg.conversation_id, demo_leg.call_sid,
  demo_leg.role, demo_leg.status, demo_leg.initiated_at, demo_leg.ringing_at, demo_leg.answered_at,
  demo_leg.ended_at, coalesce(extract(epoch from demo_leg.ended_at - demo_leg.answered_at)::integer, 0),
  demo_leg.user_id, demo_leg.to_number, call_actions.mode, call_actions.asked_at, call_actions.asked_by, call_actions.id,
  case when demo_leg.ended_at < demo_leg.call_ended_at then 'removed' end
from demo_leg
left join public.call_actions on call_actions.id = demo_leg.call_action_id;

insert into public.call_holds (business_id, conversation_id, call_leg_id, started_at, ended_at)
select
  demo_past.business_id, demo_past.id, call_legs.id, demo_past.answered_at + interval '28 seconds',
  demo_past.answered_at + interval '48 seconds'
from demo_past
inner join public.call_legs on call_legs.call_sid = demo_past.lead_call_sid
where hold > 0;

-- The ledger. Twilio tells the end of the agent's leg alone; a Dial action has no number and no time.
insert into public.call_events (
  business_id, conversation_id, call_sid, call_leg_id, agent_call_sid, source, status, sequence_number, occurred_at,
  duration_seconds, payload, received_at
)
select
  demo_leg.business_id, demo_leg.conversation_id, demo_leg.call_sid, demo_leg.asked_id, agent_call_sid, told.source, told.status, told.number,
  case when told.source <> 'dial_action' then told.at end, told.duration_seconds,
  jsonb_build_object('CallSid', demo_leg.call_sid, 'CallStatus', told.status), told.at
from demo_leg
cross join lateral (
  values
    ('status_callback', 'initiated', 0, demo_leg.initiated_at, null::integer),
    ('status_callback', 'ringing', 1, demo_leg.ringing_at, null),
    ('status_callback', 'in-progress', 2, case when role <> 'agent' then demo_leg.answered_at end, null),
    (
      'status_callback', demo_leg.status, case when role = 'agent' then 0 else 3 end, demo_leg.ended_at,
      coalesce(extract(epoch from demo_leg.ended_at - demo_leg.answered_at)::integer, 0)
    ),
    (
      'dial_action', demo_leg.status, null, case when role = 'lead' then demo_leg.ended_at end,
      coalesce(extract(epoch from demo_leg.ended_at - demo_leg.answered_at)::integer, 0)
    )
) as told (source, status, number, at, duration_seconds)
where told.at is not null
order by told.at, told.number;

-- What Twilio confirmed of the transfers: the lead waits, the colleague is dialled, and the rep leaves.
insert into public.call_events (
  business_id, conversation_id, call_sid, call_leg_id, agent_call_sid, source, status, sequence_number, occurred_at,
  payload, received_at
)
select
  demo_past.business_id, demo_past.id, told.call_sid, told.call_leg_id, demo_past.call_sid, 'control', told.status,
  call_actions.number, told.at, '{}', told.at
from demo_past
inner join public.call_actions on call_actions.conversation_id = demo_past.id
cross join lateral (
  values
    ('transfer', 'participant-hold', lead_call_sid, null::uuid, answered_at + interval '28 seconds'),
    ('transfer', 'queued', helper_call_sid, call_actions.call_leg_id, answered_at + interval '28 seconds'),
    ('complete', 'participant-unhold', lead_call_sid, null, answered_at + interval '48 seconds'),
    ('complete', 'removed', demo_past.call_sid, null, answered_at + interval '48 seconds')
) as told (action, status, call_sid, call_leg_id, at)
where told.action = call_actions.action and demo_past.helper is not null;

insert into public.call_events (
  business_id, conversation_id, call_sid, agent_call_sid, source, status, occurred_at, payload, received_at
)
select
  business_id, id, lead_call_sid, call_sid, 'amd', answered_by, answered_at + interval '4 seconds',
  jsonb_build_object('AnsweredBy', answered_by, 'MachineDetectionDuration', '4000'), answered_at + interval '4 seconds'
from demo_past
where answered_by is not null;

-- The rep has said what came of a call some seconds after its end.
insert into public.conversation_changes (business_id, conversation_id, changed_by, changed_at, before, after)
select
  business_id, id, user_id, ended_at + make_interval(secs => wrap_up), '{"outcome": null}',
  jsonb_build_object('outcome', outcome)
from demo_past
where outcome is not null
order by ended_at;

-- The lines of `demo_quality.sql`: Dana has a headset, and the microphone of her laptop; Robin has one headset, in the
-- office and at home.
create temporary table demo_line on commit drop as
select
  id, call_sid, business_id, user_id, answered_at - interval '5 seconds' as at, talk, demo_past.number,
  case
    when rep = 1 and mod(demo_past.number, 2) = 1 then 'Jabra Evolve2 40'
    when rep = 2 then 'Logitech H390'
    else 'MacBook Pro Microphone'
  end as microphone,
  case when rep = 2 and mod(demo_past.number, 2) = 0 then '40e0c8d2' else '0ff1ce01' end as network,
  case when rep = 2 then 'Firefox 153' else 'Chrome 147' end as browser,
  case when rep = 2 then 'Windows' else 'macOS' end as os,
  rep = 1 and mod(demo_past.number, 2) = 1 and mod(demo_past.number, 10) < 9 and talk > 20 as is_silent,
  rep = 2 and mod(demo_past.number, 2) = 0 as has_loss
from demo_past
where talk > 0;

set local session_replication_role = origin;
