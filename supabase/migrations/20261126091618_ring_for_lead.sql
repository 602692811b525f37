-- Ringing somebody for a lead who would be alone.
set lock_timeout = '2s';

-- What Twilio is to do with the leg: hang_up, join_room, ring (leg_id) or apologize.
create type private.continuation as (next text, leg_id uuid);

-- Rings a person for the lead, once for one cause. If they have been rung for it, that goes on.
-- (A page that is loading does not ring yet: private.may_ring_again.)
create function private.ring_for_lead(
  p_call public.conversations, p_cause_id uuid, p_user_id uuid, p_then_user_id uuid
)
returns private.continuation
language plpgsql
set search_path = ''
as $$
declare
  v_rung public.call_actions;
  v_action_id constant uuid := gen_random_uuid();
  v_leg_id constant uuid := gen_random_uuid();
  v_named text;
begin
  select call_actions.* into v_rung
  from public.call_actions
  join public.call_legs
    on call_legs.business_id = call_actions.business_id and call_legs.id = call_actions.call_leg_id
  where call_actions.business_id = p_call.business_id
    and call_actions.cause_id = p_cause_id
    and call_actions.to_user_id = p_user_id
    and call_actions.result is distinct from 'failed'
    and not (call_actions.result = 'superseded' and call_legs.status = 'failed')
  order by call_actions.number desc
  limit 1;
  if found then
    return private.follow_ring(p_call, v_rung, null, null);
  end if;

  -- Who has left the business is not rung.
  v_named := set_config('henk.business_id', p_call.business_id::text, true);
  if not exists (
    select from public.business_members
    where business_members.business_id = p_call.business_id and business_members.user_id = p_user_id
  ) then
    if p_then_user_id is null then
      return ('apologize'::text, null::uuid);
    end if;
    return private.ring_for_lead(p_call, p_cause_id, p_then_user_id, null);
  end if;

  insert into public.call_legs (
    id, business_id, conversation_id, role, status, user_id, asked_for, asked_at, call_action_id
  ) values (
    v_leg_id, p_call.business_id, p_call.id,
    case when p_user_id = p_call.user_id then 'agent' else 'teammate' end,
    'queued', p_user_id, 'return', clock_timestamp(), v_action_id
  );
  insert into public.call_actions (
    id, business_id, conversation_id, action, to_user_id, call_leg_id, cause_id, then_user_id,
    result, finished_at
  ) values (
    v_action_id, p_call.business_id, p_call.id, 'return', p_user_id, v_leg_id, p_cause_id,
    nullif(p_then_user_id, p_user_id), 'done', clock_timestamp()
  );
  update public.conversations set bridge = 'dial' where conversations.id = p_call.id;
  return ('ring'::text, v_leg_id);
end;
$$;

-- For how long a person whose phone does not ring is rung again: their page may be loading. The local stack
-- sets it, because its calls are faster than life.
create function private.ring_again_lasts()
returns interval
language plpgsql
stable
set search_path = ''
as $$
begin
  return make_interval(
    secs => coalesce(nullif(current_setting('henk.ring_again_seconds', true), '')::double precision, 20)
  );
end;
$$;

-- The leg on which the person of an action is, or is rung: of several tries, the one that they answered, else
-- the last.
create function private.leg_of_ring(p_action public.call_actions)
returns public.call_legs
language plpgsql
stable
set search_path = ''
as $$
declare
  v_leg public.call_legs;
begin
  select * into v_leg
  from public.call_legs
  where call_legs.business_id = p_action.business_id
    and call_legs.conversation_id = p_action.conversation_id
    and call_legs.call_action_id = p_action.id
    and call_legs.asked_for in ('cold', 'return')
  order by
    call_legs.answered_at is not null desc, call_legs.asked_at desc, private.is_alive(call_legs) desc,
    call_legs.id
  limit 1;
  return v_leg;
end;
$$;

-- Whether a person is to be rung again, because their page may be loading: it was there a moment ago, and the
-- Dial has ended without an answer shortly after they were rung first. Only the last who is rung for a lead:
-- of a transfer that nobody hears, whoever transferred is told at once.
create function private.may_ring_again(p_leg public.call_legs, p_status text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return p_leg.user_id is not null
    and p_leg.declined_at is null
    and p_leg.asked_for = 'return'
    and p_status in ('no-answer', 'failed')
    and private.was_here_lately(p_leg.business_id, p_leg.user_id)
    and not exists (
      select from public.call_legs
      where call_legs.business_id = p_leg.business_id
        and call_legs.conversation_id = p_leg.conversation_id
        and call_legs.call_action_id = p_leg.call_action_id
        and call_legs.asked_at < clock_timestamp() - private.ring_again_lasts()
    )
    and exists (
      select from public.business_members
      where business_members.business_id = p_leg.business_id
        and business_members.user_id = p_leg.user_id
    );
end;
$$;

-- Where a lead is who was last sent to the person of this action. p_over: the leg of theirs whose Dial has
-- just ended without an answer, with p_status, whatever the leg's own events say so far.
create function private.follow_ring(
  p_call public.conversations, p_action public.call_actions, p_over uuid, p_status text
)
returns private.continuation
language plpgsql
set search_path = ''
as $$
declare
  v_leg constant public.call_legs := private.leg_of_ring(p_action);
  v_is_over constant boolean := v_leg.id is not distinct from p_over;
  v_again_id constant uuid := gen_random_uuid();
  v_named text;
begin
  -- They talk to this person, or have talked.
  if v_leg.answered_at is not null and not v_is_over then
    return ('hang_up'::text, null::uuid);
  end if;

  if private.is_alive(v_leg) and not v_is_over then
    if v_leg.user_id is not null then
      return ('ring'::text, v_leg.id);
    end if;
    -- A number is dialled by control_fn alone, which asks the gate first. If it was killed, nobody is.
    if p_action.result is not null or p_action.lease_until > clock_timestamp() then
      return ('hang_up'::text, null::uuid);
    end if;
  end if;

  v_named := set_config('henk.business_id', p_call.business_id::text, true);
  if private.may_ring_again(v_leg, case when v_is_over then p_status else v_leg.status end) then
    insert into public.call_legs (
      id, business_id, conversation_id, role, status, user_id, asked_for, asked_at, asked_by,
      call_action_id
    ) values (
      v_again_id, p_call.business_id, p_call.id, v_leg.role, 'queued', v_leg.user_id, v_leg.asked_for,
      clock_timestamp(), v_leg.asked_by, v_leg.call_action_id
    );
    return ('ring'::text, v_again_id);
  end if;

  if p_action.action = 'transfer' then
    return private.ring_for_lead(p_call, p_action.id, p_action.asked_by, null);
  elsif p_action.then_user_id is not null then
    return private.ring_for_lead(p_call, p_action.cause_id, p_action.then_user_id, null);
  end if;
  return ('apologize'::text, null::uuid);
end;
$$;

-- The newest action that sent the lead to one person: a cold transfer, one that was taken back, a return.
create function private.last_ring(p_call public.conversations)
returns public.call_actions
language plpgsql
stable
set search_path = ''
as $$
declare
  v_action public.call_actions;
begin
  select call_actions.* into v_action
  from public.call_actions
  join public.call_legs
    on call_legs.business_id = call_actions.business_id and call_legs.id = call_actions.call_leg_id
  where call_actions.business_id = p_call.business_id
    and call_actions.conversation_id = p_call.id
    and call_legs.call_action_id = call_actions.id
    and call_legs.asked_for in ('cold', 'return')
    and call_actions.result is distinct from 'failed'
    and not (call_actions.result = 'superseded' and call_legs.status = 'failed')
  order by call_actions.number desc
  limit 1;
  return v_action;
end;
$$;

revoke execute on function
private.ring_for_lead(public.conversations, uuid, uuid, uuid)
from public, anon;
revoke execute on function
private.follow_ring(public.conversations, public.call_actions, uuid, text)
from public, anon;
revoke execute on function private.ring_again_lasts() from public, anon;
revoke execute on function private.leg_of_ring(public.call_actions) from public, anon;
revoke execute on function private.may_ring_again(public.call_legs, text) from public, anon;
revoke execute on function private.last_ring(public.conversations) from public, anon;
grant execute on function
private.ring_for_lead(public.conversations, uuid, uuid, uuid)
to call_webhook;
grant execute on function
private.follow_ring(public.conversations, public.call_actions, uuid, text)
to call_webhook;
grant execute on function private.ring_again_lasts() to call_webhook;
grant execute on function private.leg_of_ring(public.call_actions) to call_webhook;
grant execute on function private.may_ring_again(public.call_legs, text) to call_webhook;
grant execute on function private.last_ring(public.conversations) to call_webhook;
