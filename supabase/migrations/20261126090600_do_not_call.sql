-- The people who asked not to be called.
set lock_timeout = '2s';

-- An entry in the form that a search compares: its number and the words of its reason, cut to what an index can hold.
-- Security definer: whoever writes an entry evaluates it, and cannot reach the functions inside. It reads no table.
create function private.do_not_call_form(p_phone_number text, p_reason text)
returns text
language plpgsql
immutable
parallel safe
security definer
set search_path = ''
as $$
begin
  return left(private.number_form(p_phone_number) || coalesce(E'\t' || private.search_form(p_reason), ''), 600);
end;
$$;

revoke execute on function private.do_not_call_form(text, text) from public, anon;
grant execute on function private.do_not_call_form(text, text) to authenticated, service_role;

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
  -- The file that brought it. No foreign key: only functions write it, and it is for taking the file back.
  import_id uuid,
  -- What a search compares.
  search_text text collate "C" not null
  generated always as (private.do_not_call_form(phone_number, reason)) stored,
  primary key (business_id, phone_number)
);

-- Asked before every call.
create index do_not_call_subscriber_idx on public.do_not_call (business_id, subscriber);
-- The list as people read it, the newest first.
create index do_not_call_newest_idx on public.do_not_call (business_id, created_at desc, phone_number desc);
create index do_not_call_import_idx on public.do_not_call (import_id, phone_number) where import_id is not null;
create index do_not_call_search_idx on public.do_not_call
using gin (business_id extensions.uuid_ops, search_text extensions.gin_trgm_ops)
with (gin_pending_list_limit = 256);

-- An international number is stored as E.164, however it was written.
create trigger do_not_call_read_phone_number
before insert or update of phone_number on public.do_not_call
for each row execute function private.read_phone_number();

create trigger do_not_call_note_change
after insert or update or delete on public.do_not_call
for each row execute function private.note_change(
  'do_not_call', 'phone_number', 'phone_number', 'subscriber', 'search_text', 'import_id'
);

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
-- Members neither change nor delete an entry: managers take it off with take_off_do_not_call.
grant insert (business_id, phone_number, reason) on public.do_not_call to authenticated;
grant select, insert, update on public.do_not_call to service_role;
