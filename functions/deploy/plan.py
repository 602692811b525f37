"""What a deployment would do: the difference between the checkout and what is deployed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from secrets import token_urlsafe

from functions.bundle import Endpoint
from functions.deploy.changes import Changes
from functions.doctor import smoke
from functions.packer import Pack
from functions.setup import webhook_jwt
from functions.setup.addresses import build_address, cloud_run_base_url, service_name, short_name
from functions.setup.google_project import SCHEDULER, Job, Project, Secret, Service, tag_of
from functions.setup.settings import Operator
from shared import settings

# A JWT is valid for 90 days. A deployment replaces it if fewer than 60 days are left. So one
# deployment a month keeps it valid, and a second deployment on the same day does not deploy
# everything again.
RENEW_BELOW_DAYS = 60
EVERY_MINUTE = "* * * * *"
# The scheduler waits longer than a function may take, so it learns how each run ends.
_LONGER_SECONDS = 10
SCHEDULER_SECRET = "SCHEDULER_SECRET"
_API = "/api/twilio"


@dataclass(frozen=True)
class SecretPlan:
    """A secret's value, and the number of the version that has it: one that exists already, or the
    next one."""

    name: str
    value: str = field(repr=False)
    number: int
    is_new: bool
    # Whether the secret itself must be made first.
    is_first: bool


class Action(Enum):
    """What a deployment does with an endpoint."""

    KEEP = "unchanged"
    # An earlier run deployed it and stopped before it moved the traffic.
    SHIFT = "deployed already, gets the traffic"
    DEPLOY = "to be deployed"


@dataclass(frozen=True)
class Target:
    """An endpoint as it will be."""

    endpoint: Endpoint
    pack: Pack
    version: str
    variables: Mapping[str, str]
    secrets: Mapping[str, int]
    action: Action
    service: Service | None

    @property
    def tag(self) -> str:
        """The tag of this version."""
        return tag_of(self.version)


def public_base_url(operator: Operator, project: Project) -> str:
    """The address of the endpoints: the operator's own, or the addresses that Cloud Run gives."""
    return operator.public_base_url or cloud_run_base_url(project.number, project.region)


def scheduled_address(endpoint: Endpoint, project: Project) -> str:
    """The address where the scheduler reaches an endpoint. It is Cloud Run's, even if
    PUBLIC_BASE_URL is another one."""
    return build_address(cloud_run_base_url(project.number, project.region), short_name(endpoint))


def page_origin(project: Project) -> str:
    """Where Cloud Run serves the page."""
    return cloud_run_base_url(project.number, project.region).format(name="page").removesuffix(_API)


def allowed_origins(operator: Operator, project: Project) -> str:
    """The value of ALLOWED_ORIGINS: exactly what the operator set, or else Henk's own pages and the
    page that is deployed here."""
    origins = operator.allowed_origins or settings.ALLOWED_ORIGINS | {page_origin(project)}
    return ",".join(sorted(origins))


def jobs(
    endpoints: Sequence[Endpoint], project: Project, values: Mapping[str, str]
) -> dict[str, Job]:
    """The scheduler's jobs that are missing or different, by name. A job sends the secret if it
    did before, or if its last run was refused without it."""
    wanted = {}
    for endpoint in endpoints:
        if "scheduler" in endpoint.called_by:
            name, uri = service_name(endpoint), scheduled_address(endpoint, project)
            deadline = endpoint.timeout_seconds + _LONGER_SECONDS
            job = Job(uri, EVERY_MINUTE, project.email(SCHEDULER), uri, deadline)
            stored = project.jobs.get(name)
            if stored and (stored.secret or stored.is_refused):
                job = replace(job, secret=values[SCHEDULER_SECRET])
            if stored != job:
                wanted[name] = job
    return wanted


def secret_values(
    operator: Operator, endpoints: Sequence[Endpoint], project: Project, subject: str = ""
) -> dict[str, str]:
    """The value of every secret that some endpoint gets. A JWT in Secret Manager is kept while it
    is valid for long enough, and has this ``subject`` if one is needed. Otherwise this mints a new
    one."""
    names = {
        name for endpoint in endpoints for name in (*endpoint.secrets, *endpoint.optional_secrets)
    }
    values = operator.given(tuple(sorted(names - webhook_jwt.ROLES.keys())))
    if SCHEDULER_SECRET in names and SCHEDULER_SECRET not in values:
        stored = project.secrets.get(SCHEDULER_SECRET, Secret()).value or ""
        good = re.fullmatch(settings.SCHEDULER_SECRET, stored)
        values[SCHEDULER_SECRET] = stored if good else token_urlsafe(32)
    for name, role in webhook_jwt.ROLES.items():
        if name in names:
            jwt = project.secrets.get(name, Secret()).value
            values[name] = _good_jwt(operator, jwt, role, subject) or webhook_jwt.mint(
                operator.signing_key, operator.supabase.url, role=role, subject=subject
            )
    return values


def _good_jwt(operator: Operator, stored: str | None, role: str, subject: str) -> str | None:
    left = _days_left(operator, stored or "", role, subject)
    return stored if left is not None and left >= RENEW_BELOW_DAYS else None


def jwt_days(operator: Operator, secrets: Mapping[str, str]) -> int | None:
    """For how many more days all JWTs among these are valid. None if one of them is not valid, or
    if none of the secrets is a JWT."""
    left = [
        _days_left(operator, secrets[name], role)
        for name, role in webhook_jwt.ROLES.items()
        if name in secrets
    ]
    good = [days for days in left if days is not None]
    return min(good) if good and len(good) == len(left) else None


def _days_left(operator: Operator, token: str, role: str, subject: str = "") -> int | None:
    key, url = operator.signing_key, operator.supabase.url
    try:
        return webhook_jwt.days_left(token, key, url, role=role, subject=subject)
    except webhook_jwt.WebhookJwtError:
        return None


def secret_plans(values: Mapping[str, str], project: Project) -> dict[str, SecretPlan]:
    """The version of each secret to use. Secret Manager counts versions from 1."""
    plans = {}
    for name, value in sorted(values.items()):
        stored = project.secrets.get(name)
        is_new = stored is None or stored.value != value
        number = (stored.number if stored else 0) + is_new
        plans[name] = SecretPlan(name, value, number, is_new, stored is None)
    return plans


def targets(
    operator: Operator,
    packs: Sequence[Pack],
    project: Project,
    numbers: Mapping[str, int],
    twiml_app_sid: str,
    answers: Callable[[Endpoint, str, str], bool],
) -> list[Target]:
    """Each endpoint as it will be. ``answers`` says whether an endpoint answers as this version at
    this address. If it does not, it is deployed again, whatever its tag says."""
    derived = {
        "PUBLIC_BASE_URL": public_base_url(operator, project),
        "TWILIO_TWIML_APP_SID": twiml_app_sid,
        "SCHEDULER_SERVICE_ACCOUNT": project.email(SCHEDULER),
        "ALLOWED_ORIGINS": allowed_origins(operator, project),
    }
    found = []
    for pack in packs:
        endpoint = pack.endpoint
        variables = {
            name: scheduled_address(endpoint, project)
            if name == "SCHEDULER_AUDIENCE"
            else derived.get(name) or operator.values[name].strip()
            for name in (
                *endpoint.variables,
                *(
                    name
                    for name in endpoint.optional_variables
                    if name in derived or operator.given((name,))
                ),
            )
        }
        secrets = {
            name: numbers[name]
            for name in (*endpoint.secrets, *endpoint.optional_secrets)
            if name in numbers
        }
        version = _version(pack, variables, secrets, project)
        service = project.services.get(service_name(endpoint))
        found.append(
            Target(
                endpoint,
                pack,
                version,
                {
                    **variables,
                    "HENK_VERSION": version,
                    # One for each request that an instance takes at the same time. The default of
                    # functions-framework is four.
                    "THREADS": str(endpoint.concurrency),
                },
                secrets,
                _action(endpoint, version, service, answers),
                service,
            )
        )
    return found


def _action(
    endpoint: Endpoint,
    version: str,
    service: Service | None,
    answers: Callable[[Endpoint, str, str], bool],
) -> Action:
    if service is None:
        return Action.DEPLOY
    if service.version == version:
        return Action.KEEP if answers(endpoint, service.url, version) else Action.DEPLOY
    url = service.tag_urls.get(tag_of(version))
    return Action.SHIFT if url and answers(endpoint, url, version) else Action.DEPLOY


def _version(
    pack: Pack, variables: Mapping[str, str], secrets: Mapping[str, int], project: Project
) -> str:
    """The version of the code, and six digits that change with everything else of a deployment."""
    command = Changes(project.id, project.region).deploy(
        pack.endpoint, Path(), "", variables, secrets, serves=True
    )
    settings = "\0".join(command.argv)
    return f"{pack.version}-{hashlib.sha256(settings.encode()).hexdigest()[:6]}"


def answers(endpoint: Endpoint, url: str, version: str) -> bool:
    """Whether the endpoint answers its smoke test here, as this version."""
    try:
        smoke.check(endpoint, url, version)
    except smoke.SmokeTestFailed:
        return False
    return True


def excess_readers(
    project: Project, endpoints: Sequence[Endpoint], secrets: Mapping[str, str]
) -> list[tuple[str, str]]:
    """(secret, account) for every endpoint whose account may read a secret that it does not get."""
    return [
        (name, account)
        for name, secret in sorted(project.secrets.items())
        for endpoint in endpoints
        for account in (project.email(service_name(endpoint)),)
        if account in secret.readers
        and not (name in secrets and name in (*endpoint.secrets, *endpoint.optional_secrets))
    ]
