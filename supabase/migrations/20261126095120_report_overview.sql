-- The numbers of a period beside those of the period before, as a whole and day by day.
set lock_timeout = '2s';

-- The rows of report_days that meet p_condition, as {"totals", "before", "trend", "trend_before"} of report_overview.
create function private.report_trend(
  p_condition text, p_from date, p_to date, p_by text, p_week_start integer
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_days constant integer := p_to - p_from + 1;
  v_trend jsonb;
begin
  execute format(
    $query$
    with sums as materialized (
      select report_days.day as at, %1$s
      from private.report_days
      where %2$s
      group by report_days.day
    ),

    -- Every date, also of the period before: it stands in the same place as the date that many days later.
    dates as (
      select
        periods.is_before, $1 + n - case when periods.is_before then $2 else 0 end as at,
        greatest(private.report_bucket($1 + n, $3, $4), $1) as bucket
      from generate_series(0, $2 - 1) as n
      cross join (values (false), (true)) as periods (is_before)
    ),

    lines as (
      select dates.is_before, dates.bucket, min(dates.at) as key, count(*) as days, %1$s
      from dates
      left join sums on sums.at = dates.at
      group by grouping sets ((dates.is_before, dates.bucket), (dates.is_before))
    ),

    told as (
      select
        lines.is_before, lines.bucket,
        to_jsonb(lines) - '{is_before,bucket}'::text[] as metrics
      from (select lines.*, %3$s from lines) as lines
    )

    select jsonb_build_object(
      'totals', (select metrics - 'key' from told where not is_before and bucket is null),
      'before', (select metrics - 'key' from told where is_before and bucket is null),
      'trend', jsonb_agg(metrics order by bucket) filter (where not is_before and bucket is not null),
      'trend_before', jsonb_agg(metrics order by bucket) filter (where is_before and bucket is not null)
    )
    from told
    $query$,
    private.report_sums(), p_condition, private.report_rates()
  )
  into v_trend
  using p_from, v_days, p_by, p_week_start;
  return v_trend;
end;
$$;

revoke execute on function private.report_trend(text, date, date, text, integer) from public, anon;
grant execute on function private.report_trend(text, date, date, text, integer) to authenticated;

-- The numbers of a business from p_from to p_to, both included, 1,100 days at most, on the business's clock, and of
-- as many days before. Agents see their own numbers: row-level security decides.
-- p_by: day, week or month; a week begins on p_week_start (0: Sunday). p_filters: private.report_condition.
-- Answers null for a business that is not theirs, else
--   {"from", "to", "before_from", "before_to", "time_zone", "conversation_seconds",
--    "as_of": what was committed before is counted,
--    "totals": {"days", every metric of docs/metrics.md}, "before": the same of the period before,
--    "trend": [{"key": the first date of the day, week or month within the period, "days": how many of its days
--      are in the period, every metric}], also where nothing happened,
--    "trend_before": the same of the period before; as many lines, each with the days that many days earlier}.
-- Raises 22023 if the question makes no sense.
create function public.report_overview(
  p_business_id uuid, p_from date, p_to date, p_by text default 'day', p_week_start integer default 1,
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
  v_days constant integer := p_to - p_from + 1;
  v_business record;
begin
  if private.report_bucket(p_from, p_by, p_week_start) is null then
    raise exception 'p_by is day, week or month' using errcode = '22023';
  end if;
  select businesses.time_zone, businesses.conversation_seconds
  into v_business
  from public.businesses
  where businesses.id = p_business_id;
  if not found then
    return null;
  end if;
  return jsonb_build_object(
    'from', p_from, 'to', p_to, 'before_from', p_from - v_days, 'before_to', p_from - 1,
    'time_zone', v_business.time_zone, 'conversation_seconds', v_business.conversation_seconds,
    'as_of', private.reports_as_of()
  ) || private.report_trend(v_condition, p_from, p_to, p_by, p_week_start);
end;
$$;

revoke execute on function public.report_overview(uuid, date, date, text, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.report_overview(uuid, date, date, text, integer, jsonb) to authenticated;
