-- Call-backs as people see and change them.
set lock_timeout = '2s';

-- What people have said about the open call-back of a call: {"call_back_at", "call_back_for"}. Null if there is none,
-- and if nobody has said anything else than that the lead is called back.
-- Security definer: describe_conversation compares with it, and checks who asks.
create function private.call_back_of(p_conversation_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_row public.call_backs;
begin
  select call_backs.* into v_row
  from public.call_backs
  join private.memberships on memberships.business_id = call_backs.business_id
  where call_backs.conversation_id = p_conversation_id and call_backs.done_at is null;
  return jsonb_build_object(
    'call_back_at', case when not v_row.date_is_default then v_row.due_at end,
    'call_back_for', case when not v_row.person_is_default then v_row.user_id end
  );
end;
$$;

-- Refuses a time at which nobody can be called back, and a person who is not of the business. Null: nothing was said.
create function private.check_agreement(p_business_id uuid, p_due_at timestamptz, p_user_id uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not p_due_at between now() - interval '1 day' and now() + interval '366 days' then
    raise exception 'A call-back is at most 366 days ahead, and not in the past. Choose another date.'
      using errcode = 'check_violation';
  end if;
  if p_user_id is not null and not exists (
    select from public.business_members
    where business_members.business_id = p_business_id
      and business_members.user_id = p_user_id
  ) then
    raise exception 'A call-back is for a member of the business. Choose one of them, or anybody.'
      using errcode = 'check_violation';
  end if;
end;
$$;

-- Sets when the lead of a call is called back, and by whom. p_changes has call_back_at (a time, or null for in 24
-- hours), call_back_for (a user's id, or null for anybody), or both. A call whose outcome agrees no call-back has
-- none to change: nothing happens. Every change is a row of conversation_changes.
-- Security definer: see apply_outcome. It checks that the person may describe the call.
create function private.write_call_back(p_conversation_id uuid, p_changes jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_before constant jsonb := private.call_back_of(p_conversation_id);
  v_after jsonb;
  v_row public.call_backs;
begin
  select call_backs.* into v_row
  from public.call_backs
  join public.conversations on conversations.id = call_backs.conversation_id
  join private.memberships on memberships.business_id = call_backs.business_id
  where call_backs.conversation_id = p_conversation_id
    and call_backs.done_at is null
    and (conversations.user_id = (select auth.uid()) or memberships.role in ('owner', 'manager'))
  for update of call_backs;
  if not found or not p_changes ?| '{call_back_at,call_back_for}' then
    return;
  end if;

  if p_changes ? 'call_back_at' then
    v_row.date_is_default := p_changes ->> 'call_back_at' is null;
    v_row.due_at := coalesce((p_changes ->> 'call_back_at')::timestamptz, now() + interval '24 hours');
  end if;
  if p_changes ? 'call_back_for' then
    v_row.person_is_default := false;
    v_row.user_id := (p_changes ->> 'call_back_for')::uuid;
  end if;
  perform private.check_agreement(
    v_row.business_id,
    case when p_changes ? 'call_back_at' then v_row.due_at end,
    case when p_changes ? 'call_back_for' then v_row.user_id end
  );

  update public.call_backs set
    due_at = v_row.due_at,
    user_id = v_row.user_id,
    date_is_default = v_row.date_is_default,
    person_is_default = v_row.person_is_default
  where call_backs.conversation_id = p_conversation_id;
  v_after := private.call_back_of(p_conversation_id);
  if v_after = v_before then
    return;
  end if;
  insert into public.conversation_changes (business_id, conversation_id, changed_by, before, after)
  values (v_row.business_id, p_conversation_id, (select auth.uid()), v_before, v_after);
end;
$$;

-- Security definer: it checks the membership itself, and reads rows of the business alone.
create function private.list_call_backs(p_business_id uuid, p_whose text)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  c_most constant integer := 500;
  v_user_id constant uuid := (select auth.uid());
begin
  if p_whose is null or p_whose not in ('mine', 'all') then
    raise exception 'p_whose is mine or all' using errcode = '22023';
  end if;
  if not exists (
    select from private.memberships where memberships.business_id = p_business_id
  ) then
    return '[]';
  end if;

  return (
    with owed as (
      (
        select open_call_backs.conversation_id, open_call_backs.due_at
        from private.open_call_backs
        where open_call_backs.business_id = p_business_id and p_whose = 'all'
        order by open_call_backs.due_at, open_call_backs.conversation_id
        limit c_most
      )
      union all
      (
        select open_call_backs.conversation_id, open_call_backs.due_at
        from private.open_call_backs
        where open_call_backs.business_id = p_business_id
          and p_whose = 'mine'
          and open_call_backs.user_id = v_user_id
        order by open_call_backs.due_at, open_call_backs.conversation_id
        limit c_most
      )
      union all
      (
        select open_call_backs.conversation_id, open_call_backs.due_at
        from private.open_call_backs
        where open_call_backs.business_id = p_business_id
          and p_whose = 'mine'
          and open_call_backs.user_id is null
        order by open_call_backs.due_at, open_call_backs.conversation_id
        limit c_most
      )
    ),

    -- What a rep has said in a queue without a call.
    said as (
      select queue_entries.*
      from public.campaigns
      join public.queue_entries
        on queue_entries.campaign_id = campaigns.id
        and queue_entries.state = 'ready'
        and queue_entries.call_back_at is not null
      where campaigns.business_id = p_business_id
        and queue_entries.call_back_at = queue_entries.said_call_back_at
        and (p_whose = 'all' or coalesce(queue_entries.call_back_for, v_user_id) = v_user_id)
      order by queue_entries.call_back_at
      limit c_most
    ),

    listed as (
      select
        call_backs.conversation_id, call_backs.lead_id, call_backs.to_number, call_backs.campaign_id,
        call_backs.due_at, call_backs.user_id, call_backs.created_by, call_backs.created_at
      from owed
      join public.call_backs on call_backs.conversation_id = owed.conversation_id

      union all

      select
        null, said.lead_id, null, said.campaign_id, said.call_back_at, said.call_back_for, null,
        said.said_at
      from said
      order by due_at, conversation_id
      limit c_most
    )

    select coalesce(jsonb_agg(
      jsonb_build_object(
        'conversation_id', listed.conversation_id,
        'lead_id', listed.lead_id,
        'lead_name', leads.name,
        'lead_company', leads.company,
        'phone_number', coalesce(listed.to_number, leads.phone_number),
        'campaign_id', listed.campaign_id,
        'campaign_name', campaigns.name,
        'due_at', listed.due_at,
        'user_id', listed.user_id,
        'user_name', business_members.display_name,
        'notes', conversations.notes,
        'created_by', listed.created_by,
        'created_at', listed.created_at
      )
      order by listed.due_at, listed.conversation_id
    ), '[]')
    from listed
    left join public.leads on leads.id = listed.lead_id
    left join public.campaigns on campaigns.id = listed.campaign_id
    left join public.conversations on conversations.id = listed.conversation_id
    left join public.business_members
      on business_members.business_id = p_business_id
      and business_members.user_id = listed.user_id
  );
end;
$$;

-- Security definer: nobody may write call-backs themselves. It checks who asks.
create function private.dismiss_call_back(p_conversation_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_row public.call_backs;
  v_role text;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  select * into v_row from public.call_backs
  where call_backs.conversation_id = p_conversation_id
  for update;
  v_role := private.role_in(v_row.business_id);
  if v_role is null then
    return jsonb_build_object('error', 'not_found');
  end if;
  if v_role = 'agent'
    and v_row.user_id is distinct from v_user_id
    and v_row.user_id is not null
    and v_row.created_by is distinct from v_user_id then
    return jsonb_build_object('error', 'not_allowed');
  end if;
  if v_row.done_at is null then
    update public.call_backs set
      done_at = clock_timestamp(), done_by = v_user_id, done_how = 'dismissed'
    where call_backs.conversation_id = p_conversation_id
    returning * into v_row;
  end if;
  return jsonb_build_object('done_at', v_row.done_at, 'done_how', v_row.done_how);
end;
$$;

revoke execute on function private.check_agreement(uuid, timestamptz, uuid) from public, anon;
revoke execute on function private.call_back_of(uuid) from public, anon;
revoke execute on function private.write_call_back(uuid, jsonb) from public, anon;
revoke execute on function private.list_call_backs(uuid, text) from public, anon;
revoke execute on function private.dismiss_call_back(uuid) from public, anon;
grant execute on function private.call_back_of(uuid) to authenticated;
grant execute on function private.write_call_back(uuid, jsonb) to authenticated;
grant execute on function private.list_call_backs(uuid, text) to authenticated;
grant execute on function private.dismiss_call_back(uuid) to authenticated;

-- The call-backs that somebody of a business owes, the earliest first, 500 at most. p_whose: 'mine' are for the
-- signed-in user and for anybody. Each {"conversation_id": null if it was agreed in a queue without a call,
-- "lead_id", "lead_name", "lead_company", "phone_number", "campaign_id", "campaign_name", "due_at", "user_id": null
-- for anybody, "user_name", "notes", "created_by", "created_at"}. [] for a business that is not theirs.
create function public.list_call_backs(p_business_id uuid, p_whose text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.list_call_backs(p_business_id, p_whose);
$$;

-- Takes a call-back off the list without a call. Whom it is for, who made it and managers may do that; anybody, if
-- it is for anybody. Answers {"done_at", "done_how"}, also if it was done already, or
-- {"error": "signed_out" | "not_found" | "not_allowed"}.
create function public.dismiss_call_back(p_conversation_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.dismiss_call_back(p_conversation_id);
$$;

revoke execute on function public.list_call_backs(uuid, text)
from public, anon, authenticated, service_role;
revoke execute on function public.dismiss_call_back(uuid)
from public, anon, authenticated, service_role;
grant execute on function public.list_call_backs(uuid, text) to authenticated;
grant execute on function public.dismiss_call_back(uuid) to authenticated;
