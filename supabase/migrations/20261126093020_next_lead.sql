-- Whom a rep calls next.
set lock_timeout = '2s';

-- Why a lead whose turn it is must wait, and until when; null if they may be called. begin_call asks again.
create function private.reason_to_wait(
  p_entry public.queue_entries, out reason text, out until timestamptz
)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_lead record;
  v_business public.businesses;
begin
  select leads.subscriber, private.zones_of_lead(leads) as time_zones into v_lead
  from public.leads
  where leads.business_id = p_entry.business_id and leads.id = p_entry.lead_id;
  select * into v_business from public.businesses where businesses.id = p_entry.business_id;

  if not private.is_calling_time(
    v_lead.time_zones, v_business.calling_hours_start, v_business.calling_hours_end, now()
  ) then
    reason := 'outside_calling_hours';
    until := coalesce(private.next_calling_time(
      v_lead.time_zones, v_business.calling_hours_start, v_business.calling_hours_end, now()
    ), now() + interval '1 day');
    return;
  end if;

  -- A colleague has this lead in another campaign, or another lead with the same number.
  select max(queue_entries.lease_until) into until
  from public.queue_entries
  where queue_entries.business_id = p_entry.business_id
    and queue_entries.lead_id = any(p_entry.lead_id || array(
      select leads.id from public.leads
      where leads.business_id = p_entry.business_id and leads.subscriber = v_lead.subscriber
    ))
    and queue_entries.state = 'leased';
  if until is not null then
    reason := 'called_lately';
    until := greatest(until, now() + interval '1 minute');
    return;
  end if;

  -- An agreed call is kept, whoever has called meanwhile.
  if p_entry.call_back_at is not null then
    return;
  end if;

  -- Calls of this entry follow the campaign's rules. All others count: to the lead and to their number.
  select max(calls.created_at) + interval '1 hour' into until
  from (
    select conversations.created_at, conversations.lead_id, conversations.campaign_id
    from public.conversations
    where conversations.business_id = p_entry.business_id
      and conversations.lead_id = p_entry.lead_id
      and conversations.created_at > now() - interval '1 hour'
      and conversations.block_reason is null

    union all

    select conversations.created_at, conversations.lead_id, conversations.campaign_id
    from public.conversations
    where conversations.business_id = p_entry.business_id
      and private.subscriber(conversations.to_number) = v_lead.subscriber
      and conversations.created_at > now() - interval '1 hour'
      and conversations.block_reason is null
  ) as calls
  where (calls.lead_id, calls.campaign_id) is distinct from (p_entry.lead_id, p_entry.campaign_id)
    or calls.created_at < p_entry.counted_from;
  if until is not null then
    reason := 'called_lately';
  end if;
end;
$$;

-- The first entry of a campaign whose turn it is for this rep, locked; what others have locked is passed over.
-- First the rep's own appointments, then those that are anybody's or that nobody kept for half an hour, then
-- the common order. Null if there is none.
create function private.lock_first_entry(p_campaign_id uuid, p_user_id uuid)
returns public.queue_entries
language plpgsql
set search_path = ''
as $$
declare
  e public.queue_entries;
begin
  select * into e from public.queue_entries
  where queue_entries.campaign_id = p_campaign_id
    and queue_entries.state = 'ready'
    and queue_entries.call_back_at is not null
    and queue_entries.call_back_for = p_user_id
    and queue_entries.next_at <= now()
  order by queue_entries.next_at
  limit 1 for no key update skip locked;
  if found then
    return e;
  end if;

  select * into e from public.queue_entries
  where queue_entries.campaign_id = p_campaign_id
    and queue_entries.state = 'ready'
    and queue_entries.call_back_at is not null
    and queue_entries.call_back_for is null
    and queue_entries.next_at <= now()
  order by queue_entries.next_at
  limit 1 for no key update skip locked;
  if found then
    return e;
  end if;

  select * into e from public.queue_entries
  where queue_entries.campaign_id = p_campaign_id
    and queue_entries.state = 'ready'
    and queue_entries.call_back_at is not null
    and queue_entries.next_at <= now() - interval '30 minutes'
  order by queue_entries.next_at
  limit 1 for no key update skip locked;
  if found then
    return e;
  end if;

  select * into e from public.queue_entries
  where queue_entries.campaign_id = p_campaign_id
    and queue_entries.state = 'ready'
    and queue_entries.is_due
  order by queue_entries.priority desc, queue_entries.attempts, queue_entries.next_at, queue_entries.id
  limit 1 for no key update skip locked;
  return e;
end;
$$;

-- Gives a locked entry to a rep, or puts it where it belongs. Answers the leased entry, or null.
create function private.lease_entry(p_entry public.queue_entries, p_user_id uuid)
returns public.queue_entries
language plpgsql
set search_path = ''
as $$
declare
  e public.queue_entries := private.derive_entry(p_entry);
  v_shared text;
  v_wait record;
begin
  if e.state <> 'ready' or not (e.is_due or (e.call_back_at is not null and e.next_at <= now())) then
    perform private.write_entry(e);
    return null;
  end if;

  -- Of leads with one number, one is given out at a time. Most numbers are of one lead, and need no lock.
  select leads.subscriber into v_shared
  from public.leads
  where leads.business_id = e.business_id
    and leads.id = e.lead_id
    and exists (
      select from public.leads as others
      where others.business_id = e.business_id
        and others.subscriber = leads.subscriber
        and others.id <> leads.id
    );
  if found and not pg_try_advisory_xact_lock(
    hashtextextended('subscriber:' || e.business_id::text || v_shared, 0)
  ) then
    perform private.hold_entry(e, now() + interval '1 minute', 'called_lately');
    return null;
  end if;

  v_wait := private.reason_to_wait(e);
  if v_wait.reason is not null then
    perform private.hold_entry(e, v_wait.until, v_wait.reason);
    return null;
  end if;

  e.state := 'leased';
  e.is_due := false;
  e.wait_reason := null;
  e.lease_owner := p_user_id;
  e.lease_token := gen_random_uuid();
  e.leased_at := clock_timestamp();
  e.lease_until := e.leased_at + private.lease_lasts();
  begin
    perform private.write_entry(e);
  exception
    -- In this moment, a colleague gets the same lead in another campaign.
    when unique_violation then
      perform private.hold_entry(
        private.derive_entry(p_entry), now() + interval '1 minute', 'called_lately'
      );
      return null;
  end;
  return e;
end;
$$;

-- What a rep is told who gets no lead: when to ask again, and why.
create function private.nothing_to_call(p_campaign_id uuid, p_user_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_again_at timestamptz;
begin
  select least(
    (
      select min(queue_entries.next_at) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and not queue_entries.is_due
        and queue_entries.call_back_at is null
    ),
    (
      select min(queue_entries.next_at) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and queue_entries.call_back_at is not null
        and queue_entries.call_back_for = p_user_id
    ),
    (
      select min(queue_entries.next_at) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and queue_entries.call_back_at is not null
        and queue_entries.call_back_for is null
    ),
    (
      select min(queue_entries.next_at) + interval '30 minutes' from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and queue_entries.call_back_at is not null
    ),
    (
      -- A rep who has gone leaves a lead behind.
      select min(queue_entries.lease_until) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id and queue_entries.state = 'leased'
    )
  ) into v_again_at;
  return jsonb_build_object(
    'entry', null,
    -- Something may be due already, and in the hands of somebody else for a moment.
    'again_at', case
      when v_again_at is not null then greatest(v_again_at, now() + interval '5 seconds')
    end,
    'why', case
      when v_again_at is not null or exists (
        select from public.queue_entries
        where queue_entries.campaign_id = p_campaign_id
          and (queue_entries.state = 'paused' or (queue_entries.state = 'ready' and queue_entries.is_due))
      ) then 'nothing_due'
      else 'empty'
    end
  );
end;
$$;

-- Security definer: nobody writes entries themselves. It checks the membership.
create function private.next_lead(p_campaign_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_campaign public.campaigns;
  e public.queue_entries;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  select campaigns.* into v_campaign
  from public.campaigns
  inner join public.business_members
    on business_members.business_id = campaigns.business_id and business_members.user_id = v_user_id
  where campaigns.id = p_campaign_id;
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;

  -- Two tabs of one rep take turns.
  perform pg_advisory_xact_lock(
    hashtextextended('lease:' || v_campaign.business_id::text || v_user_id::text, 0)
  );
  select * into e from public.queue_entries
  where queue_entries.business_id = v_campaign.business_id
    and queue_entries.lease_owner = v_user_id
    and queue_entries.state = 'leased'
  for no key update;
  if found then
    if e.campaign_id = p_campaign_id and private.may_go_on(e) then
      e.lease_token := gen_random_uuid();
      e.lease_until := clock_timestamp() + private.lease_lasts();
      perform private.write_entry(e);
      return jsonb_build_object('entry', private.leased_entry(e), 'again_at', null, 'why', null);
    end if;
    perform private.end_lease(e, null);
  end if;

  if v_campaign.is_paused then
    return jsonb_build_object('entry', null, 'again_at', null, 'why', 'campaign_paused');
  end if;

  perform private.settle_leases(p_campaign_id);
  update public.queue_entries
  set is_due = true, wait_reason = null
  where queue_entries.id = any(array(
    select waiting.id from public.queue_entries as waiting
    where waiting.campaign_id = p_campaign_id
      and waiting.state = 'ready'
      and not waiting.is_due
      and waiting.call_back_at is null
      and waiting.next_at <= now()
    order by waiting.next_at
    limit 100 for no key update skip locked
  ));

  for v_looked_at in 1 .. 200 loop
    e := private.lock_first_entry(p_campaign_id, v_user_id);
    if e.id is null then
      return private.nothing_to_call(p_campaign_id, v_user_id);
    end if;
    e := private.lease_entry(e, v_user_id);
    if e.id is not null then
      return jsonb_build_object('entry', private.leased_entry(e), 'again_at', null, 'why', null);
    end if;
  end loop;
  return jsonb_build_object('entry', null, 'again_at', now(), 'why', 'look_again');
end;
$$;

-- The next lead for the signed-in rep: {"entry": ENTRY | null, "again_at", "why"}, or {"error": "signed_out" |
-- "not_found"}. Whoever has a lead gets it again, with a new token. why: null with an entry, "campaign_paused",
-- "nothing_due" (again_at: when to ask again, null if only people can change it), "empty", or "look_again" (at
-- once: many leads had to be put aside). ENTRY is {"id", "campaign_id", "lead_id", "lease_token", "lease_until",
-- "attempts", "why_now": call_back | retry | new, "call_back_at", "priority", "conversation_id": of the call that
-- was begun under this lease | null, "lead": {"id", "name", "company", "phone_number", "email", "time_zone"}}.
create function public.next_lead(p_campaign_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.next_lead(p_campaign_id);
$$;

revoke execute on function private.reason_to_wait(public.queue_entries) from public, anon;
revoke execute on function private.lock_first_entry(uuid, uuid) from public, anon;
revoke execute on function private.lease_entry(public.queue_entries, uuid) from public, anon;
revoke execute on function private.nothing_to_call(uuid, uuid) from public, anon;
revoke execute on function private.next_lead(uuid) from public, anon;
grant execute on function private.next_lead(uuid) to authenticated;
revoke execute on function public.next_lead(uuid) from public, anon, authenticated, service_role;
grant execute on function public.next_lead(uuid) to authenticated;
