-- Where recordings are kept: a private bucket of Supabase Storage, and who may do what in it.
set lock_timeout = '2s';

-- 100 MiB: at 32 kbit/s, the longest call (4 hours) has some 56 MB.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('recordings', 'recordings', false, 104857600, '{audio/mpeg}')
on conflict (id) do update set
  public = excluded.public,
  file_size_limit = excluded.file_size_limit,
  allowed_mime_types = excluded.allowed_mime_types;

grant usage on schema storage to call_recorder;
do $$
begin
  if not has_schema_privilege('call_recorder', 'storage', 'usage') then
    raise exception 'This project''s Postgres lets no role of ours use Storage: the grant on schema storage had no effect.'
    using hint = 'Upgrade Postgres (Supabase Dashboard, Settings, Infrastructure) to a version after 2025-07-09.';
  end if;
end;
$$;

-- Not update: what is in the bucket stays as it was verified. Of deleted rows Storage reads the names, and to
-- sign an address it looks whether there is such a row, so both need select.
grant select, insert, delete on storage.objects to call_recorder;

-- A recording's name: <business>/<conversation>/<recording SID>.mp3. Nothing else belongs in the bucket.
create function private.is_recording_path(p_name text)
returns boolean
language sql
immutable
set search_path = ''
as $$
  select coalesce(
    p_name ~ '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/){2}RE[0-9a-f]{32}\.mp3$', false
  );
$$;

revoke execute on function private.is_recording_path(text) from public, anon;
grant execute on function private.is_recording_path(text) to call_recorder;
grant usage on schema private to call_recorder;

-- There is no policy for people: they listen through addresses that recording_fn signs, after it has noted
-- who listens (private.ask_to_play).
create policy "the recorder reads the names of recordings"
on storage.objects for select to call_recorder
using (bucket_id = 'recordings');

create policy "the recorder adds recordings"
on storage.objects for insert to call_recorder
with check (bucket_id = 'recordings' and private.is_recording_path(objects.name));

create policy "the recorder deletes recordings"
on storage.objects for delete to call_recorder
using (bucket_id = 'recordings');
