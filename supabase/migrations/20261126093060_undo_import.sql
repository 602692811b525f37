-- An import is taken back, and numbers are looked up before one begins.
set lock_timeout = '2s';

-- Security definer: nobody may delete leads themselves. It checks who asks first.
create function private.undo_import(p_import_id uuid)
returns jsonb
language plpgsql
security definer
-- Right after a large import the estimates are wrong, and must not make a join read all rows for each row.
set enable_seqscan = off
set search_path = ''
as $$
declare
  c_time constant interval := '4 seconds';
  c_slice constant integer := 1000;
  m record;
  v_import public.lead_imports;
  v_left_queue integer := 0;
  v_lead_ids uuid[];
  v_rows integer[];
  v_deleted integer;
  v_removed integer := 0;
begin
  m := private.import_to_change(p_import_id);
  if m.p_error is not null then
    return jsonb_build_object('error', m.p_error);
  end if;
  v_import := m.p_import;

  -- Its entries go first, all at once: nobody is called from a list that is being taken back.
  if v_import.state in ('finishing', 'finished') then
    v_lead_ids := array(
      select rows.lead_id
      from private.lead_import_rows as rows
      where rows.import_id = p_import_id and rows.result in ('new', 'known')
    );
    delete from public.queue_entries
    where queue_entries.campaign_id = v_import.campaign_id
      and queue_entries.lead_id = any(v_lead_ids)
      and queue_entries.enqueued_at = v_import.finished_at
      and queue_entries.state in ('ready', 'paused')
      and queue_entries.attempts = 0
      and queue_entries.last_conversation_id is null;
    get diagnostics v_left_queue = row_count;
  end if;
  if v_import.state in ('open', 'finishing', 'finished') then
    update public.lead_imports
    set
      state = 'undoing',
      result = coalesce(lead_imports.result, '{}')
        || jsonb_build_object('left_queue', v_left_queue, 'removed_leads', 0)
    where lead_imports.id = p_import_id;
  end if;

  -- Then the leads that it made, unless something else holds on to them.
  while v_import.state <> 'undone' and clock_timestamp() < statement_timestamp() + c_time loop
    v_rows := array(
      select rows.row_number
      from private.lead_import_rows as rows
      where rows.import_id = p_import_id
      order by rows.row_number
      limit c_slice
    );
    if cardinality(v_rows) = 0 then
      update public.lead_imports
      set state = 'undone', undone_at = clock_timestamp()
      where lead_imports.id = p_import_id
      returning lead_imports.* into v_import;
    else
      v_lead_ids := array(
        select rows.lead_id
        from private.lead_import_rows as rows
        where rows.import_id = p_import_id and rows.row_number = any(v_rows) and rows.result = 'new'
      );
      perform private.begin_one_change();
      delete from public.leads
      where leads.business_id = v_import.business_id
        and leads.id = any(v_lead_ids)
        and leads.id <> all(array(
          select conversations.lead_id from public.conversations
          where conversations.business_id = v_import.business_id and conversations.lead_id = any(v_lead_ids)
          union all
          select queue_entries.lead_id from public.queue_entries
          where queue_entries.business_id = v_import.business_id and queue_entries.lead_id = any(v_lead_ids)
          union all
          select rows.lead_id from private.lead_import_rows as rows
          where rows.lead_id = any(v_lead_ids) and rows.import_id <> p_import_id
        ));
      get diagnostics v_deleted = row_count;
      perform private.end_one_change();
      v_removed := v_removed + v_deleted;
      delete from private.lead_import_rows as rows
      where rows.import_id = p_import_id and rows.row_number = any(v_rows);
    end if;
  end loop;

  update public.lead_imports
  set result = lead_imports.result || jsonb_build_object(
    'removed_leads', (lead_imports.result ->> 'removed_leads')::integer + v_removed
  )
  where lead_imports.id = p_import_id
  returning lead_imports.* into v_import;
  return private.import_answer(v_import);
end;
$$;

-- Security definer: it checks the membership once, and then reads that business alone.
create function private.look_up_numbers(p_business_id uuid, p_numbers text[])
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_outsider(p_business_id);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (cardinality(p_numbers) between 1 and 5000) is not true then
    return jsonb_build_object('error', 'invalid_request', 'field', 'numbers');
  end if;
  return jsonb_build_object('numbers', coalesce((
    select jsonb_agg(jsonb_build_object(
      'number', asked.number,
      'subscriber', asked.subscriber,
      'lead_id', leads.id,
      'do_not_call', asked.is_forbidden,
      'wrong_number', leads.wrong_number_at is not null
    ))
    from (
      select
        given.number,
        given.subscriber,
        private.lead_with(p_business_id, given.subscriber) as lead_id,
        private.is_on_do_not_call_list(p_business_id, given.subscriber) as is_forbidden
      from (
        select distinct named.number, private.subscriber(named.number) as subscriber
        from unnest(p_numbers) as named (number)
      ) as given
    ) as asked
    left join public.leads on leads.business_id = p_business_id and leads.id = asked.lead_id
    where leads.id is not null or asked.is_forbidden or asked.subscriber <> asked.number
  ), '[]'));
end;
$$;

revoke execute on function private.undo_import(uuid) from public, anon;
revoke execute on function private.look_up_numbers(uuid, text[]) from public, anon;
grant execute on function private.undo_import(uuid) to authenticated;
grant execute on function private.look_up_numbers(uuid, text[]) to authenticated;

-- Takes an import back, finished or not: the entries that it added and that nobody has called, and the leads
-- that it made, except those with calls, in a queue or in another file. A large one takes several requests:
-- ask again until the state is undone.
-- Answers {"import": a row of lead_imports, with "result": {…, "left_queue": entries, "removed_leads"}}, or
-- {"error": "signed_out" | "not_found" | "not_allowed"}. Who began it may, and managers.
create function public.undo_import(p_import_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.undo_import(p_import_id);
$$;

-- What the business knows about numbers (E.164, 5,000 at most), before a file with them is imported.
-- Answers {"numbers": [{"number", "subscriber": the one spelling of whom it reaches, "lead_id": null or a
-- lead's, "do_not_call", "wrong_number"}]}, without the numbers about which there is nothing to say, or
-- {"error": "signed_out" | "not_found" | "invalid_request" (with "field")}.
create function public.look_up_numbers(p_business_id uuid, p_numbers text[])
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.look_up_numbers(p_business_id, p_numbers);
$$;

revoke execute on function public.undo_import(uuid)
from public, anon, authenticated, service_role;
revoke execute on function public.look_up_numbers(uuid, text[])
from public, anon, authenticated, service_role;
grant execute on function public.undo_import(uuid) to authenticated;
grant execute on function public.look_up_numbers(uuid, text[]) to authenticated;
