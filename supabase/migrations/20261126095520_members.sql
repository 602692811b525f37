-- Roles of people, and how they leave a business.
set lock_timeout = '2s';

-- Whether a person with p_role may give or take p_other. Owners manage everybody, managers manage agents.
create function private.may_manage(p_role text, p_other text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(p_role = 'owner' or (p_role = 'manager' and p_other = 'agent'), false);
end;
$$;

-- Why the signed-in person may not change this member, or null. Locks the business, so that roles stay as they are.
create function private.refuse_to_manage(p_business_id uuid, p_user_id uuid)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_role text;
  v_other text;
begin
  if not private.is_signed_in() then
    return 'signed_out';
  end if;
  perform from public.businesses
  where businesses.id = p_business_id and private.role_in(p_business_id) is not null
  for no key update;
  v_role := private.role_in(p_business_id);
  if v_role is null then
    return 'not_found';
  end if;
  select business_members.role into v_other
  from public.business_members
  where business_members.business_id = p_business_id and business_members.user_id = p_user_id;
  return case
    when not found and v_role = 'agent' then 'not_allowed'
    when not found then 'not_a_member'
    when not private.may_manage(v_role, v_other) then 'not_allowed'
  end;
end;
$$;

-- Whether somebody else owns the business.
create function private.has_other_owner(p_business_id uuid, p_user_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select from public.business_members
    where business_members.business_id = p_business_id
      and business_members.role = 'owner'
      and business_members.user_id <> p_user_id
  );
end;
$$;

-- Security definer: nobody may write memberships themselves. It checks who asks.
create function private.change_role(p_business_id uuid, p_user_id uuid, p_role text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_to_manage(p_business_id, p_user_id);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (p_role in ('owner', 'manager', 'agent')) is not true then
    return jsonb_build_object('error', 'invalid_request');
  end if;
  if not private.may_manage(private.role_in(p_business_id), p_role) then
    return jsonb_build_object('error', 'not_allowed');
  end if;
  if p_role <> 'owner' and not private.has_other_owner(p_business_id, p_user_id) then
    return jsonb_build_object('error', 'last_owner');
  end if;
  update public.business_members
  set role = p_role
  where business_members.business_id = p_business_id
    and business_members.user_id = p_user_id
    and business_members.role <> p_role;
  return jsonb_build_object('role', p_role);
end;
$$;

-- Security definer: nobody may delete memberships themselves. It checks who asks.
create function private.remove_member(p_business_id uuid, p_user_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused text := private.refuse_to_manage(p_business_id, p_user_id);
begin
  -- Everybody may leave.
  if v_refused = 'not_allowed' and p_user_id = (select auth.uid()) then
    v_refused := null;
  end if;
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if not private.has_other_owner(p_business_id, p_user_id) then
    return jsonb_build_object('error', 'last_owner');
  end if;
  delete from public.business_members
  where business_members.business_id = p_business_id and business_members.user_id = p_user_id;
  return jsonb_build_object('removed', true);
end;
$$;

-- Security definer: nobody may write memberships themselves. It checks who asks.
create function private.hand_over_business(p_business_id uuid, p_user_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_refused constant text := private.refuse_to_manage(p_business_id, p_user_id);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if private.role_in(p_business_id) <> 'owner' then
    return jsonb_build_object('error', 'not_allowed');
  end if;
  if p_user_id = v_user_id then
    return jsonb_build_object('error', 'invalid_request');
  end if;
  update public.business_members
  set role = 'owner'
  where business_members.business_id = p_business_id and business_members.user_id = p_user_id;
  update public.business_members
  set role = 'manager'
  where business_members.business_id = p_business_id and business_members.user_id = v_user_id;
  return jsonb_build_object('owner', p_user_id);
end;
$$;

revoke execute on function private.may_manage(text, text) from public, anon;
revoke execute on function private.refuse_to_manage(uuid, uuid) from public, anon;
revoke execute on function private.has_other_owner(uuid, uuid) from public, anon;
revoke execute on function private.change_role(uuid, uuid, text) from public, anon;
revoke execute on function private.remove_member(uuid, uuid) from public, anon;
revoke execute on function private.hand_over_business(uuid, uuid) from public, anon;
grant execute on function private.change_role(uuid, uuid, text) to authenticated;
grant execute on function private.remove_member(uuid, uuid) to authenticated;
grant execute on function private.hand_over_business(uuid, uuid) to authenticated;

-- Gives a member another role: 'owner', 'manager' or 'agent'. Owners change everybody's, managers nobody's but an
-- agent's. It counts from the next request on. Answers {"role"}, or {"error": "signed_out" | "not_found" (no business
-- of theirs) | "not_a_member" (the other one is none) | "not_allowed" | "invalid_request" | "last_owner": somebody
-- else must be an owner first}.
create function public.change_role(p_business_id uuid, p_user_id uuid, p_role text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.change_role(p_business_id, p_user_id, p_role);
$$;

-- Takes a person out of a business, oneself too. From then on they read nothing of it, place no calls for it, are not
-- rung, and have no lead of a queue; a call in progress goes on. What they did stays on record.
-- Answers {"removed": true}, or {"error"} as change_role does.
create function public.remove_member(p_business_id uuid, p_user_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.remove_member(p_business_id, p_user_id);
$$;

-- An owner makes another member the owner in their place, and becomes a manager, both at once.
-- Answers {"owner": their user id}, or {"error"} as change_role does.
create function public.hand_over_business(p_business_id uuid, p_user_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.hand_over_business(p_business_id, p_user_id);
$$;

revoke execute on function public.change_role(uuid, uuid, text) from public, anon, authenticated, service_role;
revoke execute on function public.remove_member(uuid, uuid) from public, anon, authenticated, service_role;
revoke execute on function public.hand_over_business(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.change_role(uuid, uuid, text) to authenticated;
grant execute on function public.remove_member(uuid, uuid) to authenticated;
grant execute on function public.hand_over_business(uuid, uuid) to authenticated;
