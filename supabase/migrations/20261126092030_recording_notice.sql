-- The notice that the lead hears before they are connected, and the key with which they refuse.
set lock_timeout = '2s';

-- Security definer: call_recorder has no right on any table.
create function private.begin_notice(p_agent_call_sid text, p_call_sid text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_text text;
begin
  perform private.enter_call(p_agent_call_sid, null);
  select * into v_call from public.conversations where conversations.call_sid = p_agent_call_sid;
  update public.recording_consents
  set notice_started_at = clock_timestamp()
  where recording_consents.conversation_id = v_call.id
    and recording_consents.notice_text is not null
    and recording_consents.notice_ended_at is null
    and recording_consents.refused_at is null
  returning recording_consents.notice_text into v_text;
  perform private.derive_recording(v_call.id, v_text is not null);
  perform private.leave_call();
  return jsonb_build_object('conversation_id', v_call.id, 'text', v_text);
end;
$$;

-- Security definer: as above.
create function private.end_notice(p_agent_call_sid text, p_call_sid text, p_digit text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_consent public.recording_consents;
  v_recording public.recordings;
  v_again boolean := false;
begin
  perform private.enter_call(p_agent_call_sid, null);
  select * into v_call from public.conversations where conversations.call_sid = p_agent_call_sid;
  select * into v_consent
  from public.recording_consents
  where recording_consents.conversation_id = v_call.id and recording_consents.notice_text is not null;

  if v_consent.conversation_id is null or v_consent.refused_at is not null then
    null;
  elsif p_digit = '9' then
    perform private.refuse_recording(v_call, null);
  elsif v_consent.notice_ended_at is not null then
    null;
  elsif p_digit is not null then
    v_again := true;
  -- An end without a beginning: nobody has heard anything.
  elsif v_consent.notice_started_at is not null then
    update public.recording_consents
    set notice_ended_at = clock_timestamp()
    where recording_consents.conversation_id = v_call.id
    returning * into v_consent;
    -- Not if somebody has asked to stop meanwhile, or if the lead hung up and this comes late.
    if v_consent.mode = 'all'
      and private.has_agreed(v_consent)
      and private.last_wish(v_call, false) is distinct from 'stop'
      and v_call.ended_at is null
      and not exists (
        select from public.call_legs
        where call_legs.call_sid = p_call_sid and private.is_final(call_legs.status)
      ) then
      v_recording := private.add_recording(v_call, p_call_sid, null);
    end if;
    perform private.derive_recording(v_call.id, true);
  end if;
  perform private.leave_call();
  return jsonb_build_object(
    'conversation_id', v_call.id,
    'again', v_again,
    'start', private.start_of_recording(v_recording)
  );
end;
$$;

-- A recording that Twilio is to be asked for, as answers have it; null for none.
create function private.start_of_recording(p_recording public.recordings)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case
    when p_recording.id is not null then jsonb_build_object(
      'recording_id', p_recording.id,
      'call_sid', p_recording.call_sid,
      'agent_call_sid', p_recording.agent_call_sid
    )
  end;
end;
$$;

revoke execute on function private.begin_notice(text, text) from public, anon;
revoke execute on function private.end_notice(text, text, text) from public, anon;
revoke execute on function private.start_of_recording(public.recordings) from public, anon;
grant execute on function private.begin_notice(text, text) to call_recorder;
grant execute on function private.end_notice(text, text, text) to call_recorder;

-- The lead has answered, and hears the notice. p_call_sid is the lead's leg.
-- Answers {"conversation_id": null for a call that we do not know, "text": null if there is nothing to hear}.
create function public.begin_notice(p_agent_call_sid text, p_call_sid text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.begin_notice(p_agent_call_sid, p_call_sid);
$$;

-- The notice is over, or a key interrupted it: 9 refuses, and after another key the lead must hear all of it
-- ("again"). p_digit is null at its end. In mode 'all' the recording is then written down, to be started.
-- Answers {"conversation_id", "again", "start": {"recording_id", "call_sid", "agent_call_sid"} | null}. The
-- second delivery of an end has nothing to start.
create function public.end_notice(p_agent_call_sid text, p_call_sid text, p_digit text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.end_notice(p_agent_call_sid, p_call_sid, p_digit);
$$;

revoke execute on function public.begin_notice(text, text)
from public, anon, authenticated, service_role;
revoke execute on function public.end_notice(text, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.begin_notice(text, text) to call_recorder;
grant execute on function public.end_notice(text, text, text) to call_recorder;
