-- Contacts (leads) as a list that people read, and that managers write.
set lock_timeout = '2s';

-- A contact as lists and forms show it.
create function private.contact_of(p_lead public.leads)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'id', p_lead.id,
    'name', p_lead.name,
    'company', p_lead.company,
    'phone_number', p_lead.phone_number,
    'email', p_lead.email,
    'time_zone', p_lead.time_zone,
    'wrong_number_at', p_lead.wrong_number_at,
    'do_not_call', private.is_on_do_not_call_list(p_lead.business_id, p_lead.subscriber),
    'created_at', p_lead.created_at
  );
end;
$$;

-- Security definer: indexes of texts need it (search_leads says why). It checks the membership first.
create function private.list_contacts(
  p_business_id uuid, p_search text, p_numbers text[], p_after jsonb, p_limit integer
)
returns jsonb
language plpgsql
stable
security definer
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_outsider(p_business_id);
  v_found uuid[];
  v_contacts jsonb;
begin
  if (p_limit between 1 and 999) is not true then
    raise exception 'p_limit is 1 to 999' using errcode = '22023';
  end if;
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;

  if coalesce(p_search, '') ~ '\S' then
    v_found := array(
      select leads.id
      from public.leads
      where leads.business_id = p_business_id and lower(leads.email) = lower(btrim(p_search))
      limit p_limit + 1
    ) || array(
      select (found.value ->> 'id')::uuid
      from private.search_leads(p_business_id, p_search, p_numbers, p_limit + 1) as found (value)
    );
  else
    v_found := array(
      select leads.id
      from public.leads
      where leads.business_id = p_business_id
        and (leads.search_text, leads.id) > (
          coalesce(p_after ->> 'name', ''),
          coalesce((p_after ->> 'id')::uuid, '00000000-0000-0000-0000-000000000000')
        )
      order by leads.search_text, leads.id
      limit p_limit + 1
    );
  end if;

  select jsonb_build_object(
    'contacts', coalesce(jsonb_agg(private.contact_of(shown) order by shown.search_text, shown.id), '[]'),
    -- Of a search the first ones are found, and nothing after them.
    'after', case
      when coalesce(p_search, '') !~ '\S' and cardinality(v_found) > p_limit then (
        jsonb_agg(
          jsonb_build_object('name', shown.search_text, 'id', shown.id) order by shown.search_text desc, shown.id desc
        ) -> 0
      )
    end,
    'more', cardinality(v_found) > p_limit
  ) into v_contacts
  from (
    select leads.*
    from public.leads
    where leads.business_id = p_business_id and leads.id = any(v_found)
    order by leads.search_text, leads.id
    limit p_limit
  ) as shown;
  return v_contacts;
end;
$$;

-- What a person wrote into a field of a contact, without blanks around it or side by side and without signs that
-- nobody sees; null if nothing.
create function private.written_field(p_text text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return private.visible_text(normalize(p_text, nfc));
end;
$$;

-- The first field of a contact whose value cannot be stored; null if there is none.
create function private.wrong_field_of_contact(p_lead public.leads)
returns text
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when (length(p_lead.name) between 1 and 200) is not true then 'name'
    when length(p_lead.company) > 200 then 'company'
    when p_lead.email is not null
      and (length(p_lead.email) > 320 or p_lead.email !~ '^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$') then 'email'
    when p_lead.time_zone is not null and not private.is_time_zone(p_lead.time_zone) then 'time_zone'
    when exists (
      select from unnest(p_lead.number_zones) as named (zone)
      where (private.is_time_zone(named.zone)) is not true
    ) or cardinality(p_lead.number_zones) not between 1 and 100 then 'number_zones'
  end;
end;
$$;

-- Other contacts of the business who have this number, or this e-mail address; 20 at most.
create function private.others_like(p_lead public.leads)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(private.contact_of(leads) order by leads.search_text, leads.id), '[]')
    from public.leads
    where leads.business_id = p_lead.business_id
      and leads.id = any(
        array(
          select same.id from public.leads as same
          where same.business_id = p_lead.business_id and same.subscriber = private.subscriber(p_lead.phone_number)
          limit 21
        )
        || array(
          select same.id from public.leads as same
          where same.business_id = p_lead.business_id and lower(same.email) = lower(p_lead.email)
          limit 21
        )
      )
      and leads.id <> p_lead.id
  );
end;
$$;

-- Writes what people say of a contact, and answers it as it is then.
create function private.write_contact(p_lead public.leads)
returns public.leads
language plpgsql
set search_path = ''
as $$
declare
  v_lead public.leads;
begin
  update public.leads
  set
    name = p_lead.name, company = p_lead.company, phone_number = p_lead.phone_number, email = p_lead.email,
    time_zone = p_lead.time_zone, number_zones = p_lead.number_zones
  where leads.business_id = p_lead.business_id and leads.id = p_lead.id
  returning leads.* into v_lead;
  -- private.forget_number_zones takes the zones of another number for those of the number before, if they are the same.
  if v_lead.number_zones is distinct from p_lead.number_zones then
    update public.leads set number_zones = p_lead.number_zones
    where leads.business_id = p_lead.business_id and leads.id = p_lead.id
    returning leads.* into v_lead;
  end if;
  return v_lead;
end;
$$;

-- Security definer: nobody may write leads themselves. It checks the role first.
create function private.save_contact(
  p_business_id uuid, p_lead_id uuid, p_changes jsonb, p_before jsonb, p_anyway boolean
)
returns jsonb
language plpgsql
security definer
set enable_seqscan = off
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_old public.leads;
  v_new public.leads;
  v_wrong text;
  v_others jsonb;
begin
  if jsonb_typeof(p_changes) is distinct from 'object'
    or p_changes - '{name,company,phone_number,email,time_zone,number_zones}'::text[] <> '{}'
    or jsonb_path_exists(
      p_changes - 'number_zones', 'strict $.* ? (@.type() != "string" && @.type() != "null")', '{}', true
    )
    or (p_lead_id is not null and jsonb_typeof(p_before) is distinct from 'object') then
    raise exception 'p_changes has texts: name, company, phone_number, email, time_zone, or some; and number_zones'
      using errcode = '22023';
  end if;
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  -- Two people who write the same number at once, and imports: the second one sees the first one's contact.
  perform pg_advisory_xact_lock(hashtextextended('import:' || p_business_id::text, 0));
  select * into v_old from public.leads
  where leads.business_id = p_business_id and leads.id = p_lead_id
  for no key update;
  if p_lead_id is not null and not found then
    return jsonb_build_object('error', 'not_found');
  end if;

  v_new := v_old;
  v_new.id := coalesce(p_lead_id, gen_random_uuid());
  v_new.business_id := p_business_id;
  if p_changes ? 'company' then
    v_new.company := private.written_field(p_changes ->> 'company');
  end if;
  if p_changes ? 'phone_number' then
    v_new.phone_number := private.written_field(p_changes ->> 'phone_number');
    v_new.number_zones := case
      when jsonb_typeof(p_changes -> 'number_zones') = 'array' and v_new.phone_number is not null
        then array(select jsonb_array_elements_text(p_changes -> 'number_zones'))
    end;
    v_new.number_zones := nullif(v_new.number_zones, '{}');
  end if;
  if p_changes ? 'email' then
    -- Characters that nobody sees come along when an address is copied.
    v_new.email := private.written_field(
      regexp_replace(p_changes ->> 'email', '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]', '', 'g')
    );
  end if;
  if p_changes ? 'time_zone' then
    v_new.time_zone := private.written_field(p_changes ->> 'time_zone');
  end if;
  if p_changes ? 'name' or v_new.name is null then
    v_new.name := coalesce(
      private.written_field(p_changes ->> 'name'), left(v_new.company, 200), left(v_new.email, 200), v_new.phone_number
    );
  end if;

  -- Somebody else has written a field meanwhile: what they wrote is not lost.
  if p_lead_id is not null and exists (
    select from jsonb_object_keys(p_changes - 'number_zones') as changed (field)
    where to_jsonb(v_old) -> changed.field
      not in (coalesce(p_before -> changed.field, 'null'), to_jsonb(v_new) -> changed.field)
  ) then
    return jsonb_build_object('error', 'changed_meanwhile', 'contact', private.contact_of(v_old));
  end if;
  v_wrong := private.wrong_field_of_contact(v_new);
  if v_wrong is not null then
    return jsonb_build_object('error', 'value_refused', 'field', v_wrong);
  end if;

  -- The number is read before it is compared.
  begin
    if p_lead_id is null then
      insert into public.leads (id, business_id, name, company, phone_number, email, time_zone, number_zones)
      values (
        v_new.id, p_business_id, v_new.name, v_new.company, v_new.phone_number, v_new.email, v_new.time_zone,
        v_new.number_zones
      )
      returning leads.* into v_new;
    else
      v_new := private.write_contact(v_new);
      -- What a person has corrected is not taken back with the file that it came from.
      update private.lead_import_rows set result = 'known'
      where lead_import_rows.lead_id = p_lead_id and lead_import_rows.result = 'new';
    end if;
    v_others := case
      when p_anyway or (v_new.subscriber, lower(v_new.email)) is not distinct from (v_old.subscriber, lower(v_old.email))
        then '[]'
      else private.others_like(v_new)
    end;
    if v_others <> '[]' then
      raise exception using errcode = 'HK001';
    end if;
  exception
    when check_violation then
      return jsonb_build_object('error', 'value_refused', 'field', 'phone_number');
    when sqlstate 'HK001' then
      return jsonb_build_object('error', 'duplicate_contact', 'contacts', v_others);
  end;
  return jsonb_build_object('contact', private.contact_of(v_new));
end;
$$;

revoke execute on function private.contact_of(public.leads) from public, anon;
revoke execute on function private.list_contacts(uuid, text, text[], jsonb, integer) from public, anon;
revoke execute on function private.written_field(text) from public, anon;
revoke execute on function private.wrong_field_of_contact(public.leads) from public, anon;
revoke execute on function private.others_like(public.leads) from public, anon;
revoke execute on function private.write_contact(public.leads) from public, anon;
revoke execute on function private.save_contact(uuid, uuid, jsonb, jsonb, boolean) from public, anon;
grant execute on function private.list_contacts(uuid, text, text[], jsonb, integer) to authenticated;
grant execute on function private.save_contact(uuid, uuid, jsonb, jsonb, boolean) to authenticated;

-- Contacts of a business, by name: 999 at most. p_search and p_numbers as search_leads has them, or an e-mail address;
-- empty for all. p_after: the "after" of the answer before; null for the first ones.
-- Answers {"contacts": [{"id", "name", "company", "phone_number", "email", "time_zone", "wrong_number_at",
-- "do_not_call": whether the number is on the list, "created_at"}], "after": null if these are the last ones, or if
-- it was searched, "more"}, or {"error": "signed_out" | "not_found"}.
create function public.list_contacts(
  p_business_id uuid, p_search text, p_numbers text[], p_after jsonb, p_limit integer
)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select private.list_contacts(p_business_id, p_search, p_numbers, p_after, p_limit);
$$;

-- Makes a contact (p_lead_id null), or changes one. Managers only. p_changes: {"name", "company", "phone_number":
-- E.164, "email", "time_zone": an IANA name, "number_zones": the zones of the number} or some of them, null for
-- nothing; p_before has the same with what the person saw before. Without a name it is the company, the address or the
-- number. p_anyway: also if another contact has the number or the address.
-- Answers {"contact"} as list_contacts does, or {"error": "signed_out" | "not_found" | "not_allowed" |
-- "value_refused" (with "field") | "duplicate_contact" (with "contacts") | "changed_meanwhile" (with "contact" as it is
-- now)}.
create function public.save_contact(
  p_business_id uuid, p_lead_id uuid, p_changes jsonb, p_before jsonb default null, p_anyway boolean default false
)
returns jsonb
language sql
set search_path = ''
as $$
  select private.save_contact(p_business_id, p_lead_id, p_changes, p_before, p_anyway);
$$;

revoke execute on function public.list_contacts(uuid, text, text[], jsonb, integer)
from public, anon, authenticated, service_role;
revoke execute on function public.save_contact(uuid, uuid, jsonb, jsonb, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.list_contacts(uuid, text, text[], jsonb, integer) to authenticated;
grant execute on function public.save_contact(uuid, uuid, jsonb, jsonb, boolean) to authenticated;
