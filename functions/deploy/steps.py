"""The steps of a run. Each is shown, and each says what to do if it fails. A dry run shows the
commands instead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from functions.deploy import google_refusals
from functions.deploy.late_rights import Clock, LateRights
from functions.deploy.report import Report
from functions.doctor.smoke import SmokeTestFailed
from functions.packer import PackError
from functions.setup import gcloud
from functions.setup.gcloud import NotSignedIn, TooOld
from functions.setup.shell import Command, CommandFailed, Run, ToolMissing
from functions.setup.twiml_app import TwilioFailed


class DeployError(Exception):
    """A deployment stopped. ``fix`` says what to do."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.fix = fix


@dataclass
class Steps:
    """One run of deploy.sh, as the operator sees it."""

    report: Report
    run: Run
    dry_run: bool = False
    # Called once, before the first change. False stops the run.
    confirm: Callable[[], bool] = lambda: True
    # What a person has to do afterwards.
    left: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    # Set by Ctrl-C: from then on no other thread than the main one, which undoes what was begun,
    # starts a command.
    interrupted: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.rights = LateRights(self.report, self.clock)

    def change(
        self, command: Command, *, after_failure: Callable[[], None] = lambda: None
    ) -> str | None:
        """Runs a command that changes something, and returns its output. If it fails for lack of a
        right that this run gave, it is tried again for some minutes. ``after_failure`` is called
        after each try that fails. A dry run only shows the command, and returns None. Raises what
        ``run`` raises."""
        self.show(command.shown)
        if self.dry_run:
            return None

        def attempt() -> str:
            try:
                return self._run(command)
            except CommandFailed:
                after_failure()
                raise

        output = self.rights.wait_for(attempt)
        self.rights.note(*command.gives)
        return output

    def read(self, command: Command) -> str:
        """Runs a command that reads from an API that is enabled. Raises what ``run`` raises."""
        return self.rights.read(lambda: self._run(command))

    def _run(self, command: Command) -> str:
        is_main = threading.current_thread() is threading.main_thread()
        if self.interrupted.is_set() and not is_main:
            raise DeployError("Interrupted.", "Run ./deploy.sh again.")
        return self.run(command)

    def show(self, command: str) -> None:
        """Writes the command, if this is a dry run."""
        if self.dry_run:
            self.report.say(f"    {command}")

    def reading(self, text: str = "Reading what is there") -> AbstractContextManager[None]:
        """A step that changes nothing. A dry run does it too."""
        return self.step(
            text,
            "Nothing was changed. Correct this and run the same command again.",
            reads=True,
        )

    @contextmanager
    def step(self, text: str, fix: str, *, reads: bool = False) -> Iterator[None]:
        """Raises DeployError with this fix if something in it fails."""
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
                "Install it: docs/setup.md says where to get it.",
            ) from None
        except NotSignedIn:
            raise DeployError("gcloud is not signed in.", "Sign in: gcloud auth login") from None
        except TooOld as error:
            raise DeployError(
                f"{error}.",
                "Nothing was changed. Update it: gcloud components update, or with the package"
                " manager that installed it.",
            ) from None
        except CommandFailed as error:
            is_gcloud = error.command.argv[0] == "gcloud"
            if is_gcloud and gcloud.reaches_nobody(error.said):
                raise DeployError(
                    f"gcloud does not reach Google:\n{error.said}",
                    "Let this machine reach Google (DNS, proxy, firewall): signing in does not"
                    f" help. {fix}",
                ) from None
            if is_gcloud and gcloud.is_signed_out(error.said):
                raise DeployError(
                    "gcloud is not signed in, or wants that you sign in again.",
                    f"Sign in: gcloud auth login. {fix}",
                ) from None
            raise DeployError(str(error), google_refusals.advice(error.said) or fix) from None
        except (SmokeTestFailed, TwilioFailed, PackError, OSError) as error:
            raise DeployError(str(error), fix) from None
