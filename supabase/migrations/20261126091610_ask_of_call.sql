-- What a person asks of a call: it is written down, with the leg to ring. Then control_fn asks Twilio.
set lock_timeout = '2s';

-- Writes down what the signed-in person asks of a call, if they may, and the leg to ring with it.
-- Security definer: nobody may write actions and legs themselves. It checks who asks, first of all.
create function private.ask_of_call(
  p_conversation_id uuid,
  p_action text,
  p_to_user_id uuid,
  p_to jsonb,
  p_mode text,
  p_leg_id uuid,
  p_message_id uuid,
  p_lease_seconds integer
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_call public.conversations;
  v_member public.business_members;
  v_business public.businesses;
  v_legs public.call_legs[];
  v_parties private.call_parties;
  v_last public.call_actions;
  v_open public.call_actions;
  v_left public.call_actions;
  v_wish public.call_actions;
  v_fitted record;
  v_error text;
  v_before text;
  d private.call_decision;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  v_error := private.misfit_of_wish(p_action, p_to_user_id, p_to, p_mode, p_leg_id, p_message_id);
  if v_error is not null then
    return jsonb_build_object('error', 'invalid_request', 'field', v_error);
  end if;

  -- Nobody waits for, or holds up, a call of a business that they are not in.
  select conversations.* into v_call
  from public.conversations
  join public.business_members
    on business_members.business_id = conversations.business_id and business_members.user_id = v_user_id
  where conversations.id = p_conversation_id;
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;
  -- Of two who are to be rung at once, the second sees the first: the business is locked, too.
  perform private.enter_call(
    v_call.call_sid, case when p_action in ('add', 'transfer') then v_call.business_id end
  );
  select * into v_call from public.conversations where conversations.id = p_conversation_id;
  select * into v_member
  from public.business_members
  where business_members.business_id = v_call.business_id and business_members.user_id = v_user_id;
  if v_member.role is null then
    return jsonb_build_object('error', 'not_found');
  end if;
  select * into v_business from public.businesses where businesses.id = v_call.business_id;
  v_legs := array(
    select call_legs
    from public.call_legs
    where call_legs.business_id = v_call.business_id and call_legs.conversation_id = v_call.id
  );
  v_parties := private.parties_of_call(v_call, v_user_id);
  select * into v_last
  from public.call_actions
  where call_actions.business_id = v_call.business_id and call_actions.conversation_id = v_call.id
  order by call_actions.number desc
  limit 1;
  select * into v_open
  from public.call_actions
  where call_actions.conversation_id = v_call.id and call_actions.result is null;

  v_wish.action := p_action;
  v_wish.mode := p_mode;
  v_wish.asked_by := v_user_id;
  v_wish.to_user_id := p_to_user_id;
  v_wish.to_number := private.number_of(p_to, v_business.country) ->> 'e164';
  v_wish.call_leg_id := p_leg_id;
  v_wish.message_id := p_message_id;

  -- Who is on the call may change it, and who manages the business. Who has left it may take a cold transfer
  -- back, and ask again for what they have asked.
  if v_member.role = 'agent' and (v_parties.mine).id is null
    and not coalesce(v_open.asked_by = v_user_id and private.is_same_wish(v_open, v_wish), false) then
    if exists (
      select from public.call_actions
      where call_actions.business_id = v_call.business_id
        and call_actions.conversation_id = v_call.id
        and private.is_same_wish(call_actions, v_wish)
        and call_actions.asked_by = v_user_id
        and call_actions.result = 'done'
    ) and private.is_done(v_wish, v_legs, v_last, v_parties) then
      perform private.leave_call();
      return private.answer_wish(v_call.id, false, true, v_last);
    end if;
    if not (
      p_action = 'cancel'
      and coalesce((v_parties.rung).asked_for = 'cold' and (v_parties.rung).asked_by = v_user_id, false)
    ) then
      perform private.leave_call();
      return jsonb_build_object('error', case
        when v_call.ended_at is not null and (
          v_call.user_id = v_user_id
          or exists (select from unnest(v_legs) as leg where leg.user_id = v_user_id)
        ) then 'not_in_progress'
        else 'not_your_call'
      end);
    end if;
  end if;

  if p_leg_id is not null and not exists (select from unnest(v_legs) as leg where leg.id = p_leg_id) then
    perform private.leave_call();
    return jsonb_build_object('error', 'not_found');
  end if;
  -- A leg that has ended is removed, also after the call, and a message that was left is left.
  if v_call.ended_at is not null
    and not (p_action in ('remove', 'drop_voicemail') and private.is_done(v_wish, v_legs, v_last, v_parties)) then
    perform private.leave_call();
    return jsonb_build_object('error', 'not_in_progress');
  end if;

  if v_open.lease_until > clock_timestamp() then
    perform private.leave_call();
    return private.answer_wish(v_call.id, true, false, v_open);
  end if;
  -- An action that came to nothing before anybody was rung is not taken up again.
  if v_open.id is not null and (
    not private.is_same_wish(v_open, v_wish)
    or exists (
      select from unnest(v_legs) as leg
      where leg.call_action_id = v_open.id and leg.call_sid is null and private.is_final(leg.status)
    )
  ) then
    perform private.supersede_action(v_open, v_call.call_sid);
    v_left := v_open;
    v_open := null;
    select * into v_call from public.conversations where conversations.id = p_conversation_id;
    perform private.derive_call(v_call);
    v_parties := private.parties_of_call(v_call, v_user_id);
  end if;

  if v_open.id is null then
    if private.is_done(v_wish, v_legs, v_last, v_parties) then
      perform private.leave_call();
      return private.answer_wish(v_call.id, false, true, v_last);
    end if;
    v_fitted := private.fit_wish(v_wish, v_call, v_parties);
    v_wish := v_fitted.p_wish;
    v_error := v_fitted.p_error;
    -- A transfer that was left before anybody was rung is taken back by that.
    if v_error is not null and p_action = 'cancel' and v_left.action in ('add', 'transfer') then
      perform private.leave_call();
      return private.answer_wish(v_call.id, false, true, v_left);
    end if;
  end if;

  -- Every time, also if the wish was let through before: what is stored is never trusted.
  if v_error is null and p_to is not null then
    -- One's own leg does not count against the limits, and the call itself does.
    v_before := set_config('henk.call_sid', '', true);
    v_before := set_config('henk.call_leg_id', coalesce(v_open.call_leg_id::text, ''), true);
    d := private.decide_call(v_user_id, v_call.business_id, p_to, v_call.from_number, null, null, null);
    v_before := set_config('henk.call_leg_id', '', true);
    v_before := set_config('henk.call_sid', v_call.call_sid, true);
    if d.block_reason is not null then
      v_error := 'blocked';
    elsif private.subscriber(d.to_number) = private.subscriber(v_call.to_number) then
      v_error := 'invalid_request';
    end if;
  elsif v_error is null and p_to_user_id is not null then
    v_error := private.refuse_person(v_call.business_id, p_to_user_id, v_user_id, v_open.call_leg_id);
  elsif v_error is null and p_message_id is not null and v_open.id is null
    and not private.may_use_message(v_call.business_id, p_message_id) then
    v_error := 'no_message';
  end if;
  if v_error is not null then
    update public.call_actions
    set result = 'failed', error = coalesce(d.block_reason, v_error), finished_at = clock_timestamp()
    where call_actions.id = v_open.id;
    perform private.leave_call();
    return jsonb_strip_nulls(jsonb_build_object(
      'error', v_error,
      'block_reason', d.block_reason,
      'field', case when v_error = 'invalid_request' then 'to' end
    ));
  end if;

  v_open := private.write_wish(v_call, v_open, v_wish, p_lease_seconds);
  select * into v_call from public.conversations where conversations.id = p_conversation_id;
  perform private.derive_call(v_call);
  perform private.leave_call();
  return private.answer_wish(v_call.id, false, false, v_open);
end;
$$;

revoke execute on function private.ask_of_call(uuid, text, uuid, jsonb, text, uuid, uuid, integer)
from public, anon;
grant execute on function private.ask_of_call(uuid, text, uuid, jsonb, text, uuid, uuid, integer)
to authenticated;

-- What a rep asks of a call. One round trip of control_fn, which then asks Twilio; alone, it rings nobody.
--   p_action  hold, resume, add, remove, transfer, complete, merge, cancel or drop_voicemail
--   p_to_user_id, p_to  whom to ring (add, transfer): a person of the business, or the meaning of a dialled
--             text (private.decide_call)
--   p_mode    cold or warm (transfer)
--   p_leg_id  the leg to remove
--   p_message_id  what the lead is left with (drop_voicemail)
--   p_lease_seconds  how long nobody else may change the call, unless the action ends before
-- Answers {"wait", "is_done", "action": {"id", "number", "action", "mode", "leg_id", "leaving_leg_id",
-- "message_path"} | null, "call": shared/call_state.py, CallState}, or {"error": "signed_out" | "not_found" |
-- "not_your_call" | "not_in_progress" | "busy" | "away" | "no_message" | "blocked" (with "block_reason") |
-- "invalid_request" (with "field")}.
create function public.ask_of_call(
  p_conversation_id uuid,
  p_action text,
  p_to_user_id uuid,
  p_to jsonb,
  p_mode text,
  p_leg_id uuid,
  p_message_id uuid,
  p_lease_seconds integer
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.ask_of_call(
    p_conversation_id, p_action, p_to_user_id, p_to, p_mode, p_leg_id, p_message_id, p_lease_seconds
  );
$$;

revoke execute on function public.ask_of_call(uuid, text, uuid, jsonb, text, uuid, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function public.ask_of_call(uuid, text, uuid, jsonb, text, uuid, uuid, integer)
to authenticated;
