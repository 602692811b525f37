"""The facts of a business straight from the rows of its calls: the definitions of docs/metrics.md
once more, without a fold. And its sums, from the facts."""

from __future__ import annotations

from tests.supabase.tenants import Connection

# %(business_id)s. Of each call, in the order of the columns of call_facts.
RAW_FACTS = """
with calls as (
  select
    c.*, b.time_zone, b.conversation_seconds,
    c.status <> 'blocked' and exists (
      select from public.call_legs l where l.conversation_id = c.id and l.role = 'lead'
    ) as is_dial,
    (select o.is_success from public.outcomes o
      where o.business_id = c.business_id and o.key = c.outcome) as is_success,
    exists (
      select from public.call_legs l
      where l.conversation_id = c.id and l.role = 'lead' and l.dropped_at is not null
    ) or coalesce(c.outcome, '') = 'voicemail'
      or (c.outcome is null and coalesce(c.answered_by like any('{machine%%,fax%%}'), false))
      as is_machine,
    exists (
      select from public.call_legs l
      where l.conversation_id = c.id and l.user_id is distinct from c.user_id
        and l.answered_at is not null and (
          l.asked_for = 'cold'
          or exists (select from public.call_actions a
            where a.call_leg_id = l.id and a.action = 'complete' and a.result = 'done')
        )
    ) as is_transferred,
    (select q.grade from public.call_quality q
      where q.conversation_id = c.id and q.call_sid = c.call_sid) as grade,
    extract(epoch from (select min(h.changed_at) from public.conversation_changes h
      where h.conversation_id = c.id and h.changed_by is not null
        and h.after -> 'outcome' <> 'null') - c.ended_at) as wrap_up,
    extract(epoch from c.answered_at - c.dialed_at) as ring,
    case when c.lead_time_zone in (select name from pg_timezone_names)
      then c.created_at at time zone c.lead_time_zone end as lead_time
  from public.conversations c join public.businesses b on b.id = c.business_id
  where c.business_id = %(business_id)s and c.ended_at is not null
),
judged as (
  select
    calls.*, is_dial and answered_at is not null as is_answered,
    is_dial and answered_at is not null and not is_machine as is_connected,
    is_dial and wrap_up between 0 and 1800 as has_wrap_up,
    case when is_dial and to_number is not null then private.subscriber(to_number) end as dialled
  from calls
),
placed as (
  select
    id,
    row_number() over w as attempt,
    coalesce(bool_or(is_connected) over (w rows between unbounded preceding and 1 preceding), false)
      as reached_before
  from judged where dialled is not null
  window w as (partition by dialled order by created_at, id)
)
select
  id, business_id, user_id, campaign_id, created_at,
  (created_at at time zone time_zone)::date, to_country,
  extract(isodow from lead_time)::int, extract(hour from lead_time)::int,
  coalesce(lead_zone_is_estimate, false) and lead_time is not null, outcome,
  attempt::int, reached_before,
  1, (status = 'blocked')::int, is_dial::int, is_answered::int, (is_answered and is_machine)::int,
  is_connected::int, (is_connected and duration_seconds >= conversation_seconds)::int,
  (is_connected and coalesce(is_success, false))::int, (is_answered and outcome is null)::int,
  (is_answered and is_transferred)::int,
  case when is_answered then duration_seconds else 0 end,
  case when is_answered then hold_seconds else 0 end,
  (is_answered and coalesce(ring >= 0, false))::int,
  case when is_answered and ring >= 0 then floor(ring)::int else 0 end,
  coalesce(has_wrap_up, false)::int, case when has_wrap_up then floor(wrap_up)::int else 0 end,
  (grade is not null)::int, coalesce(grade = 'fair', false)::int,
  coalesce(grade = 'poor', false)::int, (is_connected and reached_before is false)::int
from judged left join placed using (id)
"""

_ALL = (
    "calls", "refused", "dials", "answered", "machines", "connected", "conversations", "successes",
    "undescribed", "transferred", "talk_seconds", "hold_seconds", "rings", "ring_seconds",
    "wrap_ups", "wrap_up_seconds", "measured", "fair", "poor", "leads_reached",
)  # fmt: skip
_KEYS = "business_id, day, user_id, campaign_id, country"

# By table: its further keys, its sums, and of which facts.
_SUMS: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "report_days": ({}, {name: name for name in _ALL}, "public.call_facts"),
    "report_outcomes": (
        {"outcome": "outcome"},
        {name: name for name in ("calls", "connected", "talk_seconds")},
        "public.call_facts",
    ),
    "report_hours": (
        {
            "lead_weekday": "lead_weekday",
            "lead_hour": "lead_hour",
            "is_first_attempt": "attempt = 1",
        },
        {name: name for name in ("dials", "answered", "connected", "conversations", "successes")}
        | {"estimated": "zone_is_estimate::int"},
        "public.call_facts where dials = 1",
    ),
    "report_attempts": (
        {"attempt": "least(attempt, 20)"},
        {
            "dials": "dials",
            "connected": "connected",
            "unreached": "(not reached_before)::int",
            "first_reaches": "leads_reached",
        },
        "public.call_facts where dials = 1 and attempt is not null",
    ),
    "report_people": (
        {},
        {"helped": "1", "helped_seconds": "helped_seconds"},
        "public.call_helpers",
    ),
}


def wrong_sums(db: Connection) -> list[tuple[object, ...]]:
    """The rows of sums that are not the sums of the facts: one too many or one missing."""
    wrong: list[tuple[object, ...]] = []
    for table, (keys, sums, source) in _SUMS.items():
        columns = ", ".join([_KEYS, *keys, *sums])
        must_be = (
            f"select {', '.join([_KEYS, *keys.values()])},"
            f" {', '.join(f'sum({each})' for each in sums.values())}"
            f" from {source} group by {', '.join([_KEYS, *keys.values()])}"
        )
        wrong += db.execute(
            f"select '{table}', * from ((select {columns} from private.{table} except {must_be})"
            f" union all ({must_be} except select {columns} from private.{table}))"
            " as wrong".encode()
        ).fetchall()
    return wrong
