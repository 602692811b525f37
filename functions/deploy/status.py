"""`./deploy.sh --status`: what serves, whether it is this checkout's code, and for how many days
the endpoints' own tokens are valid."""

from __future__ import annotations

from functions.deploy import summary
from functions.deploy.deployment import Deployment
from functions.packer import pack
from functions.setup import gcloud, webhook_jwt
from functions.setup.addresses import service_name
from functions.setup.shell import CommandFailed
from shared.expiry import WARNING_DAYS


def show_status(deployment: Deployment) -> None:
    """Raises DeployError."""
    report = deployment.steps.report
    with deployment.steps.reading():
        services = deployment.deployed()
    for endpoint in deployment.endpoints:
        code = pack(endpoint, deployment.checkout).version
        report.say(summary.status(endpoint, services.get(service_name(endpoint)), code))
    needed = {name for endpoint in deployment.endpoints for name in endpoint.secrets}
    for name in webhook_jwt.ROLES:
        if name in needed:
            report.say(f"  {name}: {_days(deployment, name)}")


def _days(deployment: Deployment, name: str) -> str:
    """For how many days the newest token in Secret Manager is valid."""
    operator = deployment.operator
    try:
        token = gcloud.stored_secret(deployment.steps.run, operator.google_project, name)
        left = webhook_jwt.days_left(
            token or "",
            operator.signing_key,
            operator.supabase.url,
            role=webhook_jwt.ROLES[name],
        )
    except CommandFailed as failure:
        if "NOT_FOUND" in failure.said or gcloud.api_disabled(failure.said):
            return "not stored yet: ./deploy.sh makes it"
        lines = failure.said.splitlines() or ["it says nothing"]
        return f"its days are not known, because gcloud does not show it ({lines[0][:200]})"
    except webhook_jwt.WebhookJwtError as error:
        return f"not valid ({error}): run ./deploy.sh, which makes a new one"
    advice = ": run ./deploy.sh, which makes a new one" if left <= WARNING_DAYS else ""
    return f"valid for {left} more days{advice}"
