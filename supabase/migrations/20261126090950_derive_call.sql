-- Computes the legs from the events, and the conversation from the legs. Both depend only on the *set* of a
-- call's events: in which order events arrive, and how often, must make no difference.
-- Once something was asked of a call, it also has legs that were asked for, holds and a stage, each in a file
-- of its own.
set lock_timeout = '2s';

-- Where a lead was left alone with a recorded message (private.drop_of_call). call_sid is null if none was.
create type private.voicemail_drop as (
  -- The lead's leg, and its row.
  call_sid text,
  -- When the talk ended by it. Null while nothing tells.
  at timestamptz,
  -- Whether the message was left for certain: Twilio confirmed it, or the lead's leg outlived the talk.
  is_certain boolean
);

-- The legs of a call as its events tell them.
-- A Dial action without DialCallSid (nobody was dialled) is about the lead and names no leg: derive_call.
-- Once something was asked of the call, `completed` in a Dial action does not mean that the leg has ended:
-- Twilio says the same when the leg was moved elsewhere. A leg without an id is the agent's or the lead's.
-- p_roles has the role of each leg with an id (private.name_legs); null for a plain call.
-- p_drop is where the lead was left with a message: their leg ends there, however long the message is.
create function private.legs_of_call(
  p_agent_call_sid text, p_is_plain boolean, p_roles jsonb, p_drop private.voicemail_drop
)
returns table (
  call_sid text,
  call_leg_id uuid,
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
      -- The address that Twilio calls names the leg that it was dialled for. Anybody else may be wrong.
      case ranked.source when 'status_callback' then '1' else '0' end || ranked.call_leg_id as line,
      ranked.status,
      ranked.duration_seconds,
      ranked.rank = 4 as is_final,
      -- An answer of Twilio's API about a leg that goes on has no time: it came when we asked.
      coalesce(
        ranked.occurred_at, case when ranked.source <> 'reconcile' then ranked.received_at end
      ) as at,
      -- Among the events of the furthest state, the leg's own callback comes before the API's answer, and
      -- that before what we know from the answer to our request, and from a Dial action. Of a leg's own
      -- callbacks, the one that Twilio fired last counts. If two have the same place, the earlier one by
      -- Twilio's clock counts. The last criterion is the status, so that the order of arrival never
      -- matters.
      row_number() over (
        partition by ranked.call_sid
        order by
          ranked.rank desc,
          case ranked.source
            when 'status_callback' then 1 when 'reconcile' then 2 when 'control' then 3 else 4
          end,
          ranked.sequence_number desc nulls last,
          ranked.occurred_at asc nulls last,
          ranked.status asc
      ) as precedence
    from ranked
    where ranked.rank is not null
      and ranked.call_sid is not null
      and ranked.source <> 'room_action'
      and not (ranked.source = 'dial_action' and ranked.call_sid = ranked.agent_call_sid)
      and (
        p_is_plain
        or ranked.status <> 'completed'
        or ranked.source not in ('dial_action', 'transfer_action')
      )
  ),

  legs as (
    select
      events.call_sid,
      right(max(events.line), 36)::uuid as call_leg_id,
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
  ),

  told as (
    select
      legs.call_sid,
      legs.call_leg_id,
      case
        when legs.call_sid = p_agent_call_sid then 'agent'
        when legs.call_leg_id is null then 'lead'
        -- A leg of another call has none.
        else coalesce(p_roles ->> legs.call_leg_id::text, 'third_party')
      end as role,
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
    from legs
  )

  select
    told.call_sid,
    told.call_leg_id,
    told.role,
    case when cut.is_here then 'completed' else told.status end,
    told.initiated_at,
    told.ringing_at,
    told.answered_at,
    case when cut.is_here then cut.at else told.ended_at end,
    case
      when cut.is_here then least(
        told.duration_seconds, round(extract(epoch from cut.at - told.answered_at))
      )::integer
      else told.duration_seconds
    end
  from told
  cross join lateral (
    select
      -- The clocks of Twilio and of the database may differ.
      greatest(told.answered_at, least(told.ended_at, (p_drop).at)) as at,
      coalesce(
        told.call_sid = (p_drop).call_sid
        and told.answered_at is not null
        and (p_drop).at is not null,
        false
      ) as is_here
  ) as cut;
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
declare
  v_roles jsonb;
  v_drop private.voicemail_drop;
begin
  if not p_call.is_plain then
    v_roles := private.name_legs(p_call);
    v_drop := private.drop_of_call(p_call);
  end if;

  with legs as materialized (
    select * from private.legs_of_call(p_call.call_sid, p_call.is_plain, v_roles, v_drop)
  ),

  written_legs as (
    insert into public.call_legs as leg (
      business_id, conversation_id, call_sid, role, status,
      initiated_at, ringing_at, answered_at, ended_at, duration_seconds, user_id, to_number
    )
    select
      p_call.business_id, p_call.id, legs.call_sid, legs.role, legs.status,
      legs.initiated_at, legs.ringing_at, legs.answered_at, legs.ended_at, legs.duration_seconds,
      case when legs.call_sid = p_call.call_sid then p_call.user_id end,
      case when legs.role = 'lead' then p_call.to_number end
    from legs
    on conflict (call_sid) do update set
      -- The agent's leg was ringing when the call began, whatever its events have told so far.
      status = case
        when leg.status = 'ringing' and excluded.status in ('queued', 'initiated')
          then leg.status
        else excluded.status
      end,
      initiated_at = excluded.initiated_at,
      ringing_at = excluded.ringing_at,
      answered_at = excluded.answered_at,
      ended_at = excluded.ended_at,
      duration_seconds = excluded.duration_seconds,
      -- The lead's number is not known at first, if the call's beginning is lost.
      to_number = coalesce(excluded.to_number, leg.to_number)
    where (
      leg.status, leg.initiated_at, leg.ringing_at, leg.answered_at, leg.ended_at,
      leg.duration_seconds, leg.to_number
    ) is distinct from (
      excluded.status, excluded.initiated_at, excluded.ringing_at, excluded.answered_at,
      excluded.ended_at, excluded.duration_seconds, coalesce(excluded.to_number, leg.to_number)
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
    where legs.call_sid = p_call.call_sid and private.is_final(legs.status)
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
    duration_seconds = conversation.duration_seconds,
    hold_seconds = case
      when not p_call.is_plain then conversations.hold_seconds
      when conversation.duration_seconds is not null then 0
    end,
    -- A recording ends with the leg of the lead. The rest of its state is private.derive_recording's.
    recording_state = case
      when conversation.ended_at is not null and conversations.recording_state in ('recording', 'paused')
        then 'stopped'
      when conversation.ended_at is not null and conversations.recording_state = 'waiting'
        then private.state_unrecorded(
          conversations.id, conversation.ended_at, conversation.duration_seconds
        )
      else conversations.recording_state
    end
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

  if not p_call.is_plain then
    perform private.derive_holds(p_call);
    if v_drop.call_sid is not null then
      perform private.derive_drop(p_call, v_drop);
    end if;
    perform private.derive_stage(p_call);
  end if;
exception
  -- Row-level security refuses a leg that belongs to another call.
  when data_exception or integrity_constraint_violation or insufficient_privilege then
    raise warning 'call % could not be derived from its events: %', p_call.call_sid, sqlerrm;
end;
$$;

-- Whether an event is of something that was asked of a call: its call is not plain.
create function private.is_about_request(p_event public.call_events)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return p_event.call_leg_id is not null
    or p_event.conference_sid is not null
    or p_event.source not in ('status_callback', 'dial_action', 'reconcile', 'amd');
end;
$$;

-- Ties the events that waited for a call to it, and derives the call from them. Most calls begin before
-- their first event: then there is nothing to derive.
create function private.attach_events(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_is_answered boolean;
begin
  update public.call_events
  set business_id = p_call.business_id, conversation_id = p_call.id
  where call_events.agent_call_sid = p_call.call_sid and call_events.conversation_id is null;

  select
    not coalesce(bool_or(private.is_about_request(call_events)), false) and p_call.is_plain,
    bool_or(call_events.source = 'amd')
  into p_call.is_plain, v_is_answered
  from public.call_events
  where call_events.agent_call_sid = p_call.call_sid
  having count(*) > 0;

  if found then
    perform private.derive_call(p_call);
    if v_is_answered then
      perform private.derive_answer(p_call);
    end if;
  end if;
end;
$$;

revoke execute on function
private.legs_of_call(text, boolean, jsonb, private.voicemail_drop)
from public, anon;
revoke execute on function private.derive_call(public.conversations) from public, anon;
revoke execute on function private.is_about_request(public.call_events) from public, anon;
revoke execute on function private.attach_events(public.conversations) from public, anon;
grant execute on function private.legs_of_call(text, boolean, jsonb, private.voicemail_drop)
to call_webhook;
grant execute on function private.derive_call(public.conversations) to call_webhook;
grant execute on function private.is_about_request(public.call_events) to call_webhook;
grant execute on function private.attach_events(public.conversations) to call_webhook;
