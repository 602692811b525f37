"""Packs an endpoint into a folder that needs nothing else: its `main.py`, the modules of `shared/`
that it imports, and its pinned requirements with hashes. Every host can run it: docs/hosting.md.

    python -m functions.packer [--out build] [NAME …]

The same code gives the same bytes. So their hash can name the version, and an endpoint keeps its
version if a module that it does not import changes.
"""

from __future__ import annotations

import argparse
import ast
import functools
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions import bundle
from functions.bundle import ROOT, Endpoint

# Every file gets this time, because archives and caches keep times: 2 January 1980, noon UTC.
# gcloud zips in local time, and a zip file can have no time before 1980. This is after the
# beginning of 1980 in every time zone.
_TIME = 315662400
_MAIN = "main.py"
_REQUIREMENTS = "requirements.txt"
_SHARED = "shared"
_PACKED = rf"{_MAIN}|{_REQUIREMENTS}|{_SHARED}(/\w+\.py)?|({_SHARED}/)?__pycache__(/[\w.-]+\.pyc)?"


class PackError(Exception):
    """An endpoint cannot be packed. The message says why."""


@dataclass(frozen=True)
class Pack:
    """The files of an endpoint: path, with slashes, → contents."""

    endpoint: Endpoint
    files: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """Twelve hex digits that change with every byte and every name."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            for part in (name.encode(), content):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()[:12]

    def write(self, directory: Path) -> None:
        """Replaces the contents of ``directory`` by these files. If it is interrupted, the
        directory is as it was before.

        Raises PackError if the directory holds anything that is not part of an earlier pack.
        """
        if directory.exists():
            _require_pack(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".pack-", dir=directory.parent) as scratch:
            new, old = Path(scratch, "new"), Path(scratch, "old")
            new.mkdir()
            for name, content in sorted(self.files.items()):
                file = new / name
                file.parent.mkdir(exist_ok=True)
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


def pack(endpoint: Endpoint, root: Path = ROOT) -> Pack:
    """The endpoint as the checkout at ``root`` has it. Raises PackError."""
    folder = root / endpoint.folder
    main = _read(folder / _MAIN)
    files = {_MAIN: main, **_modules(main, f"{endpoint.folder}/{_MAIN}", root)}
    files[_REQUIREMENTS] = _read(folder / _REQUIREMENTS)
    return Pack(endpoint, files)


def _read(file: Path) -> bytes:
    try:
        # Git stores \n. A checkout may have other line ends.
        return file.read_bytes().replace(b"\r\n", b"\n")
    except OSError as error:
        raise PackError(f"{file}: {error.strerror}") from None


def _modules(main: bytes, main_name: str, root: Path) -> dict[str, bytes]:
    """The files of shared/ that ``main`` imports, and those that they import."""
    found: dict[str, bytes] = {}
    left = [(main, main_name)]
    while left:
        source, shown = left.pop()
        for module in _imported(source, shown):
            name = f"{_SHARED}/{module}.py"
            if name in found:
                continue
            if not (root / name).is_file():
                raise PackError(f"{shown} imports {_SHARED}.{module}, and {name} does not exist")
            found[name] = _read(root / name)
            left.append((found[name], name))
    return found


@functools.lru_cache(256)
def _imported(source: bytes, name: str) -> frozenset[str]:
    """The modules of shared/ that a file imports. Raises PackError for an import that this cannot
    follow."""
    try:
        tree = ast.parse(source, name)
    except SyntaxError as error:
        raise PackError(f"{name}:{error.lineno}: {error.msg}") from None
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                raise PackError(f"{name}:{node.lineno}: import by full name, not relatively")
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.Name) and node.id == "__import__":
            modules = ["importlib"]
        else:
            continue
        for module in modules:
            package, *rest = module.split(".")
            if package == "importlib":
                raise PackError(f"{name}:{node.lineno}: the packer cannot tell what this imports")
            if package == _SHARED:
                found.update(("__init__", *rest[:1]))
    return frozenset(found)


def _require_pack(directory: Path) -> None:
    """Raises PackError if the directory holds anything that is not part of a pack, or bytecode from
    running it."""
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if not re.fullmatch(_PACKED, name):
            raise PackError(f"{directory} holds {name}, which is not part of a packed endpoint")


def main(argv: list[str] | None = None) -> int:
    """Packs endpoints and prints name, version and folder of each. Returns the exit status."""
    every = {endpoint.folder: endpoint for endpoint in bundle.endpoints()}
    parser = argparse.ArgumentParser(prog="python -m functions.packer", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"some of {', '.join(every)} (default: all)"
    )
    parser.add_argument("--out", type=Path, default=Path("build"), metavar="DIRECTORY")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in every]
    if unknown:
        parser.error(f"there is no endpoint {unknown[0]}: choose from {', '.join(every)}")
    for name in arguments.names or every:
        directory = arguments.out / name
        try:
            packed = pack(every[name])
            packed.write(directory)
        except (PackError, OSError) as error:
            print(error, file=sys.stderr)
            return 1
        print(name, packed.version, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
