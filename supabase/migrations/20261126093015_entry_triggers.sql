-- When entries of queues are brought up to date: whenever something has changed that they are computed from.
set lock_timeout = '2s';

-- A call of a campaign has begun or ended, or somebody has said something else of it.
-- Security definer, as all of these: nobody writes entries themselves.
create function private.move_entries_of_call()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.settle_entries_of_leads(
      new.business_id, array[new.lead_id], array[new.campaign_id]
    );
  else
    perform private.settle_entries_of_leads(
      new.business_id,
      array[old.lead_id, new.lead_id],
      -- An outcome may keep what was agreed in another campaign.
      case
        when new.outcome is not distinct from old.outcome
          then array[old.campaign_id, new.campaign_id]
      end
    );
  end if;
  return null;
end;
$$;

-- The lead has another number or time zone, or it is known that the number is not theirs.
create function private.move_entries_of_lead()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.settle_entries_of_leads(new.business_id, array[new.id], null);
  return null;
end;
$$;

-- A person must not be called any more, or may be called again.
create function private.move_entries_of_subscriber()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_listed public.do_not_call := coalesce(new, old);
begin
  perform private.settle_entry(entries.id)
  from (
    select queue_entries.id
    from public.leads
    inner join public.queue_entries
      on queue_entries.business_id = leads.business_id and queue_entries.lead_id = leads.id
    where leads.business_id = v_listed.business_id and leads.subscriber = v_listed.subscriber
    order by queue_entries.id
    offset 0
  ) as entries;
  return null;
end;
$$;

-- A call was agreed, its time has changed, or it is done.
create function private.move_entries_of_call_back()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.lead_id is not null and new.campaign_id is not null then
    perform private.settle_entries_of_leads(
      new.business_id, array[new.lead_id], array[new.campaign_id]
    );
  end if;
  return null;
end;
$$;

-- A rep has left: anybody may keep their appointments.
create function private.open_call_backs_of_member()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.queue_entries
  set call_back_for = null
  where queue_entries.business_id = old.business_id and queue_entries.call_back_for = old.user_id;
  -- call_back_for is computed from it.
  update public.queue_entries
  set said_call_back_for = null
  where queue_entries.business_id = old.business_id and queue_entries.said_call_back_for = old.user_id;
  return null;
end;
$$;

revoke execute on function private.move_entries_of_call() from public, anon;
revoke execute on function private.move_entries_of_lead() from public, anon;
revoke execute on function private.move_entries_of_subscriber() from public, anon;
revoke execute on function private.move_entries_of_call_back() from public, anon;
revoke execute on function private.open_call_backs_of_member() from public, anon;

create trigger conversations_move_entries_at_begin
after insert on public.conversations
for each row when (
  new.campaign_id is not null and new.lead_id is not null and new.block_reason is null
)
execute function private.move_entries_of_call();

create trigger conversations_move_entries
after update on public.conversations
for each row when (
  (old.outcome is distinct from new.outcome and new.lead_id is not null)
  or (old.campaign_id is not null or new.campaign_id is not null)
  and (
    (old.ended_at, old.lead_id, old.campaign_id, old.block_reason, old.dialed_at is null)
    is distinct from
    (new.ended_at, new.lead_id, new.campaign_id, new.block_reason, new.dialed_at is null)
    or (
      new.ended_at is not null
      and (old.status, old.answered_at) is distinct from (new.status, new.answered_at)
    )
  )
)
execute function private.move_entries_of_call();

create trigger leads_move_entries
after update on public.leads
for each row when (
  (old.phone_number, old.wrong_number_at, old.time_zone)
  is distinct from (new.phone_number, new.wrong_number_at, new.time_zone)
)
execute function private.move_entries_of_lead();

create trigger do_not_call_move_entries
after insert or update or delete on public.do_not_call
for each row execute function private.move_entries_of_subscriber();

create trigger business_members_open_call_backs
after delete on public.business_members
for each row execute function private.open_call_backs_of_member();
