-- A person asks a business to forget them. docs/privacy.md says what goes, what stays and why.
set lock_timeout = '2s';

-- One row per request: the proof that it was done, without a word about whom it was.
create table public.erasures (
  -- What the person is told.
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- No foreign key: the record outlives the account.
  asked_by uuid not null,
  asked_at timestamptz not null default clock_timestamp(),
  -- How many leads were deleted, and how many calls were made anonymous.
  leads integer not null,
  conversations integer not null,
  -- recordings.id: their rows say when each was gone from Twilio and from the bucket.
  recording_ids uuid[] not null,
  -- How many calls stayed as they are, because of a legal hold.
  held integer not null
);

create index erasures_business_id_idx on public.erasures (business_id, asked_at desc);

create trigger erasures_note_change
after insert on public.erasures
for each row execute function private.note_change('erasure', 'id', '', 'asked_by', 'asked_at', 'recording_ids');

alter table public.erasures enable row level security;

-- Members see that a person was forgotten, and by whom.
create policy "members can read what their business has forgotten"
on public.erasures for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.erasures from public, anon, authenticated, service_role;
grant select on public.erasures to authenticated, service_role;

-- The calls of a business in which a person took part: those of the lead; those to or with their number. Of a
-- lead, calls with the same number that belong to another lead are somebody else's.
create function private.calls_of_person(p_business_id uuid, p_subscriber text, p_lead_id uuid)
returns setof public.conversations
language sql
stable
set search_path = ''
as $$
  select *
  from public.conversations
  where conversations.business_id = p_business_id and conversations.lead_id = p_lead_id
  union
  select *
  from public.conversations
  where conversations.business_id = p_business_id
    and private.subscriber(conversations.to_number) = p_subscriber
    and (p_lead_id is null or conversations.lead_id is null)
  union
  -- They were added to the call of another lead, or it was transferred to them: their voice is in it.
  select conversations.*
  from public.conversations
  join public.call_legs
    on call_legs.business_id = conversations.business_id
    and call_legs.conversation_id = conversations.id
  where call_legs.business_id = p_business_id
    and call_legs.role = 'third_party'
    and private.subscriber(call_legs.to_number) = p_subscriber
  order by 1;
$$;

-- Takes out of a call everything that says who the person was. Times, durations and Twilio's ids stay. Of a call
-- that somebody else was called for, the notes and the lead are about somebody else.
create function private.make_anonymous(
  p_call public.conversations, p_subscriber text, p_is_their_call boolean
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_is_their_call then
    update public.conversations
    set
      lead_id = null,
      to_number = null,
      extension = null,
      notes = null,
      -- Not null: nobody is asked to describe the call. That a machine answered says nothing of the person, and
      -- without it reports would count a call that reached somebody.
      outcome = case
        when conversations.outcome = 'voicemail'
          or (conversations.outcome is null and conversations.answered_by ~ '^(machine|fax)')
          then 'voicemail'
        else 'forgotten'
      end
    where conversations.id = p_call.id;
    -- Also what the line above has just added.
    delete from public.conversation_changes
    where conversation_changes.business_id = p_call.business_id
      and conversation_changes.conversation_id = p_call.id;
    delete from public.call_backs
    where call_backs.business_id = p_call.business_id and call_backs.conversation_id = p_call.id;
  end if;
  update public.call_legs
  set to_number = null
  where call_legs.business_id = p_call.business_id
    and call_legs.conversation_id = p_call.id
    and (
      private.subscriber(call_legs.to_number) = p_subscriber
      or (p_is_their_call and call_legs.role = 'lead' and call_legs.to_number is not null)
    );
  update public.call_actions
  set to_number = null
  where call_actions.business_id = p_call.business_id
    and call_actions.conversation_id = p_call.id
    and private.subscriber(call_actions.to_number) = p_subscriber;
  -- What Twilio sent has numbers, names and cities. The rows of legs are computed from the one key that stays.
  update public.call_events
  set payload = jsonb_strip_nulls(
    jsonb_build_object('ReasonParticipantLeft', call_events.payload -> 'ReasonParticipantLeft')
  )
  where call_events.business_id = p_call.business_id and call_events.conversation_id = p_call.id;
  update public.recording_events
  set payload = '{}'
  where recording_events.business_id = p_call.business_id
    and recording_events.conversation_id = p_call.id;
end;
$$;

-- Takes a person out of the record of changes: as a contact (also one that was merged or deleted), and on the
-- do-not-call list. Who changed something, and when, stays.
create function private.forget_changes(p_business_id uuid, p_subscriber text, p_lead_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  with recursive theirs as materialized (
    select
      changes.id, changes.subject, changes.subject_id, changes.after ->> 'merged_into' as merged_into,
      coalesce(p_subscriber in (
        private.subscriber(changes.before ->> 'phone_number'),
        private.subscriber(changes.after ->> 'phone_number'),
        case changes.subject when 'do_not_call' then private.subscriber(changes.subject_id) end
      ), false) as has_number
    from public.changes
    where changes.business_id = p_business_id and changes.subject in ('lead', 'do_not_call')
  ),

  contacts as (
    (
      select leads.id::text as id
      from public.leads
      where leads.business_id = p_business_id
        and (leads.id = p_lead_id or (p_lead_id is null and leads.subscriber = p_subscriber))

      union

      -- The contact is not there any more.
      select theirs.subject_id
      from theirs
      where theirs.has_number
        and theirs.subject = 'lead'
        and not exists (
          select from public.leads
          where leads.business_id = p_business_id and leads.id::text = theirs.subject_id
        )
    )

    union

    -- It was merged with one of these.
    select theirs.subject_id
    from theirs
    inner join contacts on contacts.id = theirs.merged_into
  )

  update public.changes
  set
    subject_id = case changes.subject when 'lead' then changes.subject_id else 'forgotten' end,
    subject_name = null,
    before = case when changes.before is not null then '{}'::jsonb end,
    after = case when changes.after is not null then '{}'::jsonb end
  from theirs
  where changes.id = theirs.id
    and (
      theirs.has_number
      or (theirs.subject = 'lead' and theirs.subject_id in (select contacts.id from contacts))
    );
end;
$$;

revoke execute on function private.forget_changes(uuid, text, uuid) from public, anon;

-- Security definer: nobody may delete leads or change the record of calls. It checks who asks, first of all.
create function private.forget_person(p_business_id uuid, p_phone_number text, p_lead_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_subscriber text := private.subscriber(p_phone_number);
  v_call public.conversations;
  v_erasure public.erasures;
  v_recording_ids uuid[] := '{}';
  v_conversations integer := 0;
  v_held integer := 0;
  v_leads integer;
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (p_phone_number is null) = (p_lead_id is null)
    or (p_phone_number is not null and p_phone_number !~ '^\+[1-9][0-9]{6,14}$') then
    return jsonb_build_object('error', 'invalid_request', 'field', 'phone_number');
  end if;
  if p_lead_id is not null then
    select leads.subscriber into v_subscriber
    from public.leads
    where leads.business_id = p_business_id and leads.id = p_lead_id;
    if not found then
      return jsonb_build_object('error', 'not_found');
    end if;
  end if;

  -- A call that goes on would be written down again. No call is longer than four hours.
  if exists (
    select from private.calls_of_person(p_business_id, v_subscriber, p_lead_id) as calls
    where calls.ended_at is null and calls.created_at > now() - private.longest_call()
  ) then
    return jsonb_build_object('error', 'in_progress');
  end if;

  for v_call in
    select * from private.calls_of_person(p_business_id, v_subscriber, p_lead_id)
  loop
    perform private.enter_call(v_call.call_sid, null);
    select * into v_call from public.conversations where conversations.id = v_call.id;
    if v_call.is_held then
      v_held := v_held + 1;
      continue;
    end if;
    v_recording_ids := v_recording_ids || array(
      select recordings.id
      from public.recordings
      where recordings.business_id = p_business_id and recordings.conversation_id = v_call.id
      order by recordings.part
    );
    perform private.unwant_recordings(v_call.id, 'request');
    perform private.make_anonymous(
      v_call, v_subscriber,
      coalesce(
        v_call.lead_id = p_lead_id
        or (
          private.subscriber(v_call.to_number) = v_subscriber
          and (p_lead_id is null or v_call.lead_id is null)
        ),
        false
      )
    );
    v_conversations := v_conversations + 1;
  end loop;
  perform private.leave_call();

  -- The erasure is on record, without a word about whom it was.
  perform private.begin_one_change();
  perform private.forget_changes(p_business_id, v_subscriber, p_lead_id);
  delete from public.leads
  where leads.business_id = p_business_id
    and (leads.id = p_lead_id or (p_lead_id is null and leads.subscriber = v_subscriber))
    and not exists (
      select from public.conversations
      where conversations.business_id = p_business_id
        and conversations.lead_id = leads.id
        and conversations.is_held
    );
  get diagnostics v_leads = row_count;
  -- A lead who had the number before keeps their place in a queue, and the number is not written there any more.
  update public.queue_entries
  set refused_number = null
  where queue_entries.business_id = p_business_id
    and queue_entries.refused_number is not null
    and private.subscriber(queue_entries.refused_number) = v_subscriber;
  -- The number stays on the list, so that the person is not called again.
  update public.do_not_call
  set reason = null
  where do_not_call.business_id = p_business_id
    and do_not_call.subscriber = v_subscriber
    and do_not_call.reason is not null;
  -- If it was taken off before, nothing needs to remember that.
  delete from public.do_not_call_removals
  where do_not_call_removals.business_id = p_business_id
    and private.subscriber(do_not_call_removals.phone_number) = v_subscriber;
  -- Nor that somebody who had the number is another person than them.
  delete from private.contacts_told_apart
  where contacts_told_apart.business_id = p_business_id
    and contacts_told_apart.field = 'phone_number'
    and contacts_told_apart.value = v_subscriber;
  perform private.end_one_change();

  insert into public.erasures as written (
    business_id, asked_by, leads, conversations, recording_ids, held
  ) values (
    p_business_id, (select auth.uid()), v_leads, v_conversations, v_recording_ids, v_held
  )
  returning written.* into v_erasure;
  return jsonb_build_object(
    'id', v_erasure.id,
    'leads', v_leads,
    'conversations', v_conversations,
    'recordings', cardinality(v_recording_ids),
    'held', v_held
  );
end;
$$;

revoke execute on function private.calls_of_person(uuid, text, uuid) from public, anon;
revoke execute on function private.make_anonymous(public.conversations, text, boolean) from public, anon;
revoke execute on function private.forget_person(uuid, text, uuid) from public, anon;
grant execute on function private.forget_person(uuid, text, uuid) to authenticated;

-- Forgets a person: their recordings, their lead, and who they are in the record of calls. Owners and managers
-- only. Either p_phone_number (E.164: everybody who is reached by it) or p_lead_id (that lead, and calls with
-- their number that belong to no lead).
-- Answers {"id": the proof, "leads", "conversations", "recordings", "held": calls that stay because of a legal
-- hold}, or {"error": "signed_out" | "not_found" | "not_allowed" | "in_progress" (a call with them goes on) |
-- "invalid_request" (with "field")}.
create function public.forget_person(p_business_id uuid, p_phone_number text, p_lead_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.forget_person(p_business_id, p_phone_number, p_lead_id);
$$;

revoke execute on function public.forget_person(uuid, text, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.forget_person(uuid, text, uuid) to authenticated;
