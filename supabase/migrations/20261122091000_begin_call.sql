-- Who may call whom, decided once for every caller, and the row that every call leaves.
set lock_timeout = '2s';

-- What was decided: dial to_number showing from_number, or refuse for block_reason.
create type private.call_decision as (
  business_id uuid,
  block_reason text,
  lead_id uuid,
  campaign_id uuid,
  to_number text,
  from_number text,
  time_limit_seconds integer
);

-- Decides a call. Security invoker: it sees the business that the caller's policies show it, which
-- is why a preview by the rep and the call itself come to the same answer.
-- p_to is what phone number parsing made of the dialled text:
--   {"dialled": text, "number": {"e164", "type"} | null, "by_country": {"US": {"e164", "type"}, …}}
-- with "number" for an international number, and "by_country" where the business's country decides.
create function private.decide_call(
  p_user_id uuid,
  p_business_id uuid,
  p_to jsonb,
  p_caller_id text,
  p_lead_id text,
  p_campaign_id text
)
returns private.call_decision
language plpgsql
stable
set search_path = ''
as $$
declare
  v_country text;
  v_number jsonb;
  d private.call_decision;
begin
  d.to_number := left(p_to ->> 'dialled', 64);

  if p_user_id is null or p_business_id is null then
    d.block_reason := 'unknown_rep';
    return d;
  end if;

  select businesses.id, businesses.country, businesses.max_call_seconds
  into d.business_id, v_country, d.time_limit_seconds
  from public.businesses
  where businesses.id = p_business_id;

  if not exists (
    select from public.business_members
    where business_members.business_id = p_business_id and business_members.user_id = p_user_id
  ) then
    d.block_reason := 'not_a_member';
    return d;
  end if;

  v_number := coalesce(nullif(p_to -> 'number', 'null'), p_to -> 'by_country' -> v_country);
  if v_number ->> 'e164' is null then
    d.block_reason := 'invalid_number';
    return d;
  end if;
  d.to_number := v_number ->> 'e164';

  -- Numbers that cost the caller extra, and those that are no telephone of a person.
  if v_number ->> 'type' in ('premium_rate', 'shared_cost', 'personal_number', 'pager', 'uan') then
    d.block_reason := 'number_type_not_allowed';
    return d;
  end if;

  select phone_numbers.phone_number into d.from_number
  from public.phone_numbers
  where phone_numbers.business_id = p_business_id
    and (
      phone_numbers.phone_number = p_caller_id
      or (p_caller_id is null and phone_numbers.is_default)
    );
  if not found then
    d.block_reason := case when p_caller_id is null then 'no_caller_id' else 'caller_id_not_owned' end;
    return d;
  end if;

  if p_lead_id is not null then
    select leads.id into d.lead_id
    from public.leads
    where leads.business_id = p_business_id and leads.id = private.to_uuid(p_lead_id);
    if not found then
      d.block_reason := 'unknown_lead';
      return d;
    end if;
  else
    -- A number typed by hand still belongs to the lead who has it, where that is one lead.
    select case when count(*) = 1 then (array_agg(same_number.id))[1] end into d.lead_id
    from (
      select leads.id
      from public.leads
      where leads.business_id = p_business_id and leads.phone_number = d.to_number
      limit 2
    ) as same_number;
  end if;

  if p_campaign_id is not null then
    select campaigns.id into d.campaign_id
    from public.campaigns
    where campaigns.business_id = p_business_id
      and campaigns.id = private.to_uuid(p_campaign_id);
    if not found then
      d.block_reason := 'unknown_campaign';
      return d;
    end if;
  end if;

  if exists (
    select from public.do_not_call
    where do_not_call.business_id = p_business_id and do_not_call.phone_number = d.to_number
  ) then
    d.block_reason := 'do_not_call';
  end if;

  return d;
end;
$$;

revoke execute on function private.decide_call(uuid, uuid, jsonb, text, text, text)
from public, anon;
grant execute on function private.decide_call(uuid, uuid, jsonb, text, text, text)
to authenticated, call_webhook;

-- What Twilio is to do with a call that is on record: all of it stands in the row, and none of it
-- changes once the call has begun.
create function private.call_answer(p_conversation public.conversations)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'conversation_id', p_conversation.id,
    'block_reason', p_conversation.block_reason,
    'to_number', p_conversation.to_number,
    'from_number', p_conversation.from_number,
    'time_limit_seconds', p_conversation.time_limit_seconds
  );
$$;

revoke execute on function private.call_answer(public.conversations) from public, anon;
grant execute on function private.call_answer(public.conversations) to call_webhook;

-- Begins a call: decides it and puts it on record. One round trip of twiml_fn.
-- p_user_id and p_business_id are the rep's, from the identity that Twilio signed; null if none.
-- A second delivery of the same CallSid gets the first one's answer and writes nothing.
-- Answers {"conversation_id", "block_reason", "to_number", "from_number", "time_limit_seconds"}.
create function public.begin_call(
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

  select private.call_answer(conversations), not private.is_unbegun(conversations)
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
    -- Its end came first: private.note_unbegun_call.
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

revoke execute on function public.begin_call(text, uuid, uuid, jsonb, text, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.begin_call(text, uuid, uuid, jsonb, text, text, text)
to call_webhook;

-- The same decision for the signed-in rep before they call; writes nothing.
-- Answers as begin_call without "conversation_id", or {"error": …} as
-- private.choose_business.
create function public.preview_call(
  p_business_id uuid,
  p_to jsonb,
  p_caller_id text,
  p_lead_id text,
  p_campaign_id text
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_choice jsonb := private.choose_business(p_business_id);
  d private.call_decision;
begin
  if v_choice ? 'error' then
    return v_choice;
  end if;

  d := private.decide_call(
    (select auth.uid()), (v_choice ->> 'business_id')::uuid,
    p_to, p_caller_id, p_lead_id, p_campaign_id
  );
  return jsonb_build_object(
    'block_reason', d.block_reason,
    'to_number', d.to_number,
    'from_number', d.from_number,
    'time_limit_seconds', case when d.block_reason is null then d.time_limit_seconds end
  );
end;
$$;

revoke execute on function public.preview_call(uuid, jsonb, text, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.preview_call(uuid, jsonb, text, text, text) to authenticated;
