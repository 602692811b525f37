-- Open pages learn at once that a setting has changed: every change on record is told to its business, on the private
-- topic `business:<business id>` (20261126091300_live_status.sql), if the project has Realtime. Without it, pages
-- learn it from their heartbeat (set_presence).
set lock_timeout = '2s';

-- Tells which thing has changed, and not to what: not all members may read that. Who shows it reads it again.
-- Security definer: nobody may write to Realtime's tables themselves.
create function private.broadcast_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform realtime.send(
    jsonb_build_object(
      'table', 'changes',
      'operation', 'SETTING',
      'record', jsonb_build_object('id', new.id, 'subject', new.subject)
    ),
    'SETTING',
    'business:' || new.business_id::text,
    true
  );
  return null;
exception
  when others then
    raise warning 'change % was not broadcast: %', new.id, sqlerrm;
    return null;
end;
$$;

revoke execute on function private.broadcast_change() from public, anon;

do $$
begin
  -- As for conversations.
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null then
    return;
  end if;
  create trigger changes_broadcast
  after insert on public.changes
  for each row execute function private.broadcast_change();
end;
$$;
