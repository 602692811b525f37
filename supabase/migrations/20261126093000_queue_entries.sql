-- The leads that a campaign still has to call, and those that it is done with.
set lock_timeout = '2s';

-- One row per campaign and lead. Nobody writes it except functions. There are three kinds of columns: what people
-- did to the entry, what private.derive_entry computes from that and from the lead's calls, and the lease.
create table public.queue_entries (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null,
  campaign_id uuid not null,
  lead_id uuid not null,

  -- What people did. Higher priorities come first.
  priority integer not null default 0 check (priority between -100 and 100),
  enqueued_at timestamptz not null default now(),
  -- Null: an operator. No foreign key: the record outlives the account.
  enqueued_by uuid,
  -- Calls before it are not attempts of this entry: it was queued again.
  counted_from timestamptz not null default now(),
  -- When a manager paused it, and when one took it out of the queue.
  paused_at timestamptz,
  removed_at timestamptz,
  -- Not before held_until, because somebody skipped it or it must wait: held_reason is a wait_reason. It was said
  -- at held_at; a later call makes it void.
  held_at timestamptz,
  held_until timestamptz,
  held_reason text,
  -- The number that begin_call refused for what it is. Another number of the lead may be called.
  refused_number text,
  -- What a rep said of the lead without a call: an outcome, with the date of an agreed call. A later call makes it
  -- void.
  said_outcome text,
  said_at timestamptz,
  said_call_back_at timestamptz,
  said_call_back_for uuid,

  -- What is derived. ready: it is called now (is_due) or at next_at, for which it waits because of wait_reason.
  -- done: for done_reason. paused: until a person does something.
  state text not null default 'ready' check (state in ('ready', 'leased', 'done', 'paused')),
  -- Whether it stands in the order below. An entry with an agreed call never does: the rep it is for gets it.
  is_due boolean not null default true,
  next_at timestamptz not null default now(),
  -- retry, call_back, outside_calling_hours, called_lately, attempts_today, skipped, in_call or outcome_missing
  wait_reason text,
  -- outcome, attempts_used, do_not_call, wrong_number, no_number, number_refused or removed
  done_reason text,
  -- The calls to this lead in this campaign that were dialled.
  attempts integer not null default 0,
  last_outcome text,
  last_conversation_id uuid,
  -- When and for whom (null: anybody) a call is agreed.
  call_back_at timestamptz,
  call_back_for uuid,

  -- The lease: one rep has this lead now. Who has not the token writes nothing.
  lease_owner uuid,
  lease_token uuid,
  lease_until timestamptz,
  leased_at timestamptz,
  -- The call that was begun under the lease.
  lease_conversation_id uuid,
  -- The token of the last lease: who asks again with it gets the same answer.
  ended_token uuid,

  updated_at timestamptz not null default now(),
  unique (campaign_id, lead_id),
  -- Composite: an entry cannot join rows of two businesses.
  foreign key (business_id, campaign_id)
  references public.campaigns (business_id, id) on delete cascade,
  foreign key (business_id, lead_id)
  references public.leads (business_id, id) on delete cascade,
  check (
    (state = 'leased') = (lease_owner is not null)
    and (state = 'leased') = (lease_token is not null)
    and (state = 'leased') = (lease_until is not null)
    and (state = 'leased') = (leased_at is not null)
    and (state = 'leased' or lease_conversation_id is null)
  ),
  check ((state = 'done') = (done_reason is not null)),
  check (not is_due or state = 'ready')
);

-- In which order leads are called.
create index queue_entries_order_idx
on public.queue_entries (campaign_id, priority desc, attempts, next_at, id)
where state = 'ready' and is_due;
-- What becomes due.
create index queue_entries_waiting_idx
on public.queue_entries (campaign_id, next_at)
where state = 'ready' and not is_due and call_back_at is null;
-- Agreed calls: those of a rep, those of anybody, and those that nobody kept.
create index queue_entries_call_backs_idx
on public.queue_entries (campaign_id, call_back_for, next_at)
where state = 'ready' and call_back_at is not null and call_back_for is not null;
create index queue_entries_open_call_backs_idx
on public.queue_entries (campaign_id, next_at)
where state = 'ready' and call_back_at is not null and call_back_for is null;
create index queue_entries_kept_call_backs_idx
on public.queue_entries (campaign_id, next_at)
where state = 'ready' and call_back_at is not null;
-- What waits for a person.
create index queue_entries_paused_idx on public.queue_entries (campaign_id) where state = 'paused';
-- What is done in a campaign, by the reason, the newest first.
create index queue_entries_done_idx
on public.queue_entries (campaign_id, done_reason, updated_at desc, id) where state = 'done';
-- Leases of a campaign, by their end.
create index queue_entries_leases_idx on public.queue_entries (campaign_id, lease_until) where state = 'leased';
-- A rep has one lead at a time, and a lead one rep, in all campaigns.
create unique index queue_entries_one_lease_a_rep_idx
on public.queue_entries (business_id, lease_owner) where state = 'leased';
create unique index queue_entries_one_lease_a_lead_idx
on public.queue_entries (business_id, lead_id) where state = 'leased';
-- The campaigns of a lead; the deletion of a lead or a campaign asks for these, too.
create index queue_entries_lead_id_idx on public.queue_entries (business_id, lead_id);
create index queue_entries_campaign_id_idx on public.queue_entries (business_id, campaign_id);
-- The appointments of a rep who leaves.
create index queue_entries_call_back_for_idx
on public.queue_entries (business_id, call_back_for) where call_back_for is not null;
create index queue_entries_said_call_back_for_idx
on public.queue_entries (business_id, said_call_back_for) where said_call_back_for is not null;

create trigger queue_entries_touch_updated_at
before update on public.queue_entries
for each row execute function private.touch_updated_at();

alter table public.queue_entries enable row level security;

-- Reps see whom their business calls next, and why it waits.
create policy "members can read the queues of their business"
on public.queue_entries for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- A lead whom a colleague has now is not called by another rep.
create policy "a webhook can read the leases of its call's business"
on public.queue_entries for select to call_webhook
using (
  state = 'leased'
  and business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid
);

revoke all on public.queue_entries from public, anon, authenticated, service_role;
grant select on public.queue_entries to authenticated, call_webhook, service_role;
