-- After how many attempts people are reached.
set lock_timeout = '2s';

-- The dials of a business from p_from to p_to by the how-manieth of the business to its number each was, asked as
-- report_overview is. Answers null for a business that is not theirs, else
--   {"attempts": [{"attempt": 1 to 20, the last of which is the 20th and all after it, "dials": more than 0,
--      "connected", "unreached": dials to numbers that nobody had reached before, "first_reaches": how many of those
--      connected, "reach_rate": first_reaches of unreached; null if there were none}],
--    "numbers": dialled for the first time ever, "reached": for the first time ever,
--    "median_attempts": of those who were reached, half needed as many or fewer; null if nobody was}.
create function public.report_attempts(
  p_business_id uuid, p_from date, p_to date, p_filters jsonb default '{}'
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
  v_answer jsonb;
begin
  if not exists (select from public.businesses where businesses.id = p_business_id) then
    return null;
  end if;
  execute format(
    $query$
    with sums as (
      select
        report_attempts.attempt, sum(report_attempts.dials) as dials, sum(report_attempts.connected) as connected,
        sum(report_attempts.unreached) as unreached, sum(report_attempts.first_reaches) as first_reaches
      from private.report_attempts
      where %s
      group by report_attempts.attempt
    ),

    counted as (
      select
        sums.*, sum(sums.first_reaches) over (order by sums.attempt) as reached_by_then,
        sum(sums.first_reaches) over () as reached
      from sums
    )

    select jsonb_build_object(
      'attempts', coalesce(
        jsonb_agg(
          jsonb_build_object(
            'attempt', counted.attempt, 'dials', counted.dials, 'connected', counted.connected,
            'unreached', counted.unreached, 'first_reaches', counted.first_reaches,
            'reach_rate', round(counted.first_reaches::numeric / nullif(counted.unreached, 0), 4)
          )
          order by counted.attempt
        ),
        '[]'
      ),
      'numbers', coalesce(sum(counted.dials) filter (where counted.attempt = 1), 0),
      'reached', coalesce(sum(counted.first_reaches), 0),
      'median_attempts', min(counted.attempt) filter (
        where counted.reached > 0 and 2 * counted.reached_by_then >= counted.reached
      )
    )
    from counted
    $query$,
    v_condition
  )
  into v_answer;
  return v_answer;
end;
$$;

revoke execute on function public.report_attempts(uuid, date, date, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.report_attempts(uuid, date, date, jsonb) to authenticated;
