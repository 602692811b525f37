"""The SQL functions of reports, as shared/rpc.py has those of the other endpoints: the fold as the
endpoint itself, and the reports as the user who asks for them."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

from shared.database import Database
from shared.expiry import Expiry
from shared.report_query import Filters

# One line of a report: docs/metrics.md has the fields.
Line = Mapping[str, str | int | float | bool | None]


class Overview(TypedDict):
    """What a CSV file needs of public.report_overview."""

    totals: Line
    trend: Sequence[Line]


class Attempts(TypedDict):
    """What a CSV file needs of public.report_attempts."""

    attempts: Sequence[Line]


class Hours(TypedDict):
    """What a CSV file needs of public.report_hours."""

    cells: Sequence[Line]


class Fold(TypedDict):
    """What one fold has done, and how much is left: marks of calls that have changed. Everything
    that was committed before ``as_of`` (ISO 8601) is in the reports."""

    folded: int
    left: int
    as_of: str


class AsReporter:
    """The function for role ``call_reporter``, called with SUPABASE_REPORTER_JWT.

    It raises what ``Database.call_as_endpoint`` raises.
    """

    def __init__(self, database: Database, reporter_jwt: str) -> None:
        self._database = database
        self._reporter_jwt = reporter_jwt
        self._expiry = Expiry("SUPABASE_REPORTER_JWT", reporter_jwt)

    def fold_reports(self, *, limit: int) -> Fold:
        """Brings the oldest ``limit`` changes of calls into the reports. Nothing is folded while
        another fold is at work."""
        self._expiry.warn()
        answer = self._database.call_as_endpoint(
            self._reporter_jwt,
            "fold_reports",
            {"p_limit": limit},
            setting="SUPABASE_REPORTER_JWT",
        )
        return cast(Fold, answer)


class AsReader:
    """Functions for a signed-in user, called with the access token that the user sent. Agents get
    their own numbers, managers those of the business, and others None or an empty list.

    Each raises what ``Database.call`` raises. Days are those of the business's clock, both ends
    included.
    """

    def __init__(self, database: Database, access_token: str) -> None:
        self._database = database
        self._access_token = access_token

    def report_overview(
        self,
        *,
        business_id: uuid.UUID,
        from_: datetime.date,
        to: datetime.date,
        by: str,
        week_start: int,
        filters: Filters,
    ) -> Overview | None:
        """The totals, and a line for each day, week or month (``by``) of the period."""
        parameters = _period(business_id, from_, to) | {
            "p_by": by,
            "p_week_start": week_start,
            "p_filters": filters,
        }
        return cast("Overview | None", self._read("report_overview", parameters))

    def report_by(
        self,
        *,
        business_id: uuid.UUID,
        from_: datetime.date,
        to: datetime.date,
        by: str,
        week_start: int,
        filters: Filters,
    ) -> Sequence[Line]:
        """A line for each campaign, rep, outcome or country (``by``)."""
        parameters = _period(business_id, from_, to) | {
            "p_by": by,
            "p_week_start": week_start,
            "p_filters": filters,
        }
        return cast(Sequence[Line], self._read("report_by", parameters) or [])

    def report_attempts(
        self,
        *,
        business_id: uuid.UUID,
        from_: datetime.date,
        to: datetime.date,
        filters: Filters,
    ) -> Attempts | None:
        """A line for each first, second, … dial of a number."""
        parameters = _period(business_id, from_, to) | {"p_filters": filters}
        return cast("Attempts | None", self._read("report_attempts", parameters))

    def report_hours(
        self,
        *,
        business_id: uuid.UUID,
        from_: datetime.date,
        to: datetime.date,
        attempts: str,
        filters: Filters,
    ) -> Hours | None:
        """A line for each hour of the week on the leads' clocks. ``attempts`` is ``first`` or
        ``all``."""
        parameters = _period(business_id, from_, to) | {
            "p_attempts": attempts,
            "p_filters": filters,
        }
        return cast("Hours | None", self._read("report_hours", parameters))

    def report_calls(
        self,
        *,
        business_id: uuid.UUID,
        from_: datetime.date,
        to: datetime.date,
        by: str,
        key: str | None,
        metric: str,
        after: Mapping[str, object] | None,
        limit: int,
        week_start: int,
        filters: Filters,
    ) -> Sequence[Line]:
        """The calls behind a number, the newest first: up to ``limit`` of those that follow the
        call ``after``."""
        parameters = _period(business_id, from_, to) | {
            "p_by": by,
            "p_key": key,
            "p_metric": metric,
            "p_after": after,
            "p_limit": limit,
            "p_week_start": week_start,
            "p_filters": filters,
        }
        return cast(Sequence[Line], self._read("report_calls", parameters) or [])

    def is_member(self, business_id: uuid.UUID) -> bool:
        """Whether the user belongs to the business."""
        row = self._database.find(self._access_token, "businesses", "id", str(business_id))
        return row is not None

    def _read(self, function: str, parameters: Mapping[str, object]) -> object:
        return self._database.read(self._access_token, function, parameters)


def _period(business_id: uuid.UUID, from_: datetime.date, to: datetime.date) -> dict[str, object]:
    return {"p_business_id": str(business_id), "p_from": str(from_), "p_to": str(to)}
