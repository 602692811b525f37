"""Tells the callers of the functions where to ask: Twilio, by the TwiML App, and the scheduler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.deploy import twiml_app
from functions.deploy.deployment import Deployment
from functions.deploy.plan import Target
from functions.setup.addresses import build_address, service_name, short_name
from functions.setup.google_project import SCHEDULER, Job, Project
from functions.setup.twiml_app import App, Webhooks


def tell_twilio(
    deployment: Deployment,
    app: App,
    webhooks: Webhooks,
    wanted: Sequence[Target],
    base_url: str,
) -> None:
    """Sets the App's addresses, after a smoke test of each."""
    steps = deployment.steps
    versions = {target.endpoint.folder: target.version for target in wanted}
    for endpoint in deployment.bundle:
        if "twilio" in endpoint.called_by and not steps.dry_run:
            url = build_address(base_url, short_name(endpoint))
            with steps.step(
                f"{url} leads here",
                "The new version serves, but Twilio was not told of it. Deploy the service"
                f" {service_name(endpoint)}, let that address lead to it, and run ./deploy.sh"
                " again.",
            ):
                deployment.try_until_known(endpoint, url, versions.get(endpoint.folder))
    steps.show(
        f"Twilio: POST Applications/{app.sid}.json VoiceUrl={webhooks.voice_url}"
        f" StatusCallback={webhooks.status_callback}"
    )
    if not steps.dry_run:
        with steps.step(
            f"TwiML App {app.sid} asks this deployment",
            "The new version serves, but Twilio was not told of it. Run ./deploy.sh again.",
        ):
            twiml_app.set_webhooks(deployment.twilio, app.sid, webhooks)


def tell_scheduler(deployment: Deployment, jobs: Mapping[str, Job], project: Project) -> None:
    """Makes or changes these jobs. A job that is paused stays paused, and is named at the end."""
    steps, changes = deployment.steps, deployment.changes
    for name, job in jobs.items():
        with steps.step(
            f"Scheduler: {name} every minute",
            "Everything is deployed and serves, but the scheduler was not told. The account"
            " needs roles/cloudscheduler.admin. Then run ./deploy.sh again.",
        ):
            steps.change(changes.schedule(name, job, exists=name in project.jobs))
    for name, stored in project.jobs.items():
        if stored.is_paused and stored.account == project.email(SCHEDULER):
            steps.left.append(
                f"The scheduler's job {name} is paused. To resume it: {changes.resume(name).shown}"
            )
