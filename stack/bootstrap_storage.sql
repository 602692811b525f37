-- The storage schema of a hosted project: tables, rights, row-level security and the functions that policies
-- use. A superuser runs it after bootstrap.sql, in the same transaction.
-- Source: https://github.com/supabase/storage, migrations/tenant, and the grants of supabase/postgres.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'supabase_storage_admin') then
    create role supabase_storage_admin nologin noinherit;
  end if;
end
$$;

create schema storage;
grant usage on schema storage to anon, authenticated, service_role;
-- So that migrations can let a role of their own in.
grant usage on schema storage to postgres with grant option;
grant all on schema storage to supabase_storage_admin with grant option;

create table storage.buckets (
  id text primary key,
  name text not null,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  public boolean default false,
  avif_autodetection boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  owner_id text
);
create unique index bname on storage.buckets (name);

create table storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text constraint "objects_bucketId_fkey" references storage.buckets (id),
  name text,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  version text,
  owner_id text,
  user_metadata jsonb
);
create unique index bucketid_objname on storage.objects (bucket_id, name);
create index name_prefix_search on storage.objects (name text_pattern_ops);

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;

create function storage.foldername(name text) returns text[] language plpgsql immutable as $$
declare
  _parts text[];
begin
  select string_to_array(name, '/') into _parts;
  return _parts[1 : array_length(_parts, 1) - 1];
end
$$;

create function storage.filename(name text) returns text language plpgsql immutable as $$
declare
  _parts text[];
begin
  select string_to_array(name, '/') into _parts;
  return _parts[array_length(_parts, 1)];
end
$$;

create function storage.extension(name text) returns text language plpgsql immutable as $$
declare
  _parts text[];
  _filename text;
begin
  select string_to_array(name, '/') into _parts;
  select _parts[array_length(_parts, 1)] into _filename;
  return reverse(split_part(reverse(_filename), '.', 1));
end
$$;

create function storage.operation() returns text language plpgsql stable as $$
begin
  return current_setting('storage.operation', true);
end
$$;

-- SQL would delete the row and leave the bytes, so only the API may delete.
create function storage.protect_delete() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
    raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
    using hint = 'This prevents accidental data loss from orphaned objects.', errcode = '42501';
  end if;
  return null;
end
$$;

create function storage.update_updated_at_column() returns trigger language plpgsql as $$
begin
  new.updated_at = now();
  return new;
end
$$;

create trigger protect_buckets_delete before delete on storage.buckets
for each statement execute function storage.protect_delete();
create trigger protect_objects_delete before delete on storage.objects
for each statement execute function storage.protect_delete();
create trigger update_objects_updated_at before update on storage.objects
for each row execute function storage.update_updated_at_column();

alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
-- As the owner, so that rights which postgres passes on are its own.
set local role supabase_storage_admin;
grant all on storage.buckets, storage.objects to postgres with grant option;
reset role;

-- Hosted, an extension (supautils) lets postgres manage the policies and drop triggers of these tables, which
-- otherwise only their owner may do, and nothing else that is the owner's. Here postgres inherits the owner's rights,
-- and this trigger refuses everything else.
grant supabase_storage_admin to postgres with inherit true, set false;

create function storage.refuse_what_is_the_owners() returns event_trigger language plpgsql as $$
begin
  if current_user = 'postgres' and (
    tg_event = 'ddl_command_end' and exists (
      select from pg_event_trigger_ddl_commands()
      where schema_name = 'storage'
        and command_tag not in ('CREATE POLICY', 'ALTER POLICY', 'GRANT', 'REVOKE')
    )
    or tg_event = 'sql_drop' and exists (
      select from pg_event_trigger_dropped_objects()
      where schema_name = 'storage' and object_type not in ('policy', 'trigger')
    )
  ) then
    raise exception 'must be owner of this object of storage' using errcode = '42501';
  end if;
end
$$;

create event trigger postgres_may_not_alter_storage on ddl_command_end
execute function storage.refuse_what_is_the_owners();
create event trigger postgres_may_not_drop_storage on sql_drop
execute function storage.refuse_what_is_the_owners();
