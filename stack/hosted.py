"""A hosted Supabase project in place of the local one, as `.env` names it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.setup.webhook_jwt import ROLES, SigningKey, mint
from shared import settings
from stack.errors import StackError

_REQUIRED = ("SUPABASE_PUBLISHABLE_KEY", "SIMULATOR_CALLER_IDS")


@dataclass(frozen=True)
class Hosted:
    """A Supabase project that runs elsewhere: the stack does not start it."""

    supabase_url: str
    publishable_key: str
    # The endpoints' own tokens, by the names of their settings.
    jwts: Mapping[str, str]
    # None for projects that sign with asymmetric keys.
    jwt_secret: str | None
    # E.164, comma-separated: the numbers of the simulated Twilio account.
    caller_ids: str
    demo: Mapping[str, str]


def from_variables(variables: Mapping[str, str], env_path: Path) -> Hosted | None:
    """The project that `variables` (of `.env`) name, or None if they name none.

    Raises StackError if something is missing or malformed.
    """
    env = settings.Environment(variables)
    if not env.given("SUPABASE_URL"):
        return None
    url = env.url("SUPABASE_URL", "")
    values = {name: env.optional(name) or "" for name in (*_REQUIRED, *ROLES)}
    jwt_secret = env.optional("SUPABASE_JWT_SECRET", r".{32,}", "at least 32 characters")
    demo = {name: env.optional(name) or "" for name in variables if name.startswith("DEMO_")}
    if env.problems:
        problems = "".join(f"\n  - {problem}" for problem in env.problems)
        raise StackError(
            f"{env_path} points at a Supabase project:{problems}\n"
            "Correct this, or remove SUPABASE_URL to use the local Supabase."
        )
    if jwt_secret:
        key = SigningKey.from_secret(jwt_secret)
        for name, role in ROLES.items():
            values[name] = values[name] or mint(key, url, role=role)
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise StackError(
            f"{env_path} points at {url} and lacks {', '.join(missing)}. "
            "Add them, or remove SUPABASE_URL to use the local Supabase."
        )
    return Hosted(
        supabase_url=url,
        publishable_key=values["SUPABASE_PUBLISHABLE_KEY"],
        jwts={name: values[name] for name in ROLES},
        jwt_secret=jwt_secret,
        caller_ids=values["SIMULATOR_CALLER_IDS"],
        demo={name: value for name, value in demo.items() if value},
    )
