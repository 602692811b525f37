-- Where recordings are kept: a private bucket of Supabase Storage.
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
-- sign an address it looks whether there is such a row, so both need select. For which rows: 092115.
grant select, insert, delete on storage.objects to call_recorder;
