-- Three days of calls of two reps, of which most had a good line: the temporary table demo_line of
-- stack/demo_quality.sql, with conversations and legs. `demo_lines.py` runs both.

-- Dana has a headset and the microphone of her laptop, Robin one headset in the office and at home.
create temporary table demo_line on commit drop as
select
  ('f0000000-0000-4000-8000-0000000005' || lpad(number::text, 2, '0'))::uuid as id,
  'CA' || lpad((500 + number)::text, 32, '0') as call_sid,
  'CA' || lpad((600 + number)::text, 32, '0') as lead_call_sid,
  'b0000000-0000-4000-8000-000000000001'::uuid as business_id,
  ('d0000000-0000-4000-8000-00000000000' || case when is_dana then 1 else 2 end)::uuid as user_id,
  '+1415555016' || mod(number, 10) as to_number,
  date_trunc('day', now()) - interval '5 days' + mod(number / 3, 3) * interval '1 day'
  + (8 + number / 10) * interval '1 hour' + mod(number * 7, 55) * interval '1 minute' as at,
  40 + mod(number * 37, 260) as talk,
  case when is_dana and mod(number, 3) = 1 then 'Jabra Evolve2 40' when is_dana then 'MacBook Pro Microphone'
    else 'Logitech H390' end as microphone,
  case when is_dana or mod(number, 3) > 0 then '0ff1ce01' else '40e0c8d2' end as network,
  case when is_dana then 'Chrome 147' else 'Firefox 153' end as browser,
  case when is_dana then 'macOS' else 'Windows' end as os,
  is_dana and mod(number, 3) = 1 and mod(number, 5) < 4 as is_silent,
  not is_dana and mod(number, 3) = 0 and mod(number, 5) < 4 as has_loss,
  number
from (select number, mod(number / 2, 2) = 0 as is_dana from generate_series(1, 90) as number) as demo;

insert into public.conversations (
  id, business_id, user_id, status, from_number, to_number, call_sid, begun_at, dialed_at, ringing_at, answered_at,
  ended_at, duration_seconds, hold_seconds, bridge, is_plain, time_limit_seconds, outcome, created_at, updated_at
)
select
  id, business_id, user_id, 'completed', '+14155550100', to_number, call_sid, at, at, at, at + interval '5 seconds',
  at + make_interval(secs => 5 + talk), talk, 0, 'dial', true, 14400, 'connected', at, at
from demo_line;

insert into public.call_legs (
  business_id, conversation_id, call_sid, role, status, initiated_at, ringing_at, answered_at, ended_at,
  duration_seconds, user_id, to_number
)
select
  business_id, id, leg.call_sid, leg.role, 'completed', at, at, at + interval '5 seconds',
  at + make_interval(secs => 5 + talk), talk, leg.user_id, leg.to_number
from demo_line
cross join lateral (
  values (demo_line.call_sid, 'agent', demo_line.user_id, null), (lead_call_sid, 'lead', null, demo_line.to_number)
) as leg (call_sid, role, user_id, to_number);

-- Twilio does not know these calls, and must not be asked about them.
delete from private.unsettled_calls
where agent_call_sid in (select call_sid from demo_line);
