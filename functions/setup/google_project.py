"""A Google Cloud project as it is: services, secrets, scheduler jobs, and the names that Henk uses
there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from shared.scheduler_identity import PROOF_HEADER

# The id of a project. Old ones can belong to a domain: example.com:henk-voice.
# https://cloud.google.com/resource-manager/docs/creating-managing-projects
PROJECT_ID = r"(([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
APIS = (
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    # Service accounts need it to read and change who may do what in the project. People do not.
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)
# Where `gcloud run deploy --source` keeps its images. It would make the repository by itself, but
# several deployments that start at the same time would fail.
REPOSITORY = "cloud-run-source-deploy"
# Builds run as an account of their own that may do nothing else.
BUILDER = "henk-builder"
BUILDER_ROLE = "roles/run.builder"
READER_ROLE = "roles/secretmanager.secretAccessor"
# The scheduler's service account. It has no role: the function recognises it by its name.
SCHEDULER = "henk-scheduler"
# What Cloud Scheduler makes of the HTTP statuses 401 and 403: codes of google.rpc.Code.
UNAUTHENTICATED = 16
PERMISSION_DENIED = 7

PREVIOUS = "previous"
_VERSION = "v-"


class TrafficJson(TypedDict, total=False):
    """One entry of a service's traffic."""

    revisionName: str
    latestRevision: bool
    percent: int
    tag: str
    url: str


class StatusJson(TypedDict, total=False):
    """The status of a service."""

    url: str
    traffic: list[TrafficJson]


class SpecJson(TypedDict, total=False):
    """What was asked of a service. It becomes the status when all of its revisions are ready."""

    traffic: list[TrafficJson]


class MetadataJson(TypedDict):
    """The metadata of a service."""

    name: str


class _ServiceJson(TypedDict):
    metadata: MetadataJson


class ServiceJson(_ServiceJson, total=False):
    """A service in the Knative form that gcloud prints."""

    spec: SpecJson
    status: StatusJson


@dataclass(frozen=True)
class Service:
    """A Cloud Run service. Versions are tags of its revisions. So Google Cloud itself remembers
    what is deployed and what was deployed before."""

    name: str
    url: str
    # The revision that gets the traffic.
    serving: str | None
    # Tag → revision, and tag → the address that reaches it without traffic.
    tags: Mapping[str, str]
    tag_urls: Mapping[str, str]
    # Tag → revision, as they were asked for last.
    spec_tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, service: ServiceJson) -> Service:
        """Reads what gcloud prints, which leaves out revisions without traffic and without tags."""
        status = service.get("status", {})
        traffic = status.get("traffic", [])
        served = [entry for entry in traffic if entry.get("percent")]
        return cls(
            service["metadata"]["name"],
            status.get("url", ""),
            max(served, key=lambda entry: entry["percent"])["revisionName"] if served else None,
            {entry["tag"]: entry["revisionName"] for entry in traffic if "tag" in entry},
            {entry["tag"]: entry.get("url", "") for entry in traffic if "tag" in entry},
            {
                entry["tag"]: entry.get("revisionName", "")
                for entry in service.get("spec", {}).get("traffic", [])
                if "tag" in entry
            },
        )

    @property
    def stuck_tags(self) -> list[str]:
        """The tags that were asked for and are not there, because their revision did not start.
        gcloud sends them along with the next deployment, which then fails for the same reason."""
        return sorted(
            tag
            for tag, revision in self.spec_tags.items()
            if tag not in self.tags or (revision and revision != self.tags[tag])
        )

    @property
    def version(self) -> str | None:
        """The version that serves. None if deploy.sh did not deploy it."""
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
        """The tags to keep when another revision gets the traffic: those of the revision that has
        the traffic now. That revision becomes the previous one."""
        if self.serving is None:
            return {}
        kept = {tag: revision for tag, revision in self.tags.items() if revision == self.serving}
        return kept | {PREVIOUS: self.serving}

    @property
    def previous(self) -> str | None:
        """The revision that served before the latest release, if that release changed this
        endpoint."""
        return self.tags.get(PREVIOUS)


def tag_of(version: str) -> str:
    """The tag of a version's revision. Tags must begin with a letter."""
    return f"{_VERSION}{version}"


@dataclass(frozen=True)
class Secret:
    """A secret of Secret Manager: its newest version, and which accounts may read it."""

    # 0 before the first version.
    number: int = 0
    # None if there is no version, or if the newest one is disabled or destroyed.
    value: str | None = field(default=None, repr=False)
    readers: frozenset[str] = frozenset()


class OidcTokenJson(TypedDict, total=False):
    """The token that the scheduler sends."""

    serviceAccountEmail: str
    audience: str


class HttpTargetJson(TypedDict, total=False):
    """What a job asks."""

    uri: str
    headers: dict[str, str]
    oidcToken: OidcTokenJson


class JobStatusJson(TypedDict, total=False):
    """How the last run of a job ended: a code of google.rpc.Code, none for success."""

    code: int


class JobJson(TypedDict, total=False):
    """A job in the form that gcloud prints."""

    name: str
    schedule: str
    state: str
    httpTarget: HttpTargetJson
    attemptDeadline: str
    lastAttemptTime: str
    status: JobStatusJson


@dataclass(frozen=True)
class Job:
    """A job of Cloud Scheduler: which address it asks, when, as which service account, how long it
    waits for the answer, and with which secret, if it sends one."""

    uri: str
    schedule: str
    account: str
    audience: str
    deadline_seconds: int
    secret: str = field(default="", repr=False)
    is_paused: bool = field(default=False, compare=False)
    # When it ran last, as Google writes it, and the code of google.rpc.Code with which that ended:
    # 0 for success, None while that is not known.
    ran_at: str = field(default="", compare=False)
    ended: int | None = field(default=None, compare=False)

    @property
    def is_refused(self) -> bool:
        """Whether the function answered 401 to the last run."""
        return bool(self.ran_at) and self.ended == UNAUTHENTICATED

    @classmethod
    def read(cls, job: JobJson) -> Job:
        """From what gcloud prints."""
        target = job.get("httpTarget", {})
        headers = {name.lower(): value for name, value in target.get("headers", {}).items()}
        token = target.get("oidcToken", {})
        return cls(
            target.get("uri", ""),
            job.get("schedule", ""),
            token.get("serviceAccountEmail", ""),
            token.get("audience", ""),
            # Such as 30s, or 30.5s.
            int(float(job.get("attemptDeadline", "0s").rstrip("s"))),
            headers.get(PROOF_HEADER.lower(), ""),
            job.get("state") == "PAUSED",
            job.get("lastAttemptTime", ""),
            job["status"].get("code", 0) if "status" in job else None,
        )


@dataclass(frozen=True)
class Project:
    """A Google Cloud project as it is."""

    id: str
    number: str
    region: str
    # Who is signed in.
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
    """The address of a service account. In the address of an account of ``example.com:henk`` the
    domain comes last: https://cloud.google.com/iam/docs/service-account-types"""
    domain, _, name = project.rpartition(":")
    return f"{account}@{'.'.join(filter(None, (name, domain)))}.iam.gserviceaccount.com"
