-- A database that looks used for a year: `bench.conversations` calls of 1,000 businesses, one of which
-- has a hundredth of them. Only the newest `bench.detailed` calls have legs and events.
-- Ids are computed from numbers, so that rows find each other without a join.

-- The ids below always refer to rows that exist, so foreign keys need no check.
set session_replication_role = replica;
set maintenance_work_mem = '1GB';
set max_parallel_maintenance_workers = 2;

create function pg_temp.id(p_kind text, p_n bigint)
returns uuid
language sql
immutable
as $$ select md5(p_kind || p_n::text)::uuid; $$;

create function pg_temp.leads()
returns bigint
language sql
stable
as $$ select greatest(10000, current_setting('bench.conversations')::bigint / 10); $$;

insert into public.businesses (id, name)
select pg_temp.id('business', n), 'Business ' || n from generate_series(0, 999) as n;

insert into auth.users (id, email)
select pg_temp.id('user', n), 'user' || n || '@henk.test' from generate_series(0, 4999) as n;

insert into public.business_members (business_id, user_id, role)
select pg_temp.id('business', n % 1000), pg_temp.id('user', n), 'agent'
from generate_series(0, 4999) as n;

insert into public.phone_numbers (business_id, phone_number, is_default)
select pg_temp.id('business', n % 1000), '+1415' || lpad(n::text, 7, '0'), n < 1000
from generate_series(0, 2999) as n;

insert into public.campaigns (id, business_id, name)
select pg_temp.id('campaign', n), pg_temp.id('business', n % 1000), 'Campaign ' || n
from generate_series(0, 4999) as n;

-- Indexes are made at the end, from all rows at once.
update pg_catalog.pg_index set indisready = false
where indrelid in (
  'public.leads'::regclass, 'public.do_not_call'::regclass, 'public.conversations'::regclass,
  'public.call_legs'::regclass, 'public.call_events'::regclass
);

insert into public.leads (id, business_id, name, company, phone_number, email)
select
  pg_temp.id('lead', n), pg_temp.id('business', n % 1000), 'Lead ' || n, 'Company ' || n,
  '+1' || (2000000000 + n), 'lead' || n || '@example.com'
from generate_series(0, pg_temp.leads() - 1) as n;

insert into public.do_not_call (business_id, phone_number)
select pg_temp.id('business', n % 1000), '+1' || (4000000000 + n)
from generate_series(0, pg_temp.leads() / 10 - 1) as n;

create temporary view calls as
select
  n,
  pg_temp.id('conversation', n) as conversation_id,
  pg_temp.id('business', business) as business_id,
  pg_temp.id('user', business + 1000 * (n % 5)) as user_id,
  lead,
  pg_temp.id('lead', lead) as lead_id,
  pg_temp.id('campaign', business + 1000 * (n % 5)) as campaign_id,
  'CA' || md5('agent' || n::text) as agent_sid,
  'CA' || md5('lead' || n::text) as lead_sid,
  '+1415' || lpad(business::text, 7, '0') as caller_id,
  '+1' || (2000000000 + lead) as lead_number,
  created_at
from (
  select
    n,
    case when n % 100 = 0 then 0 else 1 + n % 999 end as business,
    case when n % 100 = 0 then 0 else 1 + n % 999 end
      + 1000 * (n % (pg_temp.leads() / 1000)) as lead,
    now() - (current_setting('bench.conversations')::bigint - n + 1)
      * (interval '1 year' / current_setting('bench.conversations')::bigint) as created_at
  from generate_series(1, current_setting('bench.conversations')::bigint) as n
) as numbered;

insert into public.conversations (
  id, business_id, user_id, lead_id, campaign_id, status, from_number, to_number, call_sid,
  begun_at, dialed_at, ringing_at, answered_at, ended_at, duration_seconds, time_limit_seconds,
  outcome, notes, created_at, updated_at
)
select
  conversation_id, business_id, user_id, lead_id, case when n % 2 = 0 then campaign_id end,
  case when n % 10 < 3 then 'completed' when n % 10 < 9 then 'no-answer' else 'busy' end,
  caller_id, lead_number, agent_sid,
  created_at, created_at, created_at + interval '2 seconds',
  case when n % 10 < 3 then created_at + interval '12 seconds' end,
  created_at + interval '1 minute', case when n % 10 < 3 then 48 else 0 end, 14400,
  case when n % 10 < 3 then 'interested' end,
  case when n % 10 = 0 then 'Wants an offer by the end of the month, call again on Monday.' end,
  created_at, created_at + interval '1 minute'
from calls;

insert into public.call_legs (
  business_id, conversation_id, call_sid, role, status,
  initiated_at, ringing_at, answered_at, ended_at, duration_seconds
)
select
  business_id, conversation_id, sid, role, 'completed',
  created_at, created_at + interval '2 seconds', created_at + interval '12 seconds',
  created_at + interval '1 minute', 48
from calls, lateral (values (agent_sid, 'agent'), (lead_sid, 'lead')) as leg (sid, role)
where n > current_setting('bench.conversations')::bigint - current_setting('bench.detailed')::bigint;

insert into public.call_events (
  business_id, conversation_id, call_sid, agent_call_sid, source, status, sequence_number,
  occurred_at, duration_seconds, payload, received_at
)
select
  business_id, conversation_id, sid, agent_sid, source, status, number,
  happened_at, seconds,
  -- What differs between callbacks, and what does not.
  jsonb_build_object(
    'CallSid', sid, 'ParentCallSid', agent_sid, 'CallStatus', status, 'SequenceNumber', number,
    'Timestamp', happened_at, 'From', caller_id, 'To', lead_number, 'Caller', caller_id,
    'Called', lead_number
  ) || '{
    "AccountSid": "AC0123456789abcdef0123456789abcdef", "ApiVersion": "2010-04-01",
    "CallbackSource": "call-progress-events", "Direction": "outbound-dial", "FromCity": "SAN FRANCISCO",
    "FromState": "CA", "FromZip": "94105", "FromCountry": "US", "ToCity": "NEW YORK", "ToState": "NY",
    "ToZip": "10001", "ToCountry": "US", "CallerCity": "SAN FRANCISCO", "CallerCountry": "US",
    "CalledCity": "NEW YORK", "CalledCountry": "US"
  }',
  happened_at
from calls, lateral (
  values
    (lead_sid, 'status_callback', 'initiated', 0, created_at, null),
    (lead_sid, 'status_callback', 'ringing', 1, created_at + interval '2 seconds', null),
    (lead_sid, 'status_callback', 'in-progress', 2, created_at + interval '12 seconds', null),
    (lead_sid, 'status_callback', 'completed', 3, created_at + interval '1 minute', 48),
    (lead_sid, 'dial_action', 'completed', null, created_at + interval '1 minute', 48),
    (agent_sid, 'status_callback', 'completed', 0, created_at + interval '1 minute', 60)
) as event (sid, source, status, number, happened_at, seconds)
where n > current_setting('bench.conversations')::bigint - current_setting('bench.detailed')::bigint;

reindex table public.leads;
reindex table public.do_not_call;
reindex table public.conversations;
reindex table public.call_legs;
reindex table public.call_events;
set session_replication_role = origin;
