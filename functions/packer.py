"""One endpoint → one self-contained folder: its `main.py`, what that imports of `shared/`, and its
pinned requirements with hashes. That is what every host runs: docs/hosting.md.

    python -m functions.packer [--out build] [NAME …]

The same code gives the same bytes, so that their hash can name the version, and a module that an
endpoint does not import does not deploy it anew.
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

# Every file's time, as archives and caches keep it: 1980, where zip begins.
_TIME = 315532800
_MAIN = "main.py"
_REQUIREMENTS = "requirements.txt"
_SHARED = "shared"
_PACKED = rf"{_MAIN}|{_REQUIREMENTS}|{_SHARED}(/\w+\.py)?|({_SHARED}/)?__pycache__(/[\w.-]+\.pyc)?"


class PackError(Exception):
    """An endpoint cannot be packed; the message says why."""


@dataclass(frozen=True)
class Pack:
    """What an endpoint consists of: path, with slashes, → contents."""

    endpoint: Endpoint
    files: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """Twelve hex digits that change with any byte or name."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            for part in (name.encode(), content):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()[:12]

    def write(self, directory: Path) -> None:
        """Makes ``directory`` consist of these files; interrupted, it is as it was before.

        Raises PackError for a directory that holds something else than an earlier pack.
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
    sources = [folder / _MAIN, *sorted(_modules(folder / _MAIN, root))]
    files = {_name(file, folder, root): _read(file) for file in sources}
    files[_REQUIREMENTS] = _read(folder / _REQUIREMENTS)
    return Pack(endpoint, files)


def _name(file: Path, folder: Path, root: Path) -> str:
    return file.relative_to(folder if file.is_relative_to(folder) else root).as_posix()


def _read(file: Path) -> bytes:
    try:
        # As git stores it, whatever this checkout's line ends are.
        return file.read_bytes().replace(b"\r\n", b"\n")
    except OSError as error:
        raise PackError(f"{file}: {error.strerror}") from None


def _modules(main: Path, root: Path) -> set[Path]:
    """The files under shared/ that ``main`` imports, and those that they import."""
    found: set[Path] = set()
    left = [main]
    while left:
        file = left.pop()
        for name in _imported(_read(file), str(file)):
            module = root / _SHARED / f"{name}.py"
            if not module.is_file():
                raise PackError(f"{file} imports {name} of {_SHARED}/, which is no module there")
            if module not in found:
                found.add(module)
                left.append(module)
    return found


@functools.lru_cache(256)
def _imported(source: bytes, name: str) -> frozenset[str]:
    """The modules of shared/ that a file names in import statements; it may use no other means."""
    try:
        tree = ast.parse(source, name)
    except SyntaxError as error:
        raise PackError(f"{name}:{error.lineno}: {error.msg}") from None
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                raise PackError(f"{name}:{node.lineno}: import by name, not by place")
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
                raise PackError(f"{name}:{node.lineno}: what it imports cannot be told")
            if package == _SHARED:
                found.update(("__init__", *rest[:1]))
    return frozenset(found)


def _require_pack(directory: Path) -> None:
    """An earlier pack has nothing but these; bytecode may have been added by running it."""
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if not re.fullmatch(_PACKED, name):
            raise PackError(f"{directory} holds {name}, which is no part of a packed endpoint")


def main(argv: list[str] | None = None) -> int:
    """Packs endpoints and says where. Returns the exit status."""
    every = {endpoint.folder: endpoint for endpoint in bundle.endpoints()}
    parser = argparse.ArgumentParser(prog="python -m functions.packer", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(every)}; else all")
    parser.add_argument("--out", type=Path, default=Path("build"), metavar="DIRECTORY")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in every]
    if unknown:
        parser.error(f"there is no endpoint {unknown[0]}: choose of {', '.join(every)}")
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
