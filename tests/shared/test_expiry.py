"""A token of ours that will expire is named in the log, once a day, from 21 days on."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import jwt
import pytest

from shared.expiry import Expiry
from tests.endpoints import JWT_SECRET, load

DAY = 24 * 3600
NOW = 1_800_000_000.0


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


def token(days: float) -> str:
    return jwt.encode({"role": "call_webhook", "exp": int(NOW + days * DAY)}, JWT_SECRET)


def warnings(capsys: pytest.CaptureFixture[str]) -> list[str]:
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [entry["message"] for entry in entries if entry["severity"] == "WARNING"]


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (90, None),
        (22, None),
        (21.5, "expires in 21 days"),
        (1.5, "expires in 1 day"),
        (0.5, "expires in less than a day"),
        (-0.5, "has expired"),
    ],
)
def test_the_days_that_are_left_are_named_at_the_start(
    capsys: pytest.CaptureFixture[str], days: float, says: str | None
) -> None:
    Expiry("SUPABASE_WEBHOOK_JWT", token(days), Clock())
    said = warnings(capsys)
    assert [message.partition(": ")[0] for message in said] == (
        [f"SUPABASE_WEBHOOK_JWT {says}"] if says else []
    )
    assert "eyJ" not in "".join(said)


@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ("SUPABASE_WEBHOOK_JWT", "make webhook-jwt"),
        ("SUPABASE_RECONCILER_JWT", "make webhook-jwt ROLE=call_reconciler"),
        ("SUPABASE_RECORDER_JWT", "make webhook-jwt ROLE=call_recorder"),
        ("SUPABASE_REPORTER_JWT", "make webhook-jwt ROLE=call_reporter"),
    ],
)
def test_the_command_makes_the_token_of_this_setting(
    capsys: pytest.CaptureFixture[str], setting: str, command: str
) -> None:
    Expiry(setting, token(5), Clock())
    (said,) = warnings(capsys)
    assert said.endswith(f"Without deploy.sh: {command}")


def test_it_is_said_once_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    expiry = Expiry("SUPABASE_RECONCILER_JWT", token(23.5), clock)
    for _ in range(10 * 24):
        clock.now += 3600
        expiry.warn()
    days = [message.split("expires in ")[1].split(" ")[0] for message in warnings(capsys)]
    assert days == ["21", "20", "19", "18", "17", "16", "15", "14", "13"]


@pytest.mark.parametrize(
    "text", ["", "not.a.token", jwt.encode({"role": "call_webhook"}, JWT_SECRET)]
)
def test_a_token_that_does_not_say_when_it_expires_is_no_warning(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    Expiry("SUPABASE_WEBHOOK_JWT", text, Clock()).warn()
    assert warnings(capsys) == []


@pytest.mark.parametrize(
    ("folder", "setting"),
    [
        ("twiml_fn", "SUPABASE_WEBHOOK_JWT"),
        ("status_fn", "SUPABASE_WEBHOOK_JWT"),
        ("reconcile_fn", "SUPABASE_RECONCILER_JWT"),
    ],
)
def test_each_endpoint_with_such_a_token_warns_when_it_starts(
    capsys: pytest.CaptureFixture[str], folder: str, setting: str
) -> None:
    soon = jwt.encode({"role": "x", "exp": int(time.time() + 5.5 * DAY)}, JWT_SECRET)
    load(folder, **{setting: soon})
    (said,) = warnings(capsys)
    assert said.startswith(f"{setting} expires in 5 days: run ./deploy.sh")
