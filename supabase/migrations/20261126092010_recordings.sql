-- The recordings of calls: where each one is, from the wish to its deletion.
set lock_timeout = '2s';

-- One row per recording at Twilio, written before Twilio is asked for it. A call has several if Twilio ended
-- one while the call went on, or if somebody stopped and started again: its parts, in their order.
create table public.recordings (
  -- It is in the address of the recording's callbacks.
  id uuid primary key default gen_random_uuid(),
  -- Both null while the call is not known, and after the conversation was deleted.
  business_id uuid,
  conversation_id uuid,
  -- conversations.call_sid, as the address of the callback has it.
  agent_call_sid text check (length(agent_call_sid) <= 64),
  -- The recorded leg. (Twilio's callbacks name its parent.)
  call_sid text check (length(call_sid) <= 64),
  part integer not null default 1 check (part > 0),
  -- Null until Twilio names the recording.
  recording_sid text unique check (length(recording_sid) <= 64),
  state text not null default 'asked' check (
    state in (
      'asked', 'in_progress',
      -- It is complete at Twilio; fetched: its hash and size are known; stored: it is in the bucket, verified;
      -- kept: and nowhere else, verified.
      'completed', 'fetched', 'stored', 'kept',
      'expired',
      -- Nothing of it is left, verified.
      'deleted',
      -- Twilio recorded nothing.
      'absent',
      -- It came to nothing: error says why.
      'failed'
    )
  ),
  wanted text not null default 'kept' check (wanted in ('kept', 'deleted')),
  delete_reason text check (delete_reason in ('refused', 'retention', 'request')),
  asked_at timestamptz not null default clock_timestamp(),
  -- Null: the terms of the call ask for it. No foreign key: the record outlives the account.
  asked_by uuid,
  started_at timestamptz,
  completed_at timestamptz,
  duration_seconds integer check (duration_seconds >= 0),
  channels integer check (channels between 1 and 2),
  -- Of the mp3 that was fetched. sha256 is hexadecimal.
  bytes bigint check (bytes >= 0),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  -- In the bucket `recordings`. Null before it is fetched, and after its deletion.
  object_path text,
  fetched_at timestamptz,
  stored_at timestamptz,
  twilio_deleted_at timestamptz,
  -- When the retention of the business ends.
  expires_at timestamptz,
  object_deleted_at timestamptz,
  -- Why it failed, or why the last step was put off.
  error text check (length(error) <= 200),
  -- How often it was claimed since its last step.
  attempts integer not null default 0,
  -- When something is to be done next; null if nothing is. Of a kept recording: when it expires.
  next_at timestamptz default clock_timestamp() + interval '20 seconds',
  -- Who works on it, and until when nobody else does.
  lease_token uuid,
  lease_until timestamptz,
  lease_seconds integer check (lease_seconds between 1 and 600),
  -- The object outlives a conversation that is deleted: private.orphan_recording has it deleted.
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete set null (business_id, conversation_id),
  unique (conversation_id, part),
  check ((wanted = 'deleted') = (delete_reason is not null)),
  check ((business_id is null) = (conversation_id is null))
);

-- The recordings that a client shows with a conversation; its deletion asks for these, too.
create index recordings_conversation_id_idx on public.recordings (business_id, conversation_id);
-- What is due, the longest due first.
create index recordings_next_at_idx on public.recordings (next_at) where next_at is not null;
-- The recordings that Twilio may list for a call.
create index recordings_agent_call_sid_idx on public.recordings (agent_call_sid);

alter table public.recordings enable row level security;

-- Members see that a call was recorded, and what became of it. To hear it is another thing: ask_to_play.
create policy "members can read about the recordings of their business"
on public.recordings for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.recordings from public, anon, authenticated, service_role;
grant select on public.recordings to authenticated, service_role;

-- A conversation was deleted: its recordings are deleted everywhere.
create function private.orphan_recording()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if new.state <> 'deleted' and new.wanted = 'kept' then
    new.wanted := 'deleted';
    new.delete_reason := 'request';
    new.next_at := clock_timestamp();
  end if;
  return new;
end;
$$;

revoke execute on function private.orphan_recording() from public, anon;

create trigger recordings_orphan
before update of conversation_id on public.recordings
for each row when (old.conversation_id is not null and new.conversation_id is null)
execute function private.orphan_recording();

-- What Twilio told about recordings: its callbacks, and its answers. Append-only. In which order they come,
-- and how often, makes no difference.
create table public.recording_events (
  id bigint generated always as identity primary key,
  business_id uuid,
  conversation_id uuid,
  -- recordings.id. No foreign key: an event is stored whatever becomes of the row.
  recording_id uuid not null,
  recording_sid text check (length(recording_sid) <= 64),
  source text not null check (source in ('callback', 'api', 'reconcile')),
  status text not null check (length(status) <= 64),
  -- The parameters as Twilio sent them.
  payload jsonb not null,
  received_at timestamptz not null default now(),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  unique nulls not distinct (recording_id, recording_sid, source, status)
);

-- The deletion of a conversation asks for these.
create index recording_events_conversation_id_idx
on public.recording_events (business_id, conversation_id);

alter table public.recording_events enable row level security;

-- Members can see from which events a recording's state was computed.
create policy "members can read the events of recordings of their business"
on public.recording_events for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.recording_events from public, anon, authenticated, service_role;
revoke all on sequence public.recording_events_id_seq from public, anon, authenticated, service_role;
grant select on public.recording_events to authenticated, service_role;

-- The recording that goes on, or that Twilio is asked to start; of several the newest.
create function private.live_recording(p_call public.conversations)
returns public.recordings
language plpgsql
stable
set search_path = ''
as $$
declare
  v_recording public.recordings;
begin
  select * into v_recording
  from public.recordings
  where recordings.business_id = p_call.business_id
    and recordings.conversation_id = p_call.id
    and recordings.state in ('asked', 'in_progress')
    and recordings.wanted = 'kept'
  order by recordings.part desc
  limit 1;
  return v_recording;
end;
$$;

-- Whether the recorded leg has ended, as far as we know. The end of a notice tells that the leg is there
-- before its own callback may have come.
create function private.is_leg_over(p_recording public.recordings)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select from public.call_legs
    where call_legs.call_sid = p_recording.call_sid and private.is_final(call_legs.status)
  ) or exists (
    select from public.conversations
    where conversations.id = p_recording.conversation_id and conversations.ended_at is not null
  );
end;
$$;

-- Another part of a call's recording, before Twilio is asked for it. The caller holds the call's lock.
create function private.add_recording(p_call public.conversations, p_call_sid text, p_asked_by uuid)
returns public.recordings
language plpgsql
set search_path = ''
as $$
declare
  v_recording public.recordings;
begin
  insert into public.recordings as added (
    business_id, conversation_id, agent_call_sid, call_sid, part, asked_by
  ) values (
    p_call.business_id, p_call.id, p_call.call_sid, p_call_sid,
    coalesce((
      select max(recordings.part)
      from public.recordings
      where recordings.business_id = p_call.business_id and recordings.conversation_id = p_call.id
    ), 0) + 1,
    p_asked_by
  )
  returning added.* into v_recording;
  return v_recording;
end;
$$;

-- Twilio has named a recording that was asked for, or said that it goes on. What has ended stays so.
create function private.note_started(p_recording_id uuid, p_recording_sid text, p_started_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.recordings
  set recording_sid = p_recording_sid
  where recordings.id = p_recording_id
    and recordings.recording_sid is null
    and not exists (select from public.recordings as other where other.recording_sid = p_recording_sid);

  -- One that was given up goes on, if Twilio says that it does: nothing is left there.
  update public.recordings
  set
    state = 'in_progress',
    started_at = coalesce(p_started_at, recordings.started_at, clock_timestamp()),
    error = null,
    attempts = 0,
    next_at = clock_timestamp()
      + case recordings.wanted when 'kept' then interval '1 minute' else interval '0' end
  where recordings.id = p_recording_id
    and recordings.recording_sid = p_recording_sid
    and recordings.completed_at is null
    and recordings.twilio_deleted_at is null
    and recordings.state in ('asked', 'failed');
end;
$$;

-- What was last asked of a call's recording: 'start', 'pause', 'resume' or 'stop'; null if nothing was.
-- p_only_done leaves out what may still fail.
create function private.last_wish(p_call public.conversations, p_only_done boolean)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select recording_actions.action
    from public.recording_actions
    where recording_actions.business_id = p_call.business_id
      and recording_actions.conversation_id = p_call.id
      and recording_actions.action in ('start', 'pause', 'resume', 'stop')
      and (
        recording_actions.result = 'done' or (recording_actions.result is null and not p_only_done)
      )
    order by recording_actions.number desc
    limit 1
  );
end;
$$;

-- conversations.recording_state, by the consent, the recordings and what was asked of them:
--   null       the call has no terms of recording
--   waiting    consent is missing, or nobody has asked for a recording
--   starting   Twilio is asked to record
--   recording, paused, stopped
--   refused    for good
--   failed     it was to be recorded and is not
create function private.recording_state_of(p_call public.conversations)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_consent public.recording_consents;
  v_live public.recordings;
  v_newest public.recordings;
  v_wish text;
begin
  select * into v_consent
  from public.recording_consents
  where recording_consents.conversation_id = p_call.id;
  if not found then
    return null;
  end if;
  if v_consent.refused_at is not null then
    return 'refused';
  end if;

  v_live := private.live_recording(p_call);
  if v_live.state = 'asked' then
    return 'starting';
  end if;
  v_wish := private.last_wish(p_call, true);
  select * into v_newest
  from public.recordings
  where recordings.business_id = p_call.business_id and recordings.conversation_id = p_call.id
  order by recordings.part desc
  limit 1;
  return case
    when v_newest.id is null and p_call.ended_at is not null
      then private.state_unrecorded(p_call.id, p_call.ended_at, p_call.duration_seconds)
    when v_newest.id is null then 'waiting'
    when v_wish = 'stop' then 'stopped'
    when v_live.id is null and v_newest.state in ('absent', 'failed') then 'failed'
    when p_call.ended_at is not null then 'stopped'
    -- Also where Twilio has ended a recording that was paused: it goes on when somebody resumes it.
    when v_wish = 'pause' then 'paused'
    when v_live.id is null then 'stopped'
    else 'recording'
  end;
end;
$$;

-- Writes the state into the conversation. Pages follow that row: p_tell changes it in any case, because they
-- are to read the recordings again.
create function private.derive_recording(p_conversation_id uuid, p_tell boolean)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_state text;
begin
  select * into v_call from public.conversations where conversations.id = p_conversation_id;
  v_state := private.recording_state_of(v_call);
  update public.conversations
  set recording_state = v_state
  where conversations.id = p_conversation_id
    and (p_tell or conversations.recording_state is distinct from v_state);
  return v_state;
end;
$$;

-- All recordings of a call are to be deleted everywhere, for this reason. Answers how many.
create function private.unwant_recordings(p_conversation_id uuid, p_reason text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_count integer;
begin
  update public.recordings
  set wanted = 'deleted', delete_reason = p_reason, next_at = clock_timestamp()
  where recordings.conversation_id = p_conversation_id
    and recordings.wanted = 'kept'
    and recordings.state <> 'deleted';
  get diagnostics v_count = row_count;
  perform private.derive_recording(p_conversation_id, true);
  return v_count;
end;
$$;

revoke execute on function private.live_recording(public.conversations) from public, anon;
revoke execute on function private.is_leg_over(public.recordings) from public, anon;
revoke execute on function private.add_recording(public.conversations, text, uuid) from public, anon;
revoke execute on function private.note_started(uuid, text, timestamptz) from public, anon;
revoke execute on function private.last_wish(public.conversations, boolean) from public, anon;
revoke execute on function private.recording_state_of(public.conversations) from public, anon;
revoke execute on function private.derive_recording(uuid, boolean) from public, anon;
revoke execute on function private.unwant_recordings(uuid, text) from public, anon;
