-- Which callbacks came more than once: the evidence that Twilio sends a callback again after an error. The
-- doctor reports whether there is any.
set lock_timeout = '2s';

-- One row per callback, however often it came. It is in `private`, which the REST API does not serve,
-- because it has the CallSids of every business.
create table private.repeated_callbacks (
  call_sid text check (length(call_sid) <= 64),
  status text check (length(status) <= 64),
  -- -1 if Twilio sent none.
  sequence_number integer,
  agent_call_sid text not null check (length(agent_call_sid) <= 64),
  -- When it came the second time.
  repeated_at timestamptz not null default now(),
  primary key (call_sid, status, sequence_number)
);

alter table private.repeated_callbacks enable row level security;

-- Nobody who stores callbacks can see which ones came twice.
create policy "a webhook can note that a callback of its call came again"
on private.repeated_callbacks for insert to call_webhook
with check (agent_call_sid = nullif((select current_setting('henk.call_sid', true)), ''));

revoke all on private.repeated_callbacks from public, anon, authenticated, service_role;
grant insert on private.repeated_callbacks to call_webhook;
