"""Programs are run with their secrets out of sight, and their failures say what happened."""

from __future__ import annotations

import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from functions.setup import shell
from functions.setup.shell import (
    Children,
    Command,
    CommandFailed,
    CommandTimedOut,
    ToolMissing,
    run,
)


def python(code: str, **options: object) -> Command:
    return Command((sys.executable, "-c", code), **options)  # type: ignore[arg-type]


def test_the_output_of_a_command_is_returned() -> None:
    code = (
        "import os, sys; print(sys.stdin.read() + os.environ['OURS']); print('x', file=sys.stderr)"
    )
    asked = python(code, stdin="in ", environment={"OURS": "out"})
    assert run(asked) == "in out\n"
    assert run(python("import sys; print('x', file=sys.stderr)", with_stderr=True)) == "x\n"


def test_a_command_that_fails_says_what_it_wrote() -> None:
    with pytest.raises(CommandFailed, match="ended with 3:\nno such thing") as failed:
        run(python("import sys; print('no such thing', file=sys.stderr); sys.exit(3)"))
    assert failed.value.said == "no such thing"


def test_a_command_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(CommandTimedOut):
        run(python("import time; time.sleep(60)", timeout_seconds=0.05))


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ToolMissing, match="no-such-program"):
        run(Command(("no-such-program",)))


def test_a_secret_on_standard_input_is_shown_by_its_name() -> None:
    command = Command(
        ("tool", "add"), stdin="hush-hush", stdin_name="TOKEN", environment={"P": "pw"}
    )
    assert command.shown == "tool add <<< $TOKEN"
    assert "hush-hush" not in repr(command)
    assert "pw" not in repr(command)


def test_what_other_threads_run_gets_the_signal_and_is_killed_if_it_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shell, "GRACE_SECONDS", 0.2)
    ignores = "trap '' HUP; (touch began; sleep 60); true"
    children = Children()
    with ThreadPoolExecutor() as pool:
        stays = pool.submit(run, Command(("sh", "-c", ignores), directory=tmp_path), children)
        ends = pool.submit(run, Command(("sleep", "60")), children)
        while not (tmp_path / "began").exists() or len(children._running) < 2:
            time.sleep(0.01)
        children.end(signal.SIGHUP)
        for each, ended_by in (stays, signal.SIGKILL), (ends, signal.SIGHUP):
            with pytest.raises(CommandFailed, match=f"ended with -{ended_by.value}:"):
                each.result(30)
        with pytest.raises(CommandFailed, match="interrupted"):
            pool.submit(run, python(""), children).result(30)
    # The main thread goes on, to undo what it began.
    assert run(python("print('undone')"), children) == "undone\n"
