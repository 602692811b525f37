"""Makes the scheduler's jobs, lets each run once, and finds out how it proves to the function who
it is: by Google's signature on its token, or by a secret where the host removes that signature."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from functions.deploy.deployment import Deployment
from functions.setup.addresses import service_name
from functions.setup.google_project import (
    PERMISSION_DENIED,
    SCHEDULER,
    UNAUTHENTICATED,
    Job,
    Project,
)

# A run begins within seconds, and at the next full minute in any case.
_BEGINS_SECONDS = 90.0
# A run ends within 30 s, and Google writes down how it ended some seconds later.
_RUN_SECONDS = 40.0
_PAUSE_SECONDS = 3.0
_SERVES = "Everything is deployed and serves, but"
_AGAIN = "It runs every minute. Run ./deploy.sh again: it looks at the last run."
_FIX = (
    f"{_SERVES} the scheduler was not told. The account needs roles/cloudscheduler.admin. Then run"
    " ./deploy.sh again."
)


def tell_scheduler(
    deployment: Deployment,
    jobs: Mapping[str, Job],
    project: Project,
    secret: str,
) -> None:
    """Makes or changes these jobs, and lets each run once, all at the same time. A job that is
    paused stays paused, and is named at the end."""
    steps, changes = deployment.steps, deployment.changes
    for name, job in jobs.items():
        _write(deployment, name, job, exists=name in project.jobs)
    paused = {name for name, stored in project.jobs.items() if stored.is_paused}
    _find_out(deployment, {name: jobs[name] for name in jobs if name not in paused}, secret)
    ours = {service_name(endpoint) for endpoint in deployment.bundle}
    for name, stored in project.jobs.items():
        if name not in ours or stored.account != project.email(SCHEDULER):
            # Somebody else's.
            continue
        if stored.is_refused and name not in jobs:
            _tell(deployment, name, stored, stored)
        if stored.is_paused:
            steps.left.append(
                f"The scheduler's job {name} is paused. To resume it: {changes.resume(name).shown}"
            )


def _write(deployment: Deployment, name: str, job: Job, *, exists: bool) -> None:
    by = "with a secret" if job.secret else "with a signed token"
    with deployment.steps.step(f"Scheduler: {name} every minute, {by}", _FIX):
        deployment.steps.change(deployment.changes.schedule(name, job, exists=exists))


def _find_out(deployment: Deployment, jobs: Mapping[str, Job], secret: str) -> None:
    """Lets the jobs run. If a function refuses the token of its job, the job sends the secret from
    then on, and runs again."""
    steps = deployment.steps
    ran = _run(deployment, jobs)
    refused = {
        name: replace(jobs[name], secret=secret)
        for name, run in ran.items()
        if run is not None and run.is_refused and not jobs[name].secret
    }
    for name, job in refused.items():
        steps.report.say(
            f"    {name} refuses the scheduler's token: Cloud Run removes its signature on the way,"
            " or Google signs it in another way. The job proves itself with SCHEDULER_SECRET now."
        )
        _write(deployment, name, job, exists=True)
    ran |= _run(deployment, refused)
    for name, run in ran.items():
        _tell(deployment, name, refused.get(name, jobs[name]), run)


def _run(deployment: Deployment, jobs: Collection[str]) -> dict[str, Job | None]:
    """The jobs after a run. None for one of which no run was seen. Empty in a dry run."""
    steps = deployment.steps
    if not jobs:
        return {}
    with steps.step(
        f"Scheduler: {_listed(jobs)} run{'s' if len(jobs) == 1 else ''} once",
        f"{_SERVES} no job ran. {_AGAIN}",
    ):
        before = {} if steps.dry_run else deployment.reader.jobs()
        for name in jobs:
            steps.change(deployment.changes.run_job(name))
        return _after_run(deployment, {name: before[name] for name in jobs if name in before})


def _listed(names: Collection[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _after_run(deployment: Deployment, before: Mapping[str, Job]) -> dict[str, Job | None]:
    """Waits until each job has run and has ended, as Google lists it."""
    clock = deployment.steps.clock
    began = clock.now()
    seen: dict[str, float] = {}
    after: dict[str, Job | None] = {}
    while len(after) < len(before):
        listed = deployment.reader.jobs()
        for name in before.keys() - after.keys():
            job = listed.get(name)
            if job and job.ran_at not in ("", before[name].ran_at):
                since = clock.now() - seen.setdefault(name, clock.now())
                # As long as the run goes on, Google lists how the one before it ended.
                if job.ended != before[name].ended or since >= _RUN_SECONDS:
                    after[name] = job
            elif clock.now() - began >= _BEGINS_SECONDS:
                after[name] = None
        if len(after) < len(before):
            clock.sleep(_PAUSE_SECONDS)
    return {name: after[name] for name in before}


def _tell(deployment: Deployment, name: str, job: Job, ran: Job | None) -> None:
    """Says what was found."""
    steps = deployment.steps
    if ran is None:
        steps.left.append(f"No run of the scheduler's job {name} was seen yet. {_AGAIN}")
    elif ran.ended == UNAUTHENTICATED and not job.secret:
        steps.left.append(
            f"{name} refuses the scheduler's token. Run ./deploy.sh without --only: it lets the job"
            " prove itself with SCHEDULER_SECRET."
        )
    elif ran.ended == UNAUTHENTICATED:
        steps.left.append(
            f"{name} refuses the scheduler, with its secret too. {_logs(deployment, name)} says"
            " why."
        )
    elif ran.ended == PERMISSION_DENIED:
        steps.left.append(
            f"Cloud Run itself refuses the scheduler (403): the invoker check of {name} is on."
            " docs/first-deployment.md says what to do."
        )
    elif ran.ended:
        steps.left.append(
            f"{name} accepts the scheduler, and its run ended with an error (code {ran.ended})."
            f" {_logs(deployment, name)} says which."
        )
    elif job.secret:
        steps.report.say(f"    {name} accepts the scheduler by its secret.")
    else:
        steps.report.say(
            f"    {name} accepts the scheduler by its token: Google's signature arrives."
        )


def _logs(deployment: Deployment, name: str) -> str:
    (endpoint,) = (each for each in deployment.bundle if service_name(each) == name)
    return f"`{deployment.reading_logs(endpoint)}`"
