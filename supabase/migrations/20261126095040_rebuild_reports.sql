-- Makes the facts and sums of a business from nothing.
set lock_timeout = '2s';

-- For operators, who should never need it: the sums are exact. Answers how many calls were counted. It waits for a
-- fold that runs, and folds wait for it.
create function private.rebuild_reports(p_business_id uuid)
returns integer
language plpgsql
set enable_seqscan = off
set search_path = ''
as $$
declare
  c_portion constant integer := 5000;
  v_last public.conversations;
  v_ids uuid[];
  v_counted integer := 0;
begin
  perform from private.report_state for update;
  delete from public.call_facts where call_facts.business_id = p_business_id;
  delete from public.call_helpers where call_helpers.business_id = p_business_id;
  delete from private.report_days where report_days.business_id = p_business_id;
  delete from private.report_outcomes where report_outcomes.business_id = p_business_id;
  delete from private.report_hours where report_hours.business_id = p_business_id;
  delete from private.report_attempts where report_attempts.business_id = p_business_id;
  delete from private.report_people where report_people.business_id = p_business_id;

  -- The oldest first, so that each dial finds those before it.
  loop
    select array_agg(next.id order by next.created_at, next.id) into v_ids
    from (
      select conversations.id, conversations.created_at
      from public.conversations
      where conversations.business_id = p_business_id
        and (v_last.id is null or (conversations.created_at, conversations.id) > (v_last.created_at, v_last.id))
      order by conversations.created_at, conversations.id
      limit c_portion
    ) as next;
    exit when v_ids is null;
    perform private.count_calls(v_ids);
    v_counted := v_counted + cardinality(v_ids);
    select * into v_last from public.conversations where conversations.id = v_ids[cardinality(v_ids)];
  end loop;
  return v_counted;
end;
$$;

revoke execute on function private.rebuild_reports(uuid) from public, anon;
