"""Reads what a report is asked for: which report, of which business, period and calls."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from werkzeug.datastructures import MultiDict

from shared import errors, parsing
from shared.report_columns import COLUMNS

# The database has the same limits: supabase/migrations/…_report_period.sql.
MAX_DAYS = 1100
FIRST_YEAR, LAST_YEAR = 2000, 2100
MAX_VALUES = 100
# Stands for calls without campaign, rep or country.
NONE = "none"
ATTEMPTS = ("first", "all")

_FILTERS = {"campaignId": "campaign_ids", "userId": "user_ids", "country": "countries"}
_SINGLE = ("report", "businessId", "from", "to", "weekStart", "attempts")


class Filters(TypedDict, total=False):
    """Which calls count: those with one of the values in each field. None stands for calls
    without."""

    campaign_ids: Sequence[str | None]
    user_ids: Sequence[str | None]
    countries: Sequence[str | None]


@dataclass(frozen=True)
class Query:
    """One report. The days of ``since`` to ``until`` are those of the business's clock, both of
    them included. ``week_start`` is 0 (Sunday) to 6."""

    report: str
    business_id: uuid.UUID
    since: datetime.date
    until: datetime.date
    filters: Filters
    week_start: int
    attempts: str


def read(args: MultiDict[str, str]) -> Query:
    """The query of a request. Raises InvalidRequest, which names the parameter.

    A parameter that is unknown, blank or given twice is an error: a report that leaves out what
    was asked for would be a wrong number.
    """
    for name in args:
        if name not in (*_SINGLE, *_FILTERS):
            raise errors.InvalidRequest(
                f"There is no parameter of that name. Those are {', '.join((*_SINGLE, *_FILTERS))}."
            )
        if name in _SINGLE and len(args.getlist(name)) > 1:
            raise errors.InvalidRequest(f"{name} is given more than once.")
    report = args.get("report", "")
    if report not in COLUMNS:
        raise errors.InvalidRequest(f"report must be one of {', '.join(COLUMNS)}.")
    since, until = _read_day(args, "from"), _read_day(args, "to")
    if since > until:
        raise errors.InvalidRequest("from must not be later than to.")
    if (until - since).days >= MAX_DAYS:
        raise errors.InvalidRequest(f"from and to may include {MAX_DAYS} days at most.")
    week_start = args.get("weekStart", "1")
    if not re.fullmatch("[0-6]", week_start):
        raise errors.InvalidRequest("weekStart must be 0 (Sunday) to 6 (Saturday).")
    attempts = args.get("attempts", "first")
    if attempts not in ATTEMPTS:
        raise errors.InvalidRequest("attempts must be first or all.")
    return Query(
        report,
        parsing.parse_uuid(args.get("businessId", ""), "businessId"),
        since,
        until,
        _read_filters(args),
        int(week_start),
        attempts,
    )


def _read_day(args: Mapping[str, str], name: str) -> datetime.date:
    text = args.get(name, "")
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = datetime.date.fromisoformat(text)
            if FIRST_YEAR <= day.year <= LAST_YEAR:
                return day
    except ValueError:
        pass
    raise errors.InvalidRequest(
        f"{name} must be a day such as 2026-11-27, of the years {FIRST_YEAR} to {LAST_YEAR}."
    )


def _read_filters(args: MultiDict[str, str]) -> Filters:
    filters: Filters = {}
    for name, field in _FILTERS.items():
        texts = args.getlist(name)
        if len(texts) > MAX_VALUES:
            raise errors.InvalidRequest(f"{name} may be given {MAX_VALUES} times at most.")
        if texts:
            values = [_read_value(text, name) for text in texts]
            filters[field] = values  # type: ignore[literal-required]
    return filters


def _read_value(text: str, name: str) -> str | None:
    if text == NONE:
        return None
    if name != "country":
        return str(parsing.parse_uuid(text, name))
    if not re.fullmatch("[A-Z]{2}|001", text):
        raise errors.InvalidRequest(
            "country must be the two capital letters of a country, such as GB."
        )
    return text
