-- What a function that the policies and the ledger ask is written in. PostgreSQL plans a function in SQL
-- anew for every statement that calls it, unless it can be inlined, and one with a `search_path` of its
-- own cannot; a function in PL/pgSQL is planned once a connection. Nothing else changes here.
set lock_timeout = '2s';

create or replace function private.business_ids()
returns setof uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return query
  select business_members.business_id
  from public.business_members
  where business_members.user_id = (select auth.uid());
end;
$$;

create or replace function private.webhook_call_sid()
returns text
language plpgsql
stable
set search_path = ''
as $$ begin return nullif(current_setting('henk.call_sid', true), ''); end; $$;

create or replace function private.to_uuid(p_text text)
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

create or replace function private.call_status_rank(p_status text)
returns integer
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return case p_status
    when 'queued' then 0
    when 'initiated' then 1
    when 'ringing' then 2
    when 'in-progress' then 3
    when 'completed' then 4
    when 'busy' then 4
    when 'no-answer' then 4
    when 'failed' then 4
    when 'canceled' then 4
  end;
end;
$$;

create or replace function private.is_unbegun(p_conversation public.conversations)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return
    p_conversation.status = 'failed'
    and p_conversation.dialed_at is null
    and p_conversation.from_number is null;
end;
$$;

create or replace function private.call_answer(p_conversation public.conversations)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'conversation_id', p_conversation.id,
    'block_reason', p_conversation.block_reason,
    'to_number', p_conversation.to_number,
    'from_number', p_conversation.from_number,
    'time_limit_seconds', p_conversation.time_limit_seconds
  );
end;
$$;
