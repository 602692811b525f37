"""What a deployment would do: the difference between a checkout and what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from functions import webhook_jwt
from functions.bundle import Endpoint
from functions.deploy import smoke
from functions.deploy.changes import Changes
from functions.deploy.cloud import SCHEDULER, Job, Project, Secret, Service, tag_of
from functions.deploy.settings import Operator, service_name, short_name
from functions.packer import Pack

# A JWT lives for 90 days and is minted anew in the last 60 of them: a deployment a month keeps it
# good, and two in a row do not deploy everything twice.
RENEW_BELOW_DAYS = 60
_PATH = "/api/twilio"
EVERY_MINUTE = "* * * * *"


@dataclass(frozen=True)
class SecretPlan:
    """A secret's value, and the version that has it: there already, or the next one."""

    name: str
    value: str = field(repr=False)
    number: int
    is_new: bool
    # Whether Secret Manager has to be told of the secret first.
    is_first: bool


class Action(Enum):
    """What becomes of an endpoint."""

    KEEP = "unchanged"
    # Deployed by an earlier run that did not get as far as its traffic.
    SHIFT = "deployed already, gets the traffic"
    DEPLOY = "to be deployed"


@dataclass(frozen=True)
class Target:
    """An endpoint as it is to be."""

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
    """Where endpoints are reached: as the operator says, or each at the address that Cloud Run
    gives it."""
    return operator.public_base_url or own_addresses(project.number, project.region)


def own_addresses(project_number: str, region: str) -> str:
    """What Cloud Run calls the endpoints, with ``{name}`` for an endpoint's:
    https://cloud.google.com/run/docs/triggering/https-request#deterministic"""
    return f"https://{{name}}-fn-{project_number}.{region}.run.app{_PATH}"


def address(base_url: str, name: str) -> str:
    """The public address of the endpoint with this short name."""
    return f"{base_url}/{name}".replace("{name}", name)


def scheduled_address(endpoint: Endpoint, project: Project) -> str:
    """Where the scheduler reaches an endpoint: at Cloud Run itself, whatever is in front of it."""
    return address(own_addresses(project.number, project.region), short_name(endpoint))


def jobs(endpoints: Sequence[Endpoint], project: Project) -> dict[str, Job]:
    """What the scheduler is to do, by the job's name, as far as it does not do so yet."""
    wanted = {}
    for endpoint in endpoints:
        if "scheduler" in endpoint.called_by:
            name, uri = service_name(endpoint), scheduled_address(endpoint, project)
            job = Job(uri, EVERY_MINUTE, project.email(SCHEDULER), uri)
            stored = project.jobs.get(name)
            if stored is None or replace(stored, is_paused=False) != job:
                wanted[name] = job
    return wanted


def secret_values(
    operator: Operator, endpoints: Sequence[Endpoint], project: Project
) -> dict[str, str]:
    """Every secret that some endpoint is given. A JWT is the one in Secret Manager while that is
    good for long enough, else a new one."""
    names = {
        name for endpoint in endpoints for name in (*endpoint.secrets, *endpoint.optional_secrets)
    }
    values = operator.given(tuple(sorted(names - webhook_jwt.ROLES.keys())))
    for name, role in webhook_jwt.ROLES.items():
        if name in names:
            stored = project.secrets.get(name, Secret()).value
            values[name] = _good_jwt(operator, stored, role) or webhook_jwt.mint(
                operator.signing_key, operator.supabase.url, role=role
            )
    return values


def _good_jwt(operator: Operator, stored: str | None, role: str) -> str | None:
    left = _days_left(operator, stored or "", role)
    return stored if left is not None and left >= RENEW_BELOW_DAYS else None


def jwt_days(operator: Operator, secrets: Mapping[str, str]) -> int | None:
    """For how many more days the endpoints' JWTs among these are all good; None if one is not, or
    none is among them."""
    left = [
        _days_left(operator, secrets[name], role)
        for name, role in webhook_jwt.ROLES.items()
        if name in secrets
    ]
    good = [days for days in left if days is not None]
    return min(good) if good and len(good) == len(left) else None


def _days_left(operator: Operator, token: str, role: str) -> int | None:
    try:
        return webhook_jwt.days_left(token, operator.signing_key, operator.supabase.url, role=role)
    except webhook_jwt.WebhookJwtError:
        return None


def secret_plans(values: Mapping[str, str], project: Project) -> dict[str, SecretPlan]:
    """For each secret, the version to use. Secret Manager counts versions from 1."""
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
    """Each endpoint as it is to be. ``answers`` tells whether what is there answers as this
    version at this address: what does not is deployed anew, whatever its tag says."""
    derived = {
        "PUBLIC_BASE_URL": public_base_url(operator, project),
        "TWILIO_TWIML_APP_SID": twiml_app_sid,
        "SCHEDULER_SERVICE_ACCOUNT": project.email(SCHEDULER),
    }
    found = []
    for pack in packs:
        endpoint = pack.endpoint
        variables = {
            name: scheduled_address(endpoint, project)
            if name == "SCHEDULER_AUDIENCE"
            else derived.get(name) or operator.values[name].strip()
            for name in endpoint.variables
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
                    # As many as there can be requests at once; functions-framework starts four.
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
    """The code's version, and six digits that change with anything else about a deployment."""
    command = Changes(project.id, project.region).deploy(
        pack.endpoint, Path(), "", variables, secrets, serves=True
    )
    settings = "\0".join(command.argv)
    return f"{pack.version}-{hashlib.sha256(settings.encode()).hexdigest()[:6]}"


def answers(endpoint: Endpoint, url: str, version: str) -> bool:
    """Whether this version answers here as it should."""
    try:
        smoke.check(endpoint, url, version)
    except smoke.SmokeTestFailed:
        return False
    return True


def excess_readers(
    project: Project, endpoints: Sequence[Endpoint], secrets: Mapping[str, str]
) -> list[tuple[str, str]]:
    """(secret, account) for every endpoint that could read a secret which it is not given."""
    return [
        (name, account)
        for name, secret in sorted(project.secrets.items())
        for endpoint in endpoints
        for account in (project.email(service_name(endpoint)),)
        if account in secret.readers
        and not (name in secrets and name in (*endpoint.secrets, *endpoint.optional_secrets))
    ]
