-- Computes the legs from the events, and the conversation from the legs. Both depend only on the *set* of a
-- call's events: in which order events arrive, and how often, must make no difference.
set lock_timeout = '2s';

-- The legs of calls: one row per CallSid.
create table public.call_legs (
  id uuid primary key default gen_random_uuid(),
  business_id uuid,
  conversation_id uuid not null,
  call_sid text not null unique check (length(call_sid) <= 64),
  role text not null check (role in ('agent', 'lead')),
  status text not null check (private.call_status_rank(status) is not null),
  initiated_at timestamptz,
  ringing_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  -- Seconds that the leg was connected.
  duration_seconds integer check (duration_seconds >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The target of composite references: foreign keys ignore row-level security.
  unique (business_id, id),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade
)
-- As with conversations: a new version of a row needs no new entry in any index.
with (fillfactor = 75);

-- The legs that a client shows with a conversation; its deletion asks for these, too.
create index call_legs_conversation_id_idx on public.call_legs (business_id, conversation_id);

create trigger call_legs_touch_updated_at
before update on public.call_legs
for each row execute function private.touch_updated_at();

alter table public.call_legs enable row level security;

-- Reps and managers see who was on a call, and for how long.
create policy "members can read the legs of their business"
on public.call_legs for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- What the events say is written into the rows of the call's legs.
create policy "a webhook can read the legs of its call"
on public.call_legs for select to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

-- As above, for a leg's first event.
create policy "a webhook can add legs to its call"
on public.call_legs for insert to call_webhook
with check (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

-- As above, for the events after it.
create policy "a webhook can move the legs of its call on"
on public.call_legs for update to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

revoke all on public.call_legs from public, anon, authenticated, service_role;
grant select on public.call_legs to authenticated, service_role;
grant select, insert on public.call_legs to call_webhook;
grant update (status, initiated_at, ringing_at, answered_at, ended_at, duration_seconds)
on public.call_legs to call_webhook;

-- The legs of a call as its events tell them.
-- A Dial action without DialCallSid (nobody was dialled) is about the lead and names no leg: derive_call.
create function private.legs_of_call(p_agent_call_sid text)
returns table (
  call_sid text,
  role text,
  status text,
  initiated_at timestamptz,
  ringing_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  duration_seconds integer
)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  with ranked as materialized (
    select
      call_events.*,
      private.call_status_rank(call_events.status) as rank,
      private.is_final(call_events.status) as is_final
    from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
  ),

  events as (
    select
      ranked.call_sid,
      ranked.status,
      ranked.duration_seconds,
      ranked.is_final,
      -- An answer of Twilio's API about a leg that goes on has no time: it came when we asked.
      coalesce(
        ranked.occurred_at, case when ranked.source <> 'reconcile' then ranked.received_at end
      ) as at,
      -- Among the events of the furthest state, the one that Twilio fired last counts. Answers of
      -- Twilio's API and Dial actions have no sequence number: the leg's own callback comes before the
      -- API's answer, and that before the Dial action (descending order of the alphabet). If two have
      -- the same place, the earlier one by Twilio's clock counts. The last criterion is the status, so
      -- that the order of arrival never matters.
      row_number() over (
        partition by ranked.call_sid
        order by
          ranked.rank desc,
          ranked.sequence_number desc nulls last,
          ranked.source desc,
          ranked.occurred_at asc nulls last,
          ranked.status asc
      ) as precedence
    from ranked
    where ranked.rank is not null
      and not (ranked.source = 'dial_action' and ranked.call_sid = ranked.agent_call_sid)
  ),

  legs as (
    select
      events.call_sid,
      case when events.call_sid = p_agent_call_sid then 'agent' else 'lead' end as role,
      max(events.status) filter (where events.precedence = 1) as status,
      bool_or(events.is_final) as is_final,
      min(events.at) filter (where events.status = 'initiated') as initiated_at,
      min(events.at) filter (where events.status = 'ringing') as ringing_at,
      min(events.at) filter (where events.status = 'in-progress') as answered_at,
      max(events.at) filter (where events.precedence = 1 and events.is_final) as ended_at,
      (array_agg(events.duration_seconds order by events.precedence)
        filter (where events.is_final and events.duration_seconds is not null))[1] as reported_seconds
    from events
    group by events.call_sid
  )

  select
    legs.call_sid,
    legs.role,
    legs.status,
    legs.initiated_at,
    legs.ringing_at,
    -- If 'in-progress' was lost, the end and the duration tell when the leg was answered.
    case
      when legs.answered_at is null and legs.status = 'completed'
        then legs.ended_at - make_interval(secs => legs.reported_seconds)
      else legs.answered_at
    end as answered_at,
    legs.ended_at,
    case
      when legs.status = 'completed' then coalesce(
        legs.reported_seconds,
        -- A day at most: no call is longer, and a timestamp can be anything.
        least(86400, greatest(0, extract(epoch from legs.ended_at - legs.answered_at)))::integer
      )
      when legs.is_final then 0
    end as duration_seconds
  from legs;
end;
$$;

-- Writes what the events of a call say into its legs and its conversation.
-- The caller holds the call's lock (private.enter_call), so that two events cannot miss each other.
-- If the rows cannot be computed, the event is not lost: it stays in the ledger, and the call stays as it
-- was.
create function private.derive_call(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
begin
  with legs as materialized (
    select * from private.legs_of_call(p_call.call_sid)
  ),

  written_legs as (
    insert into public.call_legs as leg (
      business_id, conversation_id, call_sid, role, status,
      initiated_at, ringing_at, answered_at, ended_at, duration_seconds
    )
    select
      p_call.business_id, p_call.id, legs.call_sid, legs.role, legs.status,
      legs.initiated_at, legs.ringing_at, legs.answered_at, legs.ended_at, legs.duration_seconds
    from legs
    on conflict (call_sid) do update set
      -- The agent's leg was ringing when the call began, whatever its events have told so far.
      status = case
        when private.call_status_rank(excluded.status) < private.call_status_rank(leg.status)
          then leg.status
        else excluded.status
      end,
      initiated_at = excluded.initiated_at,
      ringing_at = excluded.ringing_at,
      answered_at = excluded.answered_at,
      ended_at = excluded.ended_at,
      duration_seconds = excluded.duration_seconds
    where (
      leg.status, leg.initiated_at, leg.ringing_at, leg.answered_at, leg.ended_at,
      leg.duration_seconds
    ) is distinct from (
      excluded.status, excluded.initiated_at, excluded.ringing_at, excluded.answered_at,
      excluded.ended_at, excluded.duration_seconds
    )
  ),

  -- The conversation follows the lead's leg. Without such a leg it follows the Dial action. Without that it
  -- follows the end of the agent's leg: the rep left before anybody was dialled, or the call did not begin.
  told as (
    select
      1 as precedence,
      legs.status, legs.initiated_at, legs.ringing_at, legs.answered_at, legs.ended_at,
      legs.duration_seconds, legs.call_sid
    from legs
    where legs.role = 'lead'

    union all

    select
      2, call_events.status, null, null, null,
      coalesce(call_events.occurred_at, call_events.received_at), 0, call_events.call_sid
    from public.call_events
    where call_events.agent_call_sid = p_call.call_sid
      and call_events.call_sid = p_call.call_sid
      and call_events.source = 'dial_action'
      and private.is_final(call_events.status)

    union all

    select
      3,
      case when legs.status = 'failed' or p_call.begun_at is null then 'failed' else 'canceled' end,
      null, null, null, legs.ended_at, 0, legs.call_sid
    from legs
    where legs.role = 'agent' and private.is_final(legs.status)
  ),

  conversation as (
    select
      told.*,
      -- Without an `initiated` it is when begin_call decided, as the row said then: not what an earlier
      -- event has left there. A beginning that came late does not count as later than the ringing.
      coalesce(
        told.initiated_at,
        least(date_trunc('second', p_call.begun_at), told.ringing_at, told.answered_at)
      ) as dialed_at
    from told
    order by
      told.precedence,
      -- Of several legs to the lead, we take the one on which they talk.
      told.status = 'in-progress' desc,
      told.answered_at is not null desc,
      private.call_status_rank(told.status) desc,
      told.answered_at asc nulls last,
      told.call_sid,
      told.status
    limit 1
  )

  update public.conversations set
    status = conversation.status,
    dialed_at = conversation.dialed_at,
    ringing_at = conversation.ringing_at,
    answered_at = conversation.answered_at,
    ended_at = conversation.ended_at,
    duration_seconds = conversation.duration_seconds
  from conversation
  where conversations.call_sid = p_call.call_sid
    -- A refused call stays refused, whatever its agent's leg does while the reason is spoken.
    and conversations.status <> 'blocked'
    and (
      conversations.status, conversations.dialed_at, conversations.ringing_at,
      conversations.answered_at, conversations.ended_at, conversations.duration_seconds
    ) is distinct from (
      conversation.status, conversation.dialed_at, conversation.ringing_at,
      conversation.answered_at, conversation.ended_at, conversation.duration_seconds
    );
exception
  -- Row-level security refuses a leg that belongs to another call.
  when data_exception or integrity_constraint_violation or insufficient_privilege then
    raise warning 'call % could not be derived from its events: %', p_call.call_sid, sqlerrm;
end;
$$;

-- Ties the events that waited for a call to it, and derives the call from them. Most calls begin before
-- their first event: then there is nothing to derive.
create function private.attach_events(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.call_events
  set business_id = p_call.business_id, conversation_id = p_call.id
  where call_events.agent_call_sid = p_call.call_sid and call_events.conversation_id is null;

  if exists (select from public.call_events where call_events.agent_call_sid = p_call.call_sid) then
    perform private.derive_call(p_call);
  end if;
end;
$$;

revoke execute on function private.legs_of_call(text) from public, anon;
revoke execute on function private.derive_call(public.conversations) from public, anon;
revoke execute on function private.attach_events(public.conversations) from public, anon;
grant execute on function private.legs_of_call(text) to call_webhook;
grant execute on function private.derive_call(public.conversations) to call_webhook;
grant execute on function private.attach_events(public.conversations) to call_webhook;
