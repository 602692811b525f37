"""One cause is one failure. What depends on it is not examined, and says on what it depends."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from functions.doctor import google_cloud
from functions.doctor.causes import DNS, told_once
from functions.doctor.check import Check, Finding, failed, passed
from functions.doctor.examination import run
from functions.doctor.google_cloud import Address
from functions.doctor.inputs import Inputs, read
from stack import Stack

CLOSED = "http://127.0.0.1:1"
WRONG = "a-secret-that-is-wrong-and-long-enough"
GOOGLE = {"GOOGLE_CLOUD_PROJECT": "henk-test", "GOOGLE_CLOUD_REGION": "europe-west1"}


def examined(stack: Stack, **changes: str) -> list[Check]:
    return run(inputs(stack, **changes))


def inputs(stack: Stack, **changes: str) -> Inputs:
    operator, problems = read({**stack.env, "TWILIO_PHONE_NUMBER": "+14155550100", **changes})
    return Inputs(operator, problems, None, lambda: operator.public_base_url)


def told(checks: list[Check]) -> list[str]:
    """The names of what failed. What was not examined says why."""
    for check in checks:
        if check.status == "skip":
            assert check.detail.startswith(("Not examined", "Not set", "Not at")), check
    return [check.name for check in checks if check.status == "fail"]


def of_database(stack: Stack, user: str = "postgres", name: str = "postgres") -> str:
    return f"postgresql://{user}@{stack.env['SUPABASE_DB_URL'].rpartition('@')[2]}".replace(
        "/postgres", f"/{name}"
    )


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        (lambda stack: {"TWILIO_AUTH_TOKEN": WRONG}, "twilio_credentials"),
        (lambda stack: {"TWILIO_ACCOUNT_SID": "AC" + 32 * "0"}, "twilio_credentials"),
        (lambda stack: {"TWILIO_API_URL": CLOSED}, "twilio_credentials"),
        (lambda stack: {"TWILIO_API_KEY_SECRET": WRONG}, "twilio_api_key"),
        (lambda stack: {"SUPABASE_URL": CLOSED}, "supabase_api"),
        (lambda stack: {"SUPABASE_URL": stack.env["SIMULATOR_URL"]}, "supabase_api"),
        (lambda stack: {"SUPABASE_PUBLISHABLE_KEY": f"sb_publishable_{WRONG}"},
         "supabase_publishable_key"),
        (lambda stack: {"SUPABASE_JWT_SECRET": WRONG}, "signing_keys"),
        (lambda stack: {"SUPABASE_DB_URL": of_database(stack, f"postgres:{WRONG}")}, "database"),
        (lambda stack: {"SUPABASE_DB_URL": f"postgresql://postgres:{WRONG}@127.0.0.1:1/postgres"},
         "database"),
        (lambda stack: {"SUPABASE_DB_URL": stack.env["SUPABASE_DB_URL"].replace(
            "/postgres", "/template1").replace("//template1", "//postgres")}, "migrations"),
        (lambda stack: {"PUBLIC_BASE_URL": f"{CLOSED}/api/twilio"}, "functions"),
        (lambda stack: {"PUBLIC_BASE_URL": stack.env["SIMULATOR_URL"]}, "functions"),
        (lambda stack: {"PUBLIC_BASE_URL": "", **GOOGLE}, "google_cloud"),
    ],
    ids=["auth-token", "account-sid", "no-twilio", "api-key", "no-supabase", "not-supabase",
         "publishable-key", "jwt-secret", "password", "no-postgres", "migrations", "no-functions",
         "not-functions", "no-gcloud"],
)  # fmt: skip
def test_one_wrong_thing_is_one_failure(
    stack: Stack,
    changes: Callable[[Stack], dict[str, str]],
    failing: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No gcloud, whatever this machine has.
    monkeypatch.setenv("PATH", str(tmp_path))
    changed = inputs(stack, **changes(stack))
    checks = run(replace(changed, base_url=Address(changed.operator)))
    assert told(checks) == [failing], checks


def test_a_wrong_clock_is_one_failure(stack: Stack) -> None:
    assert told(run(replace(inputs(stack), now=lambda: time.time() + 7200))) == ["clock"]


def test_what_depends_on_a_failure_names_it(stack: Stack) -> None:
    checks = {check.name: check for check in examined(stack, TWILIO_API_URL=CLOSED)}
    assert checks["clock"].detail == (
        "Not examined: it depends on twilio_credentials, which failed"
    )
    assert checks["twilio_balance"].detail == (
        "Not examined: no answer from 127.0.0.1:1: the connection was refused: nothing listens"
        " there (see twilio_credentials)"
    )
    assert checks["database"].status == "pass"


def test_an_alarm_is_told_whatever_else_fails(stack: Stack) -> None:
    key = f"sb_secret_{secrets.token_hex(8)}"
    checks = examined(stack, SUPABASE_URL=CLOSED, SUPABASE_PUBLISHABLE_KEY=key)
    assert told(checks) == ["supabase_api", "supabase_publishable_key"]


def test_two_causes_are_two_failures(stack: Stack) -> None:
    checks = examined(stack, TWILIO_AUTH_TOKEN=WRONG, SUPABASE_URL=CLOSED)
    assert told(checks) == ["twilio_credentials", "supabase_api"]


@pytest.mark.parametrize(
    "gcloud",
    [None, "echo 'Failed to resolve oauth2.googleapis.com: gcloud auth login' >&2; exit 1",
     "exec sleep 5"],
    ids=["none", "refuses", "tries-for-minutes"],
)  # fmt: skip
def test_without_a_network_one_failure_names_everybody(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gcloud: str | None
) -> None:
    def resolve(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    changed = inputs(
        stack,
        TWILIO_API_URL="https://api.twilio.example",
        SUPABASE_URL="https://abcdefgh.supabase.example",
        SUPABASE_DB_URL=f"postgresql://postgres:{WRONG}@db.supabase.example:5432/postgres",
        PUBLIC_BASE_URL="https://app.callhenk.example/api/twilio",
    )
    google = []
    if gcloud:
        (tmp_path / "gcloud").write_text(f"#!/bin/sh\n{gcloud}\n", encoding="utf-8")
        (tmp_path / "gcloud").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        monkeypatch.setattr(google_cloud, "_TIMEOUT_SECONDS", 0.2)
        operator, _ = read({**changed.operator.values, **GOOGLE})
        changed = replace(changed, operator=operator)
        google = ["googleapis.com"]
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    checks = run(changed)
    assert told(checks) == ["google_cloud" if gcloud else "twilio_credentials"]
    (check,) = (check for check in checks if check.status == "fail")
    for host in (
        *google,
        "api.twilio.example",
        "abcdefgh.supabase.example",
        "app.callhenk.example",
    ):
        assert host in check.detail
    assert "no network" in check.fix


def test_findings_without_a_cause_each_count() -> None:
    two: list[Finding] = [failed("a", "A", "x"), failed("b", "B", "x")]
    assert told_once([("one", two), ("other", [passed("", "fine")])])[0][1] == two


def test_a_single_unknown_name_is_the_names_own_fault() -> None:
    ((_, (found,)),) = told_once([("one", [failed("x.co", "No answer", "Compare", cause=DNS)])])
    assert (found.detail, found.fix) == ("No answer", "Compare")
