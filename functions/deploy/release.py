"""A deployment from a checkout to live: its steps, in their order.

The functions that serve do not change until everything new has answered its smoke test.
"""

from __future__ import annotations

from collections.abc import Mapping

from functions import doctor
from functions.deploy import callers, database_push, plan, preparation, rollout, scheduler, summary
from functions.deploy.deployment import Deployment
from functions.deploy.plan import Action, Target
from functions.deploy.steps import DeployError
from functions.doctor import rendering
from functions.packer import pack
from functions.setup import twiml_app


def deploy(deployment: Deployment) -> None:
    """Raises DeployError."""
    operator, steps = deployment.operator, deployment.steps
    _examine(deployment)
    with steps.reading():
        project = deployment.reader.project(deployment.secret_names)
        app = twiml_app.find(deployment.twilio, operator.twilio.twiml_app_sid)
        pending = database_push.pending(deployment)
        packs = [pack(endpoint, deployment.checkout) for endpoint in deployment.endpoints]
        form = deployment.find_token_form(operator)
        values = plan.secret_values(operator, deployment.endpoints, project, form.subject)
        for value in values.values():
            steps.report.redaction.add(value)
        secrets = plan.secret_plans(values, project)
        expected = {name: secret.number for name, secret in secrets.items()}

        def targets(numbers: Mapping[str, int], app_sid: str) -> list[Target]:
            return plan.targets(operator, packs, project, numbers, app_sid, plan.answers)

        app_sid = app.sid if app else preparation.NEW_APP
        wanted = targets(expected, app_sid)
    steps.report.say(f"    {form.found}")
    base_url = plan.public_base_url(operator, project)
    page = plan.page_origin(project)
    webhooks = twiml_app.wanted(base_url)
    twilio_knows = app is not None and app.webhooks == webhooks
    jobs = plan.jobs(deployment.endpoints, project, values)

    steps.report.say(summary.plan(project, pending, secrets, wanted, app, webhooks, jobs))
    nothing_new = all(target.action is Action.KEEP for target in wanted)
    if not (nothing_new and twilio_knows and not pending and not jobs) and not (
        steps.dry_run or steps.confirm()
    ):
        raise DeployError("Nothing was changed.", "Run ./deploy.sh again when you are ready.")

    preparation.prepare_project(deployment, project)
    preparation.migrate(deployment, pending)
    preparation.let_make_businesses(deployment)
    numbers = preparation.store_secrets(deployment, secrets)
    preparation.let_read_secrets(deployment, project, secrets)
    app = app or preparation.create_app(deployment)
    if (numbers, app.sid) != (expected, app_sid):
        wanted = targets(numbers, app.sid)

    rollout.deploy_new(deployment, wanted)
    services = rollout.test_before_traffic(deployment, wanted, project)
    rollout.check_public_address(deployment, wanted, base_url)
    rollout.give_traffic(deployment, wanted, services)
    if not twilio_knows:
        callers.tell_twilio(deployment, app, webhooks, wanted, base_url)
    scheduler.tell_scheduler(deployment, jobs, project, values.get(plan.SCHEDULER_SECRET, ""))

    if any(target.service is None for target in wanted):
        steps.left.append(
            f"Make the first business and its owner, who signs in at {page}: make owner EMAIL=…"
            " BUSINESS=… COUNTRY=…, and give it a number: make caller-id NUMBER=… BUSINESS=…"
            " (docs/setup.md, step 7). A web app of your own asks these addresses:"
            " docs/client-library.md."
        )
    if operator.allowed_origins and page not in operator.allowed_origins:
        steps.left.append(
            f"Nobody can call from {page}, because ALLOWED_ORIGINS does not name it. Add it, if"
            " people shall call from there, and run ./deploy.sh again."
        )
    for name, account in plan.excess_readers(project, deployment.endpoints, values):
        command = deployment.changes.stop_reading(name, account)
        steps.left.append(
            f"{account} can still read {name}, which it does not need any more. If you will not"
            f" roll back to a release before this one, run: {command.shown}"
        )
    steps.report.say(
        summary.DRY_RUN
        if steps.dry_run
        else summary.result(wanted, base_url, page, app, plan.jwt_days(operator, values))
    )


def _examine(deployment: Deployment) -> None:
    """Raises DeployError if the doctor finds a reason not to deploy. Other problems are shown at
    the end of the run."""
    steps = deployment.steps
    with steps.reading("Examining the set-up"):
        checks = deployment.examine(deployment.operator)
        failed = [check for check in checks if check.status == "fail"]
        if any(map(doctor.stops_deployment, failed)):
            raise DeployError(
                f"Something is wrong with the set-up:\n\n{rendering.as_lines(failed)}",
                "Nothing was changed. `make doctor` examines it again.",
            )
    for check in failed:
        steps.left.append(f"{check.detail}. {check.fix}.")
