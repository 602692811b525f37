-- Open pages show the status of a call live: every change of a conversation is broadcast to its business,
-- on the private topic `business:<business id>`. Whatever changes a leg, a hold or a wish of a call with more
-- than two legs changes the conversation's row, too (updated_at), so that pages read its legs again. If the
-- project does not have Realtime, pages poll status_fn.
-- https://supabase.com/docs/guides/realtime/broadcast#broadcast-from-the-database
set lock_timeout = '2s';

-- Sends one change. Messages have the shape of realtime.broadcast_changes. That function itself raises if
-- it fails, and a call event must not be lost because its broadcast failed.
-- Security definer: neither reps nor webhooks may write to Realtime's tables themselves.
create function private.broadcast_conversation()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform realtime.send(
    jsonb_build_object(
      'schema', tg_table_schema,
      'table', tg_table_name,
      'operation', tg_op,
      -- Without the notes of reps about a person: a page that needs them reads the row. And without
      -- what is for us.
      'record', to_jsonb(new)
      - '{notes,begun_at,is_plain,to_country,lead_time_zone,lead_zone_is_estimate}'::text[]
    ),
    tg_op,
    'business:' || new.business_id::text,
    true
  );
  return null;
exception
  when others then
    raise warning 'conversation % was not broadcast: %', new.id, sqlerrm;
    return null;
end;
$$;

revoke execute on function private.broadcast_conversation() from public, anon;

do $$
begin
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null
    or to_regclass('realtime.messages') is null then
    raise notice 'This project has no Realtime: pages will poll.';
    return;
  end if;

  -- A call without a business has no listeners.
  create trigger conversations_broadcast
  after insert or update on public.conversations
  for each row when (new.business_id is not null)
  execute function private.broadcast_conversation();

  -- Members listen, and cannot send: there is no policy for insert.
  create policy "members can follow the calls of their business"
  on realtime.messages for select to authenticated
  using (
    realtime.messages.extension = 'broadcast'
    and (select realtime.topic()) = any(
      array(select 'business:' || memberships.business_id::text from private.memberships)
    )
  );
end;
$$;
