set lock_timeout = '2s';

-- Who asks Twilio what became of calls: a webhook endpoint, with all that policies show to those, and
-- the list of unsettled calls on top. The webhook endpoints themselves do not see that list.
do $$
begin
  if not exists (select from pg_roles where rolname = 'call_reconciler') then
    create role call_reconciler nologin inherit;
  end if;
end;
$$;

grant call_webhook to call_reconciler;
grant call_reconciler to authenticator;

alter role call_reconciler set statement_timeout = '4s';
notify pgrst, 'reload config';

create policy "the reconciler can see and settle unsettled calls"
on private.unsettled_calls for all to call_reconciler
using (true) with check (true);

grant select, delete on private.unsettled_calls to call_reconciler;
grant update (next_check_at, checks) on private.unsettled_calls to call_reconciler;

-- What one run leaves to the next: until when Twilio wants to be left alone. One row.
create table private.reconciliation (
  is_only_row boolean primary key default true check (is_only_row),
  paused_until timestamptz not null
);

insert into private.reconciliation (paused_until) values (now());

alter table private.reconciliation enable row level security;

create policy "the reconciler can see and set its pause"
on private.reconciliation for all to call_reconciler
using (true) with check (true);

revoke all on private.reconciliation from public, anon, authenticated, service_role;
grant select on private.reconciliation to call_reconciler;
grant update (paused_until) on private.reconciliation to call_reconciler;
