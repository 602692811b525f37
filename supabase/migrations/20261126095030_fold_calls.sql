-- The fold: counts the calls with marks again, and brings the sums up to date. The scheduler runs it every minute.
set lock_timeout = '2s';

-- Counts these calls again: their facts, who helped, the attempts of the later dials to the same numbers, and all sums.
-- A call that is not there, or has not ended, has no facts afterwards. The caller holds the fold's lock.
create function private.count_calls(p_conversation_ids uuid[])
returns void
language plpgsql
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_old public.call_facts[];
  v_new public.call_facts[];
  v_old_helpers public.call_helpers[];
  v_new_helpers public.call_helpers[];
  v_places private.place_of_dial[];
begin
  with gone as (
    delete from public.call_facts where call_facts.conversation_id = any(p_conversation_ids) returning call_facts
  )
  select array_agg(gone.call_facts) into v_old from gone;

  with gone as (
    delete from public.call_helpers
    where call_helpers.conversation_id = any(p_conversation_ids)
    returning call_helpers
  )
  select array_agg(gone.call_helpers) into v_old_helpers from gone;

  insert into public.call_facts
  select facts.* from private.facts_of_calls(p_conversation_ids) as facts;

  with counted as (
    insert into public.call_helpers
    select helpers.* from private.helpers_of_calls(p_conversation_ids) as helpers
    returning call_helpers
  )
  select array_agg(counted.call_helpers) into v_new_helpers from counted;

  v_places := array(select places from private.places_of_dials(p_conversation_ids) as places);

  v_old := v_old || array(
    select call_facts
    from unnest(v_places) as places
    join public.call_facts on call_facts.conversation_id = places.conversation_id
    where places.conversation_id <> all(p_conversation_ids)
  );

  update public.call_facts as fact
  set
    attempt = places.attempt,
    reached_before = places.reached_before,
    leads_reached = (fact.connected > 0 and not places.reached_before)::integer
  from unnest(v_places) as places
  where fact.conversation_id = places.conversation_id;

  v_new := array(
    select call_facts
    from public.call_facts
    where call_facts.conversation_id = any(
      p_conversation_ids || array(select places.conversation_id from unnest(v_places) as places)
    )
  );

  perform private.add_to_sums(v_old, v_new);
  if v_old_helpers is not null or v_new_helpers is not null then
    perform private.add_to_people(v_old_helpers, v_new_helpers);
  end if;
end;
$$;

-- The same. One call that cannot be counted, for whatever reason, must not stop all others: then they are counted
-- one by one, and it is left out with a warning.
create function private.count_calls_safely(p_conversation_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_id uuid;
begin
  perform private.count_calls(p_conversation_ids);
exception
  when data_exception or integrity_constraint_violation then
    foreach v_id in array p_conversation_ids loop
      begin
        perform private.count_calls(array[v_id]);
      exception
        when data_exception or integrity_constraint_violation then
          raise warning 'call % is not in the reports: %', v_id, sqlerrm;
      end;
    end loop;
end;
$$;

-- Takes the next calls of a business whose calls must all be counted again, p_limit at most. Answers how many; 0 only
-- if no business has such calls.
create function private.fold_business(p_limit integer)
returns integer
language plpgsql
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_asked private.fold_businesses;
  v_ids uuid[];
begin
  -- Of several wishes for one business, the newest begins again and is enough.
  select asked.* into v_asked
  from private.fold_businesses as asked
  where not exists (
    select from private.fold_businesses as newer
    where newer.business_id = asked.business_id
      and newer.outcome is not distinct from asked.outcome
      and newer.id > asked.id
  )
  order by asked.folded_at nulls first, asked.id
  limit 1;
  if not found then
    return 0;
  end if;

  with superseded as (
    delete from private.fold_businesses as asked
    where asked.business_id = v_asked.business_id
      and asked.outcome is not distinct from v_asked.outcome
      and asked.id < v_asked.id
    returning asked.marked_at
  )
  select least(v_asked.marked_at, min(superseded.marked_at)) into v_asked.marked_at from superseded;

  select array_agg(next.id order by next.created_at desc, next.id desc) into v_ids
  from (
    select conversations.id, conversations.created_at
    from public.conversations
    where conversations.business_id = v_asked.business_id
      and (v_asked.outcome is null or conversations.outcome = v_asked.outcome)
      and (
        v_asked.next_id is null
        or (conversations.created_at, conversations.id) < (v_asked.next_created_at, v_asked.next_id)
      )
    order by conversations.created_at desc, conversations.id desc
    limit p_limit
  ) as next;

  -- It is done, which counts: with nothing folded, the run would end, and others would wait for the next.
  if v_ids is null then
    delete from private.fold_businesses where fold_businesses.id = v_asked.id;
    return 1;
  end if;

  perform private.count_calls_safely(v_ids);
  update private.fold_businesses
  set
    next_created_at = conversations.created_at,
    next_id = conversations.id,
    folded_at = clock_timestamp(),
    marked_at = v_asked.marked_at
  from public.conversations
  where fold_businesses.id = v_asked.id and conversations.id = v_ids[cardinality(v_ids)];
  return cardinality(v_ids);
end;
$$;

-- Folds p_limit marks at most. A fold that dies changes nothing. Answers
-- {"folded": marks and calls, "left": marks, and businesses whose calls must all be counted again, "as_of": every
-- change that was committed before it is in the reports}. While another fold runs, nothing is folded.
-- Security definer: nobody else writes facts and sums.
create function private.fold_calls(p_limit integer)
returns jsonb
language plpgsql
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- Before the marks are read: what is committed later has a mark that may be missed.
  v_begun_at constant timestamptz := clock_timestamp();
  v_mark_ids bigint[];
  v_ids uuid[];
  v_folded integer := 0;
  v_as_of timestamptz;
begin
  if (p_limit between 1 and 10000) is not true then
    raise exception 'p_limit is 1 to 10000' using errcode = '22023';
  end if;

  -- Not an advisory lock: any login of a BI tool could take it, and keep it.
  perform from private.report_state for update skip locked;
  if found then
    select array_agg(marks.id), array_agg(distinct marks.conversation_id) into v_mark_ids, v_ids
    from (
      select fold_marks.id, fold_marks.conversation_id from private.fold_marks order by fold_marks.id limit p_limit
    ) as marks;
    if v_mark_ids is not null then
      perform private.count_calls_safely(v_ids);
      delete from private.fold_marks where fold_marks.id = any(v_mark_ids);
      v_folded := cardinality(v_mark_ids);
    end if;
    -- A fourth at least, so that neither waits for the other.
    v_folded := v_folded + private.fold_business(greatest(p_limit - v_folded, (p_limit + 3) / 4));

    select least(
      v_begun_at,
      (select fold_marks.marked_at from private.fold_marks order by fold_marks.id limit 1),
      (select min(fold_businesses.marked_at) from private.fold_businesses)
    ) into v_as_of;
    update private.report_state set as_of = v_as_of where report_state.is_only_row;
  else
    select report_state.as_of into v_as_of from private.report_state;
  end if;

  return jsonb_build_object(
    'folded', v_folded,
    'left', (select count(*) from private.fold_marks) + (select count(*) from private.fold_businesses),
    'as_of', v_as_of
  );
end;
$$;

revoke execute on function private.count_calls(uuid[]) from public, anon;
revoke execute on function private.count_calls_safely(uuid[]) from public, anon;
revoke execute on function private.fold_business(integer) from public, anon;
revoke execute on function private.fold_calls(integer) from public, anon;
grant execute on function private.fold_calls(integer) to call_reporter;

-- One fold: private.fold_calls. One round trip of reports_fn, which asks until nothing is left or nothing was folded.
create function public.fold_reports(p_limit integer)
returns jsonb
language sql
set search_path = ''
as $$
  select private.fold_calls(p_limit);
$$;

revoke execute on function public.fold_reports(integer) from public, anon, authenticated, service_role;
grant execute on function public.fold_reports(integer) to call_reporter;

-- How far the reports are: every change that was committed before this time is in them. Null: none yet.
-- Security definer: it is a time, and the same for all.
create function private.reports_as_of()
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (select report_state.as_of from private.report_state);
end;
$$;

revoke execute on function private.reports_as_of() from public, anon;
grant execute on function private.reports_as_of() to authenticated;
