-- What a person says of how a call sounded.
set lock_timeout = '2s';

-- Security definer: nobody may write rows of quality themselves. It checks who was on the leg.
create function private.rate_call(
  p_conversation_id uuid, p_call_sid text, p_rating integer, p_issue text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_row public.call_quality;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  v_row := private.own_leg_quality(p_conversation_id, p_call_sid);
  if v_row.conversation_id is null then
    return jsonb_build_object('error', 'not_found');
  end if;
  if (p_rating between 1 and 5) is not true
    or p_issue not in (
      'one-way-audio', 'choppy-audio', 'dropped-call', 'audio-latency', 'noisy-call', 'echo'
    ) then
    return jsonb_build_object('error', 'invalid_rating');
  end if;

  perform pg_advisory_xact_lock(hashtextextended('quality:' || p_call_sid, 0));
  v_row.rating := p_rating;
  v_row.rating_issue := p_issue;
  v_row.rated_at := clock_timestamp();
  if not private.is_past_reports(p_conversation_id) then
    insert into public.call_quality as rated values (v_row.*)
    on conflict (business_id, conversation_id, call_sid) do update set
      rating = excluded.rating,
      rating_issue = excluded.rating_issue,
      rated_at = coalesce(rated.rated_at, excluded.rated_at)
    -- For a day, a person may think better of it.
    where rated.rated_at > clock_timestamp() - interval '1 day' or rated.rated_at is null;
    if found then
      return jsonb_build_object('rated', true);
    end if;
  end if;
  return jsonb_build_object('error', 'too_late');
end;
$$;

revoke execute on function private.rate_call(uuid, text, integer, text) from public, anon;
grant execute on function private.rate_call(uuid, text, integer, text) to authenticated;

-- Stores how a call sounded to the signed-in person, who was on the leg p_call_sid: p_rating 1 (bad) to 5 (good),
-- p_issue one of Twilio's words or null:
-- https://www.twilio.com/docs/voice/sdks/javascript/twiliocall#callpostfeedbackscore-issue
-- Answers {"rated": true}, or {"error": "signed_out" | "not_found" (no leg of theirs) | "invalid_rating" |
-- "too_late": the call ended more than seven days ago, or was first rated more than a day ago}.
create function public.rate_call(
  p_conversation_id uuid, p_call_sid text, p_rating integer, p_issue text default null
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.rate_call(p_conversation_id, p_call_sid, p_rating, p_issue);
$$;

revoke execute on function public.rate_call(uuid, text, integer, text)
from public, anon, authenticated, service_role;
grant execute on function public.rate_call(uuid, text, integer, text) to authenticated;
