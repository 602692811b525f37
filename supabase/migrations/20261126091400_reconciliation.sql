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
  else
    v_call_sid := new.agent_call_sid;
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

-- Whether the ledger is complete for a call. It has the end of the agent's leg, and the end of each lead's
-- leg or the fact that nobody was dialled. (A Dial action does not count as a leg's end, because it does not
-- say when the leg ended.)
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
        call_events.source <> 'dial_action' and private.is_final(call_events.status)
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
      -- A preflight test or a refused call dials nobody. A call that never began may have dialled.
      or not exists (
        select from public.conversations
        where conversations.call_sid = p_agent_call_sid and conversations.status <> 'blocked'
      )
    )
  from legs;
$$;

-- The legs of a call, with the agent's, whose end is not known, not even from a Dial action.
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
      and private.is_final(call_events.status)
      and (call_events.source <> 'dial_action' or call_events.call_sid <> p_agent_call_sid)
  );
$$;

revoke execute on function private.is_settled(text) from public, anon;
revoke execute on function private.legs_without_end(text) from public, anon;
grant execute on function private.is_settled(text) to call_reconciler;
grant execute on function private.legs_without_end(text) to call_reconciler;

-- Claims up to p_limit calls to ask Twilio about, for p_lease_seconds. The lease is longer than a run and
-- shorter than the minute between runs, so that the next run can claim what a run that died had claimed. A
-- call that was claimed several times without success is claimed less and less often, so that it does not
-- delay others. Two runs at once claim different calls. Calls that have settled without a question leave
-- the list.
-- Answers {"calls": [CallSid of the agent's leg], "settled": how many had settled, "paused_seconds": how
-- long Twilio must not be asked, or null}.
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
      -- The call is not locked: an event that is stored at this moment puts the call on the list again.
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

-- Stores in the ledger what Twilio knows about a claimed call. p_legs has the agent's leg first, then the
-- lead's legs:
--   [{"call_sid", "status", "ended_at", "duration_seconds", "payload"}]
-- It is null if Twilio does not know the call. Only what is new becomes an event. A call that has ended
-- leaves the list. If a call goes on, Twilio is asked about it again, less and less often. A call that
-- Twilio does not know after an hour, or that lasts longer than any call can, is `failed` with 0 seconds.
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
  and (not v_over or exists (select from private.legs_without_end(p_agent_call_sid)));

  if v_given_up then
    select coalesce(p_legs, '[]') || coalesce(jsonb_agg(jsonb_build_object(
      'call_sid', legs.call_sid, 'status', 'failed', 'ended_at', now(), 'duration_seconds', 0,
      'payload', jsonb_build_object('unknown_to_twilio', p_legs is null)
    )), '[]') into p_legs
    from private.legs_without_end(p_agent_call_sid) as legs (call_sid);
  end if;

  -- A state before 'in-progress' would tell us nothing new.
  select jsonb_agg(legs.leg order by legs.number) into v_news
  from jsonb_array_elements(p_legs) with ordinality as legs (leg, number)
  where private.call_status_rank(legs.leg ->> 'status') >= private.call_status_rank('in-progress')
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
  -- Twilio may list a leg late. A leg that we have an event of is waited for. For one that we have no event
  -- of, Twilio is asked a few times, unless the call never began: most of those calls dialled nobody, and
  -- Twilio has said so.
  v_settled := v_given_up or (
    v_over
    and not exists (select from private.legs_without_end(p_agent_call_sid))
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
revoke execute on function public.settle_call(text, jsonb)
from public, anon, authenticated, service_role;
revoke execute on function public.pause_reconciliation(integer)
from public, anon, authenticated, service_role;
grant execute on function public.claim_unsettled_calls(integer, integer) to call_reconciler;
grant execute on function public.settle_call(text, jsonb) to call_reconciler;
grant execute on function public.pause_reconciliation(integer) to call_reconciler;
