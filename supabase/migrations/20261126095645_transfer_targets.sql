-- The numbers outside of the business to which its calls are often transferred.
set lock_timeout = '2s';

-- A number that reps can choose by its name when they transfer a call or add somebody to it.
create table public.transfer_targets (
  business_id uuid not null references public.businesses (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  name text not null check (length(name) between 1 and 60),
  phone_number text not null check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  -- The business comes first, so that nobody learns from a conflict what others have.
  primary key (business_id, id),
  unique (business_id, phone_number)
);

-- Reps choose by the name.
create unique index transfer_targets_name_idx on public.transfer_targets (business_id, lower(name));

-- An international number is stored as E.164, however it was written.
create trigger transfer_targets_read_phone_number
before insert or update of phone_number on public.transfer_targets
for each row execute function private.read_phone_number();

create trigger transfer_targets_note_change
after insert or update or delete on public.transfer_targets
for each row execute function private.note_change('transfer_target', 'id', 'name');

alter table public.transfer_targets enable row level security;

-- Reps transfer calls to them.
create policy "members can read the transfer targets of their business"
on public.transfer_targets for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.transfer_targets from public, anon, authenticated, service_role;
grant select on public.transfer_targets to authenticated, service_role;

-- Security definer: nobody may write transfer targets themselves. It checks who asks.
create function private.save_transfer_target(
  p_business_id uuid, p_id uuid, p_name text, p_phone_number text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  -- A longer list is of no use to somebody in a call.
  c_most constant integer := 200;
  v_name constant text := private.visible_text(p_name);
  v_refused constant text := private.refuse_agent(p_business_id);
  v_id uuid;
  v_constraint text;
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (length(v_name) <= 60) is not true then
    return jsonb_build_object('error', 'invalid_name', 'field', 'name');
  end if;
  if p_phone_number is null then
    return jsonb_build_object('error', 'invalid_number', 'field', 'phone_number');
  end if;
  -- One at a time, so that the limit holds.
  perform from public.businesses where businesses.id = p_business_id for no key update;
  if p_id is null then
    if c_most <= (
      select count(*) from public.transfer_targets where transfer_targets.business_id = p_business_id
    ) then
      return jsonb_build_object('error', 'too_many');
    end if;
    insert into public.transfer_targets (business_id, name, phone_number)
    values (p_business_id, v_name, p_phone_number)
    returning transfer_targets.id into v_id;
  else
    update public.transfer_targets
    set name = v_name, phone_number = p_phone_number
    where transfer_targets.business_id = p_business_id and transfer_targets.id = p_id
    returning transfer_targets.id into v_id;
    if v_id is null then
      return jsonb_build_object('error', 'not_found');
    end if;
  end if;
  return jsonb_build_object('id', v_id);
exception
  when check_violation then
    return jsonb_build_object('error', 'invalid_number', 'field', 'phone_number');
  when unique_violation then
    get stacked diagnostics v_constraint = constraint_name;
    return case v_constraint
      when 'transfer_targets_name_idx' then jsonb_build_object('error', 'name_taken', 'field', 'name')
      else jsonb_build_object('error', 'number_taken', 'field', 'phone_number')
    end;
end;
$$;

-- Security definer: nobody may delete transfer targets themselves. It checks who asks.
create function private.remove_transfer_target(p_business_id uuid, p_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  delete from public.transfer_targets
  where transfer_targets.business_id = p_business_id and transfer_targets.id = p_id;
  return jsonb_build_object('removed', true);
end;
$$;

revoke execute on function private.save_transfer_target(uuid, uuid, text, text) from public, anon;
revoke execute on function private.remove_transfer_target(uuid, uuid) from public, anon;
grant execute on function private.save_transfer_target(uuid, uuid, text, text) to authenticated;
grant execute on function private.remove_transfer_target(uuid, uuid) to authenticated;

-- Adds a transfer target (p_id null), or changes one. p_name: 1 to 60 characters, which no other target of the business
-- has, in whatever case. p_phone_number: an international number. Owners and managers only. Answers {"id"}, or
-- {"error": "signed_out" | "not_found" (no business of theirs, or no such target) | "not_allowed" | "invalid_name" |
-- "invalid_number" | "name_taken" | "number_taken" | "too_many" (200), "field": the column, if one is wrong}.
create function public.save_transfer_target(
  p_business_id uuid, p_id uuid, p_name text, p_phone_number text
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.save_transfer_target(p_business_id, p_id, p_name, p_phone_number);
$$;

-- Removes a transfer target; a call that was transferred to it goes on. Owners and managers only.
-- Answers {"removed": true}, also if it was not there, or {"error": "signed_out" | "not_found" (no business of theirs) |
-- "not_allowed"}.
create function public.remove_transfer_target(p_business_id uuid, p_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.remove_transfer_target(p_business_id, p_id);
$$;

revoke execute on function public.save_transfer_target(uuid, uuid, text, text)
from public, anon, authenticated, service_role;
revoke execute on function public.remove_transfer_target(uuid, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.save_transfer_target(uuid, uuid, text, text) to authenticated;
grant execute on function public.remove_transfer_target(uuid, uuid) to authenticated;
