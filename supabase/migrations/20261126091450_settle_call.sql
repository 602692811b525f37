-- Writes what Twilio's API knows of a call into the ledger.
set lock_timeout = '2s';

-- What Twilio's API told about a call's legs, with the leg that was asked for where it is one. A leg without
-- a name gets it by whom it was to dial. A leg that is not the agent's and that the agent's leg did not
-- dial is left out, if we do not know it: it is not of this call.
create function private.attribute_legs(p_agent_call_sid text, p_legs jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  if not exists (
    select from public.conversations
    where conversations.call_sid = p_agent_call_sid and not conversations.is_plain
  ) then
    return p_legs;
  end if;

  return (
    select coalesce(jsonb_agg(
      told.leg || jsonb_build_object('call_leg_id', told.leg_id) order by told.number
    ), '[]')
    from (
      select
        legs.leg,
        legs.number,
        coalesce(
          -- What Twilio's callbacks have said counts more than what somebody found.
          (
            select right(max(
              case call_events.source when 'status_callback' then '1' else '0' end
              || call_events.call_leg_id
            ), 36)::uuid
            from public.call_events
            inner join public.call_legs on call_legs.id = call_events.call_leg_id
            where call_events.agent_call_sid = p_agent_call_sid
              and call_events.call_sid = legs.leg ->> 'call_sid'
              and private.is_asked_leg(call_legs, p_agent_call_sid)
          ),
          private.to_uuid(legs.leg ->> 'call_leg_id'),
          (
            select unnamed.id
            from private.unnamed_legs(p_agent_call_sid) as unnamed
            where legs.leg #>> '{payload,parent_call_sid}' is distinct from p_agent_call_sid
              and split_part(legs.leg #>> '{payload,to}', '?', 1) = private.address_of(unnamed)
            order by unnamed.asked_at, unnamed.id
            limit 1
          )
        ) as leg_id
      from jsonb_array_elements(p_legs) with ordinality as legs (leg, number)
    ) as told
    where told.leg_id is not null
      or told.leg ->> 'call_sid' = p_agent_call_sid
      or told.leg #>> '{payload,parent_call_sid}' = p_agent_call_sid
      or exists (
        select from public.call_events
        where call_events.agent_call_sid = p_agent_call_sid
          and call_events.call_sid = told.leg ->> 'call_sid'
      )
  );
end;
$$;

-- What Twilio told about the legs of a call, and with it the legs that are lost: all that have no end, if we
-- give up; otherwise those that were asked for a minute ago and that Twilio does not know. Null stays null.
create function private.with_lost_legs(p_agent_call_sid text, p_legs jsonb, p_given_up boolean)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_legs is null and not p_given_up then
    return null;
  end if;

  return coalesce(p_legs, '[]') || coalesce((
    select jsonb_agg(jsonb_build_object(
      'call_sid', lost.call_sid, 'call_leg_id', lost.id, 'status', 'failed', 'ended_at', now(),
      'duration_seconds', 0, 'payload', jsonb_build_object(
        'unknown_to_twilio', p_legs is null or lost.id is not null
      )
    ))
    from (
      select legs.call_sid, null as id
      from private.legs_without_end(p_agent_call_sid) as legs (call_sid)
      where p_given_up

      union all

      select null, unnamed.id
      from private.unnamed_legs(p_agent_call_sid) as unnamed
      where (p_given_up or unnamed.asked_at < now() - interval '1 minute')
        and not exists (
          select from jsonb_array_elements(
            private.attribute_legs(p_agent_call_sid, p_legs)
          ) as legs (leg)
          where private.to_uuid(legs.leg ->> 'call_leg_id') = unnamed.id
        )
    ) as lost
  ), '[]');
end;
$$;

-- Who is on hold, by Twilio's answer, where the rows say otherwise: nobody has confirmed what was asked, and
-- the room's callbacks are lost. As events to store.
create function private.news_of_holds(p_agent_call_sid text, p_legs jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_agg(jsonb_build_object(
      'call_sid', told.call_sid,
      'status', case when told.on_hold then 'participant-hold' else 'participant-unhold' end,
      -- Another answer is another event. (From 2038 on the seconds do not fit.)
      'number', extract(epoch from told.at)::bigint % 2147483647,
      'at', told.at
    ))
    from (
      select
        call_legs.call_sid,
        (legs.leg ->> 'on_hold')::boolean as on_hold,
        coalesce((legs.leg ->> 'observed_at')::timestamptz, now()) as at
      from jsonb_array_elements(p_legs) as legs (leg)
      inner join public.call_legs on call_legs.call_sid = legs.leg ->> 'call_sid'
      where (legs.leg ->> 'on_hold')::boolean <> (call_legs.on_hold_since is not null)
        and not private.is_final(call_legs.status)
    ) as told
  );
end;
$$;

-- Stores in the ledger what Twilio knows about a claimed call. p_legs has the agent's leg first, then the
-- others:
--   [{"call_sid", "status", "ended_at", "duration_seconds", "payload"}]
-- and, once something was asked of the call, where it is known: "call_leg_id", the leg that was asked for;
-- "on_hold", whether the participant hears music, and "observed_at", when Twilio said so.
-- p_legs is null if Twilio does not know the call. Only what is new becomes an event. A call that has ended
-- leaves the list. If a call goes on, Twilio is asked about it again, less and less often. A call that
-- Twilio does not know after an hour, or that lasts longer than any call can, is `failed` with 0 seconds; so
-- is a leg that Twilio does not know a minute after it was asked for.
-- Answers {"settled": whether the call is off the list}.
create function public.settle_call(p_agent_call_sid text, p_legs jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_age interval;
  v_checks integer;
  v_given_up boolean;
  v_over boolean;
  v_settled boolean;
  v_news jsonb;
  v_leg jsonb;
begin
  perform private.enter_call(p_agent_call_sid, null);

  select now() - unsettled_calls.opened_at, unsettled_calls.checks into v_age, v_checks
  from private.unsettled_calls
  where unsettled_calls.agent_call_sid = p_agent_call_sid;

  v_over := coalesce((
    -- A status that we do not know is not an end.
    select bool_and(coalesce(private.is_final(legs.leg ->> 'status'), false))
    from jsonb_array_elements(p_legs) as legs (leg)
  ), false);
  v_given_up := coalesce(
    v_age > case when p_legs is null then interval '1 hour' else interval '2 days' end, false
  )
  -- Twilio may say that all legs have ended, and not list a leg that we have an event of.
  and (
    not v_over
    or exists (select from private.legs_without_end(p_agent_call_sid))
    or exists (select from private.unnamed_legs(p_agent_call_sid))
  );

  p_legs := private.attribute_legs(p_agent_call_sid, private.with_lost_legs(
    p_agent_call_sid, p_legs, v_given_up
  ));

  -- A state before 'in-progress' would tell us nothing new, unless it names a leg.
  select jsonb_agg(legs.leg order by legs.number) into v_news
  from jsonb_array_elements(p_legs) with ordinality as legs (leg, number)
  where not exists (
      select from public.call_events
      where call_events.agent_call_sid = p_agent_call_sid
        and call_events.call_sid = legs.leg ->> 'call_sid'
        and call_events.source in ('status_callback', 'reconcile', 'control')
        and private.call_status_rank(call_events.status)
        >= private.call_status_rank(legs.leg ->> 'status')
    )
    and (
      private.call_status_rank(legs.leg ->> 'status') >= private.call_status_rank('in-progress')
      or legs.leg ->> 'call_leg_id' is not null
    );

  for v_leg in select legs.leg from jsonb_array_elements(v_news) as legs (leg) loop
    perform public.record_call_event(
      v_leg ->> 'call_sid', p_agent_call_sid, 'reconcile', v_leg ->> 'status', null,
      (v_leg ->> 'ended_at')::timestamptz, (v_leg ->> 'duration_seconds')::integer,
      v_leg -> 'payload', private.to_uuid(v_leg ->> 'call_leg_id'), null
    );
  end loop;

  perform private.enter_call(p_agent_call_sid, null);
  v_news := private.news_of_holds(p_agent_call_sid, p_legs);
  for v_leg in select legs.leg from jsonb_array_elements(v_news) as legs (leg) loop
    perform public.record_call_event(
      v_leg ->> 'call_sid', p_agent_call_sid, 'reconcile', v_leg ->> 'status',
      (v_leg ->> 'number')::integer, (v_leg ->> 'at')::timestamptz, null, '{}', null, null
    );
  end loop;

  perform private.enter_call(p_agent_call_sid, null);
  -- Twilio may list a leg late. A leg that we have an event of is waited for. For one that we have no event
  -- of, Twilio is asked a few times, unless the call never began: most of those calls dialled nobody, and
  -- Twilio has said so.
  v_settled := v_given_up or (
    v_over
    and not exists (select from private.legs_without_end(p_agent_call_sid))
    and not exists (select from private.unnamed_legs(p_agent_call_sid))
    and (
      private.is_settled(p_agent_call_sid)
      or v_checks is null
      or v_checks >= 3
      or exists (
        select from public.conversations
        where conversations.call_sid = p_agent_call_sid and conversations.begun_at is null
      )
    )
  );
  perform private.leave_call();

  if v_settled then
    delete from private.unsettled_calls where unsettled_calls.agent_call_sid = p_agent_call_sid;
  else
    update private.unsettled_calls
    set next_check_at = now() + make_interval(secs => least(300, 30 * 2 ^ least(v_checks, 5)))
    where unsettled_calls.agent_call_sid = p_agent_call_sid;
  end if;
  return jsonb_build_object('settled', v_settled);
end;
$$;

revoke execute on function private.attribute_legs(text, jsonb) from public, anon;
revoke execute on function private.with_lost_legs(text, jsonb, boolean) from public, anon;
revoke execute on function private.news_of_holds(text, jsonb) from public, anon;
revoke execute on function public.settle_call(text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function private.attribute_legs(text, jsonb) to call_reconciler;
grant execute on function private.with_lost_legs(text, jsonb, boolean) to call_reconciler;
grant execute on function private.news_of_holds(text, jsonb) to call_reconciler;
grant execute on function public.settle_call(text, jsonb) to call_reconciler;
