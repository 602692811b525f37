set lock_timeout = '2s';

-- As in 20261122090800_derive_call.sql, and a leg that belongs to another call costs neither the event
-- nor the beginning of this one.
--
-- Writes what the events of a call say into its legs and its conversation.
-- The caller holds the call's lock (private.enter_call), so that two events cannot miss each other.
-- What cannot be derived must not cost the event: it stays in the ledger, and the call as it was.
create or replace function private.derive_call(p_conversation_id uuid, p_business_id uuid, p_call_sid text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  with legs as materialized (
    select * from private.legs_of_call(p_call_sid)
  ),

  written_legs as (
    insert into public.call_legs as leg (
      business_id, conversation_id, call_sid, role, status,
      initiated_at, ringing_at, answered_at, ended_at, duration_seconds
    )
    select
      p_business_id, p_conversation_id, legs.call_sid, legs.role, legs.status,
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

  -- The conversation is the lead's leg. Without one it is what Dial says became of it, and only
  -- without that the agent's leg: it ended before anybody was dialled.
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
    where call_events.agent_call_sid = p_call_sid
      and call_events.call_sid = p_call_sid
      and call_events.source = 'dial_action'
      and private.call_status_rank(call_events.status) = 4

    union all

    select
      3, case legs.status when 'failed' then 'failed' else 'canceled' end, null, null, null,
      legs.ended_at, 0, legs.call_sid
    from legs
    where legs.role = 'agent' and private.call_status_rank(legs.status) = 4
  ),

  conversation as (
    select *
    from told
    order by
      told.precedence,
      -- Of several legs to the lead, the one that they talk on.
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
    dialed_at = coalesce(conversation.initiated_at, conversations.dialed_at),
    ringing_at = conversation.ringing_at,
    answered_at = conversation.answered_at,
    ended_at = conversation.ended_at,
    duration_seconds = conversation.duration_seconds
  from conversation
  where conversations.call_sid = p_call_sid
    -- A refused call stays refused, whatever its agent leg does while the reason is spoken, and a
    -- call that never began stays failed.
    and conversations.status <> 'blocked'
    and not private.is_unbegun(conversations)
    and (
      conversations.status, conversations.dialed_at, conversations.ringing_at,
      conversations.answered_at, conversations.ended_at, conversations.duration_seconds
    ) is distinct from (
      conversation.status, coalesce(conversation.initiated_at, conversations.dialed_at),
      conversation.ringing_at, conversation.answered_at, conversation.ended_at,
      conversation.duration_seconds
    );
exception
  -- Row-level security refuses a leg that is another call's.
  when data_exception or integrity_constraint_violation or insufficient_privilege then
    raise warning 'call % could not be derived from its events: %', p_call_sid, sqlerrm;
end;
$$;
