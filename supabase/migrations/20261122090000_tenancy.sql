-- Businesses are the tenants; a user sees what the businesses they belong to own.
set lock_timeout = '2s';

-- Helpers live where the API cannot reach them: only `public` is exposed.
create schema if not exists private;
revoke all on schema private from public;
grant usage on schema private to authenticated;

-- A tenant. Limits that bind every caller are data of the business, not settings of a function.
create table public.businesses (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(name) between 1 and 200),
  -- ISO 3166-1 alpha-2: how a number without country code is read.
  country text not null default 'US' check (country ~ '^[A-Z]{2}$'),
  token_grants_per_minute integer not null default 20 check (token_grants_per_minute > 0),
  -- Twilio's own maximum for a Dial is 14,400 s.
  max_call_seconds integer not null default 14400 check (max_call_seconds between 60 and 14400),
  created_at timestamptz not null default now()
);

-- Who belongs to which business, and as what. Removing the row ends every right at once.
create table public.business_members (
  business_id uuid not null references public.businesses (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null check (role in ('owner', 'manager', 'agent')),
  created_at timestamptz not null default now(),
  primary key (business_id, user_id)
);

-- The primary key does not serve "which businesses is this user in", which every policy asks.
create index business_members_user_id_idx on public.business_members (user_id);

-- The businesses of the signed-in user.
-- Security definer: the policy on business_members itself asks this and would recurse.
create function private.business_ids()
returns setof uuid
language sql
stable
security definer
set search_path = ''
as $$
  select business_members.business_id
  from public.business_members
  where business_members.user_id = (select auth.uid());
$$;

revoke execute on function private.business_ids() from public, anon;
grant execute on function private.business_ids() to authenticated;

-- An id that came as text from outside: null where it is none.
create function private.to_uuid(p_text text)
returns uuid
language sql
immutable
set search_path = ''
as $$
  select case
    when p_text ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
      then p_text::uuid
  end;
$$;

revoke execute on function private.to_uuid(text) from public, anon;
grant execute on function private.to_uuid(text) to authenticated;

alter table public.businesses enable row level security;
alter table public.business_members enable row level security;

-- `= any (array (select …))` is evaluated once and keeps the index; `in (select …)` scans.
create policy "members can read their business"
on public.businesses for select to authenticated
using (id = any(array(select private.business_ids())));

create policy "members can read who else is in their business"
on public.business_members for select to authenticated
using (business_id = any(array(select private.business_ids())));

revoke all on public.businesses, public.business_members from public, anon, authenticated, service_role;
grant select on public.businesses, public.business_members to authenticated;
grant select, insert, update on public.businesses, public.business_members to service_role;
-- Leaving a business is a deletion, and operators must be able to do it over the API.
grant delete on public.business_members to service_role;
