-- What a rep is told before they call.
set lock_timeout = '2s';

-- What a rep should know before they place an allowed call: a list of {"code", …}.
--   number_not_in_data        the number is possible, but the number data does not know its range
--   text_left_out             "text" stood beside the number
--   other_number_than_leads   "number" is the lead's own, or null
--   lead_in_call              another rep, "user_id" and "user_name", calls or talks to them since "at"
--   lead_called_recently      another rep has called them at "at", within the last hour
create function private.call_warnings(p_user_id uuid, p_to jsonb, d private.call_decision)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_subscriber text := private.subscriber(d.to_number);
  v_warnings jsonb := '[]';
  v_call record;
begin
  if d.number_type = 'unknown' then
    v_warnings := v_warnings || jsonb_build_object('code', 'number_not_in_data');
  end if;

  if p_to ->> 'left_out' is not null then
    v_warnings := v_warnings
      || jsonb_build_object('code', 'text_left_out', 'text', p_to ->> 'left_out');
  end if;

  if d.other_number then
    v_warnings := v_warnings || jsonb_build_object(
      'code', 'other_number_than_leads',
      'number', (
        select leads.phone_number
        from public.leads
        where leads.business_id = d.business_id and leads.id = d.lead_id
      )
    );
  end if;

  -- The calls to this lead and to this number, each by its index.
  select * into v_call
  from (
    (
      select conversations.user_id, conversations.ended_at, conversations.created_at
      from public.conversations
      where conversations.business_id = d.business_id
        and conversations.lead_id = d.lead_id
        and conversations.created_at > now() - private.longest_call()
        and conversations.block_reason is null
    )
    union all
    (
      select conversations.user_id, conversations.ended_at, conversations.created_at
      from public.conversations
      where conversations.business_id = d.business_id
        and private.subscriber(conversations.to_number) = v_subscriber
        and conversations.created_at > now() - private.longest_call()
        and conversations.block_reason is null
    )
  ) as calls
  where calls.user_id is distinct from p_user_id
    -- No call is longer than four hours. One whose end was lost does not count for ever.
    and (calls.ended_at is null or calls.created_at > now() - interval '1 hour')
  order by calls.ended_at is null desc, calls.created_at desc
  limit 1;
  if found then
    v_warnings := v_warnings || jsonb_build_object(
      'code', case when v_call.ended_at is null then 'lead_in_call' else 'lead_called_recently' end,
      'user_id', v_call.user_id,
      'user_name', (
        select business_members.display_name
        from public.business_members
        where business_members.business_id = d.business_id
          and business_members.user_id = v_call.user_id
      ),
      'at', v_call.created_at
    );
  end if;

  return v_warnings;
end;
$$;

revoke execute on function private.call_warnings(uuid, jsonb, private.call_decision) from public, anon;
grant execute on function private.call_warnings(uuid, jsonb, private.call_decision) to authenticated;

-- The decision for the signed-in rep before they call. One round trip of twiml_fn; writes nothing.
-- Answers what begin_call answers, without "conversation_id" and "notice" and with {"extension", "lead_id",
-- "retry_at": when it is calling hours again, "warnings", "recording": null | {"mode", "consent_mode", "notice": what the lead will hear | null}}, or the
-- {"error": …} of private.choose_business.
create function public.preview_call(
  p_business_id uuid,
  p_to jsonb,
  p_caller_id text,
  p_lead_id text,
  p_campaign_id text
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_choice jsonb := private.choose_business(p_business_id);
  v_user_id uuid := (select auth.uid());
  d private.call_decision;
begin
  if v_choice ? 'error' then
    return v_choice;
  end if;

  d := private.decide_call(
    v_user_id, (v_choice ->> 'business_id')::uuid, p_to, p_caller_id, p_lead_id, p_campaign_id, null
  );
  return jsonb_build_object(
    'block_reason', d.block_reason,
    'to_number', d.to_number,
    'from_number', d.from_number,
    'time_limit_seconds', case when d.block_reason is null then d.time_limit_seconds end,
    'extension', d.extension,
    'lead_id', d.lead_id,
    'retry_at', d.retry_at,
    'warnings', case
      when d.block_reason is null then private.call_warnings(v_user_id, p_to, d) else '[]'
    end,
    'recording', case
      when (d.recording).mode is not null then jsonb_build_object(
        'mode', (d.recording).mode,
        'consent_mode', (d.recording).consent_mode,
        'notice', (d.recording).notice
      )
    end
  );
end;
$$;

revoke execute on function public.preview_call(uuid, jsonb, text, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.preview_call(uuid, jsonb, text, text, text) to authenticated;
