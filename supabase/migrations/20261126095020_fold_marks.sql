-- Which calls must be counted again. Whatever changes a number of a report leaves a mark in its own transaction, and
-- the next fold (private.fold_calls) reads it: late callbacks, corrections and deletions are right after it.
set lock_timeout = '2s';

-- Append-only, except that a fold deletes the marks that it has read. There is no unique key: with one, an event
-- would wait for a fold that has the same call.
create table private.fold_marks (
  id bigint generated always as identity primary key,
  conversation_id uuid not null,
  marked_at timestamptz not null default clock_timestamp()
);

-- Businesses whose calls must all be counted again, because a setting has changed that numbers depend on. The fold
-- takes some of the calls at a time, the newest first.
create table private.fold_businesses (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- Only the calls with this outcome. Null: all.
  outcome text,
  -- The last call that was counted again. Null: none yet.
  next_created_at timestamptz,
  next_id uuid,
  -- When the fold last took some. Businesses take turns.
  folded_at timestamptz,
  marked_at timestamptz not null default clock_timestamp()
);

create index fold_businesses_business_id_idx on private.fold_businesses (business_id, outcome);

alter table private.fold_marks enable row level security;
alter table private.fold_businesses enable row level security;

-- Advisors ask for a policy. Only functions that run with their owner's rights use these tables.
create policy "nobody can read marks" on private.fold_marks for select to authenticated using (false);
create policy "nobody can read which businesses are counted again"
on private.fold_businesses for select to authenticated using (false);

revoke all on private.fold_marks, private.fold_businesses from public, anon, authenticated, service_role;
revoke all on sequence private.fold_marks_id_seq, private.fold_businesses_id_seq
from public, anon, authenticated, service_role;

-- Security definer, as all of these: nobody writes marks themselves.
create function private.mark_call()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- What private.facts_of_calls reads. It is compared here, because the condition of a trigger is read from its text in
  -- every statement: with so many columns that took three times as long as the marks themselves.
  if tg_op = 'UPDATE' and (new.business_id is null or (
    old.user_id, old.campaign_id, old.created_at, old.direction, old.status, old.to_number, old.dialed_at,
    old.answered_at, old.ended_at, old.duration_seconds, old.hold_seconds, old.is_plain, old.answered_by,
    old.outcome, old.to_country, old.lead_time_zone, old.lead_zone_is_estimate
  ) is not distinct from (
    new.user_id, new.campaign_id, new.created_at, new.direction, new.status, new.to_number, new.dialed_at,
    new.answered_at, new.ended_at, new.duration_seconds, new.hold_seconds, new.is_plain, new.answered_by,
    new.outcome, new.to_country, new.lead_time_zone, new.lead_zone_is_estimate
  )) then
    return null;
  end if;

  insert into private.fold_marks (conversation_id) values (coalesce(new.id, old.id));
  -- A call that is gone from among those to its number: the place of the next one has changed, and of all after it.
  if tg_op = 'DELETE' or (
    tg_op = 'UPDATE' and (old.to_number, old.created_at) is distinct from (new.to_number, new.created_at)
  ) then
    insert into private.fold_marks (conversation_id)
    select conversations.id
    from public.conversations
    where conversations.business_id = old.business_id
      and private.subscriber(conversations.to_number) = private.subscriber(old.to_number)
      and conversations.created_at >= old.created_at
      and conversations.id <> old.id
    order by conversations.created_at
    limit 1;
  end if;
  return null;
end;
$$;

-- A leg is told only at its end, or a message was left, somebody else has the lead, or somebody of the business or a
-- transfer was answered. What else comes before an end changes the conversation. It is compared here for the reason
-- above: as a condition of the trigger it took twice as long.
create function private.mark_call_of_leg()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    if not (
      (new.role = 'lead' and new.status not in ('queued', 'initiated', 'ringing', 'in-progress'))
      or (new.role = 'teammate' and new.answered_at is not null)
    ) then
      return null;
    end if;
  elsif new.role <> 'teammate'
    and new.asked_for is null
    and old.dropped_at is not distinct from new.dropped_at
    and old.is_host = new.is_host
    and old.role = new.role then
    return null;
  end if;
  insert into private.fold_marks (conversation_id) values (new.conversation_id);
  return null;
end;
$$;

-- A wish or the quality of a call has changed. A call that goes on has no facts: its mark changes nothing.
create function private.mark_call_of_row()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into private.fold_marks (conversation_id) values (new.conversation_id);
  return null;
end;
$$;

-- An outcome is a success now, or no longer.
create function private.mark_outcome()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into private.fold_businesses (business_id, outcome) values (new.business_id, new.key);
  return null;
end;
$$;

-- Days begin at another time, or another talk is a conversation.
create function private.mark_business()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into private.fold_businesses (business_id) values (new.id);
  return null;
end;
$$;

revoke execute on function private.mark_call() from public, anon;
revoke execute on function private.mark_call_of_leg() from public, anon;
revoke execute on function private.mark_call_of_row() from public, anon;
revoke execute on function private.mark_outcome() from public, anon;
revoke execute on function private.mark_business() from public, anon;

-- A call was refused, or its beginning was lost and its end has come.
create trigger conversations_mark_first
after insert on public.conversations
for each row when (new.business_id is not null and new.ended_at is not null)
execute function private.mark_call();

-- A call has ended, or something has changed of one that had.
create trigger conversations_mark
after update on public.conversations
for each row when (old.ended_at is not null or new.ended_at is not null)
execute function private.mark_call();

create trigger conversations_mark_last
after delete on public.conversations
for each row when (old.business_id is not null and old.ended_at is not null)
execute function private.mark_call();

create trigger call_legs_mark
after insert or update on public.call_legs
for each row execute function private.mark_call_of_leg();

create trigger call_actions_mark
after update on public.call_actions
for each row when (new.action = 'complete' and old.result is distinct from new.result)
execute function private.mark_call_of_row();

create trigger call_quality_mark_first
after insert on public.call_quality
for each row when (new.grade is not null)
execute function private.mark_call_of_row();

create trigger call_quality_mark
after update on public.call_quality
for each row when (old.grade is distinct from new.grade)
execute function private.mark_call_of_row();

create trigger outcomes_mark
after update on public.outcomes
for each row when (old.is_success <> new.is_success)
execute function private.mark_outcome();

create trigger businesses_mark
after update on public.businesses
for each row when (
  (old.time_zone, old.conversation_seconds) is distinct from (new.time_zone, new.conversation_seconds)
)
execute function private.mark_business();
