-- Calls that were recorded, or were not, in each way that a page can show. `demo_history.py` runs it once, with
-- the size and the hash of the two files that it stores in the bucket. All other rows are written by the
-- endpoints of real calls; here they are written as such calls leave them.

-- The moments of each call are seconds after its beginning.
create temporary table demo_call on commit drop as
select
  ('f0000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid as id,
  'CA' || lpad(number::text, 32, '0') as call_sid,
  'CA' || lpad((100 + number)::text, 32, '0') as lead_call_sid,
  'RE' || lpad(number::text, 32, '0') as recording_sid,
  'b0000000-0000-4000-8000-000000000001'::uuid as business_id,
  'd0000000-0000-4000-8000-000000000001'::uuid as dana,
  'd0000000-0000-4000-8000-000000000002'::uuid as robin,
  date_trunc('minute', now()) - age as at,
  demo.*
from (
  values
    -- Ada was recorded, and paused while she told the number of her card.
    (
      1, interval '1 day 2 hours', 1, 'e0000000-0000-4000-8000-000000000001', '+15005550006', 62, 0,
      'interested', 'Wants a roof survey in spring. Paid the deposit by card.', 'stopped'
    ),
    -- Tess was put on hold and handed over to Robin.
    (
      2, interval '2 days 5 hours', 7, 'e0000000-0000-4000-8000-000000000003', '+15005550012', 74, 14,
      'callback', 'Asked about heat pumps: Robin took over.', 'stopped'
    ),
    -- Pat pressed 9.
    (
      3, interval '3 days 1 hour', 10, 'e0000000-0000-4000-8000-000000000001', '+14155550118', 41, 0,
      'not_interested', null, 'refused'
    ),
    -- José's recording is older than the 90 days that the business keeps recordings.
    (
      4, interval '97 days', 9, 'e0000000-0000-4000-8000-000000000001', '+15005550011', 55, 0,
      'connected', null, 'stopped'
    )
) as demo (
  number, age, lead, campaign_id, to_number, talk, hold, outcome, notes, recording_state
);

insert into public.conversations (
  id, business_id, user_id, lead_id, campaign_id, status, from_number, to_number, call_sid, begun_at, dialed_at,
  ringing_at, answered_at, ended_at, duration_seconds, hold_seconds, bridge, is_plain, recording_state,
  time_limit_seconds, outcome, notes, created_at, updated_at
)
select
  id, business_id, dana, ('a0000000-0000-4000-8000-' || lpad(to_hex(lead), 12, '0'))::uuid, campaign_id::uuid,
  'completed', '+14155550100', to_number, call_sid, at, at, at, at + interval '3 seconds',
  at + make_interval(secs => 3 + talk), talk, hold, case when hold > 0 then 'room' else 'dial' end, hold = 0,
  recording_state, 14400, outcome, notes, at, at
from demo_call;

insert into public.call_legs (
  business_id, conversation_id, call_sid, role, status, initiated_at, ringing_at, answered_at, ended_at,
  duration_seconds, user_id, to_number, asked_for, asked_at, asked_by
)
select
  demo_call.business_id, demo_call.id, leg.call_sid, leg.role, 'completed', leg.start, leg.start,
  leg.start + interval '3 seconds', leg.until,
  extract(epoch from leg.until - leg.start)::integer - 3, leg.user_id, leg.to_number, leg.asked_for,
  case when leg.asked_for is not null then leg.start end,
  case when leg.asked_for is not null then demo_call.dana end
from demo_call
cross join lateral (
  values
    (
      call_sid, 'agent', at, at + make_interval(secs => case when hold > 0 then 50 else 3 + talk end),
      dana, null, null
    ),
    (lead_call_sid, 'lead', at, at + make_interval(secs => 3 + talk), null::uuid, to_number, null),
    (
      'CA' || lpad((200 + number)::text, 32, '0'), 'teammate', at + interval '34 seconds',
      at + make_interval(secs => 3 + talk), robin, null, 'warm'
    )
) as leg (call_sid, role, start, until, user_id, to_number, asked_for)
where leg.role <> 'teammate' or demo_call.hold > 0;

insert into public.call_holds (business_id, conversation_id, call_leg_id, started_at, ended_at)
select
  demo_call.business_id, demo_call.id, call_legs.id, at + interval '33 seconds',
  at + make_interval(secs => 33 + hold)
from demo_call
inner join public.call_legs on call_legs.call_sid = lead_call_sid
where hold > 0;

insert into public.recording_consents (
  conversation_id, business_id, mode, consent_mode, country, region, notice_text, notice_started_at,
  notice_ended_at, refused_at, refused_how, created_at
)
select
  id, business_id, 'all', 'announce', 'US', 'CA', 'This call is recorded. If you do not agree, press 9 now.',
  at + interval '3 seconds',
  case when recording_state <> 'refused' then at + interval '9 seconds' end,
  case when recording_state = 'refused' then at + interval '8 seconds' end,
  case when recording_state = 'refused' then 'key' end, at
from demo_call;

-- The files begin 10 s after the call.
insert into public.recordings (
  id, business_id, conversation_id, agent_call_sid, call_sid, part, recording_sid, state, wanted, delete_reason,
  asked_at, started_at, completed_at, duration_seconds, channels, bytes, sha256, object_path, fetched_at,
  stored_at, twilio_deleted_at, expires_at, object_deleted_at, next_at
)
select
  ('f1000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid, business_id, id, call_sid, lead_call_sid, 1,
  recording_sid,
  case when file.is_deleted then 'deleted' else 'kept' end,
  case when file.is_deleted then 'deleted' else 'kept' end,
  case when file.is_deleted then 'retention' end,
  at + interval '9 seconds', at + interval '10 seconds', ended, talk - 7, 2, file.bytes, file.sha256,
  case when not file.is_deleted then format('%%s/%%s/%%s.mp3', business_id, id, recording_sid) end,
  ended + interval '2 seconds', ended + interval '3 seconds', ended + interval '4 seconds',
  ended + interval '90 days',
  case when file.is_deleted then ended + interval '90 days 1 minute' end,
  case when not file.is_deleted then ended + interval '90 days' end
from demo_call
cross join lateral (select at + make_interval(secs => 3 + talk) as ended) as end_of_call
inner join (
  values
    (1, %(bytes_1)s, %(sha256_1)s, false),
    (2, %(bytes_2)s, %(sha256_2)s, false),
    (4, 192000, repeat('4', 64), true)
) as file (of_call, bytes, sha256, is_deleted) on file.of_call = demo_call.number;

insert into public.recording_actions (
  business_id, conversation_id, action, asked_by, asked_at, recording_id, result, finished_at
)
select
  business_id, id, wish.action, dana, at + wish.after,
  ('f1000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid, 'done', at + wish.after + interval '0.2 seconds'
from demo_call
cross join (
  values ('pause', interval '32 seconds'), ('resume', interval '44 seconds')
) as wish (action, after)
where number = 1;

-- Twilio does not know these calls, and must not be asked about them.
delete from private.unsettled_calls
where agent_call_sid in (select call_sid from demo_call);
