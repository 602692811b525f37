-- Under which terms a call may be recorded, and who agreed or refused.
set lock_timeout = '2s';

-- One row per call that may be recorded. begin_call writes it; the terms do not change after that.
create table public.recording_consents (
  conversation_id uuid primary key,
  business_id uuid not null,
  mode text not null check (mode in ('on_demand', 'all')),
  consent_mode text not null check (consent_mode in ('announce', 'confirm', 'both')),
  -- Where the lead is, by their number: which rules were asked.
  country text,
  region text,
  -- What the lead hears before they are connected. Null: nothing.
  notice_text text,
  notice_started_at timestamptz,
  -- When the lead had heard all of it, and had not refused.
  notice_ended_at timestamptz,
  -- Who said that the lead agreed. No foreign keys: the record outlives the account.
  confirmed_by uuid,
  confirmed_at timestamptz,
  -- A refusal is final for the call. refused_by is null if the lead pressed the key themselves.
  refused_at timestamptz,
  refused_by uuid,
  refused_how text check (refused_how in ('key', 'said')),
  created_at timestamptz not null default now(),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  check ((consent_mode = 'confirm') = (notice_text is null)),
  check (notice_ended_at is null or notice_started_at is not null),
  check ((confirmed_by is null) = (confirmed_at is null)),
  check ((refused_at is null) = (refused_how is null)),
  check ((refused_how = 'said') = (refused_by is not null))
);

-- The consent that a client shows with a conversation; its deletion asks for it, too.
create index recording_consents_conversation_id_idx
on public.recording_consents (business_id, conversation_id);

alter table public.recording_consents enable row level security;

-- Whoever reads of a call can read whether the lead agreed.
create policy "members can read the consents of their business"
on public.recording_consents for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- A second delivery gets the answer of the first.
create policy "a webhook can read the terms of its call"
on public.recording_consents for select to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

-- The terms are kept when the call begins.
create policy "a webhook can keep the terms of its call"
on public.recording_consents for insert to call_webhook
with check (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

revoke all on public.recording_consents from public, anon, authenticated, service_role;
grant select on public.recording_consents to authenticated, service_role, call_webhook;
grant insert (business_id, conversation_id, mode, consent_mode, country, region, notice_text)
on public.recording_consents to call_webhook;

-- Whether the lead has agreed in every way that the terms ask for, and has not refused.
create function private.has_agreed(p_consent public.recording_consents)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(
    p_consent.conversation_id is not null
    and p_consent.refused_at is null
    and (p_consent.consent_mode = 'confirm' or p_consent.notice_ended_at is not null)
    and (p_consent.consent_mode = 'announce' or p_consent.confirmed_at is not null),
    false
  );
end;
$$;

revoke execute on function private.has_agreed(public.recording_consents) from public, anon;

-- The recording_state of a call that has ended and of which there is no recording. In mode `all` the notice must
-- have been begun when the lead answered, and nobody listens to it for 90 s: otherwise the database or a
-- function was away, and the lead was connected unrecorded.
create function private.state_unrecorded(p_conversation_id uuid, p_ended_at timestamptz, p_seconds integer)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when p_seconds > 0 and exists (
      select from public.recording_consents
      where recording_consents.conversation_id = p_conversation_id
        and recording_consents.mode = 'all'
        and recording_consents.consent_mode = 'announce'
        and recording_consents.refused_at is null
        and coalesce(recording_consents.notice_started_at < p_ended_at - interval '90 seconds', true)
    ) then 'failed'
    else 'waiting'
  end;
end;
$$;

revoke execute on function private.state_unrecorded(uuid, timestamptz, integer) from public, anon;
grant execute on function private.state_unrecorded(uuid, timestamptz, integer) to call_webhook;
