-- What people write about calls: who changed what, and several people at once.
set lock_timeout = '2s';

-- Every change of what people write about a call. Append-only, but for notes that somebody goes on writing: see
-- private.note_conversation_change.
create table public.conversation_changes (
  id bigint generated always as identity primary key,
  business_id uuid,
  conversation_id uuid not null,
  -- Null: an operator, or begin_call, which names the lead and the campaign of a call whose beginning came
  -- late. No foreign key: the record outlives the account.
  changed_by uuid,
  changed_at timestamptz not null default clock_timestamp(),
  -- The columns that changed: outcome, notes, lead_id, campaign_id.
  before jsonb not null,
  after jsonb not null,
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade
);

-- The changes of a call, the newest first; its deletion asks for them, too.
create index conversation_changes_conversation_id_idx
on public.conversation_changes (business_id, conversation_id, id desc);

alter table public.conversation_changes enable row level security;

-- Reps see who changed their notes, and what they were before.
create policy "members can read how calls of their business were described"
on public.conversation_changes for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.conversation_changes from public, anon, authenticated, service_role;
grant select on public.conversation_changes to authenticated, service_role;
revoke all on sequence public.conversation_changes_id_seq from public, anon, authenticated, service_role;

-- Records a change, whoever makes it, and on whatever way.
-- Security definer: nobody may write the record themselves.
create function private.note_conversation_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- Pages save notes every few seconds while somebody types. Whoever adds to what they wrote within the last ten minutes
  -- makes one change with it: it has all of the text before, so nothing is lost.
  if (old.outcome, old.lead_id, old.campaign_id) is not distinct from (new.outcome, new.lead_id, new.campaign_id)
    and starts_with(new.notes, old.notes) then
    update public.conversation_changes as latest
    set after = jsonb_build_object('notes', new.notes), changed_at = clock_timestamp()
    where latest.business_id = new.business_id
      and latest.conversation_id = new.id
      and latest.id = (
        select max(conversation_changes.id) from public.conversation_changes
        where conversation_changes.business_id = new.business_id
          and conversation_changes.conversation_id = new.id
      )
      and latest.changed_by = (select auth.uid())
      and latest.changed_at > clock_timestamp() - interval '10 minutes'
      and latest.after = jsonb_build_object('notes', old.notes);
    if found then
      return null;
    end if;
  end if;

  insert into public.conversation_changes (business_id, conversation_id, changed_by, before, after)
  select
    new.business_id, new.id, (select auth.uid()),
    jsonb_object_agg(changed.name, changed.old_value),
    jsonb_object_agg(changed.name, changed.new_value)
  from (
    values
      ('outcome', to_jsonb(old.outcome), to_jsonb(new.outcome)),
      ('notes', to_jsonb(old.notes), to_jsonb(new.notes)),
      ('lead_id', to_jsonb(old.lead_id), to_jsonb(new.lead_id)),
      ('campaign_id', to_jsonb(old.campaign_id), to_jsonb(new.campaign_id))
  ) as changed (name, old_value, new_value)
  where changed.old_value is distinct from changed.new_value;
  return null;
end;
$$;

revoke execute on function private.note_conversation_change() from public, anon;

create trigger conversations_note_change
after update on public.conversations
for each row when (
  (old.outcome, old.notes, old.lead_id, old.campaign_id)
  is distinct from (new.outcome, new.notes, new.lead_id, new.campaign_id)
)
execute function private.note_conversation_change();

-- A conversation as clients read it: with its lead, its campaign and its quality.
create function private.conversation_with_names(p_conversation public.conversations)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return to_jsonb(p_conversation) || jsonb_build_object(
    'lead', (
      select jsonb_build_object(
        'id', leads.id, 'name', leads.name, 'company', leads.company, 'phone_number', leads.phone_number
      )
      from public.leads
      where leads.id = p_conversation.lead_id and leads.business_id = p_conversation.business_id
    ),
    'campaign', (
      select jsonb_build_object('id', campaigns.id, 'name', campaigns.name)
      from public.campaigns
      where campaigns.id = p_conversation.campaign_id
        and campaigns.business_id = p_conversation.business_id
    ),
    'quality', private.quality_of_conversation(p_conversation)
  );
end;
$$;

revoke execute on function private.conversation_with_names(public.conversations) from public, anon;
grant execute on function private.conversation_with_names(public.conversations) to authenticated;

-- Refuses an outcome that is not in the business's list. A call keeps one that is archived.
-- Security definer: an operator writes outcomes, too. A person who was forgotten has no number, and 'forgotten' or, if
-- a machine answered, 'voicemail'.
create function private.check_outcome()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from public.outcomes
  where outcomes.business_id = new.business_id
    and outcomes.key = new.outcome
    and not outcomes.is_archived;
  if not found and not (new.outcome in ('forgotten', 'voicemail') and new.to_number is null) then
    raise exception using
      errcode = 'check_violation',
      schema = tg_table_schema,
      table = tg_table_name,
      column = 'outcome',
      message = format(
        'The outcome "%s" was not stored, because it is not in the list of this business. Choose one of the list.',
        new.outcome
      );
  end if;
  return new;
end;
$$;

revoke execute on function private.check_outcome() from public, anon;

create trigger conversations_check_first_outcome
before insert on public.conversations
for each row when (new.outcome is not null)
execute function private.check_outcome();

create trigger conversations_check_outcome
before update on public.conversations
for each row when (new.outcome is distinct from old.outcome and new.outcome is not null)
execute function private.check_outcome();

-- The same with the time of an agreed call as the database writes it, so that times are compared and not texts.
create function private.with_one_spelling(p_values jsonb)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when p_values ? 'call_back_at' then p_values
      || jsonb_build_object('call_back_at', (p_values ->> 'call_back_at')::timestamptz)
    else p_values
  end;
end;
$$;

revoke execute on function private.with_one_spelling(jsonb) from public, anon;
grant execute on function private.with_one_spelling(jsonb) to authenticated;

-- Writes what a person says of a call, unless somebody else has written something different meanwhile.
-- p_changes: {"outcome", "notes", "lead_id", "campaign_id", "call_back_at", "call_back_for"}, all or some of them;
-- the last two are of the call that the outcome agrees, and written only if it does. p_before has the same keys,
-- with the values that the person had before them. A field is written if its value is still the one before (or the
-- new one already); else it is a conflict, and stays as it is.
-- Answers {"conversation", "conflicts": {field: {"current", "changed_by", "changed_by_name", "changed_at"}}},
-- or {"error": "not_found" | "not_your_call"}. Security invoker: policies say who may write.
create function public.describe_conversation(
  p_conversation_id uuid, p_changes jsonb, p_before jsonb
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_new public.conversations;
  v_now jsonb;
  v_field text;
  v_conflicts jsonb := '{}';
  v_agreed constant text[] := '{call_back_at,call_back_for}';
begin
  if jsonb_typeof(p_changes) is distinct from 'object'
    or p_changes - '{outcome,notes,lead_id,campaign_id,call_back_at,call_back_for}'::text[] <> '{}'
    or jsonb_typeof(p_before) is distinct from 'object'
    or not p_before ?& array(select jsonb_object_keys(p_changes)) then
    raise exception 'p_changes has outcome, notes, lead_id, campaign_id, call_back_at, call_back_for or some of'
      ' them, and p_before has the same'
      using errcode = '22023';
  end if;

  -- Of two people at once, the second waits, and then sees what the first one wrote.
  select * into v_call from public.conversations
  where conversations.id = p_conversation_id
  for no key update;
  if not found then
    perform from public.conversations where conversations.id = p_conversation_id;
    return jsonb_build_object('error', case when found then 'not_your_call' else 'not_found' end);
  end if;

  v_now := to_jsonb(v_call) - v_agreed;
  if p_changes ?| v_agreed then
    v_now := v_now || private.call_back_of(v_call.id);
    p_before := private.with_one_spelling(p_before);
    p_changes := private.with_one_spelling(p_changes);
  end if;
  for v_field in select jsonb_object_keys(p_changes) loop
    if v_now -> v_field not in (p_before -> v_field, p_changes -> v_field) then
      v_conflicts := v_conflicts || jsonb_build_object(v_field, (
        select jsonb_build_object(
          'current', v_now -> v_field,
          'changed_by', change.changed_by,
          'changed_by_name', business_members.display_name,
          'changed_at', coalesce(change.changed_at, v_call.created_at)
        )
        from (select) as always
        left join lateral (
          select conversation_changes.changed_by, conversation_changes.changed_at
          from public.conversation_changes
          where conversation_changes.business_id = v_call.business_id
            and conversation_changes.conversation_id = v_call.id
            and conversation_changes.after ? v_field
          order by conversation_changes.id desc
          limit 1
        ) as change on true
        left join public.business_members
          on business_members.business_id = v_call.business_id
          and business_members.user_id = change.changed_by
      ));
    end if;
  end loop;

  p_changes := p_changes - array(select jsonb_object_keys(v_conflicts));
  v_new := jsonb_populate_record(v_call, p_changes - v_agreed);
  if v_new is distinct from v_call then
    update public.conversations set
      outcome = v_new.outcome,
      notes = v_new.notes,
      lead_id = v_new.lead_id,
      campaign_id = v_new.campaign_id
    where conversations.id = v_call.id
    returning * into v_call;
  end if;
  if p_changes ?| v_agreed then
    perform private.write_call_back(v_call.id, p_changes);
  end if;
  return jsonb_build_object(
    'conversation', private.conversation_with_names(v_call), 'conflicts', v_conflicts
  );
end;
$$;

revoke execute on function public.describe_conversation(uuid, jsonb, jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.describe_conversation(uuid, jsonb, jsonb) to authenticated;
