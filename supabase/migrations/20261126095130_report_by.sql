-- The numbers of a period by campaign, rep, outcome, country or date.
set lock_timeout = '2s';

-- What report_by answers for campaigns, reps and countries, which p_column of report_days tells apart.
create function private.report_groups(
  p_business_id uuid, p_condition text, p_from date, p_by text, p_column text
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  c_most constant integer := 1000;
  v_lines jsonb;
begin
  execute format(
    $query$
    with sums as (
      select %1$I::text as key, day < $2 as is_before, %2$s, 0::bigint as helped, 0::bigint as helped_seconds
      from private.report_days
      where %3$s
      group by 1, 2

      union all

      -- Whoever only helped has no calls.
      select user_id::text, false, %4$s, sum(helped), sum(helped_seconds)
      from private.report_people
      where $3 = 'rep' and day >= $2 and %3$s
      group by user_id
    ),

    lines as (
      select
        key, %5$s, sum(helped) as helped, sum(helped_seconds) as helped_seconds,
        jsonb_build_object(
          'calls', coalesce(sum(calls) filter (where is_before), 0),
          'dials', coalesce(sum(dials) filter (where is_before), 0),
          'connected', coalesce(sum(connected) filter (where is_before), 0),
          'conversations', coalesce(sum(conversations) filter (where is_before), 0),
          'successes', coalesce(sum(successes) filter (where is_before), 0)
        ) as before
      from sums
      group by key
      order by dials desc, key
      limit $4
    ),

    named as (
      select
        lines.*, %6$s,
        case $3
          when 'campaign' then (
            select campaigns.name
            from public.campaigns
            where campaigns.business_id = $1 and campaigns.id = lines.key::uuid
          )
          when 'rep' then (
            select business_members.display_name
            from public.business_members
            where business_members.business_id = $1 and business_members.user_id = lines.key::uuid
          )
        end as label
      from lines
    )

    select coalesce(jsonb_agg(
      to_jsonb(named) - case when $3 = 'rep' then '{}' else '{helped,helped_seconds}' end::text[]
      order by named.dials desc, named.key
    ), '[]')
    from named
    $query$,
    p_column, private.report_sums(), p_condition,
    array_to_string(array_fill(0, array[cardinality(private.report_measures())]), ', '),
    private.report_sums('filter (where not is_before)'), private.report_rates()
  )
  into v_lines
  using p_business_id, p_from, p_by, c_most;
  return v_lines;
end;
$$;

-- What report_by answers for outcomes.
create function private.report_by_outcome(p_business_id uuid, p_condition text, p_from date)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_lines jsonb;
begin
  execute format(
    $query$
    with sums as (
      select
        report_outcomes.outcome as key,
        coalesce(sum(report_outcomes.calls) filter (where report_outcomes.day >= $2), 0)::bigint as calls,
        coalesce(sum(report_outcomes.connected) filter (where report_outcomes.day >= $2), 0)::bigint as connected,
        coalesce(sum(report_outcomes.talk_seconds) filter (where report_outcomes.day >= $2), 0)::bigint
          as talk_seconds,
        coalesce(sum(report_outcomes.calls) filter (where report_outcomes.day < $2), 0)::bigint as calls_before,
        coalesce(sum(report_outcomes.connected) filter (where report_outcomes.day < $2), 0)::bigint
          as connected_before
      from private.report_outcomes
      where %1$s
      group by report_outcomes.outcome
    )

    select coalesce(jsonb_agg(
      jsonb_build_object(
        'key', sums.key, 'label', outcomes.label, 'calls', sums.calls, 'connected', sums.connected,
        'talk_seconds', sums.talk_seconds,
        'share', case
          when sums.key is not null then round(
            sums.calls / nullif((select sum(each.calls) from sums as each where each.key is not null), 0), 4
          )
        end,
        'before', jsonb_build_object('calls', sums.calls_before, 'connected', sums.connected_before)
      )
      order by sums.calls desc, sums.key
    ), '[]')
    from sums
    left join public.outcomes on outcomes.business_id = $1 and outcomes.key = sums.key
    $query$,
    p_condition
  )
  into v_lines
  using p_business_id, p_from;
  return v_lines;
end;
$$;

-- What report_by answers for dates: the lines of report_overview, each with what was before.
create function private.report_by_date(
  p_condition text, p_from date, p_to date, p_by text, p_week_start integer
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_trend constant jsonb := private.report_trend(p_condition, p_from, p_to, p_by, p_week_start);
begin
  return (
    select jsonb_agg(
      lines.now || jsonb_build_object('label', null, 'before', jsonb_build_object(
        'calls', lines.before -> 'calls', 'dials', lines.before -> 'dials',
        'connected', lines.before -> 'connected', 'conversations', lines.before -> 'conversations',
        'successes', lines.before -> 'successes'
      ))
      order by lines.place
    )
    from rows from (
      jsonb_array_elements(v_trend -> 'trend'), jsonb_array_elements(v_trend -> 'trend_before')
    ) with ordinality as lines (now, before, place)
  );
end;
$$;

revoke execute on function private.report_groups(uuid, text, date, text, text) from public, anon;
revoke execute on function private.report_by_outcome(uuid, text, date) from public, anon;
revoke execute on function private.report_by_date(text, date, date, text, integer) from public, anon;
grant execute on function private.report_groups(uuid, text, date, text, text) to authenticated;
grant execute on function private.report_by_outcome(uuid, text, date) to authenticated;
grant execute on function private.report_by_date(text, date, date, text, integer) to authenticated;

-- The numbers of a business from p_from to p_to by campaign, rep, outcome, country, day, week or month, asked as
-- report_overview is. Answers an array: [] for a business that is not theirs.
-- Campaigns, reps and countries, those with the most dials first, 1,000 at most:
--   {"key": the id or code; null for calls without, "label": its name, every metric of docs/metrics.md; for reps also
--    "helped" and "helped_seconds", "before": {"calls", "dials", "connected", "conversations", "successes"} of the
--    period before}. Who had calls only then is there, with zeros.
-- Outcomes, the most frequent first: {"key", "label", "calls", "connected", "talk_seconds", "share": of the calls that
--   have an outcome, "before": {"calls", "connected"}}.
-- Dates in their order, with "key", "days" and every metric as in the "trend" of report_overview, and "before".
create function public.report_by(
  p_business_id uuid, p_from date, p_to date, p_by text, p_week_start integer default 1,
  p_filters jsonb default '{}'
)
returns jsonb
language plpgsql
stable
-- A wrong estimate must not read the rows of all businesses.
set enable_seqscan = off
set enable_bitmapscan = off
-- Nor sort them all to add them up.
set enable_sort = off
set search_path = ''
as $$
declare
  v_condition constant text := private.report_condition(p_business_id, p_from, p_to, p_filters, true);
  v_column constant text := case p_by
    when 'campaign' then 'campaign_id' when 'rep' then 'user_id' when 'country' then 'country'
  end;
  v_is_date constant boolean := private.report_bucket(p_from, p_by, p_week_start) is not null;
begin
  if (p_by = 'outcome' or v_is_date or v_column is not null) is not true then
    raise exception 'p_by is campaign, rep, outcome, country, day, week or month' using errcode = '22023';
  end if;
  if not exists (select from public.businesses where businesses.id = p_business_id) then
    return '[]';
  end if;
  return case
    when v_is_date then private.report_by_date(v_condition, p_from, p_to, p_by, p_week_start)
    when v_column is null then private.report_by_outcome(p_business_id, v_condition, p_from)
    else private.report_groups(p_business_id, v_condition, p_from, p_by, v_column)
  end;
end;
$$;

revoke execute on function public.report_by(uuid, date, date, text, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.report_by(uuid, date, date, text, integer, jsonb) to authenticated;
