-- The best times to call, on the clock of the leads.
set lock_timeout = '2s';

-- The dials of a business from p_from to p_to by weekday and hour on the lead's own clock, asked as report_overview
-- is. p_attempts: 'first' (attempts to numbers that were never dialled before) or 'all'. Answers null for a business
-- that is not theirs, else
--   {"cells": [CELL], "best": BEST,
--    "by_hour": {"cells", "best"}, "by_weekday": the same,
--    "overall_rate": connected of the dials with a known hour; null if there are none, "dials": with a known hour,
--    "unknown_dials": without one, "estimated_dials": whose clock is that of the number and not of the lead}.
-- CELL: {"weekday": ISO, 1 is Monday, "hour": 0 to 23, "dials": more than 0, "answered", "connected",
--   "conversations", "successes", "rate": connected of dials, "estimate": the rate after 20 more dials of the overall
--   rate, "low", "high": all intervals of a comparison hold together, with 95 %, "is_enough": 30 dials or more,
--   "is_better": than the others, which chance does not explain}. by_hour has no weekday, and by_weekday no hour.
-- BEST: {"said": 'best', 'no_difference': no time is clearly better, or 'not_enough_calls': fewer than two times have
--   30 dials, and of the best CELL, else null: "weekday", "hour", "dials", "rate", "estimate", "low", "high"}.
create function public.report_hours(
  p_business_id uuid, p_from date, p_to date, p_attempts text default 'first', p_filters jsonb default '{}'
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
  v_condition constant text := private.report_condition(p_business_id, p_from, p_to, p_filters);
  v_added record;
  v_times jsonb;
  v_dials double precision;
  v_connected double precision;
  v_estimated double precision;
begin
  if (p_attempts in ('first', 'all')) is not true then
    raise exception 'p_attempts is first or all' using errcode = '22023';
  end if;
  if not exists (select from public.businesses where businesses.id = p_business_id) then
    return null;
  end if;
  v_added := private.add_up_times(format(
    $query$
    select
      report_hours.stratum, report_hours.lead_weekday, report_hours.lead_hour, sum(report_hours.dials),
      sum(report_hours.answered), sum(report_hours.connected), sum(report_hours.conversations),
      sum(report_hours.successes), sum(report_hours.estimated)
    from private.report_hours
    where %s %s
    group by 1, 2, 3
    $query$,
    v_condition,
    case p_attempts when 'first' then 'and report_hours.is_first_attempt' end
  ));
  select sum(times.n), sum(times.k), sum(times.estimated) into v_dials, v_connected, v_estimated
  from unnest(v_added.times) as times
  where times.by = 'hour';
  v_times := private.compare_times(v_added.times);
  return v_times -> 'weekday and hour' || jsonb_build_object(
    'by_hour', v_times -> 'hour',
    'by_weekday', v_times -> 'weekday',
    'overall_rate', round((v_connected / v_dials)::numeric, 4),
    'dials', coalesce(v_dials, 0),
    'unknown_dials', coalesce(v_added.unknown, 0),
    'estimated_dials', coalesce(v_estimated, 0)
  );
end;
$$;

revoke execute on function public.report_hours(uuid, date, date, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.report_hours(uuid, date, date, text, jsonb) to authenticated;
