"""Rules about the repository itself: what may import what, and how long a file may be."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator

import pytest

from stack.settings import CHECKOUT

MOST_LINES = 400
# Lock files, and a table that `make bench` writes.
LONG = {"package-lock.json", "requirements.txt", "benchmarks.md"}


def files(*patterns: str) -> list[str]:
    """Paths of the files that are committed or about to be; if asked for, of those that match."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for path in set(listed.stdout.splitlines()) if (CHECKOUT / path).exists())


def imports(source: str) -> Iterator[str]:
    """The name of every module that the source may import: of `from a import b`, `a` and `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module.rstrip('.')}.{alias.name}" for alias in node.names)


def of_tests(names: Iterator[str]) -> set[str]:
    """Test modules of ours. `from tests.x import test_y` names a module, or a test of one."""
    return {
        name
        for name in names
        if name.startswith(("tests.", ".")) and ".test_" in f".{name.lstrip('.')}"
    }


def test_no_file_imports_a_test_module() -> None:
    """What two of them need has a module without tests, so that each can change alone."""
    found = {path: of_tests(imports((CHECKOUT / path).read_text())) for path in files("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.shared.test_errors import TABLE",
        "from tests.shared import test_errors",
        "import tests.shared.test_errors as errors",
        "from .test_errors import TABLE",
        "from . import test_errors",
        "def late():\n    from tests.shared.test_errors import TABLE",
    ],
)
def test_an_import_of_a_test_module_is_found(source: str) -> None:
    assert of_tests(imports(source))


def test_no_file_outside_tests_is_too_long_to_read() -> None:
    lengths = {
        path: len((CHECKOUT / path).read_bytes().splitlines())
        for path in files()
        if not path.startswith("tests/")
        and not path.endswith(".png")
        and path.rsplit("/", 1)[-1] not in LONG
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}
