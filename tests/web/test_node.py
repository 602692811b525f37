"""The unit tests of the JavaScript in web/, which stand beside the source as `*.test.js`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from stack.settings import CHECKOUT

_WEB = CHECKOUT / "web"
_OPTIONS = ("--test-reporter=spec", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON")
_RUNNER = Path(__file__).with_name("node_tests.mjs")


def test_the_unit_tests_of_the_javascript_pass() -> None:
    done = subprocess.run(
        ["node", *_OPTIONS, _RUNNER],
        cwd=_WEB,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("fail", "cancelled"):
        assert set(_counts(name, done.stdout)) == {0}, done.stdout
    assert all(_counts("pass", done.stdout)), "a thread ran no test"
    with_tests = [path for path in _WEB.rglob("*.test.js") if "test(" in path.read_text()]
    ran = {_WEB / name for name in re.findall(r"^ran (.+)$", done.stdout, re.MULTILINE)}
    assert ran >= set(with_tests) > set(), "not all files ran"


def _counts(name: str, printed: str) -> list[int]:
    """How many tests of each thread passed, or failed."""
    return [int(count) for count in re.findall(rf"^ℹ {name} (\d+)$", printed, re.MULTILINE)]
