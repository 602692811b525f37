-- Who is on a call, and which wishes make sense then.
set lock_timeout = '2s';

-- Who is on a call now. Legs are null where nobody is.
create type private.call_parties as (
  lead public.call_legs,
  host public.call_legs,
  -- The leg on which the person who asks is on the call.
  mine public.call_legs,
  -- Somebody who is rung for the lead, who waits: of a cold transfer or a return.
  rung public.call_legs,
  -- The newest of those who are rung and join the call.
  asked public.call_legs,
  -- Who gets the call if the host leaves: the target of the last warm transfer, else a person of the
  -- business, else a number.
  partner public.call_legs,
  is_on_hold boolean,
  -- Legs that have not ended, the lead's with them.
  present integer
);

-- Whether a leg still goes on. One that was asked for, and of which nothing was heard in a minute, was never
-- dialled: the function that asked for it was killed. Who has declined to join is not rung any more, whatever
-- Twilio has told so far. (A lead who waits in a Dial of somebody who declined waits until that has ended.)
create function private.is_alive(p_leg public.call_legs)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return p_leg.id is not null
    and not private.is_final(p_leg.status)
    and not coalesce(
      p_leg.status = 'queued'
      and p_leg.call_sid is null
      and p_leg.asked_at < clock_timestamp() - interval '1 minute',
      false
    )
    and (
      p_leg.declined_at is null
      or p_leg.status = 'in-progress'
      or coalesce(p_leg.asked_for not in ('add', 'warm'), true)
    );
end;
$$;

create function private.parties_of_call(p_call public.conversations, p_user_id uuid)
returns private.call_parties
language plpgsql
stable
set search_path = ''
as $$
declare
  p private.call_parties;
  v_leg public.call_legs;
begin
  p.lead := private.lead_of_call(p_call);
  p.host := private.host_of_call(p_call);
  p.is_on_hold := coalesce((p.lead).on_hold_since is not null, false);
  p.present := 0;
  for v_leg in
    select *
    from public.call_legs
    where call_legs.business_id = p_call.business_id and call_legs.conversation_id = p_call.id
    -- The last one of a kind stays.
    order by
      call_legs.asked_for = 'warm' asc nulls first, call_legs.role <> 'third_party', call_legs.asked_at
  loop
    continue when not private.is_alive(v_leg);
    p.present := p.present + 1;
    if v_leg.call_sid = p_call.call_sid or v_leg.status = 'in-progress' then
      if p_user_id = private.person_of_leg(v_leg, p_call) then
        p.mine := v_leg;
      end if;
      if v_leg.role <> 'lead' and v_leg.id is distinct from (p.host).id then
        p.partner := v_leg;
      end if;
    elsif v_leg.asked_for in ('cold', 'return') then
      p.rung := v_leg;
    elsif v_leg.asked_for is not null and (
      (p.asked).id is null or v_leg.asked_at >= (p.asked).asked_at
    ) then
      p.asked := v_leg;
    end if;
  end loop;
  return p;
end;
$$;

-- Whether a wish is what the call is already: it was asked twice. p_last is the newest action of the call.
create function private.is_done(
  p_wish public.call_actions, p public.call_legs[], p_last public.call_actions, p_now private.call_parties
)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(case p_wish.action
    when 'hold' then p_now.is_on_hold
    when 'resume' then not p_now.is_on_hold and (p_now.lead).status = 'in-progress'
    when 'merge' then not p_now.is_on_hold and private.is_alive(p_now.partner)
    when 'drop_voicemail' then p_last.action = 'drop_voicemail' and p_last.result = 'done'
    when 'remove' then (
      select bool_and(not private.is_alive(leg)) from unnest(p) as leg where leg.id = p_wish.call_leg_id
    )
    when 'complete' then
      p_last.action = 'complete' and p_last.result = 'done' and (
        p_last.asked_by = p_wish.asked_by or p_last.leaving_leg_id is distinct from (p_now.mine).id
      )
    when 'cancel' then p_last.action = 'cancel' and p_last.result = 'done'
    -- add and transfer
    else (
      select bool_or(private.is_alive(leg) and leg.asked_for = coalesce(p_wish.mode, 'add'))
      from unnest(p) as leg
      where leg.user_id = p_wish.to_user_id or leg.to_number = p_wish.to_number
    )
  end, false);
end;
$$;

-- Why a wish makes no sense now, as an error; null if it does. Names the legs that it is about in the wish.
create function private.fit_wish(
  inout p_wish public.call_actions, p_call public.conversations, p private.call_parties, out p_error text
)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_leaving public.call_legs;
  v_is_cold boolean := coalesce((p.rung).asked_for = 'cold', false);
begin
  p_error := 'not_in_progress';
  if (p.lead).status is distinct from 'in-progress' then
    return;
  end if;

  -- The lead waits for somebody who is rung. That can be taken back, once.
  if (p.rung).id is not null then
    if p_wish.action = 'cancel' and v_is_cold then
      p_wish.mode := 'cold';
      p_wish.to_user_id := (p.rung).asked_by;
      p_wish.cause_id := (p.rung).call_action_id;
      p_error := null;
    end if;
    return;
  end if;

  case p_wish.action
    when 'hold' then
      -- Somebody must be there who can take the lead back.
      if (private.is_alive(p.host) and (p.host).role <> 'third_party')
        or (p.partner).role in ('agent', 'teammate') then
        p_wish.call_leg_id := (p.lead).id;
        p_error := null;
      end if;

    when 'resume' then
      p_wish.call_leg_id := (p.lead).id;
      p_error := null;

    when 'merge' then
      if (p.partner).id is not null then
        p_wish.call_leg_id := (p.lead).id;
        p_error := null;
      end if;

    when 'add', 'transfer' then
      if private.is_alive(p.host) and p.present < 10 and (
        p_wish.action = 'add'
        or ((p.asked).id is null and (p_wish.mode = 'cold' or not p.is_on_hold or (p.partner).id is null))
      ) then
        if p_wish.mode = 'cold' then
          p_wish.leaving_leg_id := (p.host).id;
        end if;
        p_error := null;
      end if;

    when 'complete' then
      -- After a word in private the host leaves. Where all talk together, it is the one who asks.
      v_leaving := case
        when p.is_on_hold or (p.mine).id is null then p.host else p.mine
      end;
      if (p.partner).id is not null and private.is_alive(v_leaving) then
        p_wish.leaving_leg_id := v_leaving.id;
        p_wish.call_leg_id := case when v_leaving.id = (p.host).id then (p.partner).id else (p.host).id end;
        p_error := null;
      end if;

    when 'cancel' then
      if (p.asked).id is not null then
        p_wish.call_leg_id := (p.asked).id;
        p_wish.mode := 'warm';
        p_error := null;
      elsif p.is_on_hold and (p.partner).id is not null then
        p_wish.call_leg_id := (p.partner).id;
        p_wish.mode := 'warm';
        p_error := null;
      end if;

    when 'drop_voicemail' then
      -- Whoever has the lead is free, and so is everybody whom they added.
      p_wish.call_leg_id := (p.lead).id;
      p_wish.leaving_leg_id := (p.host).id;
      p_error := null;

    when 'remove' then
      -- The room ends when its host leaves: hand the call over first.
      if p_wish.call_leg_id is distinct from (p.host).id then
        p_error := null;
      end if;
  end case;
end;
$$;

revoke execute on function private.is_alive(public.call_legs) from public, anon;
revoke execute on function private.parties_of_call(public.conversations, uuid) from public, anon;
revoke execute on function
private.is_done(public.call_actions, public.call_legs[], public.call_actions, private.call_parties)
from public, anon;
revoke execute on function
private.fit_wish(public.call_actions, public.conversations, private.call_parties)
from public, anon;
grant execute on function private.is_alive(public.call_legs) to call_webhook;
grant execute on function private.parties_of_call(public.conversations, uuid) to call_webhook;
