-- The database role that Supabase Lite connects as. Like PostgREST's authenticator it has no rights of
-- its own and becomes the role that the JWT names. It is not a superuser, so it cannot grant anything
-- that migrations did not grant. A superuser runs this file at every start, after the migrations.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'supabase_lite') then
    create role supabase_lite login noinherit;
  end if;
end
$$;

alter role supabase_lite set statement_timeout = '8s';
alter role supabase_lite set lock_timeout = '8s';

-- It can become every role that authenticator can become, also roles that migrations create.
grant authenticator to supabase_lite with inherit false, set true;

-- Its schema cache reads information_schema, which lists only what this role may read. Row-level
-- security still applies: it sees no row of a table that has policies.
grant pg_read_all_data to supabase_lite with inherit true, set false;

-- The Auth server writes these tables with this role.
grant usage on schema auth to supabase_lite;
grant select, insert, update, delete on all tables in schema auth to supabase_lite;

-- Storage decides with the role of the JWT, and then reads and writes its tables with this role.
grant usage on schema storage to supabase_lite;
grant select, insert, update, delete on all tables in schema storage to supabase_lite;
-- Hosted, Storage sets this for its own deletions.
alter role supabase_lite set storage.allow_delete_query = 'true';

do $$
declare
  storage_table name;
begin
  for storage_table in select tablename from pg_catalog.pg_tables where schemaname = 'storage' loop
    execute format('drop policy if exists "Supabase Lite" on storage.%I', storage_table);
    execute format('create policy "Supabase Lite" on storage.%I to supabase_lite using (true)', storage_table);
  end loop;
end
$$;
