"""/api/twilio/reports: folds finished calls into the tables of reports, and gives reports as CSV.

POST  from the scheduler (identity token or secret; the body is not read): brings the calls that
      have changed into the reports. Answers `{"folded", "left"}`, how many changes are in, and how
      many wait for the next run. 503 if the database does not answer.
GET   from the browser or a BI tool (Supabase access token),
      `?report=&businessId=&from=&to=[&campaignId=][&userId=][&country=][&weekStart=][&attempts=]`:
      a CSV file (RFC 4180, UTF-8). `shared/report_query.py` has the parameters,
      `shared/report_columns.py` the columns. Agents get their own numbers. `calls` has the calls
      themselves, MAX_CALLS at most.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import functions_framework
from flask import Request, Response

from shared import csv_text, errors, logs, report_query, settings, time_limit, web
from shared.database import Database
from shared.report_columns import COLUMNS
from shared.report_query import Query
from shared.reporter_rpc import AsReader, AsReporter, Fold, Line
from shared.scheduler_identity import SchedulerAuthenticator
from shared.supabase_jwt import SupabaseAuthenticator

# A run begins no fold after RUN_SECONDS. The database stops a fold after 10 s, and folds nothing of
# it then: it is asked again for a tenth.
RUN_SECONDS = 18.0
FOLD_SECONDS = 11.0
BATCH = 2000
# For a whole file. The host ends a request after 120 s.
FILE_SECONDS = 100.0
MAX_CALLS = 50_000
PAGE = 1000

BY_PERIOD = {"days": "day", "weeks": "week", "months": "month"}
BY_GROUP = {"campaigns": "campaign", "reps": "rep", "outcomes": "outcome", "countries": "country"}

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    SCHEDULER = settings.Scheduler.read(env, DEPLOYMENT)
    REPORTER_JWT = settings.read_reporter_jwt(env)

USERS = SupabaseAuthenticator(SUPABASE)
SCHEDULERS = SchedulerAuthenticator(SCHEDULER)
DATABASE = Database(SUPABASE)
AS_REPORTER = AsReporter(Database(SUPABASE, seconds=FOLD_SECONDS), REPORTER_JWT)


@functions_framework.http
@web.endpoint("/api/twilio/reports", {"GET", "POST"}, DEPLOYMENT)
def reports(request: Request) -> Response:
    return give(request) if request.method == "GET" else run(request)


def run(request: Request) -> Response:
    SCHEDULERS.authenticate(request)
    folded, ends_at, limit = 0, time.monotonic() + RUN_SECONDS, BATCH
    while True:
        try:
            fold = AS_REPORTER.fold_reports(limit=limit)
        except errors.StatementStopped as error:
            if limit == 1 or time.monotonic() >= ends_at:
                raise
            limit = max(1, limit // 10)
            logs.write("WARNING", f"A fold is asked for {limit} changes at most: {error.detail}")
            continue
        folded += fold["folded"]
        web.note(folded=folded, left=fold["left"])
        if is_over(fold) or time.monotonic() >= ends_at:
            return web.answer_success({"folded": folded, "left": fold["left"]})


def is_over(fold: Fold) -> bool:
    """Whether another fold would do nothing. If this one did nothing, another run is at work."""
    return not fold["left"] or not fold["folded"]


def give(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = USERS.authenticate(request)
    web.note(user_id=str(user.id))
    query = report_query.read(request.args)
    web.note(report=query.report, business_id=str(query.business_id))
    columns = COLUMNS[query.report]
    with time_limit.of(FILE_SECONDS):
        pages = read_pages(query, AsReader(DATABASE, user.access_token))
        pieces = [csv_text.write([columns])]
        for lines in pages:
            pieces.append(csv_text.write(read_cells(line, columns) for line in lines))
    name = f"{query.report}-{query.since}-{query.until}.csv"
    return web.answer_file(pieces, "text/csv; charset=utf-8", name)


def read_cells(line: Line, columns: Mapping[str, str]) -> list[csv_text.Cell]:
    return [line[field] for field in columns.values()]


def read_pages(query: Query, reader: AsReader) -> Iterable[Iterable[Line]]:
    """The lines of a report. Raises NotAMember if the business is another's."""
    business, since, until = query.business_id, query.since, query.until
    if query.report == "calls":
        yield from read_calls(query, reader)
    elif query.report in BY_PERIOD:
        overview = reader.report_overview(
            business_id=business,
            from_=since,
            to=until,
            by=BY_PERIOD[query.report],
            week_start=query.week_start,
            filters=query.filters,
        )
        if overview is None:
            raise errors.NotAMember
        yield overview["trend"]
    elif query.report == "attempts":
        attempts = reader.report_attempts(
            business_id=business, from_=since, to=until, filters=query.filters
        )
        if attempts is None:
            raise errors.NotAMember
        yield attempts["attempts"]
    elif query.report == "hours":
        hours = reader.report_hours(
            business_id=business,
            from_=since,
            to=until,
            attempts=query.attempts,
            filters=query.filters,
        )
        if hours is None:
            raise errors.NotAMember
        yield hours["cells"]
    else:
        lines = reader.report_by(
            business_id=business,
            from_=since,
            to=until,
            by=BY_GROUP[query.report],
            week_start=query.week_start,
            filters=query.filters,
        )
        # An empty list is a business without calls, or one of others.
        if not lines and not reader.is_member(business):
            raise errors.NotAMember
        yield lines


def read_calls(query: Query, reader: AsReader) -> Iterable[Iterable[Line]]:
    """All calls of the period, page by page. Raises InvalidRequest if they are more than
    MAX_CALLS."""
    overview = reader.report_overview(
        business_id=query.business_id,
        from_=query.since,
        to=query.until,
        by="month",
        week_start=query.week_start,
        filters=query.filters,
    )
    if overview is None:
        raise errors.NotAMember
    count = overview["totals"]["calls"]
    assert isinstance(count, int)
    if count > MAX_CALLS:
        raise errors.InvalidRequest(
            f"These are {count} calls, and {MAX_CALLS} are the most. Choose a shorter period, or"
            " filter by campaign, rep or country."
        )
    last: Line | None = None
    while True:
        page = reader.report_calls(
            business_id=query.business_id,
            from_=query.since,
            to=query.until,
            by="all",
            key=None,
            metric="calls",
            after=last and {field: last[field] for field in ("day", "created_at", "id")},
            limit=PAGE,
            week_start=query.week_start,
            filters=query.filters,
        )
        yield page
        if len(page) < PAGE:
            return
        last = page[-1]
