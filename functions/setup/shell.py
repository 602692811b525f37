"""Runs the programs that an operator needs: `gcloud` and the Supabase CLI."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

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


# How long a command may take to end after it got a signal.
GRACE_SECONDS = 5.0


class Children:
    """The commands that other threads than the main one run. A signal for this process does not end
    them by itself: each leads its own process group, because `gcloud` is a script that starts a
    program, which would hold its output open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False
        # A handler of signals can interrupt a thread that holds a lock, or another handler. Only
        # this may be used there.
        self._received: SimpleQueue[int] = SimpleQueue()
        threading.Thread(target=self._end, daemon=True).start()

    def start(self, command: Command) -> subprocess.Popen[str]:
        """Starts the command. Raises CommandFailed after ``end``, and what Popen raises."""
        with self._lock:
            if self._ended:
                raise CommandFailed(command, 128 + signal.SIGINT, "interrupted")
            process = _start(command, own_group=True)
            self._running.add(process)
            return process

    def forget(self, process: subprocess.Popen[str]) -> None:
        """The process ended."""
        with self._lock:
            self._running.discard(process)

    def end(self, received: int) -> None:
        """Hands the signal on to all, and kills after a while those that it did not end. From now
        on none starts. Does not wait."""
        self._ended = True
        self._received.put(received)

    def _end(self) -> None:
        self._signal(self._received.get())
        time.sleep(GRACE_SECONDS)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with self._lock:
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)


def run(command: Command, children: Children | None = None) -> str:
    """Runs the command and returns its output. ``children`` can end it, unless this is the main
    thread, which a signal interrupts.

    Raises CommandFailed, CommandTimedOut or ToolMissing.
    """
    if threading.current_thread() is threading.main_thread():
        children = None
    try:
        with children.start(command) if children else _start(command) as process:
            try:
                output, error = process.communicate(command.stdin or "", command.timeout_seconds)
            except BaseException:
                process.kill()
                raise
            finally:
                if children:
                    children.forget(process)
    except FileNotFoundError:
        raise ToolMissing(command.argv[0]) from None
    except subprocess.TimeoutExpired:
        raise CommandTimedOut(command.shown) from None
    if process.returncode:
        raise CommandFailed(command, process.returncode, (error or output).strip())
    return output + error if command.with_stderr else output


def _start(command: Command, *, own_group: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command.argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**sparing_this_machine(os.environ), **command.environment},
        cwd=command.directory,
        text=True,
        process_group=0 if own_group else None,
    )
