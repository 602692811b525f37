set lock_timeout = '2s';

-- The caller IDs a business owns at Twilio: the only numbers it may show to a lead.
create table public.phone_numbers (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- A number belongs to one business of the deployment: two could not both be called back on it.
  phone_number text not null unique check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  label text check (length(label) <= 100),
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  unique (business_id, id)
);

create unique index phone_numbers_one_default_idx
on public.phone_numbers (business_id) where is_default;

alter table public.phone_numbers enable row level security;

create policy "members can read the caller IDs of their business"
on public.phone_numbers for select to authenticated
using (business_id = any(array(select private.business_ids())));

revoke all on public.phone_numbers from public, anon, authenticated, service_role;
grant select on public.phone_numbers to authenticated;
grant select, insert, update on public.phone_numbers to service_role;
