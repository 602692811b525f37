-- Numbers that may be called again: managers take them off the do-not-call list, and say why.
set lock_timeout = '2s';

-- One row a number that left the list, whoever took it off. Append-only, but for people who are forgotten.
create table public.do_not_call_removals (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  phone_number text not null,
  -- Why it may be called again. Null: an operator took it off.
  reason text,
  -- Null: an operator. No foreign key: the record outlives the account.
  removed_by uuid,
  removed_at timestamptz not null default clock_timestamp(),
  -- The entry as it was.
  listed_reason text,
  listed_by uuid,
  listed_at timestamptz not null
);

-- The newest of a business first.
create index do_not_call_removals_business_id_idx on public.do_not_call_removals (business_id, id desc);

alter table public.do_not_call_removals enable row level security;

create policy "managers can read which numbers may be called again"
on public.do_not_call_removals for select to authenticated
using (business_id = any(array(select managed.business_id from private.managed)));

revoke all on public.do_not_call_removals from public, anon, authenticated, service_role;
grant select on public.do_not_call_removals to authenticated, service_role;
revoke all on sequence public.do_not_call_removals_id_seq from public, anon, authenticated, service_role;

-- Records that numbers left the list. henk.do_not_call_reason: why, as take_off_do_not_call was told. Numbers of a file
-- that is taken back are not recorded one by one: the file is.
-- Security definer: nobody may write the record themselves.
create function private.note_do_not_call_removal()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.do_not_call_removals (
    business_id, phone_number, reason, removed_by, listed_reason, listed_by, listed_at
  )
  select
    gone.business_id, gone.phone_number, nullif(current_setting('henk.do_not_call_reason', true), ''),
    (select auth.uid()), gone.reason, gone.created_by, gone.created_at
  from gone
  -- A business that is deleted takes its record along.
  where exists (select from public.businesses where businesses.id = gone.business_id)
    and coalesce(gone.import_id::text, '-') <> coalesce(current_setting('henk.undone_import_id', true), '');
  return null;
end;
$$;

create trigger do_not_call_note_removal
after delete on public.do_not_call
referencing old table as gone
for each statement execute function private.note_do_not_call_removal();

-- The one spelling of each of these numbers.
create function private.subscribers(p_numbers text[])
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
begin
  return array(select private.subscriber(named.number) from unnest(p_numbers) as named (number));
end;
$$;

-- Security definer: nobody may delete entries themselves. It checks who asks.
create function private.take_off_do_not_call(p_business_id uuid, p_numbers text[], p_reason text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_reason constant text := private.visible_text(p_reason);
  v_named text;
  v_gone text[];
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (cardinality(p_numbers) between 1 and 1000) is not true then
    return jsonb_build_object('error', 'invalid_request', 'field', 'numbers');
  end if;
  if v_reason is null then
    return jsonb_build_object('error', 'reason_required', 'field', 'reason');
  end if;
  if length(v_reason) > 500 then
    return jsonb_build_object('error', 'invalid_request', 'field', 'reason');
  end if;

  v_named := set_config('henk.do_not_call_reason', v_reason, true);
  -- A person is called again only if no other spelling of their number is left.
  with gone as (
    delete from public.do_not_call
    where do_not_call.business_id = p_business_id
      and do_not_call.subscriber = any(private.subscribers(p_numbers))
    returning do_not_call.phone_number
  )

  select coalesce(array_agg(gone.phone_number order by gone.phone_number), '{}') into v_gone from gone;
  v_named := set_config('henk.do_not_call_reason', '', true);
  return jsonb_build_object('taken_off', to_jsonb(v_gone));
end;
$$;

-- Security definer: it checks who asks, and reads rows of that business alone.
create function private.list_do_not_call_removals(
  p_business_id uuid, p_search text, p_numbers text[], p_before_id bigint, p_limit integer
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_found jsonb;
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (p_limit between 1 and 500) is not true then
    raise exception 'p_limit is 1 to 500' using errcode = '22023';
  end if;

  execute format(
    'select coalesce(jsonb_agg(to_jsonb(found) - ''business_id'' order by found.id desc), ''[]'')
     from (
       select removals.*
       from public.do_not_call_removals as removals
       cross join lateral (
         select
           private.do_not_call_form(removals.phone_number, concat_ws('' '', removals.reason, removals.listed_reason))
             as search_text
       ) as form
       where removals.business_id = $1
         and ($2 is null or removals.id < $2)
         and (%s or private.subscriber(removals.phone_number) = any($3))
       order by removals.id desc
       limit $4
     ) as found',
    private.search_condition(p_search, 'form.search_text')
  ) into v_found using p_business_id, p_before_id, private.subscribers(p_numbers), p_limit + 1;
  return jsonb_build_object(
    'removals', jsonb_path_query_array(v_found, '$[0 to $last]', jsonb_build_object('last', p_limit - 1)),
    'more', jsonb_array_length(v_found) > p_limit
  );
end;
$$;

revoke execute on function private.subscribers(text[]) from public, anon;
revoke execute on function private.note_do_not_call_removal() from public, anon;
revoke execute on function private.take_off_do_not_call(uuid, text[], text) from public, anon;
revoke execute on function
private.list_do_not_call_removals(uuid, text, text[], bigint, integer)
from public, anon;
grant execute on function private.take_off_do_not_call(uuid, text[], text) to authenticated;
grant execute on function private.list_do_not_call_removals(uuid, text, text[], bigint, integer) to authenticated;

-- Takes numbers (E.164, 1,000 at most) off the do-not-call list, in whatever spelling of the same person they stand
-- there. p_reason: 1 to 500 characters. Owners and managers only.
-- Answers {"taken_off": the numbers that stood there}, none the second time, or {"error": "signed_out" | "not_found"
-- (no business of theirs) | "not_allowed" | "reason_required" | "invalid_request" (with "field")}.
create function public.take_off_do_not_call(p_business_id uuid, p_numbers text[], p_reason text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.take_off_do_not_call(p_business_id, p_numbers, p_reason);
$$;

-- Numbers that were taken off, the newest first. p_search, p_numbers: as list_do_not_call has them. p_before_id: the id
-- of the last one that is known, for those after it. p_limit: at most 500. Owners and managers only.
-- Answers {"removals": [{"id", "phone_number", "reason", "removed_by", "removed_at", "listed_reason", "listed_by",
-- "listed_at"}], "more": whether there are more}, or {"error": "signed_out" | "not_found" | "not_allowed"}.
create function public.list_do_not_call_removals(
  p_business_id uuid, p_search text, p_numbers text[], p_before_id bigint, p_limit integer
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.list_do_not_call_removals(p_business_id, p_search, p_numbers, p_before_id, p_limit);
$$;

revoke execute on function public.take_off_do_not_call(uuid, text[], text)
from public, anon, authenticated, service_role;
revoke execute on function public.list_do_not_call_removals(uuid, text, text[], bigint, integer)
from public, anon, authenticated, service_role;
grant execute on function public.take_off_do_not_call(uuid, text[], text) to authenticated;
grant execute on function public.list_do_not_call_removals(uuid, text, text[], bigint, integer) to authenticated;
