-- Leads from a file. The browser reads the file and sends its rows in parts. Nothing of it is in a queue before
-- all of them are there. It can be undone at any time.
set lock_timeout = '2s';

-- Every file that somebody began to import.
create table public.lead_imports (
  id uuid primary key default gen_random_uuid(),
  -- No foreign key of its own: with two, a campaign and its business would be related in two ways, and PostgREST could
  -- not embed one in the other. It goes with its campaign, and one without a campaign with its business:
  -- private.delete_imports_of_business.
  business_id uuid not null,
  -- In whose queue the leads are to stand. Null: in none.
  campaign_id uuid,
  file_name text not null check (length(file_name) between 1 and 200),
  -- SHA-256 of the file and of how its columns are read: whoever chooses the same file again goes on.
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  -- All rows of the file, those included that hold no lead.
  row_count integer not null check (row_count between 1 and 100000),
  priority integer not null check (priority between -100 and 100),
  -- How many rows have come: always the first ones.
  received integer not null default 0,
  -- The leads of how many rows are in the queue: none before all rows have come.
  queued integer not null default 0,
  state text not null default 'open'
  check (state in ('open', 'finishing', 'finished', 'undoing', 'undone')),
  -- No foreign key: the record outlives the account.
  created_by uuid not null,
  created_at timestamptz not null default now(),
  -- When its leads began to stand in the queue: the enqueued_at of all of its entries.
  finished_at timestamptz,
  undone_at timestamptz,
  -- What finish_import answered, and later undo_import.
  result jsonb,
  foreign key (business_id, campaign_id)
  references public.campaigns (business_id, id) on delete cascade,
  check (queued <= received and received <= row_count)
);

-- The newest imports of a business.
create index lead_imports_business_id_idx on public.lead_imports (business_id, created_at desc);
create index lead_imports_campaign_id_idx on public.lead_imports (business_id, campaign_id);
-- The same file is not begun twice at once.
create unique index lead_imports_open_idx
on public.lead_imports (campaign_id, created_by, fingerprint) where state = 'open';
create unique index lead_imports_open_without_campaign_idx
on public.lead_imports (business_id, created_by, fingerprint) where state = 'open' and campaign_id is null;

-- That it began, and how it ended: its leads are not on record one by one.
create trigger lead_imports_note_beginning
after insert or delete on public.lead_imports
for each row execute function private.note_change(
  'lead_import', 'id', 'file_name', 'fingerprint', 'priority', 'received', 'queued', 'created_by', 'finished_at',
  'undone_at'
);

create trigger lead_imports_note_end
after update of state on public.lead_imports
for each row when (new.state is distinct from old.state and new.state in ('finished', 'undone'))
execute function private.note_change(
  'lead_import', 'id', 'file_name', 'fingerprint', 'priority', 'received', 'queued', 'created_by', 'finished_at',
  'undone_at'
);

alter table public.lead_imports enable row level security;

-- Reps see what was imported, and what was left unfinished.
create policy "members can read the imports of their business"
on public.lead_imports for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.lead_imports from public, anon, authenticated, service_role;
grant select on public.lead_imports to authenticated, service_role;

-- Which lead a row of the file has become. No words of the file are kept.
create table private.lead_import_rows (
  import_id uuid not null references public.lead_imports (id) on delete cascade,
  -- From 1, without the titles.
  row_number integer not null,
  -- new: the import made the lead. known: the business had it. repeated: an earlier row of the file has the
  -- same subscriber. refused: the number is none.
  result text not null check (result in ('new', 'known', 'repeated', 'refused')),
  -- No foreign key: it would make each deletion of a lead dearer. Null if refused.
  lead_id uuid,
  primary key (import_id, row_number)
);

-- Whether another import has the lead, too.
create index lead_import_rows_lead_id_idx on private.lead_import_rows (lead_id, import_id);

alter table private.lead_import_rows enable row level security;

-- The functions below read them with their owner's rights.
create policy "nobody reads the rows of imports"
on private.lead_import_rows for select to authenticated
using (false);

revoke all on private.lead_import_rows from public, anon, authenticated, service_role;

-- The import that the signed-in person works on; with the error instead if they may not. Imports of a business
-- wait for each other: two that have the same number must make one lead.
create function private.import_to_change(p_import_id uuid, out p_import public.lead_imports, out p_error text)
language plpgsql
set search_path = ''
as $$
declare
  v_role text;
begin
  if not private.is_signed_in() then
    p_error := 'signed_out';
    return;
  end if;
  select * into p_import from public.lead_imports where lead_imports.id = p_import_id;
  v_role := private.role_in(p_import.business_id);
  if v_role is null then
    p_error := 'not_found';
  elsif v_role = 'agent' and p_import.created_by <> (select auth.uid()) then
    p_error := 'not_allowed';
  else
    perform pg_advisory_xact_lock(hashtextextended('import:' || p_import.business_id::text, 0));
    select * into p_import from public.lead_imports where lead_imports.id = p_import_id;
  end if;
end;
$$;

-- An import as its functions answer it.
create function private.import_answer(p_import public.lead_imports)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object('import', to_jsonb(p_import) - '{fingerprint,business_id}'::text[]);
$$;

-- Which of the facts of an import cannot be; null if none.
create function private.wrong_field_of_import(p_file_name text, p_fingerprint text, p_row_count integer)
returns text
language sql
immutable
set search_path = ''
as $$
  select case
    when (p_file_name ~ '\S') is not true then 'file_name'
    when (p_fingerprint ~ '^[0-9a-f]{64}$') is not true then 'fingerprint'
    when (p_row_count between 1 and 100000) is not true then 'row_count'
  end;
$$;

-- Security definer: nobody may write imports themselves. It checks the membership first.
create function private.begin_import(
  p_campaign_id uuid, p_file_name text, p_fingerprint text, p_row_count integer, p_priority integer
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  m record;
  v_field text;
  v_import public.lead_imports;
begin
  m := private.campaign_to_fill(p_campaign_id);
  if m.p_error is not null then
    return jsonb_build_object('error', m.p_error);
  end if;
  v_field := coalesce(
    private.wrong_field_of_import(p_file_name, p_fingerprint, p_row_count),
    case when (p_priority between -100 and 100) is not true then 'priority' end
  );
  if v_field is not null then
    return jsonb_build_object('error', 'invalid_request', 'field', v_field);
  end if;

  insert into public.lead_imports as begun (
    business_id, campaign_id, file_name, fingerprint, row_count, priority, created_by
  ) values (
    (m.p_campaign).business_id, p_campaign_id, left(p_file_name, 200), p_fingerprint, p_row_count, p_priority,
    (select auth.uid())
  )
  -- It was left unfinished, and goes on.
  on conflict (campaign_id, created_by, fingerprint) where state = 'open' do update set priority = excluded.priority
  where begun.row_count = excluded.row_count
  returning begun.* into v_import;
  if not found then
    return jsonb_build_object('error', 'invalid_request', 'field', 'row_count');
  end if;
  return private.import_answer(v_import);
end;
$$;

-- Makes leads of rows that have not come before. p_rows as import_rows has them; the first is p_first_row.
-- For import_rows alone: it runs with its rights.
create function private.store_import_rows(p_import public.lead_imports, p_first_row integer, p_rows jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
  -- Each zone is looked up once.
  v_zones constant text[] := array(
    select named.zone
    from (
      select given.value ->> 'time_zone' as zone
      from jsonb_array_elements(p_rows) as given

      union

      select jsonb_array_elements_text(
        case when jsonb_typeof(given.value -> 'number_zones') = 'array' then given.value -> 'number_zones' else '[]' end
      )
      from jsonb_array_elements(p_rows) as given
    ) as named
    where private.is_time_zone(named.zone)
  );
begin
  with given as materialized (
    select
      p_first_row + rows.place::integer - 1 as row_number,
      gen_random_uuid() as new_id,
      nullif(left(btrim(rows.value ->> 'name'), 200), '') as name,
      nullif(left(btrim(rows.value ->> 'company'), 200), '') as company,
      case when rows.value ->> 'phone_number' ~ '^\+[1-9][0-9]{6,14}$' then rows.value ->> 'phone_number' end
        as phone_number,
      case when length(rows.value ->> 'email') <= 320 then nullif(btrim(rows.value ->> 'email'), '') end as email,
      case when rows.value ->> 'time_zone' = any(v_zones) then rows.value ->> 'time_zone' end as time_zone,
      case when jsonb_typeof(rows.value -> 'number_zones') = 'array' then rows.value -> 'number_zones' end as zones
    from jsonb_array_elements(p_rows) with ordinality as rows (value, place)
    where jsonb_typeof(rows.value) = 'object'
  ),

  numbered as materialized (
    select
      given.*,
      private.lead_with(p_import.business_id, given.subscriber) as known_id,
      first_value(given.new_id) over same_subscriber as first_id,
      row_number() over same_subscriber as place
    from (select given.*, private.subscriber(given.phone_number) as subscriber from given) as given
    where given.phone_number is not null
    window same_subscriber as (partition by given.subscriber order by given.row_number)
  ),

  made as (
    insert into public.leads (id, business_id, name, company, phone_number, email, time_zone, number_zones)
    select
      numbered.new_id, p_import.business_id,
      coalesce(numbered.name, numbered.company, numbered.email, numbered.phone_number),
      numbered.company, numbered.phone_number, numbered.email, numbered.time_zone, zones.names
    from numbered
    left join lateral (
      select array_agg(named.name) as names
      from jsonb_array_elements_text(numbered.zones) as named (name)
      having count(*) between 1 and 100 and array_agg(named.name) <@ v_zones
    ) as zones on true
    where numbered.known_id is null and numbered.place = 1
  )

  insert into private.lead_import_rows (import_id, row_number, result, lead_id)
  select
    p_import.id, numbered.row_number,
    case
      when numbered.place > 1 then 'repeated'
      when numbered.known_id is null then 'new'
      when exists (
        select from private.lead_import_rows
        where lead_import_rows.lead_id = numbered.known_id and lead_import_rows.import_id = p_import.id
      ) then 'repeated'
      else 'known'
    end,
    coalesce(numbered.known_id, numbered.first_id)
  from numbered

  union all

  select p_import.id, given.row_number, 'refused', null
  from given
  where given.phone_number is null;
exception
  -- One number is none. Each row alone, so that only that one is refused.
  when check_violation then
    if jsonb_array_length(p_rows) = 1 then
      insert into private.lead_import_rows (import_id, row_number, result)
      values (p_import.id, p_first_row, 'refused');
    else
      for v_place in 0 .. jsonb_array_length(p_rows) - 1 loop
        perform private.store_import_rows(
          p_import, p_first_row + v_place, jsonb_build_array(p_rows -> v_place)
        );
      end loop;
    end if;
end;
$$;

-- Security definer: nobody may write leads themselves. It checks who asks first.
create function private.import_rows(p_import_id uuid, p_first_row integer, p_rows jsonb)
returns jsonb
language plpgsql
security definer
-- Right after a large import the estimates are wrong, and must not make a join read all rows for each row.
set enable_seqscan = off
set search_path = ''
as $$
declare
  m record;
  v_last integer;
  v_new jsonb;
begin
  m := private.import_to_change(p_import_id);
  if m.p_error is not null then
    return jsonb_build_object('error', m.p_error);
  end if;
  if (m.p_import).state <> 'open' then
    return jsonb_build_object('error', 'import_over');
  end if;
  if jsonb_typeof(p_rows) is distinct from 'array' or jsonb_array_length(p_rows) not between 1 and 2000 then
    return jsonb_build_object('error', 'invalid_request', 'field', 'rows');
  end if;
  v_last := p_first_row + jsonb_array_length(p_rows) - 1;
  if (p_first_row between 1 and (m.p_import).received + 1) is not true or v_last > (m.p_import).row_count then
    return jsonb_build_object('error', 'invalid_request', 'field', 'first_row');
  end if;

  if v_last > (m.p_import).received then
    -- What has come before stays as it is.
    v_new := (
      select jsonb_agg(rows.value order by rows.place)
      from jsonb_array_elements(p_rows) with ordinality as rows (value, place)
      where p_first_row + rows.place - 1 > (m.p_import).received
    );
    perform private.begin_one_change();
    perform private.store_import_rows(m.p_import, (m.p_import).received + 1, v_new);
    perform private.end_one_change();
    update public.lead_imports set received = v_last where lead_imports.id = p_import_id;
  end if;
  return jsonb_build_object(
    'received', greatest(v_last, (m.p_import).received),
    'rows', coalesce((
      select jsonb_agg(
        jsonb_build_object('row', rows.row_number, 'result', rows.result) order by rows.row_number
      )
      from private.lead_import_rows as rows
      where rows.import_id = p_import_id
        and rows.row_number between p_first_row and v_last
        and rows.result <> 'new'
    ), '[]')
  );
end;
$$;

revoke execute on function private.import_to_change(uuid) from public, anon;
revoke execute on function private.import_answer(public.lead_imports) from public, anon;
revoke execute on function private.wrong_field_of_import(text, text, integer) from public, anon;
revoke execute on function private.begin_import(uuid, text, text, integer, integer) from public, anon;
revoke execute on function
private.store_import_rows(public.lead_imports, integer, jsonb)
from public, anon;
revoke execute on function private.import_rows(uuid, integer, jsonb) from public, anon;
grant execute on function private.begin_import(uuid, text, text, integer, integer) to authenticated;
grant execute on function private.import_rows(uuid, integer, jsonb) to authenticated;

-- Begins to import a file into a campaign's queue, or goes on where the same person left the same file: the
-- answer's "received" says how many rows are there.
-- Answers {"import": a row of lead_imports}, or {"error": "signed_out" | "not_found" | "invalid_request" (with
-- "field")}.
create function public.begin_import(
  p_campaign_id uuid, p_file_name text, p_fingerprint text, p_row_count integer, p_priority integer default 0
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.begin_import(p_campaign_id, p_file_name, p_fingerprint, p_row_count, p_priority);
$$;

-- Sends the next rows of the file, 2,000 at most; the first row is 1. A row that has come before is not read
-- again. p_rows: for each row {"name", "company", "phone_number": E.164, "email", "time_zone": IANA name,
-- "number_zones": [IANA name]}, as POST /api/twilio/numbers has read the number, or null if it has no lead.
-- A lead who is known, by subscriber, stays as they are.
-- Answers {"received": how many rows are there, "rows": [{"row", "result": "known" | "repeated" | "refused"}]
-- of those that were sent and made no new lead}, or {"error": "signed_out" | "not_found" | "not_allowed" |
-- "import_over" | "invalid_request" (with "field")}.
create function public.import_rows(p_import_id uuid, p_first_row integer, p_rows jsonb)
returns jsonb
language sql
set search_path = ''
as $$
  select private.import_rows(p_import_id, p_first_row, p_rows);
$$;

revoke execute on function public.begin_import(uuid, text, text, integer, integer)
from public, anon, authenticated, service_role;
revoke execute on function public.import_rows(uuid, integer, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.begin_import(uuid, text, text, integer, integer) to authenticated;
grant execute on function public.import_rows(uuid, integer, jsonb) to authenticated;
