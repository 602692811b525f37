-- Begins a call: decides whether it is allowed, and stores it.
set lock_timeout = '2s';

-- What Twilio has to do with a stored call. It is all in the row and in its terms of recording, and does not
-- change after the call has begun. notice: whether the lead hears a notice before they are connected.
-- machine_detection: whether Twilio tells if a machine has answered.
create function private.call_answer(p_conversation public.conversations)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'conversation_id', p_conversation.id,
    'block_reason', p_conversation.block_reason,
    'to_number', p_conversation.to_number,
    'from_number', p_conversation.from_number,
    'time_limit_seconds', p_conversation.time_limit_seconds,
    'notice', case
      when p_conversation.recording_state is null then false
      else exists (
        select from public.recording_consents
        where recording_consents.conversation_id = p_conversation.id
          and recording_consents.notice_text is not null
      )
    end,
    'machine_detection', case
      when p_conversation.campaign_id is null then false
      else exists (
        select from public.campaigns
        where campaigns.business_id = p_conversation.business_id
          and campaigns.id = p_conversation.campaign_id
          and campaigns.machine_detection
      )
    end
  );
end;
$$;

revoke execute on function private.call_answer(public.conversations) from public, anon;
grant execute on function private.call_answer(public.conversations) to call_webhook;

-- Begins a call: decides about it and stores it. One round trip of twiml_fn.
-- p_user_id and p_business_id are the rep's, from the identity that Twilio signed; null if none.
-- A second delivery of the same CallSid gets the first one's answer and writes nothing.
-- p_lease_token is that of the lead's lease, null if the call is not one of a queue.
-- Answers {"conversation_id", "block_reason", "to_number", "from_number", "time_limit_seconds", "notice",
-- "machine_detection"}.
create function public.begin_call(
  p_call_sid text,
  p_user_id uuid,
  p_business_id uuid,
  p_to jsonb,
  p_caller_id text,
  p_lead_id text,
  p_campaign_id text,
  p_lease_token text
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_answer jsonb;
  v_lease_problem text;
  d private.call_decision;
begin
  perform private.enter_call(p_call_sid, p_business_id);

  select * into v_call from public.conversations where conversations.call_sid = p_call_sid;

  -- The call is not stored yet, or its end came first and note_unbegun_call stored it.
  if v_call.begun_at is null then
    if p_lease_token is not null then
      -- The order of locks: first the call.
      perform from public.conversations where conversations.id = v_call.id for no key update;
      v_lease_problem := private.check_lease(
        p_business_id, p_user_id, p_campaign_id, p_lead_id, p_lease_token
      );
    end if;
    d := private.decide_call(
      p_user_id, p_business_id, p_to, p_caller_id, p_lead_id, p_campaign_id, v_lease_problem
    );

    if v_call.id is null then
      insert into public.conversations as begun (
        business_id, user_id, lead_id, campaign_id, status, block_reason, from_number, to_number,
        extension, other_number, call_sid, time_limit_seconds, recording_state, begun_at, dialed_at,
        ended_at, duration_seconds, hold_seconds, to_country, lead_time_zone, lead_zone_is_estimate
      ) values (
        d.business_id, p_user_id, d.lead_id, d.campaign_id,
        case when d.block_reason is null then 'queued' else 'blocked' end, d.block_reason,
        d.from_number, d.to_number, d.extension, d.other_number, p_call_sid,
        case when d.block_reason is null then d.time_limit_seconds end,
        case when (d.recording).mode is not null then 'waiting' end,
        now(),
        -- Whole seconds, as Twilio's timestamps are: a call must not ring before it was dialled.
        case when d.block_reason is null then date_trunc('second', now()) end,
        case when d.block_reason is not null then now() end,
        case when d.block_reason is not null then 0 end,
        case when d.block_reason is not null then 0 end,
        d.to_country, d.lead_time_zone, d.lead_zone_is_estimate
      )
      returning begun.* into v_call;
    else
      -- On record already, by note_unbegun_call. Only a rep can have named a lead or a campaign by then,
      -- and what a rep says of a call stays. What the events say stays as well, so that no broadcast
      -- opens an ended call again. A refused call has none of it.
      update public.conversations as begun set
        lead_id = coalesce(begun.lead_id, d.lead_id),
        campaign_id = coalesce(begun.campaign_id, d.campaign_id),
        block_reason = d.block_reason,
        from_number = d.from_number,
        to_number = d.to_number,
        extension = d.extension,
        other_number = d.other_number,
        time_limit_seconds = case when d.block_reason is null then d.time_limit_seconds end,
        to_country = d.to_country,
        lead_time_zone = d.lead_time_zone,
        lead_zone_is_estimate = d.lead_zone_is_estimate,
        recording_state = case when (d.recording).mode is not null then 'waiting' end,
        begun_at = now(),
        status = case when d.block_reason is null then begun.status else 'blocked' end,
        dialed_at = case when d.block_reason is null then begun.dialed_at end,
        ringing_at = case when d.block_reason is null then begun.ringing_at end,
        answered_at = case when d.block_reason is null then begun.answered_at end,
        ended_at = case when d.block_reason is null then begun.ended_at else now() end,
        duration_seconds = case when d.block_reason is null then begun.duration_seconds else 0 end,
        hold_seconds = case when d.block_reason is null then begun.hold_seconds else 0 end
      where begun.call_sid = p_call_sid
      returning begun.* into v_call;
    end if;

    insert into public.call_legs (business_id, conversation_id, call_sid, role, status, user_id)
    values (v_call.business_id, v_call.id, p_call_sid, 'agent', 'ringing', v_call.user_id)
    on conflict (call_sid) do nothing;

    if (d.recording).mode is not null then
      insert into public.recording_consents (
        business_id, conversation_id, mode, consent_mode, country, region, notice_text
      ) values (
        v_call.business_id, v_call.id, (d.recording).mode, (d.recording).consent_mode,
        (d.recording).country, (d.recording).region, (d.recording).notice
      )
      on conflict do nothing;
    end if;

    if p_lease_token is not null and v_lease_problem is distinct from 'lease_lost' then
      perform private.note_leased_call(
        p_lease_token, v_call, case when not d.other_number then d.retry_at end
      );
    end if;

    -- Callbacks may have arrived before this request.
    perform private.attach_events(v_call);
  end if;

  v_answer := private.call_answer(v_call);
  perform private.leave_call();
  return v_answer;
end;
$$;

revoke execute on function public.begin_call(text, uuid, uuid, jsonb, text, text, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.begin_call(text, uuid, uuid, jsonb, text, text, text, text)
to call_webhook;
