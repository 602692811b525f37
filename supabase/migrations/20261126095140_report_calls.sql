-- The calls behind any number of a report.
set lock_timeout = '2s';

-- The condition for the rows of one line of a report, as SQL: what p_by and p_key of report_calls say. Null: all.
-- Raises 22023 if there is no such line.
create function private.report_line(p_by text, p_key text, p_week_start integer)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  -- By the lead's clock: weekday and hour, or * for all.
  v_hour constant text[] := regexp_match(p_key, '^([1-7]|\*)-([0-9]|1[0-9]|2[0-3]|\*)$');
  v_column constant text := case p_by
    when 'campaign' then 'campaign_id' when 'rep' then 'user_id' when 'country' then 'country'
    when 'outcome' then 'outcome'
  end;
  v_first date;
begin
  if p_by = 'all' then
    return null;
  end if;
  if p_by in ('campaign', 'rep') and p_key is not null and private.to_uuid(p_key) is null then
    raise exception 'p_key is the id of a %', p_by using errcode = '22023';
  end if;
  if v_column is not null then
    return format(case when p_key is null then '%I is null' else '%I = %L' end, v_column, p_key);
  end if;
  if p_by in ('day', 'week', 'month') then
    if (p_key ~ '^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}$' and pg_input_is_valid(p_key, 'date')) is not true then
      raise exception 'p_key is a date' using errcode = '22023';
    end if;
    v_first := private.report_bucket(p_key::date, p_by, p_week_start);
    -- The key of a week or month that the period cuts is the first date that is left.
    return format(
      'day between %L and %L',
      p_key,
      case p_by when 'day' then v_first when 'week' then v_first + 6 else v_first + interval '1 month - 1 day' end::date
    );
  end if;
  if p_by = 'attempt' then
    if (p_key ~ '^([1-9]|1[0-9]|20)$') is not true then
      raise exception 'p_key is 1 to 20' using errcode = '22023';
    end if;
    return format(case p_key when '20' then 'attempt >= %s' else 'attempt = %s' end, p_key);
  end if;
  if p_by in ('hour', 'first_hour') then
    if p_key is not null and v_hour is null then
      raise exception 'p_key is a weekday, 1 to 7 or *, and an hour, 0 to 23 or *: 3-14' using errcode = '22023';
    end if;
    return concat_ws(
      ' and ',
      'dials > 0',
      case when p_by = 'first_hour' then 'attempt = 1' end,
      case when p_key is null then 'lead_hour is null' else 'lead_hour is not null' end,
      'lead_weekday = ' || nullif(v_hour[1], '*'),
      'lead_hour = ' || nullif(v_hour[2], '*')
    );
  end if;
  raise exception 'p_by is all, campaign, rep, outcome, country, day, week, month, attempt, hour or first_hour'
    using errcode = '22023';
end;
$$;

-- The rows of the page of calls that report_calls answers, as an SQL statement: conversation_id, day and created_at,
-- the newest first. Raises 22023 if the question makes no sense.
create function private.report_page(
  p_condition text, p_by text, p_key text, p_metric text, p_after jsonb, p_limit integer, p_week_start integer
)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  -- Where a person helped is told by other rows than whose calls there are.
  v_is_help constant boolean := p_metric in ('helped', 'helped_seconds');
begin
  if (p_limit between 1 and 1000) is not true then
    raise exception 'p_limit is 1 to 1000' using errcode = '22023';
  end if;
  if (v_is_help or p_metric = any(private.report_measures())) is not true then
    raise exception 'p_metric is not the name of a number of calls' using errcode = '22023';
  end if;
  if v_is_help and p_by not in ('all', 'campaign', 'rep', 'country', 'day', 'week', 'month') then
    raise exception 'Who helped is not told by %', p_by using errcode = '22023';
  end if;
  if p_after is not null and (
    jsonb_typeof(p_after) = 'object' and p_after ->> 'day' is not null and p_after ->> 'created_at' is not null
    and private.to_uuid(p_after ->> 'id') is not null
  ) is not true then
    raise exception 'p_after is the last call of the page before' using errcode = '22023';
  end if;
  return format(
    'select conversation_id, day, created_at from public.%I where %s'
    -- A call that was deleted since it was counted takes no place: a page that is not full is the last one.
    ' and (select true from public.conversations where id = conversation_id)'
    ' order by day desc, created_at desc, conversation_id desc limit %s',
    case when v_is_help then 'call_helpers' else 'call_facts' end,
    concat_ws(
      ' and ',
      p_condition,
      private.report_line(p_by, p_key, p_week_start),
      case when not v_is_help then format('%I > 0', p_metric) end,
      case
        when p_after is not null then format(
          '(day, created_at, conversation_id) < (%L, %L, %L)',
          (p_after ->> 'day')::date, (p_after ->> 'created_at')::timestamptz, p_after ->> 'id'
        )
      end
    ),
    p_limit
  );
end;
$$;

revoke execute on function private.report_line(text, text, integer) from public, anon;
revoke execute on function private.report_page(text, text, text, text, jsonb, integer, integer)
from public, anon;
grant execute on function private.report_line(text, text, integer) to authenticated;
grant execute on function private.report_page(text, text, text, text, jsonb, integer, integer)
to authenticated;

-- The calls behind a number of a report, the newest first, p_limit (1 to 1,000) at a time. The period and the filters
-- are those of the report. p_by and p_key say which of its lines: 'all'; campaign, rep, outcome or country, whose key
-- may be null; day, week or month, with the key of the line; attempt, 1 to 20, which is 20 or more; hour and
-- first_hour, '3-14' for Wednesdays at two on the lead's clock, '*' for all, null where that clock is not known
-- (first_hour: only first attempts). p_metric: a count of docs/metrics.md; of seconds, the calls that have some.
-- p_after: the last call of the page before.
-- Answers an array; [] for a business that is not theirs. A page of fewer than p_limit calls is the last one.
create function public.report_calls(
  p_business_id uuid, p_from date, p_to date, p_by text default 'all', p_key text default null,
  p_metric text default 'calls', p_after jsonb default null, p_limit integer default 50,
  p_week_start integer default 1, p_filters jsonb default '{}'
)
returns jsonb
language plpgsql
stable
-- A wrong estimate must not read the rows of all businesses.
set enable_seqscan = off
set enable_bitmapscan = off
set search_path = ''
as $$
declare
  v_page constant text := private.report_page(
    private.report_condition(p_business_id, p_from, p_to, p_filters), p_by, p_key, p_metric, p_after, p_limit,
    p_week_start
  );
  v_calls jsonb;
begin
  if not exists (select from public.businesses where businesses.id = p_business_id) then
    return '[]';
  end if;
  execute format(
    $query$
    with page as materialized (%s)

    select coalesce(jsonb_agg(
      jsonb_build_object(
        'id', page.conversation_id, 'call_sid', placed.call_sid, 'day', page.day,
        'created_at', page.created_at, 'user_id', placed.user_id,
        'user_name', business_members.display_name, 'lead_id', placed.lead_id, 'lead_name', leads.name,
        'campaign_id', placed.campaign_id, 'campaign_name', campaigns.name,
        'to_number', placed.to_number, 'country', facts.country, 'status', placed.status,
        'block_reason', placed.block_reason, 'outcome', placed.outcome,
        'grade', call_quality.grade,
        'answered_at', placed.answered_at, 'ended_at', placed.ended_at, 'attempt', facts.attempt,
        'talk_seconds', facts.talk_seconds, 'hold_seconds', facts.hold_seconds,
        'ring_seconds', case when facts.rings > 0 then facts.ring_seconds end,
        'wrap_up_seconds', case when facts.wrap_ups > 0 then facts.wrap_up_seconds end,
        'is_machine', facts.machines > 0, 'is_connected', facts.connected > 0,
        'is_conversation', facts.conversations > 0, 'is_success', facts.successes > 0
      )
      order by page.day desc, page.created_at desc, page.conversation_id desc
    ), '[]')
    from page
    join public.conversations as placed
      on placed.business_id = $1
      and placed.id = page.conversation_id
    -- Whoever helped in a colleague's call does not see its numbers.
    left join public.call_facts as facts on facts.conversation_id = page.conversation_id
    left join public.leads on leads.id = placed.lead_id
    left join public.campaigns on campaigns.id = placed.campaign_id
    left join public.business_members
      on business_members.business_id = $1
      and business_members.user_id = placed.user_id
    -- The leg that counts as measured.
    left join public.call_quality
      on call_quality.business_id = $1
      and call_quality.conversation_id = placed.id
      and call_quality.call_sid = placed.call_sid
    $query$,
    v_page
  )
  into v_calls
  using p_business_id;
  return v_calls;
end;
$$;

revoke execute on function
public.report_calls(uuid, date, date, text, text, text, jsonb, integer, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function
public.report_calls(uuid, date, date, text, text, text, jsonb, integer, integer, jsonb)
to authenticated;
