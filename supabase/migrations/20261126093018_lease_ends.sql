-- One rep has a lead at a time. When that ends, the entry goes where its facts say.
set lock_timeout = '2s';

-- How long a lease lasts without a word of the rep's page, which says one every 30 s.
create function private.lease_lasts()
returns interval
language plpgsql
immutable
set search_path = ''
as $$ begin return interval '2 minutes'; end; $$;

-- Whether a call goes on. No call is longer than four hours: one whose end was lost does not count for ever.
-- Security definer: a webhook sees only its own call.
create function private.is_call_open(p_conversation_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select from public.conversations
    where conversations.id = p_conversation_id
      and conversations.ended_at is null
      and conversations.created_at > now() - private.longest_call()
  );
end;
$$;

-- Ends the lease of an entry that the caller has locked. Where the entry goes then, its facts say. p_ended_token is
-- the lease's, if its rep has ended it: they get the same answer again.
create function private.end_lease(p_entry public.queue_entries, p_ended_token uuid)
returns public.queue_entries
language plpgsql
set search_path = ''
as $$
declare
  e public.queue_entries := p_entry;
begin
  e.state := 'ready';
  e.ended_token := p_ended_token;
  e.lease_owner := null;
  e.lease_token := null;
  e.lease_until := null;
  e.leased_at := null;
  e.lease_conversation_id := null;
  e := private.derive_entry(e);
  perform private.write_entry(e);
  return e;
end;
$$;

-- Makes a locked entry that is not leased wait for a reason.
create function private.hold_entry(p_entry public.queue_entries, p_until timestamptz, p_reason text)
returns public.queue_entries
language plpgsql
set search_path = ''
as $$
declare
  e public.queue_entries := p_entry;
begin
  e.held_at := clock_timestamp();
  e.held_until := p_until;
  e.held_reason := p_reason;
  e := private.derive_entry(e);
  perform private.write_entry(e);
  return e;
end;
$$;

-- Whether a rep who comes back goes on with their lead: their page said a word lately, their call goes on, or it
-- still needs an outcome.
create function private.may_go_on(p_entry public.queue_entries)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return p_entry.lease_until > clock_timestamp()
    or private.is_call_open(p_entry.lease_conversation_id)
    or exists (
      select from public.conversations
      where conversations.id = p_entry.lease_conversation_id
        and conversations.outcome is null
        and (conversations.answered_at is not null or conversations.status = 'completed')
    );
end;
$$;

-- Ends the leases of a campaign that have run out, a few at a time. One whose call goes on is kept; if its rep has left
-- the business meanwhile, it ends with the call.
create function private.settle_leases(p_campaign_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  e public.queue_entries;
begin
  for e in
    select * from public.queue_entries
    where queue_entries.campaign_id = p_campaign_id
      and queue_entries.state = 'leased'
      and queue_entries.lease_until < clock_timestamp()
    order by queue_entries.lease_until
    limit 20 for no key update skip locked
  loop
    if not private.is_call_open(e.lease_conversation_id) then
      perform private.end_lease(e, null);
    elsif exists (
      select from public.business_members
      where business_members.business_id = e.business_id and business_members.user_id = e.lease_owner
    ) then
      e.lease_until := clock_timestamp() + private.lease_lasts();
      perform private.write_entry(e);
    end if;
  end loop;
end;
$$;

-- Who leaves a business has no lead of it any more. While their call goes on, the lead stays theirs.
-- Security definer: nobody may write the queue themselves.
create function private.end_leases_of_member()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  e public.queue_entries;
begin
  for e in
    select * from public.queue_entries
    where queue_entries.business_id = old.business_id
      and queue_entries.lease_owner = old.user_id
      and queue_entries.state = 'leased'
    order by queue_entries.id
    for no key update
  loop
    if private.is_call_open(e.lease_conversation_id) then
      e.lease_until := clock_timestamp();
      perform private.write_entry(e);
    else
      perform private.end_lease(e, null);
    end if;
  end loop;
  return null;
end;
$$;

-- An entry as the rep who has its lease gets it.
create function private.leased_entry(p_entry public.queue_entries)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'id', p_entry.id,
    'campaign_id', p_entry.campaign_id,
    'lead_id', p_entry.lead_id,
    'lease_token', p_entry.lease_token,
    'lease_until', p_entry.lease_until,
    'attempts', p_entry.attempts,
    'why_now', case
      when p_entry.call_back_at is not null then 'call_back'
      when p_entry.attempts > 0 then 'retry'
      else 'new'
    end,
    'call_back_at', p_entry.call_back_at,
    'priority', p_entry.priority,
    'conversation_id', p_entry.lease_conversation_id,
    'lead', (
      select jsonb_build_object(
        'id', leads.id, 'name', leads.name, 'company', leads.company, 'phone_number', leads.phone_number,
        'email', leads.email, 'time_zone', leads.time_zone
      )
      from public.leads
      where leads.business_id = p_entry.business_id and leads.id = p_entry.lead_id
    )
  );
end;
$$;

revoke execute on function private.lease_lasts() from public, anon;
revoke execute on function private.is_call_open(uuid) from public, anon;
revoke execute on function private.end_lease(public.queue_entries, uuid) from public, anon;
revoke execute on function private.hold_entry(public.queue_entries, timestamptz, text) from public, anon;
revoke execute on function private.may_go_on(public.queue_entries) from public, anon;
revoke execute on function private.settle_leases(uuid) from public, anon;
revoke execute on function private.end_leases_of_member() from public, anon;
revoke execute on function private.leased_entry(public.queue_entries) from public, anon;
-- Asked in decide_call, by reps and by webhooks.
grant execute on function private.is_call_open(uuid) to authenticated, call_webhook;

create trigger business_members_end_leases
after delete on public.business_members
for each row execute function private.end_leases_of_member();
