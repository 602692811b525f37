-- Writing down a wish about a call, and ending one that was left.
set lock_timeout = '2s';

-- Whose fault it is that a wish cannot be read: the field that does not fit, or null.
create function private.misfit_of_wish(
  p_action text, p_to_user_id uuid, p_to jsonb, p_mode text, p_leg_id uuid, p_message_id uuid
)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_rings constant boolean := p_action in ('add', 'transfer');
begin
  return case
    when p_action is null or p_action not in (
      'hold', 'resume', 'add', 'remove', 'transfer', 'complete', 'merge', 'cancel', 'drop_voicemail'
    ) then 'action'
    when v_rings <> ((p_to_user_id is null) <> (jsonb_typeof(p_to) is distinct from 'object')) then 'to'
    when not v_rings and (p_to_user_id is not null or p_to is not null) then 'to'
    when (p_action = 'transfer') <> coalesce(p_mode in ('cold', 'warm'), false) then 'mode'
    when p_action <> 'transfer' and p_mode is not null then 'mode'
    when (p_action = 'remove') <> (p_leg_id is not null) then 'legId'
    when (p_action = 'drop_voicemail') <> (p_message_id is not null) then 'messageId'
  end;
end;
$$;

-- Whether two wishes are the same, sent twice. Mode and person of a cancel are ours, not part of the wish.
create function private.is_same_wish(p_one public.call_actions, p_other public.call_actions)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return p_one.action = p_other.action
    and (
      p_one.action not in ('add', 'transfer')
      or (p_one.mode, p_one.to_user_id, p_one.to_number)
      is not distinct from (p_other.mode, p_other.to_user_id, p_other.to_number)
    )
    and (p_one.action <> 'remove' or p_one.call_leg_id = p_other.call_leg_id)
    and p_one.message_id is not distinct from p_other.message_id;
end;
$$;

-- Whether there is a sign that Twilio has done what was asked of it for this action: the leg to ring is
-- known to Twilio, or a Dial of the call has ended since.
create function private.was_sent(p_action public.call_actions)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select from public.call_legs
    where call_legs.id = p_action.call_leg_id
      and call_legs.call_action_id = p_action.id
      and (call_legs.call_sid is not null or call_legs.status <> 'queued')
  ) or exists (
    select from public.call_events
    where call_events.business_id = p_action.business_id
      and call_events.conversation_id = p_action.conversation_id
      and (
        (
          call_events.source in ('dial_action', 'room_action', 'transfer_action')
          and call_events.id > p_action.after_event_id
        )
        or (
          call_events.source = 'control'
          and call_events.status = 'redirected'
          and call_events.sequence_number = p_action.number
        )
      )
  );
end;
$$;

-- What ask_of_call answers if the wish is allowed: shared/call_state.py, Asked.
create function private.answer_wish(
  p_conversation_id uuid, p_wait boolean, p_is_done boolean, p_action public.call_actions
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'wait', p_wait,
    'is_done', p_is_done,
    'action', case
      when p_action.id is not null then jsonb_build_object(
        'id', p_action.id,
        'number', p_action.number,
        'action', p_action.action,
        'mode', p_action.mode,
        'leg_id', p_action.call_leg_id,
        'leaving_leg_id', p_action.leaving_leg_id,
        'message_path', private.path_of_message(p_action.business_id, p_action.message_id),
        -- Asked in an earlier transaction: a function may have done some of it.
        'is_resumed', p_action.asked_at < now()
      )
    end,
    'call', private.call_state(p_conversation_id)
  );
end;
$$;

-- Stores a wish that is allowed, or takes over the one that was left: the same action, the same leg. Claims
-- the room, or the Dial, that it needs. The caller derives the call from it.
create function private.write_wish(
  p_call public.conversations,
  p_open public.call_actions,
  p_wish public.call_actions,
  p_lease_seconds integer
)
returns public.call_actions
language plpgsql
set search_path = ''
as $$
declare
  v_seconds constant integer := greatest(1, least(30, coalesce(p_lease_seconds, 10)));
  v_now constant timestamptz := clock_timestamp();
  v_action public.call_actions;
  v_bridge text;
begin
  v_action := p_open;
  if p_open.id is null then
    v_bridge := case
      when p_wish.mode = 'cold' then 'dial'
      when p_wish.action in ('hold', 'add') or p_wish.mode = 'warm' and p_wish.action = 'transfer' then 'room'
      else p_call.bridge
    end;
    insert into public.call_actions as written (
      business_id, conversation_id, action, mode, asked_by, asked_at, to_user_id, to_number, call_leg_id,
      leaving_leg_id, cause_id, message_id, after_event_id, bridge_before, lease_until, lease_seconds
    ) values (
      p_call.business_id, p_call.id, p_wish.action, p_wish.mode, p_wish.asked_by, v_now,
      p_wish.to_user_id, p_wish.to_number, p_wish.call_leg_id, p_wish.leaving_leg_id, p_wish.cause_id,
      p_wish.message_id,
      coalesce((
        select max(call_events.id)
        from public.call_events
        where call_events.business_id = p_call.business_id and call_events.conversation_id = p_call.id
      ), 0),
      case when v_bridge <> p_call.bridge then p_call.bridge end,
      v_now + make_interval(secs => v_seconds), v_seconds
    )
    returning written.* into v_action;

    if p_wish.action in ('add', 'transfer') or p_wish.cause_id is not null then
      with leg as (
        insert into public.call_legs (
          business_id, conversation_id, role, status, user_id, to_number, asked_for, asked_at, asked_by,
          call_action_id
        ) values (
          p_call.business_id, p_call.id,
          case
            when p_wish.to_number is not null then 'third_party'
            when p_wish.to_user_id = p_call.user_id then 'agent'
            else 'teammate'
          end,
          'queued', p_wish.to_user_id, p_wish.to_number,
          case when p_wish.cause_id is not null then 'return' else coalesce(p_wish.mode, 'add') end,
          v_now, p_wish.asked_by, v_action.id
        )
        returning id
      )

      update public.call_actions as written
      set call_leg_id = leg.id
      from leg
      where written.id = v_action.id
      returning written.* into v_action;
    end if;
  else
    v_bridge := case
      when p_open.bridge_before = 'dial' then 'room' when p_open.bridge_before = 'room' then 'dial'
      else p_call.bridge
    end;
    update public.call_actions as written
    set lease_until = v_now + make_interval(secs => v_seconds), lease_seconds = v_seconds
    where written.id = p_open.id
    returning written.* into v_action;
  end if;

  -- Pages follow the row: it changes with every wish.
  update public.conversations
  set bridge = v_bridge, is_plain = false
  where conversations.id = p_call.id;
  return v_action;
end;
$$;

-- What an action that came to nothing has claimed is as it was before: nobody is rung for it, and the lead is
-- connected as they were, unless there is a sign that Twilio has moved them.
create function private.take_back(p_action public.call_actions, p_agent_call_sid text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  -- Before the end of the leg is on record.
  v_was_sent constant boolean := private.was_sent(p_action);
begin
  if exists (
    select from public.call_legs
    where call_legs.id = p_action.call_leg_id
      and call_legs.call_action_id = p_action.id
      and call_legs.call_sid is null
      and call_legs.status = 'queued'
  ) then
    perform private.store_call_event(
      null, p_agent_call_sid, 'control', 'failed', p_action.number::integer, clock_timestamp(), 0, '{}',
      p_action.call_leg_id, null
    );
  end if;
  if p_action.bridge_before is not null and not v_was_sent then
    update public.conversations
    set bridge = p_action.bridge_before
    where conversations.call_sid = p_agent_call_sid;
  end if;
end;
$$;

-- Ends an action that was left, because somebody asks for something else: the function that had it was killed.
-- Whether Twilio was asked to ring somebody in a room is not known; Twilio's callbacks tell. A lead who was
-- to be sent to somebody and was not is where they were.
create function private.supersede_action(p_action public.call_actions, p_agent_call_sid text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.call_actions
  set result = 'superseded', finished_at = clock_timestamp()
  where call_actions.id = p_action.id;

  if p_action.mode = 'cold' and not private.was_sent(p_action) then
    perform private.take_back(p_action, p_agent_call_sid);
  end if;
end;
$$;

revoke execute on function private.misfit_of_wish(text, uuid, jsonb, text, uuid, uuid) from public, anon;
revoke execute on function private.is_same_wish(public.call_actions, public.call_actions) from public, anon;
revoke execute on function private.was_sent(public.call_actions) from public, anon;
revoke execute on function private.answer_wish(uuid, boolean, boolean, public.call_actions)
from public, anon;
revoke execute on function
private.write_wish(public.conversations, public.call_actions, public.call_actions, integer)
from public, anon;
revoke execute on function private.take_back(public.call_actions, text) from public, anon;
revoke execute on function private.supersede_action(public.call_actions, text) from public, anon;
grant execute on function private.was_sent(public.call_actions) to call_webhook;
grant execute on function private.take_back(public.call_actions, text) to call_webhook;
