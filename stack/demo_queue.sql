-- The queue of the campaign Solar autumn, as a day of calling finds it: leads to call, one who waits for an agreed
-- call, one whom nobody may call, one without a number, and a machine, for which Dana has recorded a message.
-- `demo_history.py` runs it once, with the length and the size of the file that it stores in the bucket.

update public.campaigns
set
  script = E'Opening\nHello {{lead.first_name}}, this is {{rep.name}} of {{business.name}}. Do you have two minutes?\n\n'
    || E'Questions\n- Do you own the roof of {{lead.company}}?\n- What do you pay for electricity in a month?\n\n'
    || E'Next step\nOffer the free roof survey, and agree on a day.',
  machine_detection = true
where id = 'e0000000-0000-4000-8000-000000000001';

-- Solar autumn waits two hours after no answer, and leaves two messages at most.
insert into public.retry_rules (business_id, campaign_id, result, after_minutes, max_times)
select 'b0000000-0000-4000-8000-000000000001', 'e0000000-0000-4000-8000-000000000001', rule.*
from (values ('no-answer', 120, null::integer), ('voicemail', 2880, 2)) as rule (result, after_minutes, max_times);

insert into public.voicemail_messages (id, business_id, user_id, name, duration_seconds, bytes, is_shared, created_at)
values (
  'f3000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001',
  'd0000000-0000-4000-8000-000000000001', 'Call me back', %(message_seconds)s, %(message_bytes)s, true,
  now() - interval '5 days'
);

insert into public.leads (id, business_id, name, company, phone_number, time_zone)
select
  ('a0000000-0000-4000-8000-0000000001' || lpad(number::text, 2, '0'))::uuid,
  'b0000000-0000-4000-8000-000000000001', demo.name, demo.company, demo.phone_number, demo.time_zone
from (
  values
    (1, 'Vic Voicemail', 'Vista Dental', '+15005550013', 'America/New_York'),
    (2, 'Hana Hawaii', 'Surf Shack', '+14155550121', 'Pacific/Honolulu'),
    (3, 'Nia Newcomer', 'North Bakery', '+14155550122', 'America/Chicago'),
    (4, 'Leo Later', 'Lakeside Inn', '+14155550123', 'America/Denver'),
    (5, 'Dan Donotcall', 'Dunes Motel', '+14155550142', 'America/Phoenix'),
    (6, 'Wim Wrongnumber', 'Willow Farm', '+14155550125', null),
    (7, 'Quinn Quick', 'Quartz Gym', '+14155550126', 'America/Los_Angeles'),
    (8, 'Fay Followup', 'Fjord Foods', '+14155550127', 'America/Los_Angeles'),
    (9, 'Uma Unanswered', 'Upland Hotel', '+14155550128', 'America/New_York'),
    (10, 'Otto Openend', 'Orchard Cider', '+14155550129', 'America/New_York')
) as demo (number, name, company, phone_number, time_zone);

update public.leads
set wrong_number_at = now() - interval '6 days'
where id = 'a0000000-0000-4000-8000-000000000106';

-- Uma has not answered six times: the campaign has given up. Leo has not answered twice, and waits. Otto talked with
-- Robin, who has not said what came of it.
create temporary table demo_tried on commit drop as
select
  ('f0000000-0000-4000-8000-0000000001' || lpad(number::text, 2, '0'))::uuid as id,
  'CA' || lpad((300 + number)::text, 32, '0') as call_sid,
  'CA' || lpad((400 + number)::text, 32, '0') as lead_call_sid,
  'b0000000-0000-4000-8000-000000000001'::uuid as business_id,
  ('a0000000-0000-4000-8000-0000000001' || lead)::uuid as lead_id,
  ('d0000000-0000-4000-8000-00000000000' || rep)::uuid as user_id,
  date_trunc('minute', now()) - age as at,
  number, to_number, talk
from (
  select number, '09' as lead, '1' as rep, '+14155550128' as to_number, number * interval '1 day 20 minutes' as age, 0 as talk
  from generate_series(1, 6) as number

  union all

  values
    (7, '04', '1', '+14155550123', interval '1 day 2 hours', 0),
    (8, '04', '1', '+14155550123', interval '70 minutes', 0),
    (9, '10', '2', '+14155550129', interval '3 hours', 212)
) as demo;

insert into public.conversations (
  id, business_id, user_id, lead_id, campaign_id, status, from_number, to_number, call_sid, begun_at, dialed_at,
  ringing_at, answered_at, ended_at, duration_seconds, hold_seconds, bridge, is_plain, time_limit_seconds,
  to_country, created_at, updated_at
)
select
  id, business_id, user_id, lead_id, 'e0000000-0000-4000-8000-000000000001',
  case when talk > 0 then 'completed' else 'no-answer' end, '+14155550100', to_number, call_sid, at, at, at,
  case when talk > 0 then at + interval '6 seconds' end,
  at + make_interval(secs => case when talk > 0 then 6 + talk else 25 end), talk, 0, 'dial', true, 14400, 'US', at, at
from demo_tried;

insert into public.call_legs (
  business_id, conversation_id, call_sid, role, status, initiated_at, ringing_at, answered_at, ended_at,
  duration_seconds, user_id, to_number
)
select
  demo_tried.business_id, demo_tried.id, leg.call_sid, leg.role, conversations.status, at, at,
  conversations.answered_at, conversations.ended_at, talk, leg.user_id, leg.to_number
from demo_tried
inner join public.conversations on conversations.id = demo_tried.id
cross join lateral (
  values (demo_tried.call_sid, 'agent', demo_tried.user_id, null), (lead_call_sid, 'lead', null, demo_tried.to_number)
) as leg (call_sid, role, user_id, to_number);

delete from private.unsettled_calls
where agent_call_sid in (select call_sid from demo_tried);

-- Tess agreed on a call with Dana two days ago: it is due in a quarter of an hour.
insert into public.call_backs (
  conversation_id, business_id, lead_id, campaign_id, to_number, due_at, user_id, created_by, created_at
)
select
  demo_call.id, business_id, 'a0000000-0000-4000-8000-000000000007', campaign_id::uuid, to_number,
  date_trunc('minute', now()) + interval '15 minutes', dana, dana, at + interval '2 minutes'
from demo_call
where number = 2;

insert into public.queue_entries (business_id, campaign_id, lead_id, priority, counted_from)
select
  'b0000000-0000-4000-8000-000000000001', demo.campaign::uuid, demo.lead::uuid, demo.priority,
  now() - interval '30 days'
from (
  values
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002', 5),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000003', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000005', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000008', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-00000000000a', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000101', 3),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000102', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000103', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000104', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000105', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000106', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000109', 0),
    ('e0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000110', 0),
    ('e0000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000007', 0),
    ('e0000000-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000107', 0),
    ('e0000000-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000108', 0)
) as demo (campaign, lead, priority);

-- What the calls of the last days say of them.
select private.settle_entry(queue_entries.id) from public.queue_entries;
