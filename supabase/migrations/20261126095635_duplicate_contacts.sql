-- Contacts that may be one person, and those of whom somebody has said that they are not.
set lock_timeout = '2s';

-- A contact has a number or an address in common with others, and is another person than all others of whom this says
-- the same. A row a contact and not one for each two of them: a switchboard's number may be that of hundreds.
create table private.contacts_told_apart (
  business_id uuid not null,
  lead_id uuid not null,
  field text not null check (field in ('phone_number', 'email')),
  -- As duplicate_contacts compares it. If the contact has another one now, this says nothing.
  value text not null check (length(value) <= 320),
  primary key (business_id, lead_id, field),
  foreign key (business_id, lead_id) references public.leads (business_id, id) on delete cascade
);

create index contacts_told_apart_value_idx on private.contacts_told_apart (business_id, field, value);

alter table private.contacts_told_apart enable row level security;

-- The functions below read and write them with their owner's rights.
create policy "nobody reads which contacts were told apart"
on private.contacts_told_apart for select to authenticated
using (false);

revoke all on private.contacts_told_apart from public, anon, authenticated, service_role;

-- How many contacts with this number or address were told apart from each other.
create function private.count_told_apart(p_business_id uuid, p_field text, p_value text)
returns bigint
language plpgsql
stable
-- The check of a cheaper condition comes first.
cost 1000
set search_path = ''
as $$
begin
  return (
    select count(*)
    from private.contacts_told_apart as told
    inner join public.leads on leads.business_id = told.business_id and leads.id = told.lead_id
    where told.business_id = p_business_id
      and told.field = p_field
      and told.value = p_value
      and case told.field when 'email' then lower(leads.email) else leads.subscriber end = told.value
  );
end;
$$;

-- Security definer: it checks the membership once, and then reads that business alone.
create function private.duplicate_contacts(p_business_id uuid, p_limit integer)
returns jsonb
language plpgsql
stable
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_outsider(p_business_id);
  v_groups jsonb;
begin
  if (p_limit between 1 and 100) is not true then
    raise exception 'p_limit is 1 to 100' using errcode = '22023';
  end if;
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;

  with numbers as (
    select 'phone_number' as field, leads.subscriber as value, count(*) as size
    from public.leads
    where leads.business_id = p_business_id and leads.subscriber is not null
    group by leads.subscriber
    having count(*) > 1
      and count(*) > private.count_told_apart(p_business_id, 'phone_number', leads.subscriber)
    order by leads.subscriber
    limit p_limit + 1
  ),

  addresses as (
    select 'email' as field, lower(leads.email) as value, count(*) as size
    from public.leads
    where leads.business_id = p_business_id
      and leads.email is not null
    group by lower(leads.email)
    having count(*) > 1
      -- Those who have the same number, too, are in the group of the number.
      and (count(distinct leads.subscriber) <> 1 or bool_or(leads.subscriber is null))
      and count(*) > private.count_told_apart(p_business_id, 'email', lower(leads.email))
    order by lower(leads.email)
    limit p_limit + 1
  ),

  groups as (
    select named.*, row_number() over (order by named.field desc, named.value) as place
    from (
      select * from numbers
      union all
      select * from addresses
    ) as named
  )

  select jsonb_build_object(
    'groups', coalesce(
      jsonb_agg(
        jsonb_build_object(
          'by', groups.field,
          'value', groups.value,
          'size', groups.size,
          'contacts', (
            select jsonb_agg(private.contact_of(same) order by same.created_at, same.id)
            from (
              select leads.*
              from public.leads
              where leads.business_id = p_business_id
                and case when groups.field = 'email' then lower(leads.email) else leads.subscriber end = groups.value
              order by leads.created_at, leads.id
              limit 21
            ) as same
          )
        )
        order by groups.place
      ) filter (where groups.place <= p_limit),
      '[]'
    ),
    'more', count(*) > p_limit
  ) into v_groups
  from groups;
  return v_groups;
end;
$$;

-- Security definer: nobody may write what tells contacts apart themselves. It checks the role first.
create function private.tell_contacts_apart(p_business_id uuid, p_by text, p_value text, p_size integer)
returns jsonb
language plpgsql
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_leads public.leads[];
begin
  if (p_by in ('phone_number', 'email') and p_size between 2 and 1000) is not true then
    raise exception 'p_by is phone_number or email, and p_size is 2 to 1000' using errcode = '22023';
  end if;
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  -- As merges, imports and edited contacts wait for each other.
  perform pg_advisory_xact_lock(hashtextextended('import:' || p_business_id::text, 0));
  if p_by = 'email' then
    v_leads := array(
      select leads from public.leads
      where leads.business_id = p_business_id and lower(leads.email) = p_value
      order by leads.created_at, leads.id
      limit 1001
    );
  else
    v_leads := array(
      select leads from public.leads
      where leads.business_id = p_business_id and leads.subscriber = p_value
      order by leads.created_at, leads.id
      limit 1001
    );
  end if;
  -- Of somebody who has come meanwhile nobody has said anything.
  if cardinality(v_leads) <> p_size then
    return jsonb_build_object('error', 'changed_meanwhile');
  end if;
  insert into private.contacts_told_apart (business_id, lead_id, field, value)
  select p_business_id, told.id, p_by, p_value
  from unnest(v_leads) as told
  on conflict (business_id, lead_id, field) do update set value = excluded.value
  where contacts_told_apart.value <> excluded.value;
  if found then
    perform private.add_change(
      p_business_id, 'lead', v_leads[1].id::text, v_leads[1].name,
      jsonb_build_object(),
      jsonb_build_object('told_apart_from', p_size - 1)
    );
  end if;
  return jsonb_build_object('told_apart', p_size);
end;
$$;

revoke execute on function private.count_told_apart(uuid, text, text) from public, anon;
revoke execute on function private.duplicate_contacts(uuid, integer) from public, anon;
revoke execute on function private.tell_contacts_apart(uuid, text, text, integer) from public, anon;
grant execute on function private.duplicate_contacts(uuid, integer) to authenticated;
grant execute on function private.tell_contacts_apart(uuid, text, text, integer) to authenticated;

-- Contacts that may be one person: they have the same number, in whatever spelling, or the same e-mail address, and
-- nobody has said of all of them that they are different people.
-- p_limit: 1 to 100 groups. Answers {"groups": [{"by": "phone_number" | "email", "value", "size", "contacts": the
-- oldest first, 21 at most}], "more"}, or {"error": "signed_out" | "not_found"}.
create function public.duplicate_contacts(p_business_id uuid, p_limit integer)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.duplicate_contacts(p_business_id, p_limit);
$$;

-- Says of all contacts of a group of duplicate_contacts that they are different people: the group is not there any more,
-- until another contact has the same number or address. Managers only. p_by, p_value, p_size: those of the group,
-- which has 1,000 contacts at most. Answers {"told_apart": how many}, or {"error": "signed_out" | "not_found" |
-- "not_allowed" | "changed_meanwhile": others are in the group now}.
create function public.tell_contacts_apart(p_business_id uuid, p_by text, p_value text, p_size integer)
returns jsonb
language sql
set search_path = ''
as $$
  select private.tell_contacts_apart(p_business_id, p_by, p_value, p_size);
$$;

revoke execute on function public.duplicate_contacts(uuid, integer)
from public, anon, authenticated, service_role;
revoke execute on function public.tell_contacts_apart(uuid, text, text, integer)
from public, anon, authenticated, service_role;
grant execute on function public.duplicate_contacts(uuid, integer) to authenticated;
grant execute on function public.tell_contacts_apart(uuid, text, text, integer) to authenticated;
