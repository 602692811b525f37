-- Which times are better than others, and which only look so. docs/metrics.md, "Best times".
set lock_timeout = '2s';

-- A time, an hour (without weekday) or a weekday (without hour), and how many of its dials connected: what it has above
-- the mean of its groups, and variance and third moment of that, if chance alone dealt them out.
create type private.time_sums as (
  by text,
  -- ISO, 1 is Monday.
  weekday smallint,
  hour smallint,
  n double precision,
  k double precision,
  answered double precision,
  conversations double precision,
  successes double precision,
  estimated double precision,
  excess double precision,
  variance double precision,
  third_moment double precision
);

-- How many standard deviations above its mean a normal variable is with this probability, 0 < p_tail <= 0.5. Its
-- error is below 0.00045: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23.
create function private.normal_deviate(p_tail double precision)
returns double precision
language plpgsql
immutable
set search_path = ''
as $$
declare
  t constant double precision := sqrt(-2 * ln(p_tail));
begin
  return t - (2.515517 + t * (0.802853 + t * 0.010328))
    / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
end;
$$;

-- The share of all calls that p_part of p_whole is p_z standard deviations away from, by their likelihood: a lower one
-- if p_z is negative. https://en.wikipedia.org/wiki/Likelihood_interval
create function private.likelihood_bound(
  p_part double precision, p_whole double precision, p_z double precision
)
returns double precision
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_share constant double precision := p_part / p_whole;
  v_mean constant double precision := ln(v_share / (1 - v_share));
  v_wanted constant double precision := p_part * v_mean - p_whole * ln(1 + exp(v_mean)) - p_z ^ 2 / 2;
  v_step constant double precision := p_z / sqrt(p_whole * v_share * (1 - v_share));
  v_at double precision := v_mean;
  v_missing double precision;
begin
  -- By log odds the likelihood has one top and is concave: from outside, Newton's steps end at the bound.
  loop
    v_at := v_at + v_step;
    v_missing := v_wanted - p_part * v_at + p_whole * ln(1 + exp(v_at));
    exit when v_missing >= 0;
  end loop;
  for v_round in 1 .. 20 loop
    exit when v_missing < 1e-6;
    v_at := v_at - v_missing / (p_whole / (1 + exp(-v_at)) - p_part);
    v_missing := v_wanted - p_part * v_at + p_whole * ln(1 + exp(v_at));
  end loop;
  return 1 / (1 + exp(-v_at));
end;
$$;

-- Between which shares of all calls p_part of p_whole leaves the truth. Half a call is added on both sides, because
-- calls are whole: then the interval is nearly that of the exact test (Clopper, Pearson). Wilson's is too
-- narrow for many times at once: with 60 times of 40 calls and a rate of 3 %, one of them misses in every fourth report.
create function private.interval_of_share(
  p_part double precision, p_whole double precision, p_z double precision,
  out low double precision, out high double precision
)
language plpgsql
immutable
set search_path = ''
as $$
begin
  low := case when p_part > 0 then private.likelihood_bound(p_part - 0.5, p_whole, -p_z) else 0 end;
  high := case when p_part < p_whole then private.likelihood_bound(p_part + 0.5, p_whole, p_z) else 1 end;
end;
$$;

-- The times of report_hours. p_sums is an SQL statement with one row of a group and a time: group (bigint), weekday,
-- hour, dials, answered, connected, conversations, successes, estimated. The dials of a group are compared with each
-- other: they are of one rep and campaign to one country, first attempts apart. It is a statement, because an array of
-- its rows would take a third of the time.
create function private.add_up_times(
  p_sums text, out times private.time_sums[], out unknown bigint
)
language plpgsql
stable
set search_path = ''
as $$
begin
  execute format(
    $query$
    with asked as materialized (
      select
        asked.stratum, asked.weekday, asked.hour, asked.dials::double precision as n,
        asked.connected::double precision as k, asked.answered::double precision as answered,
        asked.conversations::double precision as conversations, asked.successes::double precision as successes,
        asked.estimated::double precision as estimated
      from (%s) as asked (
        stratum, weekday, hour, dials, answered, connected, conversations, successes, estimated
      )
      where asked.dials > 0
    ),

    sums as not materialized (
      select * from asked where asked.hour is not null
    ),

    -- What the moments of the hypergeometric distribution have in common in a group. Groups of two dials tell nothing.
    strata as (
      select
        groups.stratum, groups.n, groups.k / groups.n as rate,
        groups.k * (groups.n - groups.k) / (groups.n * groups.n * (groups.n - 1)) as spread,
        (groups.n - 2 * groups.k) / (groups.n * (groups.n - 2)) as lean
      from (
        select sums.stratum, sum(sums.n) as n, sum(sums.k) as k
        from sums
        group by sums.stratum
        having sum(sums.n) > 2
      ) as groups
    ),

    cells as (
      select
        sums.weekday, sums.hour, sum(sums.n) as n, sum(sums.k) as k, sum(sums.answered) as answered,
        sum(sums.conversations) as conversations, sum(sums.successes) as successes,
        sum(sums.estimated) as estimated, sum(sums.k - sums.n * strata.rate) as excess,
        sum(sums.n * (strata.n - sums.n) * strata.spread) as variance,
        sum(sums.n * (strata.n - sums.n) * (strata.n - 2 * sums.n) * strata.spread * strata.lean) as third_moment
      from sums
      left join strata using (stratum)
      group by sums.weekday, sums.hour
    ),

    -- Hours and weekdays.
    wider as (
      select sums.stratum, null::smallint as weekday, sums.hour, sum(sums.n) as n, sum(sums.k) as k
      from sums
      group by sums.stratum, sums.hour

      union all

      select sums.stratum, sums.weekday, null, sum(sums.n), sum(sums.k)
      from sums
      group by sums.stratum, sums.weekday
    ),

    chance as (
      select
        wider.weekday, wider.hour, sum(wider.k - wider.n * strata.rate) as excess,
        sum(wider.n * (strata.n - wider.n) * strata.spread) as variance,
        sum(wider.n * (strata.n - wider.n) * (strata.n - 2 * wider.n) * strata.spread * strata.lean) as third_moment
      from wider
      join strata using (stratum)
      group by wider.weekday, wider.hour
    ),

    counts as (
      select
        cells.weekday, cells.hour, sum(cells.n), sum(cells.k), sum(cells.answered), sum(cells.conversations),
        sum(cells.successes), sum(cells.estimated)
      from cells
      group by grouping sets ((cells.weekday), (cells.hour))
    ),

    times as (
      select 'weekday and hour' as by, cells.* from cells

      union all

      select
        case when counts.hour is null then 'weekday' else 'hour' end, counts.*, chance.excess, chance.variance,
        chance.third_moment
      from counts
      left join chance on (chance.weekday, chance.hour) is not distinct from (counts.weekday, counts.hour)
    )

    select
      array(select times::private.time_sums from times),
      (select sum(asked.n)::bigint from asked where asked.hour is null)
    $query$,
    p_sums
  )
  into times, unknown;
end;
$$;

-- Compares the times of p_times: {"weekday and hour", "hour", "weekday"}, each {"cells", "best"} as report_hours answers
-- them.
--
-- A time is better if more of its dials connected than chance gives it. Chance deals out the connected dials of each
-- group by itself, so that a good campaign that is dialled at nine does not make nine a good hour. The sum over the
-- groups is nearly normal (Cochran, Mantel, Haenszel: https://en.wikipedia.org/wiki/Cochran%E2%80%93Mantel%E2%80%93Haenszel_statistics);
-- what it lacks at few calls is its skewness (Cornish, Fisher).
create function private.compare_times(p_times private.time_sums[])
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
  -- As many dials as that of the mean rate are added to each time.
  c_weight constant double precision := 20;
  -- A time with fewer dials is not judged.
  c_enough constant integer := 30;
  -- How often a report may call a time better by chance. It has three comparisons.
  c_by_chance constant double precision := 0.05 / 3;
  -- How often one of all intervals may miss.
  c_missed constant double precision := 0.05;
  v_answer jsonb;
begin
  with times as (
    select * from unnest(p_times)
  ),

  comparisons as (
    select
      named.by,
      sum(times.k) / sum(times.n) as rate,
      count(*) filter (where times.n >= c_enough) as judged,
      private.normal_deviate(c_by_chance / greatest(1, count(*) filter (where times.n >= c_enough))) as z,
      private.normal_deviate(c_missed / 2 / greatest(1, count(times.n))) as z_of_intervals
    from unnest('{weekday and hour,hour,weekday}'::text[]) as named (by)
    left join times on times.by = named.by
    group by named.by
  ),

  judged as (
    select
      times.*, (times.k + c_weight * comparisons.rate) / (times.n + c_weight) as estimate, bounds.low, bounds.high,
      comparisons.judged > 1 and times.n >= c_enough and bounds.low > comparisons.rate
      and coalesce(times.variance, 0) > 0
      -- Half a call, because calls are whole.
      and times.excess - 0.5 > sqrt(times.variance) * comparisons.z
      + (comparisons.z ^ 2 - 1) / 6 * times.third_moment / nullif(times.variance, 0) as is_better
    from times
    join comparisons using (by)
    cross join private.interval_of_share(times.k, times.n, comparisons.z_of_intervals) as bounds
  ),

  lines as (
    select
      judged.by, judged.weekday, judged.hour, judged.is_better, judged.estimate,
      jsonb_strip_nulls(jsonb_build_object('weekday', judged.weekday, 'hour', judged.hour)) as key,
      jsonb_build_object(
        'dials', judged.n, 'rate', round((judged.k / judged.n)::numeric, 4),
        'estimate', round(judged.estimate::numeric, 4),
        -- The estimate of an extreme time may lie outside.
        'low', round(least(judged.low, judged.estimate)::numeric, 4),
        'high', round(greatest(judged.high, judged.estimate)::numeric, 4)
      ) as numbers,
      jsonb_build_object(
        'answered', judged.answered, 'connected', judged.k, 'conversations', judged.conversations,
        'successes', judged.successes, 'is_enough', judged.n >= c_enough, 'is_better', judged.is_better
      ) as more
    from judged
  )

  select jsonb_object_agg(
    comparisons.by,
    jsonb_build_object(
      'cells', (
        select coalesce(jsonb_agg(lines.key || lines.numbers || lines.more order by lines.weekday, lines.hour), '[]')
        from lines
        where lines.by = comparisons.by
      ),
      'best', coalesce(
        (
          select '{"said": "best"}' || lines.key || lines.numbers
          from lines
          where lines.by = comparisons.by and lines.is_better
          order by lines.estimate desc, lines.weekday, lines.hour
          limit 1
        ),
        jsonb_build_object(
          'said', case when comparisons.judged > 1 then 'no_difference' else 'not_enough_calls' end
        )
        || case when comparisons.by <> 'hour' then '{"weekday": null}' else '{}' end::jsonb
        || case when comparisons.by <> 'weekday' then '{"hour": null}' else '{}' end::jsonb
        || '{"dials": null, "rate": null, "estimate": null, "low": null, "high": null}'
      )
    )
  )
  into v_answer
  from comparisons;
  return v_answer;
end;
$$;

revoke execute on function private.normal_deviate(double precision) from public, anon;
revoke execute on function
private.likelihood_bound(double precision, double precision, double precision)
from public, anon;
revoke execute on function
private.interval_of_share(double precision, double precision, double precision)
from public, anon;
revoke execute on function private.add_up_times(text) from public, anon;
revoke execute on function private.compare_times(private.time_sums[]) from public, anon;
grant execute on function private.normal_deviate(double precision) to authenticated;
grant execute on function
private.likelihood_bound(double precision, double precision, double precision)
to authenticated;
grant execute on function
private.interval_of_share(double precision, double precision, double precision)
to authenticated;
grant execute on function private.add_up_times(text) to authenticated;
grant execute on function private.compare_times(private.time_sums[]) to authenticated;
