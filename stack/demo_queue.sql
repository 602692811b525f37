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

insert into public.campaigns (id, business_id, name, mode, wrap_up_seconds, caller_id, script)
values (
  'e0000000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000001', 'Fast follow-up', 'power', 5,
  '+14155550101', 'Hello {{lead.first_name}}, you asked us for a price. Do you have a minute?'
);

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
    (8, 'Fay Followup', 'Fjord Foods', '+14155550127', 'America/Los_Angeles')
) as demo (number, name, company, phone_number, time_zone);

update public.leads
set wrong_number_at = now() - interval '6 days'
where id = 'a0000000-0000-4000-8000-000000000106';

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
    ('e0000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000007', 0),
    ('e0000000-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000107', 0),
    ('e0000000-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000108', 0)
) as demo (campaign, lead, priority);

-- What the calls of the last days say of them.
select private.settle_entry(queue_entries.id) from public.queue_entries;
