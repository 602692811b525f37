set lock_timeout = '2s';

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
