-- What counts of a call: the one definition of every measure of docs/metrics.md. It depends on the rows of the call
-- and on the settings of its business, except for the place of a dial among those to its number (095025).
set lock_timeout = '2s';

-- The facts of these calls. A call that goes on, or that is of no business, has none.
-- Attempt, reached_before and leads_reached are left open: null, null, 0.
create function private.facts_of_calls(p_conversation_ids uuid[])
returns setof public.call_facts
language plpgsql
stable
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
begin
  return query
  with ended as materialized (
    select
      conversations.*,
      businesses.time_zone,
      businesses.conversation_seconds,
      conversations.status = 'blocked' as is_refused,
      -- 'in-progress' may be lost: Twilio calls nothing else completed.
      conversations.answered_at is not null or conversations.status = 'completed' as is_answered
    from unnest(p_conversation_ids) as asked (id)
    join public.conversations on conversations.id = asked.id
    join public.businesses on businesses.id = conversations.business_id
    where conversations.ended_at is not null and conversations.direction = 'outbound'
  ),

  -- What Postgres does not know as a zone would end the whole fold.
  zones as materialized (
    select named.zone
    from (select distinct ended.lead_time_zone as zone from ended) as named
    where named.zone = 'UTC' or private.is_time_zone(named.zone)
  ),

  told as (
    select
      ended.*,
      legs.is_dialled and not ended.is_refused as is_dial,
      legs.is_dialled and not ended.is_refused and ended.is_answered as is_talk,
      -- What the person said wins over what Twilio heard.
      legs.is_dropped
      or coalesce(ended.outcome = 'voicemail', false)
      or coalesce(ended.outcome is null and ended.answered_by ~ '^(machine|fax)', false) as is_machine,
      coalesce(outcomes.is_success, false) as is_success,
      not ended.is_plain and (legs.is_handed or exists (
        -- Who stays has the lead when Twilio has confirmed it, or when the one before has left:
        -- private.host_of_call.
        select from public.call_actions
        join public.call_legs as staying
          on staying.business_id = call_actions.business_id and staying.id = call_actions.call_leg_id
        left join public.call_legs as leaving
          on leaving.business_id = call_actions.business_id and leaving.id = call_actions.leaving_leg_id
        where call_actions.business_id = ended.business_id
          and call_actions.conversation_id = ended.id
          and call_actions.action = 'complete'
          and staying.user_id is distinct from ended.user_id
          and (
            call_actions.result = 'done'
            or (call_actions.result is distinct from 'failed' and private.is_final(leaving.status))
          )
      )) as is_transferred,
      extract(epoch from ended.answered_at - ended.dialed_at) as rang,
      extract(epoch from said.at - ended.ended_at) as wrapped_up,
      ended.created_at at time zone zones.zone as lead_time,
      call_quality.grade
    from ended
    left join zones on zones.zone = ended.lead_time_zone
    left join public.outcomes
      on outcomes.business_id = ended.business_id and outcomes.key = ended.outcome
    left join public.call_quality
      on call_quality.business_id = ended.business_id
      and call_quality.conversation_id = ended.id
      and call_quality.call_sid = ended.call_sid
    cross join lateral (
      select
        coalesce(bool_or(call_legs.role = 'lead'), false) as is_dialled,
        coalesce(bool_or(call_legs.role = 'lead' and call_legs.dropped_at is not null), false) as is_dropped,
        coalesce(bool_or(
          call_legs.asked_for = 'cold'
          and call_legs.answered_at is not null
          and call_legs.user_id is distinct from ended.user_id
        ), false) as is_handed
      from public.call_legs
      where call_legs.business_id = ended.business_id and call_legs.conversation_id = ended.id
    ) as legs
    -- The first outcome that a person chose, whatever was chosen later.
    cross join lateral (
      select min(conversation_changes.changed_at) as at
      from public.conversation_changes
      where conversation_changes.business_id = ended.business_id
        and conversation_changes.conversation_id = ended.id
        and conversation_changes.changed_by is not null
        and conversation_changes.after ->> 'outcome' is not null
    ) as said
  ),

  measures as (
    select
      told.*,
      told.is_talk and told.is_machine as is_heard_by_machine,
      told.is_talk and not told.is_machine as is_connected,
      told.is_talk and coalesce(told.rang >= 0, false) as has_ring,
      told.is_dial and coalesce(told.wrapped_up between 0 and 1800, false) as has_wrap_up
    from told
  )

  select
    measures.id,
    measures.business_id,
    measures.user_id,
    measures.campaign_id,
    measures.created_at,
    (measures.created_at at time zone measures.time_zone)::date,
    measures.to_country,
    extract(isodow from measures.lead_time)::smallint,
    extract(hour from measures.lead_time)::smallint,
    coalesce(measures.lead_zone_is_estimate and measures.lead_time is not null, false),
    measures.outcome,
    null::integer,
    null::boolean,
    1::smallint,
    measures.is_refused::integer::smallint,
    measures.is_dial::integer::smallint,
    measures.is_talk::integer::smallint,
    measures.is_heard_by_machine::integer::smallint,
    measures.is_connected::integer::smallint,
    (
      measures.is_connected
      and coalesce(measures.duration_seconds >= measures.conversation_seconds, false)
    )::integer::smallint,
    (measures.is_connected and measures.is_success)::integer::smallint,
    (measures.is_talk and measures.outcome is null)::integer::smallint,
    (measures.is_talk and measures.is_transferred)::integer::smallint,
    case when measures.is_talk then coalesce(measures.duration_seconds, 0) else 0 end,
    case when measures.is_talk then coalesce(measures.hold_seconds, 0) else 0 end,
    measures.has_ring::integer::smallint,
    case when measures.has_ring then floor(measures.rang)::integer else 0 end,
    measures.has_wrap_up::integer::smallint,
    case when measures.has_wrap_up then floor(measures.wrapped_up)::integer else 0 end,
    (measures.grade is not null)::integer::smallint,
    coalesce(measures.grade = 'fair', false)::integer::smallint,
    coalesce(measures.grade = 'poor', false)::integer::smallint,
    0::smallint
  from measures;
end;
$$;

-- The people of the business who were on these calls besides who placed them.
create function private.helpers_of_calls(p_conversation_ids uuid[])
returns setof public.call_helpers
language plpgsql
stable
-- As above.
set enable_seqscan = off
set search_path = ''
as $$
begin
  return query
  select
    conversations.id,
    call_legs.user_id,
    conversations.business_id,
    conversations.created_at,
    (conversations.created_at at time zone businesses.time_zone)::date,
    conversations.campaign_id,
    conversations.to_country,
    coalesce(sum(call_legs.duration_seconds), 0)::integer
  from unnest(p_conversation_ids) as asked (id)
  join public.conversations on conversations.id = asked.id
  join public.businesses on businesses.id = conversations.business_id
  join public.call_legs
    on call_legs.business_id = conversations.business_id
    and call_legs.conversation_id = conversations.id
  where conversations.ended_at is not null
    and conversations.direction = 'outbound'
    and not conversations.is_plain
    and call_legs.role = 'teammate'
    and call_legs.answered_at is not null
    and call_legs.user_id is distinct from conversations.user_id
    and call_legs.user_id is not null
  group by conversations.id, call_legs.user_id, businesses.time_zone;
end;
$$;

revoke execute on function private.facts_of_calls(uuid[]) from public, anon;
revoke execute on function private.helpers_of_calls(uuid[]) from public, anon;
