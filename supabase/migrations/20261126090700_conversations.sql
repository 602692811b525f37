-- What people read about calls.
set lock_timeout = '2s';

-- One row per call. private.derive_call keeps it up to date.
create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  -- Null only for a call whose caller is not a rep of any business: it is refused, and still on record.
  business_id uuid references public.businesses (id) on delete cascade,
  -- No foreign key: the record of a call outlives the account that placed it.
  user_id uuid,
  lead_id uuid,
  campaign_id uuid,
  channel text not null default 'voice' check (channel = 'voice'),
  direction text not null default 'outbound' check (direction in ('outbound', 'inbound')),
  -- Twilio's words for the lead's leg, and 'blocked' for a call that was refused.
  status text not null check (
    status in (
      'queued', 'initiated', 'ringing', 'in-progress',
      'completed', 'busy', 'no-answer', 'failed', 'canceled', 'blocked'
    )
  ),
  block_reason text,
  -- The caller ID shown to the lead; null if the call was refused before one was chosen.
  from_number text,
  -- E.164. It is the typed text if that is not a valid number, if the call was refused before the number
  -- was read, or if the call never began and no leg names a number.
  to_number text check (length(to_number) <= 64),
  -- What is dialled on the keypad once the lead's switchboard answers.
  extension text check (extension ~ '^[0-9]{1,7}$'),
  -- Whether another number than the lead's own was dialled.
  other_number boolean not null default false,
  -- The agent's leg: the call that the browser placed.
  call_sid text not null unique check (length(call_sid) <= 64),
  -- When begin_call stored it. Null if the call's beginning never reached the database, for example
  -- because the database did not answer in time. private.note_unbegun_call stores such a call when its
  -- agent's leg has ended.
  begun_at timestamptz,
  dialed_at timestamptz,
  ringing_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  -- Time spent talking to the lead: not ringing, and not the agent's leg. Null until the call ends.
  duration_seconds integer check (duration_seconds >= 0),
  -- How the lead's leg is connected: by a 'dial', or in a 'room' (a Twilio Conference). The claim is written
  -- before Twilio is asked. Like stage, it has no check, because Postgres reads every check again for each
  -- event; only our functions write it.
  bridge text not null default 'dial',
  -- Whether nothing was asked of the call: it has an agent's leg and a lead's leg at most.
  is_plain boolean not null default true,
  -- What is going on besides the agent and the lead talking: 'on_hold', 'ringing', 'consulting', 'together',
  -- 'transferring', 'returning' or 'transferred' (private.stage_of_call). Null for a plain call and for a call
  -- that has ended.
  stage text,
  -- How much of the talk time the lead was on hold. Null until the call ends.
  hold_seconds integer,
  -- When the lead was promised a call back, because nobody answered a transfer.
  call_back_at timestamptz,
  -- Who has answered, as Twilio's detection of machines tells it: 'human', 'machine_end_beep', 'unknown', … It is
  -- a hint. Null unless the call's campaign asks for it: private.derive_answer.
  answered_by text,
  -- What the pages show of the call's recording: private.derive_recording. Null if the call has no terms of
  -- recording: it is not recorded. No check, as with stage.
  recording_state text,
  -- Whether a legal hold keeps the call's recordings longer than the retention.
  is_held boolean not null default false,
  -- The time limit that Twilio was given. Null for a refused call.
  time_limit_seconds integer check (time_limit_seconds > 0),
  -- Of the number (ISO 3166-1 alpha-2), as it was when the call began. Like the next two without a check, as with
  -- stage, and null if it is not known: only our functions write them.
  to_country text,
  -- The time zone of the lead; else that of the number, if all of its zones have the same time.
  lead_time_zone text,
  -- Whether lead_time_zone is the number's.
  lead_zone_is_estimate boolean,
  outcome text check (length(outcome) <= 100),
  notes text check (length(notes) <= 10000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The target of composite references: foreign keys ignore row-level security.
  unique (business_id, id),
  -- Composite, so that a call cannot be tied to another business's lead, and so that the answer does not
  -- tell whether the row exists there.
  foreign key (business_id, lead_id)
  references public.leads (business_id, id) on delete set null (lead_id),
  foreign key (business_id, campaign_id)
  references public.campaigns (business_id, id) on delete set null (campaign_id),
  check ((status = 'blocked') = (block_reason is not null)),
  check (business_id is not null or status = 'blocked'),
  check (status = 'blocked' or begun_at is null or to_number ~ '^\+[1-9][0-9]{6,14}$')
)
-- A call's row changes about four times in a minute. If its page has room for the new version, no index
-- needs a new entry.
with (fillfactor = 75);

-- The newest calls of a business, page by page.
create index conversations_created_at_idx on public.conversations (business_id, created_at desc, id desc);
-- The calls of a lead and of a campaign; their deletion asks for these, too.
create index conversations_lead_id_idx
on public.conversations (business_id, lead_id, created_at desc) where lead_id is not null;
create index conversations_campaign_id_idx
on public.conversations (business_id, campaign_id, created_at desc, id desc) where campaign_id is not null;
-- The recent calls of a rep, for the limits. The index does not use the status: if it did, every event of
-- a call would need a new entry in every index.
create index conversations_user_id_idx
on public.conversations (business_id, user_id, created_at desc, id desc) where block_reason is null;
-- The refused calls of a rep. In both indexes together are all calls of a rep.
create index conversations_refused_idx
on public.conversations (business_id, user_id, created_at desc, id desc) where block_reason is not null;
-- The calls that are under way, for the limits.
create index conversations_open_idx
on public.conversations (business_id, created_at desc) where ended_at is null;
-- The calls to a subscriber: has another rep just called this number?
create index conversations_subscriber_idx
on public.conversations (business_id, private.subscriber(to_number), created_at desc);
-- A rep's calls that need an outcome. Its condition names no column that changes more often than those of
-- the other indexes: duration_seconds is set together with ended_at. Only a new outcome, once a call, needs new
-- entries in all indexes.
create index conversations_needs_outcome_idx
on public.conversations (business_id, user_id, created_at desc, id desc)
where outcome is null and duration_seconds > 0;
-- Calls by a part of the number.
create index conversations_to_number_idx on public.conversations
using gin (business_id extensions.uuid_ops, private.number_form(to_number) extensions.gin_trgm_ops)
with (gin_pending_list_limit = 256);

create trigger conversations_touch_updated_at
before update on public.conversations
for each row execute function private.touch_updated_at();

alter table public.conversations enable row level security;

-- Reps and managers see the calls of the whole business.
create policy "members can read the calls of their business"
on public.conversations for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- Reps write down the result of their own calls; owners and managers, of every call of the business, also
-- of a rep who has left. The grants below say which columns those are.
create policy "members can describe their own calls and managers all"
on public.conversations for update to authenticated
using (
  business_id = any(array(select managed.business_id from private.managed))
  or (
    user_id = (select auth.uid())
    and business_id = any(array(select memberships.business_id from private.memberships))
  )
)
with check (
  business_id = any(array(select managed.business_id from private.managed))
  or (
    user_id = (select auth.uid())
    and business_id = any(array(select memberships.business_id from private.memberships))
  )
);

-- A second delivery gets the answer of the first, and an event finds its call.
create policy "a webhook can read its call"
on public.conversations for select to call_webhook
using (call_sid = nullif((select current_setting('henk.call_sid', true)), ''));

-- Every call leaves a row.
create policy "a webhook can begin its call"
on public.conversations for insert to call_webhook
with check (call_sid = nullif((select current_setting('henk.call_sid', true)), ''));

-- What the events say is written into the row.
create policy "a webhook can move its call on"
on public.conversations for update to call_webhook
using (call_sid = nullif((select current_setting('henk.call_sid', true)), ''))
with check (call_sid = nullif((select current_setting('henk.call_sid', true)), ''));

revoke all on public.conversations from public, anon, authenticated, service_role;
grant select on public.conversations to authenticated, service_role;
grant select, insert on public.conversations to call_webhook;
-- The ledger says what happened in a call; the rep says what its result is.
grant update (outcome, notes, lead_id, campaign_id) on public.conversations to authenticated;
grant update (
  lead_id, campaign_id, status, block_reason, from_number, to_number, extension, other_number,
  time_limit_seconds, begun_at, dialed_at, ringing_at, answered_at, ended_at, duration_seconds,
  is_plain, stage, hold_seconds, call_back_at, recording_state, answered_by, to_country, lead_time_zone,
  lead_zone_is_estimate
)
on public.conversations to call_webhook;
