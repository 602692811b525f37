-- Who has answered a call: a person, or a machine.
set lock_timeout = '2s';

-- Writes who has answered, as Twilio's detection of machines tells it: a hint and never a verdict. It tells once;
-- of several tidings, the one that Twilio took longest for counts.
create function private.derive_answer(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_answer text;
begin
  select call_events.status into v_answer
  from public.call_events
  where call_events.agent_call_sid = p_call.call_sid and call_events.source = 'amd'
  order by
    substring(call_events.payload ->> 'MachineDetectionDuration' from '^[0-9]{1,9}$')::integer desc nulls last,
    call_events.status
  limit 1;

  update public.conversations
  set answered_by = v_answer
  where conversations.id = p_call.id and conversations.answered_by is distinct from v_answer;
end;
$$;

revoke execute on function private.derive_answer(public.conversations) from public, anon;
grant execute on function private.derive_answer(public.conversations) to call_webhook;
