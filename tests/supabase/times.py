"""Dials by weekday and hour, and a second opinion on which times are better than others."""

from __future__ import annotations

import math
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.supabase.tenants import Connection

BY_CHANCE = 0.05 / 3
"""How often a comparison may name a better time by chance; a report has three."""


@dataclass(frozen=True)
class Sums:
    """The dials of one group (rep, campaign, country) at one time. ``weekday``: 1 is Monday."""

    group: str
    weekday: int
    hour: int
    dials: int
    connected: int


def business(
    dice: random.Random,
    groups: dict[str, float],
    dials: int,
    better: dict[tuple[int, int], float] | None = None,
    *,
    uneven: bool = False,
) -> list[Sums]:
    """Five weekdays of ten hours, with ``dials`` a time on the average, some times with many and
    some with few. ``groups``: by name, the rate of the dials that connect, the same at all times;
    at those in ``better`` it is as many times higher. ``uneven``: each group has times of its own.
    """
    sums = []
    for weekday in range(1, 6):
        for hour in range(8, 18):
            share = dice.gammavariate(2, 1 / 2)
            for group, rate in groups.items():
                if uneven:
                    share = dice.gammavariate(0.7, 1 / 0.7)
                times = (better or {}).get((weekday, hour), 1)
                placed = round(dials * share / len(groups))
                connected = sum(dice.random() < rate * times for _ in range(placed))
                if placed:
                    sums.append(Sums(group, weekday, hour, placed, connected))
    return sums


def compared(db: Connection, businesses: Iterable[list[Sums]]) -> Iterator[Any]:
    """What private.compare_times answers for each business."""
    for sums in businesses:
        row = db.execute(
            "select private.compare_times(added.times) from private.add_up_times(%s) as added",
            (
                "values (null::bigint, null::smallint, null::smallint, 0, 0, 0, 0, 0, 0)"
                + "".join(
                    f", ({zlib.crc32(one.group.encode())}::bigint, {one.weekday}::smallint,"
                    f" {one.hour}::smallint, {one.dials}, 0, {one.connected}, 0, 0, 0)"
                    for one in sums
                ),
            ),
        ).fetchone()
        assert row is not None
        yield row[0]


def chance_of_as_many(sums: list[Sums]) -> dict[tuple[int, int], float]:
    """By weekday and hour: how probable it is that chance deals as many connected dials to it, or
    more, if it deals out those of each group by itself. Exact: hypergeometric distributions, and
    their sum over the groups."""
    groups: defaultdict[str, list[Sums]] = defaultdict(list)
    times: defaultdict[tuple[int, int], list[Sums]] = defaultdict(list)
    for one in sums:
        groups[one.group].append(one)
        times[one.weekday, one.hour].append(one)
    chances = {}
    for time, parts in times.items():
        together = [1.0]
        for part in parts:
            whole = sum(one.dials for one in groups[part.group])
            connected = sum(one.connected for one in groups[part.group])
            dealt = [
                math.comb(connected, k)
                * math.comb(whole - connected, part.dials - k)
                / math.comb(whole, part.dials)
                for k in range(part.dials + 1)
            ]
            longer = [0.0] * (len(together) + part.dials)
            for i, before in enumerate(together):
                for k, more in enumerate(dealt):
                    longer[i + k] += before * more
            together = longer
        chances[time] = sum(together[sum(part.connected for part in parts) :])
    return chances
