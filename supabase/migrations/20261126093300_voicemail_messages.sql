-- What reps have recorded for answering machines. The sound is in Storage (093310).
set lock_timeout = '2s';

create table public.voicemail_messages (
  -- The browser may choose it: the row comes first, then the file.
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- Whose voice it is. No foreign key: what was left with leads outlives the account.
  user_id uuid not null default auth.uid(),
  name text not null check (length(name) between 1 and 100 and name ~ '\S'),
  -- In the bucket `messages`.
  object_path text not null unique generated always as (
    business_id::text || '/' || user_id::text || '/' || id::text || '.wav'
  ) stored,
  -- Seconds, and bytes of the file: 8,000 Hz, 16 bits, one channel.
  duration_seconds numeric(5, 1) not null check (duration_seconds > 0 and duration_seconds <= 131),
  bytes integer not null check (bytes between 45 and 2097152),
  -- Whether colleagues may listen to it and leave it, too.
  is_shared boolean not null default false,
  created_at timestamptz not null default now(),
  -- Nobody uses it any more. The row stays, because actions name it.
  deleted_at timestamptz
);

-- The messages of a person; the deletion of the business asks for these, too.
create index voicemail_messages_user_id_idx on public.voicemail_messages (business_id, user_id, created_at);

create trigger voicemail_messages_note_change
after insert or update or delete on public.voicemail_messages
for each row execute function private.note_change(
  'voicemail_message', 'id', 'name', 'user_id', 'object_path', 'bytes'
);

alter table public.voicemail_messages enable row level security;

-- Reps choose among their own and those that are shared; managers see what is left in the business's name.
create policy "members can read the messages of their business"
on public.voicemail_messages for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- Everybody speaks for themselves.
create policy "members can add messages of their own"
on public.voicemail_messages for insert to authenticated
with check (
  user_id = (select auth.uid())
  and business_id = any(array(select memberships.business_id from private.memberships))
);

-- To name, share and delete them. What is deleted stays deleted.
create policy "members can change their own messages and managers all"
on public.voicemail_messages for update to authenticated
using (
  deleted_at is null
  and (
    business_id = any(array(select managed.business_id from private.managed))
    or (
      user_id = (select auth.uid())
      and business_id = any(array(select memberships.business_id from private.memberships))
    )
  )
)
with check (
  business_id = any(array(select memberships.business_id from private.memberships))
);

revoke all on public.voicemail_messages from public, anon, authenticated, service_role;
grant select on public.voicemail_messages to authenticated, service_role;
grant insert (id, business_id, name, duration_seconds, bytes, is_shared)
on public.voicemail_messages to authenticated;
grant update (name, is_shared, deleted_at) on public.voicemail_messages to authenticated;

-- Whether the signed-in person may leave this message in a call of this business.
create function private.may_use_message(p_business_id uuid, p_message_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select from public.voicemail_messages
    where voicemail_messages.id = p_message_id
      and voicemail_messages.business_id = p_business_id
      and voicemail_messages.deleted_at is null
      and (voicemail_messages.is_shared or voicemail_messages.user_id = (select auth.uid()))
  );
end;
$$;

-- Where Storage has a message. Null for none.
create function private.path_of_message(p_business_id uuid, p_message_id uuid)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select voicemail_messages.object_path
    from public.voicemail_messages
    where voicemail_messages.id = p_message_id and voicemail_messages.business_id = p_business_id
  );
end;
$$;

-- A call in which a message was left has that as its outcome, unless somebody has said something else, or the
-- business has no such outcome.
-- Security definer: webhooks say what happened in a call, and not what its result is.
create function private.note_left_message()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.conversations
  set outcome = 'voicemail'
  where conversations.id = new.conversation_id and conversations.outcome is null;
  return null;
exception
  when check_violation then
    return null;
end;
$$;

create trigger call_legs_note_left_message
after update of dropped_at on public.call_legs
for each row when (old.dropped_at is null and new.dropped_at is not null)
execute function private.note_left_message();

revoke execute on function private.may_use_message(uuid, uuid) from public, anon;
revoke execute on function private.path_of_message(uuid, uuid) from public, anon;
revoke execute on function private.note_left_message() from public, anon;
