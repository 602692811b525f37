"""GET /api/twilio/reports: reports as CSV files, for those who may see the numbers."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from werkzeug.test import TestResponse

from shared.report_columns import COLUMNS, METRICS
from tests.canned_server import Answer, Asked, CannedServer
from tests.endpoints import BUSINESS_ID, REST, USER_ID, Endpoint, access_token, rpc

OVERVIEW, BY, ATTEMPTS, HOURS, CALLS = map(
    rpc, ("report_overview", "report_by", "report_attempts", "report_hours", "report_calls")
)
PERIOD = f"&businessId={BUSINESS_ID}&from=2026-10-01&to=2026-10-31"
NUMBERS = {name: index for index, name in enumerate(METRICS)}


def get(reports: Endpoint, query: str, **request: str | None) -> TestResponse:
    return reports.browser(method="GET", query=f"?{query}", **request)


def rows(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.get_data().decode()
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_report_is_a_csv_file_of_the_users_own_numbers(
    reports: Endpoint, canned: CannedServer
) -> None:
    line = NUMBERS | {"key": USER_ID, "label": 'Ada "A", Grace', "before": {"calls": 1}}
    canned.on_post(BY, [line | {"answer_rate": 0.25, "poor_rate": None}])
    token = access_token()
    answer = get(reports, f"report=campaigns{PERIOD}", token=token)
    header, only = rows(answer)
    assert header == ["campaign_id", "campaign", *METRICS]
    assert only[:4] == [USER_ID, 'Ada "A", Grace', "0", "1"]
    assert dict(zip(header, only, strict=True))["answer_rate"] == "0.25"
    assert only[-1] == ""
    name = "campaigns-2026-10-01-2026-10-31.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    asked = canned.only()
    assert asked.header("Authorization") == f"Bearer {token}"
    assert asked.json() == {
        "p_business_id": BUSINESS_ID,
        "p_from": "2026-10-01",
        "p_to": "2026-10-31",
        "p_by": "campaign",
        "p_week_start": 1,
        "p_filters": {},
    }


@pytest.mark.parametrize(
    ("report", "function", "answer", "asked"),
    [
        ("days", OVERVIEW, {"trend": [{}]}, {"p_by": "day"}),
        ("weeks&weekStart=0", OVERVIEW, {"trend": [{}]}, {"p_by": "week", "p_week_start": 0}),
        ("months", OVERVIEW, {"trend": [{}]}, {"p_by": "month"}),
        ("reps", BY, [{}], {"p_by": "rep"}),
        ("outcomes", BY, [{}], {"p_by": "outcome"}),
        ("countries", BY, [{}], {"p_by": "country"}),
        ("attempts", ATTEMPTS, {"attempts": [{}]}, {}),
        ("hours", HOURS, {"cells": [{}]}, {"p_attempts": "first"}),
        ("hours&attempts=all", HOURS, {"cells": [{}]}, {"p_attempts": "all"}),
    ],
)
def test_each_report_has_its_columns(
    reports: Endpoint,
    canned: CannedServer,
    report: str,
    function: str,
    answer: dict[str, list[object]] | list[object],
    asked: dict[str, object],
) -> None:
    columns = COLUMNS[report.partition("&")[0]]
    line = dict.fromkeys(columns.values(), 7)
    canned.on_post(
        function,
        [line] if isinstance(answer, list) else {name: [line] for name in answer},
    )
    header, only = rows(get(reports, f"report={report}{PERIOD}"))
    assert header == list(columns)
    assert only == ["7"] * len(columns)
    assert asked.items() <= canned.only().json().items()


def test_filters_reach_the_database(reports: Endpoint, canned: CannedServer) -> None:
    canned.on_post(BY, [])
    canned.on_get(f"{REST}/businesses", [{"id": BUSINESS_ID}])
    filters = f"&campaignId={USER_ID}&campaignId=none&userId={USER_ID}&country=GB&country=none"
    assert len(rows(get(reports, f"report=reps{PERIOD}{filters}"))) == 1
    assert canned.last(BY).json()["p_filters"] == {
        "campaign_ids": [USER_ID, None],
        "user_ids": [USER_ID],
        "countries": ["GB", None],
    }


class Ledger:
    """Calls at the database, which gives them page by page."""

    def __init__(self, count: int) -> None:
        first = dict.fromkeys(COLUMNS["calls"].values())
        self.calls = [
            first | {"id": f"id-{n}", "day": "2026-10-01", "created_at": f"at-{n}"}
            for n in range(count)
        ]

    def serve(self, canned: CannedServer) -> None:
        canned.on_post(OVERVIEW, {"totals": {"calls": len(self.calls)}, "trend": []})
        canned.on_all(CALLS, self.page)

    def page(self, asked: Asked) -> Answer:
        after, limit = asked.json()["p_after"], asked.json()["p_limit"]
        start = 1 + [call["id"] for call in self.calls].index(after["id"]) if after else 0
        assert after is None or set(after) == {"day", "created_at", "id"}
        return Answer(body=self.calls[start : start + limit])


@pytest.mark.parametrize("count", [0, 2, 3, 7])
def test_all_calls_are_read_page_by_page(
    reports: Endpoint, canned: CannedServer, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(reports.module, "PAGE", 3)
    ledger = Ledger(count)
    ledger.serve(canned)
    header, *calls = rows(get(reports, f"report=calls{PERIOD}&country=GB"))
    assert [row[header.index("id")] for row in calls] == [call["id"] for call in ledger.calls]
    asked = [each.json() for each in canned.asked]
    assert len(asked) == 2 + count // 3
    assert all(each["p_filters"] == {"countries": ["GB"]} for each in asked)
    assert (asked[-1]["p_by"], asked[-1]["p_metric"], asked[-1]["p_key"]) == ("all", "calls", None)


def test_too_many_calls_are_refused_before_they_are_read(
    reports: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(OVERVIEW, {"totals": {"calls": 50_001}, "trend": []})
    error = get(reports, f"report=calls{PERIOD}").get_json()["error"]
    assert error["code"] == "invalid_request"
    assert "50001 calls" in error["message"]
    assert len(canned.asked) == 1


def test_a_file_is_whole_or_it_is_an_error(
    reports: Endpoint, canned: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports.module, "PAGE", 1)
    ledger = Ledger(2)
    ledger.serve(canned)
    canned.on("POST", CALLS, Answer(body=ledger.calls[:1]), Answer(503))
    answer = get(reports, f"report=calls{PERIOD}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "database_unavailable")


@pytest.mark.parametrize("report", COLUMNS)
def test_whoever_is_no_member_gets_no_file(
    reports: Endpoint, canned: CannedServer, report: str
) -> None:
    for function in (OVERVIEW, ATTEMPTS, HOURS):
        canned.on_post(function, None)
    canned.on_post(BY, [])
    canned.on_get(f"{REST}/businesses", [])
    answer = get(reports, f"report={report}{PERIOD}")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "not_a_member")


DAY = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (PERIOD, "report must be one of"),
        (f"report=year{PERIOD}", "report must be one of"),
        (f"report=days{PERIOD}&report=weeks", "report is given more than once"),
        ("report=days&from=2026-10-01&to=2026-10-31", "businessId must be a UUID"),
        (f"report=days&businessId={BUSINESS_ID}&to=2026-10-31", "from must be a day"),
        (f"report=days{PERIOD}&from=2026-10-02", "from is given more than once"),
        (f"report=days{PERIOD}".replace("2026-10-31", "20261031"), "to must be a day"),
        (f"report=days{PERIOD}".replace("2026-10-31", "2026-02-30"), "to must be a day"),
        (f"report=days{PERIOD}".replace("2026-10-31", "2026-W44-6"), "to must be a day"),
        (f"report=days{PERIOD}".replace("2026-10-31", "٢٠٢٦-10-31"), "to must be a day"),
        (f"report=days{PERIOD}".replace("2026-10-31", "2101-01-01"), "to must be a day"),
        (f"report=days{PERIOD}".replace("2026-10-01", "1999-12-31"), "from must be a day"),
        (f"report=days{PERIOD}".replace("2026-10-31", "2026-09-30"), "from must not be later"),
        (
            f"report=days&businessId={BUSINESS_ID}&from={DAY}&to={DAY + timedelta(days=1100)}",
            "1100 days at most",
        ),
        (f"report=weeks{PERIOD}&weekStart=7", "weekStart must be 0"),
        (f"report=hours{PERIOD}&attempts=second", "attempts must be first or all"),
        (f"report=days{PERIOD}&campaignId=", "campaignId must be a UUID"),
        (f"report=days{PERIOD}&userId=me", "userId must be a UUID"),
        (f"report=days{PERIOD}&country=gb", "country must be the two capital letters"),
        (f"report=days{PERIOD}{'&country=GB' * 101}", "100 times at most"),
        (f"report=days{PERIOD}&campaign={USER_ID}", "There is no parameter of that name"),
    ],
)
def test_a_malformed_question_is_refused_and_names_the_parameter(
    reports: Endpoint, canned: CannedServer, query: str, message: str
) -> None:
    answer = get(reports, query.lstrip("&"))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "invalid_request")
    assert message in answer.get_json()["error"]["message"]
    assert canned.asked == []


def test_only_users_on_our_pages_and_without_a_page_get_files(
    reports: Endpoint, canned: CannedServer
) -> None:
    query = f"report=hours{PERIOD}"
    canned.on_post(HOURS, {"cells": []})
    assert get(reports, query, token=None).status_code == 401
    assert get(reports, query, origin=None).status_code == 200
    canned.on("POST", HOURS, Answer(401, {"code": "PGRST303"}))
    assert get(reports, query).status_code == 401
