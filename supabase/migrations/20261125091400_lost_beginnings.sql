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
