-- How people come into a business: a manager writes down an e-mail address, and whoever signs in with it answers.
-- No message is sent: the page has a link for it. Nothing in the link is secret, because the address counts.
set lock_timeout = '2s';

create table public.invitations (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- As private.email_form makes it.
  email text not null check (length(email) between 3 and 254),
  role text not null check (role in ('owner', 'manager', 'agent')),
  invited_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '14 days',
  -- 'open', 'accepted', 'declined' or 'withdrawn'. Open ones end at expires_at.
  state text not null default 'open' check (state in ('open', 'accepted', 'declined', 'withdrawn')),
  answered_at timestamptz,
  -- Who answered it. No foreign key: the record outlives the account.
  answered_by uuid,
  check ((state in ('accepted', 'declined')) = (answered_by is not null))
);

-- One open invitation an address, and the invitations of an address.
create unique index invitations_open_idx on public.invitations (business_id, email) where state = 'open';
create index invitations_email_idx on public.invitations (email) where state = 'open';
create index invitations_business_id_idx on public.invitations (business_id, created_at desc, id desc);

alter table public.invitations enable row level security;

create policy "managers can read the invitations of their business"
on public.invitations for select to authenticated
using (business_id = any(array(select managed.business_id from private.managed)));

revoke all on public.invitations from public, anon, authenticated, service_role;
grant select on public.invitations to authenticated, service_role;

create trigger invitations_note_change
after insert or update or delete on public.invitations
for each row execute function private.note_change('invitation', 'id', 'email');

-- An e-mail address in the form in which two are compared: without blanks around it, in small letters, as Supabase's
-- Auth server stores it. Null if it cannot be one: Auth sends a message to each address, so only what surely is none
-- is refused.
create function private.email_form(p_email text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_email constant text := lower(normalize(btrim(p_email, E' \t\r\n'), nfc));
  c_label constant text := '[a-z0-9\u0080-\U0010ffff]([a-z0-9\u0080-\U0010ffff-]{0,61}[a-z0-9\u0080-\U0010ffff])?';
begin
  return case
    when v_email = private.visible_text(v_email)
      and v_email ~ ('^[^@<>(),;:"\\ ]+@' || c_label || '(\.' || c_label || ')+$')
      and length(v_email) <= 254
      then v_email
  end;
end;
$$;

-- The verified address of the signed-in user, as email_form makes it; null if it is not verified.
-- Security definer: members cannot read the Auth server's tables. The access token has an address too, which may be an
-- hour old.
create function private.own_email()
returns text
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return (
    select private.email_form(users.email)
    from auth.users
    where users.id = (select auth.uid()) and users.email_confirmed_at is not null
  );
end;
$$;

-- Security definer: nobody may write invitations themselves. It checks who asks.
create function private.invite_member(p_business_id uuid, p_email text, p_role text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  -- Open ones, and those of a day, whatever became of them.
  c_most_open constant integer := 100;
  c_most_a_day constant integer := 200;
  v_email constant text := private.email_form(p_email);
  v_role text;
  v_invitation public.invitations;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  -- One at a time, so that the limits hold.
  perform from public.businesses
  where businesses.id = p_business_id and private.role_in(p_business_id) is not null
  for no key update;
  v_role := private.role_in(p_business_id);
  if v_role is null then
    return jsonb_build_object('error', 'not_found');
  end if;
  if (p_role in ('owner', 'manager', 'agent')) is not true then
    return jsonb_build_object('error', 'invalid_request');
  end if;
  if not private.may_manage(v_role, p_role) then
    return jsonb_build_object('error', 'not_allowed');
  end if;
  if v_email is null then
    return jsonb_build_object('error', 'invalid_email');
  end if;
  -- Members are no secret to each other, and their addresses none to managers: this tells of nobody else.
  if exists (
    select from public.business_members
    join auth.users on users.id = business_members.user_id
    where business_members.business_id = p_business_id and private.email_form(users.email) = v_email
  ) then
    return jsonb_build_object('error', 'already_a_member');
  end if;

  update public.invitations
  set role = p_role, invited_by = (select auth.uid()), expires_at = now() + interval '14 days'
  where invitations.business_id = p_business_id
    and invitations.email = v_email
    and invitations.state = 'open'
    and private.may_manage(v_role, invitations.role)
  returning invitations.* into v_invitation;
  if found then
    return jsonb_build_object('invitation', to_jsonb(v_invitation));
  end if;
  if exists (
    select from public.invitations
    where invitations.business_id = p_business_id and invitations.email = v_email and invitations.state = 'open'
  ) then
    return jsonb_build_object('error', 'not_allowed');
  end if;

  if c_most_open <= (
    select count(*) from public.invitations
    where invitations.business_id = p_business_id and invitations.state = 'open' and invitations.expires_at > now()
  ) or c_most_a_day <= (
    select count(*) from public.invitations
    where invitations.business_id = p_business_id and invitations.created_at > now() - interval '1 day'
  ) then
    return jsonb_build_object('error', 'too_many');
  end if;
  insert into public.invitations (business_id, email, role, invited_by)
  values (p_business_id, v_email, p_role, (select auth.uid()))
  returning invitations.* into v_invitation;
  return jsonb_build_object('invitation', to_jsonb(v_invitation));
end;
$$;

-- Security definer: nobody may write invitations themselves. It checks who asks.
create function private.withdraw_invitation(p_invitation_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_invitation public.invitations;
  v_role text;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  select * into v_invitation
  from public.invitations
  where invitations.id = p_invitation_id
  for update;
  v_role := private.role_in(v_invitation.business_id);
  -- Agents see no invitations.
  if not found or v_role is null or v_role = 'agent' then
    return jsonb_build_object('error', 'not_found');
  end if;
  if not private.may_manage(v_role, v_invitation.role) then
    return jsonb_build_object('error', 'not_allowed');
  end if;
  if v_invitation.state not in ('open', 'withdrawn') then
    return jsonb_build_object('error', v_invitation.state);
  end if;
  update public.invitations set state = 'withdrawn'
  where invitations.id = p_invitation_id and invitations.state = 'open';
  return jsonb_build_object('withdrawn', true);
end;
$$;

-- Security definer: who is invited is no member yet.
create function private.my_invitations()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_email constant text := private.own_email();
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  return jsonb_build_object('email', v_email, 'invitations', (
    select coalesce(jsonb_agg(
      jsonb_build_object(
        'id', invitations.id, 'business_id', invitations.business_id, 'business_name', businesses.name,
        'role', invitations.role, 'invited_by_name', business_members.display_name,
        'created_at', invitations.created_at, 'expires_at', invitations.expires_at
      )
      order by invitations.created_at desc, invitations.id
    ), '[]')
    from public.invitations
    join public.businesses on businesses.id = invitations.business_id
    left join public.business_members
      on business_members.business_id = invitations.business_id
      and business_members.user_id = invitations.invited_by
    where invitations.email = v_email and invitations.state = 'open' and invitations.expires_at > now()
  ));
end;
$$;

-- Security definer: who is invited is no member yet. The address counts, and nothing else.
create function private.answer_invitation(p_invitation_id uuid, p_accept boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id constant uuid := (select auth.uid());
  v_email constant text := private.own_email();
  v_invitation public.invitations;
  v_state constant text := case when p_accept then 'accepted' else 'declined' end;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  if p_accept is null then
    return jsonb_build_object('error', 'invalid_request');
  end if;
  -- Whoever invites the same address, or removes who invited, is done before or comes after.
  perform from public.businesses
  where businesses.id = (
    select invitations.business_id
    from public.invitations
    where invitations.id = p_invitation_id and invitations.email = v_email
  )
  for no key update;
  -- The same answer for an invitation of another address as for none.
  select * into v_invitation
  from public.invitations
  where invitations.id = p_invitation_id and invitations.email = v_email
  for update;
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;
  -- The same answer again, unless the membership has ended since.
  if v_invitation.state = v_state
    and v_invitation.answered_by = v_user_id
    and (not p_accept or private.role_in(v_invitation.business_id) is not null) then
    return jsonb_build_object('business_id', v_invitation.business_id, 'state', v_state);
  end if;
  if v_invitation.state <> 'open' then
    return jsonb_build_object('error', v_invitation.state);
  end if;
  if v_invitation.expires_at <= now() then
    return jsonb_build_object('error', 'expired');
  end if;
  update public.invitations
  set state = v_state, answered_at = now(), answered_by = v_user_id
  where invitations.id = p_invitation_id;
  if p_accept then
    -- A member already, by another way: their role stays.
    insert into public.business_members (business_id, user_id, role)
    values (v_invitation.business_id, v_user_id, v_invitation.role)
    on conflict (business_id, user_id) do nothing;
  end if;
  return jsonb_build_object('business_id', v_invitation.business_id, 'state', v_state);
end;
$$;

-- Who may no longer manage a role takes back what they offered of it. And who was removed does not come back by an
-- offer that was made before, to an address that they took later, or before an operator made them a member.
-- Security definer: nobody may write invitations themselves.
create function private.withdraw_invitations_of()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.invitations
  set state = 'withdrawn'
  where invitations.business_id = old.business_id
    and invitations.state = 'open'
    and (
      (
        invitations.invited_by = old.user_id
        and (tg_op = 'DELETE' or not private.may_manage(new.role, invitations.role))
      )
      or (
        tg_op = 'DELETE'
        and invitations.email = (select private.email_form(users.email) from auth.users where users.id = old.user_id)
      )
    );
  return null;
end;
$$;

revoke execute on function private.withdraw_invitations_of() from public, anon;

create trigger business_members_withdraw_invitations
after delete or update of role on public.business_members
for each row execute function private.withdraw_invitations_of();

revoke execute on function private.email_form(text) from public, anon;
revoke execute on function private.own_email() from public, anon;
revoke execute on function private.invite_member(uuid, text, text) from public, anon;
revoke execute on function private.withdraw_invitation(uuid) from public, anon;
revoke execute on function private.my_invitations() from public, anon;
revoke execute on function private.answer_invitation(uuid, boolean) from public, anon;
grant execute on function private.invite_member(uuid, text, text) to authenticated;
grant execute on function private.withdraw_invitation(uuid) to authenticated;
grant execute on function private.my_invitations() to authenticated;
grant execute on function private.answer_invitation(uuid, boolean) to authenticated;

-- Offers the owner of an e-mail address a role in a business, for 14 days. Owners offer every role, managers that of
-- an agent. An open offer to the same address is renewed, with the new role. 100 open ones a business, 200 a day.
-- Answers {"invitation": the row}, or {"error": "signed_out" | "not_found" (no business of theirs) | "not_allowed" |
-- "invalid_request" (no such role) | "invalid_email" | "already_a_member" | "too_many"}.
create function public.invite_member(p_business_id uuid, p_email text, p_role text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.invite_member(p_business_id, p_email, p_role);
$$;

-- Takes an offer back. Answers {"withdrawn": true}, also the second time, or {"error": "signed_out" | "not_found" |
-- "not_allowed" | "accepted" | "declined"}.
create function public.withdraw_invitation(p_invitation_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select private.withdraw_invitation(p_invitation_id);
$$;

-- What the signed-in user is offered, by their verified e-mail address.
-- Answers {"email": that address, or null if they have none, "invitations": [{"id", "business_id", "business_name",
-- "role", "invited_by_name", "created_at", "expires_at"}]}, or {"error": "signed_out"}.
create function public.my_invitations()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.my_invitations();
$$;

-- Accepts or declines an offer to the signed-in user's verified address. Answers {"business_id", "state": "accepted" |
-- "declined"}, also the second time, or {"error": "signed_out" | "invalid_request" | "not_found" (also for an offer to
-- another address) | "accepted" | "declined" | "withdrawn" | "expired"}: what became of it before.
create function public.answer_invitation(p_invitation_id uuid, p_accept boolean)
returns jsonb
language sql
set search_path = ''
as $$
  select private.answer_invitation(p_invitation_id, p_accept);
$$;

revoke execute on function public.invite_member(uuid, text, text) from public, anon, authenticated, service_role;
revoke execute on function public.withdraw_invitation(uuid) from public, anon, authenticated, service_role;
revoke execute on function public.my_invitations() from public, anon, authenticated, service_role;
revoke execute on function public.answer_invitation(uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function public.invite_member(uuid, text, text) to authenticated;
grant execute on function public.withdraw_invitation(uuid) to authenticated;
grant execute on function public.my_invitations() to authenticated;
grant execute on function public.answer_invitation(uuid, boolean) to authenticated;
