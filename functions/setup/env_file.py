"""Files of `NAME=VALUE` lines: `.env`, and what the stack writes into `.local/`.

python-dotenv parses them, so they mean here what they mean to other tools: `# comments`, also
behind a value and a blank; `export` before a name; 'single' and "double" quotes. Nothing is
expanded: a `$` is a `$`.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from functions.setup import text_file
from shared import pasted

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# How many wrong lines are named.
_SHOWN = 5


class EnvFileError(Exception):
    """The file is missing, or has lines that are not settings. The message names the file, the
    lines and what to do, and shows nothing of the text."""


@dataclass(frozen=True)
class EnvFile:
    """What a file says."""

    variables: dict[str, str]
    # What is not wrong and may surprise: names that the file has twice. Sentences.
    notes: list[str]


def read(path: Path, *, must_exist: bool = False) -> dict[str, str]:
    """The variables of ``path``, as ``load`` reads them."""
    return load(path, must_exist=must_exist).variables


def load(path: Path, *, must_exist: bool = False) -> EnvFile:
    """The file's content. It is empty if the file does not exist, unless it ``must_exist``.

    Raises EnvFileError.
    """
    try:
        text = text_file.read(path)
    except FileNotFoundError:
        if must_exist:
            raise EnvFileError(
                f"There is no file {path.absolute()}. Correct --env. (A FILE that does not begin"
                f" with / is looked for in {Path.cwd()})"
            ) from None
        return EnvFile({}, [])
    except text_file.TextFileError as error:
        raise EnvFileError(str(error)) from None

    variables: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems: list[str] = []
    notes: list[str] = []
    for binding in parse_stream(io.StringIO(text, newline="")):
        if binding.key is None and not binding.error:
            continue
        line = _line(binding)
        problem = _problem(binding)
        if problem:
            problems.append(f"{path}, line {line}: {problem}")
            continue
        name, value = str(binding.key), str(binding.value)
        if name in lines:
            notes.append(
                f"{path} has {name} in line {lines[name]} and in line {line}: line {line} counts."
                " Remove the other one"
            )
        variables[name], lines[name] = value, line
    if problems:
        more = len(problems) - _SHOWN
        raise EnvFileError(
            "\n".join(problems[:_SHOWN]) + (f"\nand {more} more lines" if more > 0 else "")
        )
    return EnvFile(variables, notes)


def _line(binding: Binding) -> int:
    """Where the setting begins. The parser also counts the blank lines before it."""
    text = binding.original.string
    blank = text[: len(text) - len(text.lstrip())]
    return binding.original.line + len(re.findall(r"\r\n|\n|\r", blank))


def _problem(binding: Binding) -> str:
    """What is wrong with a line, and what to do. Empty if nothing is wrong."""
    text = re.sub(r"^export\s+", "", binding.original.string.strip())
    name, separator, value = text.partition("=")
    name, value = binding.key or name.strip(), value.strip()
    if not separator or re.search(r"[\r\n]", name):
        if re.match(r"[A-Za-z_]\w*\s*:", text):
            return "expected NAME=VALUE, but there is a colon in the place of the ="
        return "expected NAME=VALUE, but there is no =. Comments begin with #"
    if not _NAME.fullmatch(name):
        return f"expected NAME=VALUE, but {_wrong_name(name)}"
    if binding.error:
        quote, rest = value[0], value[1:].splitlines()[:1]
        if not rest or not re.search(rf"(?<!\\){quote}", rest[0]):
            return f"the value of {name} begins with {quote}, and no {quote} ends it"
        return (
            f"the value of {name} goes on behind the {quote} that ends it. Write a {quote} that"
            f" belongs to the value as \\{quote}"
        )
    if re.search(r"[\r\n]", binding.value or ""):
        return (
            f"the value of {name} has a line break. Either no quote ends it in its line, or \\n"
            " stands between double quotes: single quotes leave it as it is"
        )
    return ""


def _wrong_name(name: str) -> str:
    if not name:
        return "there is no name before the ="
    odd = next(
        character
        for index, character in enumerate(name)
        if not _NAME.fullmatch(f"{'_' if index else ''}{character}")
    )
    if odd == " ":
        what = "a blank"
    elif odd.isprintable() and odd.isascii():
        what = f"the character {odd}"
    else:
        what = pasted.name(odd)
    return f"the name has {what}. Names have letters, digits and _, and no digit at the beginning"


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Writes `variables` to `path` in one step. Only the owner can read the file."""
    lines = [f"{name}={_quoted(value)}\n" for name, value in variables.items()]
    # mkstemp creates the file with mode 0600, and a reader sees the old file or the new one.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(lines)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _quoted(value: str) -> str:
    """The value as ``load`` reads it back. Quotes are added only where they are needed."""
    if value == value.strip() and not re.search(r"\s#|^['\"#]", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
