-- Who changed what in a business, from what to what: settings, people, the do-not-call list and contacts.
set lock_timeout = '2s';

-- One row a change of one thing, or of many things that were changed in one step. Append-only.
create table public.changes (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- Null: an operator, or the database itself. No foreign key: the record outlives the account.
  changed_by uuid,
  -- What colleagues called that person at the time.
  changed_by_name text,
  changed_at timestamptz not null default clock_timestamp(),
  -- What kind of thing it is: the first argument of a trigger that executes private.note_change.
  subject text not null,
  -- Which one.
  subject_id text not null,
  -- What it was called at the time.
  subject_name text,
  -- The columns that changed. Null before: it was added. Null after: it was removed. '{}': a person asked to be
  -- forgotten, and the values were about them.
  before jsonb,
  after jsonb
);

create index changes_business_id_idx on public.changes (business_id, id desc);
create index changes_subject_idx on public.changes (business_id, subject, id desc);
create index changes_changed_by_idx on public.changes (business_id, changed_by, id desc);

alter table public.changes enable row level security;

create policy "managers can read what changed in their business"
on public.changes for select to authenticated
using (business_id = any(array(select managed.business_id from private.managed)));

revoke all on public.changes from public, anon, authenticated, service_role;
grant select on public.changes to authenticated, service_role;
revoke all on sequence public.changes_id_seq from public, anon, authenticated, service_role;

-- Adds a row of a change, by the signed-in person. Not if the business itself is being deleted: the record goes along.
create function private.add_change(
  p_business_id uuid, p_subject text, p_subject_id text, p_subject_name text, p_before jsonb, p_after jsonb
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
begin
  if not exists (select from public.businesses where businesses.id = p_business_id) then
    return;
  end if;
  insert into public.changes (
    business_id, changed_by, changed_by_name, subject, subject_id, subject_name, before, after
  ) values (
    p_business_id,
    v_user_id,
    case when v_user_id is not null then coalesce(
      (
        select business_members.display_name
        from public.business_members
        where business_members.business_id = p_business_id and business_members.user_id = v_user_id
      ),
      -- They left with this change, or are not in the business yet.
      case when p_subject_id = v_user_id::text then p_before ->> 'display_name' end,
      (select left(users.email, 200) from auth.users where users.id = v_user_id)
    ) end,
    p_subject, p_subject_id, left(p_subject_name, 200), p_before, p_after
  );
end;
$$;

-- What the columns that name a row say of it. p_columns: with commas.
create function private.named_in(p_row jsonb, p_columns text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (
    select string_agg(p_row ->> named.key, ' ' order by named.place)
    from unnest(string_to_array(p_columns, ',')) with ordinality as named (key, place)
  );
end;
$$;

revoke execute on function private.named_in(jsonb, text) from public, anon;

-- Records the change of a row, whoever makes it. The trigger says: the subject; the column that tells which one; the
-- columns that name it, with commas; then the columns that follow from others, which are not told.
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
  v_untold constant text[] := array['business_id', 'created_at', tg_argv[1]] || tg_argv[3:];
begin
  if private.is_one_change() then
    return null;
  end if;
  -- An operator gives it to another business: each reads its own side, and nothing of the other.
  if v_old ->> 'business_id' <> v_new ->> 'business_id' then
    perform private.add_change(
      (v_old ->> 'business_id')::uuid, tg_argv[0], v_old ->> tg_argv[1],
      private.named_in(v_old, tg_argv[2]), v_old - v_untold, null
    );
    perform private.add_change(
      (v_new ->> 'business_id')::uuid, tg_argv[0], v_new ->> tg_argv[1],
      private.named_in(v_new, tg_argv[2]), null, v_new - v_untold
    );
    return null;
  end if;
  v_old := v_old - v_untold;
  v_new := v_new - v_untold;
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(was.key, was.value), jsonb_object_agg(was.key, v_new -> was.key)
    into v_old, v_new
    from jsonb_each(v_old) as was
    where was.value is distinct from v_new -> was.key;
    if v_old is null then
      return null;
    end if;
  end if;
  perform private.add_change(
    (v_row ->> case when tg_table_name = 'businesses' then 'id' else 'business_id' end)::uuid,
    tg_argv[0],
    v_row ->> tg_argv[1],
    private.named_in(v_row, tg_argv[2]),
    v_old,
    v_new
  );
  return null;
end;
$$;

-- Whether what is written now is recorded as one change: between begin_one_change and end_one_change.
create function private.is_one_change()
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce(current_setting('henk.one_change', true) = 'on', false);
end;
$$;

-- From here on, until end_one_change, rows are changed without a row each in the record: an import adds thousands.
-- Nothing that people can ask over REST sets this setting.
create function private.begin_one_change()
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_named text;
begin
  v_named := set_config('henk.one_change', 'on', true);
end;
$$;

-- Ends it. What was changed is on record as one change: as the row of an import, or by private.add_change.
create function private.end_one_change()
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_named text;
begin
  v_named := set_config('henk.one_change', '', true);
end;
$$;

revoke execute on function private.add_change(uuid, text, text, text, jsonb, jsonb) from public, anon;
revoke execute on function private.note_change() from public, anon;
revoke execute on function private.is_one_change() from public, anon;
revoke execute on function private.begin_one_change() from public, anon;
revoke execute on function private.end_one_change() from public, anon;

create trigger businesses_note_change
after insert or update on public.businesses
for each row execute function private.note_change('business', 'id', 'name');

create trigger business_members_note_change
after insert or update or delete on public.business_members
for each row execute function private.note_change('member', 'user_id', 'display_name');
