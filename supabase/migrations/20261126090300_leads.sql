-- The people that a business calls.
set lock_timeout = '2s';

-- A person to call. The number is optional: a lead may be known by e-mail only.
create table public.leads (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  name text not null check (length(name) between 1 and 200),
  company text check (length(company) <= 200),
  phone_number text check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  -- Whom the number reaches: leads are found by it.
  subscriber text generated always as (private.subscriber(phone_number)) stored,
  email text check (length(email) <= 320),
  -- An IANA name, if we know more than the number tells: a mobile phone may be anywhere.
  time_zone text check (private.is_time_zone(time_zone)),
  -- When a call showed that the number is not this lead's. Null if there is no such call, or another number since.
  wrong_number_at timestamptz,
  -- The time zones that the number may be in, as the number data has them; null if nobody has asked it. The
  -- queue keeps a lead until it is calling hours in all of them; begin_call reads the number itself.
  number_zones text[] check (cardinality(number_zones) between 1 and 100),
  created_at timestamptz not null default now(),
  -- What a search compares; searches show leads in its order.
  search_text text collate "C" not null
  generated always as (private.lead_form(name, company, phone_number)) stored,
  -- The target of composite references: foreign keys ignore row-level security.
  unique (business_id, id)
);

-- A call without a lead id is tied to the lead whose number reaches the same subscriber.
create index leads_subscriber_idx on public.leads (business_id, subscriber);
-- Contacts with the same e-mail address, in whatever letters' case.
create index leads_email_idx on public.leads (business_id, lower(email)) where email is not null;

-- An international number is stored as E.164, however it was written.
create trigger leads_read_phone_number
before insert or update of phone_number on public.leads
for each row execute function private.read_phone_number();

-- Another number may be the right one.
create function private.trust_new_number()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.wrong_number_at := null;
  return new;
end;
$$;

revoke execute on function private.trust_new_number() from public, anon;

-- After leads_read_phone_number, by its name: the same number in another spelling is not another number.
create trigger leads_trust_new_number
before update of phone_number on public.leads
for each row when (private.subscriber(new.phone_number) is distinct from private.subscriber(old.phone_number))
execute function private.trust_new_number();

-- Another number may be in other time zones.
create function private.forget_number_zones()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.number_zones := null;
  return new;
end;
$$;

revoke execute on function private.forget_number_zones() from public, anon;

create trigger leads_forget_number_zones
before update of phone_number on public.leads
for each row when (
  new.phone_number is distinct from old.phone_number
  and new.number_zones is not distinct from old.number_zones
)
execute function private.forget_number_zones();

-- What people change of contacts. An operator's program may write thousands, and what calls and queues find out about a
-- number is no change by a person.
create trigger leads_note_change
after insert or delete or update of name, company, phone_number, email, time_zone on public.leads
for each row when (auth.uid() is not null and coalesce(current_setting('henk.one_change', true), '') <> 'on')
execute function private.note_change(
  'lead', 'id', 'name', 'subscriber', 'search_text', 'number_zones', 'wrong_number_at'
);

-- Leads by name.
create index leads_name_idx on public.leads (business_id, search_text, id);
-- Leads by a part of what is known of them. A search also reads the entries that are pending, so there may only
-- be few.
create index leads_search_idx on public.leads
using gin (business_id extensions.uuid_ops, search_text extensions.gin_trgm_ops)
with (gin_pending_list_limit = 256);

alter table public.leads enable row level security;

-- Reps choose the leads that they call.
create policy "members can read the leads of their business"
on public.leads for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- A call may only be tied to a lead of its own business.
create policy "a webhook can read the leads of its call's business"
on public.leads for select to call_webhook
using (business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

revoke all on public.leads from public, anon, authenticated, service_role;
grant select on public.leads to authenticated, call_webhook;
grant select, insert, update on public.leads to service_role;
