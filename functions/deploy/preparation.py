"""Makes what must exist before a new revision does: the project's parts, the migrations, the
secrets and who may read them, the TwiML App."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from functions.deploy import database_push, twiml_app
from functions.deploy.deployment import Deployment
from functions.deploy.plan import SecretPlan
from functions.operate import business_creation
from functions.operate.command import Refused
from functions.setup import google_project
from functions.setup.addresses import service_name
from functions.setup.google_project import Project
from functions.setup.twiml_app import NAME, App, Webhooks

# A dry run shows this in place of the SID that Twilio would give.
NEW_APP = "AP" + 32 * "0"
_SECRETS_FIX = "The account needs roles/secretmanager.admin. Then run ./deploy.sh again."


def prepare_project(deployment: Deployment, project: Project) -> None:
    """Makes what is missing of the APIs, the service accounts, the role for builds, and the
    repository for images."""
    steps, changes = deployment.steps, deployment.changes
    fix = (
        "The account needs the roles of docs/setup.md, and the project a billing account. Google"
        " can take 7 minutes and more until it knows what was made just now. Then run ./deploy.sh"
        " again."
    )
    missing = [api for api in google_project.APIS if api not in project.apis]
    if missing:
        with steps.step(f"APIs enabled: {', '.join(missing)}", fix):
            steps.change(changes.enable_apis(missing))
    accounts = {google_project.BUILDER: "Builds Henk's functions"} | {
        service_name(endpoint): f"Runs Henk's {endpoint.folder}"
        for endpoint in deployment.endpoints
    }
    if any("scheduler" in endpoint.called_by for endpoint in deployment.endpoints):
        accounts[google_project.SCHEDULER] = "Henk's scheduler"
    for name, purpose in accounts.items():
        if project.email(name) not in project.service_accounts:
            with steps.step(f"Service account {name}", fix):
                steps.change(changes.create_service_account(name, purpose))
    if not project.has_builder_role:
        with steps.step(f"{google_project.BUILDER} may build", fix):
            steps.change(changes.allow_builds())
    if not project.has_repository:
        with steps.step("Repository for images", fix):
            steps.change(changes.create_repository())


def migrate(deployment: Deployment, pending: list[str]) -> None:
    """Pushes the migrations that the database lacks."""
    if pending:
        with deployment.steps.step(
            f"{len(pending)} migrations",
            "The migration that failed was rolled back. The ones before it are applied, and the"
            " version that serves works with them. Correct the migration and run ./deploy.sh"
            " again.",
        ):
            database_push.push(deployment)


def let_make_businesses(deployment: Deployment) -> None:
    """Writes who may make a business on the page, if the settings say it."""
    wanted = deployment.operator.creation
    if wanted is None:
        return
    deployment.steps.show(f"database: {business_creation.said(wanted)}")
    with deployment.steps.step(
        "Who may make a business", "Correct BUSINESS_CREATION and run ./deploy.sh again."
    ):
        if not deployment.steps.dry_run:
            try:
                deployment.write_creation(deployment.database, wanted)
            except (Refused, psycopg.Error) as error:
                lines = str(error).strip().splitlines() or [type(error).__name__]
                raise OSError(lines[0]) from None


def store_secrets(deployment: Deployment, secrets: Mapping[str, SecretPlan]) -> dict[str, int]:
    """Stores the values that Secret Manager lacks. Returns the version of each secret to use."""
    steps, changes = deployment.steps, deployment.changes
    numbers = {}
    for name, secret in secrets.items():
        numbers[name] = secret.number
        if secret.is_first:
            with steps.step(f"Secret {name}", _SECRETS_FIX):
                steps.change(changes.create_secret(name))
        if secret.is_new:
            with steps.step(f"Secret {name}, version {secret.number}", _SECRETS_FIX):
                stored = steps.change(changes.add_secret_version(name, secret.value))
            if stored is not None:
                # Somebody else may have added a version in the meantime.
                numbers[name] = int(stored.strip().rpartition("/")[2])
    return numbers


def let_read_secrets(
    deployment: Deployment, project: Project, secrets: Mapping[str, SecretPlan]
) -> None:
    """Lets each endpoint's service account read the endpoint's own secrets."""
    steps = deployment.steps
    for endpoint in deployment.endpoints:
        account = project.email(service_name(endpoint))
        for name in (*endpoint.secrets, *endpoint.optional_secrets):
            stored = project.secrets.get(name)
            if name in secrets and not (stored and account in stored.readers):
                with steps.step(f"{service_name(endpoint)} may read {name}", _SECRETS_FIX):
                    steps.change(deployment.changes.let_read(name, account))


def create_app(deployment: Deployment) -> App:
    """A new TwiML App."""
    steps = deployment.steps
    steps.show(f"Twilio: POST Applications.json FriendlyName={NAME!r}")
    if steps.dry_run:
        return App(NEW_APP, Webhooks("", ""))
    with steps.step(f"TwiML App {NAME!r}", "Run ./deploy.sh again."):
        return twiml_app.create(deployment.twilio)
