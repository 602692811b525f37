"""Google knows a right only minutes after it was given. A deployment waits, says what it waits for,
and goes on."""

from __future__ import annotations

import io
import re

import pytest

from functions.deploy.late_rights import PATIENCE_SECONDS, Clock, LateRights
from functions.deploy.report import Report
from functions.setup.shell import Command, CommandFailed
from tests.functions.deploy.google_cloud import CI, OPERATOR, Refused
from tests.functions.deploy.lab import Lab

SEVEN_MINUTES = 7 * 60.0


@pytest.mark.parametrize("account", [OPERATOR, CI], ids=["person", "service-account"])
def test_rights_that_arrive_after_seven_minutes_are_waited_for(lab: Lab, account: str) -> None:
    lab.cloud.account = account
    lab.cloud.delay_seconds = SEVEN_MINUTES

    said = lab.deploy()

    assert all(lab.serving().values())
    assert lab.waited >= SEVEN_MINUTES
    assert "✗" not in said
    waits = re.findall(r"given lately: (.+?)\. That takes 2 minutes as a rule, and can", said)
    for given in (
        r"the API iam\.googleapis\.com",
        r"the service account henk-builder@[\w.-]+",
        r".*roles/run\.builder for henk-builder@[\w.-]+",
    ):
        assert [wait for wait in waits if re.fullmatch(given, wait)], (given, waits)
    assert "    Still waiting for: the API iam.googleapis.com. Trying again for" in said


def test_a_secret_that_cannot_be_read_yet_is_waited_for(lab: Lab) -> None:
    lab.deploy()
    lab.settings["TWILIO_AUTH_TOKEN_NEXT"] = "98f6bcd4621d373cade4e832627b4f6a"
    lab.cloud.delay_seconds = SEVEN_MINUTES
    lab.waited += 3600
    before = lab.serving()

    said = lab.deploy()

    assert lab.serving() != before
    assert re.search(
        r"lately: (twiml|status|recording)-fn@[\w.-]+ may read TWILIO_AUTH_TOKEN_NEXT\.", said
    )
    # Each try left a revision that is not ready, and its tag with it.
    for name in ("twiml-fn", "status-fn"):
        service = lab.cloud.services[name]
        assert len(service.failures) >= 2
        assert service.spec_tags == service.tags


def test_an_api_that_an_earlier_run_enabled_just_now_is_waited_for(lab: Lab) -> None:
    def stop(what: str, when: str) -> None:
        if what.startswith("iam service-accounts create"):
            raise Refused("the network went away")

    lab.fault = stop
    lab.stops()
    lab.fault = lambda what, when: None
    lab.cloud.delay_seconds = SEVEN_MINUTES

    said = lab.deploy()

    assert all(lab.serving().values())
    assert "given lately: the API " in said


def test_a_right_that_never_arrives_stops_after_eight_minutes(lab: Lab) -> None:
    lab.cloud.delay_seconds = float("inf")

    stopped = lab.stops()

    assert PATIENCE_SECONDS <= lab.waited < PATIENCE_SECONDS + 60
    assert "SERVICE_DISABLED" in str(stopped)
    assert "7 minutes and more" in stopped.fix


def test_a_right_that_this_run_did_not_give_is_not_waited_for(lab: Lab) -> None:
    lab.deploy()
    lab.edit("token_fn", "ANOTHER = 1")
    lab.cloud.secrets["TWILIO_API_KEY_SECRET"].readers.clear()

    def refuse(what: str, when: str) -> None:
        if what.startswith("run deploy"):
            raise Refused("PERMISSION_DENIED: Permission 'run.services.update' denied on resource")

    lab.fault = refuse
    for service in ("token-fn", "control-fn", "reconcile-fn", "recording-fn"):
        lab.cloud.secrets["TWILIO_API_KEY_SECRET"].readers.append(
            f"serviceAccount:{service}@henk-test.iam.gserviceaccount.com"
        )
    waited = lab.waited
    assert "PERMISSION_DENIED" in str(lab.stops())
    assert lab.waited == waited


def test_a_failure_for_another_reason_is_not_tried_again(lab: Lab) -> None:
    lab.cloud.starts = lambda revision: False
    assert "failed to start" in str(lab.stops())
    assert lab.waited == 0
    assert len(lab.commands("run", "deploy", "token-fn")) == 1


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: The caller does not have permission",
        "Permission 'iam.serviceaccounts.actAs' denied on service account token-fn@x (or it may not"
        " exist).",
        "Permission denied on secret: projects/1/secrets/A/versions/1 for Revision service account"
        " token-fn@x.iam.gserviceaccount.com.",
        "INVALID_ARGUMENT: Service account token-fn@x.iam.gserviceaccount.com does not exist.",
        "NOT_FOUND: Unknown service account",
        "could not resolve source: googleapi: Error 403: henk-builder@x does not have"
        " storage.objects.get access to the Google Cloud Storage object., forbidden",
        "Build failed because the service account is missing required IAM permissions.",
        "ERROR: Build failed; check build logs for details",
        "API [run.googleapis.com] not enabled on project [henk-test].",
        "Cloud Run Admin API has not been used in project 1 before or it is disabled.",
    ],
)
def test_these_answers_of_google_mean_that_a_right_may_be_missing(said: str) -> None:
    stream, slept = io.StringIO(), list[float]()
    rights = LateRights(Report(stream), Clock(lambda: sum(slept), slept.append))
    answers = [said]

    def attempt() -> str:
        if answers:
            raise CommandFailed(Command(("gcloud",)), 1, answers.pop())
        return "done"

    with pytest.raises(CommandFailed):
        rights.wait_for(attempt)
    answers.append(said)
    rights.note("roles/run.builder for henk-builder")
    assert rights.wait_for(attempt) == "done"
    assert len(slept) == 1
    assert " ".join(said.split()) in stream.getvalue()
