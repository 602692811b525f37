-- Whether a call may be recorded, and how the lead must agree: the business says it, and the rules of the
-- place where the lead is may only be stricter.
set lock_timeout = '2s';

-- What the law of a country, or of a state of the US, asks for. A column that is null asks for nothing.
create table public.recording_rules (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- ISO 3166-1 alpha-2.
  country text not null check (private.are_countries(array[country])),
  -- ISO 3166-2 without "US-". Null: the rule is for the whole country. Only numbers of the United States tell
  -- a state. What is not a state would bind nobody, and its manager would not learn of it.
  region text check (region in (
    'AK', 'AL', 'AR', 'AZ', 'CA', 'CO', 'CT', 'DC', 'DE', 'FL', 'GA', 'HI', 'IA', 'ID', 'IL', 'IN', 'KS',
    'KY', 'LA', 'MA', 'MD', 'ME', 'MI', 'MN', 'MO', 'MS', 'MT', 'NC', 'ND', 'NE', 'NH', 'NJ', 'NM', 'NV',
    'NY', 'OH', 'OK', 'OR', 'PA', 'RI', 'SC', 'SD', 'TN', 'TX', 'UT', 'VA', 'VT', 'WA', 'WI', 'WV', 'WY'
  )),
  mode text check (mode in ('off', 'on_demand', 'all')),
  consent_mode text check (consent_mode in ('announce', 'confirm', 'both')),
  created_at timestamptz not null default now(),
  unique nulls not distinct (business_id, country, region),
  check (region is null or country = 'US'),
  check (mode is not null or consent_mode is not null)
);

alter table public.recording_rules enable row level security;

-- Reps can see why a call is not recorded.
create policy "members can read the recording rules of their business"
on public.recording_rules for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- Managers answer for the recordings of their business.
create policy "managers can add recording rules to their business"
on public.recording_rules for insert to authenticated
with check (business_id = any(array(select managed.business_id from private.managed)));

-- As above. The grants below say which columns those are.
create policy "managers can change the recording rules of their business"
on public.recording_rules for update to authenticated
using (business_id = any(array(select managed.business_id from private.managed)))
with check (business_id = any(array(select managed.business_id from private.managed)));

-- As above.
create policy "managers can remove recording rules of their business"
on public.recording_rules for delete to authenticated
using (business_id = any(array(select managed.business_id from private.managed)));

-- A call's terms follow from the rules of its business.
create policy "a webhook can read the recording rules of its call's business"
on public.recording_rules for select to call_webhook
using (business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

revoke all on public.recording_rules from public, anon, authenticated, service_role;
grant select on public.recording_rules to authenticated, call_webhook, service_role;
grant delete on public.recording_rules to authenticated;
grant insert (business_id, country, region, mode, consent_mode) on public.recording_rules to authenticated;
grant update (country, region, mode, consent_mode) on public.recording_rules to authenticated;

create trigger recording_rules_note_change
after insert or update or delete on public.recording_rules
for each row execute function private.note_change('recording_rule', 'id', 'country,region');

-- What holds for the recording of one call. It is computed when the call begins, and kept with it: a rule that
-- changes later changes no call that has begun.
create type private.recording_terms as (
  -- 'on_demand' or 'all'. Null: the call is not recorded.
  mode text,
  -- 'announce', 'confirm' or 'both'.
  consent_mode text,
  -- Where the lead is, by their number.
  country text,
  region text,
  -- What the lead hears before they are connected. Null: nothing.
  notice text
);

-- The notice of a business. Whatever it says, the lead learns how to refuse.
create function private.notice_text(p_mode text, p_own text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_text constant text := regexp_replace(
    coalesce(
      p_own, case p_mode when 'all' then 'This call is recorded.' else 'This call may be recorded.' end
    ),
    '^\s+|\s+$', '', 'g'
  );
begin
  return v_text || case when v_text ~ '[.!?…。！？]$' then ' ' else '. ' end
    || 'If you do not agree, press 9 now.';
end;
$$;

-- The terms of a call of this business to a number (NUMBER of private.decide_call, with "region": the state of
-- a US number, or null). All rules that may apply count: the strictest mode, and every consent that one of
-- them asks for. A number that does not tell its state, or its country, is under the rules of all of them.
create function private.terms_of_recording(p_business public.businesses, p_number jsonb)
returns private.recording_terms
language plpgsql
stable
set search_path = ''
as $$
declare
  t private.recording_terms;
  v_modes text[];
  v_consents text[];
begin
  t.country := p_number ->> 'country';
  t.region := p_number ->> 'region';
  select
    array_agg(recording_rules.mode) || p_business.recording_mode,
    array_agg(recording_rules.consent_mode) || p_business.consent_mode
  into v_modes, v_consents
  from public.recording_rules
  where recording_rules.business_id = p_business.id
    and (t.country is null or recording_rules.country = t.country)
    and (t.region is null or recording_rules.region is null or recording_rules.region = t.region);

  if 'off' = any(v_modes) then
    return null;
  end if;
  t.mode := case when 'on_demand' = any(v_modes) then 'on_demand' else 'all' end;
  t.consent_mode := case
    when 'both' = any(v_consents) or v_consents @> '{announce,confirm}' then 'both'
    when 'confirm' = any(v_consents) then 'confirm'
    else 'announce'
  end;
  if t.consent_mode <> 'confirm' then
    t.notice := private.notice_text(t.mode, p_business.recording_notice);
  end if;
  return t;
end;
$$;

revoke execute on function private.notice_text(text, text) from public, anon;
revoke execute on function private.terms_of_recording(public.businesses, jsonb) from public, anon;
grant execute on function private.notice_text(text, text) to authenticated, call_webhook;
grant execute on function private.terms_of_recording(public.businesses, jsonb)
to authenticated, call_webhook;
