-- What is going on in a call of which something was asked: its stage and its room.
set lock_timeout = '2s';

-- The name of a call's room, which is the FriendlyName of Twilio's Conference.
create function private.room_name(p_conversation_id uuid)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return 'conversation_' || replace(p_conversation_id::text, '-', '');
end;
$$;

-- The stage of a call that is not plain, by its legs. Null if the agent and the lead talk, as in a plain
-- call, and if the lead's leg has ended.
create function private.stage_of_call(p_call public.conversations)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v record;
begin
  select
    coalesce(bool_or(legs.role = 'lead' and not legs.is_over), false) as lead_is_there,
    coalesce(bool_or(legs.role = 'lead' and legs.on_hold_since is not null), false) as lead_waits,
    -- A person who declined is not rung any more, though Twilio may not have told the end yet.
    array_agg(coalesce(legs.asked_for, 'add')) filter (
      where legs.is_asked and not legs.is_over and legs.declined_at is null
        and legs.status <> 'in-progress'
    ) as rung_for,
    count(*) filter (where legs.is_present) as people,
    coalesce(bool_or(legs.is_present and legs.role = 'agent'), false) as agent_is_there
  into v
  from (
    select
      call_legs.*,
      private.is_final(call_legs.status) as is_over,
      private.is_asked_leg(call_legs, p_call.call_sid) as is_asked,
      private.is_present(call_legs, p_call.call_sid) as is_present
    from public.call_legs
    where call_legs.conversation_id = p_call.id
      and call_legs.business_id = p_call.business_id
  ) as legs;

  return case
    when not v.lead_is_there then null
    when 'return' = any(v.rung_for) then 'returning'
    when 'cold' = any(v.rung_for) then 'transferring'
    when v.rung_for is not null then 'ringing'
    when v.lead_waits and v.people > 1 then 'consulting'
    when v.lead_waits then 'on_hold'
    when v.people > 1 then 'together'
    when v.people = 1 and not v.agent_is_there then 'transferred'
  end;
end;
$$;

-- Whether somebody other than the lead is on the call on this leg. Before the lead has answered, it is the
-- agent's own leg that rings.
create function private.is_present(p_leg public.call_legs, p_agent_call_sid text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return p_leg.role <> 'lead' and p_leg.ended_by is distinct from 'removed' and (
    p_leg.status = 'in-progress'
    or (p_leg.call_sid is not distinct from p_agent_call_sid and not private.is_final(p_leg.status))
  );
end;
$$;

-- Writes what the legs and holds of a call say into its conversation. If only a leg has changed, the
-- conversation is written too, so that those who follow it learn of it.
create function private.derive_stage(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_is_over boolean;
  v_stage text;
  v_hold_seconds integer;
  v_call_back_at timestamptz;
  v_host constant public.call_legs := private.host_of_call(p_call);
begin
  -- Twilio tells the end of the agent's own leg alone. It is answered when the lead's is: answerOnBridge.
  update public.call_legs as agent
  set status = 'in-progress', answered_at = lead.answered_at
  from private.lead_of_call(p_call) as lead
  where agent.call_sid = p_call.call_sid
    and lead.answered_at is not null
    and not private.is_final(agent.status)
    and (agent.status, agent.answered_at) is distinct from ('in-progress', lead.answered_at);

  select private.is_final(conversations.status) into v_is_over
  from public.conversations
  where conversations.id = p_call.id;

  if v_is_over then
    select coalesce(round(sum(extract(epoch from call_holds.ended_at - call_holds.started_at))), 0)
    into v_hold_seconds
    from public.call_holds
    inner join public.call_legs on call_legs.id = call_holds.call_leg_id
    where call_holds.conversation_id = p_call.id
      and call_holds.business_id = p_call.business_id
      and call_legs.role = 'lead';
  else
    v_stage := private.stage_of_call(p_call);
  end if;

  select min(coalesce(call_events.occurred_at, call_events.received_at)) into v_call_back_at
  from public.call_events
  where call_events.agent_call_sid = p_call.call_sid
    and call_events.source = 'control'
    and call_events.status = 'apologized';

  update public.call_legs
  set is_host = (call_legs.id is not distinct from v_host.id and private.is_present(call_legs, p_call.call_sid))
  where call_legs.conversation_id = p_call.id
    and call_legs.business_id = p_call.business_id
    and call_legs.is_host is distinct from (
      call_legs.id is not distinct from v_host.id and private.is_present(call_legs, p_call.call_sid)
    );

  update public.conversations as told
  set
    is_plain = false,
    stage = v_stage,
    hold_seconds = v_hold_seconds,
    call_back_at = v_call_back_at
  where told.id = p_call.id
    and (
      told.is_plain
      or (told.stage, told.hold_seconds, told.call_back_at)
      is distinct from (v_stage, v_hold_seconds, v_call_back_at)
      or exists (
        select from public.call_legs
        where call_legs.conversation_id = p_call.id
          and call_legs.business_id = p_call.business_id
          and call_legs.updated_at > told.updated_at
      )
    );
end;
$$;

revoke execute on function private.room_name(uuid) from public, anon;
revoke execute on function private.stage_of_call(public.conversations) from public, anon;
revoke execute on function private.is_present(public.call_legs, text) from public, anon;
revoke execute on function private.derive_stage(public.conversations) from public, anon;
grant execute on function private.room_name(uuid) to call_webhook;
grant execute on function private.stage_of_call(public.conversations) to call_webhook;
grant execute on function private.is_present(public.call_legs, text) to call_webhook;
grant execute on function private.derive_stage(public.conversations) to call_webhook;
