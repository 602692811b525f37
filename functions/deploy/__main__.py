"""`python -m functions.deploy`, behind deploy.sh."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

from functions import bundle
from functions.deploy import outline
from functions.deploy.deployment import Deployment
from functions.deploy.release import deploy
from functions.deploy.report import Report
from functions.deploy.rollback import rollback
from functions.deploy.status import show_status
from functions.deploy.steps import DeployError, Steps
from functions.setup import twilio_api
from functions.setup.env_file import EnvFileError
from functions.setup.settings import Given, Operator
from functions.setup.shell import Children, run
from shared.settings import ConfigurationError

STOPPED = 1
INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Returns the exit status: 0, 1 if the deployment stopped, 130 if it was interrupted. Wrong
    arguments end the process with 2."""
    arguments = _parser().parse_args(argv)
    children = Children()
    steps = Steps(
        Report(),
        partial(run, children=children),
        arguments.dry_run,
        (lambda: True) if arguments.yes or not sys.stdin.isatty() else _confirmed,
    )

    def interrupt(received: int, _frame: object) -> None:
        # Other threads are waited for, so what they run has to end.
        steps.interrupted.set()
        children.end(received)
        raise KeyboardInterrupt

    # SIGTERM, and SIGHUP for a terminal that was closed, clean up as Ctrl-C does.
    for ends in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ends, interrupt)
    try:
        return _run(arguments, steps)
    except KeyboardInterrupt:
        _stopped(steps, "Interrupted.", "Run ./deploy.sh again: it continues where it stopped.")
        return INTERRUPTED


def _run(arguments: argparse.Namespace, steps: Steps) -> int:
    started = time.monotonic()
    try:
        given = Given.load(
            arguments.env or bundle.ROOT / ".env",
            os.environ,
            must_exist=arguments.env is not None,
        )
    except EnvFileError as error:
        return _stopped(steps, f"{error}.", "Nothing was changed. Then run ./deploy.sh again.")
    for note in given.notes:
        steps.report.say(f"Note: {note}.")
    try:
        deployment = _deployment(arguments, steps, Operator.of(given))
        if arguments.status:
            show_status(deployment)
        elif arguments.rollback:
            rollback(deployment)
        else:
            deploy(deployment)
    except (DeployError, ConfigurationError) as error:
        problem, fix = _explained(error)
        stopped = _stopped(steps, problem, fix)
        if arguments.dry_run:
            operator, problems = outline.with_stand_ins(given)
            steps.report.say(outline.show(_deployment(arguments, steps, operator), problems))
        return stopped
    _say_left(steps)
    steps.report.say(f"Done in {time.monotonic() - started:.0f} s.")
    return 0


def _explained(error: DeployError | ConfigurationError) -> tuple[str, str]:
    """What is wrong, and what to do."""
    if isinstance(error, DeployError):
        return str(error), error.fix
    problems = "".join(f"\n  - {problem}" for problem in error.problems)
    return f"Settings:{problems}", "docs/setup.md says where to find each."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./deploy.sh",
        description="Deploys the functions, the page, the migrations, secrets and the TwiML App.",
    )
    names = [service.folder for service in bundle.services()]
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="print every command, change nothing")
    what.add_argument("--status", action="store_true", help="print which versions serve")
    what.add_argument(
        "--rollback", action="store_true", help="go back to what served before the latest release"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"only this endpoint, one of {', '.join(names)}; can be repeated",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask before the first change")
    parser.add_argument(
        "--env",
        type=Path,
        metavar="FILE",
        help="read settings from this file and not from .env",
    )
    return parser


def _deployment(arguments: argparse.Namespace, steps: Steps, operator: Operator) -> Deployment:
    every = bundle.services()
    return Deployment(
        operator=operator,
        endpoints=[
            endpoint
            for endpoint in every
            if not arguments.only or endpoint.folder in arguments.only
        ],
        bundle=every,
        twilio=twilio_api.account_client(operator.twilio),
        steps=steps,
    )


def _confirmed() -> bool:
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _stopped(steps: Steps, problem: str, fix: str) -> int:
    steps.report.say(f"\nStopped. {problem}\n\n{fix}")
    _say_left(steps)
    return STOPPED


def _say_left(steps: Steps) -> None:
    if steps.left:
        steps.report.say("\nLeft for you to do:")
        for each in steps.left:
            steps.report.say(f"  - {each}")


if __name__ == "__main__":
    sys.exit(main())
