-- Stores a callback in the ledger, and updates its call.
set lock_timeout = '2s';

-- Stores a call that has not begun, when its agent's leg has ended: its beginning never reached the
-- database, because the database did not answer in time or lost its last transactions. Before that end, the
-- beginning may still be on its way. The row depends only on the set of the call's events, as every call's
-- row does: the end of the agent's leg says who placed the call, the lead's leg has the numbers, and
-- private.derive_call computes status and times. If the call begins later, begin_call replaces the row.
-- Answers the conversation's id. Null if nothing was stored: the agent's leg has not ended, or the events
-- name no rep of a business or no number (a preflight test).
create function private.note_unbegun_call(p_call_sid text)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_rep text[];
  v_typed text;
  v_ended_at timestamptz;
  v_from text;
  v_to text;
begin
  -- Twilio's callbacks and its API spell the same parameter differently. The identity is what Twilio
  -- signed: see shared/rep_identity.py.
  select
    min(regexp_match(ends.caller, '^client:user_([0-9a-f]{32})_([0-9a-f]{32})$')),
    min(left(nullif(trim(ends.dialled), ''), 64)),
    min(ends.at)
  into v_rep, v_typed, v_ended_at
  from (
    select
      coalesce(call_events.payload ->> 'From', call_events.payload ->> 'from') as caller,
      coalesce(call_events.payload ->> 'To', call_events.payload ->> 'to') as dialled,
      coalesce(call_events.occurred_at, call_events.received_at) as at
    from public.call_events
    where call_events.agent_call_sid = p_call_sid
      and call_events.call_sid = p_call_sid
      and call_events.source in ('status_callback', 'reconcile')
      and private.is_final(call_events.status)
  ) as ends;
  if v_rep is null then
    return null;
  end if;

  -- A Dial action is a request of the agent's leg and repeats that leg's numbers. A leg with an id is not
  -- the lead's.
  select numbers.caller, numbers.dialled into v_from, v_to
  from (
    select
      call_events.call_sid,
      coalesce(call_events.payload ->> 'From', call_events.payload ->> 'from') as caller,
      coalesce(call_events.payload ->> 'To', call_events.payload ->> 'to') as dialled
    from public.call_events
    where call_events.agent_call_sid = p_call_sid
      and call_events.call_sid <> p_call_sid
      and call_events.call_leg_id is null
      and call_events.source in ('status_callback', 'reconcile')
  ) as numbers
  where numbers.dialled ~ '^\+[1-9][0-9]{6,14}$'
  order by numbers.call_sid, numbers.dialled, numbers.caller
  limit 1;
  v_to := coalesce(v_to, v_typed);
  if v_to is null then
    return null;
  end if;

  perform private.enter_call(p_call_sid, v_rep[2]::uuid);
  update public.conversations
  set from_number = v_from, to_number = v_to
  where conversations.call_sid = p_call_sid
    and (conversations.from_number, conversations.to_number) is distinct from (v_from, v_to);

  select * into v_call from public.conversations where conversations.call_sid = p_call_sid;
  if not found then
    insert into public.conversations as unbegun (
      business_id, user_id, status, from_number, to_number, call_sid, ended_at, duration_seconds,
      hold_seconds
    )
    select
      business_members.business_id, business_members.user_id, 'failed', v_from, v_to, p_call_sid,
      v_ended_at, 0, 0
    from public.business_members
    where business_members.business_id = v_rep[2]::uuid
      and business_members.user_id = v_rep[1]::uuid
    returning unbegun.* into v_call;
    if not found then
      return null;
    end if;
  end if;

  perform private.attach_events(v_call);
  return v_call.id;
end;
$$;

revoke execute on function private.note_unbegun_call(text) from public, anon;
grant execute on function private.note_unbegun_call(text) to call_webhook;

-- Stores one event in the ledger, and updates the call. The caller has entered the call, and leaves it.
-- is_new is false for a duplicate, and null for a callback of a room that is not this call's: it is not
-- stored. call is as it was before the event; its id is null while the call is not stored.
create function private.store_call_event(
  p_call_sid text,
  p_agent_call_sid text,
  p_source text,
  p_status text,
  p_sequence_number integer,
  p_occurred_at timestamptz,
  p_duration_seconds integer,
  p_payload jsonb,
  p_call_leg_id uuid,
  p_conference_sid text,
  out is_new boolean,
  out call public.conversations
)
language plpgsql
set search_path = ''
as $$
begin
  select * into call from public.conversations where conversations.call_sid = p_agent_call_sid;

  -- A room has the name that control_fn gave it, and it did so after the call had begun.
  if p_source = 'conference'
    and (p_payload ->> 'FriendlyName' = private.room_name(call.id)) is not true then
    return;
  end if;

  insert into public.call_events (
    business_id, conversation_id, call_sid, agent_call_sid, source, status,
    sequence_number, occurred_at, duration_seconds, payload, call_leg_id, conference_sid
  ) values (
    -- An event of a call that has not begun waits, until note_unbegun_call or begin_call attaches it.
    case when call.begun_at is not null then call.business_id end,
    case when call.begun_at is not null then call.id end,
    p_call_sid, p_agent_call_sid, p_source, p_status,
    p_sequence_number, p_occurred_at, p_duration_seconds, p_payload, p_call_leg_id, p_conference_sid
  )
  on conflict do nothing;
  is_new := found;

  if is_new and call.begun_at is not null then
    call.is_plain := call.is_plain
      and p_call_leg_id is null
      and p_source in ('status_callback', 'dial_action', 'reconcile', 'amd');
    if p_source = 'amd' then
      perform private.derive_answer(call);
    else
      perform private.derive_call(call);
    end if;
  elsif is_new then
    call.id := private.note_unbegun_call(p_agent_call_sid);
  elsif p_source = 'status_callback' then
    insert into private.repeated_callbacks (agent_call_sid, call_sid, status, sequence_number)
    values (p_agent_call_sid, p_call_sid, p_status, coalesce(p_sequence_number, -1))
    on conflict do nothing;
  end if;
end;
$$;

revoke execute on function private.store_call_event(
  text, text, text, text, integer, timestamptz, integer, jsonb, uuid, text
) from public, anon;
grant execute on function private.store_call_event(
  text, text, text, text, integer, timestamptz, integer, jsonb, uuid, text
) to call_webhook;

-- Stores one event in the ledger, and updates the call. One round trip of status_fn.
-- p_call_leg_id names a leg that was asked for: it is in the address that Twilio calls.
-- Answers {"new": false for a duplicate, null for a callback of a room that is not this call's,
-- "conversation_id": null while the call is not stored}.
create function public.record_call_event(
  p_call_sid text,
  p_agent_call_sid text,
  p_source text,
  p_status text,
  p_sequence_number integer,
  p_occurred_at timestamptz,
  p_duration_seconds integer,
  p_payload jsonb,
  p_call_leg_id uuid,
  p_conference_sid text
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_stored record;
begin
  perform private.enter_call(p_agent_call_sid, null);
  v_stored := private.store_call_event(
    p_call_sid, p_agent_call_sid, p_source, p_status, p_sequence_number, p_occurred_at,
    p_duration_seconds, p_payload, p_call_leg_id, p_conference_sid
  );
  perform private.leave_call();
  return jsonb_build_object(
    'new', v_stored.is_new, 'conversation_id', (v_stored.call).id
  );
end;
$$;

revoke execute on function public.record_call_event(
  text, text, text, text, integer, timestamptz, integer, jsonb, uuid, text
) from public, anon, authenticated, service_role;
grant execute on function public.record_call_event(
  text, text, text, text, integer, timestamptz, integer, jsonb, uuid, text
) to call_webhook;
