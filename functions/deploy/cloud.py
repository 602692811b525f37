"""What is there in the Google Cloud project before a deployment changes anything.

Read with `gcloud … --format=json`: https://cloud.google.com/sdk/gcloud/reference
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypedDict, TypeVar, cast

from functions.deploy.shell import Command, CommandFailed, Run

APIS = (
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)
# Where `gcloud run deploy --source` keeps its images. It would make the repository by itself, but
# not when several deployments begin at once.
REPOSITORY = "cloud-run-source-deploy"
# Builds run as an account of their own that can do nothing else.
BUILDER = "henk-builder"
BUILDER_ROLE = "roles/run.builder"
READER_ROLE = "roles/secretmanager.secretAccessor"
# Who the scheduler is. It has no role at all: the function knows it by its name.
SCHEDULER = "henk-scheduler"

PREVIOUS = "previous"
_VERSION = "v-"

T = TypeVar("T")


class NotSignedIn(Exception):
    """gcloud has no active account."""


class _Traffic(TypedDict, total=False):
    revisionName: str
    percent: int
    tag: str
    url: str


class _Status(TypedDict, total=False):
    url: str
    traffic: list[_Traffic]


class _Metadata(TypedDict):
    name: str


class _Service(TypedDict):
    metadata: _Metadata
    status: _Status


class _Binding(TypedDict):
    role: str
    members: list[str]


class _Policy(TypedDict, total=False):
    bindings: list[_Binding]


class _Named(TypedDict, total=False):
    name: str
    email: str
    projectNumber: str
    state: str
    config: _Metadata


@dataclass(frozen=True)
class Service:
    """A Cloud Run service. Versions are tags of revisions, so the cloud itself remembers what is
    deployed and what was before it."""

    name: str
    url: str
    # The revision that gets the traffic.
    serving: str | None
    # Tag → revision, and tag → the address that reaches it without traffic.
    tags: Mapping[str, str]
    tag_urls: Mapping[str, str]

    @classmethod
    def read(cls, service: _Service) -> Service:
        """From the Knative form that gcloud prints. What cannot be routed to is not in there."""
        status = service.get("status", {})
        traffic = status.get("traffic", [])
        served = [entry for entry in traffic if entry.get("percent")]
        return cls(
            service["metadata"]["name"],
            status.get("url", ""),
            max(served, key=lambda entry: entry["percent"])["revisionName"] if served else None,
            {entry["tag"]: entry["revisionName"] for entry in traffic if "tag" in entry},
            {entry["tag"]: entry.get("url", "") for entry in traffic if "tag" in entry},
        )

    @property
    def version(self) -> str | None:
        """The version that serves; None if this script did not deploy it."""
        return self.version_of(self.serving)

    def version_of(self, revision: str | None) -> str | None:
        """The version of a revision, if it still has its tag."""
        return next(
            (
                tag.removeprefix(_VERSION)
                for tag, tagged in self.tags.items()
                if tag.startswith(_VERSION) and tagged == revision
            ),
            None,
        )

    def tags_when_replaced(self) -> dict[str, str]:
        """The tags to keep once another revision gets the traffic: those of the one that has it,
        which becomes the previous one."""
        if self.serving is None:
            return {}
        kept = {tag: revision for tag, revision in self.tags.items() if revision == self.serving}
        return kept | {PREVIOUS: self.serving}

    @property
    def previous(self) -> str | None:
        """The revision that served before the latest release, if that changed this endpoint."""
        return self.tags.get(PREVIOUS)


def tag_of(version: str) -> str:
    """The tag of a version's revision. Tags begin with a letter."""
    return f"{_VERSION}{version}"


@dataclass(frozen=True)
class Secret:
    """A secret of Secret Manager: its newest version, and which accounts may read it."""

    # 0 before the first version.
    number: int = 0
    # None where the newest version is disabled or destroyed, or there is none.
    value: str | None = field(default=None, repr=False)
    readers: frozenset[str] = frozenset()


class _OidcToken(TypedDict, total=False):
    serviceAccountEmail: str
    audience: str


class _HttpTarget(TypedDict, total=False):
    uri: str
    oidcToken: _OidcToken


class _Job(TypedDict, total=False):
    name: str
    schedule: str
    state: str
    httpTarget: _HttpTarget


@dataclass(frozen=True)
class Job:
    """A job of Cloud Scheduler: what it asks, when, and as whom."""

    uri: str
    schedule: str
    account: str
    audience: str
    is_paused: bool = False

    @classmethod
    def read(cls, job: _Job) -> Job:
        """From the form that gcloud prints."""
        target = job.get("httpTarget", {})
        token = target.get("oidcToken", {})
        return cls(
            target.get("uri", ""),
            job.get("schedule", ""),
            token.get("serviceAccountEmail", ""),
            token.get("audience", ""),
            job.get("state") == "PAUSED",
        )


@dataclass(frozen=True)
class Project:
    """A Google Cloud project as it is."""

    id: str
    number: str
    region: str
    account: str
    apis: frozenset[str]
    service_accounts: frozenset[str]
    has_builder_role: bool
    has_repository: bool
    services: Mapping[str, Service]
    secrets: Mapping[str, Secret]
    jobs: Mapping[str, Job]

    def email(self, account: str) -> str:
        """The address of one of the project's service accounts."""
        return service_account(account, self.id)


def service_account(account: str, project: str) -> str:
    """The address of a service account."""
    return f"{account}@{project}.iam.gserviceaccount.com"


class Reader:
    """Reads a project, with many commands at once: each takes gcloud about a second to start."""

    def __init__(self, run: Run, project: str, region: str) -> None:
        self._run = run
        self._project = project
        self._region = region

    def project(self, secret_names: Iterable[str]) -> Project:
        """Everything there is. Raises NotSignedIn, CommandFailed or ToolMissing."""
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
            number = pool.submit(self._project_number)
            enabled = pool.submit(self._list, "services", "list", "--enabled")
            apis = frozenset(api["config"]["name"] for api in enabled.result())

            def reading(api: str, read: Callable[[], T], otherwise: T) -> Callable[[], T]:
                # What belongs to an API that is not enabled cannot be asked for, and is not there.
                if f"{api}.googleapis.com" not in apis:
                    return lambda: otherwise
                return pool.submit(read).result

            nothing: list[_Named] = []
            accounts = reading(
                "iam", lambda: self._list("iam", "service-accounts", "list"), nothing
            )
            policy = reading("iam", self._project_policy, _Policy())
            repositories = reading("artifactregistry", self._repositories, nothing)
            jobs = reading("cloudscheduler", self._jobs, dict[str, Job]())
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
                number=number.result(),
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
            list[_Service],
            self._list("run", "services", "list", f"--region={self._region}"),
        )
        return {service.name: service for service in map(Service.read, found)}

    def _jobs(self) -> dict[str, Job]:
        found = cast(
            list[_Job], self._list("scheduler", "jobs", "list", f"--location={self._region}")
        )
        return {job["name"].rpartition("/")[2]: Job.read(job) for job in found}

    def _project_number(self) -> str:
        described = self._json(_Named, "projects", "describe", self._project, project=False)
        return described["projectNumber"]

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


def _members(policy: _Policy, role: str) -> set[str]:
    return {
        member
        for binding in policy.get("bindings", [])
        if binding["role"] == role
        for member in binding["members"]
    }
