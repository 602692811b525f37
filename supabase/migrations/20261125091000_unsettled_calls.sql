-- Callbacks get lost. Which calls have an end outstanding is kept here, so that somebody can ask Twilio
-- what became of them: public.claim_unsettled_calls.
set lock_timeout = '2s';

-- One row per call whose legs have not all told their end. In `private`, where the REST API does not
-- reach: it has the CallSids of every business.
create table private.unsettled_calls (
  agent_call_sid text primary key check (length(agent_call_sid) <= 64),
  opened_at timestamptz not null default now(),
  -- Nobody asks about the call before.
  next_check_at timestamptz not null,
  -- How often it was claimed.
  checks integer not null default 0
);

create index unsettled_calls_next_check_at_idx on private.unsettled_calls (next_check_at);

alter table private.unsettled_calls enable row level security;
revoke all on private.unsettled_calls from public, anon, authenticated, service_role;

-- Puts a call on the list, to be asked about after so long at the latest.
-- Security definer: who stores events has no business with the list of all calls.
create function private.watch_call()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_call_sid text;
begin
  if tg_table_name = 'conversations' then
    v_call_sid := new.call_sid;
  else
    v_call_sid := new.agent_call_sid;
  end if;

  insert into private.unsettled_calls as watched (agent_call_sid, next_check_at)
  values (v_call_sid, now() + tg_argv[0]::interval)
  on conflict (agent_call_sid) do update set next_check_at = excluded.next_check_at
  where excluded.next_check_at < watched.next_check_at;
  return null;
end;
$$;

revoke execute on function private.watch_call() from public, anon;

-- A phone rings for 35 s at most: by then something was heard, or a callback is lost.
create trigger conversations_watch
after insert on public.conversations
for each row execute function private.watch_call('1 minute');

-- A call of which something has ended is over, and one that is not on record never began: what is
-- still to come is on its way, retries of 15 s included.
create trigger call_events_watch
after insert on public.call_events
for each row when (
  new.source <> 'reconcile'
  and (
    new.conversation_id is null
    or new.status in ('completed', 'busy', 'no-answer', 'failed', 'canceled')
  )
)
execute function private.watch_call('30 seconds');

-- Calls that have no end already.
insert into private.unsettled_calls (agent_call_sid, next_check_at)
select conversations.call_sid, now() + interval '1 minute'
from public.conversations
where conversations.status in ('queued', 'initiated', 'ringing', 'in-progress');
