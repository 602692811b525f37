"""A best time is named only if chance does not explain it."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from tests.soak import figure, scaled
from tests.supabase.tenants import Connection
from tests.supabase.times import (
    BY_CHANCE,
    Sums,
    business,
    chance_of_as_many,
    compared,
)

BOTH = "weekday and hour"
ONE = {"everybody": 0.18}
# Campaigns of which one connects with six times as many as another.
SEVERAL = {"Solar": 0.06, "Heat pumps": 0.15, "Follow-up": 0.36}


@pytest.fixture
def dice() -> random.Random:
    """The same throws in every run."""
    return random.Random("hours")


def judge(db: Connection, *sums: Sums, by: str = BOTH) -> Any:
    (answer,) = compared(db, [list(sums)])
    return answer[by]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("rates", "dials", "uneven"),
    [(ONE, 15, False), (ONE, 60, False), ({"few": 0.04}, 60, False), (SEVERAL, 90, True)],
    ids=["few dials", "many dials", "a low rate", "campaigns with hours of their own"],
)
def test_with_equal_rates_at_all_times_no_best_time_is_named(
    db: Connection, dice: random.Random, rates: dict[str, float], dials: int, uneven: bool
) -> None:
    runs = scaled(20, 1000)
    businesses = [business(dice, rates, dials, uneven=uneven) for _ in range(runs)]
    answers = list(compared(db, businesses))
    named = sum(any(one["best"]["said"] == "best" for one in answer.values()) for answer in answers)
    # All times together, or the interval of one of them is wrong.
    held = runs
    if len(rates) == 1:
        (rate,) = rates.values()
        held = sum(
            all(cell["low"] <= rate <= cell["high"] for cell in answer[BOTH]["cells"])
            for answer in answers
        )
    figure(
        f"best times: {runs} businesses with {dials} dials an hour and equal rates: {named} best"
        f" times named, all intervals right in {held}"
    )
    assert named <= 0.05 * runs
    assert held >= 0.95 * runs


def test_a_time_that_is_better_is_found(db: Connection, dice: random.Random) -> None:
    runs = scaled(12, 300)
    better = {(2, 16): 2.2}
    businesses = [business(dice, SEVERAL, 400, better) for _ in range(runs)]
    found = [answer[BOTH]["best"] for answer in compared(db, businesses)]
    hours = [business(dice, ONE, 60, {(day, 16): 1.9 for day in range(1, 6)}) for _ in range(runs)]
    found_hours = [answer["hour"]["best"] for answer in compared(db, hours)]
    right = sum((best["weekday"], best["hour"]) == (2, 16) for best in found)
    right_hours = sum(best["hour"] == 16 for best in found_hours)
    figure(f"best times: {right} of {runs} real times found, {right_hours} of {runs} real hours")
    assert right >= 0.9 * runs
    assert right_hours >= 0.9 * runs


def test_an_exact_test_says_the_same(db: Connection, dice: random.Random) -> None:
    groups = {"Solar": 0.08, "Heat pumps": 0.2}
    better = 0
    for uneven in (False, True):
        sums = business(dice, groups, 60, {(1, 9): 3, (4, 15): 3}, uneven=uneven)
        answer = judge(db, *sums)
        chances = chance_of_as_many(sums)
        judged = sum(cell["is_enough"] for cell in answer["cells"])
        for cell in answer["cells"]:
            chance = chances[cell["weekday"], cell["hour"]] * judged / BY_CHANCE
            clears = cell["is_enough"] and cell["low"] > overall(sums)
            better += cell["is_better"]
            assert cell["is_better"] == (clears and chance < 1) or 0.5 < chance < 2
    assert better >= 3


@pytest.mark.parametrize("may_miss", [0.025, 0.0004])
def test_intervals_are_nearly_those_of_the_exact_test(db: Connection, may_miss: float) -> None:
    for k, n in [(24, 200), (1, 30), (29, 30), (180, 1000), (3, 3), (0, 12)]:
        low, high = db.execute(
            "select low, high"
            " from private.interval_of_share(%s::integer, %s::integer, private.normal_deviate(%s))",
            (k, n, may_miss),
        ).fetchone() or (0, 0)
        assert 0 <= low <= k / n <= high <= 1
        # The bounds of the exact test are less than 0.015 away.
        if k > 0:
            assert as_many(k, n, max(low - 0.015, 0)) < may_miss < as_many(k, n, low + 0.015)
        if k < n:
            assert as_many(n - k, n, max(1 - high - 0.015, 0)) < may_miss
            assert as_many(n - k, n, 1 - high + 0.015) > may_miss


def as_many(least: int, dials: int, rate: float) -> float:
    """How probable it is that so many dials of ``dials`` connect, or more."""
    return sum(
        math.comb(dials, k) * rate**k * (1 - rate) ** (dials - k) for k in range(least, dials + 1)
    )


def overall(sums: list[Sums]) -> float:
    return sum(one.connected for one in sums) / sum(one.dials for one in sums)


def test_three_calls_of_three_are_no_best_hour(db: Connection) -> None:
    rest = [Sums("all", 1, hour, 40, 8) for hour in range(8, 18)]
    answer = judge(db, Sums("all", 5, 17, 3, 3), *rest)
    (lucky,) = [cell for cell in answer["cells"] if cell["weekday"] == 5]
    assert answer["best"]["said"] == "no_difference"
    assert (lucky["rate"], lucky["is_enough"], lucky["is_better"]) == (1, False, False)
    # 83 of 403 connected: (3 + 20 * 83 / 403) / 23.
    assert lucky["estimate"] == 0.3095
    assert lucky["low"] < overall(rest) < lucky["high"]


def test_the_best_of_several_is_the_one_with_the_highest_estimate(db: Connection) -> None:
    rest = [Sums("all", 2, hour, 200, 20) for hour in range(8, 16)]
    answer = judge(db, *rest, Sums("all", 3, 9, 200, 60), Sums("all", 4, 9, 200, 70))
    better = [(cell["weekday"], cell["hour"]) for cell in answer["cells"] if cell["is_better"]]
    assert better == [(3, 9), (4, 9)]
    # The interval of the exact test is 0.2587 to 0.4504.
    assert answer["best"] == {
        "said": "best",
        "weekday": 4,
        "hour": 9,
        "dials": 200,
        "rate": 0.35,
        # 290 of 2,000 connected: (70 + 2.9) / 220.
        "estimate": 0.3314,
        "low": 0.2578,
        "high": 0.4503,
    }


@pytest.mark.parametrize(
    ("dials", "said"),
    [((29, 29, 29), "not_enough_calls"), ((500, 29, 29), "not_enough_calls"),
     ((30, 30), "no_difference"), ((500,), "not_enough_calls"), ((), "not_enough_calls")],
)  # fmt: skip
def test_it_says_whether_there_are_enough_calls(
    db: Connection, dials: tuple[int, ...], said: str
) -> None:
    sums = [Sums("all", 1, 8 + place, count, count // 3) for place, count in enumerate(dials)]
    assert judge(db, *sums)["best"] == {"said": said} | dict.fromkeys(
        ("weekday", "hour", "dials", "rate", "estimate", "low", "high")
    )


def test_hours_and_weekdays_have_a_best_of_their_own(db: Connection) -> None:
    sums = [
        Sums("all", day, hour, 100, 30 if hour == 16 or day == 2 else 12)
        for day in range(1, 6)
        for hour in range(8, 18)
    ]
    by_hour, by_weekday = judge(db, *sums, by="hour"), judge(db, *sums, by="weekday")
    assert (by_hour["best"]["said"], by_hour["best"]["hour"]) == ("best", 16)
    assert (by_weekday["best"]["said"], by_weekday["best"]["weekday"]) == ("best", 2)
    assert [cell["hour"] for cell in by_hour["cells"]] == list(range(8, 18))
    assert [cell["dials"] for cell in by_weekday["cells"]] == [1000] * 5
    assert "weekday" not in by_hour["best"]
    assert "hour" not in by_weekday["cells"][0]


@pytest.mark.parametrize("connected", [0, 1, 50, 99, 100])
def test_rates_of_nothing_and_of_everything_have_intervals(db: Connection, connected: int) -> None:
    for cell in judge(db, Sums("all", 1, 9, 100, connected), Sums("all", 1, 10, 100, connected))[
        "cells"
    ]:
        assert 0 <= cell["low"] <= cell["rate"] == connected / 100 <= cell["high"] <= 1
        assert cell["high"] - cell["low"] < 0.3
