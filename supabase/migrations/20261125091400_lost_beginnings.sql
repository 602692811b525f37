set lock_timeout = '2s';

-- As in 20261122090900_record_call_event.sql, and more: a call that dialled its lead did begin, even
-- if its beginning is not on record, as after the loss of the database's last moments. It is put on
-- record as what its legs say, with the numbers that the lead's leg names.
create or replace function private.note_unbegun_call(
  p_call_sid text, p_payload jsonb, p_ended_at timestamptz
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  -- The identity that Twilio signed: see shared/rep_identity.py.
  v_rep text[] := regexp_match(
    p_payload ->> 'From', '^client:user_([0-9a-f]{32})_([0-9a-f]{32})$'
  );
  v_user_id uuid := v_rep[1]::uuid;
  v_business_id uuid := v_rep[2]::uuid;
  v_caller_id text;
  v_to text;
  v_began boolean;
  v_conversation_id uuid;
begin
  if v_rep is null then
    return null;
  end if;

  perform private.enter_call(p_call_sid, v_business_id);
  -- Twilio's callbacks and its API spell them differently.
  select
    coalesce(call_events.payload ->> 'From', call_events.payload ->> 'from'),
    coalesce(call_events.payload ->> 'To', call_events.payload ->> 'to')
  into v_caller_id, v_to
  from public.call_events
  where call_events.agent_call_sid = p_call_sid
    and call_events.call_sid <> p_call_sid
    and coalesce(call_events.payload ->> 'To', call_events.payload ->> 'to')
    ~ '^\+[1-9][0-9]{6,14}$'
  order by call_events.id
  limit 1;
  v_began := found;
  v_to := coalesce(v_to, left(nullif(trim(p_payload ->> 'To'), ''), 64));
  if v_to is null then
    return null;
  end if;

  insert into public.conversations as unbegun (
    business_id, user_id, status, from_number, to_number, call_sid, ended_at, duration_seconds
  )
  select
    business_members.business_id, v_user_id,
    case when v_began then 'queued' else 'failed' end,
    -- What tells it from a call that never began.
    case when v_began then coalesce(v_caller_id, '') end,
    v_to, p_call_sid,
    case when not v_began then coalesce(p_ended_at, now()) end,
    case when not v_began then 0 end
  from public.business_members
  where business_members.business_id = v_business_id and business_members.user_id = v_user_id
  returning unbegun.id into v_conversation_id;

  if v_conversation_id is not null then
    perform private.attach_events(v_conversation_id, v_business_id, p_call_sid);
  end if;
  return v_conversation_id;
end;
$$;

-- As in 20261122091000_begin_call.sql, save that a call which was put on record from its legs begins,
-- too, should its beginning come after all.
-- p_user_id and p_business_id are the rep's, from the identity that Twilio signed; null if none.
-- A second delivery of the same CallSid gets the first one's answer and writes nothing.
-- Answers {"conversation_id", "block_reason", "to_number", "from_number", "time_limit_seconds"}.
create or replace function public.begin_call(
  p_call_sid text,
  p_user_id uuid,
  p_business_id uuid,
  p_to jsonb,
  p_caller_id text,
  p_lead_id text,
  p_campaign_id text
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_answer jsonb;
  v_begun boolean;
  v_conversation_id uuid;
  d private.call_decision;
begin
  perform private.enter_call(p_call_sid, p_business_id);

  select
    private.call_answer(conversations),
    -- Every call that began has a time limit, or was refused.
    conversations.time_limit_seconds is not null or conversations.block_reason is not null
  into v_answer, v_begun
  from public.conversations
  where conversations.call_sid = p_call_sid;

  if v_begun is distinct from true then
    d := private.decide_call(
      p_user_id, p_business_id, p_to, p_caller_id, p_lead_id, p_campaign_id
    );

    insert into public.conversations as begun (
      business_id, user_id, lead_id, campaign_id, status, block_reason,
      from_number, to_number, call_sid, time_limit_seconds, dialed_at, ended_at, duration_seconds
    ) values (
      d.business_id, p_user_id, d.lead_id, d.campaign_id,
      case when d.block_reason is null then 'queued' else 'blocked' end, d.block_reason,
      d.from_number, d.to_number, p_call_sid,
      case when d.block_reason is null then d.time_limit_seconds end,
      -- Whole seconds, as Twilio's timestamps are: a call must not ring before it was dialled.
      case when d.block_reason is null then date_trunc('second', now()) end,
      case when d.block_reason is not null then now() end,
      case when d.block_reason is not null then 0 end
    )
    -- Its end came first: private.note_unbegun_call. What its legs say is derived again below.
    on conflict (call_sid) do update set
      lead_id = excluded.lead_id,
      campaign_id = excluded.campaign_id,
      status = excluded.status,
      block_reason = excluded.block_reason,
      from_number = excluded.from_number,
      to_number = excluded.to_number,
      time_limit_seconds = excluded.time_limit_seconds,
      dialed_at = excluded.dialed_at,
      ended_at = excluded.ended_at,
      duration_seconds = excluded.duration_seconds
    returning begun.id, private.call_answer(begun) into v_conversation_id, v_answer;

    insert into public.call_legs (business_id, conversation_id, call_sid, role, status)
    values (d.business_id, v_conversation_id, p_call_sid, 'agent', 'ringing')
    on conflict (call_sid) do nothing;

    -- Callbacks that were faster than the call they tell about.
    perform private.attach_events(v_conversation_id, d.business_id, p_call_sid);
  end if;

  perform private.leave_call();
  return v_answer;
end;
$$;
