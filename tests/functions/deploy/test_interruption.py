"""After Ctrl-C no other thread starts a command, and the main one undoes what was begun."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.deploy.report import Report
from functions.deploy.steps import DeployError, Steps
from functions.setup.shell import Command, CommandFailed

COMMAND = Command(("gcloud", "run"))


def test_other_threads_neither_change_nor_read_after_ctrl_c() -> None:
    begun: list[str] = []

    def interrupted(command: Command) -> str:
        begun.append(command.shown)
        steps.interrupted.set()
        raise CommandFailed(command, -1, "")

    def change() -> None:
        # As a deployment that failed reads what it left.
        steps.change(COMMAND, after_failure=lambda: print(steps.read(COMMAND)))

    steps = Steps(Report(io.StringIO()), interrupted)
    with ThreadPoolExecutor() as pool:
        for each in change, change:
            with pytest.raises(DeployError, match="Interrupted"):
                pool.submit(each).result()
    assert begun == [COMMAND.shown]


def test_the_main_thread_can_undo_after_ctrl_c() -> None:
    steps = Steps(Report(io.StringIO()), lambda command: "undone")
    steps.interrupted.set()
    assert steps.change(COMMAND) == "undone"
