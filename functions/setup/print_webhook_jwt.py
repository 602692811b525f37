"""`make webhook-jwt`: prints a new webhook JWT, for functions that deploy.sh does not deploy."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from functions import bundle
from functions.setup import env_file, webhook_jwt
from functions.setup.settings import read_signing_key
from shared import settings


def main() -> int:
    """Prints the JWT and nothing else. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m functions.setup.print_webhook_jwt")
    parser.add_argument("--env", type=Path, metavar="FILE")
    parser.add_argument(
        "--role",
        choices=webhook_jwt.ROLES.values(),
        default=webhook_jwt.ROLE,
        help="the database role that the token is for",
    )
    arguments = parser.parse_args()
    named: Path | None = arguments.env
    path = named or bundle.ROOT / ".env"
    try:
        values = {**env_file.read(path, must_exist=named is not None), **os.environ}
        with settings.reading(values) as env:
            supabase = settings.Supabase.read(env)
            key = read_signing_key(env, supabase, path.parent)
    except (settings.ConfigurationError, env_file.EnvFileError) as error:
        print(error, file=sys.stderr)
        return 1
    print(webhook_jwt.mint(key, supabase.url, role=arguments.role))
    return 0


if __name__ == "__main__":
    sys.exit(main())
