"""`./deploy.sh --status`: what serves, and whether it is this checkout's code."""

from __future__ import annotations

from functions.deploy import summary
from functions.deploy.deployment import Deployment
from functions.packer import pack
from functions.setup.addresses import service_name


def show_status(deployment: Deployment) -> None:
    """Raises DeployError."""
    with deployment.steps.reading():
        services = deployment.reader.services()
    for endpoint in deployment.endpoints:
        code = pack(endpoint, deployment.checkout).version
        deployment.steps.report.say(
            summary.status(endpoint, services.get(service_name(endpoint)), code)
        )
