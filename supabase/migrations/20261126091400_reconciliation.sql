-- Callbacks get lost. So the calls whose end is not known yet are kept in a list, and Twilio is asked about
-- them. Its answers become events of the ledger, and rows are computed from them as from any callback.
set lock_timeout = '2s';

-- One row per call with a leg whose end is not known yet. It is a list and not a query, because no column
-- that could be indexed says whether a call is unsettled. It is in `private`, which the REST API does not
-- serve, because it has the CallSids of every business.
create table private.unsettled_calls (
  agent_call_sid text primary key check (length(agent_call_sid) <= 64),
  opened_at timestamptz not null default now(),
  -- Twilio is not asked about the call before this time.
  next_check_at timestamptz not null,
  -- How often it was claimed.
  checks integer not null default 0
);

-- The calls that are due, the longest due first.
create index unsettled_calls_next_check_at_idx on private.unsettled_calls (next_check_at);

alter table private.unsettled_calls enable row level security;

-- The list is for the reconciler only: with the webhook endpoints' token nobody can find out which calls
-- there are.
create policy "the reconciler can see and settle unsettled calls"
on private.unsettled_calls for all to call_reconciler
using (true) with check (true);

revoke all on private.unsettled_calls from public, anon, authenticated, service_role;
grant select, delete on private.unsettled_calls to call_reconciler;
grant update (next_check_at, checks) on private.unsettled_calls to call_reconciler;

-- What one run tells the next: until when Twilio must not be asked. The table has one row.
create table private.reconciliation (
  is_only_row boolean primary key default true check (is_only_row),
  paused_until timestamptz not null
);

insert into private.reconciliation (paused_until) values (now());

alter table private.reconciliation enable row level security;

-- Every run reads this first. A run that Twilio asks to wait writes it.
create policy "the reconciler can see and set its pause"
on private.reconciliation for all to call_reconciler
using (true) with check (true);

revoke all on private.reconciliation from public, anon, authenticated, service_role;
grant select on private.reconciliation to call_reconciler;
grant update (paused_until) on private.reconciliation to call_reconciler;

-- Puts a call on the list. Twilio is asked about it after the time in the trigger's argument.
-- Security definer: the roles that store events must not see the list of all calls.
create function private.watch_call()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call_sid text;
begin
  if tg_table_name = 'conversations' then
    v_call_sid := new.call_sid;
  elsif tg_table_name = 'call_events' then
    v_call_sid := new.agent_call_sid;
  else
    select conversations.call_sid into v_call_sid
    from public.conversations
    where conversations.id = new.conversation_id;
  end if;

  insert into private.unsettled_calls as watched (agent_call_sid, next_check_at)
  values (v_call_sid, now() + tg_argv[0]::interval)
  on conflict (agent_call_sid) do update set next_check_at = excluded.next_check_at
  where excluded.next_check_at < watched.next_check_at;
  return null;
end;
$$;

revoke execute on function private.watch_call() from public, anon;

-- A phone rings for 35 s at most: after a minute there is an event, or a callback was lost.
create trigger conversations_watch
after insert or update of begun_at on public.conversations
for each row execute function private.watch_call('1 minute');

-- An event of an end, or an event without a conversation (its call has not begun), means that all other
-- callbacks of the call are on their way. 30 s are enough for them and their retries, which take 15 s.
create trigger call_events_watch
after insert on public.call_events
for each row when (
  new.source <> 'reconcile'
  and (
    new.conversation_id is null
    or private.is_final(new.status)
  )
)
execute function private.watch_call('30 seconds');

-- A leg that was asked for rings for 20 s: after a minute Twilio has told of it, or a callback was lost.
create trigger call_legs_watch
after insert on public.call_legs
for each row when (new.asked_at is not null)
execute function private.watch_call('1 minute');

-- Whether Twilio has done what it confirmed: a hold's callbacks tell it within a minute.
create trigger call_events_watch_control
after insert on public.call_events
for each row when (new.source = 'control')
execute function private.watch_call('1 minute');

-- The legs that were asked for, that Twilio has not named, and whose end is not known.
create function private.unnamed_legs(p_agent_call_sid text)
returns setof public.call_legs
language plpgsql
stable
set search_path = ''
as $$
begin
  return query
  select call_legs.*
  from public.conversations
  inner join public.call_legs
    on call_legs.business_id = conversations.business_id
    and call_legs.conversation_id = conversations.id
  where conversations.call_sid = p_agent_call_sid
    and not conversations.is_plain
    and call_legs.call_sid is null
    and not private.is_final(call_legs.status);
end;
$$;

-- Whether the ledger is complete for a call. It has the end of the agent's leg, the end of each leg that was
-- asked for, and the end of each lead's leg or the fact that nobody was dialled. (A Dial action does not
-- count as a leg's end, because it does not say when the leg ended.)
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
        call_events.source in ('status_callback', 'reconcile', 'control')
        and private.is_final(call_events.status)
      ) as has_ended
    from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
      and call_events.call_sid is not null
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
      -- A preflight test or a refused call dials nobody. A call that never began may have dialled.
      or not exists (
        select from public.conversations
        where conversations.call_sid = p_agent_call_sid and conversations.status <> 'blocked'
      )
    )
    and not exists (select from private.unnamed_legs(p_agent_call_sid))
  from legs;
$$;

-- The legs of a call, with the agent's, whose end is not known, not even from a Dial action. (Once something
-- was asked of the call, a Dial action that says `completed` may mean that the leg was moved.)
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
    where call_events.agent_call_sid = p_agent_call_sid and call_events.call_sid is not null
    union
    select call_legs.call_sid
    from public.conversations
    inner join public.call_legs
      on call_legs.business_id = conversations.business_id
      and call_legs.conversation_id = conversations.id
    where conversations.call_sid = p_agent_call_sid and call_legs.call_sid is not null
  ) as legs
  where not exists (
    select from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
      and call_events.call_sid = legs.call_sid
      and private.is_final(call_events.status)
      and case
        when call_events.source in ('dial_action', 'transfer_action')
          then call_events.call_sid <> p_agent_call_sid and (
            call_events.status <> 'completed'
            or not exists (
              select from public.conversations
              where conversations.call_sid = p_agent_call_sid and not conversations.is_plain
            )
          )
        else call_events.source <> 'room_action'
      end
  );
$$;

-- What Twilio is to be asked about a call, besides the agent's leg and the legs that it dialled:
--   {"call_sid", "legs": [CallSids of legs that others dialled, or that the API did],
--    "unknown_legs": [{"leg_id", "to": whom Twilio was asked to dial, "asked_at"}], whose CallSid is to be
--    found, "room": the name of its room, whose participants may be on hold; null if it has none,
--    "lead_call_sid": the lead's leg, which may have dialled others}
create function private.question_about(p_agent_call_sid text)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_call public.conversations;
begin
  select * into v_call
  from public.conversations
  where conversations.call_sid = p_agent_call_sid and not conversations.is_plain;

  return jsonb_build_object(
    'call_sid', p_agent_call_sid,
    'legs', coalesce((
      select jsonb_agg(open.call_sid order by open.call_sid)
      from private.legs_without_end(p_agent_call_sid) as open (call_sid)
      where v_call.id is not null
        and open.call_sid <> p_agent_call_sid
        and not exists (
          select from public.call_legs
          where call_legs.call_sid = open.call_sid and call_legs.role = 'lead'
        )
    ), '[]'),
    'unknown_legs', coalesce((
      select jsonb_agg(jsonb_build_object(
        'leg_id', legs.id, 'to', private.address_of(legs), 'asked_at', legs.asked_at
      ) order by legs.asked_at, legs.id)
      from private.unnamed_legs(p_agent_call_sid) as legs
    ), '[]'),
    -- Also after the lead: whoever is left in it is freed.
    'room', case when v_call.bridge = 'room' then private.room_name(v_call.id) end,
    'lead_call_sid', (
      select call_legs.call_sid
      from public.call_legs
      where call_legs.business_id = v_call.business_id
        and call_legs.conversation_id = v_call.id
        and call_legs.role = 'lead'
      order by call_legs.answered_at, call_legs.call_sid
      limit 1
    )
  );
end;
$$;

-- Whom Twilio is asked to dial for a leg: a number, or a rep's identity (shared/rep_identity.py).
create function private.address_of(p_leg public.call_legs)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(
    p_leg.to_number,
    'client:user_' || replace(p_leg.user_id::text, '-', '')
    || '_' || replace(p_leg.business_id::text, '-', '')
  );
end;
$$;

revoke execute on function private.is_settled(text) from public, anon;
revoke execute on function private.legs_without_end(text) from public, anon;
revoke execute on function private.unnamed_legs(text) from public, anon;
revoke execute on function private.question_about(text) from public, anon;
revoke execute on function private.address_of(public.call_legs) from public, anon;
grant execute on function private.is_settled(text) to call_reconciler;
grant execute on function private.legs_without_end(text) to call_reconciler;
grant execute on function private.address_of(public.call_legs) to call_reconciler;
grant execute on function private.question_about(text) to call_reconciler;
grant execute on function private.unnamed_legs(text) to call_reconciler;

-- Claims up to p_limit calls to ask Twilio about, for p_lease_seconds. The lease is longer than a run and
-- shorter than the minute between runs, so that the next run can claim what a run that died had claimed. A
-- call that was claimed several times without success is claimed less and less often, so that it does not
-- delay others. Two runs at once claim different calls. Calls that have settled without a question leave
-- the list.
-- Answers {"calls": [what to ask: private.question_about], "settled": how many had settled,
-- "paused_seconds": how long Twilio must not be asked, or null}.
create function public.claim_unsettled_calls(p_limit integer, p_lease_seconds integer)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_paused_seconds integer;
  v_call_sid text;
  v_claimed text[] := '{}';
  v_questions jsonb := '[]';
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
      -- The call is not locked: an event that is stored at this moment puts the call on the list again.
      perform set_config('henk.call_sid', v_call_sid, true);
      if private.is_settled(v_call_sid) then
        delete from private.unsettled_calls where unsettled_calls.agent_call_sid = v_call_sid;
        perform private.forget_test_call(v_call_sid);
        v_settled := v_settled + 1;
      else
        v_claimed := v_claimed || v_call_sid;
        v_questions := v_questions || private.question_about(v_call_sid);
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
    'calls', v_questions, 'settled', v_settled, 'paused_seconds', v_paused_seconds
  );
end;
$$;

-- No call is claimed for p_seconds (an hour at most), because Twilio has asked us to wait.
-- Answers {"paused_seconds"}: the longer one of this pause and the one that was set before.
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
revoke execute on function public.pause_reconciliation(integer)
from public, anon, authenticated, service_role;
grant execute on function public.claim_unsettled_calls(integer, integer) to call_reconciler;
grant execute on function public.pause_reconciliation(integer) to call_reconciler;
