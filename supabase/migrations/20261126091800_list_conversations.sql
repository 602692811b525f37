-- Finding calls. 20261126091700_search_leads.sql says why there are functions for it.
set lock_timeout = '2s';

-- Calls (a statement), each with its lead and with what was dialled in the form that is compared, for a `from`.
-- OFFSET 0 keeps PostgreSQL from computing the form for each comparison.
create function private.calls_with_leads(p_calls text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return format(
    '(%s) as conversations
     left join public.leads
       on leads.business_id = conversations.business_id and leads.id = conversations.lead_id
     cross join lateral (
       select private.number_form(conversations.to_number) as form offset 0
     ) as dialled',
    p_calls
  );
end;
$$;

-- The condition on such a call that a search is. Words are compared with the
-- lead; numbers with the lead, or all of them with the number that was dialled. If what was dialled is
-- not a number, everything is compared with it.
create function private.call_condition(p_terms private.search_term[], p_subscribers text[])
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_words constant private.search_term[] := array(
    select terms from unnest(p_terms) as terms where not terms.is_number
  );
  v_numbers constant private.search_term[] := array(
    select terms from unnest(p_terms) as terms where terms.is_number
  );
begin
  return '(' || concat_ws(
    ' or ',
    private.search_condition(p_terms, 'leads.search_text'),
    case
      when cardinality(v_numbers) > 0 then
        private.search_condition(v_words, 'leads.search_text')
        || ' and ' || private.search_condition(v_numbers, 'dialled.form')
    end,
    case
      when cardinality(v_words) > 0 then
        -- A number has no words: its form need not be computed.
        'conversations.to_number not like ''+%'' and '
        || private.search_condition(p_terms, 'private.number_form(conversations.to_number)')
    end,
    case
      when cardinality(p_subscribers) > 0 then
        format(
          'leads.subscriber = any(%1$L) or private.subscriber(conversations.to_number) = any(%1$L)', p_subscribers
        )
    end
  ) || ')';
end;
$$;

-- The condition by which indexes find the calls whose dialled number a search is compared with. Null if they
-- cannot.
create function private.dialled_condition(
  p_business_id uuid, p_terms private.search_term[], p_subscribers text[]
)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_numbers constant private.search_term[] := array(
    select terms from unnest(p_terms) as terms where terms.is_number
  );
begin
  return '(' || private.gram_condition(
    p_business_id,
    case when cardinality(v_numbers) > 0 then v_numbers else p_terms end,
    -- As in the definition of conversations_to_number_idx.
    'private.search_grams(conversations.business_id, private.number_form(conversations.to_number))'
  ) || case
    when cardinality(p_subscribers) > 0
      then format(' or private.subscriber(conversations.to_number) = any(%L)', p_subscribers)
    else ''
  end || ')';
end;
$$;

-- The calls among p_calls (a statement, its calls in their order) that a search finds, the first p_limit of them.
create function private.matching_calls(
  p_calls text, p_terms private.search_term[], p_subscribers text[], p_limit integer
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
       select conversations.id
       from %s
       where %s
       order by conversations.created_at desc, conversations.id desc
       limit %s
     )',
    private.calls_with_leads(p_calls), private.call_condition(p_terms, p_subscribers), p_limit
  ) into v_found;
  return v_found;
end;
$$;

-- The calls that a search finds by index: those of the leads that it finds, and those to numbers that it finds,
-- the newest p_limit at least. Null if an index finds more than p_most: then it is quicker to read all calls.
-- p_where: the condition that all calls of the list meet.
create function private.find_calls(
  p_business_id uuid, p_terms private.search_term[], p_subscribers text[], p_where text, p_limit integer,
  p_most integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  v_leads constant uuid[] := private.find_leads(p_business_id, p_terms, p_most + 1, p_most);
  v_dialled constant text := private.dialled_condition(p_business_id, p_terms, p_subscribers);
  v_of_leads uuid[];
  v_count integer;
  v_to_numbers uuid[];
begin
  if v_leads is null or v_dialled is null then
    return null;
  end if;
  execute format(
    'select array(
       select conversations.id
       from (
         select unnest(%L::uuid[]) as id
         union
         select leads.id from public.leads where leads.business_id = %L and leads.subscriber = any(%L)
       ) as found
       join public.conversations on conversations.lead_id = found.id
       where %s
       order by conversations.created_at desc, conversations.id desc
       limit %s
     )',
    v_leads, p_business_id, p_subscribers, p_where, p_limit
  ) into v_of_leads;
  execute format(
    'select count(*), array_agg(conversations.id) filter (where %s) from %s',
    private.call_condition(p_terms, p_subscribers),
    private.calls_with_leads(format(
      'select conversations.* from public.conversations where %s and %s limit %s', p_where, v_dialled, p_most + 1
    ))
  ) into v_count, v_to_numbers;
  return case when v_count <= p_most then v_of_leads || v_to_numbers end;
end;
$$;

-- Calls of a business, the newest first.
-- Security definer: it checks the membership itself, and reads rows of the business alone.
create function private.list_conversations(
  p_business_id uuid,
  p_search text,
  p_numbers text[],
  p_statuses text[],
  p_campaign_id uuid,
  p_user_id uuid,
  p_needs_outcome boolean,
  p_before_at timestamptz,
  p_before_id uuid,
  p_limit integer
)
returns setof jsonb
language plpgsql
stable
security definer
-- The statements are written for one index each.
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- Where a search is met by many calls, the first of them are among the newest of all.
  c_newest constant integer := 1000;
  -- How many leads, and how many calls by their number, are looked up before all calls are read.
  c_most constant integer := 5000;
  v_terms constant private.search_term[] := private.search_terms(p_search);
  v_subscribers constant text[] := array(
    select private.subscriber(number) from unnest(p_numbers) as number
  );
  -- Every value is quoted.
  v_where constant text := concat_ws(
    ' and ',
    format('conversations.business_id = %L', p_business_id),
    case when cardinality(p_statuses) > 0 then format('conversations.status = any(%L)', p_statuses) end,
    case when p_campaign_id is not null then format('conversations.campaign_id = %L', p_campaign_id) end,
    case when p_user_id is not null then format('conversations.user_id = %L', p_user_id) end,
    case
      when p_needs_outcome then format(
        'conversations.user_id = %L and conversations.outcome is null and conversations.duration_seconds > 0',
        (select auth.uid())
      )
    end,
    case
      when p_before_at is not null
        then format('(conversations.created_at, conversations.id) < (%L, %L)', p_before_at, p_before_id)
    end
  );
  -- A format, whose parameter is how many calls are read.
  v_calls text := 'select conversations.* from public.conversations where ' || replace(v_where, '%', '%%');
  c_order constant text := ' order by conversations.created_at desc, conversations.id desc limit ';
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

  -- Calls of one rep are in two indexes: those that were placed, and those that were refused.
  if p_user_id is not null and p_needs_outcome is not true then
    v_calls := format(
      'select * from (
         (%1$s and conversations.block_reason is null %2$s %%1$s)
         union all
         (%1$s and conversations.block_reason is not null %2$s %%1$s)
       ) as conversations',
      v_calls, c_order
    );
  end if;
  v_calls := v_calls || c_order || '%1$s';

  if cardinality(v_terms) = 0 then
    v_found := private.matching_calls(format(v_calls, p_limit), v_terms, v_subscribers, p_limit);
  else
    v_found := private.matching_calls(format(v_calls, c_newest), v_terms, v_subscribers, p_limit);
    if cardinality(v_found) < p_limit then
      v_found := coalesce(
        private.find_calls(p_business_id, v_terms, p_numbers, v_where, p_limit, c_most),
        private.matching_calls(format(v_calls, 'all'), v_terms, v_subscribers, p_limit)
      );
    end if;
  end if;

  return query
  select private.conversation_with_names(conversations)
  from public.conversations
  where conversations.id = any(v_found)
  order by conversations.created_at desc, conversations.id desc
  limit p_limit;
end;
$$;

revoke execute on function private.calls_with_leads(text) from public, anon;
revoke execute on function private.call_condition(private.search_term[], text[]) from public, anon;
revoke execute on function private.dialled_condition(uuid, private.search_term[], text[])
from public, anon;
revoke execute on function private.matching_calls(text, private.search_term[], text[], integer)
from public, anon;
revoke execute on function
private.find_calls(uuid, private.search_term[], text[], text, integer, integer)
from public, anon;
revoke execute on function
private.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
from public, anon;
grant execute on function
private.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
to authenticated;

-- Calls of a business, the newest first: each with all columns of conversations, and "lead" and "campaign".
-- p_search and p_numbers as in search_leads; they are compared with the dialled number and with the lead. Null
-- means no condition. p_needs_outcome: only the signed-in user's own calls in which somebody talked and that
-- have no outcome yet. p_before_at and p_before_id: created_at and id of the last call of the page before.
create function public.list_conversations(
  p_business_id uuid,
  p_search text,
  p_numbers text[],
  p_statuses text[],
  p_campaign_id uuid,
  p_user_id uuid,
  p_needs_outcome boolean,
  p_before_at timestamptz,
  p_before_id uuid,
  p_limit integer
)
returns setof jsonb
language sql
stable
set search_path = ''
as $$
  select private.list_conversations(
    p_business_id, p_search, p_numbers, p_statuses, p_campaign_id, p_user_id, p_needs_outcome, p_before_at,
    p_before_id, p_limit
  );
$$;

revoke execute on function
public.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function
public.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
to authenticated;
