-- What Twilio's REST API answered (source 'reconcile') is one more way to know a leg's state.
set lock_timeout = '2s';

-- squawk-ignore ban-drop-constraint
alter table public.call_events drop constraint call_events_source_check;
alter table public.call_events add constraint call_events_source_check
check (source in ('status_callback', 'dial_action', 'reconcile')) not valid;

-- As in 20261122090800_derive_call.sql, save for the time of such an event.
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
language sql
stable
set search_path = ''
as $$
  with events as (
    select
      call_events.call_sid,
      call_events.status,
      call_events.duration_seconds,
      private.call_status_rank(call_events.status) as rank,
      -- What Twilio's API says of a leg that goes on has no time, and came when we asked.
      coalesce(
        call_events.occurred_at,
        case when call_events.source <> 'reconcile' then call_events.received_at end
      ) as at,
      -- Of the furthest state's events the one fired last tells; a Dial action and an answer of
      -- Twilio's API have no number and yield to the leg's own callback. Two that claim the same
      -- place: the first one.
      row_number() over (
        partition by call_events.call_sid
        order by
          private.call_status_rank(call_events.status) desc,
          call_events.sequence_number desc nulls last,
          call_events.occurred_at asc nulls last,
          call_events.id asc
      ) as precedence
    from public.call_events
    where call_events.agent_call_sid = p_agent_call_sid
      and private.call_status_rank(call_events.status) is not null
      and not (
        call_events.source = 'dial_action'
        and call_events.call_sid = call_events.agent_call_sid
      )
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
$$;
