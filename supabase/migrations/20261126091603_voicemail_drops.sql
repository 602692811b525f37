-- When a lead was left alone with a recorded message: the talk ends there, and the lead's leg goes on without us.
set lock_timeout = '2s';

-- The drop of a call, from what was asked of it and what its events tell.
-- Twilio's clock counts where it tells: a Dial ends with the rep's leg, and a room tells that the lead was taken
-- out of it. Until then our clock counts. So a function that was killed between its request to Twilio and our
-- ledger changes nothing: in a Dial no talk is longer than the rep's leg, and a room says it itself.
create function private.drop_of_call(p_call public.conversations)
returns private.voicemail_drop
language plpgsql
stable
set search_path = ''
as $$
declare
  v_action public.call_actions;
  v_noted_at timestamptz;
  v_freed_at timestamptz;
  v_left_at timestamptz;
  v_ended_at timestamptz;
  d private.voicemail_drop;
begin
  -- The newest wish counts, and one that Twilio has confirmed, whatever was asked meanwhile.
  select call_actions.* into v_action
  from public.call_actions
  left join public.call_events
    on call_events.agent_call_sid = p_call.call_sid
    and call_events.source = 'control'
    and call_events.status = 'dropped'
    and call_events.sequence_number = call_actions.number
  where call_actions.business_id = p_call.business_id
    and call_actions.conversation_id = p_call.id
    and (call_actions.result is distinct from 'failed' or call_events.id is not null)
  order by call_events.id is not null desc, call_actions.number desc
  limit 1;
  if v_action.action is distinct from 'drop_voicemail' then
    return d;
  end if;

  select call_legs.call_sid into d.call_sid
  from public.call_legs
  where call_legs.id = v_action.call_leg_id and call_legs.conversation_id = p_call.id;

  select
    min(told.at) filter (where told.source = 'control' and told.status = 'dropped'),
    min(told.at) filter (where told.call_sid = leaving.call_sid and told.is_end),
    max(told.at) filter (where told.call_sid = d.call_sid and told.is_taken_out),
    min(told.at) filter (where told.call_sid = d.call_sid and told.is_end)
  into v_noted_at, v_freed_at, v_left_at, v_ended_at
  from (
    select
      call_events.call_sid,
      call_events.source,
      call_events.status,
      coalesce(call_events.occurred_at, call_events.received_at) as at,
      call_events.source in ('status_callback', 'reconcile')
      and private.is_final(call_events.status) as is_end,
      call_events.status = 'participant-leave'
      and call_events.payload ->> 'ReasonParticipantLeft' = 'participant_updated_via_api'
      and call_events.id > v_action.after_event_id as is_taken_out
    from public.call_events
    where call_events.agent_call_sid = p_call.call_sid
  ) as told
  left join public.call_legs as leaving
    on leaving.id = v_action.leaving_leg_id and leaving.conversation_id = p_call.id;

  d.at := coalesce(case when p_call.bridge = 'room' then v_left_at else v_freed_at end, v_noted_at);
  -- Two legs of one Dial end within the same second or the next.
  d.is_certain := v_noted_at is not null
    or (p_call.bridge = 'room' and v_left_at is not null)
    or coalesce(v_ended_at > d.at + interval '2 seconds', false);
  return d;
end;
$$;

-- Writes the drop of a call into the leg, and ends a wish that a killed function has left.
create function private.derive_drop(p_call public.conversations, p_drop private.voicemail_drop)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.call_legs as leg
  set dropped_at = case when p_drop.is_certain then leg.ended_at end
  where leg.call_sid = p_drop.call_sid
    and leg.conversation_id = p_call.id
    and leg.dropped_at is distinct from case when p_drop.is_certain then leg.ended_at end;

  update public.call_actions
  set result = 'done', finished_at = clock_timestamp()
  where p_drop.is_certain
    and call_actions.business_id = p_call.business_id
    and call_actions.conversation_id = p_call.id
    and call_actions.action = 'drop_voicemail'
    and call_actions.result is null
    and call_actions.lease_until < clock_timestamp();
end;
$$;

revoke execute on function private.drop_of_call(public.conversations) from public, anon;
revoke execute on function private.derive_drop(public.conversations, private.voicemail_drop)
from public, anon;
grant execute on function private.drop_of_call(public.conversations) to call_webhook;
grant execute on function private.derive_drop(public.conversations, private.voicemail_drop)
to call_webhook;
