-- Filling a campaign's queue: a selection of leads, a search, or what another campaign has not finished.
set lock_timeout = '2s';

-- The lead of a business who is reached by a number, null if none is; any if several are. The comparison of
-- rows fits one index only. With two equations PostgreSQL takes another one of the business, and reads all of
-- its leads, as long as it has not counted what an import has just brought.
create function private.lead_with(p_business_id uuid, p_subscriber text)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_next record;
begin
  select leads.id, leads.business_id, leads.subscriber into v_next
  from public.leads
  where (leads.business_id, leads.subscriber) >= (p_business_id, p_subscriber)
  order by leads.business_id, leads.subscriber
  limit 1;
  return case when v_next.business_id = p_business_id and v_next.subscriber = p_subscriber then v_next.id end;
end;
$$;

-- Whether a business must not call a number; compared like that, too.
create function private.is_on_do_not_call_list(p_business_id uuid, p_subscriber text)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_next record;
begin
  select do_not_call.business_id, do_not_call.subscriber into v_next
  from public.do_not_call
  where (do_not_call.business_id, do_not_call.subscriber) >= (p_business_id, p_subscriber)
  order by do_not_call.business_id, do_not_call.subscriber
  limit 1;
  return coalesce(v_next.business_id = p_business_id and v_next.subscriber = p_subscriber, false);
end;
$$;

-- Puts leads into the queue of a campaign: {"added", "already": they stand in it, or are done and p_again is
-- false, "without_number", "do_not_call", "wrong_number", "not_found": no leads of the business}.
-- Always in the order of the leads' ids: two people who add the same leads wait for each other in one order.
-- For the functions below and finish_import: it runs with their rights.
create function private.add_to_queue(
  p_business_id uuid,
  p_campaign_id uuid,
  p_lead_ids uuid[],
  p_priority integer,
  p_again boolean,
  p_enqueued_at timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_fit uuid[];
  v_again integer := 0;
  v_added integer;
  v_answer jsonb;
begin
  with chosen as (
    select
      leads.id,
      case
        when leads.id is null then 'not_found'
        when leads.subscriber is null then 'without_number'
        when private.is_on_do_not_call_list(p_business_id, leads.subscriber) then 'do_not_call'
        when leads.wrong_number_at is not null then 'wrong_number'
        else 'fit'
      end as what
    from (select distinct given.id from unnest(p_lead_ids) as given (id)) as given
    left join public.leads on leads.business_id = p_business_id and leads.id = given.id
  )

  select
    array_agg(chosen.id order by chosen.id) filter (where chosen.what = 'fit'),
    jsonb_build_object(
      'without_number', count(*) filter (where chosen.what = 'without_number'),
      'do_not_call', count(*) filter (where chosen.what = 'do_not_call'),
      'wrong_number', count(*) filter (where chosen.what = 'wrong_number'),
      'not_found', count(*) filter (where chosen.what = 'not_found')
    )
  into v_fit, v_answer
  from chosen;

  insert into public.queue_entries (business_id, campaign_id, lead_id, priority, enqueued_at, enqueued_by)
  select p_business_id, p_campaign_id, fit.id, p_priority, p_enqueued_at, (select auth.uid())
  from unnest(v_fit) as fit (id)
  on conflict (campaign_id, lead_id) do nothing;
  get diagnostics v_added = row_count;

  if p_again then
    with finished as (
      select queue_entries.id
      from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.lead_id = any(v_fit)
        and queue_entries.state = 'done'
      order by queue_entries.id
      for no key update skip locked
    )

    -- As they are when nobody has done anything to them. next_lead derives an entry once more before it gives
    -- it out.
    update public.queue_entries
    set
      counted_from = now(), priority = p_priority, paused_at = null, removed_at = null, held_at = null,
      held_until = null, held_reason = null, refused_number = null, said_outcome = null, said_at = null,
      said_call_back_at = null, said_call_back_for = null, state = 'ready', is_due = true, next_at = now(),
      wait_reason = null, done_reason = null, attempts = 0, last_outcome = null, last_conversation_id = null,
      call_back_at = null, call_back_for = null
    from finished
    where queue_entries.id = finished.id;
    get diagnostics v_again = row_count;
  end if;

  return v_answer || jsonb_build_object(
    'added', v_added + v_again, 'already', coalesce(cardinality(v_fit), 0) - v_added - v_again
  );
end;
$$;

-- What add_to_queue answers for no leads.
create function private.nothing_added()
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select '{"added": 0, "already": 0, "without_number": 0, "do_not_call": 0, "wrong_number": 0, "not_found": 0}'::jsonb;
$$;

-- Counts with others added to them.
create function private.sum_of(p_counts jsonb, p_more jsonb)
returns jsonb
language sql
immutable
set search_path = ''
as $$
  select p_counts || jsonb_object_agg(
    more.key, more.value::integer + coalesce((p_counts ->> more.key)::integer, 0)
  )
  from jsonb_each_text(p_more) as more;
$$;

-- The campaign that the signed-in user wants to fill; with the error instead if they may not.
create function private.campaign_to_fill(
  p_campaign_id uuid, out p_campaign public.campaigns, out p_error text
)
language plpgsql
stable
set search_path = ''
as $$
begin
  if not private.is_signed_in() then
    p_error := 'signed_out';
    return;
  end if;
  select * into p_campaign from public.campaigns where campaigns.id = p_campaign_id;
  if private.role_in(p_campaign.business_id) is null then
    p_error := 'not_found';
  end if;
end;
$$;

-- Security definer: nobody may write the queue themselves, and an index of texts needs it (search_leads says
-- why). It checks the membership first.
create function private.enqueue_leads(
  p_campaign_id uuid,
  p_lead_ids uuid[],
  p_search text,
  p_from_campaign_id uuid,
  p_priority integer,
  p_again boolean,
  p_after uuid
)
returns jsonb
language plpgsql
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- Together with the last slice it stays within the 8 s of a statement.
  c_time constant interval := '3 seconds';
  c_slice constant integer := 2000;
  c_most constant integer := 100000;
  m record;
  v_ids uuid[];
  v_slice uuid[];
  v_first integer := 1;
  v_after uuid;
  v_done jsonb := private.nothing_added();
begin
  m := private.campaign_to_fill(p_campaign_id);
  if m.p_error is not null then
    return jsonb_build_object('error', m.p_error);
  end if;
  if num_nonnulls(p_lead_ids, p_search, p_from_campaign_id) <> 1 then
    return jsonb_build_object('error', 'invalid_request', 'field', 'source');
  end if;
  if coalesce(p_priority not between -100 and 100, true) then
    return jsonb_build_object('error', 'invalid_request', 'field', 'priority');
  end if;

  if p_lead_ids is not null then
    if cardinality(p_lead_ids) > c_most then
      return jsonb_build_object('error', 'invalid_request', 'field', 'lead_ids');
    end if;
    v_ids := array(
      select distinct given.id from unnest(p_lead_ids) as given (id)
      where given.id > p_after or (p_after is null and given.id is not null)
      order by given.id
    );
  elsif p_from_campaign_id is not null then
    if p_from_campaign_id = p_campaign_id or not exists (
      select from public.campaigns
      where campaigns.id = p_from_campaign_id and campaigns.business_id = (m.p_campaign).business_id
    ) then
      return jsonb_build_object(
        'error', case when p_from_campaign_id = p_campaign_id then 'invalid_request' else 'not_found' end,
        'field', 'from_campaign_id'
      );
    end if;
    v_ids := array(
      select queue_entries.lead_id from public.queue_entries
      where queue_entries.campaign_id = p_from_campaign_id
        and queue_entries.state <> 'done'
        and (p_after is null or queue_entries.lead_id > p_after)
      order by queue_entries.lead_id
      limit c_most
    );
  else
    execute format(
      'select array(
         select leads.id from public.leads
         where leads.business_id = $1 and ($2 is null or leads.id > $2) and %s
         order by leads.id
         limit $3
       )',
      private.search_condition(p_search, 'leads.search_text')
    ) into v_ids using (m.p_campaign).business_id, p_after, c_most;
  end if;

  while v_first <= cardinality(v_ids) and clock_timestamp() < statement_timestamp() + c_time loop
    v_slice := v_ids[v_first : v_first + c_slice - 1];
    v_done := private.sum_of(v_done, private.add_to_queue(
      (m.p_campaign).business_id, p_campaign_id, v_slice, p_priority, coalesce(p_again, false), now()
    ));
    v_first := v_first + c_slice;
    v_after := v_slice[cardinality(v_slice)];
  end loop;
  return v_done || jsonb_build_object(
    'after', case when v_first <= cardinality(v_ids) or cardinality(v_ids) = c_most then v_after end
  );
end;
$$;

revoke execute on function private.lead_with(uuid, text) from public, anon;
revoke execute on function private.is_on_do_not_call_list(uuid, text) from public, anon;
revoke execute on function
private.add_to_queue(uuid, uuid, uuid[], integer, boolean, timestamptz)
from public, anon;
revoke execute on function private.nothing_added() from public, anon;
revoke execute on function private.sum_of(jsonb, jsonb) from public, anon;
revoke execute on function private.campaign_to_fill(uuid) from public, anon;
revoke execute on function
private.enqueue_leads(uuid, uuid[], text, uuid, integer, boolean, uuid)
from public, anon;
grant execute on function private.enqueue_leads(uuid, uuid[], text, uuid, integer, boolean, uuid)
to authenticated;

-- Puts leads into a campaign's queue. Exactly one of: p_lead_ids (100,000 at most), p_search (as search_leads
-- compares it; empty: all leads of the business), p_from_campaign_id (the leads that are not done there; they
-- stay there, too).
--   p_priority  -100 to 100; who has more comes first
--   p_again     whether leads that are done are called again, from the beginning
--   p_after     null, or the "after" of the answer before
-- Answers {"added", "already", "without_number", "do_not_call", "wrong_number", "not_found": how many leads,
-- "after": null if all are in, or a lead's id: ask again with it, because a statement has 8 s}, or {"error":
-- "signed_out" | "not_found" | "invalid_request" (with "field")}.
create function public.enqueue_leads(
  p_campaign_id uuid,
  p_lead_ids uuid[] default null,
  p_search text default null,
  p_from_campaign_id uuid default null,
  p_priority integer default 0,
  p_again boolean default false,
  p_after uuid default null
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.enqueue_leads(
    p_campaign_id, p_lead_ids, p_search, p_from_campaign_id, p_priority, p_again, p_after
  );
$$;

revoke execute on function public.enqueue_leads(uuid, uuid[], text, uuid, integer, boolean, uuid)
from public, anon, authenticated, service_role;
grant execute on function public.enqueue_leads(uuid, uuid[], text, uuid, integer, boolean, uuid)
to authenticated;
