-- What became of what was asked of a call.
set lock_timeout = '2s';

-- Stores what control_fn did for an action and Twilio confirmed, and whether the action has ended. May be
-- called any number of times with the same notes.
--   p_notes   [{"what", "leg_id", "call_sid"}]: leg_dialled, leg_failed, held, unheld, redirected, removed,
--             dropped, in_room, not_in_room (what was asked of the room has come to nothing)
--   p_result  null: it goes on, and its lease begins again. done, failed. released: it may be asked again
-- Answers the call as it is now: shared/call_state.py, CallState.
create function public.note_call_action(
  p_action_id uuid, p_agent_call_sid text, p_notes jsonb, p_result text, p_error text
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_action public.call_actions;
  v_leg public.call_legs;
  v_note record;
  v_status text;
  v_state jsonb;
begin
  if p_result is not null and p_result not in ('done', 'failed', 'released') then
    raise exception 'p_result is done, failed, released or null' using errcode = '22023';
  end if;
  perform private.enter_call(p_agent_call_sid, null);
  select * into v_call from public.conversations where conversations.call_sid = p_agent_call_sid;
  select * into v_action
  from public.call_actions
  where call_actions.id = p_action_id and call_actions.conversation_id = v_call.id;
  if not found then
    raise exception 'this call has no action with this id' using errcode = '22023';
  end if;

  for v_note in
    select notes.what, notes.leg_id, notes.call_sid
    from jsonb_to_recordset(coalesce(p_notes, '[]')) as notes (what text, leg_id uuid, call_sid text)
  loop
    if v_note.what = 'not_in_room' then
      -- Also after the end of the action: it is about what Twilio did.
      update public.conversations
      set bridge = v_action.bridge_before
      where conversations.id = v_call.id
        and v_action.bridge_before = 'dial'
        and not private.was_sent(v_action);
      continue;
    end if;

    v_status := case v_note.what
      when 'leg_dialled' then 'queued'
      when 'leg_failed' then 'failed'
      when 'held' then 'participant-hold'
      when 'unheld' then 'participant-unhold'
      when 'redirected' then 'redirected'
      when 'removed' then 'removed'
      when 'dropped' then 'dropped'
    end;
    select * into v_leg
    from public.call_legs
    where call_legs.conversation_id = v_call.id
      and (call_legs.id = v_note.leg_id or (v_note.leg_id is null and call_legs.call_sid = v_note.call_sid));
    -- A CallSid that is known for another leg is that leg's.
    if found and v_status is not null and not exists (
      select from public.call_legs
      where call_legs.conversation_id = v_call.id
        and call_legs.call_sid = v_note.call_sid
        and call_legs.id <> v_leg.id
        and call_legs.call_action_id is distinct from v_leg.call_action_id
    ) then
      perform private.store_call_event(
        coalesce(v_note.call_sid, v_leg.call_sid), p_agent_call_sid, 'control', v_status,
        v_action.number::integer, clock_timestamp(),
        case when v_note.what = 'leg_failed' then 0 end, '{}',
        case when v_leg.asked_for is not null then v_leg.id end, null
      );
    end if;
  end loop;

  -- What has ended stays as it ended.
  update public.call_actions
  set
    lease_until = case
      when p_result is null then clock_timestamp() + make_interval(secs => v_action.lease_seconds)
      else clock_timestamp()
    end,
    result = case when p_result <> 'released' then p_result end,
    error = left(p_error, 200),
    finished_at = case when p_result <> 'released' then clock_timestamp() end
  where call_actions.id = p_action_id and call_actions.result is null;

  if found and p_result = 'failed' then
    perform private.take_back(v_action, p_agent_call_sid);
  end if;

  select * into v_call from public.conversations where conversations.call_sid = p_agent_call_sid;
  perform private.derive_call(v_call);
  -- Pages follow the row: it changes with every end of an action.
  if p_result is not null then
    update public.conversations
    set bridge = v_call.bridge
    where conversations.id = v_call.id and conversations.updated_at = v_call.updated_at;
  end if;
  v_state := private.call_state(v_call.id);
  perform private.leave_call();
  return v_state;
end;
$$;

revoke execute on function public.note_call_action(uuid, text, jsonb, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.note_call_action(uuid, text, jsonb, text, text) to call_webhook;
