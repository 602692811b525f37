-- What happens in the transaction that writes the outcome of a call, in whichever way it is written.
set lock_timeout = '2s';

-- The call-back that a call makes, or made and does not make any more.
create function private.derive_call_back(
  p_call public.conversations, p_effect text, p_effect_before text
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  -- After a transfer that nobody answered, the lead was promised a call. Any outcome but another try settles that.
  v_is_promised constant boolean :=
    p_call.call_back_at is not null and coalesce(p_effect, 'retry') = 'retry';
  v_row public.call_backs;
begin
  select * into v_row from public.call_backs
  where call_backs.business_id = p_call.business_id and call_backs.conversation_id = p_call.id
  for update;

  if p_effect = 'call_back' or v_is_promised then
    -- A date that somebody has set stays, as long as the outcome does.
    if v_row.conversation_id is null
      or v_row.done_how = 'changed'
      or (p_effect = 'call_back') is distinct from (p_effect_before = 'call_back') then
      insert into public.call_backs as agreed (
        conversation_id, business_id, lead_id, campaign_id, to_number, due_at, user_id, created_by
      ) values (
        p_call.id, p_call.business_id, p_call.lead_id, p_call.campaign_id, p_call.to_number,
        case when p_effect = 'call_back' then now() + interval '24 hours' else p_call.call_back_at end,
        (
          select business_members.user_id
          from public.business_members
          where business_members.business_id = p_call.business_id
            and business_members.user_id = p_call.user_id
        ),
        case when p_effect = 'call_back' then (select auth.uid()) end
      )
      on conflict (conversation_id) do update set
        lead_id = excluded.lead_id,
        campaign_id = excluded.campaign_id,
        due_at = excluded.due_at,
        user_id = excluded.user_id,
        date_is_default = true,
        person_is_default = true,
        created_by = excluded.created_by,
        created_at = excluded.created_at,
        done_at = null,
        done_by = null,
        done_how = null,
        done_conversation_id = null;
      return;
    end if;
  elsif v_row.done_at is null then
    update public.call_backs set
      done_at = clock_timestamp(), done_by = (select auth.uid()), done_how = 'changed'
    where call_backs.business_id = p_call.business_id
      and call_backs.conversation_id = p_call.id;
  end if;

  update public.call_backs set lead_id = p_call.lead_id, campaign_id = p_call.campaign_id
  where call_backs.business_id = p_call.business_id
    and call_backs.conversation_id = p_call.id
    and (call_backs.lead_id, call_backs.campaign_id)
    is distinct from (p_call.lead_id, p_call.campaign_id);
end;
$$;

-- Notes which call-backs this call has kept, and which it has not, because its outcome was taken back.
create function private.keep_call_backs(p_call public.conversations)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_call.outcome is not null and private.keeps_call_backs(p_call) then
    update public.call_backs as kept set
      done_at = p_call.answered_at,
      done_by = p_call.user_id,
      done_how = 'called',
      done_conversation_id = p_call.id
    where kept.business_id = p_call.business_id
      and (kept.lead_id = p_call.lead_id or kept.subscriber = private.subscriber(p_call.to_number))
      and kept.done_at is null
      and exists (
        select from public.conversations as agreed
        where agreed.id = kept.conversation_id and agreed.created_at < p_call.created_at
      );
  else
    update public.call_backs as kept set
      done_at = null, done_by = null, done_how = null, done_conversation_id = null
    where kept.business_id = p_call.business_id
      and (kept.lead_id = p_call.lead_id or kept.subscriber = private.subscriber(p_call.to_number))
      and kept.done_conversation_id = p_call.id;
  end if;
end;
$$;

-- Does what the outcome of a call says. It comes before conversations_move_entries, by its name, because an entry
-- of a queue is computed from what is written here.
-- Security definer: a rep may describe their call, and may write nothing of this themselves.
create function private.apply_outcome()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_effect text;
  v_effect_before text;
begin
  v_effect := private.effect_of(new.business_id, new.outcome);
  v_effect_before := private.effect_of(old.business_id, old.outcome);

  if v_effect_before = 'wrong_number'
    and (v_effect is distinct from 'wrong_number' or old.lead_id is distinct from new.lead_id) then
    perform private.trust_number_again(old.business_id, old.lead_id, old.id);
  end if;
  -- A merge of contacts moves calls: what was said of them then may have been taken back since.
  if v_effect in ('do_not_call', 'wrong_number') and not private.is_one_change() then
    perform private.apply_effect(new.business_id, new.lead_id, v_effect, new.to_number, new.id);
  end if;
  perform private.derive_call_back(new, v_effect, v_effect_before);
  perform private.keep_call_backs(new);
  return null;
end;
$$;

-- A call of which nobody says anything costs nothing.
create trigger conversations_apply_outcome
after update on public.conversations
for each row when (
  old.outcome is distinct from new.outcome
  or old.call_back_at is distinct from new.call_back_at
  or ((new.outcome is not null or new.call_back_at is not null)
    and (old.lead_id, old.campaign_id) is distinct from (new.lead_id, new.campaign_id))
)
execute function private.apply_outcome();

revoke execute on function private.derive_call_back(public.conversations, text, text) from public, anon;
revoke execute on function private.keep_call_backs(public.conversations) from public, anon;
revoke execute on function private.apply_outcome() from public, anon;
