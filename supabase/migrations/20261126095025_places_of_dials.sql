-- Which dial to its number a call is: attempts, and who was reached for the first time.
set lock_timeout = '2s';

-- A dial's place among those of the business to the same subscriber.
create type private.place_of_dial as (
  conversation_id uuid,
  attempt integer,
  reached_before boolean
);

-- The places that differ from what call_facts has, after these calls were counted: of themselves, and of the later
-- dials to the same numbers.
-- An earlier dial that is not counted yet has a mark, and its turn comes: then all later ones are counted again.
create function private.places_of_dials(p_conversation_ids uuid[])
returns setof private.place_of_dial
language plpgsql
stable
-- A wrong estimate must not read all rows of all businesses.
set enable_seqscan = off
set search_path = ''
as $$
declare
  -- All further dials have this place. Of a number that is dialled all day to try something out, one correction must
  -- not write all of them again.
  c_most constant integer := 1000;
begin
  return query
  with numbers as materialized (
    select
      conversations.business_id,
      private.subscriber(conversations.to_number) as subscriber,
      min(conversations.created_at) as since
    from unnest(p_conversation_ids) as asked (id)
    join public.conversations on conversations.id = asked.id
    where conversations.business_id is not null and conversations.to_number is not null
    group by 1, 2
  ),

  dials as (
    select
      call_facts.*,
      least(c_most, coalesce(before.attempt, 0) + row_number() over in_order) as place,
      coalesce(before.is_reached, false)
      or coalesce(bool_or(call_facts.connected > 0) over earlier, false) as is_reached_before
    from numbers
    join public.conversations
      on conversations.business_id = numbers.business_id
      and private.subscriber(conversations.to_number) = numbers.subscriber
      and conversations.created_at >= numbers.since
    join public.call_facts on call_facts.conversation_id = conversations.id and call_facts.dials > 0
    left join lateral (
      select facts.attempt, facts.reached_before or facts.connected > 0 as is_reached
      from public.conversations as earlier
      join public.call_facts as facts on facts.conversation_id = earlier.id
      where earlier.business_id = numbers.business_id
        and private.subscriber(earlier.to_number) = numbers.subscriber
        and earlier.created_at < numbers.since
        and facts.attempt is not null
      order by earlier.created_at desc, earlier.id desc
      limit 1
    ) as before on true
    window
      in_order as (
        partition by numbers.business_id, numbers.subscriber
        order by conversations.created_at, conversations.id
      ),
      earlier as (in_order rows between unbounded preceding and 1 preceding)
  )

  select dials.conversation_id, dials.place::integer, dials.is_reached_before
  from dials
  where (dials.attempt, dials.reached_before, dials.leads_reached) is distinct from (
    dials.place, dials.is_reached_before, (dials.connected > 0 and not dials.is_reached_before)::integer
  );
end;
$$;

revoke execute on function private.places_of_dials(uuid[]) from public, anon;
