"""The commands that change a Google Cloud project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from functions.bundle import Endpoint
from functions.setup.addresses import service_name
from functions.setup.google_project import (
    BUILDER,
    BUILDER_ROLE,
    READER_ROLE,
    REPOSITORY,
    Job,
    service_account,
)
from functions.setup.shell import Command
from shared.scheduler_identity import PROOF_HEADER

# The runtime that builds and runs the functions. Google keeps it patched.
BASE_IMAGE = "python313"
# Limits what an attack can cost. 20 instances answer about a thousand requests a second.
MAX_INSTANCES = 20
# Separates environment variables. No address, SID or key contains it.
_SEPARATOR = ";"


class Changes:
    """Commands for one project and region."""

    def __init__(self, project: str, region: str) -> None:
        self._project = project
        self._region = region

    def enable_apis(self, apis: Iterable[str]) -> Command:
        names = tuple(apis)
        return self._gcloud(
            "services", "enable", *names, gives=tuple(f"the API {name}" for name in names)
        )

    def create_service_account(self, name: str, purpose: str) -> Command:
        return self._gcloud(
            "iam",
            "service-accounts",
            "create",
            name,
            f"--display-name={purpose}",
            gives=(f"the service account {service_account(name, self._project)}",),
        )

    def allow_builds(self) -> Command:
        return self._gcloud(
            "projects",
            "add-iam-policy-binding",
            self._project,
            f"--member=serviceAccount:{service_account(BUILDER, self._project)}",
            f"--role={BUILDER_ROLE}",
            "--condition=None",
            gives=(f"{BUILDER_ROLE} for {service_account(BUILDER, self._project)}",),
        )

    def create_repository(self) -> Command:
        return self._gcloud(
            "artifacts",
            "repositories",
            "create",
            REPOSITORY,
            "--repository-format=docker",
            f"--location={self._region}",
        )

    def create_secret(self, name: str) -> Command:
        return self._gcloud("secrets", "create", name, "--replication-policy=automatic")

    def add_secret_version(self, name: str, value: str) -> Command:
        argv = ("secrets", "versions", "add", name, "--data-file=-", "--format=value(name)")
        return self._gcloud(*argv, stdin=value, stdin_name=name)

    def let_read(self, secret: str, account: str) -> Command:
        return self._gcloud(
            *self._reading("add", secret, account), gives=(f"{account} may read {secret}",)
        )

    def stop_reading(self, secret: str, account: str) -> Command:
        return self._gcloud(*self._reading("remove", secret, account))

    def deploy(
        self,
        endpoint: Endpoint,
        source: Path,
        tag: str,
        variables: Mapping[str, str],
        secrets: Mapping[str, int],
        *,
        serves: bool,
    ) -> Command:
        """A new revision. If another one ``serves``, that one keeps the traffic. Otherwise the new
        revision gets the traffic at once, but nobody knows its address yet."""
        name = service_name(endpoint)
        pairs = _SEPARATOR.join(f"{key}={value}" for key, value in sorted(variables.items()))
        pins = ",".join(f"{key}={key}:{number}" for key, number in sorted(secrets.items()))
        builder = service_account(BUILDER, self._project)
        return self._gcloud(
            "run",
            "deploy",
            name,
            f"--source={source}",
            f"--function={endpoint.function}",
            f"--base-image={BASE_IMAGE}",
            f"--build-service-account=projects/{self._project}/serviceAccounts/{builder}",
            f"--region={self._region}",
            f"--service-account={service_account(name, self._project)}",
            f"--set-env-vars=^{_SEPARATOR}^{pairs}",
            f"--set-secrets={pins}" if pins else "--clear-secrets",
            f"--memory={endpoint.memory}",
            "--cpu=1",
            "--cpu-boost",
            f"--concurrency={endpoint.concurrency}",
            # The minimum of the service. With a minimum of its own, each tagged revision would keep
            # instances running.
            f"--min={endpoint.min_instances}",
            f"--max-instances={MAX_INSTANCES}",
            f"--timeout={endpoint.timeout_seconds}",
            # The function itself checks who calls it. Google does not.
            "--no-invoker-iam-check" if endpoint.is_public else "--invoker-iam-check",
            f"--tag={tag}",
            *(("--no-traffic",) if serves else ()),
            "--format=none",
        )

    def shift_traffic(
        self, endpoint: Endpoint, revision: str | None, tags: Mapping[str, str]
    ) -> Command:
        """Sets exactly these tags and, if a revision is given, gives it all the traffic, in one
        step."""
        pairs = ",".join(f"{tag}={target}" for tag, target in sorted(tags.items()))
        return self._gcloud(
            "run",
            "services",
            "update-traffic",
            service_name(endpoint),
            f"--region={self._region}",
            *((f"--to-revisions={revision}=100",) if revision else ()),
            f"--set-tags={pairs}" if pairs else "--clear-tags",
            "--format=none",
        )

    def schedule(self, name: str, job: Job, *, exists: bool) -> Command:
        # The file of flags is standard input, which nobody but this process sees.
        flag = "--update-headers" if exists else "--headers"
        headers = json.dumps({flag: {PROOF_HEADER: job.secret}}) if job.secret else None
        return self._gcloud(
            "scheduler",
            "jobs",
            "update" if exists else "create",
            "http",
            name,
            f"--location={self._region}",
            f"--schedule={job.schedule}",
            f"--uri={job.uri}",
            "--http-method=POST",
            f"--oidc-service-account-email={job.account}",
            f"--oidc-token-audience={job.audience}",
            f"--attempt-deadline={job.deadline_seconds}s",
            "--format=none",
            *(("--flags-file=-",) if headers else ()),
            stdin=headers,
            stdin_name="SCHEDULER_SECRET",
        )

    def run_job(self, name: str) -> Command:
        return self._gcloud(
            "scheduler", "jobs", "run", name, f"--location={self._region}", "--format=none"
        )

    def resume(self, name: str) -> Command:
        return self._gcloud("scheduler", "jobs", "resume", name, f"--location={self._region}")

    def _reading(self, verb: str, secret: str, account: str) -> tuple[str, ...]:
        return (
            "secrets",
            f"{verb}-iam-policy-binding",
            secret,
            f"--member=serviceAccount:{account}",
            f"--role={READER_ROLE}",
            "--condition=None",
            "--format=none",
        )

    def _gcloud(
        self,
        *arguments: str,
        stdin: str | None = None,
        stdin_name: str = "",
        gives: tuple[str, ...] = (),
    ) -> Command:
        argv = ("gcloud", *arguments, f"--project={self._project}", "--quiet")
        return Command(argv, stdin=stdin, stdin_name=stdin_name, gives=gives)
