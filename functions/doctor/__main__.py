"""`python -m functions.doctor`, behind `make doctor`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from functions import bundle
from functions.doctor import rendering
from functions.doctor.check import Check
from functions.doctor.examination import run
from functions.doctor.google_cloud import Address
from functions.doctor.inputs import GOOGLE, Inputs, read
from functions.setup import env_file


def main(argv: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Returns the exit status: 0 if nothing failed, 1 if something did, 2 for wrong arguments."""
    arguments = _parser().parse_args(argv)
    file: Path = arguments.env or _default_file(environ)
    try:
        values = {**env_file.read(file), **environ}
    except (env_file.EnvFileError, OSError, UnicodeDecodeError) as error:
        said = str(error) if isinstance(error, env_file.EnvFileError) else f"{file} cannot be read"
        checks = [
            Check(
                "settings", str(file), "fail", said, "Correct that line, or make the file readable"
            )
        ]
    else:
        token = sys.stdin.read().strip() if arguments.webhook_jwt_stdin else ""
        checks = run(_inputs(values, file.absolute().parent, token))

    if arguments.json:
        print(rendering.as_json(checks))
    else:
        print(f"Examining {_named(file)}.\n")
        print(rendering.as_text(checks, colour=rendering.is_colourful(sys.stdout, environ)))
    return int(any(check.status == "fail" for check in checks))


def _inputs(values: Mapping[str, str], directory: Path, webhook_jwt: str) -> Inputs:
    operator, problems = read(values, directory)
    token = webhook_jwt or values.get("SUPABASE_WEBHOOK_JWT", "").strip() or None
    inputs = Inputs(operator, problems, token, lambda: operator.public_base_url)
    return inputs if inputs.malformed(GOOGLE) else replace(inputs, base_url=Address(operator))


def _default_file(environ: Mapping[str, str]) -> Path:
    """.env. If there is none, the settings of a local stack that runs."""
    dot_env = bundle.ROOT / ".env"
    stack_env = Path(environ.get("HENK_LOCAL_DIR") or bundle.ROOT / ".local") / "stack.env"
    return stack_env if not dot_env.exists() and stack_env.exists() else dot_env


def _named(file: Path) -> str:
    if file.exists():
        return f"the settings of {file} and of the environment"
    return (
        f"the settings of the environment alone: there is no {file}, and no local stack runs"
        " (start one: make run)"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make doctor", description="Examines a set-up and changes nothing."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--env", type=Path, metavar="FILE", help="read settings from this file and not from .env"
    )
    parser.add_argument(
        "--webhook-jwt-stdin",
        action="store_true",
        help="read the webhook endpoints' token from standard input",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
