-- How well the people of a call could hear and be heard, as their browsers measured it. docs/quality.md says how to
-- read a row.
set lock_timeout = '2s';

-- One row per call and leg in a browser. The browser measures while the call goes on, and writes once, at its end.
create table public.call_quality (
  business_id uuid not null,
  conversation_id uuid not null,
  -- The browser's own leg: the agent's, or that of a teammate who was rung.
  call_sid text not null check (length(call_sid) <= 64),
  -- Who was on this leg. No foreign key: the record outlives the account.
  user_id uuid not null,
  -- By the database's clock: the browser's may be wrong.
  started_at timestamptz not null,
  -- How long the leg was measured. Null, like everything down to reported_at: so far there is only a rating.
  seconds integer check (seconds >= 0),
  -- Both are computed from the numbers (private.judge_quality). Null: not enough was measured; nothing was wrong.
  grade text check (grade in ('good', 'fair', 'poor')),
  -- web/henk-voice/line-faults.js has the same codes and says what each means. A test compares them.
  fault text check (
    fault in (
      'audio_blocked', 'nothing_heard', 'not_heard', 'microphone_silent', 'loss_in', 'loss_out', 'jitter',
      'delay', 'other_side_silent', 'connection_lost'
    )
  ),
  -- Of windows of some seconds: the least, the mean, the bad end (95 % of the windows were better, so for mos it is
  -- low and for all others high), and the most. mos: 1 to 4.5, computed by the Voice SDK. Loss: percent of the
  -- packets, to the browser (in) and from it (out).
  mos_min real,
  mos_mean real,
  mos_p95 real,
  mos_max real,
  jitter_ms_min real,
  jitter_ms_mean real,
  jitter_ms_p95 real,
  jitter_ms_max real,
  rtt_ms_min real,
  rtt_ms_mean real,
  rtt_ms_p95 real,
  rtt_ms_max real,
  loss_in_min real,
  loss_in_mean real,
  loss_in_p95 real,
  loss_in_max real,
  loss_out_min real,
  loss_out_mean real,
  loss_out_p95 real,
  loss_out_max real,
  -- How often the numbers above were read.
  samples integer,
  -- Whether there ever was a way for the audio (ICE and DTLS). Null: the browser did not say.
  audio_connected boolean,
  codec text check (length(codec) <= 30),
  -- Twilio's, through which the call went.
  edge text check (length(edge) <= 30),
  -- The audio goes through a relay (TURN), by udp, tcp or tls; over which kind of network, if the browser tells.
  is_relay boolean,
  protocol text check (length(protocol) <= 30),
  network_type text check (length(network_type) <= 30),
  -- Which network the report came from, without its address: private.network_key.
  network_key text check (network_key ~ '^[0-9a-f]{8}$'),
  microphone text check (length(microphone) <= 80),
  speaker text check (length(speaker) <= 80),
  browser text check (length(browser) <= 40),
  os text check (length(os) <= 40),
  -- How often the way for the audio or to Twilio was lost, and for how long.
  reconnects integer,
  reconnect_seconds integer,
  muted_seconds integer,
  -- The microphone gave no sound, although it was not muted.
  silent_seconds integer,
  -- Packets came, without any sound in them.
  other_silent_seconds integer,
  -- No packet came; packets left, and none of them arrived. Both without the time of reconnects.
  nothing_in_seconds integer,
  nothing_out_seconds integer,
  -- The page was in the background.
  hidden_seconds integer,
  devices_changed integer,
  -- Of the Voice SDK, 20 at most: {"name", "first_at", "last_at": seconds into the call, "count", "worst"}.
  warnings jsonb not null default '[]',
  -- Of the Voice SDK, 10 at most: {"code": Twilio's, "at": seconds into the call}.
  sdk_errors jsonb not null default '[]',
  reported_at timestamptz,
  -- What the person says of it, 1 to 5, and which trouble it was, in Twilio's words.
  rating integer check (rating between 1 and 5),
  rating_issue text check (
    rating_issue in (
      'one-way-audio', 'choppy-audio', 'dropped-call', 'audio-latency', 'noisy-call', 'echo'
    )
  ),
  -- When it was first said.
  rated_at timestamptz,
  primary key (business_id, conversation_id, call_sid),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade
);

-- The report of a business: read from the index alone, because the rows of many businesses lie side by side.
create index call_quality_started_at_idx
on public.call_quality (business_id, started_at desc, call_sid desc)
include (
  user_id, grade, fault, network_key, microphone, browser, edge, mos_mean, loss_in_mean, loss_out_mean,
  jitter_ms_mean, rtt_ms_mean, rating
);

alter table public.call_quality enable row level security;

-- A headset and a network tell something about a person: colleagues do not see it.
create policy "members can read the quality of their calls, managers of all"
on public.call_quality for select to authenticated
using (
  business_id = any(array(select managed.business_id from private.managed))
  or (
    user_id = (select auth.uid())
    and business_id = any(array(select memberships.business_id from private.memberships))
  )
);

revoke all on public.call_quality from public, anon, authenticated, service_role;
grant select on public.call_quality to authenticated, service_role;

-- The thresholds below are those of web/henk-voice/line-grade.js. tests/line_cases.json holds both to the same cases.

-- From how many seconds on nothing heard is a fault and not a pause: 8, and in a short call half of it, if that is 3.
create function private.too_long_without_audio(p_seconds integer)
returns numeric
language plpgsql
immutable
set search_path = ''
as $$
begin
  return least(8, greatest(3, p_seconds / 2.0));
end;
$$;

-- Whether a silence of this many seconds is most of the time in which there could have been sound.
create function private.is_silent(p_silent_seconds integer, p_seconds integer)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(p_silent_seconds >= 10 and p_silent_seconds * 2 >= p_seconds, false);
end;
$$;

-- Which fault the numbers of a row tell, as they would be told to the person in the call: the first in the order of
-- the list; of those of the network, the worst by its threshold. Null: none.
create function private.fault_of_quality(p public.call_quality)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_worst text;
  v_ratio double precision;
begin
  if not p.audio_connected then
    return 'audio_blocked';
  end if;
  if p.nothing_in_seconds >= private.too_long_without_audio(p.seconds) then
    return 'nothing_heard';
  end if;
  if p.nothing_out_seconds >= private.too_long_without_audio(p.seconds) then
    return 'not_heard';
  end if;
  if private.is_silent(p.silent_seconds, p.seconds - coalesce(p.muted_seconds, 0)) then
    return 'microphone_silent';
  end if;
  if p.samples >= 4 then
    select measured.code, measured.ratio into v_worst, v_ratio
    from (
      values
        (1, 'loss_in', p.loss_in_p95 / 3), (2, 'loss_out', p.loss_out_p95 / 3),
        (3, 'jitter', p.jitter_ms_p95 / 30), (4, 'delay', p.rtt_ms_p95 / 300)
    ) as measured (place, code, ratio)
    where measured.ratio is not null
    order by measured.ratio desc, measured.place
    limit 1;
    if v_ratio >= 1 or (p.mos_p95 < 3.6::real and v_worst is not null) then
      return v_worst;
    end if;
  end if;
  if private.is_silent(p.other_silent_seconds, p.seconds) then
    return 'other_side_silent';
  end if;
  if p.reconnects > 0 then
    return 'connection_lost';
  end if;
  return null;
end;
$$;

-- How good the line was: the worst of all that the numbers say. That the other side was silent is not the line's
-- fault. Null: not enough was measured.
create function private.grade_of_quality(p public.call_quality)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_is_measured constant boolean := coalesce(p.samples >= 4, false)
    and coalesce(p.mos_p95, p.loss_in_p95, p.loss_out_p95, p.jitter_ms_p95, p.rtt_ms_p95) is not null;
begin
  return case
    when private.fault_of_quality(p) in ('audio_blocked', 'nothing_heard', 'not_heard', 'microphone_silent')
      or (v_is_measured and (
        greatest(p.loss_in_p95, p.loss_out_p95) >= 10
        or p.jitter_ms_p95 >= 60
        or p.rtt_ms_p95 >= 600
        or p.mos_p95 < 3
      ))
      or p.reconnects >= 3
      or (p.reconnects > 0 and p.reconnect_seconds >= 10)
      then 'poor'
    when (v_is_measured and (
      greatest(p.loss_in_p95, p.loss_out_p95) >= 3
      or p.jitter_ms_p95 >= 30
      or p.rtt_ms_p95 >= 300
      or p.mos_p95 < 3.6::real
    ))
    or p.reconnects > 0
      then 'fair'
    when v_is_measured then 'good'
  end;
end;
$$;

-- Whoever writes a row: it does not contradict itself.
create function private.judge_quality()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.fault := private.fault_of_quality(new);
  new.grade := private.grade_of_quality(new);
  return new;
end;
$$;

create trigger call_quality_judge
before insert or update on public.call_quality
for each row execute function private.judge_quality();

-- What the list of calls shows of a call: {"grade", "fault", "rating"} of the signed-in person's own leg, else, for
-- managers, of the agent's; null if there is none.
create function private.quality_of_conversation(p_conversation public.conversations)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
begin
  return (
    select jsonb_build_object(
      'grade', call_quality.grade, 'fault', call_quality.fault, 'rating', call_quality.rating
    )
    from public.call_quality
    where call_quality.business_id = p_conversation.business_id
      and call_quality.conversation_id = p_conversation.id
      and (
        call_quality.user_id = v_user_id
        or (
          call_quality.call_sid = p_conversation.call_sid
          and exists (
            select from private.memberships
            where memberships.business_id = p_conversation.business_id
              and memberships.role in ('owner', 'manager')
          )
        )
      )
    order by (call_quality.user_id = v_user_id) desc, call_quality.started_at desc
    limit 1
  );
end;
$$;

revoke execute on function private.too_long_without_audio(integer) from public, anon;
revoke execute on function private.is_silent(integer, integer) from public, anon;
revoke execute on function private.fault_of_quality(public.call_quality) from public, anon;
revoke execute on function private.grade_of_quality(public.call_quality) from public, anon;
revoke execute on function private.judge_quality() from public, anon;
revoke execute on function private.quality_of_conversation(public.conversations) from public, anon;
grant execute on function private.quality_of_conversation(public.conversations) to authenticated;
