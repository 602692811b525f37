-- A higher limit can cost money, so every change of a limit is recorded.
set lock_timeout = '2s';

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

-- Reps can see why a call that was allowed yesterday is refused today.
create policy "members can read how the limits of their business changed"
on public.limit_changes for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.limit_changes from public, anon, authenticated, service_role;
grant select on public.limit_changes to authenticated, service_role;
revoke all on sequence public.limit_changes_id_seq from public, anon, authenticated, service_role;

-- Records a change, whoever makes it. The country counts as a limit: it says who may be called.
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
