-- What Twilio tells about a recording: its callback, or its answer.
set lock_timeout = '2s';

-- The lead may still be recorded: the call goes on, nobody has asked to stop, and consent is complete.
create function private.may_start(r public.recordings, p_call public.conversations)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return r.wanted = 'kept'
    and not private.is_leg_over(r)
    and coalesce(private.last_wish(p_call, false) not in ('stop', 'pause'), true)
    and exists (
      select from public.recording_consents
      where recording_consents.conversation_id = r.conversation_id
        and private.has_agreed(recording_consents)
    );
end;
$$;

-- Whether a call's recording, which Twilio has ended, goes on as another part.
create function private.wants_next_part(p_recording public.recordings, p_call public.conversations)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.may_start(p_recording, p_call)
    -- A Twilio that ends every recording at once is not asked for ever.
    and p_recording.part < 50
    and (private.live_recording(p_call)).id is null;
end;
$$;

-- A recording that was asked for and does not exist at Twilio. p_error: what Twilio said to the wish; null if
-- the call had ended before. While the leg goes on, Twilio is asked again a few times, unless p_is_final: it may
-- refuse to record a leg that still hears the notice, or may not have told the end of the leg yet.
create function private.end_unstarted(p_recording public.recordings, p_error text, p_is_final boolean)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_is_over constant boolean := private.is_leg_over(p_recording);
  v_again constant boolean := p_error is not null
    and not p_is_final
    and not v_is_over
    and p_recording.wanted = 'kept'
    and p_recording.attempts < 5;
begin
  -- A further part of a call that has just ended: there is nothing to tell about it.
  delete from public.recordings
  where recordings.id = p_recording.id
    and p_recording.part > 1
    and p_recording.asked_by is null
    and v_is_over;

  update public.recordings
  set
    state = case
      when recordings.wanted = 'deleted' then 'deleted'
      when v_again then recordings.state
      else 'failed'
    end,
    error = coalesce(left(p_error, 200), 'not_in_progress'),
    next_at = case when v_again then clock_timestamp() + interval '30 seconds' end,
    lease_token = null,
    lease_until = null
  where recordings.id = p_recording.id;
end;
$$;

-- Writes what Twilio said about the state of a recording into its row. Completed counts more than anything
-- else, so the order in which it is told makes no difference. Answers the next part, if the recording has
-- ended and is to go on.
create function private.apply_recording_status(
  p_recording_id uuid,
  p_call public.conversations,
  p_status text,
  p_duration_seconds integer,
  p_channels integer,
  p_started_at timestamptz,
  p_error text
)
returns public.recordings
language plpgsql
set search_path = ''
as $$
declare
  r public.recordings;
  v_next public.recordings;
begin
  select * into r from public.recordings where recordings.id = p_recording_id;
  case
    when p_status in ('in-progress', 'paused', 'stopped', 'processing') then
      perform private.note_started(r.id, r.recording_sid, p_started_at);

    when p_status = 'completed' then
      update public.recordings
      set
        state = 'completed',
        started_at = coalesce(p_started_at, recordings.started_at),
        completed_at = clock_timestamp(),
        duration_seconds = p_duration_seconds,
        -- A count that no recording has must not keep it from arriving. Its file tells it, too.
        channels = case when p_channels in (1, 2) then p_channels end,
        expires_at = clock_timestamp() + make_interval(days => coalesce((
          select businesses.recording_retention_days
          from public.businesses
          where businesses.id = recordings.business_id
        ), 90)),
        error = null,
        attempts = 0,
        next_at = clock_timestamp()
      where recordings.id = r.id
        and recordings.completed_at is null
        and recordings.twilio_deleted_at is null
        and recordings.state in ('asked', 'in_progress', 'absent', 'failed')
      returning * into r;
      if found then
        -- Of a stop that nobody could finish.
        update public.recording_actions
        set result = 'done', finished_at = clock_timestamp(), lease_until = clock_timestamp()
        where recording_actions.conversation_id = r.conversation_id
          and recording_actions.recording_id = r.id
          and recording_actions.action = 'stop'
          and recording_actions.result is null;
        if private.wants_next_part(r, p_call) then
          v_next := private.add_recording(p_call, r.call_sid, null);
        end if;
      end if;

    -- Twilio's documentation has no 'failed' for a recording that has a SID; nothing would come of it.
    when p_status = 'absent' or (p_status = 'failed' and r.recording_sid is not null) then
      update public.recordings
      set
        state = 'absent',
        error = coalesce(left(p_error, 200), p_status),
        next_at = case recordings.wanted when 'deleted' then clock_timestamp() end
      where recordings.id = r.id and recordings.state in ('asked', 'in_progress');

    when p_status = 'deleted' then
      -- Somebody else has deleted it at Twilio. One that is in the bucket is kept.
      update public.recordings
      set
        twilio_deleted_at = clock_timestamp(),
        state = case
          when recordings.wanted = 'deleted' then recordings.state
          when recordings.state = 'stored' then 'kept'
          else 'failed'
        end,
        error = case
          when recordings.wanted = 'kept' and recordings.state <> 'stored' then 'deleted_at_twilio'
        end,
        next_at = case
          when recordings.wanted = 'deleted' then clock_timestamp()
          else recordings.expires_at
        end
      where recordings.id = r.id
        and recordings.twilio_deleted_at is null
        and recordings.state in ('asked', 'in_progress', 'completed', 'fetched', 'stored', 'failed');

    when p_status = 'failed' and r.state = 'asked' and r.recording_sid is null then
      perform private.end_unstarted(r, p_error, false);

    else
      null;
  end case;
  return v_next;
end;
$$;

-- A recording that no row has, of a call that may not be known. Nobody has asked for it, as far as we know: if
-- the lead has not agreed either, it goes.
create function private.adopt_recording(
  p_call public.conversations, p_agent_call_sid text, p_call_sid text, p_recording_sid text
)
returns public.recordings
language plpgsql
set search_path = ''
as $$
declare
  r public.recordings;
begin
  if p_call.begun_at is null then
    insert into public.recordings as adopted (agent_call_sid, call_sid, recording_sid, next_at)
    values (p_agent_call_sid, p_call_sid, p_recording_sid, clock_timestamp())
    returning adopted.* into r;
    return r;
  end if;

  r := private.add_recording(p_call, p_call_sid, null);
  update public.recordings as adopted
  set recording_sid = p_recording_sid
  where adopted.id = r.id
  returning adopted.* into r;
  return private.allow_recording(r);
end;
$$;

-- Has a recording deleted that was made without the lead's consent.
create function private.allow_recording(p_recording public.recordings)
returns public.recordings
language plpgsql
set search_path = ''
as $$
declare
  r public.recordings;
begin
  update public.recordings
  set wanted = 'deleted', delete_reason = 'refused', error = 'no_consent', next_at = clock_timestamp()
  where recordings.id = p_recording.id
    and recordings.wanted = 'kept'
    and not exists (
      select from public.recording_consents
      where recording_consents.conversation_id = recordings.conversation_id
        and private.has_agreed(recording_consents)
    );
  select * into r from public.recordings where recordings.id = p_recording.id;
  return r;
end;
$$;

-- Security definer: call_recorder has no right on any table.
create function private.record_recording_event(
  p_agent_call_sid text,
  p_recording_id uuid,
  p_recording_sid text,
  p_call_sid text,
  p_source text,
  p_status text,
  p_duration_seconds integer,
  p_channels integer,
  p_started_at timestamptz,
  p_error text,
  p_payload jsonb
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_next public.recordings;
  r public.recordings;
  v_is_new boolean;
begin
  perform private.enter_call(coalesce(p_agent_call_sid, p_recording_sid, ''), null);
  select * into v_call from public.conversations where conversations.call_sid = p_agent_call_sid;
  select * into r from public.recordings where recordings.recording_sid = p_recording_sid for update;
  if not found then
    select * into r
    from public.recordings
    where recordings.id = p_recording_id
      and recordings.agent_call_sid is not distinct from p_agent_call_sid
      and (recordings.recording_sid is null or p_recording_sid is null)
    for update;
    if found and p_recording_sid is not null then
      update public.recordings
      set recording_sid = p_recording_sid
      where recordings.id = r.id
      returning * into r;
    end if;
  end if;
  if r.id is null and p_recording_sid is not null then
    r := private.adopt_recording(v_call, p_agent_call_sid, p_call_sid, p_recording_sid);
  end if;
  if r.id is null then
    perform private.leave_call();
    return jsonb_build_object('new', false, 'recording_id', null, 'conversation_id', null, 'start', null);
  end if;

  insert into public.recording_events (
    business_id, conversation_id, recording_id, recording_sid, source, status, payload
  ) values (
    r.business_id, r.conversation_id, r.id, r.recording_sid, p_source, p_status, p_payload
  )
  on conflict do nothing;
  v_is_new := found;

  select * into v_call from public.conversations where conversations.id = r.conversation_id;
  v_next := private.apply_recording_status(
    r.id, v_call, p_status, p_duration_seconds, p_channels, p_started_at, p_error
  );
  if r.conversation_id is not null then
    perform private.derive_recording(r.conversation_id, v_is_new);
  end if;
  perform private.leave_call();
  return jsonb_build_object(
    'new', v_is_new,
    'recording_id', r.id,
    'conversation_id', r.conversation_id,
    'start', private.start_of_recording(v_next)
  );
end;
$$;

revoke execute on function private.may_start(public.recordings, public.conversations) from public, anon;
revoke execute on function
private.wants_next_part(public.recordings, public.conversations) from public, anon;
revoke execute on function private.end_unstarted(public.recordings, text, boolean) from public, anon;
revoke execute on function private.apply_recording_status(
  uuid, public.conversations, text, integer, integer, timestamptz, text
) from public, anon;
revoke execute on function
private.adopt_recording(public.conversations, text, text, text) from public, anon;
revoke execute on function private.allow_recording(public.recordings) from public, anon;
revoke execute on function private.record_recording_event(
  text, uuid, text, text, text, text, integer, integer, timestamptz, text, jsonb
) from public, anon;
grant execute on function private.record_recording_event(
  text, uuid, text, text, text, text, integer, integer, timestamptz, text, jsonb
) to call_recorder;

-- Stores what Twilio told about a recording. One round trip of recording_fn.
--   p_recording_id   recordings.id, from the address of the callback; null if it has none
--   p_recording_sid  null only for a start that Twilio refused
--   p_source         'callback', 'api' (the answer to a start) or 'reconcile'
--   p_status         Twilio's word; 'failed' for a start that Twilio refused, with p_error
-- A recording that no row has gets one. If its call is not known, it is kept until the call is.
-- https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback
-- Answers {"new": false for a duplicate, "recording_id", "conversation_id": null while the call is not known,
-- "start": {"recording_id", "call_sid", "agent_call_sid"}: Twilio has ended the recording, and the call goes
-- on; null}.
create function public.record_recording_event(
  p_agent_call_sid text,
  p_recording_id uuid,
  p_recording_sid text,
  p_call_sid text,
  p_source text,
  p_status text,
  p_duration_seconds integer,
  p_channels integer,
  p_started_at timestamptz,
  p_error text,
  p_payload jsonb
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.record_recording_event(
    p_agent_call_sid, p_recording_id, p_recording_sid, p_call_sid, p_source, p_status, p_duration_seconds,
    p_channels, p_started_at, p_error, p_payload
  );
$$;

revoke execute on function public.record_recording_event(
  text, uuid, text, text, text, text, integer, integer, timestamptz, text, jsonb
) from public, anon, authenticated, service_role;
grant execute on function public.record_recording_event(
  text, uuid, text, text, text, text, integer, integer, timestamptz, text, jsonb
) to call_recorder;
