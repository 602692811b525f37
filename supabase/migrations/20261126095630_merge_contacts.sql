-- Several contacts that are one person become one.
set lock_timeout = '2s';

-- The entries of these leads in one campaign become one entry of the lead that stays. Of what people did, that counts
-- which calls the person less: it is paused if one was, waits for the longest, and all calls are attempts of it. It is
-- removed only if all were: somebody may have removed the second one because it was the second.
create function private.merge_entries(p_business_id uuid, p_campaign_id uuid, p_lead_id uuid, p_lead_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v record;
begin
  select
    (array_agg(entries.id order by entries.lead_id <> p_lead_id, entries.id))[1] as id,
    max(entries.priority) as priority,
    min(entries.enqueued_at) as enqueued_at,
    min(entries.counted_from) as counted_from,
    max(entries.paused_at) as paused_at,
    case when bool_and(entries.removed_at is not null) then max(entries.removed_at) end as removed_at,
    (array_agg(entries.held_at order by entries.held_until desc nulls last, entries.id))[1] as held_at,
    (array_agg(entries.held_until order by entries.held_until desc nulls last, entries.id))[1] as held_until,
    (array_agg(entries.held_reason order by entries.held_until desc nulls last, entries.id))[1] as held_reason,
    (array_agg(entries.refused_number order by entries.refused_number is null, entries.id))[1] as refused_number,
    (array_agg(entries.said_outcome order by entries.said_at desc nulls last, entries.id))[1] as said_outcome,
    (array_agg(entries.said_at order by entries.said_at desc nulls last, entries.id))[1] as said_at,
    (array_agg(entries.said_call_back_at order by entries.said_at desc nulls last, entries.id))[1]
      as said_call_back_at,
    (array_agg(entries.said_call_back_for order by entries.said_at desc nulls last, entries.id))[1]
      as said_call_back_for
  into v
  from public.queue_entries as entries
  where entries.business_id = p_business_id
    and entries.campaign_id = p_campaign_id
    and entries.lead_id = any(p_lead_ids);

  delete from public.queue_entries
  where queue_entries.business_id = p_business_id
    and queue_entries.campaign_id = p_campaign_id
    and queue_entries.lead_id = any(p_lead_ids)
    and queue_entries.id <> v.id;
  update public.queue_entries
  set
    lead_id = p_lead_id, priority = v.priority, enqueued_at = v.enqueued_at, counted_from = v.counted_from,
    paused_at = v.paused_at, removed_at = v.removed_at,
    held_at = v.held_at, held_until = v.held_until, held_reason = v.held_reason, refused_number = v.refused_number,
    said_outcome = v.said_outcome, said_at = v.said_at,
    said_call_back_at = v.said_call_back_at, said_call_back_for = v.said_call_back_for
  where queue_entries.id = v.id;
end;
$$;

-- Whether somebody has one of these leads in front of them, or talks with one. No call is longer than four hours.
create function private.is_lead_in_use(p_business_id uuid, p_lead_ids uuid[])
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  return exists (
    select from public.queue_entries
    where queue_entries.business_id = p_business_id
      and queue_entries.lead_id = any(p_lead_ids)
      and queue_entries.state = 'leased'
  ) or exists (
    select from public.conversations
    where conversations.business_id = p_business_id
      and conversations.lead_id = any(p_lead_ids)
      and conversations.ended_at is null
      and conversations.created_at > now() - private.longest_call()
  );
end;
$$;

-- If one of these leads must not be called, none of their numbers may be: it is one person.
create function private.forbid_all_numbers(p_business_id uuid, p_lead_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select from public.leads
    where leads.business_id = p_business_id
      and leads.id = any(p_lead_ids)
      and private.is_on_do_not_call_list(p_business_id, leads.subscriber)
  ) then
    insert into public.do_not_call (business_id, phone_number, reason, created_by)
    select p_business_id, min(leads.phone_number), 'Merged with a contact who is on this list', (select auth.uid())
    from public.leads
    where leads.business_id = p_business_id
      and leads.id = any(p_lead_ids)
      and leads.subscriber is not null
      and not private.is_on_do_not_call_list(p_business_id, leads.subscriber)
    group by leads.subscriber
    order by 2
    on conflict do nothing;
  end if;
end;
$$;

-- Gives the lead that stays the values that were chosen: p_chosen says for a field whose value it is. Where the lead
-- has none, it gets that of the first other who has one.
create function private.choose_fields(p_lead public.leads, p_others public.leads[], p_chosen jsonb)
returns public.leads
language plpgsql
stable
set search_path = ''
as $$
declare
  v_result jsonb := to_jsonb(p_lead);
  v_field text;
  v_from jsonb;
begin
  foreach v_field in array '{name,company,phone_number,email,time_zone}'::text[] loop
    select to_jsonb(candidate) into v_from
    from unnest(p_lead || p_others) with ordinality as candidate
    where to_jsonb(candidate) -> v_field <> 'null'
    order by (candidate.id::text = p_chosen ->> v_field) is true desc, candidate.ordinality
    limit 1;
    if found then
      v_result := v_result || jsonb_build_object(v_field, v_from -> v_field);
      if v_field = 'phone_number' then
        v_result := v_result || jsonb_build_object('number_zones', v_from -> 'number_zones');
      end if;
    end if;
  end loop;
  return jsonb_populate_record(p_lead, v_result - '{subscriber,search_text}'::text[]);
end;
$$;

-- Security definer: nobody may write leads, calls and queues themselves. It checks the role first.
create function private.merge_contacts(
  p_business_id uuid, p_lead_id uuid, p_other_ids uuid[], p_chosen jsonb
)
returns jsonb
language plpgsql
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_ids constant uuid[] := p_lead_id || p_other_ids;
  v_lead public.leads;
  v_others public.leads[];
  v_other public.leads;
  v_new public.leads;
  v_wrong_at timestamptz;
  v_calls integer;
  v_call_backs integer;
  v_moved jsonb;
begin
  if (cardinality(p_other_ids) between 1 and 20) is not true
    or array_position(p_other_ids, null) is not null
    or p_lead_id is null
    or p_lead_id = any(p_other_ids)
    or jsonb_typeof(coalesce(p_chosen, '{}')) <> 'object' then
    raise exception 'p_other_ids has 1 to 20 other contacts, and p_chosen is an object' using errcode = '22023';
  end if;
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;

  -- Imports wait, and then calls, leads and entries, in the order that entry_state names.
  perform pg_advisory_xact_lock(hashtextextended('import:' || p_business_id::text, 0));
  perform from public.conversations
  where conversations.business_id = p_business_id and conversations.lead_id = any(v_ids)
  order by conversations.id
  for no key update;
  perform from public.leads
  where leads.business_id = p_business_id and leads.id = any(v_ids)
  order by leads.id
  for update;
  perform from public.queue_entries
  where queue_entries.business_id = p_business_id and queue_entries.lead_id = any(v_ids)
  order by queue_entries.id
  for update;
  select * into v_lead from public.leads where leads.business_id = p_business_id and leads.id = p_lead_id;
  v_others := array(
    select leads
    from public.leads
    where leads.business_id = p_business_id and leads.id = any(p_other_ids)
    order by array_position(p_other_ids, leads.id)
  );
  if v_lead.id is null or cardinality(v_others) < (
    select count(distinct given.id) from unnest(p_other_ids) as given (id)
  ) then
    return jsonb_build_object('error', 'not_found');
  end if;
  -- A lease that has run out is ended when somebody asks for a lead, and perhaps nobody does.
  perform private.end_lease(queue_entries, null)
  from public.queue_entries
  where queue_entries.business_id = p_business_id
    and queue_entries.lead_id = any(v_ids)
    and queue_entries.state = 'leased'
    and queue_entries.lease_until < clock_timestamp()
    and not private.is_call_open(queue_entries.lease_conversation_id);
  if private.is_lead_in_use(p_business_id, v_ids) then
    return jsonb_build_object('error', 'contact_in_use');
  end if;

  perform private.forbid_all_numbers(p_business_id, v_ids);
  perform private.merge_entries(p_business_id, campaigns.id, p_lead_id, v_ids)
  from (
    select distinct queue_entries.campaign_id as id
    from public.queue_entries
    where queue_entries.business_id = p_business_id and queue_entries.lead_id = any(p_other_ids)
    order by 1
    offset 0
  ) as campaigns;

  -- How many calls of each are moved, for the record.
  select coalesce(jsonb_object_agg(moved.lead_id, moved.calls), '{}') into v_moved
  from (
    select conversations.lead_id, count(*) as calls
    from public.conversations
    where conversations.business_id = p_business_id and conversations.lead_id = any(p_other_ids)
    group by conversations.lead_id
  ) as moved;
  -- What was said of these calls was said then: it does nothing once more.
  perform private.begin_one_change();
  update public.call_backs set lead_id = p_lead_id
  where call_backs.business_id = p_business_id and call_backs.lead_id = any(p_other_ids);
  get diagnostics v_call_backs = row_count;
  update public.conversations set lead_id = p_lead_id
  where conversations.business_id = p_business_id and conversations.lead_id = any(p_other_ids);
  get diagnostics v_calls = row_count;
  -- Whoever undoes a file does not delete a contact that is more than its row.
  update private.lead_import_rows
  set
    lead_id = p_lead_id,
    result = case when lead_import_rows.result = 'new' then 'known' else lead_import_rows.result end
  where lead_import_rows.lead_id = any(v_ids);
  delete from public.leads where leads.business_id = p_business_id and leads.id = any(p_other_ids);
  perform private.end_one_change();

  v_new := private.choose_fields(v_lead, v_others, p_chosen);
  if (v_lead.name, v_lead.company, v_lead.phone_number, v_lead.email, v_lead.time_zone)
    is distinct from (v_new.name, v_new.company, v_new.phone_number, v_new.email, v_new.time_zone) then
    v_new := private.write_contact(v_new);
  end if;
  select min(same.wrong_number_at) into v_wrong_at
  from unnest(v_lead || v_others) as same
  where same.subscriber = v_new.subscriber;
  if v_wrong_at is distinct from v_new.wrong_number_at then
    update public.leads set wrong_number_at = v_wrong_at
    where leads.business_id = p_business_id and leads.id = p_lead_id
    returning leads.* into v_new;
  end if;
  perform private.settle_entries_of_leads(p_business_id, array[p_lead_id], null);

  foreach v_other in array v_others loop
    perform private.add_change(
      p_business_id, 'lead', v_other.id::text, v_other.name,
      jsonb_build_object(
        'name', v_other.name, 'company', v_other.company, 'phone_number', v_other.phone_number,
        'email', v_other.email, 'time_zone', v_other.time_zone
      ),
      jsonb_build_object(
        'merged_into', p_lead_id, 'merged_into_name', v_new.name,
        'moved_calls', coalesce((v_moved ->> v_other.id::text)::integer, 0)
      )
    );
  end loop;
  return jsonb_build_object(
    'contact', private.contact_of(v_new), 'calls', v_calls, 'call_backs', v_call_backs
  );
end;
$$;

revoke execute on function private.merge_entries(uuid, uuid, uuid, uuid[]) from public, anon;
revoke execute on function private.is_lead_in_use(uuid, uuid[]) from public, anon;
revoke execute on function private.forbid_all_numbers(uuid, uuid[]) from public, anon;
revoke execute on function private.choose_fields(public.leads, public.leads[], jsonb) from public, anon;
revoke execute on function private.merge_contacts(uuid, uuid, uuid[], jsonb) from public, anon;
grant execute on function private.merge_contacts(uuid, uuid, uuid[], jsonb) to authenticated;

-- Makes one contact of several: p_lead_id stays, and the 1 to 20 others go. Managers only. Their calls with notes and
-- recordings, call-backs, and places in queues are then the one's. If one of them must not be called, no number of
-- theirs may be. p_chosen: for "name", "company", "phone_number", "email" and "time_zone" the id of the contact whose
-- value is kept; without it that of the one who stays, or of the first who has one.
-- Answers {"contact", "calls", "call_backs": how many were moved}, or {"error": "signed_out" | "not_found" |
-- "not_allowed" | "contact_in_use": somebody calls one of them, or has one in front of them}.
create function public.merge_contacts(
  p_business_id uuid, p_lead_id uuid, p_other_ids uuid[], p_chosen jsonb default null
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.merge_contacts(p_business_id, p_lead_id, p_other_ids, p_chosen);
$$;

revoke execute on function public.merge_contacts(uuid, uuid, uuid[], jsonb)
from public, anon, authenticated, service_role;
grant execute on function public.merge_contacts(uuid, uuid, uuid[], jsonb) to authenticated;
