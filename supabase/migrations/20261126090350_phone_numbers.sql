-- What a lead sees when the phone rings.
set lock_timeout = '2s';

-- The caller IDs that a business owns at Twilio: the only numbers it may show to a lead.
create table public.phone_numbers (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- A number belongs to one business of the deployment, so that it is clear which one a lead calls back.
  phone_number text not null unique check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  label text check (length(label) <= 100),
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  -- The targets of composite references: foreign keys ignore row-level security.
  unique (business_id, id),
  unique (business_id, phone_number)
);

-- A call that names no caller ID shows the default one, so there must not be two.
create unique index phone_numbers_one_default_idx
on public.phone_numbers (business_id) where is_default;

-- An international number is stored as E.164, however it was written.
create trigger phone_numbers_read_phone_number
before insert or update of phone_number on public.phone_numbers
for each row execute function private.read_phone_number();

create trigger phone_numbers_note_change
after insert or update or delete on public.phone_numbers
for each row execute function private.note_change('phone_number', 'id', 'phone_number');

alter table public.phone_numbers enable row level security;

-- Reps choose which number they show.
create policy "members can read the caller IDs of their business"
on public.phone_numbers for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- A call may only show a number of its own business.
create policy "a webhook can read the caller IDs of its call's business"
on public.phone_numbers for select to call_webhook
using (business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

revoke all on public.phone_numbers from public, anon, authenticated, service_role;
grant select on public.phone_numbers to authenticated, call_webhook;
grant select, insert, update on public.phone_numbers to service_role;
