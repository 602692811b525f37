-- Whom somebody has to call again, and what else an outcome does to a lead and their number.
set lock_timeout = '2s';

-- One row per call in which another call was agreed, or after which the lead was promised one.
create table public.call_backs (
  conversation_id uuid primary key,
  business_id uuid not null,
  lead_id uuid,
  campaign_id uuid,
  -- The number that was called then.
  to_number text,
  subscriber text generated always as (private.subscriber(to_number)) stored,
  due_at timestamptz not null,
  -- For whom: a member of the business. Null: anybody.
  user_id uuid,
  -- Whether nobody has said when, and for whom: due_at and user_id are then what they are without a word.
  date_is_default boolean not null default true,
  person_is_default boolean not null default true,
  -- Null: nobody answered a transfer, and the lead was promised a call. No foreign keys: the record outlives the
  -- account.
  created_by uuid,
  created_at timestamptz not null default clock_timestamp(),
  -- Null while it is owed. A later call is noted once it has an outcome; until then private.is_owed sees it.
  done_at timestamptz,
  done_by uuid,
  done_how text check (done_how in ('called', 'dismissed', 'changed')),
  -- The later call. If its outcome is taken back, the call-back is owed again.
  done_conversation_id uuid,
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  foreign key (business_id, lead_id)
  references public.leads (business_id, id) on delete cascade,
  foreign key (business_id, campaign_id)
  references public.campaigns (business_id, id) on delete set null (campaign_id),
  check ((done_at is null) = (done_how is null)),
  check ((done_how is not distinct from 'called') = (done_conversation_id is not null))
);

-- What deletions ask for, and the call-backs of a lead and of a number.
create index call_backs_conversation_id_idx on public.call_backs (business_id, conversation_id);
create index call_backs_lead_id_idx on public.call_backs (business_id, lead_id);
create index call_backs_campaign_id_idx on public.call_backs (business_id, campaign_id);
create index call_backs_subscriber_idx on public.call_backs (business_id, subscriber);
-- The lists: of one person, and of all.
create index call_backs_of_person_idx on public.call_backs (business_id, user_id, due_at)
where done_at is null;
create index call_backs_due_at_idx on public.call_backs (business_id, due_at) where done_at is null;

alter table public.call_backs enable row level security;

-- Reps see what was agreed with their leads.
create policy "members can read the call-backs of their business"
on public.call_backs for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.call_backs from public, anon, authenticated, service_role;
grant select on public.call_backs to authenticated, service_role;

-- What the outcome of a call does; null if the business has no such outcome.
create function private.effect_of(p_business_id uuid, p_outcome text)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select outcomes.effect
    from public.outcomes
    where outcomes.business_id = p_business_id and outcomes.key = p_outcome
  );
end;
$$;

-- Whether this call keeps call-backs that were agreed before it: the lead was talked to. An outcome with the
-- effect `retry`, such as voicemail, says that they were not.
create function private.keeps_call_backs(p_call public.conversations)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return p_call.answered_at is not null
    and private.effect_of(p_call.business_id, p_call.outcome) is distinct from 'retry';
end;
$$;

-- Whether nobody has made this call yet, and it may be made. It is a function and not a join, so that no plan
-- reads all calls of a business for a few call-backs. Its cost keeps a plan from asking it before the limit.
create function private.is_owed(p_call_back public.call_backs)
returns boolean
language plpgsql
stable
cost 20000
set search_path = ''
as $$
declare
  v_agreed_at timestamptz;
begin
  if p_call_back.done_at is not null then
    return false;
  end if;
  select conversations.created_at into v_agreed_at
  from public.conversations
  where conversations.id = p_call_back.conversation_id;
  return not exists (
      select from public.conversations
      where conversations.business_id = p_call_back.business_id
        and conversations.lead_id = p_call_back.lead_id
        and conversations.created_at > v_agreed_at
        and private.keeps_call_backs(conversations)
    )
    and not exists (
      select from public.conversations
      where conversations.business_id = p_call_back.business_id
        and private.subscriber(conversations.to_number) = p_call_back.subscriber
        and conversations.created_at > v_agreed_at
        and private.keeps_call_backs(conversations)
    )
    and not exists (
      select from public.do_not_call
      where do_not_call.business_id = p_call_back.business_id
        and do_not_call.subscriber = p_call_back.subscriber
    )
    and not exists (
      select from public.leads
      where leads.business_id = p_call_back.business_id
        and leads.id = p_call_back.lead_id
        and leads.subscriber = p_call_back.subscriber
        and leads.wrong_number_at is not null
    );
end;
$$;

-- The call-backs that somebody owes. called_at: when the call began in which it was agreed. For functions with
-- their owner's rights. No security barrier: it would be planned apart, without the order and the limit of who reads.
create view private.open_call_backs as
select
  call_backs.*,
  (
    select conversations.created_at
    from public.conversations
    where conversations.id = call_backs.conversation_id
  ) as called_at
from public.call_backs
where call_backs.done_at is null and private.is_owed(call_backs);

revoke all on private.open_call_backs from public, anon, authenticated, service_role;

-- Whoever leaves the business leaves their call-backs to anybody.
-- Security definer: nobody may write call-backs themselves.
create function private.leave_call_backs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.call_backs set user_id = null
  where call_backs.business_id = old.business_id
    and call_backs.user_id = old.user_id
    and call_backs.done_at is null;
  return null;
end;
$$;

revoke execute on function private.leave_call_backs() from public, anon;

create trigger business_members_leave_call_backs
after delete on public.business_members
for each row execute function private.leave_call_backs();

-- Takes care that nobody of the business calls these numbers again. p_conversation_id: in which call the lead said
-- so; null if a rep knew it without a call.
create function private.forbid_numbers(
  p_business_id uuid, p_numbers text[], p_conversation_id uuid
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into public.do_not_call (business_id, phone_number, reason, created_by)
  select
    p_business_id, numbers.number,
    coalesce('Outcome of call ' || p_conversation_id::text, 'Outcome without a call'), (select auth.uid())
  from (
    select distinct unnest(p_numbers) as number
    order by 1
  ) as numbers
  where numbers.number ~ '^\+[1-9][0-9]{6,14}$'
  on conflict do nothing;
  -- A file that brought such a number does not take it along when it is taken back.
  update public.do_not_call
  set import_id = null
  where do_not_call.business_id = p_business_id
    and do_not_call.subscriber = any(private.subscribers(p_numbers))
    and do_not_call.import_id is not null;
end;
$$;

-- What an outcome of this effect does to a lead and a number besides ending a call. p_number: the number that was
-- called; null if it was the lead's own, or without a call.
create function private.apply_effect(
  p_business_id uuid, p_lead_id uuid, p_effect text, p_number text, p_conversation_id uuid
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_lead_number text := (
    select leads.phone_number
    from public.leads
    where leads.business_id = p_business_id and leads.id = p_lead_id
  );
begin
  if p_effect = 'do_not_call' then
    perform private.forbid_numbers(p_business_id, array[p_number, v_lead_number], p_conversation_id);
  elsif p_effect = 'wrong_number'
    and private.subscriber(coalesce(p_number, v_lead_number)) = private.subscriber(v_lead_number) then
    update public.leads set wrong_number_at = clock_timestamp()
    where leads.business_id = p_business_id
      and leads.id = p_lead_id
      and leads.wrong_number_at is null;
  end if;
end;
$$;

-- Takes back that a lead's number is wrong, unless another of the latest calls to it says so. (That a person
-- must not be called is not taken back with an outcome: managers do it, with a reason.)
create function private.trust_number_again(p_business_id uuid, p_lead_id uuid, p_conversation_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.leads set wrong_number_at = null
  where leads.business_id = p_business_id
    and leads.id = p_lead_id
    and leads.wrong_number_at is not null
    and not exists (
      select
      from (
        select conversations.*
        from public.conversations
        where conversations.business_id = p_business_id
          and conversations.lead_id = p_lead_id
          and conversations.id <> p_conversation_id
        order by conversations.created_at desc
        limit 100
      ) as calls
      where private.subscriber(calls.to_number) = leads.subscriber
        and private.effect_of(p_business_id, calls.outcome) = 'wrong_number'
    );
end;
$$;

revoke execute on function private.effect_of(uuid, text) from public, anon;
revoke execute on function private.keeps_call_backs(public.conversations) from public, anon;
revoke execute on function private.is_owed(public.call_backs) from public, anon;
revoke execute on function private.forbid_numbers(uuid, text[], uuid) from public, anon;
revoke execute on function private.apply_effect(uuid, uuid, text, text, uuid) from public, anon;
revoke execute on function private.trust_number_again(uuid, uuid, uuid) from public, anon;

-- The entries of the lead in queues wait for an agreed call.
create trigger call_backs_move_entries
after insert or update on public.call_backs
for each row execute function private.move_entries_of_call_back();
