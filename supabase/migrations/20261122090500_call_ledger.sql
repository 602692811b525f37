-- The ledger: every distinct callback once, and the legs that follow from them.
set lock_timeout = '2s';

-- Twilio's call states in the order a call takes them. Unknown words rank null and are kept unused.
create function private.call_status_rank(p_status text)
returns integer
language sql
immutable
parallel safe
set search_path = ''
as $$
  select case p_status
    when 'queued' then 0
    when 'initiated' then 1
    when 'ringing' then 2
    when 'in-progress' then 3
    when 'completed' then 4
    when 'busy' then 4
    when 'no-answer' then 4
    when 'failed' then 4
    when 'canceled' then 4
  end;
$$;

revoke execute on function private.call_status_rank(text) from public, anon;

-- Append-only. A callback may arrive before the call it belongs to is on record: it waits here
-- without a conversation and is attached when the call begins.
create table public.call_events (
  id bigint generated always as identity primary key,
  business_id uuid,
  conversation_id uuid,
  -- The leg that the event tells about.
  call_sid text not null check (length(call_sid) <= 64),
  -- The call that the event belongs to: conversations.call_sid.
  agent_call_sid text not null check (length(agent_call_sid) <= 64),
  source text not null check (source in ('status_callback', 'dial_action')),
  status text not null check (length(status) <= 64),
  -- The order in which Twilio fired the leg's events; they may arrive in any other.
  sequence_number integer,
  -- When it happened, by Twilio's clock.
  occurred_at timestamptz,
  -- Seconds the leg was connected, on terminal events.
  duration_seconds integer check (duration_seconds >= 0),
  -- The parameters as Twilio sent them.
  payload jsonb not null,
  received_at timestamptz not null default now(),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  -- What makes a callback distinct. A retry carries the same values and is stored once.
  unique nulls not distinct (call_sid, source, status, sequence_number)
);

create index call_events_agent_call_sid_idx on public.call_events (agent_call_sid);
create index call_events_conversation_id_idx on public.call_events (business_id, conversation_id);

-- One row per CallSid.
create table public.call_legs (
  id uuid primary key default gen_random_uuid(),
  business_id uuid,
  conversation_id uuid not null,
  call_sid text not null unique check (length(call_sid) <= 64),
  role text not null check (role in ('agent', 'lead')),
  status text not null check (private.call_status_rank(status) is not null),
  initiated_at timestamptz,
  ringing_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  -- Seconds the leg was connected.
  duration_seconds integer check (duration_seconds >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (business_id, id),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade
);

create index call_legs_conversation_id_idx on public.call_legs (business_id, conversation_id);

create trigger call_legs_touch_updated_at
before update on public.call_legs
for each row execute function private.touch_updated_at();

alter table public.call_events enable row level security;
alter table public.call_legs enable row level security;

create policy "members can read the events of their business"
on public.call_events for select to authenticated
using (business_id = any(array(select private.business_ids())));

create policy "members can read the legs of their business"
on public.call_legs for select to authenticated
using (business_id = any(array(select private.business_ids())));

revoke all on public.call_events, public.call_legs from public, anon, authenticated, service_role;
grant select on public.call_events, public.call_legs to authenticated;
grant select on public.call_events, public.call_legs to service_role;
revoke all on sequence public.call_events_id_seq from public, anon, authenticated, service_role;
