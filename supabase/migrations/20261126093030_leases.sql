-- What a rep says of the lead that they have: that they go on, what came of it, or that they leave it.
set lock_timeout = '2s';

-- The lease of the signed-in rep, locked; its call and its lead were locked before it. Null if it is not theirs or not the live
-- one: who has an older token writes nothing.
create function private.lock_lease(p_entry_id uuid, p_lease_token uuid)
returns public.queue_entries
language plpgsql
set search_path = ''
as $$
declare
  e public.queue_entries;
begin
  select queue_entries.* into e from public.queue_entries
  where queue_entries.id = p_entry_id
    and queue_entries.lease_owner = (select auth.uid())
    and queue_entries.lease_token = p_lease_token;
  -- The order of locks: the call, the lead, then all entries of the lead by id. An outcome may change them all.
  perform from public.conversations where conversations.id = e.lease_conversation_id for no key update;
  perform from public.leads
  where leads.business_id = e.business_id and leads.id = e.lead_id
  for no key update;
  perform from public.queue_entries
  where queue_entries.business_id = e.business_id and queue_entries.lead_id = e.lead_id
  order by queue_entries.id
  for no key update;

  select queue_entries.* into e
  from public.queue_entries
  inner join public.business_members
    on business_members.business_id = queue_entries.business_id
    and business_members.user_id = (select auth.uid())
  where queue_entries.id = p_entry_id
    and queue_entries.state = 'leased'
    and queue_entries.lease_owner = (select auth.uid())
    and queue_entries.lease_token = p_lease_token
  for no key update of queue_entries;
  return e;
end;
$$;

-- Where an entry is after a lease, as its rep is told.
create function private.entry_answer(p_entry public.queue_entries)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return jsonb_build_object('entry', jsonb_build_object(
    'id', p_entry.id,
    'state', p_entry.state,
    'next_at', p_entry.next_at,
    'wait_reason', p_entry.wait_reason,
    'done_reason', p_entry.done_reason
  ));
end;
$$;

-- What a token is told that is not of a live lease: the entry, if it ended with this token, else that the lease is
-- lost. Somebody else may have the entry now; who had it is not told whether.
create function private.after_lease(p_entry_id uuid, p_lease_token uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return coalesce((
    select private.entry_answer(queue_entries)
    from public.queue_entries
    inner join public.business_members
      on business_members.business_id = queue_entries.business_id
      and business_members.user_id = (select auth.uid())
    where queue_entries.id = p_entry_id and queue_entries.ended_token = p_lease_token
  ), jsonb_build_object('error', 'lease_lost'));
end;
$$;

-- Security definer, as the two below: nobody writes entries themselves. lock_lease finds the leases of this rep.
create function private.extend_lease(p_entry_id uuid, p_lease_token uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_until constant timestamptz := clock_timestamp() + private.lease_lasts();
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  update public.queue_entries as entry
  set lease_until = v_until
  from public.business_members
  where business_members.business_id = entry.business_id
    and business_members.user_id = (select auth.uid())
    and entry.id = p_entry_id
    and entry.state = 'leased'
    and entry.lease_owner = (select auth.uid())
    and entry.lease_token = p_lease_token;
  if not found then
    return jsonb_build_object('error', 'lease_lost');
  end if;
  return jsonb_build_object('lease_until', v_until);
end;
$$;

create function private.finish_lead(
  p_entry_id uuid, p_lease_token uuid, p_outcome text, p_call_back_at timestamptz, p_call_back_for uuid
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  e public.queue_entries;
  v_call public.conversations;
  v_effect text;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  e := private.lock_lease(p_entry_id, p_lease_token);
  if e.id is null then
    return private.after_lease(p_entry_id, p_lease_token);
  end if;

  select * into v_call from public.conversations where conversations.id = e.lease_conversation_id;
  if private.is_call_open(v_call.id) then
    return jsonb_build_object('error', 'in_call');
  end if;
  if p_outcome is not null then
    select outcomes.effect into v_effect
    from public.outcomes
    where outcomes.business_id = e.business_id
      and outcomes.key = p_outcome
      and (not outcomes.is_archived or outcomes.key = v_call.outcome);
    if not found then
      return jsonb_build_object('error', 'unknown_outcome');
    end if;
  elsif v_call.outcome is null and (v_call.answered_at is not null or v_call.status = 'completed') then
    return jsonb_build_object('error', 'outcome_missing');
  end if;

  if v_call.id is not null and p_outcome is not null then
    -- Its triggers do what the outcome does.
    update public.conversations
    set outcome = p_outcome
    where conversations.id = v_call.id and conversations.outcome is distinct from p_outcome;
  end if;
  if v_call.id is not null and v_effect = 'call_back'
    and (p_call_back_at is not null or p_call_back_for is not null) then
    perform private.write_call_back(v_call.id, jsonb_strip_nulls(jsonb_build_object(
      'call_back_at', p_call_back_at, 'call_back_for', p_call_back_for
    )));
  end if;
  if v_call.id is null and p_outcome is not null then
    perform private.say_of_lead(e, p_outcome, v_effect, p_call_back_at, p_call_back_for);
  end if;

  -- The triggers have written the entry meanwhile.
  select * into e from public.queue_entries where queue_entries.id = p_entry_id;
  e := private.end_lease(e, p_lease_token);
  -- Neither called nor said anything: the next one, please.
  if v_call.id is null and p_outcome is null and e.is_due then
    e := private.hold_entry(e, now() + interval '30 minutes', 'skipped');
  end if;
  return private.entry_answer(e);
end;
$$;

-- Writes what a rep says of a lead whom they have not called. The caller has locked the entry, which is leased.
create function private.say_of_lead(
  p_entry public.queue_entries, p_outcome text, p_effect text, p_call_back_at timestamptz,
  p_call_back_for uuid
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_effect = 'call_back' then
    perform private.check_agreement(p_entry.business_id, p_call_back_at, p_call_back_for);
  end if;
  update public.queue_entries
  set
    said_outcome = p_outcome,
    said_at = clock_timestamp(),
    said_call_back_at = case
      when p_effect = 'call_back' then coalesce(p_call_back_at, now() + interval '1 day')
    end,
    said_call_back_for = case when p_effect = 'call_back' then p_call_back_for end
  where queue_entries.id = p_entry.id;
  if p_effect in ('do_not_call', 'wrong_number') then
    perform private.apply_effect(
      p_entry.business_id, p_entry.lead_id, p_effect,
      (
        select leads.phone_number from public.leads
        where leads.business_id = p_entry.business_id and leads.id = p_entry.lead_id
      ),
      null
    );
  end if;
end;
$$;

create function private.release_lead(
  p_entry_id uuid, p_lease_token uuid, p_reason text, p_next_at timestamptz
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  e public.queue_entries;
  v_until timestamptz;
  v_wait record;
begin
  if p_reason is null or p_reason not in ('skipped', 'outside_calling_hours', 'blocked', 'stopped') then
    raise exception 'p_reason is skipped, outside_calling_hours, blocked or stopped' using errcode = '22023';
  end if;
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  e := private.lock_lease(p_entry_id, p_lease_token);
  if e.id is null then
    return private.after_lease(p_entry_id, p_lease_token);
  end if;

  e := private.end_lease(e, p_lease_token);
  if p_reason <> 'stopped' and e.state = 'ready' and e.wait_reason is distinct from 'in_call' then
    if p_next_at is not null then
      v_until := least(greatest(p_next_at, now()), now() + interval '30 days');
    end if;
    if p_next_at is null and p_reason = 'outside_calling_hours' then
      v_wait := private.reason_to_wait(e);
      v_until := v_wait.until;
    end if;
    -- What begin_call refused has its place already.
    if p_reason = 'skipped' or e.next_at <= now() then
      e := private.hold_entry(
        e,
        coalesce(v_until, now() + interval '30 minutes'),
        case when p_reason = 'outside_calling_hours' then p_reason else 'skipped' end
      );
    end if;
  end if;
  return private.entry_answer(e);
end;
$$;

-- The rep goes on with their lead: said every 30 s, it lasts 2 minutes. Answers {"lease_until"}, or {"error":
-- "signed_out" | "lease_lost"}.
create function public.extend_lease(p_entry_id uuid, p_lease_token uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.extend_lease(p_entry_id, p_lease_token);
$$;

-- The rep is through with their lead. An outcome is written to the call of the lease, or to the entry if there was
-- no call. p_call_back_at and p_call_back_for are for outcomes that agree a call.
-- Answers {"entry": {"id", "state", "next_at", "wait_reason", "done_reason"}}, the same to the same token, or
-- {"error": "signed_out" | "lease_lost" | "in_call" | "unknown_outcome" | "outcome_missing" (somebody answered)}.
create function public.finish_lead(
  p_entry_id uuid,
  p_lease_token uuid,
  p_outcome text default null,
  p_call_back_at timestamptz default null,
  p_call_back_for uuid default null
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.finish_lead(p_entry_id, p_lease_token, p_outcome, p_call_back_at, p_call_back_for);
$$;

-- The rep leaves their lead. skipped: it waits 30 minutes, or until p_next_at (30 days at most).
-- outside_calling_hours and blocked: the call was refused; the entry goes where begin_call put it, or waits as
-- above. stopped: it is back at once. Answers as finish_lead: {"entry"}, or {"error": "signed_out" |
-- "lease_lost"}.
create function public.release_lead(
  p_entry_id uuid, p_lease_token uuid, p_reason text, p_next_at timestamptz default null
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.release_lead(p_entry_id, p_lease_token, p_reason, p_next_at);
$$;

revoke execute on function private.lock_lease(uuid, uuid) from public, anon;
revoke execute on function private.entry_answer(public.queue_entries) from public, anon;
revoke execute on function private.after_lease(uuid, uuid) from public, anon;
revoke execute on function private.extend_lease(uuid, uuid) from public, anon;
revoke execute on function private.finish_lead(uuid, uuid, text, timestamptz, uuid) from public, anon;
revoke execute on function
private.say_of_lead(public.queue_entries, text, text, timestamptz, uuid)
from public, anon;
revoke execute on function private.release_lead(uuid, uuid, text, timestamptz) from public, anon;
grant execute on function private.extend_lease(uuid, uuid) to authenticated;
grant execute on function private.finish_lead(uuid, uuid, text, timestamptz, uuid) to authenticated;
grant execute on function private.release_lead(uuid, uuid, text, timestamptz) to authenticated;
revoke execute on function public.extend_lease(uuid, uuid) from public, anon, authenticated, service_role;
revoke execute on function public.finish_lead(uuid, uuid, text, timestamptz, uuid)
from public, anon, authenticated, service_role;
revoke execute on function public.release_lead(uuid, uuid, text, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.extend_lease(uuid, uuid) to authenticated;
grant execute on function public.finish_lead(uuid, uuid, text, timestamptz, uuid) to authenticated;
grant execute on function public.release_lead(uuid, uuid, text, timestamptz) to authenticated;
