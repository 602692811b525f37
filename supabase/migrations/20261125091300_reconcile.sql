-- Repairing lost callbacks: which calls to ask Twilio about, and what follows from the answer. The
-- rows follow from it as from any callback: it becomes events of the ledger.
set lock_timeout = '2s';

alter table public.call_events validate constraint call_events_source_check;

-- Whether the ledger has the whole of a call: the end of its agent's leg and of each lead's leg in
-- their own words, or that there was nobody to dial. (A Dial action tells a leg's end, but not well.)
create function private.is_settled(p_agent_call_sid text)
returns boolean
language sql
stable
set search_path = ''
as $$
  with legs as (
    select
      call_events.call_sid,
      bool_or(
        call_events.source <> 'dial_action' and private.call_status_rank(call_events.status) = 4
      ) as has_ended
    from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
      and not (
        call_events.source = 'dial_action'
        and call_events.call_sid = call_events.agent_call_sid
      )
    group by call_events.call_sid
  )

  select
    coalesce(
      bool_and(legs.has_ended) and bool_or(legs.call_sid = p_agent_call_sid), false
    )
    and (
      count(*) > 1
      -- Dial says that it dialled nobody.
      or exists (
        select from public.call_events
        where call_events.agent_call_sid = p_agent_call_sid
          and call_events.call_sid = p_agent_call_sid
          and call_events.source = 'dial_action'
      )
      -- A preflight test, a refused call, one that never began.
      or not exists (
        select from public.conversations
        where conversations.call_sid = p_agent_call_sid
          and conversations.status <> 'blocked'
          and not private.is_unbegun(conversations)
      )
    )
  from legs;
$$;

revoke execute on function private.is_settled(text) from public, anon;
grant execute on function private.is_settled(text) to call_reconciler;

-- The legs of a call, the agent's included, whose end nobody has told, not even Dial.
create function private.legs_without_end(p_agent_call_sid text)
returns setof text
language sql
stable
set search_path = ''
as $$
  select legs.call_sid
  from (
    select p_agent_call_sid as call_sid
    union
    select call_events.call_sid
    from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
  ) as legs
  where not exists (
    select from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
      and call_events.call_sid = legs.call_sid
      and private.call_status_rank(call_events.status) = 4
      and (call_events.source <> 'dial_action' or call_events.call_sid <> p_agent_call_sid)
  );
$$;

revoke execute on function private.legs_without_end(text) from public, anon;
grant execute on function private.legs_without_end(text) to call_reconciler;

-- Claims up to p_limit calls to ask Twilio about, for p_lease_seconds: longer than a run lasts, and
-- shorter than until the next, which finds again what a run that died had claimed. A call that nobody
-- gets anywhere with is claimed ever more rarely, so that it keeps no other waiting. Two runs at once
-- claim different calls. Those that have settled by themselves leave the list.
-- Answers {"calls": [CallSid of the agent's leg], "settled": how many had, "paused_seconds": how long
-- Twilio wants to be left alone, or null}.
create function public.claim_unsettled_calls(p_limit integer, p_lease_seconds integer)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_paused_seconds integer;
  v_call_sid text;
  v_claimed text[] := '{}';
  v_settled integer := 0;
begin
  select ceil(extract(epoch from reconciliation.paused_until - now())) into v_paused_seconds
  from private.reconciliation
  where reconciliation.paused_until > now();

  if v_paused_seconds is null then
    for v_call_sid in
      select unsettled_calls.agent_call_sid
      from private.unsettled_calls
      where unsettled_calls.next_check_at <= now()
      order by unsettled_calls.next_check_at
      limit p_limit
      for update skip locked
    loop
      -- Without its lock: an event that is being stored brings the call back onto the list.
      perform set_config('henk.call_sid', v_call_sid, true);
      if private.is_settled(v_call_sid) then
        delete from private.unsettled_calls where unsettled_calls.agent_call_sid = v_call_sid;
        v_settled := v_settled + 1;
      else
        v_claimed := v_claimed || v_call_sid;
      end if;
    end loop;
    perform private.leave_call();

    update private.unsettled_calls
    set
      next_check_at = now() + make_interval(
        secs => p_lease_seconds * 2 ^ least(greatest(checks - 2, 0), 3)
      ),
      checks = checks + 1
    where unsettled_calls.agent_call_sid = any(v_claimed);
  end if;

  return jsonb_build_object(
    'calls', to_jsonb(v_claimed), 'settled', v_settled, 'paused_seconds', v_paused_seconds
  );
end;
$$;

-- What Twilio knows of a claimed call, into the ledger: the agent's leg first, then those to the lead,
--   [{"call_sid", "status", "ended_at", "duration_seconds", "payload"}], or null if it knows no such call.
-- Only what is news becomes an event. A call that has ended leaves the list; one that goes on is asked
-- about again, ever more rarely. One that Twilio does not know after an hour, or that lasts longer than
-- any call can, has failed: nobody will tell more, and what nobody can show counts as not talked.
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
    -- A status that is new to us is no end.
    select bool_and(coalesce(private.call_status_rank(legs.leg ->> 'status') = 4, false))
    from jsonb_array_elements(p_legs) as legs (leg)
  ), false);
  v_given_up := coalesce(
    v_age > case when p_legs is null then interval '1 hour' else interval '2 days' end, false
  )
  -- Twilio may say that all has ended, and not list a leg that we have heard of.
  and (not v_over or exists (select from private.legs_without_end(p_agent_call_sid)));

  if v_given_up then
    select coalesce(p_legs, '[]') || coalesce(jsonb_agg(jsonb_build_object(
      'call_sid', legs.call_sid, 'status', 'failed', 'ended_at', now(), 'duration_seconds', 0,
      'payload', jsonb_build_object('unknown_to_twilio', p_legs is null)
    )), '[]') into p_legs
    from private.legs_without_end(p_agent_call_sid) as legs (call_sid);
  end if;

  -- What comes before 'in-progress' would teach nothing.
  select jsonb_agg(legs.leg order by legs.number) into v_news
  from jsonb_array_elements(p_legs) with ordinality as legs (leg, number)
  where private.call_status_rank(legs.leg ->> 'status') >= 3
    and not exists (
      select from public.call_events
      where call_events.agent_call_sid = p_agent_call_sid
        and call_events.call_sid = legs.leg ->> 'call_sid'
        and call_events.source <> 'dial_action'
        and private.call_status_rank(call_events.status)
        >= private.call_status_rank(legs.leg ->> 'status')
    );

  for v_leg in select legs.leg from jsonb_array_elements(v_news) as legs (leg) loop
    perform public.record_call_event(
      v_leg ->> 'call_sid', p_agent_call_sid, 'reconcile', v_leg ->> 'status', null,
      (v_leg ->> 'ended_at')::timestamptz, (v_leg ->> 'duration_seconds')::integer,
      v_leg -> 'payload'
    );
  end loop;

  perform private.enter_call(p_agent_call_sid, null);
  -- A leg that Twilio does not list may still be on its way into the list; one that we have not heard
  -- of, either, is waited for a few times.
  v_settled := v_given_up or (
    v_over
    and not exists (select from private.legs_without_end(p_agent_call_sid))
    and (private.is_settled(p_agent_call_sid) or v_checks is null or v_checks >= 3)
  );
  if v_over and not exists (
    select from public.conversations where conversations.call_sid = p_agent_call_sid
  ) then
    perform private.note_unbegun_call(
      p_agent_call_sid,
      jsonb_build_object(
        'From', p_legs -> 0 -> 'payload' ->> 'from', 'To', p_legs -> 0 -> 'payload' ->> 'to'
      ),
      (p_legs -> 0 ->> 'ended_at')::timestamptz
    );
  end if;
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

-- Nobody claims anything for so many seconds: Twilio has had enough of us.
-- Answers {"paused_seconds"}, the longer of two pauses, an hour at most.
create function public.pause_reconciliation(p_seconds integer)
returns jsonb
language sql
set search_path = ''
as $$
  update private.reconciliation
  set paused_until = greatest(paused_until, now() + make_interval(secs => least(p_seconds, 3600)))
  -- Hosted projects refuse an update without a condition.
  where is_only_row
  returning jsonb_build_object(
    'paused_seconds', ceil(extract(epoch from paused_until - now()))
  );
$$;

revoke execute on function public.claim_unsettled_calls(integer, integer)
from public, anon, authenticated, service_role;
revoke execute on function public.settle_call(text, jsonb)
from public, anon, authenticated, service_role;
revoke execute on function public.pause_reconciliation(integer)
from public, anon, authenticated, service_role;
grant execute on function public.claim_unsettled_calls(integer, integer) to call_reconciler;
grant execute on function public.settle_call(text, jsonb) to call_reconciler;
grant execute on function public.pause_reconciliation(integer) to call_reconciler;
