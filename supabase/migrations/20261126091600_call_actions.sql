-- What was asked of calls, and the state of a call as the endpoints that ask Twilio for it see it.
set lock_timeout = '2s';

-- One row per wish: who wanted what, when, and what became of it. It is written before Twilio is asked, so
-- that a function that is killed leaves a trace, and a wish that is sent twice is done once.
create table public.call_actions (
  id uuid primary key default gen_random_uuid(),
  -- The order in which things were asked, over all calls.
  number bigint generated always as identity unique,
  business_id uuid not null,
  conversation_id uuid not null,
  -- `return` is ours: somebody is rung for a lead whose transfer or room came to nothing.
  action text not null check (
    action in (
      'hold', 'resume', 'add', 'remove', 'transfer', 'complete', 'merge', 'cancel', 'drop_voicemail', 'return'
    )
  ),
  mode text check (mode in ('cold', 'warm')),
  -- Null for a return: nobody asked for it. No foreign key: the record outlives the account.
  asked_by uuid,
  asked_at timestamptz not null default clock_timestamp(),
  -- Who is to be rung.
  to_user_id uuid,
  to_number text check (to_number ~ '^\+[1-9][0-9]{6,14}$'),
  -- What the lead is left with (drop_voicemail). No foreign key: the record outlives the message.
  message_id uuid,
  -- The leg that it is about: the one to ring, to remove, who gets the call (complete), or the lead's. No foreign key to
  -- legs: with one, PostgREST would find two ways from conversations to legs, and embed neither. All goes with
  -- the conversation.
  call_leg_id uuid,
  -- Who leaves the call (complete, drop_voicemail).
  leaving_leg_id uuid,
  -- Of a return, and of a transfer that is taken back: the action that came to nothing. Nobody is rung twice
  -- for one cause.
  cause_id uuid,
  -- Who is rung if the person of a return does not answer.
  then_user_id uuid,
  -- The newest event of the call when this was asked: what came after it may be a sign of what was done.
  after_event_id bigint not null default 0,
  -- What conversations.bridge was, if this action changed it.
  bridge_before text check (bridge_before in ('dial', 'room')),
  -- Until then nobody else may change the call. A function that is killed does not end its action: when this
  -- time has passed, the same wish goes on with it, and another wish supersedes it.
  lease_until timestamptz,
  lease_seconds integer not null default 10 check (lease_seconds between 1 and 30),
  -- Null while it goes on.
  result text check (result in ('done', 'failed', 'superseded')),
  error text check (length(error) <= 200),
  finished_at timestamptz,
  -- The target of composite references: foreign keys ignore row-level security.
  unique (business_id, id),
  foreign key (business_id, conversation_id)
  references public.conversations (business_id, id) on delete cascade,
  check ((result is null) = (finished_at is null)),
  check ((action = 'transfer') = (mode is not null and action <> 'cancel')),
  check ((action = 'drop_voicemail') = (message_id is not null)),
  check (action <> 'return' or (cause_id is not null and to_user_id is not null))
);

-- The newest action of a call; the call's deletion asks for these, too.
create index call_actions_conversation_id_idx
on public.call_actions (business_id, conversation_id, number desc);
-- One wish at a time changes a call.
create unique index call_actions_one_open_idx
on public.call_actions (conversation_id) where result is null;
-- Nobody is rung twice for one cause.
create unique index call_actions_one_ring_idx
on public.call_actions (cause_id, to_user_id)
where cause_id is not null and (result is null or result = 'done');

-- A message is left within seconds, and callbacks tell it, even if who asked Twilio for it was killed.
create trigger call_actions_watch_drop
after insert on public.call_actions
for each row when (new.action = 'drop_voicemail')
execute function private.watch_call('1 minute');

alter table public.call_actions enable row level security;

-- Reps and managers see who did what with a call.
create policy "members can read what was asked of calls of their business"
on public.call_actions for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- What becomes of a lead depends on what was asked of the call.
create policy "a webhook can read what was asked of its call"
on public.call_actions for select to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

-- Somebody is rung for a lead.
create policy "a webhook can have somebody rung for the lead of its call"
on public.call_actions for insert to call_webhook
with check (
  action = 'return'
  and conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

-- What Twilio answered is written down.
create policy "a webhook can note what became of a wish of its call"
on public.call_actions for update to call_webhook
using (
  conversation_id = (
    select conversations.id
    from public.conversations
    where conversations.call_sid = nullif((select current_setting('henk.call_sid', true)), '')
  )
);

revoke all on public.call_actions from public, anon, authenticated, service_role;
revoke all on sequence public.call_actions_number_seq from public, anon, authenticated, service_role;
grant select on public.call_actions to authenticated, service_role;
grant select, insert on public.call_actions to call_webhook;
grant update (lease_until, result, error, finished_at) on public.call_actions to call_webhook;
-- How the lead is connected is what was asked, not what events say.
grant update (bridge) on public.conversations to call_webhook;

-- The leg of the lead: of several, the one on which they talk. Null if nobody was dialled.
create function private.lead_of_call(p_call public.conversations)
returns public.call_legs
language plpgsql
stable
set search_path = ''
as $$
declare
  v_leg public.call_legs;
begin
  select * into v_leg
  from public.call_legs
  where call_legs.business_id = p_call.business_id
    and call_legs.conversation_id = p_call.id
    and call_legs.role = 'lead'
  order by
    call_legs.status = 'in-progress' desc,
    call_legs.answered_at is not null desc,
    private.call_status_rank(call_legs.status) desc,
    call_legs.answered_at asc nulls last,
    call_legs.call_sid
  limit 1;
  return v_leg;
end;
$$;

-- The leg that has the lead, and ends the room by leaving. At first it is the agent's. A person who was rung
-- for the lead has them from their answer on. A person to whom the call was handed over has it when that is
-- done, or when the one before has left: then only the word of it was lost.
create function private.host_of_call(p_call public.conversations)
returns public.call_legs
language plpgsql
stable
set search_path = ''
as $$
declare
  v_leg public.call_legs;
begin
  select call_legs.* into v_leg
  from (
    select call_legs.id, 0 as number
    from public.call_legs
    where call_legs.call_sid = p_call.call_sid

    union all

    select call_legs.id, call_actions.number
    from public.call_actions
    join public.call_legs
      on call_legs.business_id = call_actions.business_id
      and call_legs.call_action_id = call_actions.id
    where call_actions.business_id = p_call.business_id
      and call_actions.conversation_id = p_call.id
      and call_legs.conversation_id = p_call.id
      and call_legs.asked_for in ('cold', 'return')
      and call_legs.answered_at is not null

    union all

    select call_actions.call_leg_id, call_actions.number
    from public.call_actions
    left join public.call_legs as leaving
      on leaving.business_id = call_actions.business_id
      and leaving.id = call_actions.leaving_leg_id
    where call_actions.business_id = p_call.business_id
      and call_actions.conversation_id = p_call.id
      and call_actions.action = 'complete'
      and (
        call_actions.result = 'done'
        or (call_actions.result is distinct from 'failed' and private.is_final(leaving.status))
      )
  ) as hosts
  join public.call_legs on call_legs.id = hosts.id
  order by hosts.number desc, call_legs.answered_at desc, call_legs.id
  limit 1;
  return v_leg;
end;
$$;

-- How long the call may still last, for the time limit of what Twilio is told next; 1 at least. Null if the
-- call has no limit: it was refused.
create function private.seconds_left(p_call public.conversations)
returns integer
language plpgsql
stable
set search_path = ''
as $$
begin
  return greatest(1, p_call.time_limit_seconds - floor(extract(
    epoch from clock_timestamp() - coalesce(p_call.answered_at, p_call.begun_at, clock_timestamp())
  ))::integer);
end;
$$;

-- The Twilio client identity of a person of the business: shared/rep_identity.py.
create function private.identity_of(p_user_id uuid, p_business_id uuid)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return 'user_' || replace(p_user_id::text, '-', '') || '_' || replace(p_business_id::text, '-', '');
end;
$$;

-- The person of the business on a leg; null for everybody else. The agent's leg may have been stored without.
create function private.person_of_leg(p_leg public.call_legs, p_call public.conversations)
returns uuid
language plpgsql
immutable
set search_path = ''
as $$
begin
  if p_leg.call_sid = p_call.call_sid then
    return p_call.user_id;
  end if;
  return p_leg.user_id;
end;
$$;

-- The number of the newest action of a call; null if nothing was asked.
create function private.newest_action(p_conversation_id uuid)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select max(call_actions.number)
    from public.call_actions
    where call_actions.business_id = (
      select conversations.business_id from public.conversations where conversations.id = p_conversation_id
    )
    and call_actions.conversation_id = p_conversation_id
  );
end;
$$;

-- A call as it is now: shared/call_state.py has the shape.
create function private.call_state(p_conversation_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_call public.conversations;
  v_host public.call_legs;
  v_lead public.call_legs;
begin
  select * into v_call from public.conversations where conversations.id = p_conversation_id;
  v_host := private.host_of_call(v_call);
  v_lead := private.lead_of_call(v_call);
  return jsonb_build_object(
    'conversation_id', v_call.id,
    'business_id', v_call.business_id,
    'agent_call_sid', v_call.call_sid,
    'from_number', v_call.from_number,
    'seconds_left', private.seconds_left(v_call),
    'room', private.room_name(v_call.id),
    'bridge', v_call.bridge,
    'stage', v_call.stage,
    'newest_action', private.newest_action(v_call.id),
    'host_leg_id', v_host.id,
    'lead_leg_id', v_lead.id,
    'legs', (
      select jsonb_agg(
        jsonb_build_object(
          'id', legs.id,
          'call_sid', legs.call_sid,
          'role', legs.role,
          'user_id', private.person_of_leg(legs, v_call),
          'identity', private.identity_of(private.person_of_leg(legs, v_call), v_call.business_id),
          'to_number', coalesce(
            legs.to_number, case when legs.role = 'lead' then v_call.to_number end
          ),
          'status', legs.status,
          'asked_at', legs.asked_at,
          'on_hold', legs.on_hold_since is not null,
          'is_over', private.is_final(legs.status)
        )
        order by legs.created_at, legs.id
      )
      from public.call_legs as legs
      where legs.business_id = v_call.business_id and legs.conversation_id = v_call.id
    )
  );
end;
$$;

revoke execute on function private.lead_of_call(public.conversations) from public, anon;
revoke execute on function private.host_of_call(public.conversations) from public, anon;
revoke execute on function private.seconds_left(public.conversations) from public, anon;
revoke execute on function private.identity_of(uuid, uuid) from public, anon;
revoke execute on function private.newest_action(uuid) from public, anon;
revoke execute on function private.call_state(uuid) from public, anon;
revoke execute on function private.person_of_leg(public.call_legs, public.conversations)
from public, anon;
grant execute on function private.lead_of_call(public.conversations) to call_webhook;
grant execute on function private.host_of_call(public.conversations) to call_webhook;
grant execute on function private.seconds_left(public.conversations) to call_webhook;
grant execute on function private.identity_of(uuid, uuid) to call_webhook;
grant execute on function private.newest_action(uuid) to call_webhook;
grant execute on function private.call_state(uuid) to call_webhook;
grant execute on function private.person_of_leg(public.call_legs, public.conversations) to call_webhook;
