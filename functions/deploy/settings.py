"""What an operator says about a deployment: `.env`, and the environment over it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from functions import env_file
from functions.bundle import Endpoint
from functions.twilio_api import TWILIO_API
from functions.webhook_jwt import SigningKey, SigningKeyError
from shared import settings

# Shared with the functions' own reading, so that what is refused here is what they would refuse.
_ACCOUNT_SID = (r"AC[0-9a-fA-F]{32}", "AC and 32 hex digits, from the Twilio console")
_API_KEY_SID = (r"SK[0-9a-fA-F]{32}", "SK and 32 hex digits: a standard API key")
_APP_SID = (r"AP[0-9a-fA-F]{32}", "AP and 32 hex digits; without it one is made")


@dataclass(frozen=True)
class Database:
    """Postgres, for migrations: the address without the password, and the password."""

    address: str
    password: str = field(repr=False)
    is_local: bool

    @classmethod
    def read(cls, env: settings.Environment) -> Self:
        name = "SUPABASE_DB_URL"
        hint = "postgresql://USER:PASSWORD@HOST:5432/postgres, from the project's Connect page"
        url = env.secret(name, r"postgres(ql)?://\S+", hint)
        try:
            parts = urlsplit(url)
            password = unquote(parts.password or "")
        except ValueError:
            env.problems.append(f"{name} is malformed ({hint})")
            return cls("", "", False)
        if url and not password:
            env.problems.append(f"{name} has no password")
        address = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@", 1))
        return cls(address.geturl(), password, parts.hostname in ("127.0.0.1", "localhost"))

    @property
    def environment(self) -> dict[str, str]:
        """What Postgres' clients take the password from, so that no argument shows it."""
        return {
            "PGPASSWORD": self.password,
            "PGSSLMODE": "prefer" if self.is_local else "require",
        }


@dataclass(frozen=True)
class TwilioAccount:
    """The account, and how the operator signs in to it."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_key_sid: str
    api_key_secret: str = field(repr=False)
    # None: the one that deploy.sh made, or makes.
    twiml_app_sid: str | None
    # A caller ID to check, E.164.
    phone_number: str | None
    api_url: str

    @classmethod
    def read(cls, env: settings.Environment) -> Self:
        return cls(
            env.required("TWILIO_ACCOUNT_SID", *_ACCOUNT_SID),
            env.secret("TWILIO_AUTH_TOKEN", r"\S{16,}", "the primary auth token"),
            env.required("TWILIO_API_KEY_SID", *_API_KEY_SID),
            env.secret("TWILIO_API_KEY_SECRET", r"\S{16,}", "shown once, when the key is made"),
            env.optional("TWILIO_TWIML_APP_SID", *_APP_SID),
            env.optional("TWILIO_PHONE_NUMBER", r"\+[1-9]\d{6,14}", "E.164, such as +14155550100"),
            (env.optional("TWILIO_API_URL", r"https?://\S+") or TWILIO_API).rstrip("/"),
        )


@dataclass(frozen=True)
class Operator:
    """Everything a deployment is made of, save for the code."""

    google_project: str
    region: str
    supabase: settings.Supabase
    signing_key: SigningKey = field(repr=False)
    database: Database
    twilio: TwilioAccount
    # None: each endpoint has the address that Cloud Run gives it.
    public_base_url: str | None
    # Every setting as it was given, for what endpoints are handed.
    values: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str] = os.environ) -> Self:
        """Raises shared.settings.ConfigurationError, which names everything missing or malformed,
        or EnvFileError."""
        values = {**env_file.read(path), **environ}
        with settings.reading(values) as env:
            return cls.read(env, values, path.parent)

    @classmethod
    def read(cls, env: settings.Environment, values: Mapping[str, str], directory: Path) -> Self:
        """Notes in ``env`` what is missing or malformed. ``directory`` has the files that settings
        name."""
        supabase = settings.Supabase.read(env)
        public_base_url = values.get("PUBLIC_BASE_URL", "").strip()
        return cls(
            env.required("GOOGLE_CLOUD_PROJECT", r"[a-z][a-z0-9-]{4,28}[a-z0-9]"),
            env.required("GOOGLE_CLOUD_REGION", r"[a-z]+-[a-z]+\d+", "such as europe-west1"),
            supabase,
            signing_key(env, supabase, directory),
            Database.read(env),
            TwilioAccount.read(env),
            env.url("PUBLIC_BASE_URL", "") if public_base_url else None,
            values,
        )

    def given(self, names: tuple[str, ...]) -> dict[str, str]:
        """The settings of these names that have a value, trimmed as the functions trim them."""
        found = {name: self.values.get(name, "").strip() for name in names}
        return {name: value for name, value in found.items() if value}


def service_name(endpoint: Endpoint) -> str:
    """What Cloud Run calls an endpoint: token_fn → token-fn. Its service account's name, too."""
    return endpoint.folder.replace("_", "-")


def short_name(endpoint: Endpoint) -> str:
    """The last part of an endpoint's path: what it is called under PUBLIC_BASE_URL."""
    return endpoint.path.rpartition("/")[2]


def signing_key(
    env: settings.Environment, supabase: settings.Supabase, directory: Path
) -> SigningKey:
    """What the webhook JWT is signed with: the private key in a file beside ``.env``, or the shared
    secret. Notes a problem if it is missing or unusable."""
    file = env.optional("SUPABASE_SIGNING_KEY_FILE")
    if file:
        try:
            return SigningKey.from_file(directory / file)
        except SigningKeyError as error:
            env.problems.append(f"SUPABASE_SIGNING_KEY_FILE: {error}")
    elif not supabase.jwt_secret:
        env.problems.append(
            "SUPABASE_SIGNING_KEY_FILE is missing (a private key of the project, made with `npx"
            " supabase gen signing-key`; projects that sign with HS256 give SUPABASE_JWT_SECRET)"
        )
    return SigningKey.from_secret(supabase.jwt_secret or "")
