-- Finding calls. 20261126091700_search_leads.sql says why there is a function for it.
set lock_timeout = '2s';

-- The ids of the newest p_limit calls that match a search, among those that meet p_where: a condition on
-- conversations, whose values are quoted. p_newest is the statement for the newest of them, with %s for how many.
-- See list_conversations for p_search and p_numbers.
create function private.matching_conversations(
  p_business_id uuid, p_where text, p_newest text, p_search text, p_numbers text[], p_limit integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  -- If many calls match, enough of them are among these.
  c_newest constant integer := 1000;
  c_order constant text := ' order by conversations.created_at desc, conversations.id desc limit ';
  v_any_subscriber constant text := format(
    'any(%L::text[])', array(select private.subscriber(number) from unnest(p_numbers) as number)
  );
  -- The longest number that was typed. Numbers may be those of the lead or that was dialled, words are the lead's.
  v_number constant text := (
    select word
    from regexp_split_to_table(private.typed_form(p_search), ' +') as word
    where word ~ '^[0-9]+$'
    order by length(word) desc, word
    limit 1
  );
  -- Each word and each number that was typed belongs to the lead or to the number that was dialled. (The form of
  -- a number takes time, and has no words.)
  v_matches constant text := '(' || private.search_condition(
    p_search,
    '(coalesce(leads.search_text, '' '') || '
    || case
      when v_number is null
        then 'case when starts_with(conversations.to_number, ''+'') then '''' else '
          'private.number_form(conversations.to_number) end'
      else 'private.number_form(conversations.to_number)'
    end || ')'
  ) || ' or private.subscriber(conversations.to_number) = ' || v_any_subscriber
    || ' or leads.subscriber = ' || v_any_subscriber || ')';
  v_compared integer;
  v_found uuid[];
begin
  execute
    'select array(
       select conversations.id
       from (' || format(p_newest, c_newest) || ') as conversations
       left join public.leads on leads.id = conversations.lead_id
       where ' || v_matches || c_order || p_limit || ')'
  into v_found;
  if cardinality(v_found) >= p_limit then
    return v_found;
  end if;
  -- If these were all calls, the leads, who may be many, need not be asked.
  execute 'select count(*) from (' || format(p_newest, c_newest) || ') as conversations' into v_compared;
  if v_compared < c_newest then
    return v_found;
  end if;

  -- By the indexes of texts: the calls of leads who match, and the calls to numbers that match.
  execute
    'select array(
       select conversations.id
       from public.conversations
       where ' || p_where || '
         and conversations.lead_id = any(array(
           select leads.id from public.leads
           where leads.business_id = $1 and (' || private.search_condition(p_search, 'leads.search_text') || '
             or leads.subscriber = ' || v_any_subscriber || ')
         ))' || c_order || p_limit || ')
     || array(
       select conversations.id
       from public.conversations
       left join public.leads on leads.id = conversations.lead_id
       where ' || p_where || ' and ' || v_matches || ' and ('
         || private.search_condition(
           coalesce(v_number, p_search), 'private.number_form(conversations.to_number)'
         ) || '
         or private.subscriber(conversations.to_number) = ' || v_any_subscriber || ')'
      || c_order || p_limit || ')'
  into v_found using p_business_id;
  return v_found;
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
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
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
  c_order constant text := ' order by conversations.created_at desc, conversations.id desc limit %1$s';
  v_newest text := 'select * from public.conversations where ' || replace(v_where, '%', '%%');
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

  -- A rep's calls are in two indexes: those that were placed, and those that were refused.
  if p_user_id is not null and p_needs_outcome is not true then
    v_newest := 'select * from ('
      || '(' || v_newest || ' and conversations.block_reason is null' || c_order || ') union all '
      || '(' || v_newest || ' and conversations.block_reason is not null' || c_order || ')'
      || ') as conversations where true';
  end if;
  v_newest := v_newest || c_order;

  if coalesce(p_search, '') ~ '\S' then
    v_found := private.matching_conversations(
      p_business_id, v_where, v_newest, p_search, p_numbers, p_limit
    );
  else
    execute 'select array(select conversations.id from (' || format(v_newest, p_limit) || ') as conversations)'
    into v_found;
  end if;

  return query
  select private.conversation_with_names(conversations)
  from public.conversations
  where conversations.id = any(v_found)
  order by conversations.created_at desc, conversations.id desc
  limit p_limit;
end;
$$;

revoke execute on function
private.matching_conversations(uuid, text, text, text, text[], integer)
from public, anon;
revoke execute on function
private.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
from public, anon;
grant execute on function
private.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
to authenticated;

-- Calls of a business, the newest first: each with all columns of conversations, and "lead", "campaign" and
-- "quality" ({"grade", "fault", "rating"} of one's own leg, else, for managers, of the agent's; or null).
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
