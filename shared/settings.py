"""Settings, read from the environment once, at start-up.

A function whose settings are incomplete does not start. The deployment then fails, and the version
before it goes on serving. That is better than a function that answers every call with an error.

    with settings.reading() as env:
        SUPABASE = settings.Supabase.read(env)
        TWILIO = settings.TwilioWebhooks.read(env)
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from shared import logs, pasted, sids, urls

ALLOWED_ORIGINS = frozenset(
    {"https://callhenk.com", "https://www.callhenk.com", "https://app.callhenk.com"}
)
MOST_ORIGINS = 20
TWILIO_API = "https://api.twilio.com"

SCHEDULER_SECRET = r"[!-~]{32,}"
_JWT = r"[\w-]+\.[\w-]+\.[\w-]+"
# https://developers.google.com/identity/openid-connect/openid-connect#discovery
GOOGLE = "https://accounts.google.com"
GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"


class ConfigurationError(Exception):
    """Settings are missing or malformed. The message names each of them and shows no value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Cannot start: " + "; ".join(problems) + ".")
        self.problems = problems


class Environment:
    """Environment variables, and the problems that were found with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def given(self, name: str) -> str:
        """The value as it is, without the blanks around it. Empty if it is unset."""
        return self._variables.get(name, "").strip()

    def note(self, name: str, problem: str, hint: str = "") -> None:
        """Adds a problem with a setting, unless it has one already: the first is the cause."""
        if not any(known.startswith(f"{name} ") for known in self.problems):
            self.problems.append(f"{name} {problem}{f' ({hint})' if hint else ''}")

    def optional(self, name: str, pattern: str = r".+", hint: str = "") -> str | None:
        """The value; None if it is unset or blank. Adds a problem if it is malformed, the text of
        .env.example, or pasted with characters that cannot be meant."""
        value = self.given(name)
        if not value:
            return None
        if pasted.is_example(value):
            self.note(name, "is still the example's", hint)
        elif problem := pasted.explain(value):
            self.note(name, problem)
        elif not re.fullmatch(pattern, value):
            blank = ": it has a blank in it" if re.search(r"\s", value) else ""
            self.note(name, f"is malformed{blank}", hint)
        return value

    def required(self, name: str, pattern: str = r".+", hint: str = "") -> str:
        """The value. Adds a problem if it is missing, and those of ``optional``."""
        value = self.optional(name, pattern, hint)
        if value is None:
            self.note(name, "is missing", hint)
        return value or ""

    def secret(self, name: str, pattern: str = r".+", hint: str = "") -> str:
        """Like ``required``. The log never shows the value."""
        return logs.conceal(self.required(name, pattern, hint))

    def optional_secret(self, name: str, pattern: str = r".+", hint: str = "") -> str | None:
        """Like ``optional``. The log never shows the value."""
        value = self.optional(name, pattern, hint)
        return logs.conceal(value) if value else None

    def url(self, name: str, hint: str) -> str:
        """An https address without a slash at its end. http is allowed for this machine only."""
        value = self.required(name, hint=hint)
        if value and not urls.is_address(value):
            why = urls.explain_address(value)
            self.note(
                name,
                "must start with https:// and have only a host and a path"
                + (f": {why}" if why else ""),
            )
        return value.rstrip("/")

    def in_development(self, name: str, deployment: Deployment, otherwise: str) -> str:
        """An address that may be set only on a developer's machine. If it is not set, this returns
        ``otherwise``.

        We send secrets to such an address, or trust its answers. So it must not be changed in a
        deployment.
        """
        if self.optional(name) is None:
            return otherwise
        if not deployment.development:
            self.note(name, "is for development")
        return self.url(name, "an address")


@contextmanager
def reading(variables: Mapping[str, str] | None = None) -> Iterator[Environment]:
    """Reads settings. At the end it raises one ConfigurationError that names all problems."""
    env = Environment(os.environ if variables is None else variables)
    yield env
    if env.problems:
        raise ConfigurationError(env.problems)


@dataclass(frozen=True)
class Deployment:
    """Where this runs.

    In ``development`` every origin and Twilio's test numbers are allowed. ``version`` is the name
    that deploy.sh gives to this code with these settings. ``origins`` are those of pages that may
    call browser endpoints.
    """

    development: bool
    version: str | None = None
    origins: frozenset[str] = ALLOWED_ORIGINS

    @classmethod
    def read(cls, env: Environment) -> Self:
        name = env.optional("HENK_ENV", r"production|development", "production or development")
        development = name == "development"
        # K_SERVICE is set by Cloud Run: https://cloud.google.com/run/docs/container-contract
        if development and env.optional("K_SERVICE"):
            env.problems.append("HENK_ENV=development is for a local machine, not a deployment")
        return cls(
            development,
            env.optional("HENK_VERSION", r"[\w.-]{1,64}"),
            read_allowed_origins(env) or ALLOWED_ORIGINS,
        )

    def allows_origin(self, origin: str) -> bool:
        """Whether a page of this origin may call a browser endpoint."""
        return self.development or origin in self.origins


@dataclass(frozen=True)
class Supabase:
    """The Supabase project: its API, and how its access tokens are signed.

    ``jwt_secret`` is for projects that still sign with HS256. Other projects publish their keys.
    """

    url: str
    publishable_key: str
    jwt_secret: str | None = field(repr=False)

    @classmethod
    def read(cls, env: Environment) -> Self:
        return cls(
            env.url("SUPABASE_URL", "the project's API address"),
            env.required("SUPABASE_PUBLISHABLE_KEY", hint="sb_publishable_…"),
            env.optional_secret("SUPABASE_JWT_SECRET", r".{32,}", "at least 32 characters"),
        )

    @classmethod
    def read_without_secret(cls, env: Environment) -> Self:
        """For an endpoint that does not verify access tokens. Whoever has the secret can make such
        tokens, so only endpoints that need it get it."""
        return cls(
            env.url("SUPABASE_URL", "the project's API address"),
            env.required("SUPABASE_PUBLISHABLE_KEY", hint="sb_publishable_…"),
            None,
        )


@dataclass(frozen=True)
class TwilioApiKey:
    """The API key that signs Twilio's access tokens, and the TwiML App that they may call."""

    account_sid: str
    api_key_sid: str
    api_key_secret: str = field(repr=False)
    twiml_app_sid: str

    @classmethod
    def read(cls, env: Environment) -> Self:
        return cls(
            env.required("TWILIO_ACCOUNT_SID", sids.ACCOUNT_SID, "AC and 32 hex digits"),
            env.required("TWILIO_API_KEY_SID", sids.API_KEY_SID, "SK and 32 hex digits"),
            env.secret("TWILIO_API_KEY_SECRET"),
            env.required("TWILIO_TWIML_APP_SID", sids.APP_SID, "AP and 32 hex digits"),
        )


@dataclass(frozen=True)
class TwilioWebhooks:
    """How Twilio's webhooks are verified.

    ``public_base_url`` is the address where Twilio reaches us, without the endpoint's name at its
    end. If each endpoint has a host of its own, ``{name}`` in it stands for the endpoint's name.
    ``auth_tokens`` has the primary auth token, and during a rotation the next one.
    """

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    public_base_url: str

    @classmethod
    def read(cls, env: Environment) -> Self:
        primary = env.secret("TWILIO_AUTH_TOKEN")
        following = env.optional_secret("TWILIO_AUTH_TOKEN_NEXT")
        return cls(
            env.required("TWILIO_ACCOUNT_SID", sids.ACCOUNT_SID, "AC and 32 hex digits"),
            (primary, following) if following else (primary,),
            read_public_base_url(env),
        )


@dataclass(frozen=True)
class TwilioRest:
    """The API key for Twilio's REST API."""

    account_sid: str
    api_key_sid: str
    api_key_secret: str = field(repr=False)
    api_url: str

    @classmethod
    def read(cls, env: Environment, deployment: Deployment) -> Self:
        return cls(
            env.required("TWILIO_ACCOUNT_SID", sids.ACCOUNT_SID, "AC and 32 hex digits"),
            env.required("TWILIO_API_KEY_SID", sids.API_KEY_SID, "SK and 32 hex digits"),
            env.secret("TWILIO_API_KEY_SECRET"),
            env.in_development("TWILIO_API_URL", deployment, TWILIO_API),
        )


@dataclass(frozen=True)
class Scheduler:
    """Who may start a run: the service account in tokens of one issuer for one audience, and
    whoever knows the secret.

    ``audience`` is the function's own address: the scheduler's tokens are made out to it. Where
    there is a secret, the account and the audience may be empty: no token is accepted then.
    """

    service_account: str
    audience: str
    issuer: str
    keys_url: str
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, env: Environment, deployment: Deployment) -> Self:
        issuer = env.in_development("SCHEDULER_ISSUER", deployment, GOOGLE)
        secret = env.optional_secret("SCHEDULER_SECRET", SCHEDULER_SECRET, "at least 32 characters")
        account = audience = ""
        if not secret or env.optional("SCHEDULER_AUDIENCE"):
            pattern = r"[^@\s]+@[^@\s]+"
            account = env.required("SCHEDULER_SERVICE_ACCOUNT", pattern, "its e-mail address")
            audience = env.url("SCHEDULER_AUDIENCE", "the function's own address")
        return cls(
            account,
            audience,
            issuer,
            GOOGLE_KEYS if issuer == GOOGLE else f"{issuer}/oauth2/v3/certs",
            secret,
        )


def read_allowed_origins(env: Environment) -> frozenset[str]:
    """ALLOWED_ORIGINS: the origins of an installation's own pages, separated by commas, each as
    browsers send it. Empty if it is not set. Notes in ``env`` each that cannot be one."""
    name = "ALLOWED_ORIGINS"
    if env.optional(name) is None:
        return frozenset()
    origins = [each.strip() for each in env.given(name).split(",")]
    for number, origin in enumerate(origins, 1):
        if why := urls.explain_origin(origin):
            env.note(name, f"has an address that is not an origin: number {number} {why}")
    if len(origins) > MOST_ORIGINS:
        env.note(name, f"has {len(origins)} origins, and {MOST_ORIGINS} are the most")
    return frozenset(origins)


def read_public_base_url(env: Environment) -> str:
    """The address where Twilio reaches the endpoints, as ``TwilioWebhooks`` has it."""
    return env.url("PUBLIC_BASE_URL", "such as https://app.callhenk.com/api/twilio")


def read_webhook_jwt(env: Environment) -> str:
    """The database token of the endpoints that write what Twilio tells."""
    return env.secret("SUPABASE_WEBHOOK_JWT", _JWT, "a JWT")


def read_reconciler_jwt(env: Environment) -> str:
    """The database token of the reconciler."""
    return env.secret("SUPABASE_RECONCILER_JWT", _JWT, "a JWT")


def read_recorder_jwt(env: Environment) -> str:
    """The token of the endpoint that keeps recordings, for the database and for Storage."""
    return env.secret("SUPABASE_RECORDER_JWT", _JWT, "a JWT")


def read_reporter_jwt(env: Environment) -> str:
    """The database token of the endpoint that folds calls for reports."""
    return env.secret("SUPABASE_REPORTER_JWT", _JWT, "a JWT")


def read_storage_url(env: Environment, supabase: Supabase, deployment: Deployment) -> str:
    """The address of Supabase Storage's API."""
    return env.in_development("SUPABASE_STORAGE_URL", deployment, f"{supabase.url}/storage/v1")
