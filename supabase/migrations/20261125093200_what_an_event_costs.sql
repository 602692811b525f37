-- Less work for each event of a call; what follows from it is the same.
set lock_timeout = '2s';

-- A call's row changes some four times in a minute. With room beside it on its page, the new version needs
-- no entry in any index. Pages that are written from now on have the room.
alter table public.conversations set (fillfactor = 75);
alter table public.call_legs set (fillfactor = 75);

-- As in 20261122090800_derive_call.sql, save for the time of what Twilio's API answered (source
-- 'reconcile'); in PL/pgSQL, so that it is planned once a connection, and each event is ranked once.
create or replace function private.legs_of_call(p_agent_call_sid text)
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
      private.call_status_rank(call_events.status) as rank
    from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
  ),

  events as (
    select
      ranked.call_sid,
      ranked.status,
      ranked.duration_seconds,
      ranked.rank,
      -- What Twilio's API says of a leg that goes on has no time, and came when we asked.
      coalesce(
        ranked.occurred_at, case when ranked.source <> 'reconcile' then ranked.received_at end
      ) as at,
      -- Of the furthest state's events the one fired last tells; a Dial action and an answer of
      -- Twilio's API have no number and yield to the leg's own callback. Two that claim the same
      -- place: the first one.
      row_number() over (
        partition by ranked.call_sid
        order by
          ranked.rank desc,
          ranked.sequence_number desc nulls last,
          ranked.occurred_at asc nulls last,
          ranked.id asc
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
      max(events.rank) as rank,
      min(events.at) filter (where events.status = 'initiated') as initiated_at,
      min(events.at) filter (where events.status = 'ringing') as ringing_at,
      min(events.at) filter (where events.status = 'in-progress') as answered_at,
      max(events.at) filter (where events.precedence = 1 and events.rank = 4) as ended_at,
      (array_agg(events.duration_seconds order by events.precedence)
        filter (where events.rank = 4 and events.duration_seconds is not null))[1] as reported_seconds
    from events
    group by events.call_sid
  )

  select
    legs.call_sid,
    legs.role,
    legs.status,
    legs.initiated_at,
    legs.ringing_at,
    -- A lost 'in-progress' is known from the end and the length.
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
      when legs.rank = 4 then 0
    end as duration_seconds
  from legs;
end;
$$;

-- As before, and derives nothing from no events: so a call usually begins.
create or replace function private.attach_events(
  p_conversation_id uuid, p_business_id uuid, p_call_sid text
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.call_events
  set business_id = p_business_id, conversation_id = p_conversation_id
  where call_events.agent_call_sid = p_call_sid and call_events.conversation_id is null;

  if exists (select from public.call_events where call_events.agent_call_sid = p_call_sid) then
    perform private.derive_call(p_conversation_id, p_business_id, p_call_sid);
  end if;
end;
$$;
