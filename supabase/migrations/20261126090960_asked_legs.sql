-- Ties the legs that somebody asked for to what Twilio tells about them.
set lock_timeout = '2s';

-- Whether a leg is one that somebody asked for. The agent's own leg and the lead's are not.
create function private.is_asked_leg(p_leg public.call_legs, p_agent_call_sid text)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return p_leg.role <> 'lead' and p_leg.call_sid is distinct from p_agent_call_sid;
end;
$$;

-- Makes rows for legs that events name and that are not on record. It happens only if the database has lost
-- its last transactions: a leg is stored before Twilio is asked for it. Whom Twilio called tells the role.
create function private.restore_asked_legs(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
begin
  with named as (
    select
      call_events.call_leg_id as id,
      max(coalesce(call_events.payload ->> 'To', call_events.payload ->> 'to')) filter (
        where call_events.source in ('status_callback', 'reconcile')
      ) as dialled
    from public.call_events
    where call_events.agent_call_sid = p_call.call_sid
      and call_events.call_leg_id is not null
      -- Labels of a room name the two legs that every call has, too.
      and call_events.source not in ('conference', 'room_action')
      and private.call_status_rank(call_events.status) is not null
    group by call_events.call_leg_id
  ),

  told as (
    select
      named.id,
      private.to_uuid(regexp_replace(
        substring(named.dialled from '^client:user_([0-9a-f]{32})_'),
        '(.{8})(.{4})(.{4})(.{4})(.{12})', '\1-\2-\3-\4-\5'
      )) as user_id,
      substring(named.dialled from '^\+[1-9][0-9]{6,14}$') as to_number
    from named
  ),

  legs as (
    select
      told.*,
      case
        when told.user_id is null then 'third_party'
        when told.user_id = p_call.user_id then 'agent'
        else 'teammate'
      end as role
    from told
  ),

  corrected as (
    update public.call_legs as leg
    set role = legs.role, user_id = legs.user_id, to_number = legs.to_number
    from legs
    where leg.id = legs.id
      and leg.conversation_id = p_call.id
      and leg.asked_at is null
      and private.is_asked_leg(leg, p_call.call_sid)
      and (leg.role, leg.user_id, leg.to_number)
      is distinct from (legs.role, legs.user_id, legs.to_number)
  )

  insert into public.call_legs (
    id, business_id, conversation_id, role, status, user_id, to_number
  )
  select legs.id, p_call.business_id, p_call.id, legs.role, 'queued', legs.user_id, legs.to_number
  from legs
  -- Another call's leg stays where it is.
  on conflict (id) do nothing;
end;
$$;

-- Writes Twilio's CallSids into the legs that were asked for. Twilio may have dialled a leg twice, if a
-- function was killed between its request and the answer: the CallSid on which there is somebody gets the
-- leg's row, and every other one a row of its own, with the same person.
-- Answers the roles of all legs, by their ids.
create function private.name_legs(p_call public.conversations)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_told record;
  v_leg public.call_legs;
begin
  perform private.restore_asked_legs(p_call);

  for v_told in
    select
      told.call_leg_id,
      told.call_sid,
      row_number() over (
        partition by told.call_leg_id
        order by
          private.is_final(told.status),
          told.answered_at is not null desc,
          private.call_status_rank(told.status) desc,
          told.answered_at,
          told.call_sid
      ) as place
    from private.legs_of_call(p_call.call_sid, false, null, null) as told
    where told.call_leg_id is not null
    order by told.call_leg_id, place
  loop
    select * into v_leg
    from public.call_legs
    where call_legs.id = v_told.call_leg_id and call_legs.conversation_id = p_call.id;
    continue when not found or not private.is_asked_leg(v_leg, p_call.call_sid);

    if v_told.place > 1 then
      insert into public.call_legs (
        business_id, conversation_id, call_sid, role, status, user_id, to_number, asked_for,
        asked_at, asked_by, call_action_id
      ) values (
        v_leg.business_id, v_leg.conversation_id, v_told.call_sid, v_leg.role, 'queued',
        v_leg.user_id, v_leg.to_number, v_leg.asked_for, v_leg.asked_at, v_leg.asked_by,
        v_leg.call_action_id
      )
      on conflict (call_sid) do nothing;
    elsif v_leg.call_sid is distinct from v_told.call_sid then
      -- The two rows exchange their CallSids, and derive_call writes the rest.
      update public.call_legs set call_sid = null where call_legs.id = v_leg.id;
      update public.call_legs set call_sid = v_leg.call_sid, status = 'queued'
      where call_legs.call_sid = v_told.call_sid and call_legs.conversation_id = p_call.id;
      update public.call_legs set call_sid = v_told.call_sid, status = 'queued'
      where call_legs.id = v_leg.id;
    end if;
  end loop;

  -- Twilio was asked for these, and has never named them.
  update public.call_legs as leg
  set status = told.status, ended_at = told.at, duration_seconds = 0
  from (
    select distinct on (call_events.call_leg_id)
      call_events.call_leg_id as id,
      call_events.status,
      coalesce(call_events.occurred_at, call_events.received_at) as at
    from public.call_events
    where call_events.agent_call_sid = p_call.call_sid
      and call_events.call_sid is null
      and private.is_final(call_events.status)
    order by call_events.call_leg_id, at, call_events.status
  ) as told
  where leg.id = told.id
    and leg.conversation_id = p_call.id
    and leg.call_sid is null
    and (leg.status, leg.ended_at) is distinct from (told.status, told.at);

  return (
    select jsonb_object_agg(call_legs.id, call_legs.role)
    from public.call_legs
    where call_legs.business_id = p_call.business_id and call_legs.conversation_id = p_call.id
  );
end;
$$;

revoke execute on function private.is_asked_leg(public.call_legs, text) from public, anon;
revoke execute on function private.restore_asked_legs(public.conversations) from public, anon;
revoke execute on function private.name_legs(public.conversations) from public, anon;
grant execute on function private.is_asked_leg(public.call_legs, text) to call_webhook;
grant execute on function private.restore_asked_legs(public.conversations) to call_webhook;
grant execute on function private.name_legs(public.conversations) to call_webhook;
