-- What the check before a call found. docs/privacy.md says what is kept of it, and how long.
set lock_timeout = '2s';

-- The newest 50 checks of each member, of the last 90 days.
create table public.preflight_reports (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  -- By the browser's clock, which may be wrong: a report that comes twice has the same.
  started_at timestamptz,
  -- 'ok', or the code of the fault: LINE_FAULTS in web/henk-voice/line-faults.js. A check never finds what
  -- only a call can show.
  verdict text not null check (
    verdict in (
      'ok', 'browser_unsupported', 'insecure_page', 'offline', 'microphone_denied', 'microphone_missing',
      'microphone_in_use', 'microphone_unanswered', 'clock_wrong', 'signed_out', 'token_unavailable',
      'token_refused', 'token_expired', 'signalling_blocked', 'speaker_not_heard', 'check_unfinished',
      'audio_blocked', 'nothing_heard', 'not_heard', 'microphone_silent', 'loss_in', 'loss_out', 'jitter',
      'delay'
    )
  ),
  -- Of the line. Null if it was not measured.
  grade text check (grade in ('good', 'fair', 'poor')),
  -- The test call, for Twilio's support. It is no conversation.
  call_sid text check (call_sid ~ '^CA[0-9a-f]{32}$'),
  -- How long the check took.
  seconds numeric(5, 1) not null check (seconds between 0 and 600),
  -- private.network_key.
  network_key text check (network_key ~ '^[0-9a-f]{8}$'),
  -- private.facts_of_check. What is not known is missing.
  facts jsonb not null check (octet_length(facts::text) <= 4096),
  foreign key (business_id, user_id)
  references public.business_members (business_id, user_id) on delete cascade,
  unique (business_id, user_id, started_at)
);

-- The newest checks of a person; the end of a membership asks for these, too.
create index preflight_reports_user_id_idx
on public.preflight_reports (business_id, user_id, created_at desc);
-- The newest checks of a business, and those whose days are over.
create index preflight_reports_created_at_idx on public.preflight_reports (business_id, created_at desc);

alter table public.preflight_reports enable row level security;

-- Managers tell a bad headset from a bad office line; reps see what they told support.
create policy "members can read their own checks and managers all"
on public.preflight_reports for select to authenticated
using (
  business_id = any(array(select managed.business_id from private.managed))
  or (
    user_id = (select auth.uid())
    and business_id = any(array(select memberships.business_id from private.memberships))
  )
);

revoke all on public.preflight_reports from public, anon, authenticated, service_role;
grant select on public.preflight_reports to authenticated, service_role;

-- The names in a list of a report, each once and in the same order: at most p_most, of small letters and dashes, as
-- the Voice SDK and steps of a check have them, so neither an address nor an id. Null if there is none.
create function private.codes_of(p_value jsonb, p_most integer)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  if jsonb_typeof(p_value) <> 'array' then
    return null;
  end if;
  return (
    select jsonb_agg(codes.code order by codes.place)
    from (
      select entries.entry #>> '{}' as code, min(entries.place) as place
      from jsonb_array_elements(p_value) with ordinality as entries (entry, place)
      where jsonb_typeof(entries.entry) = 'string' and entries.entry #>> '{}' ~ '^[a-z][a-z_-]{0,49}$'
      group by 1
      order by 2
      limit p_most
    ) as codes
  );
end;
$$;

-- What is kept of the facts of a check: keys that are known, and values that can be. Nothing else is, so no
-- address and no id of a device comes into a row.
create function private.facts_of_check(p_facts jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (
    select jsonb_strip_nulls(jsonb_object_agg(facts.key, facts.value))
    from (
      select keys.key, to_jsonb(private.label_in(p_facts, keys.key, 80)) as value
      from unnest(array['microphone', 'speaker', 'browser', 'os']) as keys (key)
      union all
      select keys.key, to_jsonb(private.word_in(p_facts, keys.key))
      from unnest(array['permission', 'edge', 'codec', 'protocol', 'network_type']) as keys (key)
      union all
      select keys.key, case when jsonb_typeof(p_facts -> keys.key) = 'boolean' then p_facts -> keys.key end
      from unnest(array['is_relay', 'speaker_heard']) as keys (key)
      union all
      select numbers.key, to_jsonb(private.number_in(p_facts, numbers.key, numbers.least, numbers.most))
      from (
        values
          ('microphones', 0, 1000), ('speakers', 0, 1000), ('samples', 0, 10000),
          -- In dBFS: 0 is the loudest that a microphone can give.
          ('microphone_peak', -200, 0),
          ('signalling_ms', 0, 600000), ('audio_ms', 0, 600000), ('jitter_ms', 0, 60000), ('rtt_ms', 0, 60000),
          ('loss_in', 0, 100), ('loss_out', 0, 100), ('mos', 0, 5), ('kbps_in', 0, 100000), ('kbps_out', 0, 100000),
          -- A hundred years: a device whose battery was empty starts in 1970.
          ('clock_offset_seconds', -3200000000, 3200000000),
          -- https://www.twilio.com/docs/api/errors
          ('sdk_code', 10000, 99999)
      ) as numbers (key, least, most)
      union all
      select lists.key, private.codes_of(p_facts -> lists.key, lists.most)
      from (values ('warnings', 20), ('timed_out', 9)) as lists (key, most)
    ) as facts
  );
end;
$$;

-- A time of a browser's clock, in ISO 8601; null if it is none.
create function private.told_time(p_text text)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when p_text ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$' then p_text::timestamptz
  end;
exception
  when data_exception then
    return null;
end;
$$;

-- Stores the report of a check.
-- Security definer: nobody may write what others have found, or delete it. It checks the membership.
create function private.report_preflight(p_business_id uuid, p_report jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  c_an_hour constant integer := 30;
  c_kept constant integer := 50;
  v_user_id constant uuid := (select auth.uid());
  v_seconds numeric;
  v_started_at timestamptz;
  v_now timestamptz;
  v_in_the_way timestamptz;
  v_id uuid;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  if not exists (
    select from public.business_members
    where business_members.business_id = p_business_id and business_members.user_id = v_user_id
  ) then
    return jsonb_build_object('error', 'not_found');
  end if;
  -- Nothing is read of what is no report: a large one would keep the database busy.
  if private.is_report(p_report) then
    v_seconds := private.number_in(p_report, 'seconds', 0, 600);
    v_started_at := private.told_time(p_report ->> 'started_at');
  end if;
  if v_seconds is null then
    return jsonb_build_object('error', 'invalid_report');
  end if;

  -- One report per user at a time: of many at once, exactly as many as the limit get through.
  perform pg_advisory_xact_lock(hashtextextended('preflight_reports:' || v_user_id::text, 0));
  v_now := clock_timestamp();
  select preflight_reports.id into v_id
  from public.preflight_reports
  where preflight_reports.business_id = p_business_id
    and preflight_reports.user_id = v_user_id
    and preflight_reports.started_at = v_started_at;
  if found then
    return jsonb_build_object('id', v_id);
  end if;

  -- With the limit reached, the last that counts must first be an hour old.
  select preflight_reports.created_at into v_in_the_way
  from public.preflight_reports
  where preflight_reports.business_id = p_business_id
    and preflight_reports.user_id = v_user_id
    and preflight_reports.created_at > v_now - interval '1 hour'
  order by preflight_reports.created_at desc
  offset c_an_hour - 1 limit 1;
  if found then
    return jsonb_build_object(
      'error', 'rate_limited',
      'retry_after', greatest(1, ceil(extract(epoch from v_in_the_way + interval '1 hour' - v_now)))
    );
  end if;

  begin
    insert into public.preflight_reports as written (
      business_id, user_id, created_at, started_at, verdict, grade, call_sid, seconds,
      network_key, facts
    ) values (
      p_business_id, v_user_id, v_now, v_started_at, p_report ->> 'verdict',
      case when p_report ->> 'grade' in ('good', 'fair', 'poor') then p_report ->> 'grade' end,
      substring(p_report ->> 'call_sid' from '^CA[0-9a-f]{32}$'),
      v_seconds, private.network_key(p_business_id, private.client_address()),
      private.facts_of_check(p_report -> 'facts')
    )
    returning written.id into v_id;
  exception
    -- The verdict is missing, or is none that the table knows.
    when check_violation or not_null_violation then
      return jsonb_build_object('error', 'invalid_report');
  end;
  delete from public.preflight_reports
  where preflight_reports.business_id = p_business_id
    and preflight_reports.created_at < v_now - interval '90 days';
  delete from public.preflight_reports
  where preflight_reports.business_id = p_business_id
    and preflight_reports.user_id = v_user_id
    and preflight_reports.created_at <= (
      select olders.created_at
      from public.preflight_reports as olders
      where olders.business_id = p_business_id and olders.user_id = v_user_id
      order by olders.created_at desc
      offset c_kept limit 1
    );
  return jsonb_build_object('id', v_id);
end;
$$;

revoke execute on function private.codes_of(jsonb, integer) from public, anon;
revoke execute on function private.facts_of_check(jsonb) from public, anon;
revoke execute on function private.told_time(text) from public, anon;
revoke execute on function private.report_preflight(uuid, jsonb) from public, anon;
grant execute on function private.report_preflight(uuid, jsonb) to authenticated;

-- What a check before a call found, once at its end: {"verdict": 'ok' or the code of a fault, "grade",
-- "call_sid" (of the test call), "seconds", "started_at" (ISO 8601, by the browser's clock), "facts"}. What is
-- absurd or unknown is not stored; without a verdict or seconds nothing is. Facts:
-- private.facts_of_check.
-- Answers {"id"}, the same one for a report that comes again, or {"error": "signed_out" | "not_found" (no
-- business of theirs) | "invalid_report" | "rate_limited" (30 an hour; with "retry_after" in seconds)}.
create function public.report_preflight(p_business_id uuid, p_report jsonb)
returns jsonb
language sql
set search_path = ''
as $$
  select private.report_preflight(p_business_id, p_report);
$$;

-- The newest checks of a business, or of one person of it, newest first: {"id", "created_at", "user_id",
-- "user_name", "verdict", "grade", "call_sid", "seconds", "facts", "network_key", "network_name"}, at most p_limit
-- (1 to 100). Managers see everybody's, agents their own; none for a business that is not theirs.
create function public.list_preflights(p_business_id uuid, p_user_id uuid, p_limit integer)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_limit constant integer := least(greatest(coalesce(p_limit, 20), 1), 100);
  -- Of agents the policy shows one person, whom an index finds without their colleagues.
  v_user_id constant uuid := coalesce(p_user_id, (
    select business_members.user_id
    from public.business_members
    where business_members.business_id = p_business_id
      and business_members.user_id = (select auth.uid())
      and business_members.role = 'agent'
  ));
begin
  return (
    with newest as (
      (
        select *
        from public.preflight_reports
        where v_user_id is not null
          and preflight_reports.business_id = p_business_id
          and preflight_reports.user_id = v_user_id
        order by preflight_reports.created_at desc
        limit v_limit
      )
      union all
      (
        select *
        from public.preflight_reports
        where v_user_id is null and preflight_reports.business_id = p_business_id
        order by preflight_reports.created_at desc
        limit v_limit
      )
    )

    select coalesce(jsonb_agg(
      to_jsonb(newest) - 'business_id' - 'started_at' || jsonb_build_object(
        'user_name', (
          select business_members.display_name
          from public.business_members
          where business_members.business_id = newest.business_id
            and business_members.user_id = newest.user_id
        ),
        'network_name', (
          select networks.name
          from public.networks
          where networks.business_id = newest.business_id and networks.key = newest.network_key
        )
      )
      order by newest.created_at desc, newest.id
    ), '[]')
    from newest
  );
end;
$$;

revoke execute on function public.report_preflight(uuid, jsonb)
from public, anon, authenticated, service_role;
revoke execute on function public.list_preflights(uuid, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function public.report_preflight(uuid, jsonb) to authenticated;
grant execute on function public.list_preflights(uuid, uuid, integer) to authenticated;
