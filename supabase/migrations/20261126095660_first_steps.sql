-- What a business still needs before it can call, and what stands in its way.
set lock_timeout = '2s';

-- The steps of a business, in their order: [{"step", "is_done"}].
create function private.steps_of(p_business_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_array(
    jsonb_build_object('step', 'caller_id', 'is_done', exists (
      select from public.phone_numbers where phone_numbers.business_id = p_business_id
    )),
    -- Whoever was invited counts: the owner has done their part.
    jsonb_build_object('step', 'people', 'is_done', 1 < (
      select count(*) from public.business_members where business_members.business_id = p_business_id
    ) or exists (
      select from public.invitations where invitations.business_id = p_business_id
    )),
    jsonb_build_object('step', 'contacts', 'is_done', exists (
      select from public.leads where leads.business_id = p_business_id
    )),
    jsonb_build_object('step', 'campaign', 'is_done', exists (
      select from public.queue_entries where queue_entries.business_id = p_business_id
    )),
    jsonb_build_object('step', 'call', 'is_done', exists (
      select from public.conversations
      where conversations.business_id = p_business_id and conversations.dialed_at is not null
    )),
    jsonb_build_object('step', 'outcome', 'is_done', exists (
      select from public.conversations
      where conversations.business_id = p_business_id and conversations.outcome is not null
    ))
  );
end;
$$;

-- What stands in the way of a business that calls: [{"finding", "about": what it is about or null, "calls": of how
-- many of the newest calls or null}]. Of the newest 1,000 calls, those of seven days count.
create function private.findings_of(p_business_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with recent as materialized (
      select newest.*
      from (
        select
          conversations.status, conversations.block_reason, conversations.from_number, conversations.to_country,
          conversations.created_at
        from public.conversations
        where conversations.business_id = p_business_id
        order by conversations.created_at desc, conversations.id desc
        limit 1000
      ) as newest
      where newest.created_at > now() - interval '7 days'
    ),

    found as (
      select 1 as place, 'no_default_caller_id' as finding, null::text as about, null::bigint as calls
      from public.phone_numbers
      where phone_numbers.business_id = p_business_id
      having count(*) > 0 and not bool_or(phone_numbers.is_default)

      union all

      -- A number that Twilio does not know as the account's reaches nobody. Busy people have numbers that ring.
      select 2, 'caller_id_fails', recent.from_number, count(*)
      from recent
      where recent.from_number is not null and recent.status <> 'blocked'
      group by recent.from_number
      having count(*) >= 5 and bool_and(recent.status = 'failed')

      union all

      select 3, 'country_refused', recent.to_country, count(*)
      from recent
      where recent.block_reason = 'country_not_allowed'
      group by recent.to_country

      union all

      select 4, 'limit_reached', recent.block_reason, count(*)
      from recent
      where recent.block_reason in (
        'too_many_calls_at_once', 'too_many_calls_this_minute', 'too_many_calls_today'
      )
      group by recent.block_reason

      union all

      select 5, 'invitation_expired', invitations.email, null
      from public.invitations
      where invitations.business_id = p_business_id
        and invitations.state = 'open'
        and invitations.expires_at between now() - interval '30 days' and now()

      union all

      -- No call is longer than four hours.
      select 6, 'calls_stay_open', null, count(*)
      from public.conversations
      where conversations.business_id = p_business_id
        and conversations.ended_at is null
        and conversations.created_at < now() - private.longest_call()
      having count(*) > 0

      union all

      select 7, 'recordings_late', null, count(*)
      from public.recordings
      where recordings.business_id = p_business_id and recordings.next_at < now() - interval '1 hour'
      having count(*) > 0
    )

    select coalesce(
      jsonb_agg(
        jsonb_build_object('finding', found.finding, 'about', found.about, 'calls', found.calls)
        order by found.place, found.calls desc, found.about
      ),
      '[]'
    )
    from (select * from found order by found.place, found.calls desc, found.about limit 20) as found
  );
end;
$$;

-- Security definer: it checks who asks once, and then reads that business alone.
create function private.first_steps(p_business_id uuid)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  return jsonb_build_object(
    'steps', private.steps_of(p_business_id), 'findings', private.findings_of(p_business_id)
  );
end;
$$;

revoke execute on function private.steps_of(uuid) from public, anon;
revoke execute on function private.findings_of(uuid) from public, anon;
revoke execute on function private.first_steps(uuid) from public, anon;
grant execute on function private.first_steps(uuid) to authenticated;

-- What a business still needs before it can call, and what stands in its way. Owners and managers only.
-- Answers {"steps": [{"step": "caller_id" | "people" | "contacts" | "campaign" | "call" | "outcome", "is_done"}],
-- in their order, "findings": [{"finding": "no_default_caller_id" | "caller_id_fails" | "country_refused" |
-- "limit_reached" | "invitation_expired" | "calls_stay_open" | "recordings_late", "about": the number, the country, the
-- block reason or the address, or null, "calls": how many, or null}], or {"error": "signed_out" | "not_found" |
-- "not_allowed"}.
create function public.first_steps(p_business_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.first_steps(p_business_id);
$$;

revoke execute on function public.first_steps(uuid) from public, anon, authenticated, service_role;
grant execute on function public.first_steps(uuid) to authenticated;
