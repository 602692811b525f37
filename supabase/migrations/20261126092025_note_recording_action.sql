-- What became of what was asked of a recording.
set lock_timeout = '2s';

-- Security definer: nobody may write recordings themselves. It is about the call whose CallSid is given, and
-- about a wish of that call.
create function private.note_recording_action(
  p_action_id uuid, p_agent_call_sid text, p_result text, p_recording_sid text, p_error text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_action public.recording_actions;
  v_state text;
begin
  if coalesce(p_result not in ('done', 'failed', 'released'), true) then
    raise exception 'p_result is done, failed or released' using errcode = '22023';
  end if;
  perform private.enter_call(p_agent_call_sid, null);
  select * into v_call from public.conversations where conversations.call_sid = p_agent_call_sid;
  select * into v_action
  from public.recording_actions
  where recording_actions.id = p_action_id and recording_actions.conversation_id = v_call.id;
  if not found then
    raise exception 'this call has no wish about its recording with this id' using errcode = '22023';
  end if;

  -- Also after the end of the wish: it is about what Twilio did.
  if p_recording_sid is not null then
    perform private.note_started(v_action.recording_id, p_recording_sid, null);
  elsif p_result = 'failed' then
    perform private.end_unstarted(recordings, p_error, true)
    from public.recordings
    where recordings.id = v_action.recording_id
      and recordings.state = 'asked'
      and recordings.recording_sid is null
      and v_action.result is null;
  end if;

  -- What has ended stays as it ended.
  update public.recording_actions
  set
    lease_until = clock_timestamp(),
    result = case when p_result <> 'released' then p_result end,
    error = left(p_error, 200),
    finished_at = case when p_result <> 'released' then clock_timestamp() end
  where recording_actions.id = p_action_id and recording_actions.result is null;

  -- The scheduler goes on with what was not done.
  if p_result = 'released' or v_action.action = 'refuse' then
    update public.recordings
    set next_at = clock_timestamp()
    where recordings.conversation_id = v_call.id
      and recordings.next_at is not null
      and (recordings.id = v_action.recording_id or recordings.wanted = 'deleted');
  end if;

  v_state := private.derive_recording(v_call.id, true);
  perform private.leave_call();
  return jsonb_build_object('recording_state', v_state);
end;
$$;

revoke execute on function private.note_recording_action(uuid, text, text, text, text) from public, anon;
grant execute on function private.note_recording_action(uuid, text, text, text, text) to call_webhook;

-- Stores what control_fn did for a wish. May be called any number of times.
--   p_result         done, failed (Twilio refused), or released: what Twilio did is not known, and it may be
--                    asked again
--   p_recording_sid  of a start: what Twilio calls the recording
-- Answers {"recording_state"}: 'refused' means that a recording that was just started must be stopped.
create function public.note_recording_action(
  p_action_id uuid, p_agent_call_sid text, p_result text, p_recording_sid text, p_error text
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.note_recording_action(p_action_id, p_agent_call_sid, p_result, p_recording_sid, p_error);
$$;

revoke execute on function public.note_recording_action(uuid, text, text, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.note_recording_action(uuid, text, text, text, text) to call_webhook;
