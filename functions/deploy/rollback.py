"""`./deploy.sh --rollback`: gives the traffic back to what served before the latest release."""

from __future__ import annotations

from functions.deploy.deployment import Deployment
from functions.deploy.steps import DeployError
from functions.deploy.traffic import move_all, moves_back
from functions.doctor import smoke
from functions.setup.addresses import service_name
from functions.setup.google_project import PREVIOUS


def rollback(deployment: Deployment) -> None:
    """Raises DeployError."""
    steps = deployment.steps
    with steps.reading():
        services = deployment.deployed()
    moves = moves_back(deployment.endpoints, services)
    if not moves:
        raise DeployError(
            f"There is nothing to go back to: no endpoint has a revision tagged {PREVIOUS}.",
            "`./deploy.sh --status` shows what there is.",
        )
    for move in moves:
        with steps.step(
            f"{move.endpoint.folder}: smoke test of {move.version or move.revision}",
            "The version that serves now goes on serving. Deploy a good version with ./deploy.sh.",
        ):
            url = services[service_name(move.endpoint)].tag_urls[PREVIOUS]
            smoke.check(move.endpoint, url, None)
    move_all(moves, steps, deployment.changes, deployment.try_until_known)
