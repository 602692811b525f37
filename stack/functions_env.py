"""The settings of the functions of a stack."""

from __future__ import annotations

from collections.abc import Mapping

from functions.setup.webhook_jwt import ROLES, SigningKey, mint
from stack.hosted import Hosted
from stack.settings import SCHEDULER_ACCOUNT

# What the functions get of stack.env, under the same names. The secret is missing if the project
# signs access tokens with keys of its own.
_OF_STACK_ENV = (
    "SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_JWT_SECRET",
    "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET",
    "TWILIO_TWIML_APP_SID", "TWILIO_API_URL", "PUBLIC_BASE_URL", "SUPABASE_STORAGE_URL",
)  # fmt: skip


def functions_env(
    env: Mapping[str, str], hosted: Hosted | None, overrides: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables of the functions' server, from those of `stack.env`.

    Values of `overrides` win. The tokens of the endpoints are made with the secret and for the
    project that result.
    """
    variables = {
        "HENK_ENV": "development",
        **{name: env[name] for name in _OF_STACK_ENV if name in env},
        "SCHEDULER_ISSUER": env["SCHEDULER_URL"],
        **scheduler_env(env["PUBLIC_BASE_URL"]),
        **(overrides or {}),
    }
    if overrides and "SUPABASE_URL" in overrides and "SUPABASE_STORAGE_URL" not in overrides:
        # Another project has a Storage of its own.
        variables.pop("SUPABASE_STORAGE_URL", None)
    if hosted is not None:
        jwts = dict(hosted.jwts)
    else:
        key = SigningKey.from_secret(variables["SUPABASE_JWT_SECRET"])
        jwts = {
            name: mint(key, variables["SUPABASE_URL"], role=role) for name, role in ROLES.items()
        }
    return {**jwts, **variables}


def scheduler_env(public_base_url: str) -> dict[str, str]:
    """What the scheduler and the functions that it runs must agree on. The functions share one
    process here and so one audience; deployed ones have one each."""
    return {
        "SCHEDULER_AUDIENCE": public_base_url,
        "SCHEDULER_SERVICE_ACCOUNT": SCHEDULER_ACCOUNT,
    }
