set lock_timeout = '2s';

-- The webhook endpoints in the database: a role that may execute a few functions and, inside them,
-- sees the one call it named. Twilio's webhooks carry no user, and no function holds the secret key.
do $$
begin
  if not exists (select from pg_roles where rolname = 'call_webhook') then
    create role call_webhook nologin noinherit;
  end if;
end;
$$;

-- PostgREST switches to the role that the JWT names.
grant call_webhook to authenticator;

-- Twilio gives up after 15 s: an answer later than this helps nobody and holds a connection.
alter role call_webhook set statement_timeout = '4s';
-- PostgREST keeps the settings of roles, and reads them anew when told.
notify pgrst, 'reload config';

grant usage on schema public, private to call_webhook;

-- What a webhook function named, for the length of its transaction. Nothing else sets these, so over
-- REST, outside such a function, every policy below compares with null and finds nothing.
create function private.webhook_call_sid()
returns text
language sql
stable
set search_path = ''
as $$ select nullif(current_setting('henk.call_sid', true), ''); $$;

create function private.webhook_business_id()
returns uuid
language sql
stable
set search_path = ''
as $$ select nullif(current_setting('henk.business_id', true), '')::uuid; $$;

revoke execute on function private.webhook_call_sid() from public, anon;
revoke execute on function private.webhook_business_id() from public, anon;
grant execute on function private.webhook_call_sid() to call_webhook;
grant execute on function private.webhook_business_id() to call_webhook;

create policy "a webhook can read the business of its call"
on public.businesses for select to call_webhook
using (id = (select private.webhook_business_id()));

create policy "a webhook can read the members of its call's business"
on public.business_members for select to call_webhook
using (business_id = (select private.webhook_business_id()));

create policy "a webhook can read the leads of its call's business"
on public.leads for select to call_webhook
using (business_id = (select private.webhook_business_id()));

create policy "a webhook can read the campaigns of its call's business"
on public.campaigns for select to call_webhook
using (business_id = (select private.webhook_business_id()));

create policy "a webhook can read the caller IDs of its call's business"
on public.phone_numbers for select to call_webhook
using (business_id = (select private.webhook_business_id()));

create policy "a webhook can read whom its call's business must not call"
on public.do_not_call for select to call_webhook
using (business_id = (select private.webhook_business_id()));

create policy "a webhook can read its call"
on public.conversations for select to call_webhook
using (call_sid = (select private.webhook_call_sid()));

create policy "a webhook can begin its call"
on public.conversations for insert to call_webhook
with check (call_sid = (select private.webhook_call_sid()));

create policy "a webhook can move its call on"
on public.conversations for update to call_webhook
using (call_sid = (select private.webhook_call_sid()))
with check (call_sid = (select private.webhook_call_sid()));

create policy "a webhook can read the events of its call"
on public.call_events for select to call_webhook
using (agent_call_sid = (select private.webhook_call_sid()));

create policy "a webhook can add events to its call"
on public.call_events for insert to call_webhook
with check (agent_call_sid = (select private.webhook_call_sid()));

create policy "a webhook can attach waiting events to its call"
on public.call_events for update to call_webhook
using (agent_call_sid = (select private.webhook_call_sid()) and conversation_id is null)
with check (agent_call_sid = (select private.webhook_call_sid()));

create policy "a webhook can read the legs of its call"
on public.call_legs for select to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = (select private.webhook_call_sid())
  )
);

create policy "a webhook can add legs to its call"
on public.call_legs for insert to call_webhook
with check (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = (select private.webhook_call_sid())
  )
);

create policy "a webhook can move the legs of its call on"
on public.call_legs for update to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = (select private.webhook_call_sid())
  )
);

grant select
on public.businesses, public.business_members, public.leads, public.campaigns,
public.phone_numbers, public.do_not_call
to call_webhook;
grant select, insert on public.conversations, public.call_events, public.call_legs to call_webhook;
-- What the ledger decides, and what a call is when it begins after its own end was reported. Outcome
-- and notes stay the rep's.
grant update (
  lead_id, campaign_id, status, block_reason, from_number, to_number, time_limit_seconds,
  dialed_at, ringing_at, answered_at, ended_at, duration_seconds
)
on public.conversations to call_webhook;
grant update (status, initiated_at, ringing_at, answered_at, ended_at, duration_seconds)
on public.call_legs to call_webhook;
grant update (business_id, conversation_id) on public.call_events to call_webhook;
grant execute on function private.call_status_rank(text) to call_webhook;
grant execute on function private.to_uuid(text) to call_webhook;
