-- How many leads of a queue are where.
set lock_timeout = '2s';

-- The latest counts of large queues. Everybody who looks at such a queue shares them for some seconds.
create table private.queue_counts (
  campaign_id uuid primary key references public.campaigns (id) on delete cascade,
  counts jsonb not null,
  counted_at timestamptz not null,
  fresh_until timestamptz not null
);

alter table private.queue_counts enable row level security;

-- Functions read it with their owner's rights. This is what others could see, if they had the grant.
create policy "members can read the counts of their queues"
on private.queue_counts for select to authenticated
using (campaign_id = any(array(select campaigns.id from public.campaigns)));

revoke all on private.queue_counts from public, anon, authenticated, service_role;

-- Counts a queue: {"due", "waiting": {reason: n}, "leased", "paused", "done": {reason: n}}. Who waited until now is
-- due, even if next_lead has not looked at them since. Each part is in an index of its own.
create function private.count_queue(p_campaign_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'due', (
      select count(*) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and queue_entries.is_due
    ) + (
      select count(*) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and not queue_entries.is_due
        and queue_entries.call_back_at is null
        and queue_entries.next_at <= now()
    ) + (
      select count(*) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and queue_entries.call_back_at is not null
        and queue_entries.next_at <= now()
    ),
    'waiting', (
      select coalesce(jsonb_object_agg(reasons.reason, reasons.number), '{}')
      from (
        select coalesce(waiting.wait_reason, 'retry') as reason, count(*) as number
        from (
          select queue_entries.wait_reason
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'ready'
            and not queue_entries.is_due
            and queue_entries.call_back_at is null
            and queue_entries.next_at > now()

          union all

          select queue_entries.wait_reason
          from public.queue_entries
          where queue_entries.campaign_id = p_campaign_id
            and queue_entries.state = 'ready'
            and queue_entries.call_back_at is not null
            and queue_entries.next_at > now()
        ) as waiting
        group by 1
      ) as reasons
    ),
    'leased', (
      select count(*) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id and queue_entries.state = 'leased'
    ),
    'paused', (
      select count(*) from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id and queue_entries.state = 'paused'
    ),
    'done', (
      select coalesce(jsonb_object_agg(reasons.done_reason, reasons.number), '{}')
      from (
        select queue_entries.done_reason, count(*) as number
        from public.queue_entries
        where queue_entries.campaign_id = p_campaign_id and queue_entries.state = 'done'
        group by queue_entries.done_reason
      ) as reasons
    )
  );
end;
$$;

-- {"counts", "counted_at"}. A queue of up to 2,000 leads is counted each time. Counts of a larger one are kept for 50
-- times as long as the counting took: so counting takes 2 % of one core at most, however many people look.
create function private.counts_of_queue(p_campaign_id uuid)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  c_small constant integer := 2000;
  c_share constant integer := 50;
  v_begun constant timestamptz := clock_timestamp();
  v_kept private.queue_counts;
  v_counts jsonb;
begin
  select * into v_kept from private.queue_counts where queue_counts.campaign_id = p_campaign_id;
  if v_kept.fresh_until > v_begun
    -- Of several people, one counts.
    or (v_kept.campaign_id is not null
      and not pg_try_advisory_xact_lock(hashtextextended('count:' || p_campaign_id::text, 0))) then
    return jsonb_build_object('counts', v_kept.counts, 'counted_at', v_kept.counted_at);
  end if;

  v_counts := private.count_queue(p_campaign_id);
  if exists (
    select from public.queue_entries
    where queue_entries.campaign_id = p_campaign_id
    offset c_small limit 1
  ) then
    insert into private.queue_counts as kept (campaign_id, counts, counted_at, fresh_until)
    values (
      p_campaign_id, v_counts, v_begun,
      clock_timestamp()
      + least(greatest((clock_timestamp() - v_begun) * c_share, interval '1 second'), interval '1 minute')
    )
    on conflict (campaign_id) do update set
      counts = excluded.counts,
      counted_at = excluded.counted_at,
      fresh_until = excluded.fresh_until;
  elsif v_kept.campaign_id is not null then
    delete from private.queue_counts where queue_counts.campaign_id = p_campaign_id;
  end if;
  return jsonb_build_object('counts', v_counts, 'counted_at', v_begun);
end;
$$;

-- When the next lead of a queue who waits is due; null if none waits.
create function private.next_due_at(p_campaign_id uuid)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
begin
  return least(
    (
      select queue_entries.next_at
      from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and not queue_entries.is_due
        and queue_entries.call_back_at is null
        and queue_entries.next_at > now()
      order by queue_entries.next_at
      limit 1
    ),
    (
      select queue_entries.next_at
      from public.queue_entries
      where queue_entries.campaign_id = p_campaign_id
        and queue_entries.state = 'ready'
        and queue_entries.call_back_at is not null
        and queue_entries.next_at > now()
      order by queue_entries.next_at
      limit 1
    )
  );
end;
$$;

revoke execute on function private.count_queue(uuid) from public, anon;
revoke execute on function private.counts_of_queue(uuid) from public, anon;
revoke execute on function private.next_due_at(uuid) from public, anon;
