-- The people who asked not to be called.
set lock_timeout = '2s';

-- Numbers that a business must not call. Checked when a call begins, so that every way to dial obeys it.
create table public.do_not_call (
  business_id uuid not null references public.businesses (id) on delete cascade,
  phone_number text not null check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  -- Whom the number reaches: that person is not called, whichever of their numbers is dialled.
  subscriber text not null generated always as (private.subscriber(phone_number)) stored,
  reason text check (length(reason) <= 500),
  -- Null: an operator. No foreign key: the record outlives the account.
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  primary key (business_id, phone_number)
);

-- Asked before every call.
create index do_not_call_subscriber_idx on public.do_not_call (business_id, subscriber);

-- An international number is stored as E.164, however it was written.
create trigger do_not_call_read_phone_number
before insert or update of phone_number on public.do_not_call
for each row execute function private.read_phone_number();

create trigger do_not_call_note_change
after insert or update or delete on public.do_not_call
for each row execute function private.note_change('do_not_call', 'phone_number', 'phone_number', 'subscriber');

alter table public.do_not_call enable row level security;

-- Reps see why a call is refused.
create policy "members can read the do-not-call list of their business"
on public.do_not_call for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- The lead says "do not call me again" to the rep, so the rep writes it down.
create policy "members can forbid their business to call a number"
on public.do_not_call for insert to authenticated
with check (business_id = any(array(select memberships.business_id from private.memberships)));

-- A call to such a number is refused.
create policy "a webhook can read the do-not-call list of its business"
on public.do_not_call for select to call_webhook
using (business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

revoke all on public.do_not_call from public, anon, authenticated, service_role;
grant select on public.do_not_call to authenticated, call_webhook;
-- Members neither change nor delete an entry: only an operator lifts it.
grant insert (business_id, phone_number, reason) on public.do_not_call to authenticated;
grant select, insert, update on public.do_not_call to service_role;
