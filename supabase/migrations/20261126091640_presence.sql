-- Who can be rung.
set lock_timeout = '2s';

-- What each person's page says about them. Whether they are in a call of the business, the database knows
-- itself.
create table public.rep_presence (
  business_id uuid not null,
  user_id uuid not null,
  -- busy: in a call that this business does not know of.
  state text not null check (state in ('available', 'busy', 'away')),
  -- When their page last said so. A page that is closed says nothing more.
  seen_at timestamptz not null,
  -- Since when the state is the same, without a gap.
  since timestamptz not null,
  primary key (business_id, user_id),
  foreign key (business_id, user_id)
  references public.business_members (business_id, user_id) on delete cascade
)
-- A row changes four times a minute, and no index with it.
with (fillfactor = 50);

alter table public.rep_presence enable row level security;

-- Reps see who can be rung.
create policy "members can read the presence of their colleagues"
on public.rep_presence for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.rep_presence from public, anon, authenticated, service_role;
grant select on public.rep_presence to authenticated, service_role;

-- How long a person counts as present after a word of their page: two heartbeats may be lost.
create function private.presence_lasts()
returns interval
language plpgsql
immutable
set search_path = ''
as $$ begin return interval '40 seconds'; end; $$;

-- Whether a person's page has said something in the last minute, if only that it is being left. It may be
-- loading again.
-- Security definer: a webhook sees nobody's presence.
create function private.was_here_lately(p_business_id uuid, p_user_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select from public.rep_presence
    where rep_presence.business_id = p_business_id
      and rep_presence.user_id = p_user_id
      and rep_presence.seen_at > clock_timestamp() - interval '1 minute'
  );
end;
$$;

-- Since when each person of a business is in a call of it, or is rung for one.
create function private.people_in_calls(p_business_id uuid, p_but_leg_id uuid)
returns table (user_id uuid, since timestamptz)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select parties.user_id, min(parties.since)
  from (
    select
      case
        when call_legs.call_sid = conversations.call_sid then conversations.user_id
        else call_legs.user_id
      end as user_id,
      coalesce(call_legs.answered_at, call_legs.asked_at, call_legs.created_at) as since
    from public.conversations
    join public.call_legs
      on call_legs.business_id = conversations.business_id
      and call_legs.conversation_id = conversations.id
    where conversations.business_id = p_business_id
      and conversations.ended_at is null
      -- No call is longer than four hours. One whose end was lost does not count for ever.
      and conversations.created_at > now() - private.longest_call()
      and call_legs.role in ('agent', 'teammate')
      and call_legs.id is distinct from p_but_leg_id
      and private.is_alive(call_legs)
  ) as parties
  where parties.user_id is not null
  group by parties.user_id;
end;
$$;

-- Whether a person can be rung: available, busy or away. The leg p_but_leg_id does not count as a call.
create function private.state_of_person(p_business_id uuid, p_user_id uuid, p_but_leg_id uuid)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (
    select from private.people_in_calls(p_business_id, p_but_leg_id) as people
    where people.user_id = p_user_id
  ) then
    return 'busy';
  end if;
  return coalesce((
    select rep_presence.state
    from public.rep_presence
    where rep_presence.business_id = p_business_id
      and rep_presence.user_id = p_user_id
      and rep_presence.seen_at > clock_timestamp() - private.presence_lasts()
  ), 'away');
end;
$$;

-- Why this person cannot be rung, as an error of ask_of_call; null if they can. A person of another business
-- is answered as one who does not exist.
create function private.refuse_person(
  p_business_id uuid, p_user_id uuid, p_asked_by uuid, p_but_leg_id uuid
)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_user_id = p_asked_by then
    return 'invalid_request';
  end if;
  if not exists (
    select from public.business_members
    where business_members.business_id = p_business_id and business_members.user_id = p_user_id
  ) then
    return 'not_found';
  end if;
  return nullif(private.state_of_person(p_business_id, p_user_id, p_but_leg_id), 'available');
end;
$$;

-- Writes the presence of the signed-in person.
-- Security definer: nobody may write the presence of others. It checks the membership.
create function private.set_presence(p_business_id uuid, p_state text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_now constant timestamptz := clock_timestamp();
  v_role text;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  if p_state is null or p_state not in ('available', 'busy', 'away') then
    return jsonb_build_object('error', 'invalid_request', 'field', 'state');
  end if;
  select business_members.role into v_role
  from public.business_members
  where business_members.business_id = p_business_id and business_members.user_id = v_user_id;
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;

  insert into public.rep_presence as present (business_id, user_id, state, seen_at, since)
  values (p_business_id, v_user_id, p_state, v_now, v_now)
  on conflict (business_id, user_id) do update set
    state = excluded.state,
    seen_at = excluded.seen_at,
    since = case
      when present.state = excluded.state and present.seen_at > v_now - private.presence_lasts()
        then present.since
      else excluded.since
    end;
  return jsonb_build_object(
    'heartbeat_seconds', 15,
    'role', v_role,
    'settings', coalesce((
      select changes.id from public.changes
      where changes.business_id = p_business_id
      order by changes.id desc limit 1
    ), 0)
  );
end;
$$;

-- The other people of a business, and whether they can be rung.
-- Security definer: it checks the membership, and then reads the calls and people of that business alone.
create function private.list_colleagues(p_business_id uuid)
returns setof jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if not exists (
    select from public.business_members
    where business_members.business_id = p_business_id
      and business_members.user_id = (select auth.uid())
  ) then
    return;
  end if;
  return query
  select jsonb_build_object(
    'user_id', colleagues.user_id,
    'name', colleagues.display_name,
    'role', colleagues.role,
    'state', case
      when people.user_id is not null then 'busy' when present.user_id is not null then present.state else 'away'
    end,
    'since', coalesce(people.since, present.since)
  )
  from public.business_members as colleagues
  left join private.people_in_calls(p_business_id, null) as people
    on people.user_id = colleagues.user_id
  left join public.rep_presence as present
    on present.business_id = colleagues.business_id
    and present.user_id = colleagues.user_id
    and present.seen_at > clock_timestamp() - private.presence_lasts()
  where colleagues.business_id = p_business_id and colleagues.user_id <> (select auth.uid())
  order by colleagues.display_name, colleagues.user_id;
end;
$$;

-- Notes that the signed-in person declines to be put on a call. Who asked for them sees it at once; the phone
-- stops when the page or Twilio says so.
-- Security definer: nobody may write legs themselves. It finds legs of this person alone.
create function private.decline_call(p_conversation_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call public.conversations;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  select conversations.* into v_call
  from public.conversations
  join public.business_members
    on business_members.business_id = conversations.business_id
    and business_members.user_id = (select auth.uid())
  where conversations.id = p_conversation_id;
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;

  perform private.enter_call(v_call.call_sid, null);
  update public.call_legs
  set declined_at = clock_timestamp()
  where call_legs.business_id = v_call.business_id
    and call_legs.conversation_id = v_call.id
    and call_legs.user_id = (select auth.uid())
    and call_legs.asked_for is not null
    and call_legs.answered_at is null
    and call_legs.declined_at is null
    and private.is_alive(call_legs);
  if not found then
    perform private.leave_call();
    return jsonb_build_object('declined', false);
  end if;
  -- Pages follow the row.
  update public.conversations
  set updated_at = clock_timestamp()
  where conversations.id = v_call.id;
  perform private.leave_call();
  return jsonb_build_object('declined', true);
end;
$$;

-- What the page of a rep says of them, every 15 s and at each change: available, busy or away.
-- Answers {"heartbeat_seconds": when to say so again, "role": which they have now, "settings": the number
-- of the latest change of a setting of the business, 0 if there is none}, or {"error": "signed_out" |
-- "not_found" (no business of theirs) | "invalid_request"}.
create function public.set_presence(p_business_id uuid, p_state text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.set_presence(p_business_id, p_state);
$$;

-- The colleagues of a rep, by name: {"user_id", "name", "role", "state": available | busy | away, "since"}.
-- None for a business that is not theirs.
create function public.list_colleagues(p_business_id uuid)
returns setof jsonb
language sql
stable
set search_path = ''
as $$
  select * from private.list_colleagues(p_business_id);
$$;

-- A rep who is rung does not want to be put on this call. Answers {"declined": whether they were rung}, or
-- {"error": "signed_out" | "not_found"}.
create function public.decline_call(p_conversation_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.decline_call(p_conversation_id);
$$;

revoke execute on function private.presence_lasts() from public, anon;
revoke execute on function private.was_here_lately(uuid, uuid) from public, anon;
grant execute on function private.was_here_lately(uuid, uuid) to call_webhook;
revoke execute on function private.people_in_calls(uuid, uuid) from public, anon;
revoke execute on function private.state_of_person(uuid, uuid, uuid) from public, anon;
revoke execute on function private.refuse_person(uuid, uuid, uuid, uuid) from public, anon;
revoke execute on function private.set_presence(uuid, text) from public, anon;
revoke execute on function private.list_colleagues(uuid) from public, anon;
revoke execute on function private.decline_call(uuid) from public, anon;
grant execute on function private.set_presence(uuid, text) to authenticated;
grant execute on function private.list_colleagues(uuid) to authenticated;
grant execute on function private.decline_call(uuid) to authenticated;
revoke execute on function public.set_presence(uuid, text)
from public, anon, authenticated, service_role;
revoke execute on function public.list_colleagues(uuid)
from public, anon, authenticated, service_role;
revoke execute on function public.decline_call(uuid)
from public, anon, authenticated, service_role;
grant execute on function public.set_presence(uuid, text) to authenticated;
grant execute on function public.list_colleagues(uuid) to authenticated;
grant execute on function public.decline_call(uuid) to authenticated;
