-- The ledger: every distinct callback, once.
set lock_timeout = '2s';

-- What Twilio told us about calls. Append-only. A callback may arrive before its call is stored: it waits
-- here without a conversation until the call begins.
create table public.call_events (
  id bigint generated always as identity primary key,
  business_id uuid,
  conversation_id uuid,
  -- The leg that the event is about. Null if Twilio never named the leg: it was asked for in vain.
  call_sid text check (length(call_sid) <= 64),
  -- Which leg that is, if somebody asked for it: call_legs.id. It is in the address that Twilio calls, or in
  -- the participant's label. No foreign key: an event is stored whatever it names.
  call_leg_id uuid,
  -- The conference that a callback of a room is about.
  conference_sid text,
  -- The call that the event belongs to: conversations.call_sid.
  agent_call_sid text not null check (length(agent_call_sid) <= 64),
  source text not null check (
    source in (
      -- A leg's own callback.
      'status_callback',
      -- The agent's Dial of the lead has ended.
      'dial_action',
      -- The lead's Dial of another person has ended: of a transfer, or of a return from one.
      'transfer_action',
      -- A leg's Dial into the room has ended, which does not mean that the leg has.
      'room_action',
      -- A callback of the room. The status is StatusCallbackEvent.
      'conference',
      -- What we asked of Twilio, when Twilio had confirmed it: 'queued' (a leg is dialled), 'failed' (Twilio
      -- refused to dial it), 'participant-hold', 'participant-unhold', 'redirected', 'removed',
      -- 'dropped' (the lead hears a recorded message, alone), 'apologized' (the lead hears that nobody could
      -- be reached, and that we call back).
      'control',
      -- Twilio's detection of machines. The status is AnsweredBy.
      'amd',
      -- An answer of Twilio's REST API.
      'reconcile'
    )
  ),
  status text not null check (length(status) <= 64),
  -- The order in which Twilio fired the leg's events, or the room's; they may arrive in another order.
  -- Of 'control' it is call_actions.number, of a hold that Twilio was asked about the second of the answer.
  sequence_number integer,
  -- When it happened, by Twilio's clock.
  occurred_at timestamptz,
  -- Seconds that the leg was connected, on events of its end.
  duration_seconds integer check (duration_seconds >= 0),
  -- The parameters as Twilio sent them.
  payload jsonb not null,
  received_at timestamptz not null default now(),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  -- What makes a callback distinct. A retry has the same values and is stored once.
  unique nulls not distinct (
    call_sid, source, status, sequence_number, conference_sid, call_leg_id
  ),
  check (call_sid is not null or call_leg_id is not null)
);

-- The events of a call, from which its rows are computed.
create index call_events_agent_call_sid_idx on public.call_events (agent_call_sid);
-- The events that a client shows with a conversation; its deletion asks for these, too.
create index call_events_conversation_id_idx on public.call_events (business_id, conversation_id);

alter table public.call_events enable row level security;

-- Reps and managers can see from which events a call's row was computed.
create policy "members can read the events of their business"
on public.call_events for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- A call's rows are computed from all of its events.
create policy "a webhook can read the events of its call"
on public.call_events for select to call_webhook
using (agent_call_sid = nullif((select current_setting('henk.call_sid', true)), ''));

-- Each callback is one event.
create policy "a webhook can add events to its call"
on public.call_events for insert to call_webhook
with check (agent_call_sid = nullif((select current_setting('henk.call_sid', true)), ''));

-- Events that arrived before their call are attached to it, once.
create policy "a webhook can attach waiting events to its call"
on public.call_events for update to call_webhook
using (
  agent_call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  and conversation_id is null
)
with check (agent_call_sid = nullif((select current_setting('henk.call_sid', true)), ''));

revoke all on public.call_events from public, anon, authenticated, service_role;
revoke all on sequence public.call_events_id_seq from public, anon, authenticated, service_role;
grant select on public.call_events to authenticated, service_role;
grant select, insert on public.call_events to call_webhook;
grant update (business_id, conversation_id) on public.call_events to call_webhook;
