"""POST /api/twilio/reports: the scheduler folds what has changed, in batches, and stops in time."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import TestResponse

from shared import database
from stack.scheduler import Scheduler
from tests.canned_server import Answer, CannedServer
from tests.endpoints import REPORTER_JWT, Endpoint, access_token, rpc

FOLD = rpc("fold_reports")
AS_OF = "2026-11-27T10:00:00+00:00"
STOPPED = Answer(500, {"code": "57014", "message": "canceling statement"})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PAUSES", ())


def folded(count: int, left: int) -> Answer:
    return Answer(body={"folded": count, "left": left, "as_of": AS_OF})


def run(reports: Endpoint, scheduler: Scheduler) -> TestResponse:
    headers = {"Authorization": f"Bearer {scheduler.token()}"}
    return reports.client.post(reports.path, headers=headers)


def limits(canned: CannedServer) -> list[int]:
    return [asked.json()["p_limit"] for asked in canned.asked_for(FOLD)]


def test_a_run_folds_until_nothing_is_left(
    reports: Endpoint,
    scheduler: Scheduler,
    canned: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    canned.on("POST", FOLD, folded(2000, 1500), folded(1500, 0))
    answer = run(reports, scheduler)
    assert (answer.status_code, answer.get_json()["data"]) == (200, {"folded": 3500, "left": 0})
    assert {asked.header("Authorization") for asked in canned.asked} == {f"Bearer {REPORTER_JWT}"}
    assert limits(canned) == [2000, 2000]
    out = capsys.readouterr().out
    assert (json.loads(out)["folded"], json.loads(out)["left"]) == (3500, 0)
    assert REPORTER_JWT not in out


def test_a_run_leaves_the_rest_to_a_run_that_is_at_work(
    reports: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    canned.on("POST", FOLD, folded(0, 700))
    assert run(reports, scheduler).get_json()["data"] == {"folded": 0, "left": 700}
    assert len(canned.asked) == 1


def test_a_run_ends_in_time_and_says_what_is_left(
    reports: Endpoint,
    scheduler: Scheduler,
    canned: CannedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reports.module, "RUN_SECONDS", 0.0)
    canned.on("POST", FOLD, folded(2000, 90_000))
    assert run(reports, scheduler).get_json()["data"] == {"folded": 2000, "left": 90_000}
    assert len(canned.asked) == 1


def test_a_fold_that_takes_too_long_is_asked_for_less(
    reports: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    canned.on("POST", FOLD, STOPPED, STOPPED, folded(20, 7), folded(7, 0))
    assert run(reports, scheduler).get_json()["data"] == {"folded": 27, "left": 0}
    assert limits(canned) == [2000, 200, 20, 20]


def test_a_change_that_cannot_be_folded_is_an_error(
    reports: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    canned.on("POST", FOLD, STOPPED)
    answer = run(reports, scheduler)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "database_unavailable")
    assert limits(canned) == [2000, 200, 20, 2, 1]


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        (Answer(503), 503, "database_unavailable"),
        (Answer(401, {"code": "PGRST303"}), 500, "phone_system_error"),
        (Answer(404, {"code": "PGRST202"}), 500, "phone_system_error"),
    ],
)
def test_without_the_database_a_run_fails_at_once(
    reports: Endpoint,
    scheduler: Scheduler,
    canned: CannedServer,
    capsys: pytest.CaptureFixture[str],
    given: Answer,
    status: int,
    code: str,
) -> None:
    canned.on("POST", FOLD, folded(2000, 1), given)
    answer = run(reports, scheduler)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
    assert len(canned.asked) == 2
    # What was folded before is in, and the log says so.
    out = capsys.readouterr().out
    assert '"folded": 2000' in out
    assert ("SUPABASE_REPORTER_JWT" in out) == (given.status == 401)


@pytest.mark.parametrize("token", [None, "rubbish", access_token()])
def test_only_the_scheduler_starts_a_fold(
    reports: Endpoint, canned: CannedServer, token: str | None
) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    assert reports.client.post(reports.path, headers=headers).status_code == 401
    assert canned.asked == []
