-- How managers name the caller IDs of their business, and which one calls show. An operator says which numbers
-- these are.
set lock_timeout = '2s';

-- Security definer: nobody may write caller IDs themselves. It checks who asks.
create function private.label_caller_id(p_business_id uuid, p_phone_number text, p_label text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_label constant text := private.visible_text(p_label);
  v_refused constant text := private.refuse_agent(p_business_id);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if length(v_label) > 100 then
    return jsonb_build_object('error', 'invalid_label', 'field', 'label');
  end if;
  update public.phone_numbers
  set label = v_label
  where phone_numbers.business_id = p_business_id and phone_numbers.phone_number = p_phone_number;
  if not found then
    return jsonb_build_object('error', 'not_found');
  end if;
  return jsonb_build_object('label', v_label);
end;
$$;

-- Security definer: nobody may write caller IDs themselves. It checks who asks.
create function private.choose_caller_id(p_business_id uuid, p_phone_number text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  -- One choice at a time: of two at once, the second takes the place of the first.
  perform from public.businesses where businesses.id = p_business_id for no key update;
  if not exists (
    select from public.phone_numbers
    where phone_numbers.business_id = p_business_id and phone_numbers.phone_number = p_phone_number
  ) then
    return jsonb_build_object('error', 'not_found');
  end if;
  update public.phone_numbers
  set is_default = false
  where phone_numbers.business_id = p_business_id
    and phone_numbers.is_default
    and phone_numbers.phone_number <> p_phone_number;
  update public.phone_numbers
  set is_default = true
  where phone_numbers.business_id = p_business_id
    and phone_numbers.phone_number = p_phone_number
    and not phone_numbers.is_default;
  return jsonb_build_object('default', p_phone_number);
end;
$$;

revoke execute on function private.label_caller_id(uuid, text, text) from public, anon;
revoke execute on function private.choose_caller_id(uuid, text) from public, anon;
grant execute on function private.label_caller_id(uuid, text, text) to authenticated;
grant execute on function private.choose_caller_id(uuid, text) to authenticated;

-- Gives a caller ID a label of at most 100 characters; null takes it away. Owners and managers only.
-- Answers {"label"}, or {"error": "signed_out" | "not_found" (no business of theirs, or not its number) |
-- "not_allowed" | "invalid_label"}.
create function public.label_caller_id(p_business_id uuid, p_phone_number text, p_label text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.label_caller_id(p_business_id, p_phone_number, p_label);
$$;

-- From the next call on, calls that name no caller ID, and whose campaign names none, show this one. Owners and
-- managers only. Answers {"default": the number}, or {"error"} as label_caller_id does.
create function public.choose_caller_id(p_business_id uuid, p_phone_number text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.choose_caller_id(p_business_id, p_phone_number);
$$;

revoke execute on function public.label_caller_id(uuid, text, text) from public, anon, authenticated, service_role;
revoke execute on function public.choose_caller_id(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.label_caller_id(uuid, text, text) to authenticated;
grant execute on function public.choose_caller_id(uuid, text) to authenticated;
