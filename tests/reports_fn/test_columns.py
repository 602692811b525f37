"""The columns of the CSV files are the fields of the SQL functions, and the limits are theirs."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.errors import InvalidParameterValue

from shared import report_query
from shared.report_columns import COLUMNS, COUNTS, METRICS

Asked = Mapping[str, object]

DAY = datetime.date(2026, 10, 1)
OVERVIEW = {"by": "day", "week_start": 1}


@pytest.fixture
def business_id(db: psycopg.Connection) -> uuid.UUID:
    """A business with one call, which is in the reports, and its manager, who is signed in."""
    business_id, user_id, session_id = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    db.execute("insert into auth.users (id) values (%s)", [user_id])
    db.execute("insert into auth.sessions (id, user_id) values (%s, %s)", [session_id, user_id])
    db.execute("insert into public.businesses (id, name) values (%s, 'Ada')", [business_id])
    db.execute(
        "insert into public.business_members (business_id, user_id, role)"
        " values (%s, %s, 'manager')",
        [business_id, user_id],
    )
    call_sid = f"CA{uuid.uuid4().hex}"
    ((conversation_id,),) = db.execute(
        "insert into public.conversations (business_id, user_id, status, to_number, from_number,"
        " call_sid, created_at, begun_at, dialed_at, answered_at, ended_at, duration_seconds,"
        " lead_time_zone, lead_zone_is_estimate, to_country) values (%s, %s, 'completed',"
        " '+442079460018', '+14155550200', %s, %s, %s, %s, %s, %s, 90, 'Europe/London', true, 'GB')"
        " returning id",
        [business_id, user_id, call_sid, *[f"{DAY} 10:00+00"] * 4, f"{DAY} 10:01:30+00"],
    ).fetchall()
    db.execute(
        "insert into public.call_legs (business_id, conversation_id, call_sid, role, status)"
        " values (%s, %s, %s, 'lead', 'completed')",
        [business_id, conversation_id, f"CA{uuid.uuid4().hex}"],
    )
    db.execute("select private.fold_calls(10000)")
    claims = {"sub": str(user_id), "role": "authenticated", "session_id": str(session_id)}
    db.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
    return business_id


@contextmanager
def refused(db: psycopg.Connection) -> Iterator[None]:
    with pytest.raises(InvalidParameterValue), db.transaction():
        yield


def ask(
    db: psycopg.Connection,
    business_id: uuid.UUID,
    function: str,
    parameters: Asked,
    since: datetime.date = DAY,
    until: datetime.date = DAY,
) -> Any:
    given = {"business_id": business_id, "from": since, "to": until, **parameters}
    names = ", ".join(f"p_{name} => %({name})s" for name in given)
    db.execute("set local role authenticated")
    try:
        ((answer,),) = db.execute(f"select public.{function}({names})", given).fetchall()
    finally:
        if db.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            db.execute("reset role")
    return answer


@pytest.mark.parametrize(
    ("report", "function", "parameters", "where"),
    [
        *((f"{by}s", "report_overview", {"by": by}, "trend") for by in ("day", "week", "month")),
        ("campaigns", "report_by", {"by": "campaign"}, None),
        ("reps", "report_by", {"by": "rep"}, None),
        ("outcomes", "report_by", {"by": "outcome"}, None),
        ("countries", "report_by", {"by": "country"}, None),
        ("attempts", "report_attempts", {}, "attempts"),
        ("hours", "report_hours", {"attempts": "first"}, "cells"),
        ("calls", "report_calls", {"by": "all", "metric": "calls", "limit": 1000}, None),
    ],
)
def test_each_column_is_a_field_of_the_answer(
    db: psycopg.Connection,
    business_id: uuid.UUID,
    report: str,
    function: str,
    parameters: Asked,
    where: str | None,
) -> None:
    answer = ask(db, business_id, function, parameters)
    (line,) = answer[where] if where else answer
    fields = set(COLUMNS[report].values())
    assert fields <= set(line)
    # What is left out is for the page: the period before, names of codes, how many days a day has.
    assert set(line) - fields <= {"before", "label", "days"}
    assert not [name for name in fields if isinstance(line[name], dict | list)]


def test_a_file_has_all_metrics_of_a_report(db: psycopg.Connection, business_id: uuid.UUID) -> None:
    totals = ask(db, business_id, "report_overview", {"by": "day"})["totals"]
    assert set(totals) == {*METRICS, "days"}
    assert (totals["calls"], totals["dials"], totals["talk_seconds"]) == (1, 1, 90)
    assert all(isinstance(totals[name], int) for name in COUNTS)


def test_the_database_admits_what_the_address_admits_and_no_more(
    db: psycopg.Connection, business_id: uuid.UUID
) -> None:
    most = datetime.timedelta(days=report_query.MAX_DAYS - 1)
    day = datetime.timedelta(days=1)
    first = datetime.date(report_query.FIRST_YEAR, 1, 1)
    last = datetime.date(report_query.LAST_YEAR, 12, 31)
    with db.transaction(force_rollback=True):
        for since, until in ((first, first + most), (last - most, last)):
            assert ask(db, business_id, "report_by", {"by": "rep"}, since, until) == []
    for since, until in ((first, first + most + day), (first - day, first), (last, last + day)):
        with refused(db):
            ask(db, business_id, "report_by", {"by": "rep"}, since, until)
    many = json.dumps({"countries": ["GB"] * report_query.MAX_VALUES})
    more = json.dumps({"countries": ["GB"] * (report_query.MAX_VALUES + 1)})
    assert ask(db, business_id, "report_by", {"by": "rep", "filters": many})
    with refused(db):
        ask(db, business_id, "report_by", {"by": "rep", "filters": more})
    country = json.dumps({"countries": ["001", None, "GB"]})
    assert ask(db, business_id, "report_by", {"by": "rep", "filters": country})
