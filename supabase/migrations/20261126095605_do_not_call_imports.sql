-- Numbers that must not be called, from a file. The browser reads the file and sends its numbers in parts; each counts
-- at once. The whole file can be taken back.
set lock_timeout = '2s';

create table public.do_not_call_imports (
  -- The browser's, so that a part that is sent twice is one.
  id uuid primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  file_name text not null check (length(file_name) between 1 and 200),
  -- How many numbers are to be sent, as the browser said.
  row_count integer not null check (row_count between 1 and 100000),
  -- How many numbers it brought that were not on the list.
  added integer not null default 0,
  -- No foreign key: the record outlives the account.
  created_by uuid not null,
  created_at timestamptz not null default now(),
  -- Who has begun to take it back, when, and why.
  undone_by uuid,
  undone_at timestamptz,
  undo_reason text check (length(undo_reason) <= 500)
);

-- The newest of a business first.
create index do_not_call_imports_business_id_idx on public.do_not_call_imports (business_id, created_at desc, id);

alter table public.do_not_call_imports enable row level security;

create policy "managers can read which files added to the do-not-call list"
on public.do_not_call_imports for select to authenticated
using (business_id = any(array(select managed.business_id from private.managed)));

revoke all on public.do_not_call_imports from public, anon, authenticated, service_role;
grant select on public.do_not_call_imports to authenticated, service_role;

-- One row of the record a file, and not one a number.
create trigger do_not_call_imports_note_change
after insert or update or delete on public.do_not_call_imports
for each row execute function private.note_change(
  'do_not_call_import', 'id', 'file_name', 'added', 'created_by', 'undone_by', 'undone_at'
);

-- Security definer: nobody may write imports themselves. It checks who asks.
create function private.import_do_not_call(
  p_business_id uuid, p_import_id uuid, p_file_name text, p_row_count integer, p_rows jsonb
)
returns jsonb
language plpgsql
security definer
-- Right after a large import the estimates are wrong.
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_file_name constant text := private.visible_text(left(p_file_name, 200));
  v_import public.do_not_call_imports;
  v_added integer;
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if p_import_id is null then
    return jsonb_build_object('error', 'invalid_request', 'field', 'import_id');
  end if;
  if v_file_name is null then
    return jsonb_build_object('error', 'invalid_request', 'field', 'file_name');
  end if;
  if (p_row_count between 1 and 100000) is not true then
    return jsonb_build_object('error', 'invalid_request', 'field', 'row_count');
  end if;
  if jsonb_typeof(p_rows) is distinct from 'array' or jsonb_array_length(p_rows) not between 1 and 1000 then
    return jsonb_build_object('error', 'invalid_request', 'field', 'rows');
  end if;

  -- One part at a time: two files that have the same number must not both have brought it.
  perform pg_advisory_xact_lock(hashtextextended('import:' || p_business_id::text, 0));
  insert into public.do_not_call_imports (id, business_id, file_name, row_count, created_by)
  values (p_import_id, p_business_id, v_file_name, p_row_count, (select auth.uid()))
  on conflict (id) do nothing;
  select * into v_import from public.do_not_call_imports where do_not_call_imports.id = p_import_id for update;
  if v_import.business_id <> p_business_id then
    return jsonb_build_object('error', 'not_found');
  end if;
  if v_import.created_by <> (select auth.uid()) then
    return jsonb_build_object('error', 'not_allowed');
  end if;
  if v_import.undone_at is not null then
    return jsonb_build_object('error', 'import_over');
  end if;

  perform private.begin_one_change();
  with given as (
    select distinct on (read.subscriber) read.*
    from (
      select
        rows.place,
        rows.value ->> 'phone_number' as phone_number,
        private.subscriber(rows.value ->> 'phone_number') as subscriber,
        left(private.visible_text(rows.value ->> 'reason'), 500) as reason
      from jsonb_array_elements(p_rows) with ordinality as rows (value, place)
      where jsonb_typeof(rows.value) = 'object' and rows.value ->> 'phone_number' ~ '^\+[1-9][0-9]{6,14}$'
    ) as read
    order by read.subscriber, read.place
  ),

  -- Whom another file has named, too, stays when one of the two is taken back.
  named_again as (
    update public.do_not_call
    set import_id = null
    from given
    where do_not_call.business_id = p_business_id
      and do_not_call.subscriber = given.subscriber
      and do_not_call.import_id <> p_import_id
  ),

  made as (
    insert into public.do_not_call (business_id, phone_number, reason, import_id)
    select p_business_id, given.phone_number, given.reason, p_import_id
    from given
    where not private.is_on_do_not_call_list(p_business_id, given.subscriber)
    order by given.phone_number
    on conflict (business_id, phone_number) do nothing
    returning 1
  )

  select count(*) into v_added from made;
  perform private.end_one_change();
  update public.do_not_call_imports
  set added = do_not_call_imports.added + v_added
  where do_not_call_imports.id = p_import_id
  returning do_not_call_imports.* into v_import;
  return jsonb_build_object('added', v_import.added);
end;
$$;

-- Security definer: nobody may delete entries themselves. It checks who asks.
create function private.undo_do_not_call_import(p_import_id uuid, p_reason text)
returns jsonb
language plpgsql
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  c_most constant integer := 2000;
  v_import public.do_not_call_imports;
  v_refused text;
  v_reason constant text := private.visible_text(p_reason);
  v_named text;
  v_gone integer;
begin
  select * into v_import from public.do_not_call_imports where do_not_call_imports.id = p_import_id;
  v_refused := private.refuse_agent(v_import.business_id);
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if v_reason is null then
    return jsonb_build_object('error', 'reason_required', 'field', 'reason');
  end if;
  if length(v_reason) > 500 then
    return jsonb_build_object('error', 'invalid_request', 'field', 'reason');
  end if;

  perform pg_advisory_xact_lock(hashtextextended('import:' || v_import.business_id::text, 0));
  update public.do_not_call_imports
  set undone_by = (select auth.uid()), undone_at = clock_timestamp(), undo_reason = v_reason
  where do_not_call_imports.id = p_import_id and do_not_call_imports.undone_at is null;
  perform private.begin_one_change();
  v_named := set_config('henk.undone_import_id', p_import_id::text, true);
  delete from public.do_not_call
  where do_not_call.import_id = p_import_id
    and do_not_call.business_id = v_import.business_id
    and do_not_call.phone_number = any(array(
      select brought.phone_number
      from public.do_not_call as brought
      where brought.import_id = p_import_id
      order by brought.phone_number
      limit c_most
    ));
  get diagnostics v_gone = row_count;
  perform private.end_one_change();
  v_named := set_config('henk.undone_import_id', '', true);
  return jsonb_build_object('taken_off', v_gone, 'more', v_gone = c_most);
end;
$$;

revoke execute on function private.import_do_not_call(uuid, uuid, text, integer, jsonb) from public, anon;
revoke execute on function private.undo_do_not_call_import(uuid, text) from public, anon;
grant execute on function private.import_do_not_call(uuid, uuid, text, integer, jsonb) to authenticated;
grant execute on function private.undo_do_not_call_import(uuid, text) to authenticated;

-- Brings the next numbers of a file, 1,000 at most, and begins the import with the first ones. p_import_id: a new UUID,
-- the same for all parts. p_row_count: how many numbers all parts have, 100,000 at most. p_rows: [{"phone_number":
-- E.164, "reason": null or text}]; anything else is left out, and so is who stands on the list already. Owners and
-- managers only.
-- Answers {"added": how many numbers the file has brought so far}, or {"error": "signed_out" | "not_found" |
-- "not_allowed" | "import_over" (it was taken back) | "invalid_request" (with "field")}.
create function public.import_do_not_call(
  p_business_id uuid, p_import_id uuid, p_file_name text, p_row_count integer, p_rows jsonb
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.import_do_not_call(p_business_id, p_import_id, p_file_name, p_row_count, p_rows);
$$;

-- Takes all numbers off the list that a file has brought and that still stand there, except those that somebody or
-- another file has named, too. Owners and managers only.
-- Answers {"taken_off": how many now, "more": whether to ask again}, or {"error": "signed_out" | "not_found" |
-- "not_allowed" | "reason_required" | "invalid_request" (with "field")}.
create function public.undo_do_not_call_import(p_import_id uuid, p_reason text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.undo_do_not_call_import(p_import_id, p_reason);
$$;

revoke execute on function public.import_do_not_call(uuid, uuid, text, integer, jsonb)
from public, anon, authenticated, service_role;
revoke execute on function public.undo_do_not_call_import(uuid, text)
from public, anon, authenticated, service_role;
grant execute on function public.import_do_not_call(uuid, uuid, text, integer, jsonb) to authenticated;
grant execute on function public.undo_do_not_call_import(uuid, text) to authenticated;
