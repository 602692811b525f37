-- Who was on a call, and how long. private.derive_call keeps these rows up to date.
set lock_timeout = '2s';

-- The legs of calls: one row per CallSid, and per leg that was asked for and has none yet.
create table public.call_legs (
  -- It is in the callbacks' address of a leg that was asked for, and its label in a room.
  id uuid primary key default gen_random_uuid(),
  business_id uuid,
  conversation_id uuid not null,
  -- Null until Twilio names the leg.
  call_sid text unique check (length(call_sid) <= 64),
  -- The agent is the rep who placed the call, on whatever leg; a teammate is another person of the business.
  role text not null check (role in ('agent', 'lead', 'teammate', 'third_party')),
  status text not null check (private.call_status_rank(status) is not null),
  initiated_at timestamptz,
  ringing_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  -- Seconds that the leg was connected.
  duration_seconds integer check (duration_seconds >= 0),
  -- Who it is: a person of the business, or a number. No foreign key: the record of a call outlives the
  -- account.
  user_id uuid,
  to_number text,
  -- The rest is null for the two legs that every call has. What the leg was asked for: to 'add' somebody, a
  -- 'warm' or 'cold' transfer, or to bring the lead back to somebody ('return').
  asked_for text,
  -- It is written before Twilio is asked. The action is in call_actions.
  asked_at timestamptz,
  asked_by uuid,
  call_action_id uuid,
  -- When the person who is rung declined.
  declined_at timestamptz,
  -- Whether the room ends when this leg leaves it: private.host_of_call. Always false in a plain call.
  is_host boolean not null default false,
  -- When the lead was left alone with a recorded message. The leg goes on until it was played, but the talk has
  -- ended, and so has this row.
  dropped_at timestamptz,
  -- Since when the leg hears music. Null if it does not.
  on_hold_since timestamptz,
  -- How it left the room, where that is known: 'self' (it hung up), 'removed' (by somebody), or 'host' (the
  -- room's host has left).
  ended_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The target of composite references: foreign keys ignore row-level security.
  unique (business_id, id),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade
)
-- As with conversations: a new version of a row needs no new entry in any index.
with (fillfactor = 75);

-- The legs that a client shows with a conversation; its deletion asks for these, too.
create index call_legs_conversation_id_idx on public.call_legs (business_id, conversation_id);

-- The numbers that were dialled besides the leads', for the limits: of a business, and of a rep.
create index call_legs_third_party_idx
on public.call_legs (business_id, asked_at desc) where role = 'third_party';
create index call_legs_third_party_asked_by_idx
on public.call_legs (business_id, asked_by, asked_at desc) where role = 'third_party';

create trigger call_legs_touch_updated_at
before update on public.call_legs
for each row execute function private.touch_updated_at();

alter table public.call_legs enable row level security;

-- Reps and managers see who was on a call, and for how long.
create policy "members can read the legs of their business"
on public.call_legs for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- What the events say is written into the rows of the call's legs.
create policy "a webhook can read the legs of its call"
on public.call_legs for select to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

-- As above, for a leg's first event.
create policy "a webhook can add legs to its call"
on public.call_legs for insert to call_webhook
with check (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

-- As above, for the events after it.
create policy "a webhook can move the legs of its call on"
on public.call_legs for update to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

revoke all on public.call_legs from public, anon, authenticated, service_role;
grant select on public.call_legs to authenticated, service_role;
grant select, insert on public.call_legs to call_webhook;
grant update (
  call_sid, role, status, initiated_at, ringing_at, answered_at, ended_at, duration_seconds, user_id,
  to_number, is_host, on_hold_since, ended_by, dropped_at
)
on public.call_legs to call_webhook;
