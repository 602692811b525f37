-- What a rep can say that a call came to. Each business has a list of its own.
set lock_timeout = '2s';

-- An outcome, and what it does. A key that was used is archived, and never deleted: calls have it.
create table public.outcomes (
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- Twilio's words for calls that nobody answered are no keys: retry rules name both.
  key text not null check (
    key ~ '^[a-z][a-z0-9_]{0,49}$' and key not in ('busy', 'failed', 'canceled')
  ),
  label text not null check (length(label) between 1 and 100 and label ~ '\S'),
  -- done: the campaign is done with this lead. call_back: they are called at a time that was agreed. retry: they
  -- are called again by the campaign's rules. wrong_number: their number is not called again. do_not_call: they
  -- are not called again at all.
  effect text not null check (effect in ('done', 'call_back', 'retry', 'wrong_number', 'do_not_call')),
  -- Whether the call achieved what it was for.
  is_success boolean not null default false,
  -- The place in the list: the first nine have the keys 1 to 9.
  position integer not null default 100 check (position between 1 and 1000),
  -- An archived outcome is not offered. Calls that have it keep it.
  is_archived boolean not null default false,
  primary key (business_id, key),
  check (not is_success or effect = 'done')
);

create trigger outcomes_note_change
after insert or update or delete on public.outcomes
for each row execute function private.note_change('outcome', 'key', 'label');

alter table public.outcomes enable row level security;

-- Reps choose the outcome of their calls.
create policy "members can read the outcomes of their business"
on public.outcomes for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- Managers decide which outcomes there are.
create policy "managers can add outcomes to their business"
on public.outcomes for insert to authenticated
with check (business_id = any(array(select managed.business_id from private.managed)));

-- The grants below allow no other key: calls are told by it.
create policy "managers can change the outcomes of their business"
on public.outcomes for update to authenticated
using (business_id = any(array(select managed.business_id from private.managed)))
with check (business_id = any(array(select managed.business_id from private.managed)));

revoke all on public.outcomes from public, anon, authenticated, service_role;
grant select on public.outcomes to authenticated, service_role;
grant insert (business_id, key, label, effect, is_success, position, is_archived)
on public.outcomes to authenticated;
grant update (label, effect, is_success, position, is_archived) on public.outcomes to authenticated;
grant insert, update on public.outcomes to service_role;

-- Every business begins with these outcomes.
-- Security definer: whoever adds a business need not be allowed to write outcomes.
create function private.add_first_outcomes()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- The business itself is on record.
  perform private.begin_one_change();
  insert into public.outcomes (business_id, key, label, effect, is_success, position)
  values
    (new.id, 'booked', 'Booked', 'done', true, 1),
    (new.id, 'interested', 'Interested', 'done', true, 2),
    (new.id, 'callback', 'Call back', 'call_back', false, 3),
    (new.id, 'not_interested', 'Not interested', 'done', false, 4),
    (new.id, 'voicemail', 'Voicemail', 'retry', false, 5),
    (new.id, 'wrong_number', 'Wrong number', 'wrong_number', false, 6),
    (new.id, 'do_not_call', 'Do not call', 'do_not_call', false, 7),
    (new.id, 'connected', 'Connected', 'done', false, 8);
  perform private.end_one_change();
  return null;
end;
$$;

revoke execute on function private.add_first_outcomes() from public, anon;

create trigger businesses_add_first_outcomes
after insert on public.businesses
for each row execute function private.add_first_outcomes();
