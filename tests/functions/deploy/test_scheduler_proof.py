"""The scheduler proves who it is, whether Cloud Run leaves the signature on its token or not."""

from __future__ import annotations

import pytest

from functions.setup.google_project import Job
from tests.functions.deploy.lab import Lab


def secret_of(lab: Lab) -> str:
    (secret,) = lab.cloud.secrets["SCHEDULER_SECRET"].versions
    return secret


def headers(lab: Lab) -> object:
    target = lab.cloud.jobs["reconcile-fn"]["httpTarget"]
    assert isinstance(target, dict)
    return target.get("headers")


def status(lab: Lab) -> int:
    return lab.cloud.answer_to_job(lab.cloud.jobs["reconcile-fn"])


def test_where_the_signature_arrives_the_token_is_enough(lab: Lab) -> None:
    said = lab.deploy()

    assert "reconcile-fn accepts the scheduler by its token" in said
    assert "Google's signature arrives" in said
    assert headers(lab) is None
    assert status(lab) == 200
    assert len(lab.commands("scheduler", "jobs", "run")) == len(lab.cloud.jobs)


def test_where_the_signature_is_removed_the_job_sends_a_secret(lab: Lab) -> None:
    lab.cloud.leaves_signature = False

    said = lab.deploy()

    assert "reconcile-fn refuses the scheduler's token: Cloud Run removes its signature" in said
    assert "reconcile-fn accepts the scheduler by its secret" in said
    assert headers(lab) == {"X-Henk-Scheduler": secret_of(lab)}
    assert status(lab) == 200
    # Each job, without the secret and with it.
    assert len(lab.commands("scheduler", "jobs", "run")) == 2 * len(lab.cloud.jobs)
    # Nobody can read it from the list of processes, or from the screen.
    assert secret_of(lab) not in said
    assert secret_of(lab) not in str(lab.cloud.changes)


@pytest.mark.parametrize("leaves_signature", [True, False])
def test_the_next_deployment_leaves_the_proof_as_it_is(lab: Lab, leaves_signature: bool) -> None:
    lab.cloud.leaves_signature = leaves_signature
    lab.deploy()
    before = headers(lab)
    lab.changes.clear()

    lab.deploy()

    assert lab.changes == []
    assert headers(lab) == before


def test_a_signature_that_is_removed_later_is_noticed_by_the_next_deployment(lab: Lab) -> None:
    lab.deploy()
    lab.cloud.leaves_signature = False
    lab.cloud.gcloud(("scheduler", "jobs", "run", "reconcile-fn", *GLOBAL))
    lab.waited += 60

    lab.deploy()

    assert headers(lab) == {"X-Henk-Scheduler": secret_of(lab)}
    assert status(lab) == 200


def test_a_new_secret_reaches_the_job(lab: Lab) -> None:
    lab.cloud.leaves_signature = False
    lab.deploy()
    lab.settings["SCHEDULER_SECRET"] = "another-secret-of-at-least-32-characters"

    lab.deploy()

    assert headers(lab) == {"X-Henk-Scheduler": lab.settings["SCHEDULER_SECRET"]}
    assert status(lab) == 200


def test_after_a_rollback_the_secret_is_still_right(lab: Lab) -> None:
    lab.cloud.leaves_signature = False
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    lab.rollback()
    assert status(lab) == 200


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (401, "reconcile-fn refuses the scheduler, with its secret too"),
        (403, "Cloud Run itself refuses the scheduler (403): the invoker check"),
        (503, "accepts the scheduler, and its run ended with an error (code 14)"),
    ],
)
def test_what_else_a_run_can_show_is_named(lab: Lab, answers: int, says: str) -> None:
    lab.cloud.asks = lambda job: answers
    lab.deploy()
    (left,) = [left for left in lab.left if "reconcile" in left and "scheduler" in left]
    assert says in left
    if answers == 401:
        lab.waited += 60
        lab.deploy()
        assert [left for left in lab.left if says in left]


def test_a_run_that_is_not_seen_is_left_to_the_operator(lab: Lab) -> None:
    lab.cloud.run_seconds = (float("inf"), 0)
    lab.deploy()
    assert [left for left in lab.left if "No run of the scheduler's job reconcile-fn was" in left]
    assert lab.waited < 120


def test_a_run_that_takes_long_is_waited_for(lab: Lab) -> None:
    lab.cloud.leaves_signature = False
    lab.cloud.run_seconds = (55.0, 25.0)
    assert "accepts the scheduler by its secret" in lab.deploy()


def test_jobs_of_somebody_else_are_none_of_our_business(lab: Lab) -> None:
    lab.deploy()
    lab.cloud.jobs["backup"] = {
        "name": "projects/henk-test/locations/europe-west1/jobs/backup",
        "schedule": "0 3 * * *",
        "state": "ENABLED",
        "httpTarget": {"uri": "https://backup.test/"},
        "lastAttemptTime": "2026-11-26T03:00:00Z",
        "status": {"code": 16},
    }
    lab.deploy()
    assert lab.left == []


def test_a_deployment_of_another_endpoint_says_who_mends_a_refused_job(lab: Lab) -> None:
    lab.deploy()
    lab.cloud.leaves_signature = False
    lab.cloud.gcloud(("scheduler", "jobs", "run", "reconcile-fn", *GLOBAL))
    lab.waited += 60
    lab.deploy("twiml_fn")
    (left,) = lab.left
    assert left.startswith("reconcile-fn refuses the scheduler's token. Run ./deploy.sh without")
    lab.deploy()
    assert lab.left == []
    assert headers(lab) == {"X-Henk-Scheduler": secret_of(lab)}


def test_the_last_run_is_read_from_what_gcloud_prints() -> None:
    never = Job.read({"name": "n"})
    good = Job.read({"name": "n", "lastAttemptTime": "2026-11-26T00:00:00Z", "status": {}})
    bad = Job.read({"name": "n", "lastAttemptTime": "2026-11-26T00:00:00Z", "status": {"code": 16}})
    assert [(job.ended, job.is_refused) for job in (never, good, bad)] == [
        (None, False),
        (0, False),
        (16, True),
    ]


GLOBAL = ("--location=europe-west1", "--project=henk-test", "--quiet")
