set lock_timeout = '2s';

-- A call whose beginning never reached the database, because it did not answer Twilio in time, and
-- whose end has: it is put on record as failed, from what the agent's own callback says. Answers its
-- id, or null if the callback names no rep of a business, or no number (a preflight test).
-- Should the call begin after all, begin_call makes it what it is.
create function private.note_unbegun_call(
  p_call_sid text, p_payload jsonb, p_ended_at timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  -- The identity that Twilio signed: see shared/rep_identity.py.
  v_rep text[] := regexp_match(
    p_payload ->> 'From', '^client:user_([0-9a-f]{32})_([0-9a-f]{32})$'
  );
  v_user_id uuid := v_rep[1]::uuid;
  v_business_id uuid := v_rep[2]::uuid;
  v_conversation_id uuid;
begin
  if v_rep is null or coalesce(trim(p_payload ->> 'To'), '') = '' then
    return null;
  end if;

  perform private.enter_call(p_call_sid, v_business_id);
  insert into public.conversations as unbegun (
    business_id, user_id, status, to_number, call_sid, ended_at, duration_seconds
  )
  select
    business_members.business_id, v_user_id, 'failed', left(p_payload ->> 'To', 64), p_call_sid,
    coalesce(p_ended_at, now()), 0
  from public.business_members
  where business_members.business_id = v_business_id and business_members.user_id = v_user_id
  returning unbegun.id into v_conversation_id;

  if v_conversation_id is not null then
    perform private.attach_events(v_conversation_id, v_business_id, p_call_sid);
  end if;
  return v_conversation_id;
end;
$$;

-- Ties the events that waited for a call to it, and derives the call from them.
create function private.attach_events(
  p_conversation_id uuid, p_business_id uuid, p_call_sid text
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.call_events
  set business_id = p_business_id, conversation_id = p_conversation_id
  where call_events.agent_call_sid = p_call_sid and call_events.conversation_id is null;

  perform private.derive_call(p_conversation_id, p_business_id, p_call_sid);
end;
$$;

revoke execute on function private.note_unbegun_call(text, jsonb, timestamptz) from public, anon;
revoke execute on function private.attach_events(uuid, uuid, text) from public, anon;
grant execute on function private.note_unbegun_call(text, jsonb, timestamptz) to call_webhook;
grant execute on function private.attach_events(uuid, uuid, text) to call_webhook;

-- One callback into the ledger, and what follows from it into the call. One round trip of status_fn,
-- and of twiml_fn for the Dial action.
-- Answers {"new": whether it was stored, "conversation_id": null while the call is not on record}.
create function public.record_call_event(
  p_call_sid text,
  p_agent_call_sid text,
  p_source text,
  p_status text,
  p_sequence_number integer,
  p_occurred_at timestamptz,
  p_duration_seconds integer,
  p_payload jsonb
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_conversation_id uuid;
  v_business_id uuid;
  v_new boolean;
begin
  perform private.enter_call(p_agent_call_sid, null);

  select conversations.id, conversations.business_id into v_conversation_id, v_business_id
  from public.conversations
  where conversations.call_sid = p_agent_call_sid;

  insert into public.call_events (
    business_id, conversation_id, call_sid, agent_call_sid, source, status,
    sequence_number, occurred_at, duration_seconds, payload
  ) values (
    v_business_id, v_conversation_id, p_call_sid, p_agent_call_sid, p_source, p_status,
    p_sequence_number, p_occurred_at, p_duration_seconds, p_payload
  )
  on conflict do nothing;
  v_new := found;

  if v_new and v_conversation_id is not null then
    perform private.derive_call(v_conversation_id, v_business_id, p_agent_call_sid);
  elsif v_new and p_call_sid = p_agent_call_sid and private.call_status_rank(p_status) = 4
    and p_source = 'status_callback' then
    v_conversation_id := private.note_unbegun_call(p_call_sid, p_payload, p_occurred_at);
  end if;

  perform private.leave_call();
  return jsonb_build_object('new', v_new, 'conversation_id', v_conversation_id);
end;
$$;

revoke execute on function
public.record_call_event(text, text, text, text, integer, timestamptz, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function
public.record_call_event(text, text, text, text, integer, timestamptz, integer, jsonb)
to call_webhook;
