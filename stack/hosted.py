"""A hosted Supabase project in place of the local one, as `.env` names it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.setup.webhook_jwt import ROLES, SigningKey, mint
from stack.errors import StackError

_REQUIRED = ("SUPABASE_PUBLISHABLE_KEY", "SIMULATOR_CALLER_IDS")


@dataclass(frozen=True)
class Hosted:
    """A Supabase project that runs elsewhere: the stack does not start it."""

    supabase_url: str
    publishable_key: str
    webhook_jwt: str
    reconciler_jwt: str
    # None for projects that sign with asymmetric keys.
    jwt_secret: str | None
    # E.164, comma-separated: the numbers of the simulated Twilio account.
    caller_ids: str
    demo: Mapping[str, str]


def from_variables(variables: Mapping[str, str], env_path: Path) -> Hosted | None:
    """The project that `variables` (of `.env`) name, or None. StackError if keys are missing."""
    url = variables.get("SUPABASE_URL", "").rstrip("/")
    if not url:
        return None
    missing = [name for name in _REQUIRED if not variables.get(name)]
    jwt_secret = variables.get("SUPABASE_JWT_SECRET") or None
    jwts = {
        name: variables.get(name)
        or (mint(SigningKey.from_secret(jwt_secret), url, role=role) if jwt_secret else "")
        for name, role in ROLES.items()
    }
    missing += [name for name, value in jwts.items() if not value]
    if missing:
        raise StackError(
            f"{env_path} points at {url} and lacks {', '.join(missing)}. "
            "Add them, or remove SUPABASE_URL to use the local Supabase."
        )
    return Hosted(
        supabase_url=url,
        publishable_key=variables["SUPABASE_PUBLISHABLE_KEY"],
        webhook_jwt=jwts["SUPABASE_WEBHOOK_JWT"],
        reconciler_jwt=jwts["SUPABASE_RECONCILER_JWT"],
        jwt_secret=jwt_secret,
        caller_ids=variables["SIMULATOR_CALLER_IDS"],
        demo={name: value for name, value in variables.items() if name.startswith("DEMO_")},
    )
