-- Of a test call nothing stays.
set lock_timeout = '2s';

-- Deletes the callbacks of a test call (the Voice SDK's preflight test), which is over: they would wait for ever
-- for a call to begin. It is known by what there is of it: callbacks of the agent's leg that name nobody who was
-- called, and no conversation. Of a call that begins later, Twilio is asked for the end.
-- Security definer: callbacks are kept, and nobody else may delete any.
create function private.forget_test_call(p_call_sid text)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from public.call_events
  where call_events.agent_call_sid = p_call_sid
    and not exists (select from public.conversations where conversations.call_sid = p_call_sid)
    and not exists (
      select from public.call_events as others
      where others.agent_call_sid = p_call_sid
        and (
          others.call_sid is distinct from p_call_sid
          or others.source <> 'status_callback'
          or others.conversation_id is not null
          or btrim(coalesce(others.payload ->> 'To', '')) <> ''
        )
    );
end;
$$;

revoke execute on function private.forget_test_call(text) from public, anon;
grant execute on function private.forget_test_call(text) to call_reconciler;
