-- What every report is asked with: a period, filters, and how its dates are grouped.
set lock_timeout = '2s';

-- A filter as an SQL condition: p_column is one of p_values, in which null means "without". Null if p_values is
-- missing or empty: then nothing is left out. Raises if it is not an array of up to 100 texts of this pattern.
create function private.report_filter(p_column text, p_values jsonb, p_pattern text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  c_most constant integer := 100;
  v_value jsonb;
  v_texts text[] := '{}';
  v_or_null text := '';
begin
  if p_values is null then
    return null;
  end if;
  if jsonb_typeof(p_values) <> 'array' then
    raise exception 'p_filters has a value that is not an array' using errcode = '22023';
  end if;
  if jsonb_array_length(p_values) > c_most then
    raise exception 'p_filters has an array of more than % values', c_most using errcode = '22023';
  end if;
  for v_value in select jsonb_array_elements(p_values) loop
    if v_value = 'null' then
      v_or_null := format(' or %I is null', p_column);
    elsif jsonb_typeof(v_value) = 'string' and v_value #>> '{}' ~ p_pattern then
      v_texts := v_texts || (v_value #>> '{}');
    else
      raise exception 'p_filters has % where % is expected', left(v_value::text, 50), p_column
        using errcode = '22023';
    end if;
  end loop;
  return case
    when jsonb_array_length(p_values) > 0 then format('(%I = any(%L)%s)', p_column, v_texts, v_or_null)
  end;
end;
$$;

-- The condition for the rows of a report, as SQL: of call_facts, or of any roll-up of it. Row-level security
-- decides which of them the signed-in person sees. Raises 22023 if the period or the filters make no sense.
-- p_filters: {"campaign_ids", "user_ids", "countries"}, each an array of up to 100, in which null means "without".
-- p_with_before: also the rows of as many days before p_from.
create function private.report_condition(
  p_business_id uuid, p_from date, p_to date, p_filters jsonb, p_with_before boolean default false
)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  c_uuid constant text := '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  -- ISO 3166-1 alpha-2, or the calling code of a network that has no country.
  c_country constant text := '^([A-Z]{2}|[0-9]{3})$';
  c_most_days constant integer := 1100;
begin
  if (p_from >= '2000-01-01' and p_to <= '2100-12-31') is not true then
    raise exception 'p_from and p_to are dates of the years 2000 to 2100' using errcode = '22023';
  end if;
  if p_from > p_to then
    raise exception 'p_from is after p_to' using errcode = '22023';
  end if;
  if p_to - p_from >= c_most_days then
    raise exception 'A report has % days at most: p_from is too early', c_most_days using errcode = '22023';
  end if;
  if jsonb_typeof(p_filters) <> 'object' then
    raise exception 'p_filters is not an object' using errcode = '22023';
  end if;
  if p_filters - '{campaign_ids,user_ids,countries}'::text[] <> '{}' then
    raise exception 'p_filters has other keys than campaign_ids, user_ids and countries'
      using errcode = '22023';
  end if;
  return concat_ws(
    ' and ',
    format('business_id = %L', p_business_id),
    format('day between %L and %L', case when p_with_before then p_from - (p_to - p_from + 1) else p_from end, p_to),
    private.report_filter('campaign_id', p_filters -> 'campaign_ids', c_uuid),
    private.report_filter('user_id', p_filters -> 'user_ids', c_uuid),
    private.report_filter('country', p_filters -> 'countries', c_country)
  );
end;
$$;

-- The first date of the day, week or month that has p_day; null if there is no such p_by. p_week_start: 0 is Sunday,
-- 6 is Saturday; raises 22023 if there is no such day.
create function private.report_bucket(p_day date, p_by text, p_week_start integer)
returns date
language plpgsql
immutable
set search_path = ''
as $$
begin
  if (p_week_start between 0 and 6) is not true then
    raise exception 'p_week_start is 0, which is Sunday, to 6' using errcode = '22023';
  end if;
  return case p_by
    when 'day' then p_day
    -- 2000-01-02 was a Sunday.
    when 'week' then p_day - mod(p_day - '2000-01-02'::date - p_week_start + 700000, 7)
    when 'month' then p_day - date_part('day', p_day)::integer + 1
  end;
end;
$$;

revoke execute on function private.report_filter(text, jsonb, text) from public, anon;
revoke execute on function private.report_condition(uuid, date, date, jsonb, boolean) from public, anon;
revoke execute on function private.report_bucket(date, text, integer) from public, anon;
grant execute on function private.report_filter(text, jsonb, text) to authenticated;
grant execute on function private.report_condition(uuid, date, date, jsonb, boolean) to authenticated;
grant execute on function private.report_bucket(date, text, integer) to authenticated;
