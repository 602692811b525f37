-- Where bad calls come from: the quality of a business's calls by rep, network, device and time.
set lock_timeout = '2s';

-- The low end of what share of all calls is poor, if p_poor of p_measured were (Wilson, 95 %): three bad calls of
-- three are less sure than forty of fifty. https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval
create function private.share_low(p_poor bigint, p_measured bigint)
returns double precision
language plpgsql
immutable
set search_path = ''
as $$
declare
  c_z constant double precision := 1.96;
  v_n constant double precision := p_measured;
  v_share constant double precision := p_poor / nullif(v_n, 0);
begin
  if v_share is null then
    return 0;
  end if;
  return greatest(0, (
    v_share + c_z ^ 2 / (2 * v_n) - c_z * sqrt(v_share * (1 - v_share) / v_n + c_z ^ 2 / (4 * v_n ^ 2))
  ) / (1 + c_z ^ 2 / v_n));
end;
$$;

-- The SQL expression by which p_by groups rows of call_quality. Null if there is no such p_by.
create function private.quality_key(p_by text, p_time_zone text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_local constant text := format('(call_quality.started_at at time zone %L)', p_time_zone);
begin
  return case p_by
    when 'rep' then 'call_quality.user_id'
    when 'network' then 'call_quality.network_key'
    when 'device' then 'call_quality.microphone'
    when 'browser' then 'call_quality.browser'
    when 'edge' then 'call_quality.edge'
    when 'fault' then 'call_quality.fault'
    when 'hour' then format('date_part(''hour'', %s)', v_local)
    when 'day' then format('%s::date', v_local)
  end;
end;
$$;

-- A key of that kind as clients know it, as an SQL expression.
create function private.quality_key_as_text(p_by text, p_key text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case when p_by = 'hour' then format('to_char(%s, ''FM00'')', p_key) else format('%s::text', p_key) end;
end;
$$;

-- The condition for the rows that the signed-in person may see of a business in a time, as SQL. Null if the business
-- is not theirs. Raises if a parameter makes no sense.
create function private.quality_condition(
  p_business_id uuid, p_since timestamptz, p_until timestamptz, p_by text, p_time_zone text
)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_role constant text := private.role_in(p_business_id);
begin
  if (p_until - p_since between interval '0' and interval '92 days') is not true then
    raise exception 'p_since and p_until are 92 days apart at most' using errcode = '22023';
  end if;
  if (private.is_time_zone(p_time_zone) or p_time_zone = 'UTC') is not true then
    raise exception 'p_time_zone is the IANA name of a time zone' using errcode = '22023';
  end if;
  if private.quality_key(p_by, p_time_zone) is null then
    raise exception 'p_by is rep, network, device, browser, edge, hour, day or fault' using errcode = '22023';
  end if;
  if v_role is null then
    return null;
  end if;
  return format(
    'call_quality.business_id = %L and call_quality.started_at >= %L and call_quality.started_at < %L',
    p_business_id, p_since, p_until
  ) || case when v_role = 'agent' then format(' and call_quality.user_id = %L', (select auth.uid())) else '' end;
end;
$$;

-- Security definer: it checks the membership itself, and reads rows of the business alone.
create function private.quality_by(
  p_business_id uuid, p_since timestamptz, p_until timestamptz, p_by text, p_time_zone text
)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses. All columns are in the index; with a bitmap, the rows
-- would be read.
set enable_seqscan = off
set enable_bitmapscan = off
set search_path = ''
as $$
declare
  c_most constant integer := 500;
  v_where constant text := private.quality_condition(p_business_id, p_since, p_until, p_by, p_time_zone);
  v_key constant text := private.quality_key(p_by, p_time_zone);
  v_text constant text := private.quality_key_as_text(p_by, 'parts.key');
  v_lines jsonb;
begin
  if v_where is null then
    return '[]';
  end if;
  -- First by grade and fault as well: which fault is the most frequent is then seen without sorting the calls.
  execute format(
    $query$
    with parts as (
      select
        %s as key, call_quality.grade, call_quality.fault,
        count(*) as calls,
        sum(call_quality.mos_mean::double precision) as mos, count(call_quality.mos_mean) as with_mos,
        sum(call_quality.loss_in_mean::double precision) as loss_in,
        count(call_quality.loss_in_mean) as with_loss_in,
        sum(call_quality.loss_out_mean::double precision) as loss_out,
        count(call_quality.loss_out_mean) as with_loss_out,
        sum(call_quality.jitter_ms_mean::double precision) as jitter_ms,
        count(call_quality.jitter_ms_mean) as with_jitter,
        sum(call_quality.rtt_ms_mean::double precision) as rtt_ms, count(call_quality.rtt_ms_mean) as with_rtt,
        sum(call_quality.rating) as rating, count(call_quality.rating) as rated
      from public.call_quality
      where %s
      group by 1, 2, 3
    ),

    lines as (
      select
        %s as key,
        sum(parts.calls)::bigint as calls,
        coalesce(sum(parts.calls) filter (where parts.grade is not null), 0)::bigint as measured,
        coalesce(sum(parts.calls) filter (where parts.grade = 'poor'), 0)::bigint as poor,
        coalesce(sum(parts.calls) filter (where parts.grade = 'fair'), 0)::bigint as fair,
        round((sum(parts.mos) / nullif(sum(parts.with_mos), 0))::numeric, 2) as mos,
        round((sum(parts.loss_in) / nullif(sum(parts.with_loss_in), 0))::numeric, 2) as loss_in,
        round((sum(parts.loss_out) / nullif(sum(parts.with_loss_out), 0))::numeric, 2) as loss_out,
        round((sum(parts.jitter_ms) / nullif(sum(parts.with_jitter), 0))::numeric, 1) as jitter_ms,
        round((sum(parts.rtt_ms) / nullif(sum(parts.with_rtt), 0))::numeric, 1) as rtt_ms,
        round(sum(parts.rating) / nullif(sum(parts.rated), 0), 2) as rating,
        sum(parts.rated)::bigint as rated
      from parts
      group by parts.key
    ),

    faults as (
      select distinct on (1) %s as key, parts.fault
      from parts
      where parts.fault is not null
      group by parts.key, parts.fault
      order by 1, sum(parts.calls) desc, parts.fault
    ),

    sorted as (
      select
        lines.*,
        round(private.share_low(lines.poor, lines.measured)::numeric, 4) as share_low,
        row_number() over (
          order by
            case when $2 then lines.key end,
            private.share_low(lines.poor, lines.measured) desc, lines.poor desc, lines.calls desc, lines.key
        ) as place
      from lines
      order by place
      limit $3
    )

    select coalesce(jsonb_agg(
      jsonb_build_object(
        'key', sorted.key,
        'label', case $4
          when 'rep' then (
            select business_members.display_name
            from public.business_members
            where business_members.business_id = $1 and business_members.user_id::text = sorted.key
          )
          when 'network' then (
            select networks.name
            from public.networks
            where networks.business_id = $1 and networks.key = sorted.key
          )
        end,
        'calls', sorted.calls, 'measured', sorted.measured, 'poor', sorted.poor, 'fair', sorted.fair,
        'worst_fault', faults.fault, 'mos', sorted.mos, 'loss_in', sorted.loss_in,
        'loss_out', sorted.loss_out, 'jitter_ms', sorted.jitter_ms, 'rtt_ms', sorted.rtt_ms,
        'rating', sorted.rating, 'rated', sorted.rated, 'share_low', sorted.share_low
      )
      order by sorted.place
    ), '[]')
    from sorted
    left join faults on faults.key is not distinct from sorted.key
    $query$,
    v_key, v_where, v_text, v_text
  )
  into v_lines
  using p_business_id, p_by in ('hour', 'day'), c_most, p_by;
  return v_lines;
end;
$$;

-- Security definer: it checks the membership itself, and reads rows of the business alone.
create function private.quality_calls(
  p_business_id uuid, p_since timestamptz, p_until timestamptz, p_by text, p_key text, p_after jsonb,
  p_limit integer, p_time_zone text
)
returns jsonb
language plpgsql
stable
security definer
-- As above: a line may have few calls among many, which are found in the index.
set enable_seqscan = off
set enable_bitmapscan = off
set search_path = ''
as $$
declare
  v_where constant text := private.quality_condition(p_business_id, p_since, p_until, p_by, p_time_zone);
  v_calls jsonb;
begin
  if (p_limit between 1 and 200) is not true then
    raise exception 'p_limit is 1 to 200' using errcode = '22023';
  end if;
  if v_where is null then
    return '[]';
  end if;
  execute format(
    $query$
    select coalesce(jsonb_agg(
      jsonb_build_object(
        'id', calls.conversation_id, 'call_sid', calls.call_sid, 'at', calls.started_at,
        'user_id', calls.user_id, 'user_name', business_members.display_name, 'lead_name', leads.name,
        'to_number', conversations.to_number, 'seconds', calls.seconds, 'grade', calls.grade,
        'fault', calls.fault, 'rating', calls.rating, 'network_key', calls.network_key,
        'microphone', calls.microphone, 'browser', calls.browser
      )
      order by calls.started_at desc, calls.call_sid desc
    ), '[]')
    from (
      select call_quality.started_at, call_quality.call_sid
      from public.call_quality
      where %s and %s is not distinct from $1 %s
      order by call_quality.started_at desc, call_quality.call_sid desc
      limit $2
    ) as page
    join public.call_quality as calls
      on calls.business_id = $3
      and calls.started_at = page.started_at
      and calls.call_sid = page.call_sid
    join public.conversations on conversations.id = calls.conversation_id
    left join public.leads on leads.id = conversations.lead_id
    left join public.business_members
      on business_members.business_id = calls.business_id
      and business_members.user_id = calls.user_id
    $query$,
    v_where,
    private.quality_key_as_text(p_by, private.quality_key(p_by, p_time_zone)),
    case
      when jsonb_typeof(p_after) = 'object' then format(
        'and (call_quality.started_at, call_quality.call_sid) < (%L::timestamptz, %L)',
        p_after ->> 'at', p_after ->> 'call_sid'
      )
    end
  )
  into v_calls
  using p_key, p_limit, p_business_id;
  return v_calls;
end;
$$;

-- Security definer: it checks the membership itself, and reads the rows of one call.
create function private.conversation_quality(p_conversation_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(
      to_jsonb(call_quality) - 'business_id' || jsonb_build_object(
        'role', case when call_quality.call_sid = conversations.call_sid then 'agent' else 'teammate' end,
        'user_name', (
          select business_members.display_name
          from public.business_members
          where business_members.business_id = call_quality.business_id
            and business_members.user_id = call_quality.user_id
        ),
        'network_name', (
          select networks.name
          from public.networks
          where networks.business_id = call_quality.business_id
            and networks.key = call_quality.network_key
        )
      )
      order by (call_quality.call_sid = conversations.call_sid) desc, call_quality.started_at
    ), '[]')
    from public.conversations
    join public.call_quality
      on call_quality.business_id = conversations.business_id
      and call_quality.conversation_id = conversations.id
    join private.memberships
      on memberships.business_id = conversations.business_id
      and (memberships.role in ('owner', 'manager') or call_quality.user_id = (select auth.uid()))
    where conversations.id = p_conversation_id
  );
end;
$$;

revoke execute on function private.share_low(bigint, bigint) from public, anon;
revoke execute on function private.quality_key(text, text) from public, anon;
revoke execute on function private.quality_key_as_text(text, text) from public, anon;
revoke execute on function private.quality_condition(uuid, timestamptz, timestamptz, text, text)
from public, anon;
revoke execute on function private.quality_by(uuid, timestamptz, timestamptz, text, text) from public, anon;
revoke execute on function
private.quality_calls(uuid, timestamptz, timestamptz, text, text, jsonb, integer, text)
from public, anon;
revoke execute on function private.conversation_quality(uuid) from public, anon;
grant execute on function private.quality_by(uuid, timestamptz, timestamptz, text, text) to authenticated;
grant execute on function
private.quality_calls(uuid, timestamptz, timestamptz, text, text, jsonb, integer, text)
to authenticated;
grant execute on function private.conversation_quality(uuid) to authenticated;

-- The calls of a business that were measured or rated from p_since to before p_until, 92 days at most, grouped by
-- p_by: rep, network, device (the microphone), browser, edge, fault, hour ('00' to '23') or day ('2026-11-27'), both
-- in p_time_zone. Agents see their own calls.
-- Answers an array, 500 lines at most: {"key": null for calls without one, "label": the name of the rep or network,
-- "calls", "measured": those with a grade, "poor", "fair", "worst_fault": the most frequent, "mos", "loss_in",
-- "loss_out", "jitter_ms", "rtt_ms": means of the calls' means, "rating": mean, "rated", "share_low"}, the worst
-- first by share_low, hours and days in their order. [] for a business that is not theirs.
create function public.quality_by(
  p_business_id uuid, p_since timestamptz, p_until timestamptz, p_by text, p_time_zone text default 'UTC'
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.quality_by(p_business_id, p_since, p_until, p_by, p_time_zone);
$$;

-- The calls of one line of quality_by, the newest first: {"id": the conversation, "call_sid", "at", "user_id",
-- "user_name", "lead_name", "to_number", "seconds", "grade", "fault", "rating", "network_key", "microphone",
-- "browser"}. p_limit: 1 to 200. p_after: {"at", "call_sid"} of the last call of the page before.
create function public.quality_calls(
  p_business_id uuid, p_since timestamptz, p_until timestamptz, p_by text, p_key text, p_after jsonb,
  p_limit integer, p_time_zone text default 'UTC'
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.quality_calls(p_business_id, p_since, p_until, p_by, p_key, p_after, p_limit, p_time_zone);
$$;

-- What is known of the quality of a call: an array of the rows of call_quality that the signed-in person may see,
-- without business_id and with "user_name", "network_name" and "role" (agent or teammate), the agent's leg first.
create function public.conversation_quality(p_conversation_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.conversation_quality(p_conversation_id);
$$;

revoke execute on function public.quality_by(uuid, timestamptz, timestamptz, text, text)
from public, anon, authenticated, service_role;
revoke execute on function
public.quality_calls(uuid, timestamptz, timestamptz, text, text, jsonb, integer, text)
from public, anon, authenticated, service_role;
revoke execute on function public.conversation_quality(uuid) from public, anon, authenticated, service_role;
grant execute on function public.quality_by(uuid, timestamptz, timestamptz, text, text) to authenticated;
grant execute on function
public.quality_calls(uuid, timestamptz, timestamptz, text, text, jsonb, integer, text)
to authenticated;
grant execute on function public.conversation_quality(uuid) to authenticated;
