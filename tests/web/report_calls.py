"""Calls of March 2020 for the tests of reports: long before those of other tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg

from stack import Stack

ADDRESS = "#/reports?from=2020-03-02&to=2020-03-29"
# Of 40 dials an hour, from 9 to 12 on the clock of those who were called.
DIALS, REACHED = 160, 60
REACHED_AT_TEN, REACHED_AT_OTHERS = 36, 8

_BUSINESS = "b0000000-0000-4000-8000-000000000001"
_DANA, _ROBIN = (f"d0000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
_SOLAR, _HEAT = (f"e0000000-0000-4000-8000-00000000000{number}" for number in (1, 3))
# Winter time in California: 8 hours behind.
_NINE_O_CLOCK = datetime(2020, 3, 2, 17, tzinfo=UTC)
_CONVERSATION = """
insert into public.conversations (
  id, business_id, user_id, campaign_id, status, from_number, to_number, call_sid,
  begun_at, dialed_at, created_at, updated_at, answered_at, ended_at, duration_seconds,
  hold_seconds, bridge, is_plain, time_limit_seconds, outcome,
  to_country, lead_time_zone, lead_zone_is_estimate
)
values (
  %(id)s, %(business)s, %(user)s, %(campaign)s, %(status)s, '+14155550100', %(number)s, %(sid)s,
  %(at)s, %(at)s, %(at)s, %(at)s, %(answered_at)s, %(ended_at)s, %(talk)s,
  0, 'dial', true, 14400, %(outcome)s,
  'US', 'America/Los_Angeles', false
)
"""
_LEG = """
insert into public.call_legs (
  business_id, conversation_id, call_sid, role, status, initiated_at, answered_at, ended_at,
  duration_seconds, to_number
)
values (
  %(business)s, %(id)s, %(lead_sid)s, 'lead', %(status)s, %(at)s, %(answered_at)s, %(ended_at)s,
  %(talk)s, %(number)s
)
"""
_FORGET = b"delete from public.conversations where id::text like 'f0000000-0000-4000-8000-00007%'"
_FOLD = b"select private.fold_calls(1000)"


@contextmanager
def reported_calls(stack: Stack) -> Iterator[None]:
    """Dana's and Robin's calls, counted. Afterwards they are gone."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        with connection.transaction(), connection.cursor() as cursor:
            calls = [_call(number) for number in range(DIALS)]
            cursor.executemany(_CONVERSATION, calls)
            cursor.executemany(_LEG, calls)
        _fold(connection)
        try:
            yield
        finally:
            connection.execute(_FORGET)
            _fold(connection)


def _fold(connection: psycopg.Connection) -> None:
    """Counts all changes. The stack's scheduler may be counting at this moment."""
    while connection.execute(b"select exists (select from private.fold_marks)").fetchone() == (
        True,
    ):
        connection.execute(_FOLD)


def _call(number: int) -> dict[str, object]:
    # Each hour has the calls of four weeks, two on each weekday.
    hour, step = divmod(number, 40)
    days = step % 20
    at = _NINE_O_CLOCK + timedelta(days=days + days // 5 * 2, hours=hour, minutes=step)
    if at.date().isoformat() >= "2020-03-08":
        # Summer time has begun.
        at -= timedelta(hours=1)
    is_reached = step < (REACHED_AT_TEN if hour == 1 else REACHED_AT_OTHERS)
    answered_at = at + timedelta(seconds=10) if is_reached else None
    talk = 90 if is_reached else 0
    return {
        "id": f"f0000000-0000-4000-8000-{70_000_000 + number:012}",
        "business": _BUSINESS,
        "user": _ROBIN if step % 4 == 3 else _DANA,
        "campaign": _HEAT if step % 2 else _SOLAR,
        "status": "completed" if is_reached else "no-answer",
        "number": f"+1212555{number:04}",
        "sid": f"CA{70_000_000 + number:032}",
        "lead_sid": f"CA{80_000_000 + number:032}",
        "at": at,
        "answered_at": answered_at,
        "ended_at": at + timedelta(seconds=10 + talk),
        "talk": talk,
        "outcome": ("interested" if step % 4 else "not_interested") if is_reached else None,
    }
