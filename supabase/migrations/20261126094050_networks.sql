-- Which network a report came from, without its address, so that a bad office line is told from a bad headset.
set lock_timeout = '2s';

-- How managers call a network of theirs.
create table public.networks (
  business_id uuid not null references public.businesses (id) on delete cascade,
  -- call_quality.network_key.
  key text not null check (key ~ '^[0-9a-f]{8}$'),
  name text not null check (length(btrim(name)) between 1 and 60),
  primary key (business_id, key)
);

create trigger networks_note_change
after insert or update or delete on public.networks
for each row execute function private.note_change('network', 'key', 'name');

alter table public.networks enable row level security;

-- Everybody knows their offices.
create policy "members can read the names of their networks"
on public.networks for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

revoke all on public.networks from public, anon, authenticated, service_role;
grant select on public.networks to authenticated, service_role;

-- What makes keys out of addresses. Each business has its own, so that one network has different keys in two
-- businesses, and nobody can try all addresses.
create table private.network_secrets (
  business_id uuid primary key references public.businesses (id) on delete cascade,
  secret bytea not null default extensions.gen_random_bytes(32)
);

alter table private.network_secrets enable row level security;

-- Only private.network_key reads it, with its owner's rights.
create policy "nobody can read the secrets of networks"
on private.network_secrets for select to authenticated
using (false);

revoke all on private.network_secrets from public, anon, authenticated, service_role;

-- The address from which a browser asks, as the proxies before PostgREST say: the first of x-forwarded-for.
-- Null if there is none, or if it is this machine's own or no address.
-- https://docs.postgrest.org/en/stable/references/transactions.html#request-headers-cookies-and-jwt-claims
create function private.client_address()
returns inet
language plpgsql
stable
set search_path = ''
as $$
declare
  v_told text;
  v_address inet;
begin
  v_told := btrim(split_part(
    nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-forwarded-for', ',', 1
  ));
  -- Some proxies add the port.
  v_told := regexp_replace(v_told, '^\[([0-9A-Fa-f:.]+)\](:[0-9]+)?$', '\1');
  v_told := regexp_replace(v_told, '^([0-9.]+):[0-9]+$', '\1');
  -- An address of IPv4 in IPv6 is one of IPv4.
  v_address := regexp_replace(host(v_told::inet), '^::ffff:([0-9.]+)$', '\1')::inet;
  if v_address << '127.0.0.0/8'::inet
    or v_address << 'fe80::/10'::inet
    or v_address in ('::1'::inet, '::'::inet, '0.0.0.0'::inet) then
    return null;
  end if;
  return v_address;
exception
  when data_exception then
    return null;
end;
$$;

-- What stands for an address in the rows of a business: 8 hexadecimal digits. Of an IPv6 address only the network
-- counts (/64): the rest is the device.
create function private.network_key(p_business_id uuid, p_address inet)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_secret bytea;
  v_network text;
begin
  if p_address is null then
    return null;
  end if;
  v_network := host(case when family(p_address) = 6 then network(set_masklen(p_address, 64)) else p_address end);
  insert into private.network_secrets (business_id) values (p_business_id)
  on conflict (business_id) do nothing;
  select network_secrets.secret into strict v_secret
  from private.network_secrets
  where network_secrets.business_id = p_business_id;
  return left(encode(extensions.hmac(convert_to(v_network, 'UTF8'), v_secret, 'sha256'), 'hex'), 8);
end;
$$;

-- The network of a report that comes now. Null if its leg ended more than five minutes ago: a page that was closed
-- reports when it is opened again, which may be anywhere.
create function private.network_of_report(p_row public.call_quality)
returns text
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select from public.call_legs
    where call_legs.business_id = p_row.business_id
      and call_legs.conversation_id = p_row.conversation_id
      and call_legs.call_sid = p_row.call_sid
      and call_legs.ended_at < now() - interval '5 minutes'
  ) then
    return null;
  end if;
  return private.network_key(p_row.business_id, private.client_address());
end;
$$;

-- Security definer: nobody may write names themselves. It checks who asks.
create function private.name_network(p_business_id uuid, p_key text, p_name text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_refused constant text := private.refuse_agent(p_business_id);
  v_name constant text := private.visible_text(p_name);
begin
  if v_refused is not null then
    return jsonb_build_object('error', v_refused);
  end if;
  if (p_key ~ '^[0-9a-f]{8}$') is not true
    or (p_name is not null and v_name is null)
    or length(v_name) > 60 then
    return jsonb_build_object('error', 'invalid_request');
  end if;

  if v_name is null then
    delete from public.networks where networks.business_id = p_business_id and networks.key = p_key;
  else
    insert into public.networks (business_id, key, name) values (p_business_id, p_key, v_name)
    on conflict (business_id, key) do update set name = excluded.name;
  end if;
  return jsonb_build_object('named', true);
end;
$$;

revoke execute on function private.client_address() from public, anon;
revoke execute on function private.network_key(uuid, inet) from public, anon;
revoke execute on function private.network_of_report(public.call_quality) from public, anon;
revoke execute on function private.name_network(uuid, text, text) from public, anon;
grant execute on function private.name_network(uuid, text, text) to authenticated;

-- Gives a network of a business a name of 1 to 60 characters; null takes it away. Owners and managers only.
-- Answers {"named": true}, or {"error": "signed_out" | "not_found" (no business of theirs) | "not_allowed" |
-- "invalid_request"}.
create function public.name_network(p_business_id uuid, p_key text, p_name text)
returns jsonb
language sql
set search_path = ''
as $$
  select private.name_network(p_business_id, p_key, p_name);
$$;

revoke execute on function public.name_network(uuid, text, text)
from public, anon, authenticated, service_role;
grant execute on function public.name_network(uuid, text, text) to authenticated;
