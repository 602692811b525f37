-- The numbers of a report: docs/metrics.md says what each of them means.
set lock_timeout = '2s';

-- What is summed up: the columns of call_facts and of its roll-ups.
create function private.report_measures()
returns text[]
language plpgsql
immutable
set search_path = ''
as $$
begin
  return '{
    calls,refused,dials,answered,machines,connected,conversations,successes,undescribed,talk_seconds,
    hold_seconds,ring_seconds,rings,wrap_up_seconds,wrap_ups,transferred,measured,fair,poor,leads_reached
  }';
end;
$$;

-- Their sums as SQL, for a statement over rows that have them. p_filter: the FILTER clause of each sum.
create function private.report_sums(p_filter text default '')
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (
    select string_agg(format('coalesce(sum(%1$I) %2$s, 0)::bigint as %1$I', measure, p_filter), ', ')
    from unnest(private.report_measures()) as measure
  );
end;
$$;

-- What follows from the sums, as SQL for a statement over rows that have them: shares with 4 decimals, and averages
-- in seconds with one. Each is null if nothing is there of which it would be a part.
create function private.report_rates()
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return (
    select string_agg(
      format('round(%I::numeric / nullif(%I, 0), %s) as %I', rates.part, rates.whole, rates.decimals, rates.name),
      ', '
    )
    from (
      values
        ('answer_rate', 'answered', 'dials', 4),
        ('connect_rate', 'connected', 'dials', 4),
        ('conversation_rate', 'conversations', 'connected', 4),
        ('success_rate', 'successes', 'connected', 4),
        ('success_of_dials', 'successes', 'dials', 4),
        ('average_talk_seconds', 'talk_seconds', 'answered', 1),
        ('average_ring_seconds', 'ring_seconds', 'rings', 1),
        ('average_wrap_up_seconds', 'wrap_up_seconds', 'wrap_ups', 1),
        ('poor_rate', 'poor', 'measured', 4)
    ) as rates (name, part, whole, decimals)
  );
end;
$$;

revoke execute on function private.report_measures() from public, anon;
revoke execute on function private.report_sums(text) from public, anon;
revoke execute on function private.report_rates() from public, anon;
grant execute on function private.report_measures() to authenticated;
grant execute on function private.report_sums(text) to authenticated;
grant execute on function private.report_rates() to authenticated;
