-- When a lead whom a campaign did not reach is called again.
set lock_timeout = '2s';

-- What follows a result. A result without a row follows private.default_rule.
create table public.retry_rules (
  business_id uuid not null,
  campaign_id uuid not null,
  -- Twilio's word for a call that nobody answered (busy, no-answer, failed, canceled), or the key of an outcome.
  result text not null check (result ~ '^[a-z][a-z0-9_-]{0,49}$'),
  -- Null: the campaign is done with the lead.
  after_minutes integer check (after_minutes between 1 and 525600),
  -- After so many calls with this result the campaign is done with the lead. Null: its max_attempts says so.
  max_times integer check (max_times between 1 and 100),
  -- The business comes first, so that nobody learns from a conflict which rules others have.
  primary key (business_id, campaign_id, result),
  foreign key (business_id, campaign_id)
  references public.campaigns (business_id, id) on delete cascade
);

alter table public.retry_rules enable row level security;

-- Reps see why a lead waits.
create policy "members can read the retry rules of their business"
on public.retry_rules for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- Managers decide how often people are called.
create policy "managers can add retry rules of their business"
on public.retry_rules for insert to authenticated
with check (business_id = any(array(select managed.business_id from private.managed)));

create policy "managers can change retry rules of their business"
on public.retry_rules for update to authenticated
using (business_id = any(array(select managed.business_id from private.managed)))
with check (business_id = any(array(select managed.business_id from private.managed)));

create policy "managers can remove retry rules of their business"
on public.retry_rules for delete to authenticated
using (business_id = any(array(select managed.business_id from private.managed)));

revoke all on public.retry_rules from public, anon, authenticated, service_role;
grant select on public.retry_rules to authenticated;
grant insert (business_id, campaign_id, result, after_minutes, max_times)
on public.retry_rules to authenticated;
-- PostgREST's upsert writes all columns of the row that it was sent; the policies and the foreign key keep it in
-- its business.
grant update (business_id, campaign_id, result, after_minutes, max_times)
on public.retry_rules to authenticated;
grant delete on public.retry_rules to authenticated;
grant select, insert, update, delete on public.retry_rules to service_role;

-- What follows a result for which the campaign has no rule. p_effect is the outcome's, null for one of Twilio's
-- words. Null minutes: the campaign is done with the lead.
create function private.default_rule(
  p_result text, p_effect text, out after_minutes integer, out max_times integer
)
language plpgsql
immutable
set search_path = ''
as $$
begin
  after_minutes := case
    when p_effect = 'retry' then 1440
    when p_effect is not null then null
    when p_result = 'busy' then 15
    when p_result = 'canceled' then 30
    when p_result = 'failed' then 60
    else 240
  end;
  max_times := case when p_result = 'failed' and p_effect is null then 2 end;
end;
$$;

revoke execute on function private.default_rule(text, text) from public, anon;

-- The record knows a rule by its campaign.
create trigger retry_rules_note_change
after insert or update or delete on public.retry_rules
for each row execute function private.note_change('retry_rule', 'campaign_id', 'result');
