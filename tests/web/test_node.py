"""The unit tests of the JavaScript in web/, which stand beside the source as `*.test.js`."""

from __future__ import annotations

import re
import subprocess

from stack.settings import CHECKOUT


def test_the_unit_tests_of_the_javascript_pass() -> None:
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec"],
        cwd=CHECKOUT / "web",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    count = re.search(r"^ℹ pass (\d+)$", done.stdout, re.MULTILINE)
    assert count is not None, done.stdout
    assert int(count[1]) > 0, "node found no tests"
