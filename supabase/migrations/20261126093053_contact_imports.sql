-- A file whose leads are in no queue: contacts, for whatever campaign later.
set lock_timeout = '2s';

-- Security definer: nobody may write imports themselves.
create function private.delete_imports_of_business()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from public.lead_imports
  where lead_imports.business_id = old.id and lead_imports.campaign_id is null;
  return null;
end;
$$;

revoke execute on function private.delete_imports_of_business() from public, anon;

create trigger businesses_delete_imports
after delete on public.businesses
for each row execute function private.delete_imports_of_business();

-- Security definer: nobody may write imports themselves. It checks the role first.
create function private.begin_contact_import(
  p_business_id uuid, p_file_name text, p_fingerprint text, p_row_count integer
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_field text;
  v_import public.lead_imports;
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  v_field := private.wrong_field_of_import(p_file_name, p_fingerprint, p_row_count);
  if v_field is not null then
    return jsonb_build_object('error', 'invalid_request', 'field', v_field);
  end if;

  insert into public.lead_imports as begun (business_id, file_name, fingerprint, row_count, priority, created_by)
  values (p_business_id, left(p_file_name, 200), p_fingerprint, p_row_count, 0, (select auth.uid()))
  -- It was left unfinished, and goes on.
  on conflict (business_id, created_by, fingerprint) where state = 'open' and campaign_id is null
  do update set priority = 0
  where begun.row_count = excluded.row_count
  returning begun.* into v_import;
  if not found then
    return jsonb_build_object('error', 'invalid_request', 'field', 'row_count');
  end if;
  return private.import_answer(v_import);
end;
$$;

revoke execute on function private.begin_contact_import(uuid, text, text, integer) from public, anon;
grant execute on function private.begin_contact_import(uuid, text, text, integer) to authenticated;

-- Begins to import a file without a campaign, or goes on with it, as begin_import does: import_rows and finish_import
-- follow. Managers only.
-- Answers {"import": a row of lead_imports}, or {"error": "signed_out" | "not_found" | "not_allowed" |
-- "invalid_request" (with "field")}.
create function public.begin_contact_import(
  p_business_id uuid, p_file_name text, p_fingerprint text, p_row_count integer
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.begin_contact_import(p_business_id, p_file_name, p_fingerprint, p_row_count);
$$;

revoke execute on function public.begin_contact_import(uuid, text, text, integer)
from public, anon, authenticated, service_role;
grant execute on function public.begin_contact_import(uuid, text, text, integer) to authenticated;
