-- The leads of a queue, group by group, page by page.
set lock_timeout = '2s';

-- In which of the groups of campaign_queues an entry is counted.
create function private.group_of_entry(p_entry public.queue_entries)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when p_entry.state <> 'ready' then p_entry.state
    when p_entry.is_due or p_entry.next_at <= now() then 'due'
    else 'waiting'
  end;
end;
$$;

-- The ids of the entries of one part of a queue that come after an entry, in their order, p_limit at most.
-- p_part: 1 who is due and has waited, 2 who is due, 3 who waits, 4 who is leased, 5 who is paused, 6 who is done.
-- p_after is null, or the last entry of the page before, as it was then. Each part is read by an index.
create function private.entries_of_part(
  p_campaign_id uuid, p_part integer, p_reason text, p_after public.queue_entries, p_limit integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  c_first_id constant uuid := '00000000-0000-0000-0000-000000000000';
  v_id constant uuid := coalesce(p_after.id, c_first_id);
  v_next_at constant timestamptz := coalesce(p_after.next_at, '-infinity');
  -- Who has waited, and who waits.
  v_since constant timestamptz := case when p_part = 3 then greatest(v_next_at, now()) else v_next_at end;
  v_until constant timestamptz := case when p_part = 1 then now() else 'infinity' end;
begin
  return case
    when p_part in (1, 3) then array(
      select waiting.id
      from (
        (
          select queue_entries.id, queue_entries.next_at
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'ready'
            and not queue_entries.is_due
            and queue_entries.call_back_at is null
            and queue_entries.next_at between v_since and v_until
            and (queue_entries.next_at, queue_entries.id) > (v_next_at, v_id)
            and (queue_entries.next_at <= now()) = (p_part = 1)
            and (p_part = 1 or coalesce(queue_entries.wait_reason = p_reason, p_reason is null))
          order by queue_entries.next_at, queue_entries.id
          limit p_limit
        )
        union all
        (
          select queue_entries.id, queue_entries.next_at
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'ready'
            and queue_entries.call_back_at is not null
            and queue_entries.next_at between v_since and v_until
            and (queue_entries.next_at, queue_entries.id) > (v_next_at, v_id)
            and (queue_entries.next_at <= now()) = (p_part = 1)
            and (p_part = 1 or coalesce(queue_entries.wait_reason = p_reason, p_reason is null))
          order by queue_entries.next_at, queue_entries.id
          limit p_limit
        )
      ) as waiting
      order by waiting.next_at, waiting.id
      limit p_limit
    )
    when p_part = 2 then array(
      select due.id
      from (
        (
          select queue_entries.*
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'ready'
            and queue_entries.is_due
            and queue_entries.priority = p_after.priority
            and (queue_entries.attempts, queue_entries.next_at, queue_entries.id)
            > (p_after.attempts, v_next_at, v_id)
          order by queue_entries.attempts, queue_entries.next_at, queue_entries.id
          limit p_limit
        )
        union all
        (
          select queue_entries.*
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'ready'
            and queue_entries.is_due
            and queue_entries.priority < coalesce(p_after.priority, 32767)
          order by
            queue_entries.priority desc, queue_entries.attempts, queue_entries.next_at, queue_entries.id
          limit p_limit
        )
      ) as due
      order by due.priority desc, due.attempts, due.next_at, due.id
      limit p_limit
    )
    when p_part = 4 then array(
      select queue_entries.id
      from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'leased'
        and queue_entries.id > v_id
      order by queue_entries.id
      limit p_limit
    )
    when p_part = 5 then array(
      select queue_entries.id
      from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'paused'
        and queue_entries.id > v_id
        and coalesce(queue_entries.wait_reason = p_reason, p_reason is null)
      order by queue_entries.id
      limit p_limit
    )
    when p_part = 6 then array(
      select done.id
      from (
        (
          select queue_entries.*
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'done'
            and queue_entries.done_reason = p_after.done_reason
            and queue_entries.updated_at <= p_after.updated_at
            and (queue_entries.updated_at < p_after.updated_at or queue_entries.id > v_id)
            and coalesce(queue_entries.done_reason = p_reason, p_reason is null)
          order by queue_entries.updated_at desc, queue_entries.id
          limit p_limit
        )
        union all
        (
          select queue_entries.*
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'done'
            and queue_entries.done_reason = p_reason
            and p_after.done_reason is null
          order by queue_entries.updated_at desc, queue_entries.id
          limit p_limit
        )
        union all
        (
          select queue_entries.*
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'done'
            and queue_entries.done_reason > coalesce(p_after.done_reason, '')
            and p_reason is null
          order by queue_entries.done_reason, queue_entries.updated_at desc, queue_entries.id
          limit p_limit
        )
      ) as done
      order by done.done_reason, done.updated_at desc, done.id
      limit p_limit
    )
  end;
end;
$$;

-- The ids of the entries whose lead matches a search, in the order of their ids: the first 5,000 matches count.
create function private.entries_found(
  p_campaign public.campaigns, p_group text, p_reason text, p_search text, p_after_id uuid, p_limit integer
)
returns uuid[]
language plpgsql
stable
set search_path = ''
as $$
declare
  c_most constant integer := 5000;
  v_found uuid[];
begin
  execute format(
    'select array(
       select queue_entries.id
       from public.leads
       join public.queue_entries
         on queue_entries.campaign_id = $1
         and queue_entries.lead_id = leads.id
       where leads.business_id = $2 and %s
       limit $3
     )',
    private.search_condition(p_search, 'leads.search_text')
  ) into v_found using p_campaign.id, p_campaign.business_id, c_most;
  return array(
    select queue_entries.id
    from public.queue_entries
    where queue_entries.id = any(v_found)
      and (p_after_id is null or queue_entries.id > p_after_id)
      and (p_group is null or private.group_of_entry(queue_entries) = p_group)
      and (
        p_reason is null or queue_entries.wait_reason = p_reason or queue_entries.done_reason = p_reason
      )
    order by queue_entries.id
    limit p_limit
  );
end;
$$;

-- Security definer: it checks the membership itself, and reads rows of the business alone.
create function private.list_entries(
  p_campaign_id uuid, p_state text, p_reason text, p_search text, p_after jsonb, p_limit integer
)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  c_groups constant text[] := '{due,due,waiting,leased,paused,done}';
  v_campaign public.campaigns;
  v_after public.queue_entries;
  v_part integer := 1;
  v_found uuid[] := '{}';
begin
  if p_limit is null or p_limit not between 1 and 1000
    or not coalesce(p_state = any(c_groups), p_state is null)
    or coalesce(jsonb_typeof(p_after), 'null') not in ('null', 'object') then
    raise exception 'p_limit is 1 to 1000, p_state due, waiting, leased, paused, done or null, p_after an entry or null'
      using errcode = '22023';
  end if;
  select * into v_campaign from public.campaigns where campaigns.id = p_campaign_id;
  if not exists (
    select from private.memberships where memberships.business_id = v_campaign.business_id
  ) then
    return jsonb_build_object('error', 'not_found');
  end if;

  if jsonb_typeof(p_after) = 'object' then
    v_after := jsonb_populate_record(null::public.queue_entries, p_after);
    v_part := case
      when v_after.is_due then 2
      else array_position(c_groups, p_after ->> 'group')
    end;
    if v_part is null or v_after.id is null then
      raise exception 'p_after is an entry as list_entries answers it' using errcode = '22023';
    end if;
  end if;

  if coalesce(p_search, '') ~ '\S' then
    v_found := private.entries_found(
      v_campaign, p_state, p_reason, p_search, v_after.id, p_limit
    );
  else
    while v_part <= cardinality(c_groups) and cardinality(v_found) < p_limit loop
      -- Who is due or leased has no reason.
      if c_groups[v_part] = coalesce(p_state, c_groups[v_part])
        and (p_reason is null or v_part in (3, 5, 6)) then
        v_found := v_found || private.entries_of_part(
          p_campaign_id, v_part, p_reason, v_after, p_limit - cardinality(v_found)
        );
      end if;
      v_after := null;
      v_part := v_part + 1;
    end loop;
  end if;

  return (
    select coalesce(jsonb_agg(
      jsonb_build_object(
        'id', queue_entries.id,
        'group', private.group_of_entry(queue_entries),
        'lead_id', queue_entries.lead_id,
        'lead_name', leads.name,
        'lead_company', leads.company,
        'phone_number', leads.phone_number,
        'priority', queue_entries.priority,
        'state', queue_entries.state,
        'is_due', queue_entries.is_due,
        'next_at', queue_entries.next_at,
        'wait_reason', queue_entries.wait_reason,
        'done_reason', queue_entries.done_reason,
        'attempts', queue_entries.attempts,
        'last_outcome', queue_entries.last_outcome,
        'last_called_at', conversations.created_at,
        'call_back_at', queue_entries.call_back_at,
        'call_back_for', queue_entries.call_back_for,
        'lease_owner', queue_entries.lease_owner,
        'enqueued_at', queue_entries.enqueued_at,
        'updated_at', queue_entries.updated_at
      )
      order by found.place
    ), '[]')
    from unnest(v_found) with ordinality as found (id, place)
    join public.queue_entries on queue_entries.id = found.id
    join public.leads on leads.id = queue_entries.lead_id
    left join public.conversations on conversations.id = queue_entries.last_conversation_id
  );
end;
$$;

revoke execute on function private.group_of_entry(public.queue_entries) from public, anon;
revoke execute on function
private.entries_of_part(uuid, integer, text, public.queue_entries, integer)
from public, anon;
revoke execute on function
private.entries_found(public.campaigns, text, text, text, uuid, integer)
from public, anon;
revoke execute on function private.list_entries(uuid, text, text, text, jsonb, integer) from public, anon;
grant execute on function private.list_entries(uuid, text, text, text, jsonb, integer) to authenticated;

-- Leads of a campaign's queue: those who are due in the order in which they are called, those who wait by the time,
-- those who are done with the latest first. p_state: a group of campaign_queues' counts, or null for all. p_reason:
-- what they wait for, or why they are done; null for any. p_search: words or a number, as in search_leads; what is
-- found comes in no order. p_after: null, or the last entry of the page before. p_limit: at most 1000.
-- Answers {"error": "not_found"}, or [{"id", "group": as p_state, "lead_id", "lead_name", "lead_company",
-- "phone_number", "priority", "state", "is_due", "next_at", "wait_reason", "done_reason", "attempts", "last_outcome",
-- "last_called_at", "call_back_at", "call_back_for", "lease_owner", "enqueued_at", "updated_at"}].
create function public.list_entries(
  p_campaign_id uuid, p_state text, p_reason text, p_search text, p_after jsonb, p_limit integer
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.list_entries(p_campaign_id, p_state, p_reason, p_search, p_after, p_limit);
$$;

revoke execute on function public.list_entries(uuid, text, text, text, jsonb, integer)
from public, anon, authenticated, service_role;
grant execute on function public.list_entries(uuid, text, text, text, jsonb, integer) to authenticated;
