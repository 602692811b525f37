-- What managers do to the leads of a queue.
set lock_timeout = '2s';

-- Changes what people did to an entry, and answers whether that was possible and anything changed. The caller has
-- locked the entry, and derives it afterwards. p_change as in change_entries.
create function private.change_entry(p_entry public.queue_entries, p_change jsonb)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_changed integer;
begin
  if p_change ? 'paused' then
    update public.queue_entries as entry
    set paused_at = case when (p_change ->> 'paused')::boolean then clock_timestamp() end
    where entry.id = p_entry.id
      and (entry.paused_at is not null) <> (p_change ->> 'paused')::boolean;
  elsif p_change ? 'priority' then
    update public.queue_entries as entry
    set priority = (p_change ->> 'priority')::integer
    where entry.id = p_entry.id and entry.priority <> (p_change ->> 'priority')::integer;
  elsif p_change ? 'remove' then
    update public.queue_entries as entry
    set removed_at = clock_timestamp()
    where entry.id = p_entry.id and entry.removed_at is null;
  elsif p_change ? 'again' then
    update public.queue_entries as entry set
      counted_from = now(),
      removed_at = null,
      paused_at = null,
      held_at = null,
      held_until = null,
      held_reason = null,
      refused_number = null,
      said_outcome = null,
      said_at = null,
      said_call_back_at = null,
      said_call_back_for = null
    where entry.id = p_entry.id and entry.state = 'done';
  else
    -- Whoever has the lead now goes on with them for this campaign.
    update public.queue_entries as entry
    set campaign_id = (p_change ->> 'campaign_id')::uuid
    where entry.id = p_entry.id
      and entry.state <> 'leased'
      and entry.campaign_id <> (p_change ->> 'campaign_id')::uuid;
  end if;
  get diagnostics v_changed = row_count;
  return v_changed > 0;
exception
  -- The lead is in the other queue already.
  when unique_violation then
    return false;
end;
$$;

-- Whether p_change is one of the changes, and complete. A campaign must be one of the business.
create function private.is_entry_change(p_change jsonb, p_business_id uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_name text;
  v_value jsonb;
begin
  if jsonb_typeof(p_change) is distinct from 'object' then
    return false;
  end if;
  select changes.key, changes.value into v_name, v_value from jsonb_each(p_change) as changes limit 1;
  return p_change - coalesce(v_name, '') = '{}' and coalesce(
    case v_name
      when 'paused' then jsonb_typeof(v_value) = 'boolean'
      when 'priority' then
        jsonb_typeof(v_value) = 'number'
        and v_value::numeric between -100 and 100
        and v_value::numeric % 1 = 0
      when 'again' then v_value = 'true'
      when 'remove' then v_value = 'true'
      when 'campaign_id' then exists (
        select from public.campaigns
        where campaigns.business_id = p_business_id
          and campaigns.id = private.to_uuid(v_value #>> '{}')
      )
    end,
    false
  );
end;
$$;

-- Security definer: nobody may write queues themselves. It checks who asks, first of all.
create function private.change_entries(p_campaign_id uuid, p_entry_ids uuid[], p_change jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  c_most constant integer := 1000;
  v_business_id uuid;
  v_refused text;
  v_entry public.queue_entries;
  v_changed integer := 0;
begin
  select campaigns.business_id into v_business_id
  from public.campaigns
  where campaigns.id = p_campaign_id;
  v_refused := private.refuse_agent(v_business_id);
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if p_entry_ids is null or cardinality(p_entry_ids) not between 1 and c_most
    or not private.is_entry_change(p_change, v_business_id) then
    return jsonb_build_object('error', 'invalid_request', 'field', 'change');
  end if;

  -- In the order of their ids, as everybody locks entries.
  for v_entry in
    select queue_entries.*
    from public.queue_entries
    where queue_entries.campaign_id = p_campaign_id and queue_entries.id = any(p_entry_ids)
    order by queue_entries.id
    for no key update
  loop
    if private.change_entry(v_entry, p_change) then
      v_entry := private.settle_entry(v_entry.id);
      -- A rep has the lead and has not called yet: they must not. Their page learns it when it calls, or within 30 s.
      if v_entry.state = 'leased'
        and v_entry.lease_conversation_id is null
        and (v_entry.paused_at is not null or v_entry.removed_at is not null) then
        perform private.end_lease(v_entry, null);
      end if;
      v_changed := v_changed + 1;
    end if;
  end loop;
  return jsonb_build_object(
    'changed', v_changed,
    'unchanged', (select count(distinct asked.id) from unnest(p_entry_ids) as asked (id)) - v_changed
  );
end;
$$;

revoke execute on function private.change_entry(public.queue_entries, jsonb) from public, anon;
revoke execute on function private.is_entry_change(jsonb, uuid) from public, anon;
revoke execute on function private.change_entries(uuid, uuid[], jsonb) from public, anon;
grant execute on function private.change_entries(uuid, uuid[], jsonb) to authenticated;

-- Changes up to 1000 entries of a campaign's queue. Owners and managers only. p_change is one of
--   {"paused": boolean}, {"priority": -100 to 100}, {"campaign_id": the queue of another campaign of the business},
--   {"again": true}: who is done is called again, and earlier calls do not count, {"remove": true}.
-- If a rep has the lead of an entry that is paused or removed, and has not called, they have it no longer.
-- Answers {"changed", "unchanged": already so, not there, or not possible}, or
-- {"error": "signed_out" | "not_found" | "not_allowed" | "invalid_request"}.
create function public.change_entries(p_campaign_id uuid, p_entry_ids uuid[], p_change jsonb)
returns jsonb
language sql
set search_path = ''
as $$
  select private.change_entries(p_campaign_id, p_entry_ids, p_change);
$$;

revoke execute on function public.change_entries(uuid, uuid[], jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.change_entries(uuid, uuid[], jsonb) to authenticated;
