"""What one run of deploy.sh works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from twilio.rest import Client

from functions import doctor
from functions.bundle import ROOT, Endpoint
from functions.deploy.changes import Changes
from functions.deploy.steps import Steps
from functions.doctor import Check, smoke
from functions.setup import gcloud
from functions.setup.settings import Operator

# Google needs some seconds until a new address, or a service's new traffic, is known everywhere.
SMOKE_TRIES = 10


def examine_before(operator: Operator) -> list[Check]:
    """What the doctor finds before anything is deployed."""
    return doctor.examine(operator, stage="before", base_url=None, webhook_jwt=None)


@dataclass
class Deployment:
    """One run of deploy.sh."""

    operator: Operator
    # The endpoints to deploy, and all endpoints.
    endpoints: Sequence[Endpoint]
    bundle: Sequence[Endpoint]
    twilio: Client
    steps: Steps
    checkout: Path = ROOT
    examine: Callable[[Operator], Sequence[Check]] = examine_before

    def __post_init__(self) -> None:
        self.steps.report.redaction = self.operator.redaction()
        for value in self.operator.given(tuple(self.secret_names)).values():
            self.steps.report.redaction.add(value)

    @property
    def secret_names(self) -> list[str]:
        """Every setting that some endpoint of the bundle gets from Secret Manager."""
        return sorted(
            {
                name
                for endpoint in self.bundle
                for name in (*endpoint.secrets, *endpoint.optional_secrets)
            }
        )

    @property
    def changes(self) -> Changes:
        """The commands that change the project."""
        return Changes(self.operator.google_project, self.operator.region)

    @property
    def reader(self) -> gcloud.Reader:
        """Reads the project."""
        return gcloud.Reader(self.steps.read, self.operator.google_project, self.operator.region)

    def reading_logs(self, endpoint: Endpoint) -> str:
        """The command that prints what a function wrote to its log."""
        operator = self.operator
        return gcloud.read_logs(endpoint, operator.google_project, operator.region).shown

    def try_until_known(self, endpoint: Endpoint, url: str, version: str | None) -> None:
        """The smoke test of an address that may be new. Raises smoke.SmokeTestFailed."""
        smoke.check(endpoint, url, version, tries=SMOKE_TRIES, sleep=self.steps.clock.sleep)
