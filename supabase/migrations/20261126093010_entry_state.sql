-- What becomes of an entry of a queue: computed from the lead's calls, and from what people did.
-- Locks are taken in this order: the call, its lead, then entries by id, then nothing more.
set lock_timeout = '2s';

-- The retry rule of a campaign for a result: its own, or the default.
create function private.retry_rule(
  p_business_id uuid, p_campaign_id uuid, p_result text, p_effect text,
  out after_minutes integer, out max_times integer
)
language plpgsql
stable
set search_path = ''
as $$
begin
  select retry_rules.after_minutes, retry_rules.max_times into after_minutes, max_times
  from public.retry_rules
  where retry_rules.business_id = p_business_id
    and retry_rules.campaign_id = p_campaign_id
    and retry_rules.result = p_result;
  if not found then
    select rule.after_minutes, rule.max_times into after_minutes, max_times
    from private.default_rule(p_result, p_effect) as rule;
  end if;
end;
$$;

-- When the day of p_at begins and ends on the clock of p_time_zone.
create function private.day_of(
  p_at timestamptz, p_time_zone text, out begins timestamptz, out ends timestamptz
)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_date constant date := (p_at at time zone p_time_zone)::date;
begin
  begins := v_date::timestamp at time zone p_time_zone;
  ends := (v_date + 1)::timestamp at time zone p_time_zone;
end;
$$;

-- What follows the last result of an entry: whether it is done, or since when it may be called again. For
-- private.derive_entry, which knows that the result is neither open nor missing.
-- p_result is one of Twilio's words, or the key of an outcome; p_effect is null for the first. p_at is when the
-- call ended; the lead's day of that call is given, too. p_agreed_at is the agreed call that is still open.
create function private.follow_result(
  p_entry public.queue_entries, p_result text, p_effect text, p_at timestamptz,
  p_day_begins timestamptz, p_day_ends timestamptz, p_agreed_at timestamptz
)
returns public.queue_entries
language plpgsql
stable
set search_path = ''
as $$
declare
  e public.queue_entries := p_entry;
  v_campaign public.campaigns;
  v_rule record;
  v_times integer;
  v_on_day integer;
begin
  if p_effect in ('do_not_call', 'wrong_number') then
    e.done_reason := p_effect;
    return e;
  end if;

  if p_effect = 'call_back' then
    -- Nobody waits for a call that was dismissed.
    if p_agreed_at is null then
      e.done_reason := 'outcome';
    else
      e.next_at := p_agreed_at;
      e.wait_reason := 'call_back';
    end if;
    return e;
  end if;

  v_rule := private.retry_rule(e.business_id, e.campaign_id, p_result, p_effect);
  if v_rule.after_minutes is null then
    e.done_reason := case when p_effect is null then 'attempts_used' else 'outcome' end;
    return e;
  end if;

  select * into v_campaign from public.campaigns where campaigns.id = e.campaign_id;
  select
    count(*) filter (where coalesce(conversations.outcome, conversations.status) = p_result),
    count(*) filter (
      where conversations.dialed_at is not null
        and conversations.created_at >= p_day_begins
    )
  into v_times, v_on_day
  from public.conversations
  where conversations.business_id = e.business_id
    and conversations.lead_id = e.lead_id
    and conversations.campaign_id = e.campaign_id
    and conversations.created_at >= e.counted_from
    and conversations.block_reason is null;

  if v_times >= v_rule.max_times or e.attempts >= v_campaign.max_attempts then
    e.done_reason := 'attempts_used';
    return e;
  end if;

  -- Who did not answer the agreed call is called again by the rule, and not at once.
  e.next_at := greatest(p_at + make_interval(mins => v_rule.after_minutes), p_agreed_at);
  e.wait_reason := case when p_agreed_at is null then 'retry' else 'call_back' end;
  if v_on_day >= v_campaign.max_attempts_per_day and p_day_ends > e.next_at then
    e.next_at := p_day_ends;
    e.wait_reason := 'attempts_today';
  end if;
  return e;
end;
$$;

-- The entry as it has to be. It is a function of the entry's own facts (the columns of what people did), the
-- lead's calls in this campaign since counted_from, whoever placed them, their outcomes, the agreed calls, the
-- campaign's rules, the lead's number and the do-not-call list. Only is_due depends on the clock.
-- While somebody has a lease, the entry stays theirs, and only what is known of its calls changes.
create function private.derive_entry(p_entry public.queue_entries)
returns public.queue_entries
language plpgsql
stable
set search_path = ''
as $$
declare
  e public.queue_entries := p_entry;
  v_lead record;
  v_open_until timestamptz;
  v_last record;
  v_result text;
  v_effect text;
  v_is_outcome boolean := true;
  v_at timestamptz;
  v_agreed record;
  v_day record;
begin
  -- The last call, and what all of them say together.
  select
    conversations.id, conversations.created_at, conversations.ended_at, conversations.outcome,
    case
      when conversations.answered_at is null and conversations.status <> 'completed'
        then conversations.status
    end as unanswered,
    count(conversations.dialed_at) over () as attempts,
    max(conversations.created_at) filter (where conversations.ended_at is null) over () as open_since
  into v_last
  from public.conversations
  where conversations.business_id = e.business_id
    and conversations.lead_id = e.lead_id
    and conversations.campaign_id = e.campaign_id
    and conversations.created_at >= e.counted_from
    and conversations.block_reason is null
  order by conversations.created_at desc, conversations.id desc
  limit 1;

  e.attempts := coalesce(v_last.attempts, 0);
  e.last_conversation_id := v_last.id;
  -- What a rep said without a call is like a call with this outcome.
  if e.said_at > v_last.created_at or v_last.id is null then
    e.last_outcome := e.said_outcome;
    v_result := e.said_outcome;
    v_at := e.said_at;
  else
    e.last_outcome := v_last.outcome;
    v_is_outcome := v_last.outcome is not null;
    v_result := coalesce(v_last.outcome, v_last.unanswered);
    v_at := coalesce(v_last.ended_at, v_last.created_at);
  end if;
  if e.state = 'leased' then
    return e;
  end if;

  e.state := 'ready';
  e.is_due := false;
  e.wait_reason := null;
  e.done_reason := null;
  e.call_back_at := null;
  e.call_back_for := null;
  e.next_at := e.counted_from;

  select
    leads.phone_number, leads.wrong_number_at,
    coalesce(leads.time_zone, leads.number_zones[1], 'UTC') as time_zone,
    exists (
      select from public.do_not_call
      where do_not_call.business_id = leads.business_id and do_not_call.subscriber = leads.subscriber
    ) as do_not_call
  into v_lead
  from public.leads
  where leads.business_id = e.business_id and leads.id = e.lead_id;

  -- No call is longer than four hours. One whose end was lost does not keep its lead for ever.
  v_open_until := v_last.open_since + private.longest_call();
  if v_open_until > now() and e.removed_at is null then
    -- A call that goes on says nothing yet.
    e.next_at := v_open_until;
    e.wait_reason := 'in_call';
  else
    e.done_reason := case
      when e.removed_at is not null then 'removed'
      when v_lead.do_not_call then 'do_not_call'
      when v_lead.wrong_number_at is not null then 'wrong_number'
      when v_lead.phone_number is null then 'no_number'
      when v_lead.phone_number = e.refused_number then 'number_refused'
    end;
    if e.done_reason is null and v_result is not null then
      if v_is_outcome then
        select outcomes.effect into v_effect
        from public.outcomes
        where outcomes.business_id = e.business_id and outcomes.key = v_result;
        v_effect := coalesce(v_effect, 'done');
      end if;
      v_agreed := private.agreed_call(e, v_result, v_at);
      e.call_back_at := v_agreed.at;
      e.call_back_for := v_agreed.user_id;
      v_day := private.day_of(coalesce(v_last.created_at, v_at), v_lead.time_zone);
      if v_effect = 'call_back' and v_agreed.is_pending then
        e.state := 'paused';
        e.wait_reason := 'outcome_missing';
        e.next_at := v_at;
      else
        e := private.follow_result(
          e, v_result, v_effect, v_at, v_day.begins, v_day.ends, v_agreed.at
        );
      end if;
    elsif e.done_reason is null and v_last.id is not null then
      -- Somebody talked with the lead, and has not said what came of it.
      e.state := 'paused';
      e.wait_reason := 'outcome_missing';
      e.next_at := v_at;
    end if;
  end if;

  if e.done_reason is not null then
    e.state := 'done';
    e.wait_reason := null;
    e.call_back_at := null;
    e.call_back_for := null;
    return e;
  end if;

  -- What was said before the last call is over.
  if e.state = 'ready' and e.wait_reason is distinct from 'in_call' and e.held_until > e.next_at
    and e.held_at >= coalesce(v_last.created_at, e.held_at) then
    e.next_at := e.held_until;
    e.wait_reason := e.held_reason;
  end if;
  if e.paused_at is not null then
    e.state := 'paused';
  end if;
  e.is_due := e.state = 'ready' and e.call_back_at is null and e.next_at <= now();
  if e.is_due then
    e.wait_reason := null;
  end if;
  return e;
end;
$$;

-- The agreed call of an entry that is still open: when, and for whom (null: anybody). is_pending: somebody has called
-- the lead meanwhile, and has not said what came of it.
create function private.agreed_call(
  p_entry public.queue_entries, p_result text, p_at timestamptz,
  out at timestamptz, out user_id uuid, out is_pending boolean
)
language plpgsql
stable
set search_path = ''
as $$
begin
  -- It was said without a call, and no call came after it.
  if p_entry.said_at = p_at and p_entry.said_outcome = p_result then
    at := p_entry.said_call_back_at;
    user_id := p_entry.said_call_back_for;
    return;
  end if;

  select open_call_backs.due_at, open_call_backs.user_id into at, user_id
  from private.open_call_backs
  where open_call_backs.business_id = p_entry.business_id
    and open_call_backs.lead_id = p_entry.lead_id
    and open_call_backs.campaign_id = p_entry.campaign_id
    and open_call_backs.called_at >= p_entry.counted_from
  order by open_call_backs.due_at, open_call_backs.conversation_id
  limit 1;
  is_pending := not found and exists (
    select from public.call_backs
    where call_backs.business_id = p_entry.business_id
      and call_backs.lead_id = p_entry.lead_id
      and call_backs.campaign_id = p_entry.campaign_id
      and call_backs.done_at is null
  );
end;
$$;

-- Writes an entry that the caller has locked, if something of it has changed.
create function private.write_entry(p_entry public.queue_entries)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.queue_entries as entry
  set
    held_at = p_entry.held_at, held_until = p_entry.held_until, held_reason = p_entry.held_reason,
    refused_number = p_entry.refused_number,
    said_outcome = p_entry.said_outcome, said_at = p_entry.said_at,
    said_call_back_at = p_entry.said_call_back_at, said_call_back_for = p_entry.said_call_back_for,
    state = p_entry.state, is_due = p_entry.is_due, next_at = p_entry.next_at,
    wait_reason = p_entry.wait_reason, done_reason = p_entry.done_reason, attempts = p_entry.attempts,
    last_outcome = p_entry.last_outcome, last_conversation_id = p_entry.last_conversation_id,
    call_back_at = p_entry.call_back_at, call_back_for = p_entry.call_back_for,
    lease_owner = p_entry.lease_owner, lease_token = p_entry.lease_token,
    lease_until = p_entry.lease_until, leased_at = p_entry.leased_at,
    lease_conversation_id = p_entry.lease_conversation_id, ended_token = p_entry.ended_token
  where entry.id = p_entry.id and entry is distinct from p_entry;
end;
$$;

-- Brings an entry up to date with its facts, and answers it.
create function private.settle_entry(p_entry_id uuid)
returns public.queue_entries
language plpgsql
set search_path = ''
as $$
declare
  e public.queue_entries;
begin
  select * into e from public.queue_entries where queue_entries.id = p_entry_id for no key update;
  if found then
    e := private.derive_entry(e);
    perform private.write_entry(e);
  end if;
  return e;
end;
$$;

-- Brings the entries of leads up to date: those of these campaigns, or of all (null).
create function private.settle_entries_of_leads(
  p_business_id uuid, p_lead_ids uuid[], p_campaign_ids uuid[]
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  -- In one order, so that two of these never wait for each other.
  perform private.settle_entry(entries.id)
  from (
    select queue_entries.id
    from public.queue_entries
    where queue_entries.business_id = p_business_id
      and queue_entries.lead_id = any(p_lead_ids)
      and (p_campaign_ids is null or queue_entries.campaign_id = any(p_campaign_ids))
    order by queue_entries.id
    offset 0
  ) as entries;
end;
$$;

revoke execute on function private.retry_rule(uuid, uuid, text, text) from public, anon;
revoke execute on function private.day_of(timestamptz, text) from public, anon;
revoke execute on function private.follow_result(
  public.queue_entries, text, text, timestamptz, timestamptz, timestamptz, timestamptz
) from public, anon;
revoke execute on function private.derive_entry(public.queue_entries) from public, anon;
revoke execute on function private.agreed_call(public.queue_entries, text, timestamptz) from public, anon;
revoke execute on function private.write_entry(public.queue_entries) from public, anon;
revoke execute on function private.settle_entry(uuid) from public, anon;
revoke execute on function private.settle_entries_of_leads(uuid, uuid[], uuid[]) from public, anon;
