"""The steps of a run: each is shown, and says what to do where it fails. A dry run shows the
commands instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from functions.deploy.cloud import NotSignedIn
from functions.deploy.report import Report
from functions.deploy.shell import Command, CommandFailed, Run, ToolMissing
from functions.deploy.smoke import SmokeTestFailed
from functions.deploy.twiml_app import TwilioFailed
from functions.packer import PackError


class DeployError(Exception):
    """A deployment stopped. ``fix`` says what to do about it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.fix = fix


@dataclass
class Steps:
    """One run of deploy.sh, as the operator sees it."""

    report: Report
    run: Run
    dry_run: bool = False
    # Asked before anything is changed.
    confirm: Callable[[], bool] = lambda: True
    # What is left for a person to do.
    left: list[str] = field(default_factory=list)

    def change(self, command: Command) -> str | None:
        """Runs a command that changes something; a dry run shows it. Raises as ``run``."""
        self.show(command.shown)
        return None if self.dry_run else self.run(command)

    def show(self, command: str) -> None:
        """What a dry run does in place of a change."""
        if self.dry_run:
            self.report.say(f"    {command}")

    def reading(self, text: str = "Reading what is there") -> AbstractContextManager[None]:
        """A step that changes nothing, and so is done in a dry run as well."""
        return self.step(
            text,
            "Nothing was changed. Once that is mended, run the same command again.",
            reads=True,
        )

    @contextmanager
    def step(self, text: str, fix: str, *, reads: bool = False) -> Iterator[None]:
        """Raises DeployError for what fails in it, with this fix."""
        try:
            if self.dry_run and not reads:
                self.report.say(f"  {text}:")
                yield
            else:
                with self.report.step(text):
                    yield
        except ToolMissing as error:
            raise DeployError(
                f"There is no program {error} here.",
                "Install it: docs/setup.md says from where.",
            ) from None
        except NotSignedIn:
            raise DeployError("gcloud is not signed in.", "Sign in: gcloud auth login") from None
        except (CommandFailed, SmokeTestFailed, TwilioFailed, PackError, OSError) as error:
            raise DeployError(str(error), fix) from None
