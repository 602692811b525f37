-- The database role that Supabase Lite connects as. Like PostgREST's authenticator it can do nothing by
-- itself and becomes the role that the JWT names; unlike a superuser it cannot grant what migrations
-- did not. Run by a superuser at every start, after the migrations.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'supabase_lite') then
    create role supabase_lite login noinherit;
  end if;
end
$$;

alter role supabase_lite set statement_timeout = '8s';
alter role supabase_lite set lock_timeout = '8s';

-- May become whatever authenticator may become, custom roles of migrations included.
grant authenticator to supabase_lite with inherit false, set true;

-- Its schema cache reads information_schema, which lists only what the asking role may read. Row-level
-- security still binds it: by itself it sees no row of a table that has policies.
grant pg_read_all_data to supabase_lite with inherit true, set false;

-- What the Auth server itself writes.
grant usage on schema auth to supabase_lite;
grant select, insert, update, delete on all tables in schema auth to supabase_lite;
