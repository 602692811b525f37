-- Finding leads. The REST API's own filters cannot do this quickly: under row-level security PostgreSQL checks a
-- row before it compares texts, so it cannot use an index of texts. These functions check the membership
-- themselves, once, and then read rows of that business alone with their owner's rights.
set lock_timeout = '2s';

-- The ids of the leads that a search finds: all of them or, if p_first is given, at least the first p_first by
-- name. Null if more than p_most had to be looked at to know them.
-- A lead has a term either at the beginning of the name, where leads_name_idx finds it, or anywhere else, where
-- leads_search_idx finds it.
create function private.find_leads(
  p_business_id uuid, p_terms private.search_term[], p_numbers text[], p_first integer, p_most integer
)
returns uuid[]
language plpgsql
stable
-- The statements below are written for one index each.
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- How many names that begin with a term are compared with the other terms before the index is asked.
  c_names constant integer := 5000;
  c_grams constant text := 'private.search_grams(leads.business_id, substr(leads.search_text, 3))';
  v_condition constant text := private.search_condition(p_terms, 'leads.search_text');
  v_grams text := private.gram_condition(p_business_id, p_terms, c_grams);
  v_first constant integer := coalesce(p_first, p_most + 1);
  v_begins record;
  v_part uuid[];
  v_found uuid[];
begin
  if v_grams is null then
    return null;
  end if;
  execute format(
    'select array(select leads.id from public.leads where leads.business_id = $1 and %s and %s limit $2)',
    v_grams, v_condition
  ) into v_found using p_business_id, p_most + 1;
  if cardinality(v_found) > p_most then
    return null;
  end if;

  for v_begins in
    select ' ' || replace(ltrim(pattern, '% '), '%', '') as text, terms.place
    from unnest(p_terms) with ordinality as terms (is_number, any_of, or_all_of, place),
      unnest(terms.any_of || terms.or_all_of) as pattern
  loop
    execute format(
      'select array(
         select leads.id
         from (
           select leads.id, leads.search_text
           from public.leads
           where leads.business_id = $1 and leads.search_text >= $2 and leads.search_text < $2 || ''~''
           order by leads.search_text, leads.id
           limit $3
         ) as leads
         where %s
         limit $4
       )',
      v_condition
    ) into v_part using p_business_id, v_begins.text, c_names, v_first;
    v_found := v_found || v_part;
    continue when cardinality(v_part) >= v_first;

    -- Are there more names with this beginning? Then the other terms must find them.
    perform from public.leads
    where leads.business_id = p_business_id
      and leads.search_text >= v_begins.text and leads.search_text < v_begins.text || '~'
    offset c_names limit 1;
    continue when not found;

    v_grams := private.gram_condition(
      p_business_id,
      array(
        select row(terms.is_number, terms.any_of, terms.or_all_of)::private.search_term
        from unnest(p_terms) with ordinality as terms (is_number, any_of, or_all_of, place)
        where terms.place <> v_begins.place
          -- Unless they are at the beginning of the name themselves.
          and not exists (
            select from unnest(terms.any_of || terms.or_all_of) as pattern
            where starts_with(v_begins.text, ' ' || replace(ltrim(pattern, '% '), '%', ''))
              or starts_with(' ' || replace(ltrim(pattern, '% '), '%', ''), v_begins.text)
          )
      ),
      c_grams
    );
    if v_grams is null then
      return null;
    end if;
    execute format(
      'select array(
         select leads.id from public.leads
         where leads.business_id = $1 and %s and leads.search_text >= $2 and leads.search_text < $2 || ''~''
           and %s
         limit $3
       )',
      v_grams, v_condition
    ) into v_part using p_business_id, v_begins.text, p_most + 1;
    if cardinality(v_part) > p_most then
      return null;
    end if;
    v_found := v_found || v_part;
  end loop;

  return v_found || array(
    select leads.id from public.leads
    where leads.business_id = p_business_id and leads.phone_number = any(p_numbers)
  );
end;
$$;

-- Leads of a business, by name. Security definer: see above.
create function private.search_leads(
  p_business_id uuid, p_search text, p_numbers text[], p_limit integer
)
returns setof jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  -- Where a search is met by many leads, the first of them are among the first of all.
  c_read_first constant integer := 5000;
  v_terms constant private.search_term[] := private.search_terms(p_search);
  v_condition constant text := private.search_condition(v_terms, 'leads.search_text');
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

  execute format(
    'select array(
       select leads.id
       from (
         select leads.id, leads.search_text
         from public.leads
         where leads.business_id = $1
         order by leads.search_text, leads.id
         limit $2
       ) as leads
       where %s
       limit $3
     )',
    v_condition
  ) into v_found using p_business_id, c_read_first, p_limit;

  if cardinality(v_found) < p_limit then
    perform from public.leads where leads.business_id = p_business_id offset c_read_first limit 1;
    if found then
      v_found := private.find_leads(p_business_id, v_terms, '{}', p_limit, 2000);
      if v_found is null then
        -- All leads, in their order.
        execute format(
          'select array(
             select leads.id from public.leads where leads.business_id = $1 and %s
             order by leads.search_text, leads.id limit $2
           )',
          v_condition
        ) into v_found using p_business_id, p_limit;
      end if;
    end if;
  end if;

  return query
  select jsonb_build_object(
    'id', leads.id, 'name', leads.name, 'company', leads.company, 'phone_number', leads.phone_number
  )
  from public.leads
  where leads.business_id = p_business_id
    and (leads.id = any(v_found) or cardinality(v_terms) > 0 and leads.phone_number = any(p_numbers))
  order by leads.search_text, leads.id
  limit p_limit;
end;
$$;

revoke execute on function private.find_leads(uuid, private.search_term[], text[], integer, integer)
from public, anon;
revoke execute on function private.search_leads(uuid, text, text[], integer) from public, anon;
grant execute on function private.search_leads(uuid, text, text[], integer) to authenticated;

-- Leads of a business, by name: each {"id", "name", "company", "phone_number"}.
-- p_search: words of the name or the company, or any part of the number, in any order; null or empty for
-- all leads. p_numbers: the numbers in E.164 that p_search was read as; may be empty.
-- p_limit: at most 1000. Nothing is found in a business that the signed-in user is not a member of.
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
