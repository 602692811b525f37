-- How long recordings are kept, what keeps them longer, and their deletion on request. What is due is claimed
-- by private.claim_recordings; the endpoint deletes it over Storage's API.
set lock_timeout = '2s';

-- Calls whose recordings must not be deleted while a dispute goes on. One row per hold.
create table public.legal_holds (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null,
  conversation_id uuid not null,
  -- No foreign keys: the record outlives the accounts.
  held_by uuid not null,
  held_at timestamptz not null default clock_timestamp(),
  reason text not null check (length(reason) <= 500 and reason ~ '\S'),
  -- Null while it holds.
  released_by uuid,
  released_at timestamptz,
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  check ((released_by is null) = (released_at is null))
);

-- The holds of a call; its deletion asks for these, too.
create index legal_holds_conversation_id_idx on public.legal_holds (business_id, conversation_id);
-- One hold at a time.
create unique index legal_holds_one_open_idx on public.legal_holds (conversation_id) where released_at is null;

alter table public.legal_holds enable row level security;

-- Members see why a recording is still there.
create policy "members can read the legal holds of their business"
on public.legal_holds for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.legal_holds from public, anon, authenticated, service_role;
grant select on public.legal_holds to authenticated, service_role;

-- A shorter retention applies to what is there: the business wants less. A longer one applies to later
-- recordings only, because people were told the shorter time.
-- Security definer: nobody may write recordings themselves.
create function private.shorten_retention()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.recordings
  set
    expires_at = recordings.completed_at + make_interval(days => new.recording_retention_days),
    next_at = case
      when recordings.next_at is null then null
      else least(
        recordings.next_at,
        recordings.completed_at + make_interval(days => new.recording_retention_days)
      )
    end
  where recordings.business_id = new.id
    and recordings.state <> 'deleted'
    and recordings.expires_at > recordings.completed_at + make_interval(days => new.recording_retention_days);
  return null;
end;
$$;

revoke execute on function private.shorten_retention() from public, anon;

create trigger businesses_shorten_retention
after update of recording_retention_days on public.businesses
for each row when (new.recording_retention_days < old.recording_retention_days)
execute function private.shorten_retention();

-- The call that an owner or a manager asks something of; with the error instead if they may not. The call is
-- locked: leave_call ends that.
create function private.managed_call(
  p_conversation_id uuid, out p_call public.conversations, out p_error text
)
language plpgsql
set search_path = ''
as $$
begin
  if not private.is_signed_in() then
    p_error := 'signed_out';
    return;
  end if;
  select * into p_call from public.conversations where conversations.id = p_conversation_id;
  p_error := case private.role_in(p_call.business_id)
    when 'owner' then null when 'manager' then null when 'agent' then 'not_allowed' else 'not_found'
  end;
  if p_error is null then
    perform private.enter_call(p_call.call_sid, null);
    select * into p_call from public.conversations where conversations.id = p_conversation_id;
  end if;
end;
$$;

-- Security definer: nobody may write holds themselves. It checks who asks, first of all.
create function private.set_legal_hold(p_conversation_id uuid, p_is_held boolean, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  m record;
begin
  m := private.managed_call(p_conversation_id);
  if m.p_error is not null then
    return jsonb_build_object('error', m.p_error);
  end if;
  if p_is_held is null or (p_is_held and (length(p_reason) <= 500 and p_reason ~ '\S') is not true) then
    perform private.leave_call();
    return jsonb_build_object(
      'error', 'invalid_request', 'field', case when p_is_held is null then 'is_held' else 'reason' end
    );
  end if;

  if p_is_held then
    insert into public.legal_holds (business_id, conversation_id, held_by, reason)
    values ((m.p_call).business_id, (m.p_call).id, (select auth.uid()), p_reason)
    on conflict (conversation_id) where released_at is null do nothing;
  else
    update public.legal_holds
    set released_by = (select auth.uid()), released_at = clock_timestamp()
    where legal_holds.conversation_id = (m.p_call).id and legal_holds.released_at is null;
    -- What its time is over for meanwhile is due now.
    update public.recordings
    set next_at = least(recordings.next_at, clock_timestamp())
    where recordings.conversation_id = (m.p_call).id
      and recordings.next_at is not null
      and recordings.expires_at <= now();
  end if;
  update public.conversations
  set is_held = p_is_held
  where conversations.id = (m.p_call).id and conversations.is_held <> p_is_held;
  perform private.leave_call();
  return jsonb_build_object('is_held', p_is_held);
end;
$$;

-- Security definer: nobody may write recordings themselves. It checks who asks, first of all.
create function private.delete_recordings(p_conversation_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  m record;
  v_count integer;
begin
  m := private.managed_call(p_conversation_id);
  if m.p_error is not null then
    return jsonb_build_object('error', m.p_error);
  end if;
  if (m.p_call).is_held then
    perform private.leave_call();
    return jsonb_build_object('error', 'legal_hold');
  end if;
  v_count := private.unwant_recordings((m.p_call).id, 'request');
  perform private.leave_call();
  return jsonb_build_object('recordings', v_count);
end;
$$;

revoke execute on function private.managed_call(uuid) from public, anon;
revoke execute on function private.set_legal_hold(uuid, boolean, text) from public, anon;
revoke execute on function private.delete_recordings(uuid) from public, anon;
grant execute on function private.set_legal_hold(uuid, boolean, text) to authenticated;
grant execute on function private.delete_recordings(uuid) to authenticated;

-- Keeps the recordings of a call until somebody releases them, whatever the retention says, or releases them.
-- Owners and managers only. p_reason: why they are held, up to 500 characters.
-- A lead who refuses has their recordings deleted all the same.
-- Answers {"is_held"}, or {"error": "signed_out" | "not_found" | "not_allowed" | "invalid_request" (with
-- "field")}.
create function public.set_legal_hold(p_conversation_id uuid, p_is_held boolean, p_reason text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.set_legal_hold(p_conversation_id, p_is_held, p_reason);
$$;

-- Has all recordings of a call deleted everywhere. Owners and managers only.
-- Answers {"recordings": how many are on their way out}, or {"error": "signed_out" | "not_found" |
-- "not_allowed" | "legal_hold"}.
create function public.delete_recordings(p_conversation_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.delete_recordings(p_conversation_id);
$$;

revoke execute on function public.set_legal_hold(uuid, boolean, text)
from public, anon, authenticated, service_role;
revoke execute on function public.delete_recordings(uuid) from public, anon, authenticated, service_role;
grant execute on function public.set_legal_hold(uuid, boolean, text) to authenticated;
grant execute on function public.delete_recordings(uuid) to authenticated;
