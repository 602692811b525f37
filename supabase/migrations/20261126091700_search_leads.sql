-- Finding leads. The REST API's own filters cannot do this quickly: under row-level security PostgreSQL checks a
-- row before it compares texts, so it cannot use an index of texts. private.search_leads checks the membership
-- itself, once, and then reads rows of that business alone with its owner's rights.
set lock_timeout = '2s';

-- Security definer: see above.
create function private.search_leads(
  p_business_id uuid, p_search text, p_numbers text[], p_limit integer
)
returns setof jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- If many leads match, enough of them are among the first by name.
  c_first_by_name constant integer := 5000;
  v_condition constant text := private.search_condition(p_search, 'leads.search_text');
  v_found uuid[];
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception 'p_limit is 1 to 1000' using errcode = '22023';
  end if;
  if not exists (
    select from private.memberships where memberships.business_id = p_business_id
  ) then
    return;
  end if;

  -- Those who have the number, then those whose names begin with what was typed, then others.
  v_found := array(
    select leads.id from public.leads
    where leads.business_id = p_business_id
      and leads.subscriber = any(array(select private.subscriber(number) from unnest(p_numbers) as number))
    limit p_limit
  );
  execute format(
    'select $3 || array(
       select leads.id from public.leads
       where leads.business_id = $1 and leads.search_text like %L and leads.id <> all($3)
       order by leads.search_text, leads.id
       limit $2
     )',
    rtrim(private.search_form(p_search)) || '%'
  ) into v_found using p_business_id, p_limit, v_found;
  if cardinality(v_found) < p_limit then
    execute format(
      'select $3 || array(
         select leads.id
         from (
           select leads.id, leads.search_text from public.leads
           where leads.business_id = $1
           order by leads.search_text, leads.id
           limit $4
         ) as leads
         where %s and leads.id <> all($3)
         limit $2
       )',
      v_condition
    ) into v_found using p_business_id, p_limit, v_found, c_first_by_name;
  end if;
  if cardinality(v_found) < p_limit then
    execute format(
      'select $3 || array(
         select leads.id from public.leads
         where leads.business_id = $1 and %s and leads.id <> all($3)
         limit $2
       )',
      v_condition
    ) into v_found using p_business_id, p_limit, v_found;
  end if;

  return query
  select jsonb_build_object(
    'id', leads.id, 'name', leads.name, 'company', leads.company, 'phone_number', leads.phone_number
  )
  from public.leads
  where leads.id = any(v_found[:p_limit])
  order by leads.search_text, leads.id;
end;
$$;

revoke execute on function private.search_leads(uuid, text, text[], integer) from public, anon;
grant execute on function private.search_leads(uuid, text, text[], integer) to authenticated;

-- Leads of a business, by name: each {"id", "name", "company", "phone_number"}.
-- p_search: words of the name or the company, or any part of the number, in any order; null or empty for
-- all leads. p_numbers: the numbers in E.164 that p_search was read as; may be empty.
-- p_limit: at most 1000. If more match, those whose names begin with p_search come first.
-- Nothing is found in a business that the signed-in user is not a member of.
create function public.search_leads(
  p_business_id uuid, p_search text, p_numbers text[], p_limit integer
)
returns setof jsonb
language sql
stable
set search_path = ''
as $$
  select private.search_leads(p_business_id, p_search, p_numbers, p_limit);
$$;

revoke execute on function public.search_leads(uuid, text, text[], integer)
from public, anon, authenticated, service_role;
grant execute on function public.search_leads(uuid, text, text[], integer) to authenticated;
