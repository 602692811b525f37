-- How good the lines of calls were: those of the temporary table demo_line, which `demo_reports.sql` makes. Most are good.
-- Dana's headset is often silent, and Robin's network at home loses words: the page Line quality tells one from the
-- other. The numbers are as browsers report them; grades and faults follow from them.

-- Some were rated.
create temporary table demo_rating on commit drop as
select
  id as conversation_id, case when is_silent or has_loss then 2 else 5 end as rating,
  case when is_silent then 'one-way-audio' when has_loss then 'choppy-audio' end as issue
from demo_line
where mod(number, case when is_silent or has_loss then 2 else 9 end) = 0;

insert into public.call_quality (
  business_id, conversation_id, call_sid, user_id, started_at, seconds, samples, audio_connected,
  mos_min, mos_mean, mos_p95, mos_max, jitter_ms_min, jitter_ms_mean, jitter_ms_p95, jitter_ms_max,
  rtt_ms_min, rtt_ms_mean, rtt_ms_p95, rtt_ms_max, loss_in_min, loss_in_mean, loss_in_p95, loss_in_max,
  loss_out_min, loss_out_mean, loss_out_p95, loss_out_max, codec, edge, is_relay, protocol, network_type,
  network_key, microphone, speaker, browser, os, reconnects, reconnect_seconds, muted_seconds, silent_seconds,
  other_silent_seconds, nothing_in_seconds, nothing_out_seconds, hidden_seconds, devices_changed, warnings,
  sdk_errors, reported_at, rating, rating_issue, rated_at
)
select
  business_id, id, call_sid, user_id, at, 5 + talk, 5 + talk, true,
  3.9, 4.2, 4.0, 4.3, 2, 6 + mod(number, 5), 12 + mod(number, 9), 19,
  38, 52 + mod(number, 30), 90 + mod(number, 40), 160, 0, 0.1, 0.4, 1.2,
  0, case when has_loss then 5.5 + mod(number, 4) else 0.2 end, case when has_loss then 11 + mod(number, 6) else 0.6 end,
  case when has_loss then 22 else 1.5 end, 'opus', 'ashburn', false, 'udp', case when has_loss then 'wifi' end,
  network, microphone, microphone, browser, os,
  case when number = 31 then 1 else 0 end, case when number = 31 then 6 else 0 end,
  0, case when is_silent then talk - 8 else 0 end, 0, 0, 0, 0, 0,
  case
    when is_silent then '[{"name": "constant-audio-input-level", "first_at": 12, "last_at": 30, "count": 2, "worst": 0}]'
    else '[]'
  end::jsonb,
  case when number = 31 then '[{"code": 53001, "at": 20}]' else '[]' end::jsonb,
  at + make_interval(secs => 6 + talk),
  demo_rating.rating, demo_rating.issue,
  case when demo_rating.rating is not null then at + make_interval(secs => 20 + talk) end
from demo_line
left join demo_rating on demo_rating.conversation_id = demo_line.id;

insert into public.networks (business_id, key, name)
values ('b0000000-0000-4000-8000-000000000001', '0ff1ce01', 'Office');

insert into public.preflight_reports (
  business_id, user_id, created_at, verdict, grade, seconds, network_key, facts
)
select
  'b0000000-0000-4000-8000-000000000001', demo.user_id::uuid, date_trunc('minute', now()) - demo.age, demo.verdict,
  demo.grade, demo.seconds, demo.network, demo.facts::jsonb
from (
  values
    (
      'd0000000-0000-4000-8000-000000000001', interval '1 hour', 'ok', 'good', 12.4, '0ff1ce01',
      '{"microphone": "MacBook Pro Microphone", "browser": "Chrome 147", "os": "macOS", "loss_in": 0, "loss_out": 0.2, "jitter_ms": 6, "rtt_ms": 48}'
    ),
    (
      'd0000000-0000-4000-8000-000000000001', interval '25 hours', 'microphone_silent', null, 6.1, '0ff1ce01',
      '{"microphone": "Jabra Evolve2 40", "browser": "Chrome 147", "os": "macOS"}'
    ),
    (
      'd0000000-0000-4000-8000-000000000002', interval '26 hours', 'loss_out', 'poor', 13.0, '40e0c8d2',
      '{"microphone": "Logitech H390", "browser": "Firefox 153", "os": "Windows", "loss_in": 0.4, "loss_out": 12.5, "jitter_ms": 21, "rtt_ms": 64}'
    )
) as demo (user_id, age, verdict, grade, seconds, network, facts);
