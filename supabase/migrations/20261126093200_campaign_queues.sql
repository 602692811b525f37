-- Campaigns with their queues, and who works on them.
set lock_timeout = '2s';

-- Who works on a campaign: who has a lead of its queue, and who calls for it by hand.
create function private.reps_of_campaign(p_campaign public.campaigns)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with working as (
      select
        queue_entries.lease_owner as user_id, queue_entries.lead_id,
        calls.id as conversation_id, calls.created_at, calls.answered_at, calls.ended_at,
        queue_entries.leased_at
      from public.queue_entries
      left join public.conversations as calls on calls.id = queue_entries.lease_conversation_id
      where queue_entries.campaign_id = p_campaign.id
        and queue_entries.state = 'leased'
        -- A lease that is over is only noticed when somebody asks for the next lead.
        and (
          queue_entries.lease_until > now()
          or (calls.ended_at is null and calls.created_at > now() - private.longest_call())
        )

      union all

      select
        conversations.user_id, conversations.lead_id,
        conversations.id, conversations.created_at, conversations.answered_at, null, null
      from public.conversations
      where conversations.business_id = p_campaign.business_id
        and conversations.ended_at is null
        -- No call is longer than four hours. One whose end was lost does not count for ever.
        and conversations.created_at > now() - private.longest_call()
        and conversations.campaign_id = p_campaign.id
    ),

    each_person as (
      select distinct on (working.user_id) working.*
      from working
      where working.user_id is not null
      order by
        working.user_id,
        working.conversation_id is not null and working.ended_at is null desc,
        working.leased_at nulls last
    )

    select coalesce(jsonb_agg(
      jsonb_build_object(
        'user_id', each_person.user_id,
        'name', business_members.display_name,
        'doing', case
          when each_person.conversation_id is null then 'preview'
          when each_person.ended_at is not null then 'wrap_up'
          when each_person.answered_at is not null then 'talking'
          else 'calling'
        end,
        'lead_id', each_person.lead_id,
        'lead_name', leads.name,
        'since', coalesce(
          each_person.ended_at, each_person.answered_at, each_person.created_at, each_person.leased_at
        )
      )
      order by business_members.display_name, each_person.user_id
    ), '[]')
    from each_person
    left join public.leads on leads.id = each_person.lead_id
    left join public.business_members
      on business_members.business_id = p_campaign.business_id
      and business_members.user_id = each_person.user_id
  );
end;
$$;

-- The first p_limit leads that this person will get, as far as it can be told: a colleague may get them first.
create function private.next_of_queue(p_campaign_id uuid, p_user_id uuid, p_limit integer)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    -- What was agreed comes first, in the order of next_lead: theirs, anybody's, then what nobody kept.
    with first_due as (
      (
        select queue_entries.*, 1 as part
        from public.queue_entries
        where queue_entries.campaign_id = p_campaign_id
          and queue_entries.state = 'ready'
          and queue_entries.call_back_at is not null
          and queue_entries.call_back_for = p_user_id
          and queue_entries.next_at <= now()
        order by queue_entries.next_at
        limit p_limit
      )
      union all
      (
        select queue_entries.*, 2
        from public.queue_entries
        where queue_entries.campaign_id = p_campaign_id
          and queue_entries.state = 'ready'
          and queue_entries.call_back_at is not null
          and queue_entries.call_back_for is null
          and queue_entries.next_at <= now()
        order by queue_entries.next_at
        limit p_limit
      )
      union all
      (
        select queue_entries.*, 3
        from public.queue_entries
        where queue_entries.campaign_id = p_campaign_id
          and queue_entries.state = 'ready'
          and queue_entries.call_back_at is not null
          and queue_entries.call_back_for <> p_user_id
          and queue_entries.next_at <= now() - interval '30 minutes'
        order by queue_entries.next_at
        limit p_limit
      )
      union all
      (
        select queue_entries.*, 4
        from public.queue_entries
        where queue_entries.campaign_id = p_campaign_id
          and queue_entries.state = 'ready'
          and queue_entries.is_due
        order by queue_entries.priority desc, queue_entries.attempts, queue_entries.next_at, queue_entries.id
        limit p_limit
      )
    ),

    placed as (
      select first_due.*, row_number() over (
        order by
          first_due.part,
          case first_due.part when 4 then first_due.priority end desc,
          case first_due.part when 4 then first_due.attempts end,
          first_due.next_at,
          first_due.id
      ) as place
      from first_due
    )

    select coalesce(jsonb_agg(
      jsonb_build_object(
        'id', placed.id,
        'lead_id', placed.lead_id,
        'lead_name', leads.name,
        'why', case
          when placed.call_back_at is not null then 'call_back'
          when placed.attempts > 0 then 'retry'
          else 'new'
        end,
        'last_called_at', conversations.created_at,
        'last_outcome', placed.last_outcome
      )
      order by placed.place
    ), '[]')
    from placed
    join public.leads on leads.id = placed.lead_id
    left join public.conversations on conversations.id = placed.last_conversation_id
    where placed.place <= p_limit
  );
end;
$$;

-- A campaign with its queue, for campaign_queues and campaign_queue. Pages ask again every few seconds, so the script
-- stays away.
create function private.campaign_with_queue(p_campaign public.campaigns)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return (to_jsonb(p_campaign) - '{business_id,script}'::text[])
    || private.counts_of_queue(p_campaign.id)
    || jsonb_build_object(
      'reps', private.reps_of_campaign(p_campaign),
      'next_at', private.next_due_at(p_campaign.id)
    );
end;
$$;

-- Security definer: it checks the membership itself, reads rows of the business alone, and keeps counts.
create function private.campaign_queues(p_business_id uuid)
returns jsonb
language plpgsql
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
begin
  if not exists (
    select from private.memberships where memberships.business_id = p_business_id
  ) then
    return '[]';
  end if;
  return (
    select coalesce(
      jsonb_agg(private.campaign_with_queue(campaigns) order by campaigns.name, campaigns.id), '[]'
    )
    from public.campaigns
    where campaigns.business_id = p_business_id
  );
end;
$$;

-- Security definer: as campaign_queues.
create function private.campaign_queue(p_campaign_id uuid)
returns jsonb
language plpgsql
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  c_next constant integer := 5;
  v_campaign public.campaigns;
begin
  select * into v_campaign from public.campaigns where campaigns.id = p_campaign_id;
  if not exists (
    select from private.memberships where memberships.business_id = v_campaign.business_id
  ) then
    return jsonb_build_object('error', 'not_found');
  end if;
  return private.campaign_with_queue(v_campaign) || jsonb_build_object(
    'next', private.next_of_queue(p_campaign_id, (select auth.uid()), c_next)
  );
end;
$$;

revoke execute on function private.reps_of_campaign(public.campaigns) from public, anon;
revoke execute on function private.next_of_queue(uuid, uuid, integer) from public, anon;
revoke execute on function private.campaign_with_queue(public.campaigns) from public, anon;
revoke execute on function private.campaign_queues(uuid) from public, anon;
revoke execute on function private.campaign_queue(uuid) from public, anon;
grant execute on function private.campaign_queues(uuid) to authenticated;
grant execute on function private.campaign_queue(uuid) to authenticated;

-- Every campaign of a business with its queue, by name: [{the columns of campaigns without script,
--   "counts": {"due", "waiting": {wait_reason: n}, "leased", "paused", "done": {done_reason: n}}, "counted_at",
--   "reps": [{"user_id", "name", "doing": "preview" | "calling" | "talking" | "wrap_up", "lead_id", "lead_name",
--   "since"}], "next_at": when the next who waits is due}]. [] for a business that is not the user's.
create function public.campaign_queues(p_business_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.campaign_queues(p_business_id);
$$;

-- The same of one campaign, and "next": the first 5 for the signed-in user, each {"id", "lead_id", "lead_name",
-- "why": "call_back" | "retry" | "new", "last_called_at", "last_outcome"}. Or {"error": "not_found"}.
create function public.campaign_queue(p_campaign_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.campaign_queue(p_campaign_id);
$$;

revoke execute on function public.campaign_queues(uuid) from public, anon, authenticated, service_role;
revoke execute on function public.campaign_queue(uuid) from public, anon, authenticated, service_role;
grant execute on function public.campaign_queues(uuid) to authenticated;
grant execute on function public.campaign_queue(uuid) to authenticated;
