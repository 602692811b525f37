"""An operator's settings: environment variables, and `.env` for what those do not set."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from functions import bundle, page_packer
from functions.setup import database_url, env_file, google_project
from functions.setup.redaction import Redaction
from functions.setup.webhook_jwt import ROLES, SigningKey, SigningKeyError
from shared import logs, settings, sids
from shared.page_settings import read_hidden_views

TWILIO_API = "https://api.twilio.com"
_PROJECT = (
    "the project's id, such as henk-voice-123 or example.com:henk-voice; not its name or number"
)
_EXAMPLE = "copy .env.example to .env and fill it in: docs/setup.md, step 5"
# The database reads them once more, after the migrations (private.email_form).
_EMAIL = r"[^@\s,]+@[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+"
# No deployment is without them.
_ALWAYS = ("SUPABASE_URL", "TWILIO_ACCOUNT_SID")
# Settings that are secret, besides those that have a field of their own below.
_OTHER_SECRETS = (
    "TWILIO_AUTH_TOKEN_NEXT",
    "SUPABASE_SECRET_KEY",
    "SUPABASE_DB_URL",
    "SCHEDULER_SECRET",
    *ROLES,
)


@dataclass(frozen=True)
class Database:
    """Postgres itself, for migrations: the address without the password, and the password."""

    address: str
    password: str = field(repr=False)
    is_local: bool

    @classmethod
    def at(cls, url: str) -> Self:
        """From an address that contains the password. Raises ValueError for a malformed one."""
        parts = urlsplit(url)
        address = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@", 1))
        return cls(
            address.geturl(),
            unquote(parts.password or ""),
            parts.hostname in ("127.0.0.1", "localhost", "::1"),
        )

    @classmethod
    def read(cls, env: settings.Environment) -> Self:
        """SUPABASE_DB_URL. Notes in ``env`` if it is missing or malformed."""
        name = "SUPABASE_DB_URL"
        url = logs.conceal(env.given(name))
        problem = database_url.problem(url) if url else f"is missing ({database_url.FORM})"
        if problem:
            env.note(name, problem)
            return cls("", "", False)
        return cls.at(url)

    @property
    def environment(self) -> dict[str, str]:
        """The variables from which Postgres' clients take the password and the kind of
        connection."""
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
    # None: the App that deploy.sh made or will make.
    twiml_app_sid: str | None
    # A caller ID for the doctor to check, E.164.
    phone_number: str | None
    api_url: str

    @classmethod
    def read(cls, env: settings.Environment) -> Self:
        """The settings named TWILIO_…. Notes in ``env`` what is missing or malformed."""
        return cls(
            env.required(
                "TWILIO_ACCOUNT_SID",
                sids.ACCOUNT_SID,
                "AC and 32 hex digits, from the Twilio console",
            ),
            env.secret("TWILIO_AUTH_TOKEN", r"\S{16,}", "the primary auth token"),
            env.required(
                "TWILIO_API_KEY_SID", sids.API_KEY_SID, "SK and 32 hex digits: a standard API key"
            ),
            env.secret(
                "TWILIO_API_KEY_SECRET", r"\S{16,}", "Twilio shows it once, when you make the key"
            ),
            env.optional(
                "TWILIO_TWIML_APP_SID",
                sids.APP_SID,
                "AP and 32 hex digits; without it deploy.sh makes an App",
            ),
            env.optional("TWILIO_PHONE_NUMBER", r"\+[1-9]\d{6,14}", "E.164, such as +14155550100"),
            env.url("TWILIO_API_URL", "") if env.given("TWILIO_API_URL") else TWILIO_API,
        )


@dataclass(frozen=True)
class Creation:
    """Who may make a business on the page: nobody, those who were invited, or anybody."""

    who: str
    # The e-mail addresses of those who were invited, as they were given.
    founders: tuple[str, ...] = ()

    @classmethod
    def read(cls, env: settings.Environment) -> Self | None:
        """BUSINESS_CREATION and BUSINESS_FOUNDERS. None if they are not set: then it stays as it
        is in the database. Notes in ``env`` what is malformed."""
        who = env.optional(
            "BUSINESS_CREATION", r"nobody|invited|anybody", "nobody, invited or anybody"
        )
        given = env.optional(
            "BUSINESS_FOUNDERS",
            rf"{_EMAIL}(\s*,\s*{_EMAIL})*",
            "e-mail addresses, separated by commas",
        )
        founders = tuple(each.strip() for each in (given or "").split(",") if each.strip())
        if who == "invited" and not founders:
            env.note("BUSINESS_FOUNDERS", "is missing", "the addresses of those who are invited")
        if founders and who != "invited":
            env.note("BUSINESS_FOUNDERS", "counts only with BUSINESS_CREATION=invited")
        return cls(who, founders) if who else None


@dataclass(frozen=True)
class Given:
    """The settings of a file and of the environment, which wins."""

    path: Path
    values: Mapping[str, str] = field(repr=False)
    # What is not wrong and may surprise: sentences.
    notes: Sequence[str] = ()

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str], *, must_exist: bool = False) -> Self:
        """Raises EnvFileError."""
        file = env_file.load(path, must_exist=must_exist)
        hidden = [
            f"{name} is set in the environment, which counts, and otherwise in {path}. To use the"
            f" file's: unset {name}"
            for name, value in file.variables.items()
            if value and environ.get(name, value).strip() != value.strip()
        ]
        return cls(path, {**file.variables, **environ}, [*file.notes, *hidden])

    def nothing(self, problems: Sequence[str]) -> str:
        """Where no setting is given at all: that in one sentence, instead of one for each setting.
        Empty if some are given."""
        names = [problem.partition(" ")[0] for problem in problems]
        if not names or any(self.values.get(name, "").strip() for name in (*names, *_ALWAYS)):
            return ""
        if self.path.exists():
            return f"{self.path} has no settings ({_EXAMPLE})"
        return f"There is no {self.path}, and the environment has no settings ({_EXAMPLE})"


@dataclass(frozen=True)
class Operator:
    """Everything that a deployment needs besides the code."""

    google_project: str
    region: str
    supabase: settings.Supabase
    signing_key: SigningKey = field(repr=False)
    database: Database
    twilio: TwilioAccount
    # None: each endpoint has the address that Cloud Run gives it.
    public_base_url: str | None
    # Of the pages that may call. Empty: not set.
    allowed_origins: frozenset[str]
    # None: as it is in the database.
    creation: Creation | None
    # Every setting as it was given. Endpoints get some of them.
    values: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(
        cls, path: Path, environ: Mapping[str, str] = os.environ, *, must_exist: bool = False
    ) -> Self:
        """Raises shared.settings.ConfigurationError, which names everything that is missing or
        malformed, or EnvFileError."""
        return cls.of(Given.load(path, environ, must_exist=must_exist))

    @classmethod
    def of(cls, given: Given) -> Self:
        """Raises shared.settings.ConfigurationError as ``load`` does."""
        with settings.reading(given.values) as env:
            operator = cls.read(env, given.values, given.path.parent)
            if nothing := given.nothing(env.problems):
                env.problems = [nothing]
        return operator

    @classmethod
    def read(cls, env: settings.Environment, values: Mapping[str, str], directory: Path) -> Self:
        """Notes in ``env`` what is missing or malformed. Paths in settings are relative to
        ``directory``."""
        supabase = settings.Supabase.read(env)
        cls._read_optional_secrets(env)
        _check_hidden_views(env)
        return cls(
            env.required("GOOGLE_CLOUD_PROJECT", google_project.PROJECT_ID, _PROJECT),
            env.required("GOOGLE_CLOUD_REGION", r"[a-z]+-[a-z]+\d+", "such as europe-west1"),
            supabase,
            read_signing_key(env, supabase, directory),
            Database.read(env),
            TwilioAccount.read(env),
            env.url("PUBLIC_BASE_URL", "") if env.given("PUBLIC_BASE_URL") else None,
            settings.read_allowed_origins(env),
            Creation.read(env),
            values,
        )

    @staticmethod
    def _read_optional_secrets(env: settings.Environment) -> None:
        """Notes in ``env`` what is malformed of the secrets that not every project has. Endpoints
        that get one would not start, or would take the example's text for a secret."""
        env.optional_secret("TWILIO_AUTH_TOKEN_NEXT", r"\S{16,}", "the secondary auth token")
        env.optional_secret(
            "SCHEDULER_SECRET",
            settings.SCHEDULER_SECRET,
            "at least 32 characters, without blanks; without it deploy.sh makes one",
        )

    def given(self, names: tuple[str, ...]) -> dict[str, str]:
        """The settings of these names that have a value, without blanks around it."""
        found = {name: self.values.get(name, "").strip() for name in names}
        return {name: value for name, value in found.items() if value}

    def redaction(self) -> Redaction:
        """Hides every secret among the settings."""
        return Redaction(
            (
                self.twilio.auth_token,
                self.twilio.api_key_secret,
                self.supabase.jwt_secret,
                self.database.password,
                *self.given(_OTHER_SECRETS).values(),
            )
        )


def _check_hidden_views(env: settings.Environment) -> None:
    """Notes in ``env`` if HENK_HIDDEN_VIEWS names a view that the page does not have."""
    known = page_packer.view_names()
    for name in read_hidden_views(env):
        if name not in known:
            env.note(
                "HENK_HIDDEN_VIEWS",
                f"names {name}, and the page has no such view",
                ", ".join(known),
            )


def default_file(environ: Mapping[str, str]) -> Path:
    """.env. If there is none, the settings of a local stack that runs."""
    dot_env = bundle.ROOT / ".env"
    stack_env = Path(environ.get("HENK_LOCAL_DIR") or bundle.ROOT / ".local") / "stack.env"
    return stack_env if not dot_env.exists() and stack_env.exists() else dot_env


def read_signing_key(
    env: settings.Environment, supabase: settings.Supabase, directory: Path
) -> SigningKey:
    """The key that signs webhook JWTs: the private key in a file, whose path is relative to
    ``directory``, or the project's shared secret. Notes in ``env`` if neither can be used."""
    file = env.optional("SUPABASE_SIGNING_KEY_FILE")
    if file:
        try:
            return SigningKey.from_file(directory / file)
        except SigningKeyError as error:
            env.note("SUPABASE_SIGNING_KEY_FILE", f"cannot be used: {error}")
    elif not supabase.jwt_secret:
        env.note(
            "SUPABASE_SIGNING_KEY_FILE",
            "is missing",
            "a private key of the project, made with `npx supabase gen signing-key`; projects that"
            " sign with HS256 give SUPABASE_JWT_SECRET",
        )
    return SigningKey.from_secret(supabase.jwt_secret or "")
