-- What people ask of the recording of a call. It is written down, then control_fn asks Twilio.
set lock_timeout = '2s';

-- One row per wish, whatever became of it: Twilio does not tell of a pause, and this does.
create table public.recording_actions (
  id uuid primary key default gen_random_uuid(),
  -- The order in which things were asked, over all calls.
  number bigint generated always as identity unique,
  business_id uuid not null,
  conversation_id uuid not null,
  -- 'confirm': a person said that the lead agreed. 'refuse': that they did not.
  action text not null check (action in ('start', 'pause', 'resume', 'stop', 'refuse', 'confirm')),
  -- No foreign key: the record outlives the account.
  asked_by uuid not null,
  asked_at timestamptz not null default clock_timestamp(),
  -- recordings.id. No foreign key: see call_actions.
  recording_id uuid,
  -- Until then nobody else may change the recording.
  lease_until timestamptz,
  -- Null while it goes on.
  result text check (result in ('done', 'failed', 'superseded')),
  error text check (length(error) <= 200),
  finished_at timestamptz,
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  check ((result is null) = (finished_at is null))
);

-- The newest wish of a call; the call's deletion asks for these, too.
create index recording_actions_conversation_id_idx
on public.recording_actions (business_id, conversation_id, number desc);
-- One wish at a time changes a recording.
create unique index recording_actions_one_open_idx
on public.recording_actions (conversation_id) where result is null;

alter table public.recording_actions enable row level security;

-- Members see who recorded, paused and stopped, and when.
create policy "members can read what was asked of recordings of their business"
on public.recording_actions for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.recording_actions from public, anon, authenticated, service_role;
revoke all on sequence public.recording_actions_number_seq from public, anon, authenticated, service_role;
grant select on public.recording_actions to authenticated, service_role;

-- Writes down a wish that is done, unless p_lease_seconds says how long somebody will be doing it.
create function private.write_recording_wish(
  p_call public.conversations,
  p_action text,
  p_user_id uuid,
  p_recording_id uuid,
  p_lease_seconds integer
)
returns public.recording_actions
language plpgsql
set search_path = ''
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_action public.recording_actions;
begin
  insert into public.recording_actions as written (
    business_id, conversation_id, action, asked_by, asked_at, recording_id, lease_until, result, finished_at
  ) values (
    p_call.business_id, p_call.id, p_action, p_user_id, v_now, p_recording_id,
    v_now + make_interval(secs => p_lease_seconds),
    case when p_lease_seconds is null then 'done' end,
    case when p_lease_seconds is null then v_now end
  )
  returning written.* into v_action;
  return v_action;
end;
$$;

-- What ask_of_recording answers if the wish is allowed. p_todo is null if there is nothing to ask of Twilio.
create function private.answer_recording_wish(
  p_call public.conversations,
  p_action public.recording_actions,
  p_todo text,
  p_is_resumed boolean,
  p_recording public.recordings
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'is_done', p_todo is null,
    'action', case
      when p_todo is not null then jsonb_build_object(
        'id', p_action.id, 'todo', p_todo, 'is_resumed', p_is_resumed
      )
    end,
    'recording', case
      when p_recording.id is not null then jsonb_build_object(
        'recording_id', p_recording.id,
        'recording_sid', p_recording.recording_sid,
        'call_sid', p_recording.call_sid,
        'agent_call_sid', p_recording.agent_call_sid,
        'part', p_recording.part
      )
    end,
    'conversation_id', p_call.id,
    'business_id', p_call.business_id,
    'agent_call_sid', p_call.call_sid
  );
end;
$$;

-- What Twilio must be asked for a wish, given what goes on; null if nothing. p_error: why the wish makes no
-- sense now. p_is_new: Twilio is asked for another recording.
create function private.fit_recording_wish(
  p_state text,
  p_wish text,
  p_live public.recordings,
  p_lead public.call_legs,
  out p_todo text,
  out p_is_new boolean,
  out p_error text
)
language plpgsql
stable
set search_path = ''
as $$
begin
  p_is_new := false;
  if p_live.state = 'asked' then
    -- Somebody asks Twilio at this moment. If nobody does, because they were killed or refused, it is asked
    -- again.
    if p_live.asked_at > clock_timestamp() - interval '5 seconds'
      or p_live.lease_until > clock_timestamp() then
      p_error := 'busy';
    elsif p_state in ('start', 'resume') then
      p_todo := 'start';
    elsif p_state = 'pause' then
      p_error := 'busy';
    end if;
    -- A stop is only written down: private.todo_of_recording finds out what there is to stop.
    return;
  end if;

  -- One that Twilio has stopped does not go on, even if its end is not on record yet.
  if p_live.id is not null and p_wish is distinct from 'stop' then
    p_todo := case
      when p_state in ('start', 'resume') and p_wish = 'pause' then 'resume'
      when p_state = 'pause' and p_wish is distinct from 'pause' then 'pause'
      when p_state = 'stop' then 'stop'
    end;
    return;
  end if;

  -- Twilio may have ended a recording that was paused.
  p_is_new := p_state = 'start' or (p_state = 'resume' and p_wish = 'pause');
  if p_is_new and p_lead.status is distinct from 'in-progress'
    or p_state = 'resume' and not p_is_new
    or p_state = 'pause' and p_wish is distinct from 'pause' then
    p_is_new := false;
    p_error := 'not_in_progress';
  elsif p_is_new and exists (
    select from public.recordings
    where recordings.business_id = p_lead.business_id
      and recordings.conversation_id = p_lead.conversation_id
      and recordings.state in ('asked', 'in_progress')
      and recordings.wanted = 'deleted'
  ) then
    -- It goes on at Twilio until it is stopped, and would be taken for the new one.
    p_is_new := false;
    p_error := 'busy';
  elsif p_is_new then
    p_todo := 'start';
  end if;
end;
$$;

-- The lead has refused: for good, and for everything that was recorded of the call.
create function private.refuse_recording(p_call public.conversations, p_user_id uuid)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_live public.recordings := private.live_recording(p_call);
  v_action public.recording_actions;
  v_todo text;
begin
  update public.recording_consents
  set
    refused_at = clock_timestamp(),
    refused_by = p_user_id,
    refused_how = case when p_user_id is null then 'key' else 'said' end
  where recording_consents.conversation_id = p_call.id and recording_consents.refused_at is null;
  if not found then
    return private.answer_recording_wish(p_call, v_action, null, false, v_live);
  end if;

  update public.recording_actions
  set result = 'superseded', finished_at = clock_timestamp()
  where recording_actions.conversation_id = p_call.id and recording_actions.result is null;
  -- Whether Twilio has started one is found out by private.todo_of_recording.
  v_todo := case when v_live.recording_sid is not null then 'delete' end;
  if p_user_id is not null then
    v_action := private.write_recording_wish(
      p_call, 'refuse', p_user_id, v_live.id, case when v_todo is not null then 8 end
    );
  end if;
  perform private.unwant_recordings(p_call.id, 'refused');
  return private.answer_recording_wish(p_call, v_action, v_todo, false, v_live);
end;
$$;

-- Security definer: nobody may write wishes, consents and recordings themselves. It checks who asks, first of
-- all.
create function private.ask_of_recording(p_conversation_id uuid, p_state text, p_consent text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_call public.conversations;
  v_role text;
  v_was_on_call boolean;
  v_consent public.recording_consents;
  v_lead public.call_legs;
  v_live public.recordings;
  v_open public.recording_actions;
  v_fitted record;
  v_error text;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  if coalesce(p_state not in ('start', 'pause', 'resume', 'stop'), true) then
    return jsonb_build_object('error', 'invalid_request', 'field', 'state');
  end if;
  if p_consent is not null
    and (p_state, p_consent) not in (('start', 'agreed'), ('stop', 'refused')) then
    return jsonb_build_object('error', 'invalid_request', 'field', 'consent');
  end if;

  -- Nobody waits for, or holds up, a call of a business that they are not in.
  select conversations.* into v_call
  from public.conversations
  join public.business_members
    on business_members.business_id = conversations.business_id and business_members.user_id = v_user_id
  where conversations.id = p_conversation_id;
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;
  perform private.enter_call(v_call.call_sid, null);
  select * into v_call from public.conversations where conversations.id = p_conversation_id;
  select business_members.role into v_role
  from public.business_members
  where business_members.business_id = v_call.business_id and business_members.user_id = v_user_id;
  select * into v_consent
  from public.recording_consents
  where recording_consents.conversation_id = v_call.id;
  v_was_on_call := v_call.user_id = v_user_id or exists (
    select from public.call_legs
    where call_legs.conversation_id = v_call.id
      and call_legs.business_id = v_call.business_id
      and call_legs.user_id = v_user_id
      and call_legs.answered_at is not null
  );

  -- A refusal that is told just after the call still counts. Later, managers delete.
  v_error := case
    when v_role is null then 'not_found'
    when v_role = 'agent' and not coalesce(v_was_on_call, false) then 'not_your_call'
    when v_call.ended_at is not null
      and not (p_consent is not distinct from 'refused' and v_call.ended_at > now() - interval '1 hour')
      then 'not_in_progress'
    when v_role = 'agent'
      and v_call.ended_at is null
      and ((private.parties_of_call(v_call, v_user_id)).mine).id is null then 'not_your_call'
    when v_consent.conversation_id is null then 'recording_off'
    when v_consent.refused_at is not null and p_state <> 'stop' then 'recording_refused'
  end;
  if v_error is not null then
    perform private.leave_call();
    return jsonb_build_object('error', v_error);
  end if;

  if p_consent = 'refused' or v_consent.refused_at is not null then
    perform private.leave_call();
    return private.refuse_recording(v_call, v_user_id);
  end if;

  v_lead := private.lead_of_call(v_call);
  if p_state = 'start' then
    v_error := case
      when v_lead.status is distinct from 'in-progress' then 'not_in_progress'
      -- Who has not heard what they agree to has not agreed.
      when v_consent.consent_mode <> 'confirm' and v_consent.notice_ended_at is null
        then 'consent_required'
      when v_consent.consent_mode <> 'announce'
        and v_consent.confirmed_at is null
        and p_consent is distinct from 'agreed' then 'consent_required'
    end;
    if v_error is not null then
      perform private.leave_call();
      return jsonb_build_object('error', v_error);
    end if;
    if p_consent = 'agreed' and v_consent.confirmed_at is null then
      update public.recording_consents
      set confirmed_by = v_user_id, confirmed_at = clock_timestamp()
      where recording_consents.conversation_id = v_call.id;
      perform private.write_recording_wish(v_call, 'confirm', v_user_id, null, null);
    end if;
  end if;

  select * into v_open
  from public.recording_actions
  where recording_actions.conversation_id = v_call.id and recording_actions.result is null;
  if v_open.lease_until > clock_timestamp() then
    perform private.leave_call();
    return jsonb_build_object('error', 'busy');
  end if;
  v_live := private.live_recording(v_call);
  v_fitted := private.fit_recording_wish(
    p_state,
    case
      -- Whether Twilio has paused or resumed is not known: it is asked again.
      when v_open.action in ('pause', 'resume') then case p_state when 'pause' then 'resume' else 'pause' end
      else private.last_wish(v_call, true)
    end,
    v_live, v_lead
  );
  if v_fitted.p_error is not null then
    perform private.leave_call();
    return jsonb_build_object('error', v_fitted.p_error);
  end if;

  -- Whoever did the one before was killed. What Twilio did of it, its callbacks tell.
  update public.recording_actions
  set result = 'superseded', finished_at = clock_timestamp()
  where recording_actions.id = v_open.id;
  if v_fitted.p_is_new then
    v_live := private.add_recording(v_call, v_lead.call_sid, v_user_id);
  elsif v_fitted.p_todo = 'start' then
    update public.recordings
    set next_at = clock_timestamp() + interval '20 seconds'
    where recordings.id = v_live.id;
  elsif p_state = 'stop' then
    update public.recordings
    set next_at = clock_timestamp() + interval '10 seconds'
    where recordings.id = v_live.id;
  end if;
  if v_fitted.p_todo is not null or p_state = 'stop' then
    v_open := private.write_recording_wish(
      v_call, p_state, v_user_id, v_live.id, case when v_fitted.p_todo is not null then 8 end
    );
  end if;
  perform private.derive_recording(v_call.id, true);
  perform private.leave_call();
  return private.answer_recording_wish(
    v_call, v_open, v_fitted.p_todo,
    v_fitted.p_todo = 'start' and not v_fitted.p_is_new, v_live
  );
end;
$$;

revoke execute on function
private.write_recording_wish(public.conversations, text, uuid, uuid, integer) from public, anon;
revoke execute on function private.answer_recording_wish(
  public.conversations, public.recording_actions, text, boolean, public.recordings
) from public, anon;
revoke execute on function
private.fit_recording_wish(text, text, public.recordings, public.call_legs) from public, anon;
revoke execute on function private.refuse_recording(public.conversations, uuid) from public, anon;
revoke execute on function private.ask_of_recording(uuid, text, text) from public, anon;
grant execute on function private.ask_of_recording(uuid, text, text) to authenticated;

-- What a person asks of the recording of a call. One round trip of control_fn, which then asks Twilio.
--   p_state    start, pause, resume or stop
--   p_consent  null; 'agreed' with start: the person says that the lead agreed; 'refused' with stop: that they
--              did not. That is final: what was recorded is deleted.
-- Answers {"is_done", "action": {"id", "todo": "start" | "pause" | "resume" | "stop" | "delete", "is_resumed":
-- whether Twilio may have been asked to start before} | null, "recording": {"recording_id", "recording_sid",
-- "call_sid", "agent_call_sid", "part"} | null, "conversation_id", "business_id", "agent_call_sid"}, or
-- {"error": "signed_out" | "not_found" | "not_your_call" | "not_in_progress" | "consent_required" |
-- "recording_off" | "recording_refused" | "busy" | "invalid_request" (with "field")}.
create function public.ask_of_recording(p_conversation_id uuid, p_state text, p_consent text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.ask_of_recording(p_conversation_id, p_state, p_consent);
$$;

revoke execute on function public.ask_of_recording(uuid, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.ask_of_recording(uuid, text, text) to authenticated;
