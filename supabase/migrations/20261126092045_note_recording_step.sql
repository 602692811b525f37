-- What was done for a recording that was claimed.
set lock_timeout = '2s';

-- Why the wish to start came to nothing, where Twilio was not asked.
create function private.reason_not_to_start(r public.recordings, p_call public.conversations)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case when not private.is_leg_over(r) and private.last_wish(p_call, false) = 'stop' then 'stopped' end;
end;
$$;

-- A recording that cannot be kept. One that is in the bucket is, and one that must go goes some day.
create function private.fail_recording(r public.recordings, p_error text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if r.wanted = 'deleted' or r.state not in ('asked', 'in_progress', 'completed', 'fetched') then
    update public.recordings
    set error = left(p_error, 200), next_at = clock_timestamp() + interval '1 hour'
    where recordings.id = r.id;
    return;
  end if;
  update public.recordings
  set state = 'failed', error = left(p_error, 200), next_at = recordings.expires_at
  where recordings.id = r.id;
end;
$$;

-- Puts a recording off. Without a time: longer and longer, an hour at most. Media that Twilio does not have a
-- week after it said that they are complete will not come, nor will a recording that it does not know a day after
-- its beginning.
create function private.postpone_recording(r public.recordings, p_error text, p_seconds numeric)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_error = 'media_missing' and r.completed_at < now() - interval '7 days' then
    perform private.fail_recording(r, p_error);
    return;
  end if;
  if p_error = 'unknown_at_twilio'
    and (r.wanted = 'deleted' or coalesce(r.started_at, r.asked_at) < now() - interval '1 day') then
    perform private.apply_recording_status(
      r.id, null::public.conversations, 'absent', null, null, null, p_error
    );
    return;
  end if;
  update public.recordings
  set
    error = left(p_error, 200),
    -- A run that had no time for it has not tried.
    attempts = case
      when p_error is null then greatest(recordings.attempts - 1, 0) else recordings.attempts
    end,
    next_at = clock_timestamp() + make_interval(
      secs => greatest(0, least(3600, coalesce(p_seconds, 15 * 2 ^ least(r.attempts, 8))))
    )
  where recordings.id = r.id;
end;
$$;

-- Security definer: call_recorder has no right on any table.
create function private.note_recording_step(
  p_recording_id uuid, p_lease_token uuid, p_step text, p_fields jsonb
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_fields constant jsonb := coalesce(p_fields, '{}');
  v_error constant text := v_fields ->> 'error';
  v_call public.conversations;
  v_todo text;
  r public.recordings;
begin
  -- The call is locked before the row, as everywhere.
  perform private.enter_call(coalesce((
    select recordings.agent_call_sid from public.recordings where recordings.id = p_recording_id
  ), ''), null);
  perform private.leave_call();
  select * into r
  from public.recordings
  where recordings.id = p_recording_id and recordings.lease_token = p_lease_token
  for update;
  if not found then
    return jsonb_build_object('work', null);
  end if;
  select * into v_call from public.conversations where conversations.id = r.conversation_id;

  case p_step
    when 'started' then
      perform private.note_started(r.id, v_fields ->> 'recording_sid', null);

    when 'not_started' then
      if v_error is null and private.may_start(r, v_call) then
        v_todo := 'start';
      else
        perform private.end_unstarted(
          r, coalesce(v_error, private.reason_not_to_start(r, v_call)), v_error is null
        );
      end if;

    when 'seen' then
      perform private.apply_recording_status(
        r.id, v_call, v_fields ->> 'status', (v_fields ->> 'duration_seconds')::integer,
        (v_fields ->> 'channels')::integer, (v_fields ->> 'started_at')::timestamptz, v_error
      );
      insert into public.recording_events (
        business_id, conversation_id, recording_id, recording_sid, source, status, payload
      ) values (
        r.business_id, r.conversation_id, r.id, r.recording_sid, 'reconcile', v_fields ->> 'status', v_fields
      )
      on conflict do nothing;

    when 'fetched' then
      update public.recordings
      set
        state = 'fetched',
        bytes = (v_fields ->> 'bytes')::bigint,
        sha256 = v_fields ->> 'sha256',
        channels = coalesce((v_fields ->> 'channels')::integer, recordings.channels),
        object_path = private.path_of_recording(recordings),
        fetched_at = clock_timestamp(),
        error = null
      where recordings.id = r.id and recordings.state in ('completed', 'fetched');

    when 'stored' then
      update public.recordings
      set state = 'stored', stored_at = clock_timestamp(), error = null
      where recordings.id = r.id and recordings.state = 'fetched';

    when 'deleted_at_twilio' then
      update public.recordings
      set
        twilio_deleted_at = coalesce(recordings.twilio_deleted_at, clock_timestamp()),
        state = case
          when recordings.state = 'stored' and recordings.wanted = 'kept' then 'kept' else recordings.state
        end,
        error = null
      where recordings.id = r.id
        and (recordings.wanted = 'deleted' or recordings.state = 'stored');

    when 'object_deleted' then
      update public.recordings
      set object_deleted_at = clock_timestamp(), error = null
      where recordings.id = r.id and recordings.wanted = 'deleted';

    when 'postponed' then
      perform private.postpone_recording(r, v_error, (v_fields ->> 'seconds')::numeric);

    when 'failed' then
      perform private.fail_recording(r, coalesce(v_error, 'failed'));

    else
      raise exception 'no such step of a recording: %', p_step using errcode = '22023';
  end case;

  select * into r from public.recordings where recordings.id = p_recording_id;
  if r.id is not null and private.is_gone(r) and p_step not in ('postponed', 'failed') then
    r := private.note_gone(r);
  end if;
  if v_call.id is not null then
    perform private.derive_recording(v_call.id, coalesce(r.state in ('kept', 'failed', 'absent'), false));
  end if;
  if v_todo is null and p_step in (
    'started', 'seen', 'fetched', 'stored', 'deleted_at_twilio', 'object_deleted'
  ) then
    v_todo := private.todo_of_recording(r);
  end if;
  -- What the same run cannot go on with at once waits for the next one.
  if v_todo is null or v_todo in ('find', 'watch') or (p_step = 'seen' and v_todo = 'stop') then
    update public.recordings
    set
      lease_token = null,
      lease_until = null,
      next_at = case
        when p_step in ('not_started', 'postponed', 'failed') then recordings.next_at
        else private.next_look(recordings)
      end
    where recordings.id = p_recording_id;
    return jsonb_build_object('work', null);
  end if;

  -- The lease begins again: it is the same run, and it gets on.
  update public.recordings
  set
    attempts = case when v_todo = 'start' then recordings.attempts else 1 end,
    next_at = clock_timestamp() + make_interval(secs => recordings.lease_seconds),
    lease_until = clock_timestamp() + make_interval(secs => recordings.lease_seconds)
  where recordings.id = p_recording_id
  returning * into r;
  return jsonb_build_object('work', private.work_of_recording(r, v_todo));
end;
$$;

revoke execute on function
private.reason_not_to_start(public.recordings, public.conversations) from public, anon;
revoke execute on function private.postpone_recording(public.recordings, text, numeric) from public, anon;
revoke execute on function private.fail_recording(public.recordings, text) from public, anon;
revoke execute on function private.note_recording_step(uuid, uuid, text, jsonb) from public, anon;
grant execute on function private.note_recording_step(uuid, uuid, text, jsonb) to call_recorder;

-- Stores what was done for a claimed recording, and says what the same run can do next.
--   p_step, p_fields
--     started            {"recording_sid"}
--     not_started        {"error": null: Twilio has none; a text: why Twilio refused to start it}
--     seen               {"status", "duration_seconds", "channels", "started_at", "error"}: Twilio's answer
--     fetched            {"bytes", "sha256", "channels": of the file}
--     stored             it is in the bucket, verified
--     deleted_at_twilio, object_deleted   verified
--     postponed          {"error": null: there was no time for it, "seconds": null: longer each time}
--     failed             {"error"}: it can never be kept
-- Answers {"work": shared/recording_state.py, Work, under the same lease, which begins again; null if there is
-- nothing to do now, or if somebody else has the recording: then nothing was stored}.
create function public.note_recording_step(
  p_recording_id uuid, p_lease_token uuid, p_step text, p_fields jsonb
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.note_recording_step(p_recording_id, p_lease_token, p_step, p_fields);
$$;

revoke execute on function public.note_recording_step(uuid, uuid, text, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.note_recording_step(uuid, uuid, text, jsonb) to call_recorder;
