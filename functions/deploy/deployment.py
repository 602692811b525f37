"""What one run of deploy.sh works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twilio.rest import Client

from functions import doctor
from functions.bundle import ROOT, Endpoint
from functions.deploy.changes import Changes
from functions.deploy.steps import Steps
from functions.doctor import Check, smoke, token_form
from functions.doctor.token_form import TokenForm
from functions.operate import business_creation
from functions.setup import gcloud
from functions.setup.google_project import Service
from functions.setup.settings import Creation, Database, Operator
from functions.setup.shell import CommandFailed

# How long Google may take until a new address is known everywhere, and until a function that
# answers already has its new traffic. Nobody has measured the first yet, so a deployment says how
# long it took.
ADDRESS_SECONDS = 5 * 60.0
TRAFFIC_SECONDS = 30.0
_PAUSE_SECONDS = 2.0
_TOLD_SECONDS = 10.0


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
    write_creation: Callable[[Database, Creation], str] = business_creation.apply
    find_token_form: Callable[[Operator], TokenForm] = token_form.find

    def __post_init__(self) -> None:
        # The address of the database that works. database_push.py may find another one.
        self.database = self.operator.database
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

    def deployed(self) -> Mapping[str, Service]:
        """The services that there are. None in a project that never enabled Cloud Run: that is
        known at once, and not waited for. Raises what ``run`` raises."""
        operator = self.operator
        try:
            return gcloud.Reader(
                self.steps.run, operator.google_project, operator.region
            ).services()
        except CommandFailed as failure:
            if gcloud.api_disabled(failure.said) != "run.googleapis.com":
                raise
            return {}

    def reading_logs(self, endpoint: Endpoint) -> str:
        """The command that prints what a function wrote to its log."""
        operator = self.operator
        return gcloud.read_logs(endpoint, operator.google_project, operator.region).shown

    def try_until_known(self, endpoint: Endpoint, url: str, version: str | None) -> None:
        """The smoke test of an address that may be new. Raises smoke.SmokeTestFailed."""
        clock, report = self.steps.clock, self.steps.report
        began, is_told = clock.now(), False
        while True:
            try:
                smoke.check(endpoint, url, version)
                break
            except smoke.SmokeTestFailed as failure:
                waited = clock.now() - began
                if waited >= (TRAFFIC_SECONDS if failure.is_ours else ADDRESS_SECONDS):
                    raise
                if waited >= _TOLD_SECONDS and not is_told:
                    is_told = True
                    report.say(
                        f"    {failure}. Google takes a while until a new address is known: trying"
                        f" for {ADDRESS_SECONDS / 60:.0f} minutes."
                    )
            clock.sleep(_PAUSE_SECONDS)
        if is_told:
            report.say(f"    {url} answered after {clock.now() - began:.0f} s.")
