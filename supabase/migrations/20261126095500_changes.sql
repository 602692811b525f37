-- Who changed what in a business's settings, from what to what.
set lock_timeout = '2s';

-- One row a change of one thing. Append-only.
create table public.changes (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- Null: an operator, or the database itself. No foreign key: the record outlives the account.
  changed_by uuid,
  changed_at timestamptz not null default clock_timestamp(),
  -- What kind of thing it is: 'member' or 'invitation'.
  subject text not null,
  -- Which one.
  subject_id text not null,
  -- The columns that changed. Null before: it was added. Null after: it was removed.
  before jsonb,
  after jsonb
);

create index changes_business_id_idx on public.changes (business_id, changed_at desc, id desc);

alter table public.changes enable row level security;

create policy "managers can read what changed in their business"
on public.changes for select to authenticated
using (business_id = any(array(
  select memberships.business_id from private.memberships
  where memberships.role in ('owner', 'manager')
)));

revoke all on public.changes from public, anon, authenticated, service_role;
grant select on public.changes to authenticated, service_role;
revoke all on sequence public.changes_id_seq from public, anon, authenticated, service_role;

-- Records a change, whoever makes it. The trigger names the subject, and the column that tells which one.
-- Security definer: nobody may write the record themselves.
create function private.note_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_old jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  v_new jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  v_row constant jsonb := coalesce(v_new, v_old);
  v_business_id constant uuid := (v_row ->> 'business_id')::uuid;
begin
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(was.key, was.value), jsonb_object_agg(was.key, v_new -> was.key)
    into v_old, v_new
    from jsonb_each(v_old) as was
    where was.value is distinct from v_new -> was.key;
    if not found or v_old is null then
      return null;
    end if;
  end if;
  -- A business that is deleted takes its record along.
  if exists (select from public.businesses where businesses.id = v_business_id) then
    insert into public.changes (business_id, changed_by, subject, subject_id, before, after)
    values (v_business_id, (select auth.uid()), tg_argv[0], v_row ->> tg_argv[1], v_old, v_new);
  end if;
  return null;
end;
$$;

revoke execute on function private.note_change() from public, anon;

create trigger business_members_note_change
after insert or update or delete on public.business_members
for each row execute function private.note_change('member', 'user_id');
