"""`python -m functions.doctor`, behind `make doctor` and doctor.sh."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from functions.doctor import rendering
from functions.doctor.check import Check
from functions.doctor.examination import run
from functions.doctor.google_cloud import Address, Stored
from functions.doctor.inputs import GOOGLE, Inputs, read
from functions.setup import env_file
from functions.setup.settings import Given, default_file


def main(argv: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Returns the exit status: 0 if nothing failed, 1 if something did, 2 for wrong arguments."""
    arguments = _parser().parse_args(argv)
    file: Path = arguments.env or default_file(environ)
    try:
        given = Given.load(file, environ, must_exist=arguments.env is not None)
    except env_file.EnvFileError as error:
        fix = "Correct this, and run the doctor again. The rest is not examined without settings"
        checks = [Check("settings", str(file), "fail", str(error), fix)]
    else:
        token = sys.stdin.read().strip() if arguments.webhook_jwt_stdin else ""
        checks = run(_inputs(given, token))

    if arguments.json:
        print(rendering.as_json(checks))
    else:
        print(f"Examining {_named(file, arguments.env)}.\n")
        print(rendering.as_text(checks, colour=rendering.is_colourful(sys.stdout, environ)))
    return int(any(check.status == "fail" for check in checks))


def _inputs(given: Given, webhook_jwt: str) -> Inputs:
    operator, problems = read(given.values, given.path.absolute().parent)
    nothing = given.nothing(problems)
    inputs = Inputs(
        operator,
        problems,
        webhook_jwt or None,
        lambda: operator.public_base_url,
        notes=given.notes,
        nothing=nothing,
    )
    if inputs.malformed(GOOGLE) or not inputs.deploys:
        return inputs
    return replace(inputs, base_url=Address(operator), stored=Stored(operator))


def _named(file: Path, asked_for: Path | None) -> str:
    if asked_for or file.exists():
        return f"the settings of {file} and of the environment"
    return (
        f"the settings of the environment alone: there is no {file}, and no local stack runs"
        " (start one: make run)"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./doctor.sh", description="Examines a set-up and changes nothing."
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
