-- Finding leads. The REST API's own filters cannot do this quickly: under row-level security PostgreSQL checks a
-- row before it compares texts, so it cannot use an index of texts. These functions check the membership
-- themselves, once, and then read rows of that business alone with their owner's rights.
set lock_timeout = '2s';

-- The leads that meet a condition: the first p_first of them by name. Null if there are more than p_most. p_grams
-- is what leads_search_idx is asked for; the condition is compared with what it finds.
create function private.leads_by_grams(
  p_business_id uuid, p_grams text, p_condition text, p_first integer, p_most integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  v_count integer;
  v_found uuid[];
begin
  execute format(
    'select count(*), (array_agg(found.id order by found.search_text, found.id))[1:$2]
     from (
       select leads.id, leads.search_text from public.leads
       where leads.business_id = $1 and %s and %s
       limit $3 + 1
     ) as found',
    p_grams, p_condition
  ) into v_count, v_found using p_business_id, p_first, p_most;
  return case when v_count <= p_most then coalesce(v_found, '{}') end;
end;
$$;

-- The first p_first leads by name that meet a condition, of those whose compared text is at p_from or after, and
-- before p_before. At most p_read of them are read.
create function private.leads_by_name(
  p_business_id uuid, p_from text, p_before text, p_condition text, p_first integer, p_read integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  v_found uuid[];
begin
  execute format(
    'select array(
       select leads.id
       from (
         select leads.id, leads.search_text
         from public.leads
         where leads.business_id = $1 and leads.search_text >= $2 and leads.search_text < $3
         order by leads.search_text, leads.id
         limit $5
       ) as leads
       where %s
       order by leads.search_text, leads.id
       limit $4
     )',
    p_condition
  ) into v_found using p_business_id, p_from, p_before, p_first, p_read;
  return v_found;
end;
$$;

-- The first p_first leads by name that a search finds. Null if an index finds more than p_most: then it is
-- quicker to read all leads by name. A lead has a term either at the beginning of its name, where
-- leads_name_idx finds it, or elsewhere, where leads_search_idx finds it. The leads come in no order.
create function private.find_leads(
  p_business_id uuid, p_terms private.search_term[], p_first integer, p_most integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  -- How many names with the same beginning are compared with the other terms before the index of grams is
  -- asked.
  c_names constant integer := 5000;
  c_grams constant text := 'private.search_grams(leads.business_id, substr(leads.search_text, 3))';
  v_condition constant text := private.search_condition(p_terms, 'leads.search_text');
  v_grams text := private.gram_condition(p_business_id, p_terms, c_grams);
  v_found uuid[];
  v_part uuid[];
  v_from text;
  v_before text;
begin
  if v_grams is null then
    return null;
  end if;
  v_found := private.leads_by_grams(p_business_id, v_grams, v_condition, p_first, p_most);

  for v_from in
    select distinct ' ' || private.pattern_text(pattern)
    from unnest(p_terms) as terms, unnest(terms.any_of || terms.or_all_of) as pattern
  loop
    if v_found is null then
      return null;
    end if;
    -- The tilde is behind everything in a compared text.
    v_before := v_from || '~';
    v_part := private.leads_by_name(p_business_id, v_from, v_before, v_condition, p_first, c_names);
    if cardinality(v_part) < p_first then
      perform from public.leads
      where leads.business_id = p_business_id
        and leads.search_text >= v_from and leads.search_text < v_before
      offset c_names limit 1;
      if found then
        -- There are more such names: the other terms find those that are meant, unless they, too, are at the
        -- beginning of the name.
        v_grams := private.gram_condition(
          p_business_id,
          array(
            select terms from unnest(p_terms) as terms
            where not exists (
              select from unnest(terms.any_of || terms.or_all_of) as pattern
              where starts_with(v_from, ' ' || private.pattern_text(pattern))
                or starts_with(' ' || private.pattern_text(pattern), v_from)
            )
          ),
          c_grams
        );
        if v_grams is null then
          return null;
        end if;
        v_part := private.leads_by_grams(
          p_business_id,
          format('%s and leads.search_text >= %L and leads.search_text < %L', v_grams, v_from, v_before),
          v_condition, p_first, p_most
        );
      end if;
    end if;
    v_found := case when v_part is not null then v_found || v_part end;
  end loop;
  return v_found;
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
-- Each statement is written for one index.
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- Where a search is met by many leads, the first of them are among the first of all.
  c_read_first constant integer := 5000;
  -- Where the indexes find more leads than these, reading all leads by name is quicker.
  c_most constant integer := 2000;
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

  v_found := private.leads_by_name(p_business_id, '', '~', v_condition, p_limit, c_read_first);
  if cardinality(v_found) < p_limit then
    perform from public.leads where leads.business_id = p_business_id offset c_read_first limit 1;
    if found then
      v_found := coalesce(
        private.find_leads(p_business_id, v_terms, p_limit, c_most),
        private.leads_by_name(p_business_id, '', '~', v_condition, p_limit, null)
      );
    end if;
  end if;
  if cardinality(v_terms) > 0 then
    v_found := v_found || array(
      select leads.id from public.leads
      where leads.business_id = p_business_id
        and leads.subscriber = any(array(select private.subscriber(number) from unnest(p_numbers) as number))
    );
  end if;

  return query
  select jsonb_build_object(
    'id', leads.id, 'name', leads.name, 'company', leads.company, 'phone_number', leads.phone_number
  )
  from public.leads
  where leads.id in (select found.id from unnest(v_found) as found (id))
  order by leads.search_text, leads.id
  limit p_limit;
end;
$$;

revoke execute on function private.leads_by_grams(uuid, text, text, integer, integer) from public, anon;
revoke execute on function private.leads_by_name(uuid, text, text, text, integer, integer)
from public, anon;
revoke execute on function private.find_leads(uuid, private.search_term[], integer, integer)
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
