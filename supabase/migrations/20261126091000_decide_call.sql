-- May this number be dialled? One function decides it: for a call, for the preview before it, and for a number
-- that is added to a call.
set lock_timeout = '2s';

-- What was decided: dial to_number showing from_number, or refuse for block_reason.
create type private.call_decision as (
  business_id uuid,
  block_reason text,
  lead_id uuid,
  campaign_id uuid,
  to_number text,
  number_type text,
  -- ISO 3166-1 alpha-2, of the number. Null: it has none.
  to_country text,
  extension text,
  other_number boolean,
  from_number text,
  time_limit_seconds integer,
  -- Whose clock the lead has, and whether only the number says so. Null: not known, or refused before.
  lead_time_zone text,
  lead_zone_is_estimate boolean,
  -- When it is calling hours again, for a call that was refused because it is not.
  retry_at timestamptz,
  -- Null for a refused call, and for one that is not recorded.
  recording private.recording_terms
);

-- Which limit on the number of calls one more call of this rep would exceed, as a block reason; null if it
-- would exceed none. The call that this transaction is about does not count. We count rows and do not keep
-- a counter: the result is right with any number of calls at once, and cannot drift.
-- Security definer: a webhook sees only its own call.
create function private.call_limit_reached(p_business public.businesses, p_user_id uuid)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_call_sid text := private.webhook_call_sid();
begin
  -- If a limit of n calls is reached, there is a row after the first n - 1.
  perform
  from public.conversations
  where conversations.business_id = p_business.id
    and conversations.ended_at is null
    -- No call is longer than four hours. One whose end was lost must not count for ever.
    and conversations.created_at > now() - private.longest_call()
    and conversations.call_sid is distinct from v_call_sid
  offset p_business.concurrent_calls - 1 limit 1;
  if found then
    return 'too_many_calls_at_once';
  end if;

  perform
  from public.conversations
  where conversations.business_id = p_business.id
    and conversations.user_id = p_user_id
    and conversations.block_reason is null
    and conversations.created_at > now() - interval '1 minute'
    and conversations.call_sid is distinct from v_call_sid
  offset p_business.calls_per_rep_per_minute - 1 limit 1;
  if found then
    return 'too_many_calls_this_minute';
  end if;

  perform
  from public.conversations
  where conversations.business_id = p_business.id
    and conversations.user_id = p_user_id
    and conversations.block_reason is null
    and conversations.created_at > now() - interval '24 hours'
    and conversations.call_sid is distinct from v_call_sid
  offset p_business.calls_per_rep_per_day - 1 limit 1;
  if found then
    return 'too_many_calls_today';
  end if;

  -- Most businesses add no numbers to calls.
  perform
  from public.call_legs
  where call_legs.business_id = p_business.id
    and call_legs.role = 'third_party'
    and call_legs.asked_at > now() - interval '24 hours'
  limit 1;
  if found then
    return private.limit_reached_with_added(p_business, p_user_id, v_call_sid);
  end if;
  return null;
end;
$$;

-- The same where numbers were added to calls, or leads transferred to numbers: each counts as a call of who
-- asked for it. The leg in henk.call_leg_id, which this transaction is about, does not count.
-- For call_limit_reached alone: it runs with its rights.
create function private.limit_reached_with_added(
  p_business public.businesses, p_user_id uuid, p_call_sid text
)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_leg_id constant uuid := nullif(current_setting('henk.call_leg_id', true), '')::uuid;
  v_placed integer;
  v_placed_today integer;
begin
  perform
  from (
    select
    from public.conversations
    where conversations.business_id = p_business.id
      and conversations.ended_at is null
      and conversations.created_at > now() - private.longest_call()
      and conversations.call_sid is distinct from p_call_sid

    union all

    select
    from public.call_legs
    where call_legs.business_id = p_business.id
      and call_legs.role = 'third_party'
      and call_legs.ended_at is null
      and call_legs.asked_at > now() - private.longest_call()
      and call_legs.id is distinct from v_leg_id
  ) as calls
  offset p_business.concurrent_calls - 1 limit 1;
  if found then
    return 'too_many_calls_at_once';
  end if;

  select count(*) filter (where placed.at > now() - interval '1 minute'), count(*)
  into v_placed, v_placed_today
  from (
    (
      select conversations.created_at as at
      from public.conversations
      where conversations.business_id = p_business.id
        and conversations.user_id = p_user_id
        and conversations.block_reason is null
        and conversations.created_at > now() - interval '24 hours'
        and conversations.call_sid is distinct from p_call_sid
      order by conversations.created_at desc
      limit p_business.calls_per_rep_per_day
    )

    union all

    (
      select call_legs.asked_at
      from public.call_legs
      where call_legs.business_id = p_business.id
        and call_legs.asked_by = p_user_id
        and call_legs.role = 'third_party'
        and call_legs.asked_at > now() - interval '24 hours'
        and call_legs.id is distinct from v_leg_id
        -- One that was never dialled was not placed.
        and (call_legs.call_sid is not null or call_legs.ended_at is null)
      order by call_legs.asked_at desc
      limit p_business.calls_per_rep_per_day
    )
  ) as placed;
  return case
    when v_placed >= p_business.calls_per_rep_per_minute then 'too_many_calls_this_minute'
    when v_placed_today >= p_business.calls_per_rep_per_day then 'too_many_calls_today'
  end;
end;
$$;

-- The number that a dialled text means in a country, or null: see decide_call for p_to.
create function private.number_of(p_to jsonb, p_country text)
returns jsonb
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(nullif(p_to -> 'number', 'null'), p_to -> 'by_country' -> p_country);
end;
$$;

-- Decides a call. Security invoker: it sees the business that the policies show to its caller, so the rep's
-- preview and the call itself come to the same answer.
-- p_to is the result of phone number parsing (shared/phone_numbers.py) for the dialled text. A NUMBER is
-- {"e164", "type", "country": ISO 3166-1 alpha-2, "region": state of the US | null, "time_zones": [IANA name]},
-- and p_to is
--   {"dialled": text, "number": NUMBER | null, "by_country": {"US": NUMBER, …}, "extension": digits | null,
--    "problem": why there is no number: "several_numbers" | null, "left_out": text | null,
--    "several_in": [country in which the text is several numbers]}
-- "number" is for an international number, "by_country" for one that depends on the business's country.
-- p_lease_problem is why the call may not be placed under its lease (private.check_lease).
create function private.decide_call(
  p_user_id uuid,
  p_business_id uuid,
  p_to jsonb,
  p_caller_id text,
  p_lead_id text,
  p_campaign_id text,
  p_lease_problem text
)
returns private.call_decision
language plpgsql
stable
set search_path = ''
as $$
declare
  v_business public.businesses;
  v_number jsonb;
  v_subscriber text;
  v_lead_subscriber text;
  v_time_zone text;
  v_time_zones text[];
  v_campaign public.campaigns;
  v_is_forbidden boolean;
  v_is_taken boolean;
  d private.call_decision;
begin
  d.to_number := left(p_to ->> 'dialled', 64);
  d.other_number := false;

  if p_user_id is null or p_business_id is null then
    d.block_reason := 'unknown_rep';
    return d;
  end if;

  select * into v_business from public.businesses where businesses.id = p_business_id;
  d.business_id := v_business.id;
  d.time_limit_seconds := v_business.max_call_seconds;

  if not exists (
    select from public.business_members
    where business_members.business_id = p_business_id and business_members.user_id = p_user_id
  ) then
    d.block_reason := 'not_a_member';
    return d;
  end if;

  v_number := private.number_of(p_to, v_business.country);
  if v_number ->> 'e164' is null then
    if p_to ->> 'problem' = 'several_numbers' or p_to -> 'several_in' ? v_business.country then
      d.block_reason := 'several_numbers';
    else
      d.block_reason := 'invalid_number';
    end if;
    return d;
  end if;
  d.to_number := v_number ->> 'e164';
  d.number_type := v_number ->> 'type';
  -- 001 is no country: networks of satellites have it.
  d.to_country := nullif(v_number ->> 'country', '001');
  d.extension := substring(p_to ->> 'extension' from '^[0-9]{1,7}$');
  v_subscriber := private.subscriber(d.to_number);

  -- Only telephones of people may be called: no numbers that cost the caller extra, no pagers, and no
  -- satellite and other networks without a country. A number of type "unknown" is possible, and the number
  -- data knows nothing about its range: it may be newer than the data.
  if d.number_type not in (
    'fixed_line', 'mobile', 'fixed_line_or_mobile', 'toll_free', 'voip', 'unknown', 'twilio_test'
  ) or v_number ->> 'country' = '001' then
    d.block_reason := 'number_type_not_allowed';
    return d;
  end if;

  -- Twilio's test numbers have no country; number parsing accepts them in development only. Any other
  -- number without a country is not allowed.
  if d.number_type is distinct from 'twilio_test' and not coalesce(
    v_number ->> 'country' = any (coalesce(v_business.allowed_countries, array[v_business.country])),
    false
  ) then
    d.block_reason := 'country_not_allowed';
    return d;
  end if;

  if p_campaign_id is not null then
    select * into v_campaign
    from public.campaigns
    where campaigns.business_id = p_business_id and campaigns.id = private.to_uuid(p_campaign_id);
    -- A call that names no caller ID shows the campaign's.
    p_caller_id := coalesce(p_caller_id, v_campaign.caller_id);
  end if;

  select phone_numbers.phone_number into d.from_number
  from public.phone_numbers
  where phone_numbers.business_id = p_business_id
    and (
      phone_numbers.phone_number = p_caller_id
      or (p_caller_id is null and phone_numbers.is_default)
    );
  if not found then
    d.block_reason := case when p_caller_id is null then 'no_caller_id' else 'caller_id_not_owned' end;
    return d;
  end if;

  if p_lead_id is not null then
    select leads.id, leads.subscriber, leads.time_zone into d.lead_id, v_lead_subscriber, v_time_zone
    from public.leads
    where leads.business_id = p_business_id and leads.id = private.to_uuid(p_lead_id);
    if not found then
      d.block_reason := 'unknown_lead';
      return d;
    end if;
    d.other_number := v_subscriber is distinct from v_lead_subscriber;
  else
    -- If the rep typed the number, the call is tied to the lead who has it, if exactly one has.
    select
      case when count(*) = 1 then (array_agg(same_number.id))[1] end,
      case when count(*) = 1 then (array_agg(same_number.time_zone))[1] end
    into d.lead_id, v_time_zone
    from (
      select leads.id, leads.time_zone
      from public.leads
      where leads.business_id = p_business_id and leads.subscriber = v_subscriber
      limit 2
    ) as same_number;
  end if;

  if p_campaign_id is not null and v_campaign.id is null then
    d.block_reason := 'unknown_campaign';
    return d;
  end if;
  d.campaign_id := v_campaign.id;

  select
    exists (
      select from public.do_not_call
      where do_not_call.business_id = p_business_id and do_not_call.subscriber = v_subscriber
    ),
    exists (
      select from public.queue_entries
      inner join public.leads
        on leads.business_id = queue_entries.business_id and leads.id = queue_entries.lead_id
      where queue_entries.business_id = p_business_id
        and queue_entries.state = 'leased'
        and queue_entries.lease_owner <> p_user_id
        -- The lead, or another who is reached by this number: it is one telephone that rings.
        and (leads.id = d.lead_id or leads.subscriber = v_subscriber)
        -- A lease whose call goes on does not run out.
        and (
          queue_entries.lease_until > now()
          or private.is_call_open(queue_entries.lease_conversation_id)
        )
    )
  into v_is_forbidden, v_is_taken;
  if v_is_forbidden then
    d.block_reason := 'do_not_call';
    return d;
  end if;

  if v_campaign.is_paused then
    d.block_reason := 'campaign_paused';
    return d;
  end if;

  if p_lease_problem is not null or v_is_taken then
    d.block_reason := coalesce(p_lease_problem, 'with_colleague');
    return d;
  end if;

  -- The lead's time zone counts for the lead's own number only.
  v_time_zones := case
    when d.other_number or v_time_zone is null
      then array(select jsonb_array_elements_text(v_number -> 'time_zones'))
    else array[v_time_zone]
  end;
  d.lead_time_zone := private.agreed_zone(v_time_zones, now());
  d.lead_zone_is_estimate := case
    when d.lead_time_zone is not null then d.other_number or v_time_zone is null
  end;
  if not private.is_calling_time(
    v_time_zones, v_business.calling_hours_start, v_business.calling_hours_end, now()
  ) then
    d.block_reason := 'outside_calling_hours';
    d.retry_at := private.next_calling_time(
      v_time_zones, v_business.calling_hours_start, v_business.calling_hours_end, now()
    );
    return d;
  end if;

  d.block_reason := private.call_limit_reached(v_business, p_user_id);
  -- Most businesses record nothing, and need not read any rules.
  if d.block_reason is null and v_business.recording_mode <> 'off' then
    d.recording := private.terms_of_recording(v_business, v_number);
  end if;
  return d;
end;
$$;

revoke execute on function private.call_limit_reached(public.businesses, uuid) from public, anon;
revoke execute on function
private.limit_reached_with_added(public.businesses, uuid, text)
from public, anon;
revoke execute on function private.number_of(jsonb, text) from public, anon;
revoke execute on function private.decide_call(uuid, uuid, jsonb, text, text, text, text)
from public, anon;
grant execute on function private.number_of(jsonb, text) to authenticated, call_webhook;
grant execute on function private.call_limit_reached(public.businesses, uuid)
to authenticated, call_webhook;
grant execute on function private.decide_call(uuid, uuid, jsonb, text, text, text, text)
to authenticated, call_webhook;
