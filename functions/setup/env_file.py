"""Files of `NAME=VALUE` lines: `.env`, and what the stack writes into `.local/`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


class EnvFileError(Exception):
    """A line of the file is not a setting. The message gives its number and not its text."""


def read(path: Path) -> dict[str, str]:
    """The variables of `path`. An empty dict if the file does not exist.

    Skips blank lines and lines that start with `#`, ignores `export ` before a name, and removes
    one pair of matching quotes around a value. Expands nothing.

    Raises EnvFileError for any other line, and OSError or UnicodeDecodeError for a file that cannot
    be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, separator, value = stripped.removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not separator or not name.isidentifier():
            raise EnvFileError(f"{path}, line {number}: expected NAME=VALUE")
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        variables[name] = value
    return variables


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Writes `variables` to `path` in one step. Only the owner can read the file."""
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    # mkstemp creates the file with mode 0600, and a reader sees the old file or the new one.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(lines)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
