-- What time it is for a person, and when they may be called.
set lock_timeout = '2s';

-- Whether a person in one of these time zones (we do not know which) may be called now: it must be calling
-- hours in all of them. A zone that Postgres does not know is never in calling hours.
create function private.is_calling_time(
  p_time_zones text[], p_start time, p_end time, p_at timestamptz
)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_time_zone text;
  v_clock time;
begin
  if p_start is null then
    return true;
  end if;

  -- An empty list (Twilio's test numbers) passes: the loop does not run.
  foreach v_time_zone in array p_time_zones loop
    if not private.is_time_zone(v_time_zone) then
      return false;
    end if;
    v_clock := (p_at at time zone v_time_zone)::time;
    if v_clock < p_start or v_clock >= p_end then
      return false;
    end if;
  end loop;
  return true;
end;
$$;

-- The next time at which it is calling hours in all of these time zones: p_at itself, if it is then. Null if there
-- is none within some days.
create function private.next_calling_time(
  p_time_zones text[], p_start time, p_end time, p_at timestamptz
)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  v_at timestamptz := p_at;
  v_time_zone text;
  v_local timestamp;
begin
  -- Each round moves on to the next opening in a zone that is closed.
  for v_round in 1 .. 10 loop
    if private.is_calling_time(p_time_zones, p_start, p_end, v_at) then
      return v_at;
    end if;
    foreach v_time_zone in array p_time_zones loop
      if not private.is_time_zone(v_time_zone) then
        return null;
      end if;
      v_local := v_at at time zone v_time_zone;
      if v_local::time < p_start then
        v_at := (v_local::date + p_start) at time zone v_time_zone;
      elsif v_local::time >= p_end then
        v_at := (v_local::date + 1 + p_start) at time zone v_time_zone;
      end if;
    end loop;
  end loop;
  return null;
end;
$$;

-- The time zone by whose clock it is p_at for a person in one of these: the first, if all of them have the same time
-- then. Null if they differ, if there is none, or if Postgres does not know one.
create function private.agreed_zone(p_time_zones text[], p_at timestamptz)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  v_time_zone text;
begin
  foreach v_time_zone in array p_time_zones loop
    if not private.is_time_zone(v_time_zone)
      or p_at at time zone v_time_zone <> p_at at time zone p_time_zones[1]
    then
      return null;
    end if;
  end loop;
  return p_time_zones[1];
end;
$$;

-- The time zones that a lead may be in: the one that is known, or those of the number.
create function private.zones_of_lead(p_lead public.leads)
returns text[]
language plpgsql
stable
set search_path = ''
as $$
begin
  return case
    when p_lead.time_zone is null then coalesce(p_lead.number_zones, '{}')
    else array[p_lead.time_zone]
  end;
end;
$$;

revoke execute on function private.is_calling_time(text[], time, time, timestamptz) from public, anon;
revoke execute on function private.next_calling_time(text[], time, time, timestamptz) from public, anon;
revoke execute on function private.agreed_zone(text[], timestamptz) from public, anon;
revoke execute on function private.zones_of_lead(public.leads) from public, anon;
grant execute on function private.is_calling_time(text[], time, time, timestamptz)
to authenticated, call_webhook;
grant execute on function private.next_calling_time(text[], time, time, timestamptz)
to authenticated, call_webhook;
grant execute on function private.agreed_zone(text[], timestamptz) to authenticated, call_webhook;
