"""The first deployment, on a Google Cloud, a Supabase and a Twilio that are as unfriendly as their
documentation allows: one run, no crash, each wait explained."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import pytest

from functions.bundle import ROOT
from functions.doctor.token_form import TokenForm
from functions.setup.webhook_jwt import NOBODY
from tests.functions.deploy.google_cloud import CI, NEW_PROJECT, OPERATOR, Refused
from tests.functions.deploy.lab import DATABASE_PASSWORD, Lab

SEVEN_MINUTES = 7 * 60.0
POOLER = "aws-0-us-west-1.pooler.supabase.com"


@pytest.fixture
def in_california(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Waits:
    """Every wait of a deployment, with the last line that was on the screen when it began. Several
    endpoints are deployed at the same time, so for these it is the last line about a wait."""

    def __init__(self, lab: Lab) -> None:
        self.explained: list[str] = []
        usual = lab._sleep

        def sleep(seconds: float) -> None:
            lines = [line.strip() for line in lab.said().strip().splitlines()]
            if threading.current_thread() is not threading.main_thread():
                lines = [line for line in lines if "aiting" in line]
            self.explained.append(lines[-1])
            usual(seconds)

        lab._sleep = sleep  # type: ignore[method-assign]


# What is on the screen while something is waited for.
EXPLANATIONS = (
    r"Waiting until Google knows what it was given lately: .*",
    r"Still waiting for: .*",
    # The first seconds of a new address, and what follows them.
    r"\w+_fn: smoke test …",
    r"\w+_fn: traffic to \S+ …",
    r"https://\S+ leads here …",
    r".*Google takes a while until a new address is known: trying for 5 minutes\.",
    r"Scheduler: reconcile-fn, recording-fn and reports-fn run once …",
)


@pytest.mark.usefixtures("in_california")
@pytest.mark.parametrize("account", [OPERATOR, CI], ids=["person", "service-account"])
def test_the_first_deployment_in_a_new_project_is_one_run(lab: Lab, account: str) -> None:
    lab.cloud.account = account
    lab.cloud.delay_seconds = SEVEN_MINUTES
    lab.cloud.leaves_signature = False
    lab.cloud.run_seconds = (40.0, 20.0)
    lab.address_seconds = 3 * 60.0
    lab.token_form = TokenForm(NOBODY, "Supabase accepts tokens only with a `sub`.")
    lab.settings["SUPABASE_DB_URL"] = (
        f"postgresql://postgres.abcdefgh:{DATABASE_PASSWORD}@{POOLER}:5432/postgres"
    )
    lab.refuses_database = refuse_the_pooler
    assert lab.cloud.apis == set(NEW_PROJECT)
    waits = Waits(lab)

    said = lab.deploy()

    assert "✗" not in said
    assert all(lab.serving().values())
    assert lab.pending() == []
    assert lab.waited > 3 * SEVEN_MINUTES
    unexplained = [
        wait
        for wait in waits.explained
        if not any(re.fullmatch(each, wait) for each in EXPLANATIONS)
    ]
    assert unexplained == []
    for found in (
        "Supabase accepts tokens only with a `sub`.",
        "Every migration arrived, through the direct address.",
        "answered after 180 s.",
        "reconcile-fn refuses the scheduler's token: Cloud Run removes its signature",
        "reconcile-fn accepts the scheduler by its secret.",
    ):
        assert found in said

    lab.changes.clear()
    waited = lab.waited
    lab.deploy()
    assert (lab.changes, lab.waited) == ([], waited)


def refuse_the_pooler(address: str, dry_run: bool) -> None:
    if "pooler" in address:
        raise Refused("failed to receive message: unexpected EOF")


def test_the_page_about_the_first_deployment_names_what_deploy_sh_says() -> None:
    page = (ROOT / "docs" / "first-deployment.md").read_text("utf-8")
    for said in (
        "accepts the scheduler by its token",
        "accepts the scheduler by its secret",
        "without a `sub`",
        "only with a `sub`",
        "Every migration arrived, through",
        "answered after",
        "Waiting until Google knows what it was given lately",
        "Your organisation forbids functions without Google's invoker check",
        "no quota for this project's builds in this region",
        "not seen yet whether Twilio sends a callback again",
        "Twilio sends callbacks again",
        "lets a member follow the calls of a business, and no stranger",
        "has met the real services",
    ):
        assert said in " ".join(page.split()), said
