-- The do-not-call list as people read it, and a number that somebody adds by hand.
set lock_timeout = '2s';

-- An entry as the functions below answer it.
create function private.do_not_call_answer(p_entry public.do_not_call)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_lead record;
begin
  select leads.id, leads.name into v_lead
  from public.leads
  where leads.business_id = p_entry.business_id
    and leads.id = private.lead_with(p_entry.business_id, p_entry.subscriber);
  return jsonb_build_object(
    'phone_number', p_entry.phone_number, 'subscriber', p_entry.subscriber, 'reason', p_entry.reason,
    'created_by', p_entry.created_by, 'created_at', p_entry.created_at, 'import_id', p_entry.import_id,
    'file_name', (
      select do_not_call_imports.file_name
      from public.do_not_call_imports
      where do_not_call_imports.id = p_entry.import_id
    ),
    'lead_id', v_lead.id, 'lead_name', v_lead.name
  );
end;
$$;

-- Security definer: it checks the membership once, and then reads that business alone. Under row-level security no
-- index of texts is used.
create function private.list_do_not_call(
  p_business_id uuid, p_search text, p_numbers text[], p_after_at timestamptz, p_after_number text, p_limit integer
)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_outsider(p_business_id);
  c_most_counted constant integer := 10000;
  v_condition constant text := '(' || private.search_condition(p_search, 'listed.search_text')
    || ' or listed.subscriber = any($2))';
  v_found jsonb;
  v_count integer;
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (p_limit between 1 and 500) is not true or (p_after_at is null) <> (p_after_number is null) then
    raise exception 'p_limit is 1 to 500; p_after_at and p_after_number are of one entry, or both null'
      using errcode = '22023';
  end if;

  execute format(
    'select coalesce(
       jsonb_agg(private.do_not_call_answer(found) order by found.created_at desc, found.phone_number desc), ''[]''
     )
     from (
       select listed.*
       from public.do_not_call as listed
       where listed.business_id = $1 and %s
         and ($3 is null or (listed.created_at, listed.phone_number) < ($3, $4))
       order by listed.created_at desc, listed.phone_number desc
       limit $5
     ) as found',
    v_condition
  ) into v_found
  using p_business_id, private.subscribers(p_numbers), p_after_at, p_after_number, p_limit + 1;
  if p_after_at is null then
    execute format(
      'select count(*) from (
         select from public.do_not_call as listed where listed.business_id = $1 and %s limit $3
       ) as found',
      v_condition
    ) into v_count using p_business_id, private.subscribers(p_numbers), c_most_counted;
  end if;
  return jsonb_build_object(
    'entries', jsonb_path_query_array(v_found, '$[0 to $last]', jsonb_build_object('last', p_limit - 1)),
    'more', jsonb_array_length(v_found) > p_limit,
    'count', v_count
  );
end;
$$;

-- Security definer: it answers also what stood there before. It checks the membership first.
create function private.add_to_do_not_call(p_business_id uuid, p_phone_number text, p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_outsider(p_business_id);
  v_reason constant text := private.visible_text(p_reason);
  v_entry public.do_not_call;
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (p_phone_number ~ '^\+[1-9][0-9]{6,14}$') is not true then
    return jsonb_build_object('error', 'invalid_request', 'field', 'phone_number');
  end if;
  if length(v_reason) > 500 then
    return jsonb_build_object('error', 'invalid_request', 'field', 'reason');
  end if;

  -- Two who add the same person wait for each other.
  perform pg_advisory_xact_lock(
    hashtextextended('do_not_call:' || p_business_id::text || private.subscriber(p_phone_number), 0)
  );
  -- A file that brought the number does not take it along any more when it is taken back.
  update public.do_not_call
  set import_id = null, reason = coalesce(do_not_call.reason, v_reason)
  where do_not_call.business_id = p_business_id
    and do_not_call.subscriber = private.subscriber(p_phone_number)
    and do_not_call.import_id is not null;
  select * into v_entry
  from public.do_not_call
  where do_not_call.business_id = p_business_id and do_not_call.subscriber = private.subscriber(p_phone_number)
  limit 1;
  if found then
    return jsonb_build_object('added', false, 'entry', private.do_not_call_answer(v_entry));
  end if;
  insert into public.do_not_call (business_id, phone_number, reason)
  values (p_business_id, p_phone_number, v_reason)
  on conflict (business_id, phone_number) do nothing
  returning do_not_call.* into v_entry;
  -- Somebody else has written it meanwhile, by another way.
  if not found then
    update public.do_not_call
    set import_id = null
    where do_not_call.business_id = p_business_id and do_not_call.phone_number = p_phone_number
    returning do_not_call.* into v_entry;
    return jsonb_build_object('added', false, 'entry', private.do_not_call_answer(v_entry));
  end if;
  return jsonb_build_object('added', true, 'entry', private.do_not_call_answer(v_entry));
end;
$$;

revoke execute on function private.do_not_call_answer(public.do_not_call) from public, anon;
revoke execute on function
private.list_do_not_call(uuid, text, text[], timestamptz, text, integer)
from public, anon;
revoke execute on function private.add_to_do_not_call(uuid, text, text) from public, anon;
grant execute on function private.list_do_not_call(uuid, text, text[], timestamptz, text, integer) to authenticated;
grant execute on function private.add_to_do_not_call(uuid, text, text) to authenticated;

-- The numbers that a business must not call, the newest first. p_search: words of the reason or any part of a number,
-- in any order; null or empty for all. p_numbers: the numbers in E.164 that p_search was read as; may be empty.
-- p_after_at, p_after_number: created_at and phone_number of the last one that is known, for those after it.
-- p_limit: at most 500.
-- Answers {"entries": [{"phone_number", "subscriber", "reason", "created_by": null for an operator, "created_at",
-- "import_id", "file_name", "lead_id", "lead_name": of a lead who is reached by it}], "more": whether there are more, "count": of
-- all that match, 10,000 at most; null after the first}, or {"error": "signed_out" | "not_found"}.
create function public.list_do_not_call(
  p_business_id uuid, p_search text, p_numbers text[], p_after_at timestamptz, p_after_number text, p_limit integer
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.list_do_not_call(p_business_id, p_search, p_numbers, p_after_at, p_after_number, p_limit);
$$;

-- Forbids the business to call a number (E.164); every member may. Answers {"added": false if the person stood there
-- already, "entry": as list_do_not_call answers it}, or {"error": "signed_out" | "not_found" | "invalid_request" (with
-- "field")}.
create function public.add_to_do_not_call(p_business_id uuid, p_phone_number text, p_reason text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.add_to_do_not_call(p_business_id, p_phone_number, p_reason);
$$;

revoke execute on function public.list_do_not_call(uuid, text, text[], timestamptz, text, integer)
from public, anon, authenticated, service_role;
revoke execute on function public.add_to_do_not_call(uuid, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.list_do_not_call(uuid, text, text[], timestamptz, text, integer) to authenticated;
grant execute on function public.add_to_do_not_call(uuid, text, text) to authenticated;
