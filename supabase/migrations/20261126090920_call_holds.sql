-- When a leg was on hold: the table, and how it is computed from the events.
set lock_timeout = '2s';

create table public.call_holds (
  id uuid primary key default gen_random_uuid(),
  business_id uuid,
  conversation_id uuid not null,
  -- Who heard the music: the lead. No foreign key to legs: see call_actions.
  call_leg_id uuid not null,
  started_at timestamptz not null,
  -- Null while it lasts.
  ended_at timestamptz,
  unique (call_leg_id, started_at),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  check (ended_at > started_at)
);

-- The holds that a client shows with a conversation; its deletion asks for these, too.
create index call_holds_conversation_id_idx on public.call_holds (business_id, conversation_id);

alter table public.call_holds enable row level security;

-- Reps and managers see how long a lead had to wait.
create policy "members can read the holds of their business"
on public.call_holds for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- What the events say is written here. An event that comes late can join two holds into one.
create policy "a webhook can write the holds of its call"
on public.call_holds for all to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
)
with check (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

revoke all on public.call_holds from public, anon, authenticated, service_role;
grant select on public.call_holds to authenticated, service_role;
grant select, insert, delete on public.call_holds to call_webhook;
grant update (ended_at) on public.call_holds to call_webhook;

-- When each leg was on hold. Two count its holds and resumptions, each by a clock of its own: we, when Twilio
-- has confirmed one, and the room. Either may miss some, and their times cannot be compared: whoever counts
-- more of them is believed, and we if both count the same. A hold also ends with the leg, when the leg is
-- sent elsewhere, and when Twilio, asked about it, says so.
create function private.holds_of_call(p_call public.conversations)
returns table (call_leg_id uuid, started_at timestamptz, ended_at timestamptz)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  with facts as (
    select
      call_events.call_sid,
      call_events.source,
      call_events.conference_sid,
      call_events.sequence_number,
      call_events.status,
      call_events.status = 'participant-hold' as is_hold,
      coalesce(call_events.occurred_at, call_events.received_at) as at
    from public.call_events
    where call_events.agent_call_sid = p_call.call_sid
      and (
        call_events.status in ('participant-hold', 'participant-unhold')
        or (call_events.source = 'control' and call_events.status in ('redirected', 'removed'))
      )
  ),

  -- Each counts only what changes something. Rooms follow one another; within a room, its own count is the
  -- order, and ours is that of what was asked.
  told as (
    select
      facts.*,
      min(facts.at) over (
        partition by facts.call_sid, facts.source, facts.conference_sid
      ) as room_at
    from facts
    where facts.source in ('control', 'conference')
      and facts.status in ('participant-hold', 'participant-unhold')
  ),

  counted as (
    select
      told.call_sid,
      told.source,
      told.is_hold <> coalesce(lag(told.is_hold) over (
        partition by told.call_sid, told.source
        order by told.room_at, told.conference_sid, told.sequence_number, told.is_hold, told.at
      ), false) as is_change
    from told
  ),

  believed as (
    select distinct on (counts.call_sid) counts.call_sid, counts.source
    from (
      select counted.call_sid, counted.source, count(*) as changes
      from counted
      where counted.is_change
      group by counted.call_sid, counted.source
    ) as counts
    order by counts.call_sid, counts.changes desc, counts.source desc
  ),

  toggles as (
    select facts.call_sid, facts.is_hold, facts.at, facts.sequence_number
    from facts
    left join believed on believed.call_sid = facts.call_sid
    where facts.source = 'reconcile'
      or facts.source = believed.source
      or facts.status in ('redirected', 'removed')
  ),

  changes as (
    select
      toggles.*,
      coalesce(lag(toggles.is_hold) over in_order, false) as was_hold
    from toggles
    window in_order as (
      partition by toggles.call_sid
      order by toggles.at, toggles.sequence_number, toggles.is_hold
    )
  ),

  spans as (
    select
      changes.*,
      lead(changes.at) over (
        partition by changes.call_sid
        order by changes.at, changes.sequence_number, changes.is_hold
      ) as until
    from changes
    where changes.is_hold <> changes.was_hold
  ),

  holds as (
    select
      call_legs.id as call_leg_id,
      spans.at as started_at,
      case
        when private.is_final(call_legs.status)
          then coalesce(least(spans.until, call_legs.ended_at), spans.at)
        else spans.until
      end as ended_at
    from spans
    inner join public.call_legs
      on call_legs.call_sid = spans.call_sid and call_legs.conversation_id = p_call.id
    where spans.is_hold
  )

  select holds.call_leg_id, holds.started_at, holds.ended_at
  from holds
  where holds.ended_at is null or holds.ended_at > holds.started_at;
end;
$$;

-- Writes the holds of a call, and how its legs left the room.
create function private.derive_holds(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
begin
  with holds as materialized (
    select * from private.holds_of_call(p_call)
  ),

  gone as (
    delete from public.call_holds
    where call_holds.conversation_id = p_call.id
      and call_holds.business_id = p_call.business_id
      and not exists (
        select from holds
        where holds.call_leg_id = call_holds.call_leg_id
          and holds.started_at = call_holds.started_at
      )
  ),

  written as (
    insert into public.call_holds as hold (
      business_id, conversation_id, call_leg_id, started_at, ended_at
    )
    select p_call.business_id, p_call.id, holds.call_leg_id, holds.started_at, holds.ended_at
    from holds
    on conflict (call_leg_id, started_at) do update set ended_at = excluded.ended_at
    where hold.ended_at is distinct from excluded.ended_at
  ),

  departures as (
    select distinct on (call_events.call_sid)
      call_events.call_sid,
      case
        when call_events.status = 'removed' then 'removed'
        when call_events.payload ->> 'ReasonParticipantLeft' = 'participant_hung_up' then 'self'
        when call_events.payload ->> 'ReasonParticipantLeft' = 'moderator_ended_conference'
          then 'host'
      end as ended_by
    from public.call_events
    where call_events.agent_call_sid = p_call.call_sid
      and call_events.status in ('removed', 'participant-leave')
    order by
      call_events.call_sid,
      call_events.status = 'removed' desc,
      coalesce(call_events.occurred_at, call_events.received_at) desc,
      call_events.sequence_number desc,
      call_events.payload ->> 'ReasonParticipantLeft'
  ),

  states as (
    select
      call_legs.id,
      (
        select max(holds.started_at)
        from holds
        where holds.call_leg_id = call_legs.id and holds.ended_at is null
      ) as on_hold_since,
      case
        -- Whom we have removed is gone, though Twilio may not have told the end of the leg yet.
        when private.is_final(call_legs.status) or departures.ended_by = 'removed'
          then departures.ended_by
      end as ended_by
    from public.call_legs
    left join departures on departures.call_sid = call_legs.call_sid
    where call_legs.conversation_id = p_call.id and call_legs.business_id = p_call.business_id
  )

  update public.call_legs as leg
  set on_hold_since = states.on_hold_since, ended_by = states.ended_by
  from states
  where leg.id = states.id
    and (leg.on_hold_since, leg.ended_by)
    is distinct from (states.on_hold_since, states.ended_by);
end;
$$;

revoke execute on function private.holds_of_call(public.conversations) from public, anon;
revoke execute on function private.derive_holds(public.conversations) from public, anon;
grant execute on function private.holds_of_call(public.conversations) to call_webhook;
grant execute on function private.derive_holds(public.conversations) to call_webhook;
