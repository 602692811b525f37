-- Whom a business calls, and why.
set lock_timeout = '2s';

-- A person to call. The number is optional: a lead may be known by e-mail alone.
create table public.leads (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  company text check (length(company) <= 200),
  phone_number text check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  email text check (length(email) <= 320),
  created_at timestamptz not null default now(),
  -- The target of composite references: foreign keys look past row-level security.
  unique (business_id, id)
);

-- A call without a lead id is linked by number.
create index leads_phone_number_idx on public.leads (business_id, phone_number);

-- A reason to call a set of leads.
create table public.campaigns (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now(),
  unique (business_id, id)
);

alter table public.leads enable row level security;
alter table public.campaigns enable row level security;

create policy "members can read the leads of their business"
on public.leads for select to authenticated
using (business_id = any(array(select private.business_ids())));

create policy "members can read the campaigns of their business"
on public.campaigns for select to authenticated
using (business_id = any(array(select private.business_ids())));

revoke all on public.leads, public.campaigns from public, anon, authenticated, service_role;
grant select on public.leads, public.campaigns to authenticated;
grant select, insert, update on public.leads, public.campaigns to service_role;
