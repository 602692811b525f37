"""What only a hosted project can show: whether Realtime obeys the policy of private topics, and
whether Twilio sends callbacks again. The doctor says what it found, either way."""

from __future__ import annotations

import importlib.util
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from functions.doctor import database, realtime
from functions.doctor.check import Finding
from functions.doctor.inputs import Inputs
from functions.setup.settings import Operator
from tests.endpoints import JWT_SECRET
from tests.functions.deploy.lab import SETTINGS
from tests.functions.doctor.realtime_server import Realtime, realtime_at

BUSINESS, MEMBER = str(uuid.uuid4()), str(uuid.uuid4())


@contextmanager
def project(server: Realtime) -> Iterator[Inputs]:
    """A set-up whose project has this Realtime."""
    with realtime_at(server) as url:
        yield set_up(url)


def set_up(url: str) -> Inputs:
    return Inputs(Operator.load(Path("no-such.env"), SETTINGS | {"SUPABASE_URL": url}))


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the database answers."""
    answers = {"to_regclass": ["True"], "business_members order": [f"{BUSINESS} {MEMBER}"]}

    def column(inputs: Inputs, query: str) -> list[str]:
        return next(answer for part, answer in answers.items() if part in query)

    monkeypatch.setattr(realtime, "column", column)
    return answers


def look(inputs: Inputs) -> Finding:
    (found,) = realtime.look(inputs)
    return found


def test_a_member_may_follow_and_a_stranger_may_not() -> None:
    server = Realtime({MEMBER}, JWT_SECRET)
    with project(server) as inputs:
        found = look(inputs)
    assert found.status == "pass"
    assert "lets a member follow the calls of a business, and no stranger" in found.detail
    assert server.joined == 2 * [(f"realtime:business:{BUSINESS}", True)]


def test_a_stranger_who_may_follow_is_an_alarm() -> None:
    with project(Realtime(None, JWT_SECRET)) as inputs:
        found = look(inputs)
    assert found.status == "fail"
    assert found.detail.startswith("ALARM")
    assert "switch Realtime off" in found.fix


def test_a_member_who_may_not_follow_is_told() -> None:
    with project(Realtime(set(), JWT_SECRET)) as inputs:
        found = look(inputs)
    assert found.status == "fail"
    assert "does not let a member follow the calls: Unauthorized" in found.detail
    assert "every few seconds" in found.detail


def test_a_realtime_that_does_not_answer_is_told() -> None:
    found = look(set_up("http://127.0.0.1:1"))
    assert found.status == "fail"
    assert "Realtime does not answer" in found.detail


def test_realtime_is_not_asked_through_a_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's library for SOCKS is installed, as the doctor advises, and websockets lack one."""
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    found = look(set_up("https://project.supabase.example"))
    assert found.status == "skip"
    assert "SOCKS proxy, which https_proxy names" in found.detail


def test_without_realtime_pages_poll(rows: dict[str, list[str]]) -> None:
    rows["to_regclass"] = ["False"]
    found = look(set_up("http://127.0.0.1:1"))
    assert (found.status, found.fix) == ("pass", "")
    assert "has no Realtime" in found.detail


def test_without_a_member_nothing_is_known_yet(rows: dict[str, list[str]]) -> None:
    rows["business_members order"] = []
    found = look(set_up("http://127.0.0.1:1"))
    assert (found.status, found.fix) == ("pass", "")
    assert found.detail.startswith("Not known yet")


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (["None"], "not seen yet whether Twilio sends a callback again"),
        (["2026-11-26 10:00 UTC"], "Twilio sends callbacks again after errors: it last did at 20"),
        (None, "not known before the migrations"),
    ],
)
def test_whether_twilio_sends_callbacks_again_is_seen_in_the_database(
    monkeypatch: pytest.MonkeyPatch, last: list[str] | None, says: str
) -> None:
    def column(inputs: Inputs, query: str) -> list[str]:
        if "unsettled_calls" in query:
            return []
        if last is None:
            raise psycopg.errors.UndefinedTable
        return last

    monkeypatch.setattr(database, "column", column)
    (found,) = database.lost_callbacks(set_up("http://127.0.0.1:1"))
    assert found.status == "pass"
    assert says in found.detail
