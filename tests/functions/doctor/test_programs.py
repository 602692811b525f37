"""`make doctor` for people, `./doctor.sh` for scripts, and programs that get the settings of a
file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from functions.bundle import ROOT


def run(*argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A file that has no settings, so nobody is asked."""
    file = tmp_path / "wrong.env"
    file.write_text("a secret that slipped\n")
    return file


def test_make_doctor_ends_with_its_report(wrong: Path) -> None:
    done = run("make", "--silent", "doctor", f"ARGS=--env={wrong}")
    assert done.stdout.endswith("\n1 failed of 1.\n")
    # The first time, the packages are installed, which says so.
    assert done.returncode == 0
    assert "make: " not in done.stderr


def test_make_doctor_fails_if_there_is_no_report() -> None:
    done = run("make", "--silent", "doctor", "ARGS=--nonsense")
    assert done.returncode != 0
    assert "unrecognized arguments: --nonsense" in done.stderr


@pytest.mark.parametrize(("argument", "status"), [("--env={}", 1), ("--nonsense", 2)])
def test_scripts_read_the_exit_status(wrong: Path, argument: str, status: int) -> None:
    done = run("./doctor.sh", argument.format(wrong))
    assert done.returncode == status, done.stdout + done.stderr
    assert "slipped" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "program", ["functions.doctor", "functions.deploy", "functions.setup.print_webhook_jwt"]
)
def test_a_file_that_is_named_and_missing_is_told(program: str) -> None:
    done = run(sys.executable, "-m", program, "--env=nowhere/x.env")
    assert done.returncode == 1
    assert f"There is no file {ROOT}/nowhere/x.env. Correct --env" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
