-- Who may hear a recording, and who did.
set lock_timeout = '2s';

-- One row per recording that somebody was given an address for. It is written before the address is made.
create table public.recording_plays (
  id bigint generated always as identity primary key,
  business_id uuid not null,
  conversation_id uuid not null,
  -- recordings.id and the person. No foreign keys: the record outlives both.
  recording_id uuid not null,
  user_id uuid not null,
  kind text not null check (kind in ('play', 'download')),
  at timestamptz not null default clock_timestamp(),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade
);

-- Who has heard a call; its deletion asks for these, too.
create index recording_plays_conversation_id_idx
on public.recording_plays (business_id, conversation_id, at desc);

alter table public.recording_plays enable row level security;

-- Everybody can see who listened, also those who were recorded.
create policy "members can read who heard the recordings of their business"
on public.recording_plays for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.recording_plays from public, anon, authenticated, service_role;
revoke all on sequence public.recording_plays_id_seq from public, anon, authenticated, service_role;
grant select on public.recording_plays to authenticated, service_role;

-- The role that the signed-in person has in a business; null if none.
create function private.role_in(p_business_id uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select business_members.role
  from public.business_members
  where business_members.business_id = p_business_id and business_members.user_id = (select auth.uid());
$$;

-- Why a member's function refuses the signed-in person, as an error; null if they belong to the business.
create function private.refuse_outsider(p_business_id uuid)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when not private.is_signed_in() then 'signed_out'
    when private.role_in(p_business_id) is null then 'not_found'
  end;
end;
$$;

-- The same of a function of managers and owners.
create function private.refuse_agent(p_business_id uuid)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(
    private.refuse_outsider(p_business_id),
    case when private.role_in(p_business_id) = 'agent' then 'not_allowed' end
  );
end;
$$;

-- Whether the signed-in person, who has this role in the call's business, may hear its recordings.
create function private.may_hear(p_call public.conversations, p_role text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
begin
  return p_role in ('owner', 'manager')
    or p_call.user_id = v_user_id
    or exists (
      select from public.businesses
      where businesses.id = p_call.business_id and businesses.recording_access = 'all'
    )
    -- Who was only rung for the call has not taken part in it.
    or exists (
      select from public.call_legs
      where call_legs.business_id = p_call.business_id
        and call_legs.conversation_id = p_call.id
        and call_legs.user_id = v_user_id
        and call_legs.answered_at is not null
    );
end;
$$;

-- Whether a recording is in the bucket and may still be heard. One whose time is over may not, even if nobody
-- has come to delete it yet.
create function private.is_playable(p_recording public.recordings, p_is_held boolean)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return p_recording.state in ('stored', 'kept')
    and p_recording.wanted = 'kept'
    and (p_is_held or coalesce(p_recording.expires_at > now(), true));
end;
$$;

-- Security definer: nobody may write the record themselves. It checks who asks, first of all.
create function private.ask_to_play(p_conversation_id uuid, p_recording_id uuid, p_download boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_role text;
  v_has_any boolean;
  v_has_future boolean;
  v_recordings jsonb;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  select * into v_call from public.conversations where conversations.id = p_conversation_id;
  v_role := private.role_in(v_call.business_id);
  if v_role is null then
    return jsonb_build_object('error', 'not_found');
  end if;
  if private.may_hear(v_call, v_role) is not true
    or (p_download and v_role not in ('owner', 'manager')) then
    return jsonb_build_object('error', 'not_allowed');
  end if;

  with of_call as (
    select recordings, private.is_playable(recordings, v_call.is_held) as is_playable
    from public.recordings
    where recordings.business_id = v_call.business_id
      and recordings.conversation_id = v_call.id
      and (p_recording_id is null or recordings.id = p_recording_id)
  ),

  -- Before the addresses are made: nobody hears what is not on record.
  noted as (
    insert into public.recording_plays (business_id, conversation_id, recording_id, user_id, kind)
    select
      v_call.business_id, v_call.id, (of_call.recordings).id, (select auth.uid()),
      case when p_download then 'download' else 'play' end
    from of_call
    where of_call.is_playable
  )

  select
    count(*) > 0,
    bool_or(
      of_call.is_playable
      or (
        (of_call.recordings).wanted = 'kept'
        and (of_call.recordings).state in ('asked', 'in_progress', 'completed', 'fetched')
      )
    ),
    coalesce(jsonb_agg(
      jsonb_build_object(
        'id', (of_call.recordings).id,
        'part', (of_call.recordings).part,
        'object_path', (of_call.recordings).object_path,
        'duration_seconds', (of_call.recordings).duration_seconds,
        'channels', (of_call.recordings).channels,
        'started_at', (of_call.recordings).started_at
      )
      order by (of_call.recordings).part
    ) filter (where of_call.is_playable), '[]')
  into v_has_any, v_has_future, v_recordings
  from of_call;
  if not v_has_any then
    return jsonb_build_object('error', 'not_found');
  end if;
  if not v_has_future then
    return jsonb_build_object('error', 'recording_gone');
  end if;
  return jsonb_build_object('recordings', v_recordings);
end;
$$;

revoke execute on function private.role_in(uuid) from public, anon;
revoke execute on function private.refuse_outsider(uuid) from public, anon;
revoke execute on function private.refuse_agent(uuid) from public, anon;
revoke execute on function private.may_hear(public.conversations, text) from public, anon;
revoke execute on function private.is_playable(public.recordings, boolean) from public, anon;
revoke execute on function private.ask_to_play(uuid, uuid, boolean) from public, anon;
grant execute on function private.ask_to_play(uuid, uuid, boolean) to authenticated;

-- The recordings of a call that the signed-in person may hear now. One round trip of recording_fn, which makes
-- addresses of 5 minutes.
--   p_recording_id  null: all parts
--   p_download      owners and managers only
-- Answers {"recordings": [{"id", "part", "object_path", "duration_seconds", "channels", "started_at"}]}, an
-- empty list while none has arrived, or {"error": "signed_out" | "not_found" | "not_allowed" |
-- "recording_gone" (deleted, or it never came)}.
create function public.ask_to_play(p_conversation_id uuid, p_recording_id uuid, p_download boolean)
returns jsonb
language sql
set search_path = ''
as $$
  select private.ask_to_play(p_conversation_id, p_recording_id, p_download);
$$;

revoke execute on function public.ask_to_play(uuid, uuid, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.ask_to_play(uuid, uuid, boolean) to authenticated;
