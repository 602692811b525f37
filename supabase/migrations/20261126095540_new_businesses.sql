-- Who may make a business, and how.
set lock_timeout = '2s';

-- The operator's choice, in one row: 'nobody' makes a business but the operator, everybody who was 'invited'
-- (private.founders), or 'anybody' with a verified e-mail address.
create table private.business_creation (
  is_only boolean primary key default true check (is_only),
  who text not null check (who in ('nobody', 'invited', 'anybody'))
);

insert into private.business_creation (who) values ('nobody');

-- The e-mail addresses that may make a business, as private.email_form makes them.
create table private.founders (
  email text primary key check (email = private.email_form(email))
);

alter table private.business_creation enable row level security;
alter table private.founders enable row level security;

create policy "operators alone see who may make a business"
on private.business_creation for select to authenticated using (false);
create policy "operators alone see who was asked to make a business"
on private.founders for select to authenticated using (false);

revoke all on private.business_creation, private.founders from public, anon, authenticated, service_role;

-- Why the signed-in user may not make a business, or null.
-- Security definer: only operators read who may.
create function private.refuse_business()
returns text
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  -- So many businesses of their own, at any time.
  c_most constant integer := 10;
  v_who constant text := (select business_creation.who from private.business_creation);
  v_email constant text := private.own_email();
begin
  return case
    when not private.is_signed_in() then 'signed_out'
    when v_email is null then 'email_not_verified'
    when v_who = 'nobody' or (v_who = 'invited' and not exists (
      select from private.founders where founders.email = v_email
    )) then 'not_allowed'
    when c_most <= (
      select count(*) from public.business_members
      where business_members.user_id = (select auth.uid()) and business_members.role = 'owner'
    ) then 'too_many'
  end;
end;
$$;

-- Security definer: nobody may write businesses themselves. It checks who asks.
create function private.create_business(p_name text, p_country text, p_time_zone text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_name constant text := private.visible_text(p_name);
  v_refused text;
  v_business_id uuid;
begin
  -- One at a time for each person, so that the limit holds.
  perform pg_advisory_xact_lock(hashtextextended('create_business:' || (select auth.uid())::text, 0));
  v_refused := private.refuse_business();
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (length(v_name) <= 200) is not true then
    return jsonb_build_object('error', 'invalid_name');
  end if;
  if private.are_countries(array[p_country]) is not true then
    return jsonb_build_object('error', 'invalid_country');
  end if;
  if (private.is_time_zone(p_time_zone) or p_time_zone = 'UTC') is not true then
    return jsonb_build_object('error', 'invalid_time_zone');
  end if;
  insert into public.businesses (name, country, time_zone) values (v_name, p_country, p_time_zone)
  returning businesses.id into v_business_id;
  insert into public.business_members (business_id, user_id, role)
  values (v_business_id, (select auth.uid()), 'owner');
  return jsonb_build_object('business_id', v_business_id);
end;
$$;

revoke execute on function private.refuse_business() from public, anon;
revoke execute on function private.create_business(text, text, text) from public, anon;
grant execute on function private.refuse_business() to authenticated;
grant execute on function private.create_business(text, text, text) to authenticated;

-- Makes a business whose owner is the signed-in user. p_country: ISO 3166-1 alpha-2, how numbers without country code
-- are read. p_time_zone: IANA name, whose days reports have. Answers {"business_id"}, or {"error": "signed_out" |
-- "email_not_verified" | "not_allowed" (the operator decides who may) | "too_many" (10 of their own) | "invalid_name" |
-- "invalid_country" | "invalid_time_zone"}.
create function public.create_business(p_name text, p_country text, p_time_zone text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.create_business(p_name, p_country, p_time_zone);
$$;

-- Whether the signed-in user may make a business: {"may": true}, or {"error"} as create_business does.
create function public.may_create_business()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select case
    when private.refuse_business() is null then jsonb_build_object('may', true)
    else jsonb_build_object('error', private.refuse_business())
  end;
$$;

revoke execute on function public.create_business(text, text, text) from public, anon, authenticated, service_role;
revoke execute on function public.may_create_business() from public, anon, authenticated, service_role;
grant execute on function public.create_business(text, text, text) to authenticated;
grant execute on function public.may_create_business() to authenticated;
