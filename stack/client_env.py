"""The variables of `stack.env`: everything that a client needs to attach to a running stack."""

from collections.abc import Mapping

from stack.keys import Keys
from stack.postgres import Postgres
from stack.settings import Settings


def client_env(
    settings: Settings, keys: Keys, postgres: Postgres | None, demo: Mapping[str, str]
) -> dict[str, str]:
    """The variables; those of the database only if this stack runs it."""
    env = {"SUPABASE_URL": settings.supabase_url}
    if settings.hosted is not None:
        env["SUPABASE_PUBLISHABLE_KEY"] = settings.hosted.publishable_key
        if settings.hosted.jwt_secret is not None:
            env["SUPABASE_JWT_SECRET"] = settings.hosted.jwt_secret
    else:
        env["SUPABASE_PUBLISHABLE_KEY"] = keys.supabase_publishable_key
        env["SUPABASE_SECRET_KEY"] = keys.supabase_secret_key
        env["SUPABASE_JWT_SECRET"] = keys.supabase_jwt_secret
    if postgres is not None:
        env["DATABASE_URL"] = postgres.url()
        # The role that migrations run as.
        env["SUPABASE_DB_URL"] = postgres.url(user="postgres")
    env |= {
        "FUNCTIONS_URL": settings.functions_url,
        "PUBLIC_BASE_URL": settings.public_base_url,
        "SIMULATOR_URL": settings.simulator_url,
        "CALLS_PAGE_URL": settings.calls_page_url,
        "SCHEDULER_URL": settings.scheduler_url,
        "TWILIO_API_URL": settings.twilio_api_url,
        "SUPABASE_STORAGE_URL": settings.storage_url,
        **twilio_env(keys),
    }
    return env | dict(demo)


def twilio_env(keys: Keys) -> dict[str, str]:
    """The variables of the simulated Twilio account."""
    return {
        "TWILIO_ACCOUNT_SID": keys.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": keys.twilio_auth_token,
        "TWILIO_API_KEY_SID": keys.twilio_api_key_sid,
        "TWILIO_API_KEY_SECRET": keys.twilio_api_key_secret,
        "TWILIO_TWIML_APP_SID": keys.twilio_twiml_app_sid,
    }
