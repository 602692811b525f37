"""Google Cloud on this machine: what deploy.sh asks of `gcloud`, recorded and carried out on a
small model.

The model refuses what gcloud is known to refuse: https://cloud.google.com/sdk/gcloud/reference
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

PROJECT = "henk-test"
NUMBER = "123456789012"
REGION = "europe-west1"

# What a new project has: https://cloud.google.com/service-usage/docs/enabled-service
NEW_PROJECT = ("logging.googleapis.com", "serviceusage.googleapis.com", "storage.googleapis.com")
OPERATOR = "operator@example.com"
CI = f"ci@{PROJECT}.iam.gserviceaccount.com"

_GLOBAL_FLAGS = ("--quiet", f"--project={PROJECT}")

# What a project has. The rest of a GoogleCloud says how it behaves.
_KEPT = (
    *("apis", "service_accounts", "policy", "repositories", "secrets", "services", "jobs"),
    *("changes", "given", "runs_begun", "under_way", "runs"),
)


class Refused(Exception):
    """gcloud ends with an error. The message is what it writes."""


@dataclass
class Revision:
    """What one deployment made."""

    name: str
    source: str
    function: str
    variables: dict[str, str]
    # Setting → (secret, version).
    secrets: dict[str, tuple[str, int]]
    flags: list[str]


@dataclass
class Service:
    """A Cloud Run service."""

    revisions: dict[str, Revision] = field(default_factory=dict)
    serving: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    # The tags that were asked for last. They become ``tags`` if all their revisions are ready.
    spec_tags: dict[str, str] = field(default_factory=dict)
    # Why a revision is not ready.
    failures: dict[str, str] = field(default_factory=dict)


@dataclass
class Secret:
    """Version n is at index n - 1."""

    versions: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)


class GoogleCloud:
    """One project. ``gcloud`` takes arguments and standard input, and answers what gcloud prints.

    ``base_url`` is where services are reached; ``folder`` keeps the sources that were deployed.
    """

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder = folder
        self.base_url = base_url
        self.account = OPERATOR
        self.version = "578.0.0"
        self.apis: set[str] = set(NEW_PROJECT)
        self.service_accounts: set[str] = set()
        self.policy: dict[str, list[str]] = {}
        self.repositories: set[str] = set()
        self.secrets: dict[str, Secret] = {}
        self.services: dict[str, Service] = {}
        # As gcloud lists them.
        self.jobs: dict[str, dict[str, object]] = {}
        # Every command that was meant to change something, in its order.
        self.changes: list[tuple[str, ...]] = []
        # Called for each, "before" it is done and "after" it. It raises to let the change fail.
        self.on_change: Callable[[tuple[str, ...], str], None] = lambda argv, when: None
        # Seconds until something that was given (an API, an account, a right) is known, and the
        # time. What was given → when.
        self.delay_seconds = 0.0
        self.now: Callable[[], float] = lambda: 0.0
        self.given: dict[tuple[str, ...], float] = {}
        # Whether Cloud Run leaves the signature on identity tokens where its own check is off.
        self.leaves_signature = True
        # What a scheduler's job is answered: an HTTP status.
        self.asks: Callable[[dict[str, object]], int] = self.answer_to_job
        # How long a run takes until Google lists it, and then until Google lists how it ended.
        self.run_seconds = (8.0, 4.0)
        # Policies of the organisation, and regions without builds.
        self.requires_invoker_check = False
        self.builds_here = True
        # Jobs that run now.
        self.to_run: list[str] = []
        self.runs_begun = 0
        # The last run of each job: when it began (in seconds, and as Google writes it), and how it
        # ends; and what Google lists of it.
        self.under_way: dict[str, tuple[float, str, int]] = {}
        self.runs: dict[str, dict[str, object]] = {}
        # Whether a revision listens once it is started.
        self.starts: Callable[[Revision], bool] = lambda revision: True
        self._lock = threading.RLock()

    def gcloud(self, arguments: Sequence[str], stdin: str = "") -> str:
        """Raises Refused."""
        with self._lock:
            answer = self._answer(tuple(arguments), stdin)
        # Without the lock, because the function that is asked may be reached through this model.
        while self.to_run:
            name = self.to_run.pop()
            self.runs_begun += 1
            began = f"2026-11-26T00:00:00.{self.runs_begun:03d}Z"
            self.under_way[name] = (self.now(), began, self.asks(self.jobs[name]))
        return answer

    def _answer(self, argv: tuple[str, ...], stdin: str) -> str:
        words = tuple(word for word in argv if not word.startswith("--"))
        flags = dict(
            word.removeprefix("--").partition("=")[::2] for word in argv if word.startswith("--")
        )
        for length in range(4, 0, -1):
            read = _READS.get(words[:length])
            if read:
                return read(self, words[length:], flags)
        for length in range(4, 1, -1):
            change = _CHANGES.get(words[:length])
            if change:
                if not set(_GLOBAL_FLAGS) <= set(argv):
                    raise Refused(f"a change without {' '.join(_GLOBAL_FLAGS)}: {argv}")
                self.changes.append(argv)
                self.on_change(argv, "before")
                answer = change(self, words[length:], flags, stdin)
                self.on_change(argv, "after")
                return answer
        raise Refused(f"ERROR: (gcloud) Invalid choice: {' '.join(argv)}")

    def needs(self, api: str) -> None:
        name = f"{api}.googleapis.com"
        if name not in self.apis or not self.knows("api", name):
            raise Refused(
                f"PERMISSION_DENIED: {api} API has not been used in project {NUMBER} before or it"
                f" is disabled. Enable it by visiting https://console.developers.google.com/apis/api/"
                f"{name}/overview?project={NUMBER} then retry. If you enabled this API recently,"
                " wait a few minutes for the action to propagate to our systems and retry.\n"
                f"  reason: SERVICE_DISABLED\n  service: {name}"
            )

    def needs_as_service_account(self, api: str) -> None:
        """People use gcloud's own project for this API, service accounts their own."""
        if self.account.endswith(".iam.gserviceaccount.com"):
            self.needs(api)

    def gives(self, *what: str) -> None:
        """Something was given just now."""
        self.given.setdefault(what, self.now())

    def knows(self, *what: str) -> bool:
        """Whether what was given is known everywhere."""
        return self.now() >= self.given.get(what, float("-inf")) + self.delay_seconds

    def url(self, service: str, tag: str = "") -> str:
        """Where a service, or a tag of it, is reached."""
        return f"{self.base_url}/{f'{tag}---' if tag else ''}{service}"

    def revision_at(self, host: str) -> Revision | None:
        """What answers at the first part of an address under ``base_url``."""
        tag, _, name = host.rpartition("---")
        with self._lock:
            service = self.services.get(name)
            if service is None:
                return None
            revision = service.tags.get(tag) if tag else service.serving
            return service.revisions.get(revision or "")

    def environment_of(self, revision: Revision) -> dict[str, str]:
        """The variables that an instance of a revision starts with, its secrets among them."""
        with self._lock:
            values = {
                name: self.secrets[secret].versions[number - 1]
                for name, (secret, number) in revision.secrets.items()
            }
        return revision.variables | values

    def answer_to_job(self, job: dict[str, object]) -> int:
        """What the function answers to the scheduler, by its settings."""
        target = cast(dict[str, dict[str, str]], job["httpTarget"])
        name = str(job["name"]).rpartition("/")[2]
        revision = self.revision_at(name)
        if revision is None:
            return 404
        environment = self.environment_of(revision)
        token = target["oidcToken"]
        if target.get("headers", {}).get("X-Henk-Scheduler") == environment["SCHEDULER_SECRET"]:
            return 200
        return (
            200
            if self.leaves_signature
            and token["audience"] == environment["SCHEDULER_AUDIENCE"]
            and token["serviceAccountEmail"] == environment["SCHEDULER_SERVICE_ACCOUNT"]
            else 401
        )

    def snapshot(self) -> dict[str, object]:
        """Everything that is there, for comparison."""
        with self._lock:
            return {
                "apis": sorted(self.apis),
                "accounts": sorted(self.service_accounts),
                "policy": self.policy,
                "repositories": sorted(self.repositories),
                "secrets": {name: asdict(secret) for name, secret in self.secrets.items()},
                "services": {name: asdict(service) for name, service in self.services.items()},
                "jobs": dict(self.jobs),
            }

    def become(self, other: GoogleCloud) -> None:
        """Takes over everything that is there, and what is known of it."""
        for name in _KEPT:
            setattr(self, name, copy.deepcopy(getattr(other, name)))


Flags = Mapping[str, str]


def _described(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    if words != (PROJECT,):
        raise Refused(f"The caller does not have permission to access projects instance {words}")
    cloud.needs_as_service_account("cloudresourcemanager")
    if flags.get("format") != "value(projectNumber)":
        raise Refused(f"unexpected format {flags.get('format')}")
    return f"{NUMBER}\n"


def _accounts(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    return f"{cloud.account}\n" if cloud.account else ""


def _enabled(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    parent = f"projects/{NUMBER}"
    return json.dumps(
        [
            {
                "config": {"name": api},
                "name": f"{parent}/services/{api}",
                "parent": parent,
                "state": "ENABLED",
            }
            for api in sorted(cloud.apis)
        ]
    )


def _version(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    return json.dumps({"Google Cloud SDK": cloud.version, "core": "2026.11.20"})


def _service_accounts(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    cloud.needs("iam")
    return json.dumps([{"email": email} for email in sorted(cloud.service_accounts)])


def _project_policy(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    cloud.needs_as_service_account("cloudresourcemanager")
    return json.dumps(
        {"bindings": [{"role": role, "members": who} for role, who in cloud.policy.items()]}
    )


def _repositories(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    cloud.needs("artifactregistry")
    return json.dumps(
        [
            {"name": f"projects/{PROJECT}/locations/{REGION}/repositories/{name}"}
            for name in sorted(cloud.repositories)
        ]
    )


def _services(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    cloud.needs("run")
    return json.dumps([_knative(cloud, name) for name in sorted(cloud.services)])


def _knative(cloud: GoogleCloud, name: str) -> dict[str, object]:
    service = cloud.services[name]
    newest = {"percent": 100, "latestRevision": True}
    pinned = {"percent": 100, "revisionName": service.serving}
    spec = {
        "traffic": [
            pinned if service.serving else newest,
            *({"revisionName": each, "tag": tag} for tag, each in service.spec_tags.items()),
        ]
    }
    if not service.serving:
        return {"metadata": {"name": name}, "spec": spec, "status": {}}
    traffic: list[dict[str, object]] = [pinned]
    traffic += [
        {"revisionName": revision, "tag": tag, "url": cloud.url(name, tag)}
        for tag, revision in service.tags.items()
    ]
    return {
        "metadata": {"name": name},
        "spec": spec,
        "status": {"url": cloud.url(name), "traffic": traffic},
    }


def _secret_list(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    cloud.needs("secretmanager")
    return json.dumps([{"name": f"projects/{NUMBER}/secrets/{name}"} for name in cloud.secrets])


def _secret_policy(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    readers = _secret(cloud, words[0]).readers
    role = "roles/secretmanager.secretAccessor"
    bindings = [{"role": role, "members": readers}] if readers else []
    return json.dumps({"etag": "ACAB", **({"bindings": bindings} if bindings else {})})


def _newest_version(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    versions = _secret(cloud, flags["secret"]).versions
    if not versions:
        raise Refused("ERROR: (gcloud.secrets.versions.describe) NOT_FOUND: Secret has no versions")
    name = f"projects/{NUMBER}/secrets/{flags['secret']}/versions/{len(versions)}"
    return json.dumps({"name": name, "state": "ENABLED"})


def _access(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    versions = _secret(cloud, flags["secret"]).versions
    return versions[-1 if words[0] == "latest" else int(words[0]) - 1]


def _secret(cloud: GoogleCloud, name: str) -> Secret:
    cloud.needs("secretmanager")
    if name not in cloud.secrets:
        raise Refused(f"NOT_FOUND: Secret [projects/{NUMBER}/secrets/{name}] not found.")
    return cloud.secrets[name]


def _jobs(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags) -> str:
    cloud.needs("cloudscheduler")
    if flags["location"] != REGION:
        raise Refused("INVALID_ARGUMENT: Location must equal the region")
    listed, ended = cloud.run_seconds
    for name, (at, began, status) in cloud.under_way.items():
        passed = cloud.now() - at
        run = cloud.runs.setdefault(name, {})
        if passed >= listed:
            run["lastAttemptTime"] = began
        if passed >= listed + ended:
            run["status"] = {"code": _RPC_CODES[status]} if status != 200 else {}
    return json.dumps([job | cloud.runs.get(name, {}) for name, job in cloud.jobs.items()])


# https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
_RPC_CODES = {401: 16, 403: 7, 404: 5, 500: 13, 503: 14}


def _run_job(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    (name,) = words
    if flags["location"] != REGION or name not in cloud.jobs:
        raise Refused("NOT_FOUND: Job not found.")
    cloud.to_run.append(name)
    return ""


def _create_job(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    if words[0] in cloud.jobs:
        raise Refused(f"ALREADY_EXISTS: Job [{words[0]}] already exists.")
    return _write_job(cloud, words, flags, "ENABLED", _headers(stdin, flags, "--headers"))


def _update_job(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    if words[0] not in cloud.jobs:
        raise Refused("NOT_FOUND: Job not found.")
    before = cloud.jobs[words[0]]
    target = cast(dict[str, dict[str, str]], before["httpTarget"])
    headers = target.get("headers", {}) | _headers(stdin, flags, "--update-headers")
    return _write_job(cloud, words, flags, str(before["state"]), headers)


def _headers(stdin: str, flags: Flags, name: str) -> dict[str, str]:
    """The headers in a file of flags, which is standard input."""
    if "flags-file" not in flags:
        return {}
    if flags["flags-file"] != "-":
        raise Refused("a secret in a file that stays")
    return dict(json.loads(stdin)[name])


def _write_job(
    cloud: GoogleCloud,
    words: tuple[str, ...],
    flags: Flags,
    state: str,
    headers: dict[str, str],
) -> str:
    cloud.needs("cloudscheduler")
    (name,) = words
    account = flags["oidc-service-account-email"]
    _existing_account(cloud, account)
    if len(flags["schedule"].split()) != 5 or not flags["uri"].startswith("https://"):
        raise Refused("INVALID_ARGUMENT: schedule or uri")
    cloud.jobs[name] = {
        "name": f"projects/{PROJECT}/locations/{flags['location']}/jobs/{name}",
        "schedule": flags["schedule"],
        "state": state,
        "timeZone": "Etc/UTC",
        "attemptDeadline": flags["attempt-deadline"],
        "httpTarget": {
            "uri": flags["uri"],
            "httpMethod": flags["http-method"],
            **({"headers": headers} if headers else {}),
            "oidcToken": {
                "serviceAccountEmail": account,
                "audience": flags["oidc-token-audience"],
            },
        },
    }
    return ""


def _enable(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    for name in set(words) - cloud.apis:
        cloud.gives("api", name)
    cloud.apis |= set(words)
    return ""


def _create_account(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    cloud.needs("iam")
    (name,) = words
    if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", name):
        raise Refused(f"INVALID_ARGUMENT: {name} is not an account id")
    email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
    if email in cloud.service_accounts:
        raise Refused(f"Resource in projects [{PROJECT}] is the subject of a conflict: {email}")
    cloud.service_accounts.add(email)
    cloud.gives("account", email)
    return ""


def _bind_project(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    cloud.needs_as_service_account("cloudresourcemanager")
    _existing_account(cloud, flags["member"])
    cloud.gives("role", flags["role"], flags["member"])
    members = cloud.policy.setdefault(flags["role"], [])
    if flags["member"] not in members:
        members.append(flags["member"])
    return ""


def _existing_account(cloud: GoogleCloud, member: str) -> None:
    account = member.removeprefix("serviceAccount:")
    if account not in cloud.service_accounts or not cloud.knows("account", account):
        raise Refused(f"INVALID_ARGUMENT: Service account {member} does not exist.")


def _create_repository(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    cloud.needs("artifactregistry")
    if words[0] in cloud.repositories:
        raise Refused("ALREADY_EXISTS: the repository already exists")
    cloud.repositories.add(words[0])
    return ""


def _create_secret(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    cloud.needs("secretmanager")
    if words[0] in cloud.secrets:
        raise Refused(f"Secret [{words[0]}] already exists.")
    cloud.secrets[words[0]] = Secret()
    return ""


def _add_version(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    if flags["data-file"] != "-":
        raise Refused("a secret from a file that stays")
    versions = _secret(cloud, words[0]).versions
    versions.append(stdin)
    return f"projects/{NUMBER}/secrets/{words[0]}/versions/{len(versions)}\n"


def _let_read(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    _existing_account(cloud, flags["member"])
    if flags["role"] != "roles/secretmanager.secretAccessor":
        raise Refused(f"unexpected role {flags['role']}")
    cloud.gives("secret", words[0], flags["member"])
    readers = _secret(cloud, words[0]).readers
    if flags["member"] not in readers:
        readers.append(flags["member"])
    return ""


def _deploy(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    (name,) = words
    for api in ("run", "cloudbuild", "artifactregistry"):
        cloud.needs(api)
    if not cloud.builds_here:
        raise Refused(
            "FAILED_PRECONDITION: failed precondition: due to quota restrictions, cannot run builds"
            " in this region, see https://cloud.google.com/build/docs/locations"
        )
    if cloud.requires_invoker_check and "no-invoker-iam-check" in flags:
        raise Refused(
            f"FAILED_PRECONDITION: Operation denied by org policy on resource 'projects/{PROJECT}/"
            f"locations/{REGION}/services/{name}':"
            ' ["constraints/run.managed.requireInvokerIam": "The Invoker IAM check is required."].'
        )
    service = cloud.services.get(name, Service())
    if not service.serving and "no-traffic" in flags:
        # gcloud leaves the traffic to the latest revision that is ready, but none is.
        raise Refused(
            "ERROR: (gcloud.run.deploy) --no-traffic not supported when creating a new service."
        )
    if len(flags["tag"]) + len(name) > 46:
        raise Refused(
            f"INVALID_ARGUMENT: the tag {flags['tag']} and the service name {name} together must"
            " not be longer than 46 characters"
        )
    if not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", flags["tag"]):
        raise Refused("Traffic tags must begin with a letter")
    builder = flags["build-service-account"].rpartition("/")[2]
    builders = cloud.policy.get("roles/run.builder", [])
    member = f"serviceAccount:{builder}"
    if member not in builders or not cloud.knows("role", "roles/run.builder", member):
        raise Refused(
            "PERMISSION_DENIED: Build failed because the service account is missing required IAM"
            f" permissions: {builder}"
        )
    account = flags["service-account"]
    _existing_account(cloud, account)

    secrets = {}
    failure = ""
    for pair in filter(None, flags.get("set-secrets", "").split(",")):
        setting, _, reference = pair.partition("=")
        secret, _, version = reference.partition(":")
        stored = _secret(cloud, secret)
        reader = f"serviceAccount:{account}"
        if reader not in stored.readers or not cloud.knows("secret", secret, reader):
            failure = (
                f"Permission denied on secret: {secret} for Revision service account {account}."
            )
        if not 1 <= int(version) <= len(stored.versions):
            raise Refused(f"Secret {secret}/versions/{version} was not found")
        secrets[setting] = (secret, int(version))

    delimiter, variables = re.fullmatch(r"\^(.)\^(.*)", flags["set-env-vars"]).groups()  # type: ignore[union-attr]
    source = Path(flags["source"])
    _require_times_of_a_zip_file(source)
    if not {"main.py", "requirements.txt"} <= {file.name for file in source.iterdir()}:
        raise Refused(f"Build failed: {source} is not a function")
    revision = f"{name}-{len(service.revisions) + 1:05d}-abc"
    kept = cloud.folder / revision
    # The packer replaces files and never writes into one, so they can be the same.
    shutil.copytree(source, kept, copy_function=os.link)
    service.revisions[revision] = Revision(
        revision,
        str(kept),
        flags["function"],
        dict(pair.split("=", 1) for pair in variables.split(delimiter)),
        secrets,
        sorted(f"--{key}={value}" if value else f"--{key}" for key, value in flags.items()),
    )
    cloud.services[name] = service
    if not failure and not cloud.starts(service.revisions[revision]):
        failure = "The user-provided container failed to start and listen on the port"
    if failure:
        service.failures[revision] = failure
    # gcloud asks for the tag together with the revision, and for every tag that was asked for
    # before.
    service.spec_tags[flags["tag"]] = revision
    _route(service)
    service.serving = service.serving or revision
    return ""


def _route(service: Service) -> None:
    """Gives the tags that were asked for, if their revisions are ready."""
    for revision in service.spec_tags.values():
        if revision in service.failures:
            raise Refused(
                f"Revision '{revision}' is not ready and cannot serve traffic."
                f" {service.failures[revision]}"
            )
    service.tags = dict(service.spec_tags)


def _require_times_of_a_zip_file(source: Path) -> None:
    """gcloud uploads a zip file of the source, with times of the local zone."""
    for path in sorted(source.rglob("*")):
        try:
            zipfile.ZipInfo.from_file(path)
        except ValueError as error:
            raise Refused(f"gcloud crashed (ValueError): {error}") from None


def _update_traffic(cloud: GoogleCloud, words: tuple[str, ...], flags: Flags, stdin: str) -> str:
    service = cloud.services[words[0]]
    tags = dict(service.tags)
    if "set-tags" in flags:
        tags = dict(pair.split("=") for pair in flags["set-tags"].split(","))
    if "clear-tags" in flags:
        tags = {}
    serving, _, percent = flags.get("to-revisions", f"{service.serving}=100").partition("=")
    if percent != "100":
        raise Refused("not all traffic")
    missing = {serving, *tags.values()} - service.revisions.keys() - {""}
    if missing:
        raise Refused(f"Revision {missing} of Service {words[0]} does not exist")
    service.spec_tags = tags
    if not serving:
        raise Refused("The service has no revision that is ready.")
    _route(service)
    service.serving = serving
    return ""


_READS: dict[tuple[str, ...], Callable[[GoogleCloud, tuple[str, ...], Flags], str]] = {
    ("auth", "list"): _accounts,
    ("version",): _version,
    ("projects", "describe"): _described,
    ("projects", "get-iam-policy"): _project_policy,
    ("services", "list"): _enabled,
    ("iam", "service-accounts", "list"): _service_accounts,
    ("artifacts", "repositories", "list"): _repositories,
    ("run", "services", "list"): _services,
    ("scheduler", "jobs", "list"): _jobs,
    ("secrets", "list"): _secret_list,
    ("secrets", "get-iam-policy"): _secret_policy,
    ("secrets", "versions", "describe"): lambda cloud, words, flags: _newest_version(
        cloud, words, flags
    ),
    ("secrets", "versions", "access"): _access,
}
_CHANGES: dict[tuple[str, ...], Callable[[GoogleCloud, tuple[str, ...], Flags, str], str]] = {
    ("services", "enable"): _enable,
    ("iam", "service-accounts", "create"): _create_account,
    ("projects", "add-iam-policy-binding"): _bind_project,
    ("artifacts", "repositories", "create"): _create_repository,
    ("secrets", "create"): _create_secret,
    ("secrets", "versions", "add"): _add_version,
    ("secrets", "add-iam-policy-binding"): _let_read,
    ("run", "deploy"): _deploy,
    ("scheduler", "jobs", "create", "http"): _create_job,
    ("scheduler", "jobs", "update", "http"): _update_job,
    ("scheduler", "jobs", "run"): _run_job,
    ("run", "services", "update-traffic"): _update_traffic,
}
