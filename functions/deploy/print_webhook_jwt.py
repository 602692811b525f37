"""`make webhook-jwt`: a fresh webhook JWT for functions that deploy.sh does not deploy."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from functions import bundle, env_file, webhook_jwt
from functions.deploy.settings import signing_key
from shared import settings


def main() -> int:
    """Prints the JWT and nothing else. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m functions.deploy.print_webhook_jwt")
    parser.add_argument("--env", type=Path, default=bundle.ROOT / ".env", metavar="FILE")
    parser.add_argument(
        "--role", choices=webhook_jwt.ROLES.values(), default=webhook_jwt.ROLE, help="whose it is"
    )
    arguments = parser.parse_args()
    path: Path = arguments.env
    try:
        with settings.reading({**env_file.read(path), **os.environ}) as env:
            supabase = settings.Supabase.read(env)
            key = signing_key(env, supabase, path.parent)
    except (settings.ConfigurationError, env_file.EnvFileError) as error:
        print(error, file=sys.stderr)
        return 1
    print(webhook_jwt.mint(key, supabase.url, role=arguments.role))
    return 0


if __name__ == "__main__":
    sys.exit(main())
