"""The calls of the demo's year are what a business's calls may be, and its reports count them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from stack import demo_reports
from stack.demo_year import DemoCall, calls_until
from stack.settings import CHECKOUT
from tests.supabase.tenants import Connection, fetch

TODAY = date(2026, 11, 27)
SUCCESSES = ("booked", "interested")
YEAR = calls_until(TODAY)


def is_machine(call: DemoCall) -> bool:
    by_detection = call.outcome is None and (call.answered_by or "").startswith("machine")
    return call.status == "completed" and (call.outcome == "voicemail" or by_detection)


def is_connected(call: DemoCall) -> bool:
    return call.status == "completed" and not is_machine(call)


def rate(calls: list[DemoCall], counts: Callable[[DemoCall], bool]) -> float:
    return sum(map(counts, calls)) / len(calls)


def test_the_year_is_the_same_every_time_and_ends_yesterday() -> None:
    assert calls_until(TODAY) == YEAR
    assert 4000 < len(YEAR) < 6000
    assert len({call.number for call in YEAR}) == len(YEAR)
    assert YEAR[0].day < date(2025, 11, 1)
    # No holiday begins or ends on a workday.
    assert YEAR[-1].day == date(2026, 11, 26)
    weekend = calls_until(date(2026, 11, 30))
    assert weekend[-1].day == date(2026, 11, 27)
    assert {call.day.weekday() for call in YEAR} == set(range(5))
    assert len({call.country for call in YEAR}) == 3
    assert len({call.rep for call in YEAR}) == 4
    assert {call.campaign for call in YEAR} == {1, 3, 4, None}


@pytest.mark.parametrize("today", [TODAY, date(2027, 3, 15)])
def test_there_is_something_to_find(today: date) -> None:
    dials = [call for call in calls_until(today) if call.status != "blocked"]
    good: list[DemoCall] = []
    others: list[DemoCall] = []
    for call in dials:
        is_good = call.second // 3600 in (16, 17) and call.day.weekday() in (1, 2, 3)
        (good if is_good else others).append(call)
    assert rate(good, is_connected) > 1.5 * rate(others, is_connected)
    heat_pumps = [call for call in dials if call.campaign == 3]
    lately = [call for call in heat_pumps if call.day >= today - timedelta(days=28)]
    before = [call for call in heat_pumps if call.day < today - timedelta(days=28)]
    assert rate(lately, is_connected) < 0.75 * rate(before, is_connected)


@pytest.fixture(scope="module")
def some() -> list[DemoCall]:
    """The calls of some weeks, in which clocks change, and all that were handed over."""
    autumn, spring = (date(2025, 10, 24), date(2025, 11, 4)), (date(2026, 3, 6), date(2026, 4, 2))
    return [
        call
        for call in YEAR
        if call.helper or any(first <= call.day <= last for first, last in (autumn, spring))
    ]


@pytest.fixture
def demo(db: Connection, some: list[DemoCall]) -> Connection:
    db.execute((CHECKOUT / "supabase" / "seed.sql").read_bytes())
    demo_reports.write(db, some)
    return db


def rows(db: Connection) -> list[dict[str, object]]:
    return fetch(
        db,
        "select to_jsonb(call) - 'updated_at' as row from public.conversations as call"
        " union all select to_jsonb(leg) - '{created_at,updated_at}'::text[]"
        " from public.call_legs as leg"
        " union all select to_jsonb(hold) - 'id' from public.call_holds as hold"
        " order by 1",
    )


def test_its_rows_are_those_that_follow_from_its_ledger(demo: Connection) -> None:
    before = rows(demo)
    demo.execute(
        "do $$ declare the_call public.conversations; begin"
        " for the_call in select * from public.conversations loop"
        " perform private.derive_call(the_call); perform private.derive_answer(the_call);"
        " end loop; end $$"
    )
    assert rows(demo) == before
    # No trigger has checked a reference.
    for table, column, of in (
        ("conversations", "campaign_id", "campaigns"),
        ("call_legs", "conversation_id", "conversations"),
        ("call_events", "conversation_id", "conversations"),
    ):
        assert not fetch(
            demo,
            f"select from public.{table} as one where {column} is not null and not exists"
            f" (select from public.{of} as other where other.id = one.{column}"
            " and other.business_id = one.business_id)",
        )
    # Twilio is not asked about any of them.
    assert fetch(demo, "select from private.unsettled_calls") == []


def test_its_reports_count_what_was_made_up(demo: Connection, some: list[DemoCall]) -> None:
    made_up = {
        "calls": len(some),
        "refused": sum(call.status == "blocked" for call in some),
        "dials": sum(call.status != "blocked" for call in some),
        "answered": sum(call.status == "completed" for call in some),
        "machines": sum(map(is_machine, some)),
        "connected": sum(map(is_connected, some)),
        "conversations": sum(is_connected(call) and call.talk >= 60 for call in some),
        "successes": sum(is_connected(call) and call.outcome in SUCCESSES for call in some),
        "transferred": sum(call.helper is not None for call in some),
        "wrap_ups": sum(call.outcome is not None for call in some),
        "talk_seconds": sum(call.talk for call in some),
        "measured": sum(call.talk > 0 for call in some),
    }
    sums = ", ".join(f"sum({name})::integer as {name}" for name in made_up)
    assert fetch(demo, f"select {sums} from private.report_days") == [made_up]
    # Nothing is left for the scheduler, and pages can tell how far the reports are.
    assert fetch(demo, "select from private.fold_marks") == []
    [state] = fetch(demo, "select as_of from private.report_state")
    assert state["as_of"] is not None
