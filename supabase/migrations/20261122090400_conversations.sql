set lock_timeout = '2s';

-- What people read: one row per call, kept true by the ledger.
create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  -- Null only for a call whose caller is no rep of any business: it is refused, and still on record.
  business_id uuid references public.businesses (id) on delete cascade,
  -- No foreign key: the record of a call outlives the account that placed it.
  user_id uuid,
  lead_id uuid,
  campaign_id uuid,
  channel text not null default 'voice' check (channel = 'voice'),
  direction text not null default 'outbound' check (direction in ('outbound', 'inbound')),
  -- Twilio's words for the lead's leg, and 'blocked' for a call that was refused.
  status text not null check (
    status in (
      'queued', 'initiated', 'ringing', 'in-progress',
      'completed', 'busy', 'no-answer', 'failed', 'canceled', 'blocked'
    )
  ),
  block_reason text,
  -- The caller ID shown to the lead; null where none was settled before the call was refused.
  from_number text,
  -- E.164. For a refused call whose number is none, and for one that we never got to begin, what was
  -- typed.
  to_number text check (length(to_number) <= 64),
  -- The agent's leg: the call that the browser placed.
  call_sid text not null unique check (length(call_sid) <= 64),
  dialed_at timestamptz,
  ringing_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  -- Time spent talking to the lead: not ringing, and not the agent's leg. Null until the call ends.
  duration_seconds integer check (duration_seconds >= 0),
  -- How long Twilio was told to let it last. Null for a refused call.
  time_limit_seconds integer check (time_limit_seconds > 0),
  outcome text check (length(outcome) <= 100),
  notes text check (length(notes) <= 10000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (business_id, id),
  -- Composite, so that a call cannot be tied to another business's lead: foreign keys look past
  -- row-level security, and the answer must not tell whether the row exists there.
  foreign key (business_id, lead_id)
  references public.leads (business_id, id) on delete set null (lead_id),
  foreign key (business_id, campaign_id)
  references public.campaigns (business_id, id) on delete set null (campaign_id),
  check ((status = 'blocked') = (block_reason is not null)),
  check (business_id is not null or status = 'blocked'),
  check (status in ('blocked', 'failed') or to_number ~ '^\+[1-9][0-9]{6,14}$')
);

create index conversations_created_at_idx on public.conversations (business_id, created_at desc);
create index conversations_lead_id_idx
on public.conversations (business_id, lead_id) where lead_id is not null;
create index conversations_campaign_id_idx
on public.conversations (business_id, campaign_id) where campaign_id is not null;

-- Keeps updated_at honest whoever writes.
create function private.touch_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- Not now(), the start of the transaction: behind a lock that it waited for, a later change would
  -- bear an earlier time, and who polls for changes would miss it.
  new.updated_at := clock_timestamp();
  return new;
end;
$$;

revoke execute on function private.touch_updated_at() from public, anon;

create trigger conversations_touch_updated_at
before update on public.conversations
for each row execute function private.touch_updated_at();

alter table public.conversations enable row level security;

create policy "members can read the calls of their business"
on public.conversations for select to authenticated
using (business_id = any(array(select private.business_ids())));

create policy "members can describe the calls of their business"
on public.conversations for update to authenticated
using (business_id = any(array(select private.business_ids())))
with check (business_id = any(array(select private.business_ids())));

revoke all on public.conversations from public, anon, authenticated, service_role;
grant select on public.conversations to authenticated;
-- What a call was is the ledger's to say; what it meant is the rep's.
grant update (outcome, notes, lead_id, campaign_id) on public.conversations to authenticated;
grant select on public.conversations to service_role;
