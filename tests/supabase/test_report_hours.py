"""The dials of a period by the hour at the lead's, and by how often the number was dialled."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.counted_calls import REACHED, REFUSED, TALKED, UNANSWERED, add_call
from tests.supabase.tenants import Connection, add_tenant, attempt, fetch, new_call_sid

YEAR = ("2026-01-01", "2026-12-31")
SUCCESS = TALKED | {"successes": 1}
NO_BEST: dict[str, Any] = dict.fromkeys(("dials", "rate", "estimate", "low", "high"))


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


@pytest.fixture
def manager(desk: Desk) -> uuid.UUID:
    return desk.colleague("manager")


def hours(
    desk: Desk,
    attempts: str = "all",
    period: tuple[str, str] = YEAR,
    filters: object = None,
    *,
    by: uuid.UUID | None = None,
) -> Any:
    return desk.ask(
        "report_hours", desk.tenant.business_id, *period, attempts, Jsonb(filters or {}), by=by
    )


def attempts(desk: Desk, filters: object = None, *, by: uuid.UUID | None = None) -> Any:
    return desk.ask("report_attempts", desk.tenant.business_id, *YEAR, Jsonb(filters or {}), by=by)


def dial(desk: Desk, weekday: int | None, hour: int | None, **more: Any) -> None:
    """A dial at this time of the lead's, which had no answer unless ``more`` says otherwise. It is
    the first to its number."""
    facts = {"lead_weekday": weekday, "lead_hour": hour, "attempt": 1, "reached_before": False}
    add_call(desk, **facts | more)


def dialled_times(report: Any) -> dict[tuple[int, int], int]:
    return {(cell["weekday"], cell["hour"]): cell["dials"] for cell in report["cells"]}


def test_dials_are_told_by_weekday_and_hour(desk: Desk) -> None:
    for numbers in (UNANSWERED, UNANSWERED, REACHED, TALKED, SUCCESS):
        dial(desk, 2, 9, numbers=numbers)
    dial(desk, 2, 9, numbers={"dials": 1, "answered": 1, "machines": 1}, zone_is_estimate=True)
    dial(desk, 4, 9, zone_is_estimate=True)
    dial(desk, None, None)
    dial(desk, None, None, numbers=TALKED)
    dial(desk, 1, 8, numbers=REFUSED)
    report = hours(desk)
    assert {name: report[name] for name in report if name not in ("cells", "by_hour")} == {
        "best": {"said": "not_enough_calls", "weekday": None, "hour": None} | NO_BEST,
        "by_weekday": report["by_weekday"],
        "overall_rate": 0.4286,
        "dials": 7,
        "unknown_dials": 2,
        "estimated_dials": 2,
    }
    tuesday, thursday = report["cells"]
    assert tuesday == {
        "weekday": 2,
        "hour": 9,
        "dials": 6,
        "answered": 4,
        "connected": 3,
        "conversations": 2,
        "successes": 1,
        "rate": 0.5,
        # 3 of 7 connected: (3 + 20 * 3 / 7) / 26.
        "estimate": 0.4451,
        "low": tuesday["low"],
        "high": tuesday["high"],
        "is_enough": False,
        "is_better": False,
    }
    assert (thursday["weekday"], thursday["dials"], thursday["rate"]) == (4, 1, 0)
    (nine,) = report["by_hour"]["cells"]
    assert (nine["hour"], nine["dials"], nine["connected"]) == (9, 7, 3)
    assert [day["weekday"] for day in report["by_weekday"]["cells"]] == [2, 4]
    assert report["by_weekday"]["best"] == {"said": "not_enough_calls", "weekday": None} | NO_BEST


def test_first_attempts_are_told_apart(desk: Desk) -> None:
    dial(desk, 1, 9)
    dial(desk, 1, 10, attempt=2)
    # Nobody knows the number any more.
    dial(desk, 1, 11, attempt=None, reached_before=None)
    assert dialled_times(hours(desk, "first")) == {(1, 9): 1}
    assert dialled_times(hours(desk, "all")) == {(1, 9): 1, (1, 10): 1, (1, 11): 1}


def test_a_good_campaign_does_not_make_its_hour_good(desk: Desk) -> None:
    def fill(campaign: uuid.UUID, hour: int, dials: int, connected: int) -> None:
        desk.db.execute(
            "insert into private.report_hours (business_id, day, user_id, campaign_id, country,"
            " lead_weekday, lead_hour, is_first_attempt, dials, answered, connected,"
            " conversations, successes, estimated)"
            " values (%s, '2026-03-04', %s, %s, 'US', 3, %s, true, %s, %s, %s, 0, 0, 0)",
            (desk.tenant.business_id, desk.tenant.user_id, campaign, hour, dials, connected,
             connected),
        )  # fmt: skip

    good, bad = desk.add_campaign("Good"), desk.add_campaign("Bad")
    # The good campaign is dialled at nine, most of all, and connects at nine as at any other time.
    fill(good, 9, 300, 120)
    for hour in range(10, 16):
        fill(good, hour, 20, 8)
        fill(bad, hour, 200, 20)
    assert hours(desk)["best"]["said"] == "no_difference"
    fill(bad, 9, 100, 40)
    best = hours(desk)["best"]
    assert (best["said"], best["weekday"], best["hour"], best["dials"]) == ("best", 3, 9, 400)


@pytest.mark.parametrize(
    ("zone", "at", "time"),
    [
        # Clocks go forward at 01:00 UTC: from 1:59 to 3:00.
        ("Europe/Berlin", "2026-03-29T00:59:59Z", (7, 1)),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", (7, 3)),
        # And back: both are in the hour from two to three.
        ("Europe/Berlin", "2026-10-25T00:30:00Z", (7, 2)),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", (7, 2)),
        ("America/New_York", "2026-11-01T05:30:00Z", (7, 1)),
        ("America/New_York", "2026-11-01T06:30:00Z", (7, 1)),
        ("America/New_York", "2026-03-08T06:59:59Z", (7, 1)),
        ("America/New_York", "2026-03-08T07:00:00Z", (7, 3)),
        # A clock that is 5:45 ahead, and two of another date.
        ("Asia/Kathmandu", "2026-05-04T18:20:00Z", (2, 0)),
        ("Pacific/Kiritimati", "2026-05-03T10:00:00Z", (1, 0)),
        ("Pacific/Honolulu", "2026-05-04T09:59:59Z", (7, 23)),
    ],
)
def test_a_dial_is_counted_by_the_clock_of_the_lead(
    desk: Desk, zone: str, at: str, time: tuple[int, int]
) -> None:
    local = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
    assert (local.isoweekday(), local.hour) == time
    # By the clock of the business, which nobody has, it is another day.
    desk.db.execute(
        "update public.businesses set time_zone = 'Pacific/Apia' where id = %s",
        (desk.tenant.business_id,),
    )
    call = ended_call(desk, at, zone)
    desk.db.execute("select private.count_calls(array[%s]::uuid[])", (call,))
    day = datetime.fromisoformat(at).astimezone(ZoneInfo("Pacific/Apia")).date().isoformat()
    report = hours(desk, "first", (day, day))
    assert dialled_times(report) == {time: 1}
    assert (report["estimated_dials"], report["unknown_dials"]) == (1, 0)


def ended_call(desk: Desk, at: str, zone: str) -> uuid.UUID:
    """A call without an answer at this time, to a number in this zone."""
    (call,) = fetch(
        desk.db,
        "insert into public.conversations (business_id, user_id, status, to_number, call_sid,"
        " begun_at, dialed_at, ended_at, duration_seconds, created_at, lead_time_zone,"
        " lead_zone_is_estimate)"
        " values (%s, %s, 'no-answer', %s, %s, %s, %s, %s, 0, %s, %s, true)"
        " returning id, business_id, call_sid",
        desk.tenant.business_id, desk.tenant.user_id, desk.tenant.lead_number, new_call_sid(),
        at, at, at, at, zone,
    )  # fmt: skip
    desk.db.execute(
        "insert into public.call_legs (business_id, conversation_id, call_sid, role, status)"
        " values (%s, %s, %s, 'lead', 'no-answer')",
        (call["business_id"], call["id"], new_call_sid()),
    )
    call_id: uuid.UUID = call["id"]
    return call_id


def test_attempts_are_told_until_numbers_are_reached(desk: Desk) -> None:
    def place(attempt: int, times: int, first_reaches: int, reached_before: bool = False) -> None:
        for place in range(times):
            reaches = place < first_reaches
            add_call(
                desk,
                numbers=(REACHED | {"leads_reached": 1}) if reaches else UNANSWERED,
                attempt=attempt,
                reached_before=reached_before,
            )

    place(1, 8, 2)
    place(2, 5, 2)
    # Who was reached before is no failed attempt.
    place(2, 3, 0, reached_before=True)
    place(4, 1, 1)
    place(20, 1, 0)
    place(37, 2, 1)
    report = attempts(desk)
    assert report["attempts"] == [
        told(1, dials=8, connected=2, unreached=8, first_reaches=2, reach_rate=0.25),
        told(2, dials=8, connected=2, unreached=5, first_reaches=2, reach_rate=0.4),
        told(4, dials=1, connected=1, unreached=1, first_reaches=1, reach_rate=1),
        told(20, dials=3, connected=1, unreached=3, first_reaches=1, reach_rate=0.3333),
    ]
    # Of six who were reached, the third was by the second attempt.
    assert (report["numbers"], report["reached"], report["median_attempts"]) == (8, 6, 2)


def told(attempt: int, **numbers: float) -> dict[str, float]:
    return {"attempt": attempt, **numbers}


def test_attempts_of_nobody_who_was_unreached_have_no_rate(desk: Desk) -> None:
    add_call(desk, numbers=REACHED, attempt=3, reached_before=True)
    assert attempts(desk) == {
        "attempts": [
            told(3, dials=1, connected=1, unreached=0, first_reaches=0) | {"reach_rate": None}
        ],
        "numbers": 0,
        "reached": 0,
        "median_attempts": None,
    }


def test_reps_see_their_own_managers_all_and_others_nothing(desk: Desk, manager: uuid.UUID) -> None:
    colleague = desk.colleague()
    dial(desk, 1, 9)
    dial(desk, 2, 9, by=colleague, campaign_id=desk.tenant.campaign_id, country="GB")
    assert dialled_times(hours(desk)) == {(1, 9): 1}
    assert dialled_times(hours(desk, by=manager)) == {(1, 9): 1, (2, 9): 1}
    for filters in (
        {"user_ids": [str(colleague)]},
        {"campaign_ids": [str(desk.tenant.campaign_id)]},
        {"countries": ["GB"]},
    ):
        assert dialled_times(hours(desk, filters=filters, by=manager)) == {(2, 9): 1}
        assert attempts(desk, filters, by=manager)["numbers"] == 1
        assert dialled_times(hours(desk, filters=filters)) == {}
        assert attempts(desk, filters)["numbers"] == 0
    stranger = add_tenant(desk.db, 2).user_id
    assert hours(desk, by=stranger) is None
    assert attempts(desk, by=stranger) is None


def test_a_period_without_calls_says_so(desk: Desk) -> None:
    dial(desk, 1, 9)
    nothing: dict[str, Any] = {"cells": [], "best": {"said": "not_enough_calls"} | NO_BEST}
    assert hours(desk, period=("2027-01-01", "2027-01-31")) == {
        "cells": [],
        "best": nothing["best"] | {"weekday": None, "hour": None},
        "by_hour": nothing | {"best": nothing["best"] | {"hour": None}},
        "by_weekday": nothing | {"best": nothing["best"] | {"weekday": None}},
        "overall_rate": None,
        "dials": 0,
        "unknown_dials": 0,
        "estimated_dials": 0,
    }


@pytest.mark.parametrize("said", ["", "second", None])
def test_attempts_are_first_or_all(desk: Desk, said: Any) -> None:
    with attempt(desk.db), pytest.raises(psycopg.DataError, match="p_attempts is first or all"):
        hours(desk, said)
