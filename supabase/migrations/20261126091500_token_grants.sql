-- Who may place calls, and until when.
set lock_timeout = '2s';

-- Every Twilio access token that was granted.
create table public.token_grants (
  id bigint generated always as identity primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- No foreign key: the record outlives the account.
  user_id uuid not null,
  granted_at timestamptz not null default now(),
  expires_at timestamptz not null
);

-- The grants of the last minute of a user, for the limit.
create index token_grants_user_id_idx on public.token_grants (user_id, granted_at desc);
-- The newest grants of a business.
create index token_grants_business_id_idx on public.token_grants (business_id, granted_at desc);

alter table public.token_grants enable row level security;

-- Managers can see who could place calls.
create policy "members can read the token grants of their business"
on public.token_grants for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.token_grants from public, anon, authenticated, service_role;
grant select on public.token_grants to authenticated, service_role;
revoke all on sequence public.token_grants_id_seq from public, anon, authenticated, service_role;

-- Whether the session of the access token still exists, and the user is not banned. An access token is
-- valid for up to an hour after its session has ended, and could still be used for calls.
-- https://supabase.com/docs/guides/auth/sessions
-- Security definer: reps cannot read the Auth server's tables.
create function private.is_signed_in()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select
    exists (
      select from auth.users
      where users.id = (select auth.uid())
        and users.deleted_at is null
        and (users.banned_until is null or users.banned_until < now())
    )
    and (
      -- Tokens that operators mint for themselves have no session.
      (select auth.jwt() ->> 'session_id') is null
      or exists (
        select from auth.sessions
        where sessions.id = (select private.to_uuid(auth.jwt() ->> 'session_id'))
          and (sessions.not_after is null or sessions.not_after > now())
      )
    );
$$;

-- Stores a grant of the signed-in user, unless they have had as many in the last minute as the limit
-- allows. Answers the seconds to wait, or null if the grant is stored.
-- Security definer: users must not be able to write or delete their own grants.
create function private.log_token_grant(p_business_id uuid, p_ttl_seconds integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id uuid := (select auth.uid());
  v_limit integer;
  v_in_the_way timestamptz;
  v_now timestamptz;
begin
  -- Every signed-in user can call this over REST. Only a lifetime that a token can have is stored.
  if p_ttl_seconds is null or p_ttl_seconds not between 1 and 86400 then
    raise exception 'a token lives for 1 to 86400 seconds' using errcode = '22023';
  end if;

  select businesses.token_grants_per_minute into v_limit
  from public.businesses
  where businesses.id = p_business_id
    and p_business_id in (select memberships.business_id from private.memberships);
  if not found then
    raise exception 'not a member of this business' using errcode = '42501';
  end if;

  -- One request per user at a time: of many at once, exactly as many as the limit get through.
  perform pg_advisory_xact_lock(hashtextextended('token_grants:' || v_user_id::text, 0));
  -- The time after the wait, in a variable, so that it can limit the index scan below.
  v_now := clock_timestamp();

  -- With the limit reached, the limit-th newest grant must first leave the window.
  select token_grants.granted_at into v_in_the_way
  from public.token_grants
  where token_grants.user_id = v_user_id
    and token_grants.granted_at > v_now - interval '1 minute'
  order by token_grants.granted_at desc
  offset v_limit - 1 limit 1;

  if found then
    return greatest(1, ceil(extract(epoch from v_in_the_way + interval '1 minute' - v_now)))::integer;
  end if;

  insert into public.token_grants (business_id, user_id, granted_at, expires_at)
  values (p_business_id, v_user_id, v_now, v_now + make_interval(secs => p_ttl_seconds));
  return null;
end;
$$;

revoke execute on function private.is_signed_in() from public, anon;
revoke execute on function private.log_token_grant(uuid, integer) from public, anon;
grant execute on function private.is_signed_in() to authenticated;
grant execute on function private.log_token_grant(uuid, integer) to authenticated;

-- May the signed-in user call for this business? One round trip of token_fn.
-- Answers {"business_id", "caller_id"},
-- {"error": "signed_out" | "business_required" | "not_a_member"},
-- or {"error": "rate_limited", "retry_after"} in seconds.
create function public.grant_access_token(p_business_id uuid, p_ttl_seconds integer)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_choice jsonb := private.choose_business(p_business_id);
  v_business_id uuid := (v_choice ->> 'business_id')::uuid;
  v_retry_after integer;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  if v_choice ? 'error' then
    return v_choice;
  end if;

  v_retry_after := private.log_token_grant(v_business_id, p_ttl_seconds);
  if v_retry_after is not null then
    return jsonb_build_object('error', 'rate_limited', 'retry_after', v_retry_after);
  end if;

  return jsonb_build_object(
    'business_id', v_business_id,
    'caller_id', (
      select phone_numbers.phone_number
      from public.phone_numbers
      where phone_numbers.business_id = v_business_id and phone_numbers.is_default
    )
  );
end;
$$;

revoke execute on function public.grant_access_token(uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function public.grant_access_token(uuid, integer) to authenticated;
