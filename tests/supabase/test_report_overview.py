"""The numbers of a period, of the period before, and of its days, weeks and months."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.counted_calls import (
    NOTHING,
    REACHED,
    REFUSED,
    TALKED,
    UNANSWERED,
    add_call,
)
from tests.supabase.tenants import Connection, add_tenant, attempt

MARCH = ("2026-03-01", "2026-03-31")


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


@pytest.fixture
def manager(desk: Desk) -> uuid.UUID:
    return desk.colleague("manager")


def overview(
    desk: Desk,
    period: tuple[str, str] = MARCH,
    by: str = "day",
    week_start: int = 1,
    filters: object = None,
    *,
    reader: uuid.UUID | None = None,
) -> Any:
    return desk.ask(
        "report_overview", desk.tenant.business_id, *period, by, week_start, Jsonb(filters or {}),
        by=reader,
    )  # fmt: skip


def days(trend: list[dict[str, Any]], number: str = "dials") -> dict[str, int]:
    """By key, where there is some."""
    return {line["key"]: line[number] for line in trend if line[number]}


def test_the_totals_are_the_sums_and_their_rates(desk: Desk) -> None:
    add_call(desk, numbers=REFUSED)
    add_call(desk, numbers=UNANSWERED)
    add_call(desk, numbers=UNANSWERED | {"measured": 1, "poor": 1})
    add_call(desk, numbers=REACHED | {"measured": 1, "wrap_ups": 1, "wrap_up_seconds": 25})
    add_call(desk, numbers=TALKED | {"successes": 1, "measured": 1, "fair": 1, "leads_reached": 1})
    add_call(desk, numbers=REACHED | {"connected": 0, "machines": 1, "undescribed": 1})
    add_call(desk, "2026-02-28T23:59:59Z", TALKED)
    add_call(desk, "2026-04-01T00:00:00Z", TALKED)
    answer = overview(desk)
    assert answer["totals"] == {
        "days": 31,
        "calls": 6, "refused": 1, "dials": 5, "answered": 3, "machines": 1, "connected": 2,
        "conversations": 1, "successes": 1, "undescribed": 1, "leads_reached": 1, "transferred": 0,
        "talk_seconds": 150, "hold_seconds": 0, "rings": 3, "ring_seconds": 12,
        "wrap_ups": 1, "wrap_up_seconds": 25, "measured": 3, "fair": 1, "poor": 1,
        "answer_rate": 0.6, "connect_rate": 0.4, "conversation_rate": 0.5, "success_rate": 0.5,
        "success_of_dials": 0.2, "average_talk_seconds": 50.0, "average_ring_seconds": 4.0,
        "average_wrap_up_seconds": 25.0, "poor_rate": 0.3333,
    }  # fmt: skip
    assert answer["before"]["conversations"] == 1
    assert days(answer["trend"]) == {"2026-03-04": 5}
    assert days(answer["trend_before"]) == {"2026-02-28": 1}


def test_a_report_says_what_it_is_about(desk: Desk) -> None:
    desk.db.execute(
        "update public.businesses set time_zone = 'Asia/Tokyo', conversation_seconds = 90"
        " where id = %s",
        (desk.tenant.business_id,),
    )
    desk.db.execute("update private.report_state set as_of = '2026-03-31T10:00:00Z'")
    answer = overview(desk)
    about = {key: answer[key] for key in answer if key not in ("totals", "before", "trend")}
    assert about.pop("trend_before")
    assert about == {
        "from": "2026-03-01",
        "to": "2026-03-31",
        "before_from": "2026-01-29",
        "before_to": "2026-02-28",
        "time_zone": "Asia/Tokyo",
        "conversation_seconds": 90,
        "as_of": answer["as_of"],
    }
    assert answer["as_of"].startswith("2026-03-31T10:00:00")


def test_days_without_calls_are_there_and_a_rate_of_nothing_is_null(desk: Desk) -> None:
    answer = overview(desk, ("2024-02-28", "2024-03-01"))
    empty = [NOTHING | {"days": 1, "key": f"2024-{day}"} for day in ("02-28", "02-29", "03-01")]
    assert answer["trend"] == empty
    assert answer["totals"] == answer["before"] == NOTHING | {"days": 3}


@pytest.mark.parametrize(
    ("by", "week_start", "expected"),
    [
        # 1 March 2026 is a Sunday.
        ("week", 0, [("2026-02-26", 3), ("2026-03-01", 7), ("2026-03-08", 5)]),
        ("week", 1, [("2026-02-26", 4), ("2026-03-02", 7), ("2026-03-09", 4)]),
        ("week", 4, [("2026-02-26", 7), ("2026-03-05", 7), ("2026-03-12", 1)]),
        ("month", 1, [("2026-02-26", 3), ("2026-03-01", 12)]),
    ],
)
def test_a_week_begins_on_its_day_and_a_line_says_how_many_of_its_days_are_in_the_period(
    desk: Desk, by: str, week_start: int, expected: list[tuple[str, int]]
) -> None:
    period = ("2026-02-26", "2026-03-12")
    for day in range(1, 13):
        add_call(desk, f"2026-03-{day:02}T12:00:00Z")
    for day in range(25, 29):
        add_call(desk, f"2026-02-{day}T12:00:00Z")
    answer = overview(desk, period, by, week_start)
    # A call on each day.
    told = [(line["key"], line["days"], line["dials"]) for line in answer["trend"]]
    assert told == [(key, number, number) for key, number in expected]
    # The lines before have as many days, each 15 days earlier.
    assert [line["days"] for line in answer["trend_before"]] == [number for _, number in expected]
    assert (answer["trend_before"][0]["key"], answer["trend_before"][0]["dials"]) == (
        "2026-02-11", 0,
    )  # fmt: skip
    assert days(answer["trend_before"]) == {answer["trend_before"][-1]["key"]: 1}


def test_the_clock_of_whoever_asks_does_not_matter(desk: Desk) -> None:
    add_call(desk, "2026-03-01T00:00:00Z")
    add_call(desk, "2026-03-31T23:59:59Z")
    told = overview(desk, by="week")
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        desk.db.execute(f"set local timezone = '{zone}'")
        told.pop("as_of"), (again := overview(desk, by="week")).pop("as_of")
        assert again == told
        told = again | {"as_of": None}


def test_filters_are_all_asked_for_and_null_is_without(desk: Desk, manager: uuid.UUID) -> None:
    colleague, other = desk.colleague(), desk.add_campaign()
    first = desk.tenant.campaign_id
    add_call(desk, campaign_id=first, country="US")
    add_call(desk, campaign_id=first, country="GB", by=colleague)
    add_call(desk, campaign_id=other, country="US", by=colleague)
    add_call(desk, country="US")
    add_call(desk)

    def dials(**filters: object) -> int:
        number: int = overview(desk, filters=filters, reader=manager)["totals"]["dials"]
        return number

    assert dials() == 5
    assert dials(campaign_ids=[str(first)]) == 2
    assert dials(campaign_ids=[str(first).upper(), str(other), str(first)]) == 3
    assert dials(campaign_ids=[None]) == 2
    assert dials(campaign_ids=[None, str(other)]) == 3
    assert dials(user_ids=[str(colleague)]) == 2
    assert dials(countries=["US"]) == 3
    assert dials(countries=[None, "GB"]) == 2
    assert dials(countries=["US"], user_ids=[str(colleague)], campaign_ids=[str(first)]) == 0
    # Nothing is left out.
    assert dials(countries=[], user_ids=[], campaign_ids=[]) == 5
    stranger = add_tenant(desk.db, 2)
    assert dials(campaign_ids=[str(stranger.campaign_id)], user_ids=[str(stranger.user_id)]) == 0


def test_agents_see_their_own_numbers_managers_all_and_others_nothing(
    desk: Desk, manager: uuid.UUID
) -> None:
    colleague, stranger = desk.colleague(), Desk(desk.db, add_tenant(desk.db, 2))
    add_call(desk)
    add_call(desk, by=colleague)
    add_call(desk, by=colleague)
    add_call(stranger)
    told = {
        reader: overview(desk, reader=reader)["totals"]["dials"]
        for reader in (desk.tenant.user_id, colleague, manager, desk.colleague("owner"))
    }
    assert list(told.values()) == [1, 2, 3, 3]
    # A filter for a colleague shows no more.
    only = {"user_ids": [str(colleague)]}
    assert overview(desk, filters=only)["totals"]["dials"] == 0
    assert overview(desk, reader=stranger.tenant.user_id) is None
    desk.db.execute("delete from public.business_members where user_id = %s", (manager,))
    assert overview(desk, reader=manager) is None
    assert desk.ask("report_overview", uuid.uuid4(), *MARCH) is None


PERIODS: list[tuple[object, ...]] = [
    ("2026-03-02", "2026-03-01"),
    ("2026-01-01", "2126-01-01"),
    ("2023-01-01", "2026-01-05"),
    ("1999-12-31", "2000-01-01"),
    ("2100-12-31", "2101-01-01"),
    ("-infinity", "2026-01-01"),
    ("2026-01-01", "infinity"),
    (None, "2026-01-01"),
    ("2026-01-01", None),
]
FILTERS: list[object] = [
    [],
    "x",
    {"campaigns": []},
    {"campaign_ids": "x"},
    {"campaign_ids": {}},
    {"campaign_ids": None},
    {"campaign_ids": ["x"]},
    {"campaign_ids": [1]},
    {"campaign_ids": [[]]},
    {"user_ids": [str(uuid.UUID(int=1)), ""]},
    {"user_ids": [str(uuid.UUID(int=1))] * 101},
    {"user_ids": ["' or true --"]},
    {"countries": ["us"]},
    {"countries": ["USA"]},
    {"countries": ["US", True]},
]
# By function: what it is asked besides the business and the period, and how it names filters.
ASKED = {"report_overview": ["day", 1], "report_by": ["rep", 1], "report_calls": []}


@pytest.mark.parametrize("function", ASKED)
def test_a_period_or_filter_without_sense_is_refused(desk: Desk, function: str) -> None:
    before = "p_business_id => %s, p_from => %s, p_to => %s"

    def ask(business_id: uuid.UUID, period: tuple[object, ...], filters: object) -> None:
        by = ", p_by => 'rep'" if function == "report_by" else ""
        with attempt(desk.db), pytest.raises(psycopg.errors.InvalidParameterValue):
            desk.db.execute(
                f"select public.{function}({before}{by}, p_filters => %s)".encode(),
                (business_id, *period, Jsonb(filters)),
            )

    for period in PERIODS:
        ask(desk.tenant.business_id, period, {})
    for filters in FILTERS:
        ask(desk.tenant.business_id, MARCH, filters)
    # Nobody learns by it whether a business exists.
    ask(uuid.uuid4(), PERIODS[0], {})


def test_a_period_has_1100_days_at_most_and_may_be_in_the_future(desk: Desk) -> None:
    longest = overview(desk, ("2023-01-01", "2026-01-04"), "month")
    assert longest["totals"]["days"] == 1100
    assert overview(desk, ("2099-12-31", "2100-12-31"), "week")["totals"]["calls"] == 0


@pytest.mark.parametrize(
    ("by", "week_start"), [("year", 1), (None, 1), ("day", 7), ("day", -1), ("week", None)]
)
def test_a_trend_is_by_day_week_or_month(desk: Desk, by: Any, week_start: Any) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        overview(desk, MARCH, by, week_start)
