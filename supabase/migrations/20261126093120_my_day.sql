-- A person's own numbers of a day.
set lock_timeout = '2s';

-- Security definer: it checks the membership itself, and reads the person's own rows.
create function private.my_day(p_business_id uuid, p_since timestamptz)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- More than this many are not counted.
  c_most_due constant integer := 200;
  c_most constant integer := 1000;
  v_user_id constant uuid := (select auth.uid());
  v_day jsonb;
begin
  if p_since is null or p_since < now() - interval '32 days' then
    raise exception 'p_since is 31 days ago at most' using errcode = '22023';
  end if;
  if not exists (
    select from private.memberships where memberships.business_id = p_business_id
  ) then
    return jsonb_build_object('error', 'not_found');
  end if;

  with calls as materialized (
    select
      conversations.id, conversations.answered_at, conversations.duration_seconds, conversations.outcome
    from public.conversations
    where conversations.business_id = p_business_id
      and conversations.user_id = v_user_id
      and conversations.block_reason is null
      and conversations.created_at >= p_since
  ),

  by_outcome as (
    select calls.outcome, count(*) as number
    from calls
    where calls.outcome is not null
    group by calls.outcome
  ),

  -- As the reports count them: nobody shall be told two numbers.
  counted as (
    select
      coalesce(sum(facts.conversations), 0) as conversations,
      coalesce(sum(facts.successes), 0) as successes
    from private.facts_of_calls(
      (select array_agg(calls.id) from calls where calls.duration_seconds > 0)
    ) as facts
  )

  select jsonb_build_object(
    'calls', count(*),
    'answered', count(calls.answered_at),
    'conversations', (select counted.conversations from counted),
    'talk_seconds', coalesce(sum(calls.duration_seconds), 0),
    'outcomes', (
      select coalesce(jsonb_object_agg(by_outcome.outcome, by_outcome.number), '{}')
      from by_outcome
    ),
    'successes', (select counted.successes from counted)
  )
  into v_day
  from calls;

  return v_day || jsonb_build_object(
    'call_backs_due', (
      select count(*)
      from (
        (
          select from private.open_call_backs
          where open_call_backs.business_id = p_business_id
            and open_call_backs.user_id = v_user_id
            and open_call_backs.due_at <= now()
          limit c_most_due
        )
        union all
        (
          select from private.open_call_backs
          where open_call_backs.business_id = p_business_id
            and open_call_backs.user_id is null
            and open_call_backs.due_at <= now()
          limit c_most_due
        )
      ) as due
    ),
    'needs_outcome', (
      select count(*)
      from (
        select from public.conversations
        where conversations.business_id = p_business_id
          and conversations.user_id = v_user_id
          and conversations.outcome is null
          and conversations.duration_seconds > 0
        limit c_most
      ) as undescribed
    )
  );
end;
$$;

revoke execute on function private.my_day(uuid, timestamptz) from public, anon;
grant execute on function private.my_day(uuid, timestamptz) to authenticated;

-- The signed-in user's numbers since p_since, 31 days ago at most. Answers {"error": "not_found"}, or
--   {"calls": placed, "answered", "conversations" and "successes": of ended calls, as docs/metrics.md says,
--    "talk_seconds", "outcomes": {key: calls}, "call_backs_due": theirs and anybody's that are due now,
--    200 of each at most, "needs_outcome": of any day, 1000 at most}.
create function public.my_day(p_business_id uuid, p_since timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.my_day(p_business_id, p_since);
$$;

revoke execute on function public.my_day(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.my_day(uuid, timestamptz) to authenticated;
