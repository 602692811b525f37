"""Runs the programs that an operator needs: `gcloud` and the Supabase CLI."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from functions.setup.proxies import sparing_this_machine


class CommandFailed(Exception):
    """A command ended with an error. ``said`` is what it wrote about the error."""

    def __init__(self, command: Command, code: int, said: str) -> None:
        super().__init__(f"`{command.shown}` ended with {code}:\n{said}")
        self.command = command
        self.said = said


class ToolMissing(Exception):
    """This program is not installed."""


class CommandTimedOut(Exception):
    """A command did not end within its ``timeout_seconds``."""


@dataclass(frozen=True)
class Command:
    """One command. Secrets go in by standard input or by the environment, because every user of
    the machine can read the arguments of a process."""

    argv: tuple[str, ...]
    # What is written to its standard input, and the name of that value where the command is shown.
    stdin: str | None = field(default=None, repr=False)
    stdin_name: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Whether what it writes to standard error is part of its output.
    with_stderr: bool = False
    # What it gives to somebody, in words: APIs, accounts, rights. Google takes minutes until it
    # knows them everywhere.
    gives: tuple[str, ...] = ()
    # Where it runs. None: where we do.
    directory: Path | None = None
    # None: without a limit.
    timeout_seconds: float | None = None

    @property
    def shown(self) -> str:
        """The command as a person would type it."""
        text = shlex.join(self.argv)
        return f"{text} <<< ${self.stdin_name}" if self.stdin is not None else text


Run = Callable[[Command], str]


def run(command: Command) -> str:
    """Runs the command and returns its output.

    Raises CommandFailed, CommandTimedOut or ToolMissing.
    """
    try:
        done = subprocess.run(
            command.argv,
            input=command.stdin if command.stdin is not None else "",
            env={**sparing_this_machine(os.environ), **command.environment},
            cwd=command.directory,
            capture_output=True,
            text=True,
            check=False,
            timeout=command.timeout_seconds,
        )
    except FileNotFoundError:
        raise ToolMissing(command.argv[0]) from None
    except subprocess.TimeoutExpired:
        raise CommandTimedOut(command.shown) from None
    if done.returncode:
        raise CommandFailed(command, done.returncode, (done.stderr or done.stdout).strip())
    return done.stdout + done.stderr if command.with_stderr else done.stdout
