-- What every other file needs: the schema for helpers, the roles of the endpoints, and how a
-- transaction names the call that it is about.
set lock_timeout = '2s';

-- Helpers live where the REST API cannot reach them: it serves `public` only.
create schema if not exists private;
revoke all on schema private from public;
grant usage on schema private to authenticated;

-- The webhook endpoints. Twilio's requests carry no user, and no function holds the secret key: this
-- role may execute a few functions and sees, inside them, the one call that they name.
do $$
begin
  if not exists (select from pg_roles where rolname = 'call_webhook') then
    create role call_webhook nologin noinherit;
  end if;
end;
$$;

-- The endpoint that asks Twilio what became of calls. It inherits what the webhook endpoints may do, and
-- it alone sees which calls are unsettled.
do $$
begin
  if not exists (select from pg_roles where rolname = 'call_reconciler') then
    create role call_reconciler nologin inherit;
  end if;
end;
$$;

grant call_webhook to call_reconciler;

-- The endpoint that keeps recordings. It may execute its own functions, which run with their owner's rights,
-- and has no right on any table: with its token nobody reads a row over REST.
do $$
begin
  if not exists (select from pg_roles where rolname = 'call_recorder') then
    create role call_recorder nologin noinherit;
  end if;
end;
$$;

-- The endpoint of reports. Beside what its users ask with their own tokens, it folds finished calls into the
-- tables that reports read: it may execute that one function, and has no right on any table.
do $$
begin
  if not exists (select from pg_roles where rolname = 'call_reporter') then
    create role call_reporter nologin noinherit;
  end if;
end;
$$;

-- PostgREST switches to the role that the JWT names.
grant call_webhook to authenticator;
grant call_reconciler to authenticator;
grant call_recorder to authenticator;
grant call_reporter to authenticator;

-- Twilio gives up after 15 s: a later answer helps nobody and holds a connection.
alter role call_webhook set statement_timeout = '4s';
alter role call_reconciler set statement_timeout = '4s';
alter role call_recorder set statement_timeout = '4s';
-- Nobody waits for a fold, and it works on many calls.
alter role call_reporter set statement_timeout = '10s';
-- PostgREST caches the settings of roles until it is told to read them again.
notify pgrst, 'reload config';

grant usage on schema public, private to call_webhook, call_recorder, call_reporter;

-- Names the call that this transaction is about: policies for call_webhook show the rows of the call and
-- of the business in these two settings. Nothing else sets them, so over REST, outside of a function,
-- those policies compare with null and show nothing.
-- It also locks the call: requests about one call are handled one after the other, on whatever
-- connections they arrive. If a business is given, it locks the business as well: of several calls at
-- once, each is counted after the ones before it. (decide_call would be too late for that lock, because
-- it reads with the snapshot of the statement that called it.)
-- Settings are assigned, not selected: PL/pgSQL evaluates an assignment without the executor, which saves
-- some 20 µs an event. v_named is never read; an assignment needs a target.
create function private.enter_call(p_call_sid text, p_business_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_named text;
begin
  v_named := set_config('henk.call_sid', coalesce(p_call_sid, ''), true);
  v_named := set_config('henk.business_id', coalesce(p_business_id::text, ''), true);
  perform pg_advisory_xact_lock(hashtextextended(p_call_sid, 0));
  if p_business_id is not null then
    perform pg_advisory_xact_lock(hashtextextended('business:' || p_business_id::text, 0));
  end if;
end;
$$;

-- Leaves the call, so that the rest of the transaction does not see it.
create function private.leave_call()
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_named text;
begin
  v_named := set_config('henk.call_sid', '', true);
  v_named := set_config('henk.business_id', '', true);
end;
$$;

-- The call that this transaction named, or null. Policies read the setting themselves: they are asked some
-- twenty times an event, and a function in between costs more than the comparison.
create function private.webhook_call_sid()
returns text
language plpgsql
stable
set search_path = ''
as $$ begin return nullif(current_setting('henk.call_sid', true), ''); end; $$;

-- After this time a call without an end counts as over: none is longer than four hours, and the end may be lost.
create function private.longest_call()
returns interval
language plpgsql
immutable
set search_path = ''
as $$
begin
  return interval '5 hours';
end;
$$;

-- Whether a call or a leg with this status is over. Python (shared/call_statuses.py) and JavaScript
-- (web/henk-voice/call-statuses.js) have the same list, and a test compares the three.
-- https://www.twilio.com/docs/voice/api/call-resource#call-status-values
create function private.is_final(p_status text)
returns boolean
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return p_status in ('completed', 'busy', 'no-answer', 'failed', 'canceled');
end;
$$;

-- Twilio's call states in the order in which a call takes them; the final ones share the last place. A
-- status that we do not know has the rank null: its event is stored, but not used.
create function private.call_status_rank(p_status text)
returns integer
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return case
    when p_status = 'queued' then 0
    when p_status = 'initiated' then 1
    when p_status = 'ringing' then 2
    when p_status = 'in-progress' then 3
    when private.is_final(p_status) then 4
  end;
end;
$$;

-- An id that came as text from outside; null if it is not a UUID.
create function private.to_uuid(p_text text)
returns uuid
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case
    when p_text ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
      then p_text::uuid
  end;
end;
$$;

-- Whether this is the IANA name of a time zone, such as Europe/Berlin, and Postgres knows the time there.
-- (Postgres alone would accept abbreviations and offsets, too.)
create function private.is_time_zone(p_name text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  perform now() at time zone p_name;
  -- Digits are in Etc/GMT+5 alone; with others, Postgres takes a name that nobody has for an offset: A/99.
  return p_name ~ '^[A-Za-z_]+(/[A-Za-z_+-]+)+$' or p_name ~ '^Etc/GMT(0|[+-][0-9]|[+-]1[0-2]|-1[34])$';
exception
  when invalid_parameter_value then
    return false;
end;
$$;

-- Sets updated_at at every change, whoever writes the row.
create function private.touch_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- now() is the start of the transaction. After a wait for a lock, a later change would get an earlier
  -- time, and a client that polls for changes would miss it.
  new.updated_at := clock_timestamp();
  return new;
end;
$$;

revoke execute on function private.enter_call(text, uuid) from public, anon;
revoke execute on function private.leave_call() from public, anon;
revoke execute on function private.webhook_call_sid() from public, anon;
revoke execute on function private.is_final(text) from public, anon;
revoke execute on function private.longest_call() from public, anon;
revoke execute on function private.call_status_rank(text) from public, anon;
revoke execute on function private.to_uuid(text) from public, anon;
revoke execute on function private.is_time_zone(text) from public, anon;
revoke execute on function private.touch_updated_at() from public, anon;
grant execute on function private.enter_call(text, uuid) to call_webhook;
grant execute on function private.leave_call() to call_webhook;
grant execute on function private.webhook_call_sid() to call_webhook;
grant execute on function private.is_final(text) to call_webhook;
grant execute on function private.longest_call() to call_webhook, authenticated;
grant execute on function private.call_status_rank(text) to call_webhook;
grant execute on function private.to_uuid(text) to authenticated, call_webhook;
-- service_role writes leads, and a check of that table calls this function.
grant execute on function private.is_time_zone(text) to authenticated, call_webhook, service_role;
