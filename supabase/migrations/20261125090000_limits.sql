-- What a business may spend calls on: limits are its own data, and bind every way to dial.
set lock_timeout = '2s';

alter table public.businesses
-- ISO 3166-1 alpha-2. Null: its own country alone.
add column allowed_countries text[] check (
  array_to_string(allowed_countries, ',') ~ '^([A-Z]{2}(,[A-Z]{2})*)?$'
  -- As many codes as elements: none is null, and none is two.
  and length(array_to_string(allowed_countries, ',')) = greatest(0, 3 * cardinality(allowed_countries) - 1)
  -- A plain list, and no longer than there are countries.
  and coalesce(array_ndims(allowed_countries), 1) = 1
  and cardinality(allowed_countries) <= 250
),
-- When a lead may be called, on the lead's own clock: from the start, until just before the end. Both
-- null: at any time.
add column calling_hours_start time default '08:00',
add column calling_hours_end time default '21:00',
-- Calls placed, answered or not; refused ones do not count.
add column calls_per_rep_per_minute integer not null default 10
check (calls_per_rep_per_minute between 1 and 1000),
-- Of any 24 hours.
add column calls_per_rep_per_day integer not null default 500
check (calls_per_rep_per_day between 1 and 100000),
-- Of all reps together, ringing or talking.
add column concurrent_calls integer not null default 50
check (concurrent_calls between 1 and 1000),
-- Valid at once: there are few businesses to look at.
-- squawk-ignore constraint-missing-not-valid
add constraint businesses_token_grants_ceiling_check check (token_grants_per_minute <= 100000),
-- squawk-ignore constraint-missing-not-valid
add constraint businesses_calling_hours_check check (
  (calling_hours_start is null and calling_hours_end is null)
  or coalesce(calling_hours_start < calling_hours_end, false)
);

-- Whether this is an IANA name of a place's time zone, such as Europe/Berlin, and Postgres can tell the
-- time there. (It takes abbreviations and offsets, too.)
create function private.is_time_zone(p_name text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  perform now() at time zone p_name;
  return p_name ~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)+$';
exception
  when invalid_parameter_value then
    return false;
end;
$$;

-- service_role writes leads, whose check asks this.
revoke execute on function private.is_time_zone(text) from public, anon;
grant execute on function private.is_time_zone(text) to authenticated, call_webhook, service_role;

-- An IANA name, where it is known better than by the number: a mobile number may be anywhere.
alter table public.leads
add column time_zone text check (private.is_time_zone(time_zone));

-- The businesses whose limits the signed-in user may change.
-- Security definer: as private.business_ids.
create function private.managed_business_ids()
returns setof uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return query
  select business_members.business_id
  from public.business_members
  where business_members.user_id = (select auth.uid())
    and business_members.role in ('owner', 'manager');
end;
$$;

revoke execute on function private.managed_business_ids() from public, anon;
grant execute on function private.managed_business_ids() to authenticated;

create policy "managers can change the limits of their business"
on public.businesses for update to authenticated
using (id = any(array(select private.managed_business_ids())))
with check (id = any(array(select private.managed_business_ids())));

grant update (
  allowed_countries, calling_hours_start, calling_hours_end, calls_per_rep_per_minute,
  calls_per_rep_per_day, concurrent_calls, max_call_seconds, token_grants_per_minute
)
on public.businesses to authenticated;

-- Who changed a business's limits, when, and from what to what. Append-only.
create table public.limit_changes (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- Null: an operator. No foreign key: the record outlives the account.
  changed_by uuid,
  changed_at timestamptz not null default now(),
  -- The limits that changed, by column.
  before jsonb not null,
  after jsonb not null
);

create index limit_changes_business_id_idx on public.limit_changes (business_id, changed_at desc);

alter table public.limit_changes enable row level security;

create policy "members can read how the limits of their business changed"
on public.limit_changes for select to authenticated
using (business_id = any(array(select private.business_ids())));

revoke all on public.limit_changes from public, anon, authenticated, service_role;
grant select on public.limit_changes to authenticated, service_role;
revoke all on sequence public.limit_changes_id_seq from public, anon, authenticated, service_role;

-- Security definer: nobody may write the record themselves.
create function private.note_limit_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  with changed as (
    select old_limits.key, old_limits.value as old_value, new_limits.value as new_value
    from jsonb_each(to_jsonb(old)) as old_limits
    join jsonb_each(to_jsonb(new)) as new_limits using (key)
    where old_limits.value <> new_limits.value and key not in ('id', 'name', 'created_at')
  )

  insert into public.limit_changes (business_id, changed_by, before, after)
  select
    new.id, (select auth.uid()),
    jsonb_object_agg(changed.key, changed.old_value),
    jsonb_object_agg(changed.key, changed.new_value)
  from changed
  having count(*) > 0;
  return null;
end;
$$;

revoke execute on function private.note_limit_change() from public, anon;

create trigger businesses_note_limit_change
after update on public.businesses
for each row execute function private.note_limit_change();

-- Who is asked not to be called again says so to the rep.
alter table public.do_not_call
-- Null: an operator. No foreign key: the record outlives the account.
add column created_by uuid,
alter column created_by set default auth.uid();

create policy "members can forbid their business to call a number"
on public.do_not_call for insert to authenticated
with check (business_id = any(array(select private.business_ids())));

-- Neither update nor delete: only an operator lifts it.
grant insert (business_id, phone_number, reason) on public.do_not_call to authenticated;
