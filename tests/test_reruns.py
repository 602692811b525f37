"""Which tests run again, with what, and what the end of the run says about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stack.settings import CHECKOUT

CONFTEST = """
import pytest
from tests import reruns

def pytest_configure(config):
    config.pluginmanager.register(reruns.Reruns())

def pytest_collection_modifyitems(items):
    reruns.allow(items)

@pytest.fixture(scope="session")
def cluster():
    return "cluster"

@pytest.fixture(scope="package")
def playwright(cluster):
    return "playwright"

@pytest.fixture(scope="package")
def browser(playwright):
    browser = {"is_broken": False}
    yield browser
    assert not browser["is_broken"], "a broken browser cannot be closed"
"""
TESTS = """
attempts = []

def test_breaks_its_browser_once(browser):
    attempts.append("once")
    print("what was printed")
    assert browser == {"is_broken": False}
    browser["is_broken"] = attempts == ["once"]
    assert not browser["is_broken"], "it was late"

def test_never_passes(browser):
    attempts.append("never")
    browser["is_broken"] = True
    raise RuntimeError(f"number {attempts.count('never')}")

def test_after_them(browser):
    assert browser == {"is_broken": False}
    assert attempts == ["once", "once", "never", "never", "never"]

def test_without_a_browser():
    attempts.append("without")
    assert attempts.count("without") > 1, "it would pass now"
"""


@pytest.mark.parametrize("more", [[], ["-n", "1"]], ids=["one process", "a worker"])
def test_tests_in_a_browser_run_again_with_a_new_one_and_it_is_told(
    tmp_path: Path, more: list[str]
) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    for name, text in (("__init__", ""), ("conftest", CONFTEST), ("test_inner", TESTS)):
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "--rootdir", str(tmp_path), "-c", "/dev/null"]
    run = subprocess.run(
        # schemathesis, which is not used here, takes as long to load as all tests together.
        [*command, "-W", "error", "-p", "no:cacheprovider", "-p", "no:schemathesis", *more, folder],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    told, _, passed = run.stdout.partition("tests that failed first and passed then")
    passed, _, failed = passed.partition("earlier failures of tests that failed")
    assert "RuntimeError: number 3" in told
    assert "it would pass now" in told
    assert "test_breaks_its_browser_once, call" in passed
    assert "AssertionError: it was late" in passed
    assert "what was printed" in passed
    assert "RuntimeError: number 1" in failed
    assert "RuntimeError: number 2" in failed
    assert "2 failed, 2 passed" in failed
