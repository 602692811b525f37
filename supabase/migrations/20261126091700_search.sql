-- Finding leads and calls. The REST API's own filters cannot do this quickly: under row-level security
-- PostgreSQL checks a row before it compares texts, so it cannot use an index of texts. These functions check
-- the membership themselves, once, and then read rows of that business alone with their owner's rights.
set lock_timeout = '2s';

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
  v_terms private.search_term[] := private.search_terms(p_search);
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception 'p_limit is 1 to 1000' using errcode = '22023';
  end if;
  if not exists (
    select from private.memberships where memberships.business_id = p_business_id
  ) then
    return;
  end if;

  return query execute format(
    'select jsonb_build_object(
       ''id'', leads.id, ''name'', leads.name, ''company'', leads.company, ''phone_number'', leads.phone_number
     )
     from public.leads
     where leads.business_id = $1 and (%s or leads.subscriber = any($2))
     order by leads.search_text, leads.id
     limit $3',
    private.search_condition(v_terms, 'leads.search_text')
  ) using
    p_business_id, array(select private.subscriber(number) from unnest(p_numbers) as number), p_limit;
end;
$$;

-- Calls of a business, the newest first. Security definer: see above.
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
set search_path = ''
as $$
declare
  v_terms private.search_term[] := private.search_terms(p_search);
  v_words private.search_term[];
  v_numbers private.search_term[];
  v_condition text := 'true';
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception 'p_limit is 1 to 1000' using errcode = '22023';
  end if;
  if not exists (
    select from private.memberships where memberships.business_id = p_business_id
  ) then
    return;
  end if;

  if cardinality(v_terms) > 0 then
    v_words := array(select term from unnest(v_terms) as term where not term.is_number);
    v_numbers := array(select term from unnest(v_terms) as term where term.is_number);
    v_condition := private.search_condition(v_terms, 'leads.search_text');
    if cardinality(v_numbers) > 0 then
      v_condition := format('(%s or (%s and %s))',
        v_condition,
        private.search_condition(v_words, 'leads.search_text'),
        private.search_condition(v_numbers, 'private.number_form(conversations.to_number)')
      );
    end if;
    v_condition := v_condition || ' or private.subscriber(conversations.to_number) = any($2)'
      || ' or leads.subscriber = any($2)';
  end if;

  return query execute format(
    'select private.conversation_with_names(conversations)
     from public.conversations
     left join public.leads
       on leads.business_id = conversations.business_id and leads.id = conversations.lead_id
     where conversations.business_id = $1
       and ($3 is null or conversations.status = any($3))
       and ($4 is null or conversations.campaign_id = $4)
       and ($5 is null or conversations.user_id = $5)
       and (
         $6 is not true
         or conversations.outcome is null and conversations.duration_seconds > 0
         and conversations.user_id = (select auth.uid())
       )
       and ($7 is null or (conversations.created_at, conversations.id) < ($7, $8))
       and (%s)
     order by conversations.created_at desc, conversations.id desc
     limit $9',
    v_condition
  ) using
    p_business_id, array(select private.subscriber(number) from unnest(p_numbers) as number),
    nullif(p_statuses, '{}'), p_campaign_id, p_user_id, p_needs_outcome, p_before_at,
    p_before_id, p_limit;
end;
$$;

revoke execute on function private.search_leads(uuid, text, text[], integer) from public, anon;
revoke execute on function
private.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
from public, anon;
grant execute on function private.search_leads(uuid, text, text[], integer) to authenticated;
grant execute on function
private.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
to authenticated;

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

revoke execute on function public.search_leads(uuid, text, text[], integer)
from public, anon, authenticated, service_role;
revoke execute on function
public.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function public.search_leads(uuid, text, text[], integer) to authenticated;
grant execute on function
public.list_conversations(uuid, text, text[], text[], uuid, uuid, boolean, timestamptz, uuid, integer)
to authenticated;
