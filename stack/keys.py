"""The secrets of a local stack: generated once, kept in `.local/keys.env` until `make reset`."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from functions.setup import env_file


@dataclass(frozen=True)
class Keys:
    """Everything secret that the stack's parts share."""

    database_password: str
    supabase_jwt_secret: str
    supabase_publishable_key: str
    supabase_secret_key: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_api_key_sid: str
    twilio_api_key_secret: str
    twilio_twiml_app_sid: str


def _make_up() -> Keys:
    return Keys(
        # Hexadecimal, because it is part of URLs.
        database_password=secrets.token_hex(16),
        supabase_jwt_secret=secrets.token_hex(32),
        supabase_publishable_key=f"sb_publishable_{secrets.token_hex(16)}",
        supabase_secret_key=f"sb_secret_{secrets.token_hex(16)}",
        twilio_account_sid=f"AC{secrets.token_hex(16)}",
        twilio_auth_token=secrets.token_hex(16),
        twilio_api_key_sid=f"SK{secrets.token_hex(16)}",
        twilio_api_key_secret=secrets.token_hex(16),
        twilio_twiml_app_sid=f"AP{secrets.token_hex(16)}",
    )


def load(path: Path) -> Keys:
    """The keys in the file `path` (mode 0600). Missing ones are generated and written to it."""
    kept = {name.lower(): value for name, value in env_file.read(path).items()}
    made_up = asdict(_make_up())
    keys = Keys(**{name: kept.get(name, value) for name, value in made_up.items()})
    if not made_up.keys() <= kept.keys():
        env_file.write(path, {name.upper(): value for name, value in asdict(keys).items()})
    return keys
