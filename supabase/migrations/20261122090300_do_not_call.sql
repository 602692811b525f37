set lock_timeout = '2s';

-- Numbers a business must not call. Checked when a call begins, so that every way to dial obeys it.
create table public.do_not_call (
  business_id uuid not null references public.businesses (id) on delete cascade,
  phone_number text not null check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  reason text check (length(reason) <= 500),
  created_at timestamptz not null default now(),
  primary key (business_id, phone_number)
);

alter table public.do_not_call enable row level security;

create policy "members can read whom their business must not call"
on public.do_not_call for select to authenticated
using (business_id = any(array(select private.business_ids())));

revoke all on public.do_not_call from public, anon, authenticated, service_role;
grant select on public.do_not_call to authenticated;
grant select, insert, update on public.do_not_call to service_role;
