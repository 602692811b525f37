-- The way of a recording: what is to be done next, who does it, and what they did. Any step may be the last
-- thing that a function did before it was killed: the next one goes on from the row.
set lock_timeout = '2s';

-- What is to be done for a recording now; null if nothing is:
--   find              was it started? list the recordings of the call
--   start             ask Twilio to record (only after find)
--   stop, watch       its end is late: ask Twilio to end it, or what became of it
--   fetch, store      into the bucket. A `store` may be of another run's fetch: then it is fetched again
--   delete_at_twilio, delete_object
create function private.todo_of_recording(r public.recordings)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_call public.conversations;
begin
  if r.state = 'deleted' then
    return null;
  end if;
  if r.state = 'asked' and r.recording_sid is null then
    return 'find';
  end if;

  if r.wanted = 'deleted' then
    return case
      when r.recording_sid is null then null
      when r.state in ('asked', 'in_progress') and r.twilio_deleted_at is null then 'stop'
      -- An upload may have been under way when its function was killed.
      when r.fetched_at is not null and r.object_deleted_at is null then 'delete_object'
      when r.twilio_deleted_at is null then 'delete_at_twilio'
    end;
  end if;

  -- The call is not known.
  if r.conversation_id is null then
    return null;
  end if;
  if r.state in ('asked', 'in_progress') then
    select * into v_call from public.conversations where conversations.id = r.conversation_id;
    return case
      when private.is_leg_over(r) or r.started_at < clock_timestamp() - private.longest_call() then 'watch'
      when private.last_wish(v_call, false) = 'stop' then 'stop'
    end;
  end if;
  return case r.state
    when 'completed' then 'fetch'
    when 'fetched' then 'store'
    when 'stored' then 'delete_at_twilio'
  end;
end;
$$;

-- What the endpoint is told of a recording: shared/recording_state.py, Work.
create function private.work_of_recording(r public.recordings, p_todo text)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'recording_id', r.id,
    'business_id', r.business_id,
    'conversation_id', r.conversation_id,
    'agent_call_sid', r.agent_call_sid,
    'call_sid', r.call_sid,
    'recording_sid', r.recording_sid,
    'part', r.part,
    'todo', p_todo,
    'object_path', private.path_of_recording(r),
    'bytes', r.bytes,
    'sha256', r.sha256,
    'channels', r.channels,
    'lease_token', r.lease_token,
    'known_sids', case when p_todo = 'find' then coalesce((
      select jsonb_agg(other.recording_sid order by other.part)
      from public.recordings as other
      where other.agent_call_sid = r.agent_call_sid
        and other.id <> r.id
        and other.recording_sid is not null
    ), '[]') else '[]' end
  );
end;
$$;

-- Where a recording is, or will be, in the bucket; null while that is not known.
create function private.path_of_recording(r public.recordings)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(
    r.object_path, r.business_id::text || '/' || r.conversation_id::text || '/' || r.recording_sid || '.mp3'
  );
end;
$$;

-- Brings a recording that is due up to date, before somebody works on it: its call may be known by now, it may
-- have expired, and nothing of it may be left. Answers the row; its state may be 'deleted'.
create function private.refresh_recording(r public.recordings)
returns public.recordings
language plpgsql
set search_path = ''
as $$
declare
  v_call public.conversations;
begin
  if r.conversation_id is null and r.wanted = 'kept' then
    select * into v_call
    from public.conversations
    where conversations.call_sid = r.agent_call_sid
      and conversations.begun_at is not null
      and conversations.business_id is not null;
    if found then
      update public.recordings
      set
        business_id = v_call.business_id,
        conversation_id = v_call.id,
        attempts = 0,
        expires_at = recordings.completed_at + make_interval(days => (
          select businesses.recording_retention_days
          from public.businesses
          where businesses.id = v_call.business_id
        )),
        part = 1 + coalesce((
          select max(other.part) from public.recordings as other where other.conversation_id = v_call.id
        ), 0)
      where recordings.id = r.id
      returning * into r;
      update public.recording_events
      set business_id = v_call.business_id, conversation_id = v_call.id
      where recording_events.recording_id = r.id;
      r := private.allow_recording(r);
      perform private.derive_recording(v_call.id, true);
    end if;
  end if;

  if r.wanted = 'kept' and r.expires_at <= now() and not exists (
    select from public.conversations where conversations.id = r.conversation_id and conversations.is_held
  ) then
    update public.recordings
    set
      wanted = 'deleted',
      delete_reason = 'retention',
      state = case recordings.state when 'kept' then 'expired' else recordings.state end
    where recordings.id = r.id
    returning * into r;
  end if;

  if private.is_gone(r) then
    r := private.note_gone(r);
  end if;
  return r;
end;
$$;

-- Whether nothing is left of a recording that must go.
create function private.is_gone(r public.recordings)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return r.wanted = 'deleted' and r.state <> 'deleted' and private.todo_of_recording(r) is null;
end;
$$;

create function private.note_gone(r public.recordings)
returns public.recordings
language plpgsql
set search_path = ''
as $$
begin
  -- Hash, size and times are the proof. The path names a recording that is not there.
  update public.recordings
  set
    state = 'deleted', object_path = null, next_at = null, lease_token = null, lease_until = null,
    error = null
  where recordings.id = r.id
  returning * into r;
  if r.conversation_id is not null then
    perform private.derive_recording(r.conversation_id, true);
  end if;
  return r;
end;
$$;

-- When a recording with which there is nothing to do is looked at again; null if never.
create function private.next_look(r public.recordings)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
begin
  return clock_timestamp() + case
    when r.state = 'deleted' then null
    -- Its call may begin, or never.
    when r.conversation_id is null then least(interval '1 day', interval '1 minute' * 2 ^ least(r.attempts, 12))
    when r.state in ('asked', 'in_progress') then interval '1 minute' * 2 ^ least(greatest(r.attempts - 1, 0), 6)
    -- A legal hold, which may end.
    when r.expires_at <= now() then interval '1 hour'
    else r.expires_at - clock_timestamp()
  end;
end;
$$;

-- Security definer: call_recorder has no right on any table.
create function private.claim_recordings(p_limit integer, p_lease_seconds integer, p_recording_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_lease_seconds constant integer := greatest(1, least(600, p_lease_seconds));
  v_now constant timestamptz := clock_timestamp();
  v_ids uuid[];
  v_paused_seconds integer;
  v_work jsonb := '[]';
  v_todo text;
  r public.recordings;
begin
  select ceil(extract(epoch from reconciliation.paused_until - now())) into v_paused_seconds
  from private.reconciliation
  where reconciliation.paused_until > now();

  -- Most recordings are kept and due in months. Those in progress are due, and need nothing.
  v_ids := case
    when p_recording_id is not null then array[p_recording_id]
    else array(
      select recordings.id
      from public.recordings
      where recordings.next_at <= v_now
      order by recordings.next_at
      limit p_limit + 1000
    )
  end;
  for r in
    select *
    from public.recordings
    where recordings.id = any(v_ids)
      and recordings.next_at is not null
      and (recordings.next_at <= v_now or p_recording_id is not null)
      and (recordings.lease_until is null or recordings.lease_until <= v_now)
    order by recordings.next_at
    for update skip locked
  loop
    exit when jsonb_array_length(v_work) >= p_limit;
    r := private.refresh_recording(r);
    v_todo := private.todo_of_recording(r);
    -- Twilio has asked us to wait. Storage has not.
    continue when v_paused_seconds is not null and v_todo <> 'delete_object';
    if v_todo is null then
      update public.recordings
      set
        next_at = private.next_look(r),
        attempts = recordings.attempts + case when r.conversation_id is null then 1 else 0 end
      where recordings.id = r.id;
    else
      -- If this run is killed, the next one goes on when the lease is over; after several it waits longer, so
      -- that a recording that kills its runs does not delay others.
      update public.recordings
      set
        lease_token = gen_random_uuid(),
        lease_seconds = v_lease_seconds,
        lease_until = clock_timestamp() + make_interval(secs => v_lease_seconds),
        attempts = recordings.attempts + 1,
        next_at = clock_timestamp()
          + make_interval(secs => v_lease_seconds * 2 ^ least(greatest(recordings.attempts - 2, 0), 6))
      where recordings.id = r.id
      returning * into r;
      v_work := v_work || private.work_of_recording(r, v_todo);
    end if;
  end loop;

  return jsonb_build_object('recordings', v_work, 'paused_seconds', v_paused_seconds);
end;
$$;

revoke execute on function private.todo_of_recording(public.recordings) from public, anon;
revoke execute on function private.work_of_recording(public.recordings, text) from public, anon;
revoke execute on function private.path_of_recording(public.recordings) from public, anon;
revoke execute on function private.refresh_recording(public.recordings) from public, anon;
revoke execute on function private.is_gone(public.recordings) from public, anon;
revoke execute on function private.note_gone(public.recordings) from public, anon;
revoke execute on function private.next_look(public.recordings) from public, anon;
revoke execute on function private.claim_recordings(integer, integer, uuid) from public, anon;
grant execute on function private.claim_recordings(integer, integer, uuid) to call_recorder;

-- Claims up to p_limit recordings with which something is to be done, for p_lease_seconds; with p_recording_id
-- that one alone, also before it is due. Two runs at once claim different recordings.
-- Answers {"recordings": [shared/recording_state.py, Work], "paused_seconds": how long Twilio must not be
-- asked, or null}.
create function public.claim_recordings(p_limit integer, p_lease_seconds integer, p_recording_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.claim_recordings(p_limit, p_lease_seconds, p_recording_id);
$$;

revoke execute on function public.claim_recordings(integer, integer, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.claim_recordings(integer, integer, uuid) to call_recorder;
