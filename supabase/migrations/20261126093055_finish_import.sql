-- All rows of a file have come: their leads are put into the queue.
set lock_timeout = '2s';

-- Security definer: nobody may write the queue themselves. It checks who asks first.
create function private.finish_import(p_import_id uuid)
returns jsonb
language plpgsql
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- Together with the last slice it stays within the 8 s of a statement.
  c_time constant interval := '3 seconds';
  c_slice constant integer := 2000;
  m record;
  i public.lead_imports;
  v_lead_ids uuid[];
begin
  m := private.import_to_change(p_import_id);
  i := m.p_import;
  if m.p_error is not null then
    return jsonb_build_object('error', m.p_error);
  end if;
  if i.state in ('undoing', 'undone') then
    return jsonb_build_object('error', 'import_over');
  end if;
  if i.received < i.row_count then
    return jsonb_build_object('error', 'rows_missing', 'received', i.received);
  end if;

  if i.state = 'open' then
    i.state := 'finishing';
    i.finished_at := now();
    i.result := (
      select jsonb_build_object(
        'new', count(*) filter (where rows.result = 'new'),
        'known', count(*) filter (where rows.result = 'known'),
        'repeated', count(*) filter (where rows.result = 'repeated'),
        'refused', count(*) filter (where rows.result = 'refused')
      )
      from private.lead_import_rows as rows
      where rows.import_id = i.id
    ) || private.nothing_added();
    if i.campaign_id is null then
      i.state := 'finished';
    end if;
  end if;
  while i.state = 'finishing' and clock_timestamp() < statement_timestamp() + c_time loop
    -- A repeated row has the lead of an earlier one.
    v_lead_ids := array(
      select rows.lead_id
      from private.lead_import_rows as rows
      where rows.import_id = i.id
        and rows.row_number between i.queued + 1 and i.queued + c_slice
        and rows.result in ('new', 'known')
    );
    i.result := private.sum_of(i.result, private.add_to_queue(
      i.business_id, i.campaign_id, v_lead_ids, i.priority, false, i.finished_at
    ));
    i.queued := least(i.queued + c_slice, i.row_count);
    if i.queued = i.row_count then
      i.state := 'finished';
    end if;
  end loop;
  update public.lead_imports
  set state = i.state, finished_at = i.finished_at, queued = i.queued, result = i.result
  where lead_imports.id = i.id;
  return private.import_answer(i);
end;
$$;

revoke execute on function private.finish_import(uuid) from public, anon;
grant execute on function private.finish_import(uuid) to authenticated;

-- Puts all leads of a file into the queue of its campaign, if it has one: 20,000 or so at once, because a statement has 8 s. Ask again until the
-- state is finished; after that it answers the same. The file is not needed any more.
-- Answers {"import": a row of lead_imports, with "result": {"new", "known", "repeated", "refused": rows,
-- "added", "already", "without_number", "do_not_call", "wrong_number", "not_found": leads}}, or {"error":
-- "signed_out" | "not_found" | "not_allowed" | "import_over" | "rows_missing" (with "received")}.
create function public.finish_import(p_import_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.finish_import(p_import_id);
$$;

revoke execute on function public.finish_import(uuid)
from public, anon, authenticated, service_role;
grant execute on function public.finish_import(uuid) to authenticated;
