-- Why a business calls.
set lock_timeout = '2s';

-- A reason to call a set of leads.
create table public.campaigns (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  -- Whether Twilio tells, for a price, if a machine has answered.
  machine_detection boolean not null default false,
  created_at timestamptz not null default now(),
  -- The target of composite references: foreign keys ignore row-level security.
  unique (business_id, id)
);

alter table public.campaigns enable row level security;

-- Reps choose the campaign that a call is for.
create policy "members can read the campaigns of their business"
on public.campaigns for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- A call may only be tied to a campaign of its own business.
create policy "a webhook can read the campaigns of its call's business"
on public.campaigns for select to call_webhook
using (business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

revoke all on public.campaigns from public, anon, authenticated, service_role;
grant select on public.campaigns to authenticated, call_webhook;
grant select, insert, update on public.campaigns to service_role;
