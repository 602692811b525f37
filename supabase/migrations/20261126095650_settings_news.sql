-- Open pages learn that a setting has changed. With Realtime at once: every change on record is told to its business, on
-- the private topic `business:<business id>` (20261126091300_live_status.sql). Without it, pages ask for the latest
-- changes again and again while somebody sees them.
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

-- The latest changes of a business: which things, and not to what, as above; and the role of who asks. There are several,
-- because of two changes at once the one with the lower id may be committed later.
-- Security definer: agents may not read the record. It checks the membership.
create function private.settings_news(p_business_id uuid)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_role text;
begin
  if not private.is_signed_in() then
    return jsonb_build_object('error', 'signed_out');
  end if;
  select business_members.role into v_role
  from public.business_members
  where business_members.business_id = p_business_id and business_members.user_id = (select auth.uid());
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;
  return jsonb_build_object(
    'role', v_role,
    'changes', coalesce((
      select jsonb_agg(jsonb_build_object('id', latest.id, 'subject', latest.subject) order by latest.id desc)
      from (
        select changes.id, changes.subject
        from public.changes
        where changes.business_id = p_business_id
        order by changes.id desc
        limit 20
      ) as latest
    ), '[]')
  );
end;
$$;

revoke execute on function private.broadcast_change() from public, anon;
revoke execute on function private.settings_news(uuid) from public, anon;
grant execute on function private.settings_news(uuid) to authenticated;

-- Answers {"role": of who asks, "changes": [{"id", "subject"}], the latest 20, the latest first}, or
-- {"error": "signed_out" | "not_found"}: they are not a member.
create function public.settings_news(p_business_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.settings_news(p_business_id);
$$;

revoke execute on function public.settings_news(uuid) from public, anon, authenticated, service_role;
grant execute on function public.settings_news(uuid) to authenticated;

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
