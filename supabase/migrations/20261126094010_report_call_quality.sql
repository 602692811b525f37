-- What the browser reports of a call, once, at its end.
set lock_timeout = '2s';

-- Whether this can be a report at all: an object of 8 KB at most. As it is stored, and not as text: as text a
-- number like 1e308 has 309 digits, and one absurd value must not cost the others.
create function private.is_report(p_report jsonb)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_typeof(p_report) = 'object' and pg_column_size(p_report) <= 8192;
end;
$$;

-- A number of a report; null if it is missing, not a number, or none that can be.
create function private.number_in(p_report jsonb, p_key text, p_least numeric, p_most numeric)
returns numeric
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_number numeric;
begin
  if jsonb_typeof(p_report -> p_key) is distinct from 'number' then
    return null;
  end if;
  v_number := (p_report -> p_key)::numeric;
  return case when v_number between p_least and p_most then round(v_number, 2) end;
end;
$$;

-- One of the four numbers of a measure, or all null if they contradict each other.
create function private.measure_in(p_report jsonb, p_name text, p_least numeric, p_most numeric)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_min constant numeric := private.number_in(p_report, p_name || '_min', p_least, p_most);
  v_mean constant numeric := private.number_in(p_report, p_name || '_mean', p_least, p_most);
  v_p95 constant numeric := private.number_in(p_report, p_name || '_p95', p_least, p_most);
  v_max constant numeric := private.number_in(p_report, p_name || '_max', p_least, p_most);
begin
  -- Means are rounded.
  if v_min > v_max or not v_mean between v_min - 0.01 and v_max + 0.01 or not v_p95 between v_min and v_max then
    return '{}';
  end if;
  return jsonb_build_object(
    p_name || '_min', v_min, p_name || '_mean', v_mean, p_name || '_p95', v_p95, p_name || '_max', v_max
  );
end;
$$;

-- A word of a report, such as a codec; null if it is anything else, for example an address.
create function private.word_in(p_report jsonb, p_key text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case
    when jsonb_typeof(p_report -> p_key) = 'string' and p_report ->> p_key ~ '^[A-Za-z][A-Za-z0-9_/-]{0,29}$'
      then p_report ->> p_key
  end;
end;
$$;

-- A text of one line: each run of spaces, and of signs that nobody sees or that turn the direction of what
-- follows, is one space. Null if nothing else is in it.
create function private.visible_text(p_text text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return nullif(btrim(regexp_replace(
    p_text,
    '[[:space:]\u0001-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f'
    '\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]+',
    ' ', 'g'
  )), '');
end;
$$;

-- Whether a word is the number of one copy, or the address of a device without signs, and no name of a model: at
-- least half of it digits (an address: one digit and the letters of hexadecimal numbers).
create function private.is_serial(p_word text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_digits constant integer := length(regexp_replace(p_word, '[^0-9]', '', 'g'));
begin
  return (length(p_word) >= 8 and v_digits >= 5 and v_digits * 2 >= length(p_word))
    or (v_digits > 0 and p_word ~* '^[0-9a-f]{12,}$');
end;
$$;

-- The name of a device or a program without what tells one copy from another: ids of USB in brackets, addresses of
-- devices and networks, long ids, serial numbers. Of a version (and of an IPv4 address), the first number stays.
create function private.label_in(p_report jsonb, p_key text, p_most integer)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_label text;
begin
  if jsonb_typeof(p_report -> p_key) is distinct from 'string' then
    return null;
  end if;
  -- No name of a device is longer, and each expression below reads all of it.
  v_label := private.visible_text(left(p_report ->> p_key, 1000));
  v_label := regexp_replace(v_label, '\s*\([0-9a-f]{4}:[0-9a-f]{4}\)', '', 'gi');
  v_label := regexp_replace(v_label, '\s*\(?\m([0-9a-f]{2}[:_-]){5}[0-9a-f]{2}\M\)?', '', 'gi');
  v_label := regexp_replace(v_label, '\s*\(?\m([0-9a-f]{4}\.){2}[0-9a-f]{4}\M\)?', '', 'gi');
  v_label := regexp_replace(v_label, '\s*\(?\m[0-9a-f-]{32,}\M\)?', '', 'gi');
  v_label := regexp_replace(v_label, '\s*[([]?[0-9a-f]*(:[0-9a-f]*){2,}[])]?', '', 'gi');
  v_label := regexp_replace(v_label, '\m([0-9]+)(\.[0-9]+)+', '\1', 'g');
  v_label := regexp_replace(v_label, '\m(s/?n|serial)\M[ :#.]*[[:alnum:]_-]*[0-9][[:alnum:]_-]*', '', 'gi');
  v_label := (
    select string_agg(case when private.is_serial(words.found[1]) then '' else words.found[1] end, '' order by words.place)
    from regexp_matches(v_label, '[A-Za-z0-9]+|[^A-Za-z0-9]+', 'g') with ordinality as words (found, place)
  );
  v_label := private.visible_text(regexp_replace(v_label, '[([] *[])]', '', 'g'));
  return nullif(btrim(left(v_label, p_most)), '');
end;
$$;

-- The warnings of a report: those that make sense, 20 at most.
create function private.warnings_in(p_report jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(kept.warning order by kept.place), '[]')
    from (
      select
        told.place,
        jsonb_build_object(
          'name', told.warning ->> 'name',
          'first_at', private.number_in(told.warning, 'first_at', 0, 86400),
          'last_at', private.number_in(told.warning, 'last_at', 0, 86400),
          'count', coalesce(round(private.number_in(told.warning, 'count', 1, 100000)), 1),
          'worst', private.number_in(told.warning, 'worst', -1000000, 1000000)
        ) as warning
      from jsonb_array_elements(
        case when jsonb_typeof(p_report -> 'warnings') = 'array' then p_report -> 'warnings' else '[]' end
      ) with ordinality as told (warning, place)
      where jsonb_typeof(told.warning) = 'object'
        and told.warning ->> 'name' ~ '^[a-z][a-z-]{0,49}$'
      order by told.place
      limit 20
    ) as kept
  );
end;
$$;

-- The errors of a report: those that make sense, 10 at most.
create function private.errors_in(p_report jsonb)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(kept.error order by kept.place), '[]')
    from (
      select
        told.place,
        jsonb_build_object(
          'code', round(private.number_in(told.error, 'code', 1, 99999)),
          'at', private.number_in(told.error, 'at', 0, 86400)
        ) as error
      from jsonb_array_elements(
        case when jsonb_typeof(p_report -> 'sdk_errors') = 'array' then p_report -> 'sdk_errors' else '[]' end
      ) with ordinality as told (error, place)
      where jsonb_typeof(told.error) = 'object'
        and private.number_in(told.error, 'code', 1, 99999) is not null
      order by told.place
      limit 10
    ) as kept
  );
end;
$$;

-- The columns that a report fills, with what cannot be left out or made null. Null if it is not a report.
create function private.read_quality_report(p_report jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_seconds numeric;
  v_part numeric;
  v_key text;
  v_read jsonb;
begin
  if private.is_report(p_report) is not true then
    return null;
  end if;
  v_seconds := round(private.number_in(p_report, 'seconds', 0, 86400));
  if v_seconds is null then
    return null;
  end if;

  v_read := jsonb_build_object(
    'seconds', v_seconds,
    'warnings', private.warnings_in(p_report),
    'sdk_errors', private.errors_in(p_report),
    'microphone', private.label_in(p_report, 'microphone', 80),
    'speaker', private.label_in(p_report, 'speaker', 80),
    'browser', private.label_in(p_report, 'browser', 40),
    'os', private.label_in(p_report, 'os', 40)
  )
  || private.measure_in(p_report, 'mos', 1, 5)
  || private.measure_in(p_report, 'jitter_ms', 0, 60000)
  || private.measure_in(p_report, 'rtt_ms', 0, 60000)
  || private.measure_in(p_report, 'loss_in', 0, 100)
  || private.measure_in(p_report, 'loss_out', 0, 100);
  foreach v_key in array '{codec,edge,protocol,network_type}'::text[] loop
    v_read := v_read || jsonb_build_object(v_key, private.word_in(p_report, v_key));
  end loop;
  foreach v_key in array '{audio_connected,is_relay}'::text[] loop
    v_read := v_read || jsonb_build_object(
      v_key, case when jsonb_typeof(p_report -> v_key) = 'boolean' then p_report -> v_key end
    );
  end loop;
  foreach v_key in array '{samples,reconnects,devices_changed}'::text[] loop
    v_read := v_read || jsonb_build_object(v_key, round(private.number_in(p_report, v_key, 0, 100000)));
  end loop;
  foreach v_key in array array[
    'reconnect_seconds', 'muted_seconds', 'silent_seconds', 'other_silent_seconds', 'nothing_in_seconds',
    'nothing_out_seconds', 'hidden_seconds'
  ] loop
    -- Each was rounded for itself, so that a part may be longer than the whole.
    v_part := round(private.number_in(p_report, v_key, 0, v_seconds + 2));
    v_read := v_read || jsonb_build_object(
      v_key, case when v_part > v_seconds then v_seconds else v_part end
    );
  end loop;
  return v_read;
end;
$$;

-- The row of a leg on which the signed-in person is or was, without numbers; not stored. Null, if they were not on
-- it or are not of its business any more.
create function private.own_leg_quality(p_conversation_id uuid, p_call_sid text)
returns public.call_quality
language plpgsql
stable
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_row public.call_quality;
begin
  select
    conversations.business_id, conversations.id, p_call_sid, v_user_id,
    case
      when conversations.call_sid = p_call_sid then conversations.created_at
      else coalesce(call_legs.answered_at, call_legs.asked_at, call_legs.created_at)
    end
  into v_row.business_id, v_row.conversation_id, v_row.call_sid, v_row.user_id, v_row.started_at
  from public.conversations
  left join public.call_legs
    on call_legs.business_id = conversations.business_id
    and call_legs.conversation_id = conversations.id
    and call_legs.call_sid = p_call_sid
  where conversations.id = p_conversation_id
    and private.role_in(conversations.business_id) is not null
    and case
      when conversations.call_sid = p_call_sid then conversations.user_id
      else call_legs.user_id
    end = v_user_id;
  if not found then
    return null;
  end if;
  v_row.warnings := '[]';
  v_row.sdk_errors := '[]';
  return v_row;
end;
$$;

-- Whether it is too late to say something of a call: it ended a week ago. No call is longer than four hours; the
-- end of one may be lost.
create function private.is_past_reports(p_conversation_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select
      coalesce(conversations.ended_at, conversations.created_at + private.longest_call())
      < now() - interval '7 days'
    from public.conversations
    where conversations.id = p_conversation_id
  );
end;
$$;

-- Security definer: nobody may write rows of quality themselves. It checks who was on the leg.
create function private.report_call_quality(p_conversation_id uuid, p_call_sid text, p_report jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_row public.call_quality;
  v_read jsonb;
  v_rated public.call_quality;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  v_row := private.own_leg_quality(p_conversation_id, p_call_sid);
  if v_row.conversation_id is null then
    return jsonb_build_object('error', 'not_found');
  end if;
  if private.is_past_reports(p_conversation_id) then
    return jsonb_build_object('error', 'too_late');
  end if;
  v_read := private.read_quality_report(p_report);
  if v_read is null then
    return jsonb_build_object('error', 'invalid_report');
  end if;

  -- Of a report that comes twice at once, and a rating, the second waits.
  perform pg_advisory_xact_lock(hashtextextended('quality:' || p_call_sid, 0));
  delete from public.call_quality
  where call_quality.business_id = v_row.business_id
    and call_quality.conversation_id = v_row.conversation_id
    and call_quality.call_sid = v_row.call_sid
    and call_quality.reported_at is null
  returning call_quality.* into v_rated;

  v_row := jsonb_populate_record(v_row, v_read);
  v_row.network_key := private.network_of_report(v_row);
  v_row.reported_at := clock_timestamp();
  v_row.rating := v_rated.rating;
  v_row.rating_issue := v_rated.rating_issue;
  v_row.rated_at := v_rated.rated_at;
  insert into public.call_quality values (v_row.*)
  -- The first report counts.
  on conflict (business_id, conversation_id, call_sid) do nothing;
  return jsonb_build_object('stored', true);
end;
$$;

revoke execute on function private.is_report(jsonb) from public, anon;
revoke execute on function private.visible_text(text) from public, anon;
revoke execute on function private.is_serial(text) from public, anon;
revoke execute on function private.number_in(jsonb, text, numeric, numeric) from public, anon;
revoke execute on function private.measure_in(jsonb, text, numeric, numeric) from public, anon;
revoke execute on function private.word_in(jsonb, text) from public, anon;
revoke execute on function private.label_in(jsonb, text, integer) from public, anon;
revoke execute on function private.warnings_in(jsonb) from public, anon;
revoke execute on function private.errors_in(jsonb) from public, anon;
revoke execute on function private.read_quality_report(jsonb) from public, anon;
revoke execute on function private.own_leg_quality(uuid, text) from public, anon;
revoke execute on function private.is_past_reports(uuid) from public, anon;
revoke execute on function private.report_call_quality(uuid, text, jsonb) from public, anon;
grant execute on function private.report_call_quality(uuid, text, jsonb) to authenticated;

-- Stores what the browser measured of a call in which the signed-in person was on the leg p_call_sid. p_report:
-- {"seconds": needed, and any other column of call_quality from "samples" to "sdk_errors"}; other keys are ignored,
-- and values that cannot be are not stored. The first report of a leg counts.
-- Answers {"stored": true}, also for a report that comes again, or {"error": "signed_out" | "not_found" (no leg of
-- theirs) | "invalid_report" | "too_late": the call ended more than seven days ago}.
create function public.report_call_quality(p_conversation_id uuid, p_call_sid text, p_report jsonb)
returns jsonb
language sql
set search_path = ''
as $$
  select private.report_call_quality(p_conversation_id, p_call_sid, p_report);
$$;

revoke execute on function public.report_call_quality(uuid, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.report_call_quality(uuid, text, jsonb) to authenticated;
