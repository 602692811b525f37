-- What becomes of a leg whose Dial has ended. Everything is decided from the state of the call: the same
-- request gets the same answer while the state is the same, and one that comes late leads nobody away.
set lock_timeout = '2s';

-- The room has ended under the lead: its host has left it, or lost the connection. p_since: the newest action
-- when the lead joined the room. Who was rung for them since was rung after this Dial: it is told again.
create function private.continue_after_room(p_call public.conversations, p_since bigint)
returns private.continuation
language plpgsql
set search_path = ''
as $$
declare
  v_parties constant private.call_parties := private.parties_of_call(p_call, null);
  v_ring constant public.call_actions := private.last_ring(p_call);
  v_wish public.call_actions;
  v_host_user_id uuid;
  v_holder_id uuid;
  v_mate_id uuid;
begin
  if not private.is_alive(v_parties.lead) then
    return ('hang_up'::text, null::uuid);
  end if;

  -- The newest wish that was about the room.
  select * into v_wish
  from public.call_actions
  where call_actions.business_id = p_call.business_id
    and call_actions.conversation_id = p_call.id
    and call_actions.action <> 'return'
    and call_actions.mode is distinct from 'cold'
    and call_actions.result is distinct from 'failed'
    -- A message that a killed function did not leave.
    and (
      call_actions.action <> 'drop_voicemail'
      or call_actions.result = 'done'
      or (call_actions.result is null and call_actions.lease_until > clock_timestamp())
    )
  order by call_actions.number desc
  limit 1;
  -- The lead was taken out of the room, and hears a message.
  if v_wish.action = 'drop_voicemail' then
    return ('hang_up'::text, null::uuid);
  end if;
  if v_ring.id is not null and v_ring.number > coalesce(least(v_wish.number, p_since), 0) then
    return private.follow_ring(p_call, v_ring, null, null);
  end if;
  if v_wish.id is null or exists (
    select from public.call_actions
    where call_actions.business_id = p_call.business_id
      and call_actions.conversation_id = p_call.id
      and call_actions.action = 'remove'
      and call_actions.call_leg_id = (v_parties.lead).id
      and call_actions.result is distinct from 'failed'
  ) then
    return ('hang_up'::text, null::uuid);
  end if;

  v_host_user_id := private.person_of_leg(v_parties.host, p_call);
  -- The colleague who was on the call to the end. The room's end has ended their leg, too, and may be on
  -- record already.
  select call_legs.user_id into v_mate_id
  from public.call_legs
  where call_legs.business_id = p_call.business_id
    and call_legs.conversation_id = p_call.id
    and call_legs.id is distinct from (v_parties.host).id
    and call_legs.asked_for is not null
    and call_legs.user_id is not null
    and call_legs.user_id is distinct from v_host_user_id
    and call_legs.answered_at is not null
    and coalesce(call_legs.ended_by, 'host') = 'host'
    and (
      private.is_alive(call_legs)
      or call_legs.updated_at > clock_timestamp() - interval '10 seconds'
    )
  order by call_legs.asked_for = 'warm' desc, call_legs.asked_at desc
  limit 1;
  if v_mate_id is not null then
    return private.ring_for_lead(
      p_call, v_wish.id, v_mate_id, coalesce(v_host_user_id, p_call.user_id)
    );
  end if;

  if v_parties.is_on_hold
    -- Whoever was killed may have put them on hold. One that came to nothing said so.
    or (v_wish.result is null and v_wish.error is null and v_wish.action in ('hold', 'transfer')) then
    select call_actions.asked_by into v_holder_id
    from public.call_actions
    where call_actions.business_id = p_call.business_id
      and call_actions.conversation_id = p_call.id
      and (call_actions.action = 'hold' or (call_actions.action = 'transfer' and call_actions.mode = 'warm'))
      -- A manager may hold a call that they are not on.
      and (
        call_actions.asked_by = p_call.user_id
        or exists (
          select from public.call_legs
          where call_legs.business_id = p_call.business_id
            and call_legs.conversation_id = p_call.id
            and call_legs.user_id = call_actions.asked_by
        )
      )
    order by call_actions.number desc
    limit 1;
    return private.ring_for_lead(
      p_call, v_wish.id, coalesce(v_holder_id, v_host_user_id, p_call.user_id), null
    );
  end if;
  return ('hang_up'::text, null::uuid);
end;
$$;

-- The Dial has ended that rang somebody for the lead, with this DialCallStatus.
create function private.continue_after_ring(
  p_call public.conversations, p_leg public.call_legs, p_status text
)
returns private.continuation
language plpgsql
set search_path = ''
as $$
declare
  v_ring constant public.call_actions := private.last_ring(p_call);
  v_action public.call_actions;
  v_lead public.call_legs;
begin
  v_lead := private.lead_of_call(p_call);
  if not private.is_alive(v_lead) then
    return ('hang_up'::text, null::uuid);
  end if;
  select * into v_action from public.call_actions where call_actions.id = p_leg.call_action_id;
  -- The lead was sent to somebody else meanwhile: the Dial was interrupted for that.
  if v_ring.number > v_action.number then
    return private.follow_ring(p_call, v_ring, null, null);
  end if;
  if p_status in ('completed', 'answered') or p_leg.answered_at is not null then
    return (
      case when p_call.bridge = 'room' and private.is_alive(p_leg) then 'join_room' else 'hang_up' end,
      null::uuid
    );
  end if;
  return private.follow_ring(p_call, v_action, p_leg.id, p_status);
end;
$$;

-- The answer for a leg that has nowhere to go.
create function private.hang_up(p_new boolean, p_conversation_id uuid)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'new', p_new, 'conversation_id', p_conversation_id, 'next', 'hang_up', 'room', null, 'is_host', false,
    'label', null, 'seconds_left', null, 'from_number', null, 'ring', null
  );
end;
$$;

-- Stores that the Dial of a leg has ended, and answers what becomes of that leg. One round trip of twiml_fn.
--   p_call_sid      the leg whose Dial has ended; p_agent_call_sid names the call
--   p_after         dial (the agent's Dial of the lead), room (a Dial into the room), transfer or return (the
--                   lead's Dial of a person, whose leg is p_call_leg_id)
--   p_status, p_dial_call_sid, p_duration_seconds  DialCallStatus, DialCallSid, DialCallDuration
-- p_payload ->> 'since': the newest action when the lead joined the room, of which this is the end.
-- Answers {"new", "conversation_id", "next": "hang_up" | "join_room" | "ring" | "apologize", "room", "is_host",
-- "label", "seconds_left", "newest_action", "from_number", "ring": {"leg_id", "identity", "after", "by",
-- "pause": seconds | null} | null}.
create function public.continue_call(
  p_call_sid text,
  p_agent_call_sid text,
  p_after text,
  p_call_leg_id uuid,
  p_status text,
  p_dial_call_sid text,
  p_duration_seconds integer,
  p_payload jsonb
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_stored record;
  v_call public.conversations;
  v_leg public.call_legs;
  v_lead public.call_legs;
  v_host public.call_legs;
  v_rung public.call_legs;
  v_pause integer;
  v_newest bigint;
  c private.continuation;
begin
  if p_after is null or p_after not in ('dial', 'room', 'transfer', 'return') then
    raise exception 'p_after is dial, room, transfer or return' using errcode = '22023';
  end if;
  perform private.enter_call(p_agent_call_sid, null);

  if p_after = 'dial' then
    v_stored := private.store_call_event(
      coalesce(p_dial_call_sid, p_call_sid), p_agent_call_sid, 'dial_action', p_status, null, null,
      p_duration_seconds, p_payload, null, null
    );
    -- Of most calls nothing more was asked.
    if (v_stored.call).is_plain is not false then
      perform private.leave_call();
      return private.hang_up(v_stored.is_new, (v_stored.call).id);
    end if;
  end if;

  select * into v_call from public.conversations where conversations.call_sid = p_agent_call_sid;
  select * into v_leg
  from public.call_legs
  where call_legs.conversation_id = v_call.id
    and case
      when p_after in ('dial', 'room') then call_legs.call_sid = p_call_sid
      else call_legs.id = p_call_leg_id and call_legs.asked_for in ('cold', 'return')
    end;
  -- Nobody of this call: Twilio never sends that.
  if not found then
    perform private.leave_call();
    return private.hang_up(false, v_call.id);
  end if;
  v_host := private.host_of_call(v_call);
  v_lead := private.lead_of_call(v_call);

  c.next := 'hang_up';
  if p_after = 'dial' then
    if v_call.bridge = 'room'
      and v_leg.id = v_host.id
      and private.is_alive(v_leg)
      and private.is_alive(v_lead) then
      c.next := 'join_room';
    end if;
  elsif private.is_final(p_payload ->> 'CallStatus') is not true then
    if p_after = 'room' and v_leg.role = 'lead' then
      c := private.continue_after_room(v_call, nullif(p_payload ->> 'since', '')::bigint);
    elsif p_after in ('transfer', 'return')
      and p_call_sid = v_lead.call_sid then
      c := private.continue_after_ring(v_call, v_leg, p_status);
    end if;
  end if;

  if p_after = 'room' then
    v_stored := private.store_call_event(
      p_call_sid, p_agent_call_sid, 'room_action', p_status, null, null, null, p_payload,
      case when v_leg.asked_for is not null then v_leg.id end, null
    );
  elsif p_after <> 'dial' then
    v_stored := private.store_call_event(
      p_dial_call_sid, p_agent_call_sid, 'transfer_action', p_status, null, null, p_duration_seconds,
      p_payload, v_leg.id, null
    );
  end if;
  if c.next = 'apologize' then
    perform private.store_call_event(
      p_call_sid, p_agent_call_sid, 'control', 'apologized', null, clock_timestamp(), null, '{}', null, null
    );
  elsif c.next = 'ring' then
    select * into v_rung from public.call_legs where call_legs.id = c.leg_id;
    -- Who did not hear it the first time may be loading their page.
    v_pause := case
      when exists (
        select from public.call_legs
        where call_legs.conversation_id = v_call.id
          and call_legs.call_action_id = v_rung.call_action_id
          and call_legs.asked_at < v_rung.asked_at
      ) then 2
    end;
    -- The lead hears no music of the room any more. Once for each person who is rung.
    perform private.store_call_event(
      p_call_sid, p_agent_call_sid, 'control', 'redirected',
      (
        select call_actions.number::integer
        from public.call_actions
        where call_actions.id = v_rung.call_action_id and call_actions.conversation_id = v_call.id
      ),
      clock_timestamp(), null, '{}', null, null
    );
  end if;

  if c.next = 'join_room' then
    v_newest := private.newest_action(v_call.id);
  end if;

  perform private.leave_call();
  return private.hang_up(v_stored.is_new, v_call.id) || jsonb_build_object(
    'next', c.next,
    'room', case when c.next = 'join_room' then private.room_name(v_call.id) end,
    'is_host', c.next = 'join_room' and p_after = 'dial',
    'label', case
      when c.next <> 'join_room' then null
      when p_after = 'dial' then v_leg.id
      else v_lead.id
    end,
    'seconds_left', private.seconds_left(v_call),
    'newest_action', v_newest,
    'from_number', v_call.from_number,
    'ring', case when c.next = 'ring' then jsonb_build_object(
      'leg_id', v_rung.id,
      'identity', private.identity_of(v_rung.user_id, v_call.business_id),
      'after', case when v_rung.asked_for = 'cold' then 'transfer' else 'return' end,
      'by', v_rung.asked_by,
      'pause', v_pause
    ) end
  );
end;
$$;

revoke execute on function private.hang_up(boolean, uuid) from public, anon;
revoke execute on function private.continue_after_room(public.conversations, bigint) from public, anon;
revoke execute on function
private.continue_after_ring(public.conversations, public.call_legs, text)
from public, anon;
revoke execute on function
public.continue_call(text, text, text, uuid, text, text, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function private.hang_up(boolean, uuid) to call_webhook;
grant execute on function private.continue_after_room(public.conversations, bigint) to call_webhook;
grant execute on function
private.continue_after_ring(public.conversations, public.call_legs, text)
to call_webhook;
grant execute on function
public.continue_call(text, text, text, uuid, text, text, integer, jsonb)
to call_webhook;
