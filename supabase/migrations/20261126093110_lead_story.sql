-- What a rep wants to know of a lead before and while they talk.
set lock_timeout = '2s';

-- Who wrote the notes of a call last, by name.
create function private.author_of_notes(p_business_id uuid, p_conversation_id uuid)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select business_members.display_name
    from (
      select conversation_changes.changed_by
      from public.conversation_changes
      where conversation_changes.business_id = p_business_id
        and conversation_changes.conversation_id = p_conversation_id
        and conversation_changes.after ? 'notes'
      order by conversation_changes.id desc
      limit 1
    ) as newest
    join public.business_members
      on business_members.business_id = p_business_id
      and business_members.user_id = newest.changed_by
  );
end;
$$;

-- The newest p_limit calls with a lead, as the story has them.
create function private.calls_with_lead(p_business_id uuid, p_lead_id uuid, p_limit integer)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    with calls as (
      select conversations.*
      from public.conversations
      where conversations.business_id = p_business_id and conversations.lead_id = p_lead_id
      order by conversations.created_at desc
      limit p_limit
    )

    select coalesce(jsonb_agg(
      jsonb_build_object(
        'id', calls.id,
        'at', calls.created_at,
        'direction', calls.direction,
        'user_id', calls.user_id,
        'user_name', business_members.display_name,
        'status', calls.status,
        'block_reason', calls.block_reason,
        'outcome', calls.outcome,
        'outcome_label', outcomes.label,
        'notes', calls.notes,
        'notes_by', case
          when calls.notes is not null then private.author_of_notes(p_business_id, calls.id)
        end,
        'duration_seconds', calls.duration_seconds,
        'campaign_name', campaigns.name,
        'has_recording', calls.recording_state is not null and exists (
          select from public.recordings
          where recordings.business_id = p_business_id
            and recordings.conversation_id = calls.id
            and recordings.state = 'kept'
            and recordings.wanted = 'kept'
        )
      )
      order by calls.created_at desc, calls.id desc
    ), '[]')
    from calls
    left join public.business_members
      on business_members.business_id = p_business_id
      and business_members.user_id = calls.user_id
    left join public.outcomes
      on outcomes.business_id = p_business_id
      and outcomes.key = calls.outcome
    left join public.campaigns on campaigns.id = calls.campaign_id
  );
end;
$$;

-- Who calls or talks to this lead, or to somebody at their number: colleagues before p_user_id. Null if nobody.
create function private.who_talks_to(p_lead public.leads, p_user_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'user_id', calls.user_id, 'name', business_members.display_name, 'since', calls.since
    )
    from (
      (
        select
          conversations.user_id,
          coalesce(conversations.answered_at, conversations.created_at) as since
        from public.conversations
        where conversations.business_id = p_lead.business_id
          and conversations.lead_id = p_lead.id
          -- No call is longer than four hours. One whose end was lost does not count for ever.
          and conversations.created_at > now() - private.longest_call()
          and conversations.ended_at is null
      )
      union all
      (
        select
          conversations.user_id,
          coalesce(conversations.answered_at, conversations.created_at)
        from public.conversations
        where conversations.business_id = p_lead.business_id
          and private.subscriber(conversations.to_number) = p_lead.subscriber
          and conversations.created_at > now() - private.longest_call()
          and conversations.ended_at is null
      )
    ) as calls
    left join public.business_members
      on business_members.business_id = p_lead.business_id
      and business_members.user_id = calls.user_id
    order by calls.user_id is not distinct from p_user_id, calls.since
    limit 1
  );
end;
$$;

-- Security definer: it checks the membership itself, and reads rows of the lead's business alone.
create function private.lead_story(p_lead_id uuid)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  c_calls constant integer := 20;
  c_campaigns constant integer := 50;
  v_lead public.leads;
begin
  select * into v_lead from public.leads where leads.id = p_lead_id;
  if not exists (
    select from private.memberships where memberships.business_id = v_lead.business_id
  ) then
    return jsonb_build_object('error', 'not_found');
  end if;

  return jsonb_build_object(
    'lead', jsonb_build_object(
      'id', v_lead.id,
      'name', v_lead.name,
      'company', v_lead.company,
      'phone_number', v_lead.phone_number,
      'email', v_lead.email,
      'time_zone', v_lead.time_zone,
      'created_at', v_lead.created_at,
      'wrong_number_at', v_lead.wrong_number_at,
      'local_time_zones', case
        when v_lead.time_zone is not null then jsonb_build_array(v_lead.time_zone)
        else coalesce(to_jsonb(v_lead.number_zones), '[]')
      end,
      'do_not_call', (
        select jsonb_build_object(
          'reason', do_not_call.reason, 'by', business_members.display_name, 'at', do_not_call.created_at
        )
        from public.do_not_call
        left join public.business_members
          on business_members.business_id = do_not_call.business_id
          and business_members.user_id = do_not_call.created_by
        where do_not_call.business_id = v_lead.business_id
          and do_not_call.subscriber = v_lead.subscriber
        order by do_not_call.created_at
        limit 1
      )
    ),
    'calls', private.calls_with_lead(v_lead.business_id, v_lead.id, c_calls),
    'talking_now', private.who_talks_to(v_lead, (select auth.uid())),
    'leased_by', (
      select jsonb_build_object(
        'user_id', queue_entries.lease_owner,
        'name', business_members.display_name,
        'campaign_id', queue_entries.campaign_id,
        'until', queue_entries.lease_until
      )
      from public.queue_entries
      left join public.business_members
        on business_members.business_id = v_lead.business_id
        and business_members.user_id = queue_entries.lease_owner
      where queue_entries.business_id = v_lead.business_id
        and queue_entries.lead_id = v_lead.id
        and queue_entries.state = 'leased'
    ),
    'call_back', (
      select jsonb_build_object(
        'conversation_id', owed.conversation_id,
        'due_at', owed.due_at,
        'user_id', owed.user_id,
        'user_name', business_members.display_name
      )
      from private.open_call_backs as owed
      left join public.business_members
        on business_members.business_id = owed.business_id
        and business_members.user_id = owed.user_id
      where owed.business_id = v_lead.business_id and owed.lead_id = v_lead.id
      order by owed.due_at, owed.conversation_id
      limit 1
    ),
    'campaigns', (
      select coalesce(jsonb_agg(to_jsonb(entries) order by entries.name, entries.id), '[]')
      from (
        select
          campaigns.id, campaigns.name, queue_entries.state, queue_entries.next_at,
          queue_entries.wait_reason, queue_entries.done_reason
        from public.queue_entries
        join public.campaigns on campaigns.id = queue_entries.campaign_id
        where queue_entries.business_id = v_lead.business_id and queue_entries.lead_id = v_lead.id
        limit c_campaigns
      ) as entries
    )
  );
end;
$$;

revoke execute on function private.author_of_notes(uuid, uuid) from public, anon;
revoke execute on function private.calls_with_lead(uuid, uuid, integer) from public, anon;
revoke execute on function private.who_talks_to(public.leads, uuid) from public, anon;
revoke execute on function private.lead_story(uuid) from public, anon;
grant execute on function private.lead_story(uuid) to authenticated;

-- A lead and what was said and agreed with them. Answers {"error": "not_found"}, or
--   {"lead": {"id", "name", "company", "phone_number", "email", "time_zone", "created_at", "wrong_number_at",
--      "local_time_zones": [IANA name], "do_not_call": null | {"reason", "by": name, "at"}},
--    "calls": [the newest 20: {"id", "at", "direction", "user_id", "user_name", "status", "block_reason", "outcome",
--      "outcome_label", "notes", "notes_by": name, "duration_seconds", "campaign_name", "has_recording"}],
--    "talking_now": null | {"user_id", "name", "since"}, "leased_by": null | {"user_id", "name", "campaign_id",
--    "until"}, "call_back": null | {"conversation_id", "due_at", "user_id", "user_name"},
--    "campaigns": [at most 50: {"id", "name", "state", "next_at", "wait_reason", "done_reason"}]}
create function public.lead_story(p_lead_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.lead_story(p_lead_id);
$$;

revoke execute on function public.lead_story(uuid) from public, anon, authenticated, service_role;
grant execute on function public.lead_story(uuid) to authenticated;
