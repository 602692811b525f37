-- A callback comes: it goes into the ledger, and what follows from it into the call.
set lock_timeout = '2s';

-- Puts a call on record whose beginning never reached the database, and whose end did.
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
  v_caller_id text;
  v_to text;
  v_began boolean;
  v_conversation_id uuid;
begin
  if v_rep is null then
    return null;
  end if;

  perform private.enter_call(p_call_sid, v_business_id);
  -- Twilio's callbacks and its API spell them differently.
  select
    coalesce(call_events.payload ->> 'From', call_events.payload ->> 'from'),
    coalesce(call_events.payload ->> 'To', call_events.payload ->> 'to')
  into v_caller_id, v_to
  from public.call_events
  where call_events.agent_call_sid = p_call_sid
    and call_events.call_sid <> p_call_sid
    and coalesce(call_events.payload ->> 'To', call_events.payload ->> 'to')
    ~ '^\+[1-9][0-9]{6,14}$'
  order by call_events.id
  limit 1;
  v_began := found;
  v_to := coalesce(v_to, left(nullif(trim(p_payload ->> 'To'), ''), 64));
  if v_to is null then
    return null;
  end if;

  insert into public.conversations as unbegun (
    business_id, user_id, status, from_number, to_number, call_sid, ended_at, duration_seconds
  )
  select
    business_members.business_id, v_user_id,
    case when v_began then 'queued' else 'failed' end,
    -- What tells it from a call that never began.
    case when v_began then coalesce(v_caller_id, '') end,
    v_to, p_call_sid,
    case when not v_began then coalesce(p_ended_at, now()) end,
    case when not v_began then 0 end
  from public.business_members
  where business_members.business_id = v_business_id and business_members.user_id = v_user_id
  returning unbegun.id into v_conversation_id;

  if v_conversation_id is not null then
    perform private.attach_events(v_conversation_id, v_business_id, p_call_sid);
  end if;
  return v_conversation_id;
end;
$$;

revoke execute on function private.note_unbegun_call(text, jsonb, timestamptz) from public, anon;
grant execute on function private.note_unbegun_call(text, jsonb, timestamptz) to call_webhook;

-- Puts one callback into the ledger, and what follows from it into the call. One round trip of status_fn,
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
