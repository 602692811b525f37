-- Why a business calls, and how the queue of that goes.
set lock_timeout = '2s';

-- A reason to call a set of leads.
create table public.campaigns (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  name text not null check (length(name) between 1 and 200 and name ~ '\S'),
  -- What the rep says. The page fills in {{lead.name}}, {{lead.first_name}}, {{lead.company}}, {{rep.name}} and
  -- {{business.name}}.
  script text check (length(script) <= 10000),
  -- The caller ID of calls that name none. Null: the business's default.
  caller_id text,
  -- preview: the rep decides when the lead is called. power: the page calls after a countdown.
  mode text not null default 'preview' check (mode in ('preview', 'power')),
  -- How long the countdown between an outcome and the next call is.
  wrap_up_seconds integer not null default 5 check (wrap_up_seconds between 3 and 600),
  -- How often a lead is called at most: in all, and in one day on the lead's own clock.
  max_attempts integer not null default 6 check (max_attempts between 1 and 100),
  max_attempts_per_day integer not null default 2 check (max_attempts_per_day between 1 and 100),
  -- Whether Twilio tells, for a price, if a machine has answered.
  machine_detection boolean not null default false,
  -- Nobody is called for a paused campaign.
  is_paused boolean not null default false,
  created_at timestamptz not null default now(),
  -- The target of composite references: foreign keys ignore row-level security.
  unique (business_id, id),
  foreign key (business_id, caller_id)
  references public.phone_numbers (business_id, phone_number)
  on update cascade on delete set null (caller_id)
);

-- A number that is deleted or changed asks for these.
create index campaigns_caller_id_idx on public.campaigns (business_id, caller_id) where caller_id is not null;

alter table public.campaigns enable row level security;

-- Reps choose the campaign that a call is for.
create policy "members can read the campaigns of their business"
on public.campaigns for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- Managers say whom their business calls, and how.
create policy "managers can add campaigns to their business"
on public.campaigns for insert to authenticated
with check (business_id = any(array(select managed.business_id from private.managed)));

-- The grants below allow neither another business nor another id.
create policy "managers can change the campaigns of their business"
on public.campaigns for update to authenticated
using (business_id = any(array(select managed.business_id from private.managed)))
with check (business_id = any(array(select managed.business_id from private.managed)));

-- A call may only be tied to a campaign of its own business.
create policy "a webhook can read the campaigns of its call's business"
on public.campaigns for select to call_webhook
using (business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

revoke all on public.campaigns from public, anon, authenticated, service_role;
grant select on public.campaigns to authenticated, call_webhook;
grant insert (
  business_id, name, script, caller_id, mode, wrap_up_seconds, max_attempts, max_attempts_per_day,
  machine_detection, is_paused
)
on public.campaigns to authenticated;
grant update (
  name, script, caller_id, mode, wrap_up_seconds, max_attempts, max_attempts_per_day, machine_detection,
  is_paused
)
on public.campaigns to authenticated;
grant select, insert, update on public.campaigns to service_role;

create trigger campaigns_note_change
after insert or update or delete on public.campaigns
for each row execute function private.note_change('campaign', 'id', 'name');
