"""Reads a Google Cloud project with `gcloud`: https://cloud.google.com/sdk/gcloud/reference"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypedDict, TypeVar, cast

from functions.bundle import Endpoint
from functions.setup.addresses import service_name
from functions.setup.google_project import (
    BUILDER,
    BUILDER_ROLE,
    READER_ROLE,
    REPOSITORY,
    Job,
    JobJson,
    MetadataJson,
    Project,
    Secret,
    Service,
    ServiceJson,
    service_account,
)
from functions.setup.shell import Command, CommandFailed, Run

T = TypeVar("T")

# The first version of gcloud that knows every flag that deploy.sh uses.
OLDEST = 511

# A refusal for lack of a right names "the active account" too.
_SIGNED_OUT = re.compile(r"not currently have an active account|auth login|Reauthentication")
_UNKNOWN_HOST = re.compile(
    r"NameResolutionError|failed to resolve|name resolution|name or service not known"
    r"|nodename nor servname|getaddrinfo|unable to find the server",
    re.IGNORECASE,
)
_NO_CONNECTION = re.compile(
    r"max retries exceeded|unable to connect to proxy|network is unreachable|no route to host"
    r"|connection timed out",
    re.IGNORECASE,
)


class NotSignedIn(Exception):
    """gcloud has no active account."""


class TooOld(Exception):
    """gcloud lacks flags that deploy.sh uses. The message has its version and OLDEST."""


class _Binding(TypedDict):
    role: str
    members: list[str]


class _Policy(TypedDict, total=False):
    bindings: list[_Binding]


class _Named(TypedDict, total=False):
    name: str
    parent: str
    email: str
    state: str
    config: MetadataJson


def project_number(run: Run, project: str, timeout_seconds: float | None = None) -> str:
    """The number of a project, which is part of its functions' addresses.

    Raises what ``run`` raises, and CommandFailed if gcloud prints no number.
    """
    command = Command(
        (
            "gcloud",
            "projects",
            "describe",
            project,
            "--format=value(projectNumber)",
            "--quiet",
        ),
        timeout_seconds=timeout_seconds,
    )
    output = run(command).strip()
    if not output.isdecimal():
        raise CommandFailed(command, 0, output)
    return output


def stored_secret(
    run: Run, project: str, name: str, timeout_seconds: float | None = None
) -> str | None:
    """The newest value of a secret; None if it is empty. Raises what ``run`` raises."""
    argv = ("secrets", "versions", "access", "latest", f"--secret={name}", f"--project={project}")
    command = Command(("gcloud", *argv, "--quiet"), timeout_seconds=timeout_seconds)
    return run(command).strip() or None


def require_version(run: Run, timeout_seconds: float | None = None) -> None:
    """Raises TooOld, or what ``run`` raises. A version that cannot be read passes."""
    output = run(Command(("gcloud", "version", "--format=json"), timeout_seconds=timeout_seconds))
    try:
        version = str(json.loads(output)["Google Cloud SDK"])
    except (ValueError, LookupError, TypeError):
        return
    major = re.match(r"\d+", version)
    if major and int(major[0]) < OLDEST:
        raise TooOld(f"gcloud {version} is too old: deploy.sh needs version {OLDEST} or newer")


def reaches_nobody(said: str) -> bool:
    """Whether gcloud says that it reached no host of Google's."""
    return lacks_dns(said) or bool(_NO_CONNECTION.search(said))


def lacks_dns(said: str) -> bool:
    """Whether gcloud says that nobody knows the addresses of Google's hosts."""
    return bool(_UNKNOWN_HOST.search(said))


def is_signed_out(said: str) -> bool:
    """Whether gcloud says that somebody must sign in, or sign in again. It says so too where it
    could not reach Google to refresh what it has."""
    return bool(_SIGNED_OUT.search(said)) and not reaches_nobody(said)


def api_disabled(said: str) -> str | None:
    """The API that must be enabled first, if gcloud says that one is missing."""
    found = re.search(
        r"(\w+\.googleapis\.com)\W.*(?:not enabled|not been used|is disabled|SERVICE_DISABLED)"
        r"|(?:not enabled|not been used|is disabled|SERVICE_DISABLED).*?(\w+\.googleapis\.com)",
        " ".join(said.split()),
        re.IGNORECASE,
    )
    return (found[1] or found[2]) if found else None


def read_logs(endpoint: Endpoint, project: str, region: str) -> Command:
    """The command that prints what a function wrote to its log, for the operator to type."""
    return Command(
        (
            "gcloud",
            "run",
            "services",
            "logs",
            "read",
            service_name(endpoint),
            f"--region={region}",
            f"--project={project}",
        )
    )


class Reader:
    """Reads a project with several commands at a time, because gcloud takes about a second to
    start."""

    def __init__(self, run: Run, project: str, region: str) -> None:
        self._run = run
        self._project = project
        self._region = region

    def project(self, secret_names: Iterable[str]) -> Project:
        """The whole project, with the secrets of these names. Raises NotSignedIn, TooOld,
        CommandFailed or ToolMissing."""
        account = self._run(
            Command(
                (
                    "gcloud",
                    "auth",
                    "list",
                    "--filter=status:ACTIVE",
                    "--format=value(account)",
                )
            )
        ).strip()
        if not account:
            raise NotSignedIn

        with ThreadPoolExecutor(8) as pool:
            new_enough = pool.submit(require_version, self._run)
            enabled = pool.submit(self._list, "services", "list", "--enabled")
            new_enough.result()
            apis = frozenset(api["config"]["name"] for api in enabled.result())
            # `gcloud projects describe` tells it too, but not to a service account in a new
            # project, where the Cloud Resource Manager API is not enabled yet.
            number = _number(enabled.result()) or project_number(self._run, self._project)

            def reading(api: str, read: Callable[[], T], otherwise: T) -> Callable[[], T]:
                # If an API is not enabled, the project has nothing of it, and gcloud refuses to
                # list it.
                if f"{api}.googleapis.com" not in apis:
                    return lambda: otherwise
                return pool.submit(read).result

            nothing: list[_Named] = []
            accounts = reading(
                "iam", lambda: self._list("iam", "service-accounts", "list"), nothing
            )
            policy = reading("cloudresourcemanager", self._project_policy, _Policy())
            repositories = reading("artifactregistry", self._repositories, nothing)
            jobs = reading("cloudscheduler", self.jobs, dict[str, Job]())
            services = reading("run", self.services, dict[str, Service]())
            existing = reading("secretmanager", lambda: self._list("secrets", "list"), nothing)

            there = {secret["name"].rpartition("/")[2] for secret in existing()}
            secrets = {
                name: pool.submit(self._secret, name)
                for name in sorted(set(secret_names))
                if name in there
            }
            builder = f"serviceAccount:{service_account(BUILDER, self._project)}"
            return Project(
                id=self._project,
                number=number,
                region=self._region,
                account=account,
                apis=apis,
                service_accounts=frozenset(entry["email"] for entry in accounts()),
                has_builder_role=builder in _members(policy(), BUILDER_ROLE),
                has_repository=any(
                    entry["name"].endswith(f"/{REPOSITORY}") for entry in repositories()
                ),
                services=services(),
                secrets={name: secret.result() for name, secret in secrets.items()},
                jobs=jobs(),
            )

    def services(self) -> dict[str, Service]:
        """The region's Cloud Run services, by name."""
        found = cast(
            list[ServiceJson],
            self._list("run", "services", "list", f"--region={self._region}"),
        )
        return {service.name: service for service in map(Service.read, found)}

    def jobs(self) -> dict[str, Job]:
        """The region's scheduler jobs, by name."""
        found = cast(
            list[JobJson], self._list("scheduler", "jobs", "list", f"--location={self._region}")
        )
        return {job["name"].rpartition("/")[2]: Job.read(job) for job in found}

    def _repositories(self) -> list[_Named]:
        return self._list("artifacts", "repositories", "list", f"--location={self._region}")

    def _project_policy(self) -> _Policy:
        return self._json(_Policy, "projects", "get-iam-policy", self._project, project=False)

    def _secret(self, name: str) -> Secret:
        policy = self._json(_Policy, "secrets", "get-iam-policy", name)
        prefix = "serviceAccount:"
        readers = frozenset(
            member.removeprefix(prefix)
            for member in _members(policy, READER_ROLE)
            if member.startswith(prefix)
        )
        try:
            newest = self._json(
                _Named, "secrets", "versions", "describe", "latest", f"--secret={name}"
            )
        except CommandFailed as failure:
            if "NOT_FOUND" in failure.said:
                return Secret(readers=readers)
            raise
        number = int(newest["name"].rpartition("/")[2])
        if newest["state"].upper() != "ENABLED":
            return Secret(number, None, readers)
        value = self._run(
            Command(
                (
                    "gcloud",
                    "secrets",
                    "versions",
                    "access",
                    str(number),
                    f"--secret={name}",
                    f"--project={self._project}",
                )
            )
        )
        return Secret(number, value, readers)

    def _list(self, *arguments: str) -> list[_Named]:
        return cast(list[_Named], self._json(_Named, *arguments))

    def _json(self, shape: type[T], *arguments: str, project: bool = True) -> T:
        where = (f"--project={self._project}",) if project else ()
        output = self._run(Command(("gcloud", *arguments, *where, "--format=json")))
        return cast(T, json.loads(output))


def _number(apis: Iterable[_Named]) -> str | None:
    """The project's number, which is in the names of its APIs: projects/NUMBER/services/API."""
    for api in apis:
        found = re.match(r"projects/(\d+)(?:/|$)", api.get("name") or api.get("parent") or "")
        if found:
            return found[1]
    return None


def _members(policy: _Policy, role: str) -> set[str]:
    return {
        member
        for binding in policy.get("bindings", [])
        if binding["role"] == role
        for member in binding["members"]
    }
