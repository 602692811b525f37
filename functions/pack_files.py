"""Folders of packed files: the same code gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

# Every file gets this time, because archives and caches keep times: 2 January 1980, noon UTC.
# gcloud zips in local time, and a zip file can have no time before 1980. This is after the
# beginning of 1980 in every time zone.
_TIME = 315662400


class PackError(Exception):
    """Something cannot be packed. The message says why."""


def digest(files: Mapping[str, bytes]) -> str:
    """Twelve hex digits that change with every byte and every name."""
    found = hashlib.sha256()
    for name, content in sorted(files.items()):
        for part in (name.encode(), content):
            found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()[:12]


def read_text_file(file: Path) -> bytes:
    """The bytes of a file of the checkout. Raises PackError."""
    try:
        # Git stores \n. A checkout may have other line ends.
        return file.read_bytes().replace(b"\r\n", b"\n")
    except OSError as error:
        raise PackError(f"{file}: {error.strerror}") from None


def replace_folder(directory: Path, files: Mapping[str, bytes], known: str, what: str) -> None:
    """Replaces the contents of ``directory`` by these files: path, with slashes, → contents. If it
    is interrupted, the directory is as it was before.

    Raises PackError if the directory holds a path that the pattern ``known`` does not match: it is
    then not an earlier ``what``, and perhaps somebody's work.
    """
    if directory.exists():
        _require(directory, known, what)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pack-", dir=directory.parent) as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        new.mkdir()
        for name, content in sorted(files.items()):
            file = new / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for path in (*sorted(new.rglob("*"), reverse=True), new):
            path.chmod(0o755 if path.is_dir() else 0o644)
            os.utime(path, (_TIME, _TIME))
        if directory.exists():
            directory.rename(old)
        try:
            new.rename(directory)
        except BaseException:
            if old.exists():
                old.rename(directory)
            raise


def _require(directory: Path, known: str, what: str) -> None:
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if not re.fullmatch(known, name):
            raise PackError(f"{directory} holds {name}, which is not part of {what}")
