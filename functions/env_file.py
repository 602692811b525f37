"""Files of `KEY=VALUE` lines: `.env` (read), `.local/stack.env` and `.local/keys.env` (written)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


class EnvFileError(Exception):
    """A line of the file is no setting; the message names it, and never shows it."""


def read(path: Path) -> dict[str, str]:
    """The variables of `path`; none where there is no such file.

    Blank lines and lines starting with `#` are skipped, `export ` in front of a name is ignored,
    one pair of matching quotes around a value is removed. Nothing is expanded.

    Raises EnvFileError for a line that is none of these.
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
    """Writes `variables` to `path` in one step, readable by its owner alone."""
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
