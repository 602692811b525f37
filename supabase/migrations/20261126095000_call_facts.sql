-- What reports count of a call: one row per call that has ended or was refused. docs/metrics.md says what each number
-- means. The rows are computed (private.facts_of_calls) and written by the fold alone (private.fold_calls).
set lock_timeout = '2s';

-- Nothing in it tells who was called: no number, no name, no note.
create table public.call_facts (
  -- No foreign key: the row of a call that was deleted is taken out of the sums by the next fold.
  conversation_id uuid primary key,
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- Who placed it, and for which campaign. Null: not known; none.
  user_id uuid,
  campaign_id uuid,
  created_at timestamptz not null,
  -- The day of created_at on the clock of the business.
  day date not null,
  -- ISO 3166-1 alpha-2, of the number. Null: not known.
  country text,
  -- Weekday (ISO: 1 is Monday) and hour of created_at on the lead's own clock. Null: it is not known.
  lead_weekday smallint,
  lead_hour smallint,
  -- Whether that clock is the number's and not the lead's own: some numbers move.
  zone_is_estimate boolean not null,
  outcome text,
  -- The how-manieth dial of the business to this number it is; 1000: that or a later one. Null: it is no dial, or
  -- nobody knows the number any more.
  attempt integer,
  -- Whether the number was reached (connected) before. Null like attempt.
  reached_before boolean,
  -- The measures of docs/metrics.md, by the same names as in all sums: 1 or 0, or seconds.
  calls smallint not null,
  refused smallint not null,
  dials smallint not null,
  answered smallint not null,
  machines smallint not null,
  connected smallint not null,
  conversations smallint not null,
  successes smallint not null,
  undescribed smallint not null,
  transferred smallint not null,
  talk_seconds integer not null,
  hold_seconds integer not null,
  rings smallint not null,
  ring_seconds integer not null,
  wrap_ups smallint not null,
  wrap_up_seconds integer not null,
  measured smallint not null,
  fair smallint not null,
  poor smallint not null,
  leads_reached smallint not null
);

-- The calls behind a number, the newest first.
create index call_facts_day_idx
on public.call_facts (business_id, day desc, created_at desc, conversation_id desc);

alter table public.call_facts enable row level security;

-- Agents see their own numbers, managers all.
create policy "members can read the facts of their calls, managers of all"
on public.call_facts for select to authenticated
using (
  business_id = any(array(select managed.business_id from private.managed))
  or (
    user_id = (select auth.uid())
    and business_id = any(array(select memberships.business_id from private.memberships))
  )
);

revoke all on public.call_facts from public, anon, authenticated, service_role;
grant select on public.call_facts to authenticated, service_role;

-- The people of the business who were put on a call of somebody else, and answered: one row per call and person.
create table public.call_helpers (
  conversation_id uuid not null,
  user_id uuid not null,
  business_id uuid not null references public.businesses (id) on delete cascade,
  created_at timestamptz not null,
  -- Day, campaign and country of the call.
  day date not null,
  campaign_id uuid,
  country text,
  -- How long they were connected, on all of their legs.
  helped_seconds integer not null,
  primary key (conversation_id, user_id)
);

create index call_helpers_day_idx
on public.call_helpers (business_id, day desc, created_at desc, conversation_id desc);

alter table public.call_helpers enable row level security;

-- As with facts: who helped sees it, and managers.
create policy "members can read where they helped, managers of all"
on public.call_helpers for select to authenticated
using (
  business_id = any(array(select managed.business_id from private.managed))
  or (
    user_id = (select auth.uid())
    and business_id = any(array(select memberships.business_id from private.memberships))
  )
);

revoke all on public.call_helpers from public, anon, authenticated, service_role;
grant select on public.call_helpers to authenticated, service_role;
