-- Calls that are begun under a lease.
set lock_timeout = '2s';

-- Whether a call may be begun under a lease: 'lease_lost' if it is not the live lease of this rep for this lead in
-- this campaign, or if a call was begun under it already: when the lead is called again, the retry rules say.
-- 'with_colleague' if somebody else is calling the lead. Locks the entry until the call is stored, so that nobody ends
-- the lease meanwhile. For begin_call.
-- Security definer: a webhook neither locks entries nor sees other calls.
create function private.check_lease(
  p_business_id uuid, p_user_id uuid, p_campaign_id text, p_lead_id text, p_lease_token text
)
returns text
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from public.queue_entries
  where queue_entries.business_id = p_business_id
    and queue_entries.campaign_id = private.to_uuid(p_campaign_id)
    and queue_entries.lead_id = private.to_uuid(p_lead_id)
    and queue_entries.state = 'leased'
    and queue_entries.lease_owner = p_user_id
    and queue_entries.lease_token = private.to_uuid(p_lease_token)
    and queue_entries.lease_until > clock_timestamp()
    and queue_entries.lease_conversation_id is null
  for no key update;
  if not found then
    return 'lease_lost';
  end if;

  perform
  from (
    select conversations.user_id, conversations.ended_at, conversations.created_at, conversations.block_reason
    from public.conversations
    where conversations.business_id = p_business_id
      and conversations.lead_id = private.to_uuid(p_lead_id)

    union all

    select conversations.user_id, conversations.ended_at, conversations.created_at, conversations.block_reason
    from public.conversations
    where conversations.business_id = p_business_id
      and private.subscriber(conversations.to_number) = (
        select leads.subscriber from public.leads
        where leads.business_id = p_business_id and leads.id = private.to_uuid(p_lead_id)
      )
  ) as calls
  where calls.user_id is distinct from p_user_id
    and calls.ended_at is null
    and calls.created_at > now() - private.longest_call()
    and calls.block_reason is null;
  return case when found then 'with_colleague' end;
end;
$$;

-- Notes on the leased entry what begin_call decided: the call, or why the lead cannot be called now. When the lease
-- ends, the entry goes where that says.
-- Security definer: a webhook writes no entries. check_lease has found the lease, and locked it.
create function private.note_leased_call(
  p_lease_token text, p_call public.conversations, p_retry_at timestamptz
)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.queue_entries as entry
  set
    lease_conversation_id = case
      when p_call.block_reason is null then p_call.id else entry.lease_conversation_id
    end,
    refused_number = case
      when p_call.block_reason in (
        'invalid_number', 'several_numbers', 'number_type_not_allowed', 'country_not_allowed'
      )
      and private.subscriber(p_call.to_number) = leads.subscriber
        then leads.phone_number
      else entry.refused_number
    end,
    held_at = case when p_retry_at is null then entry.held_at else clock_timestamp() end,
    held_until = coalesce(p_retry_at, entry.held_until),
    held_reason = case when p_retry_at is null then entry.held_reason else p_call.block_reason end
  from public.leads
  where leads.business_id = entry.business_id
    and leads.id = entry.lead_id
    and entry.business_id = p_call.business_id
    and entry.state = 'leased'
    and entry.lease_token = private.to_uuid(p_lease_token)
    and entry.lease_owner = p_call.user_id;
end;
$$;

revoke execute on function private.check_lease(uuid, uuid, text, text, text) from public, anon;
revoke execute on function
private.note_leased_call(text, public.conversations, timestamptz)
from public, anon;
grant execute on function private.check_lease(uuid, uuid, text, text, text) to call_webhook;
grant execute on function private.note_leased_call(text, public.conversations, timestamptz) to call_webhook;
