"""Packs an endpoint into a folder that needs nothing else: its `main.py`, the modules of `shared/`
that it imports, its pinned requirements with hashes, and the page's files, if it serves the page.
Every host can run it: docs/hosting.md.

    python -m functions.packer [--out build] [NAME …]

The same code gives the same bytes. So their hash can name the version, and an endpoint keeps its
version if a module that it does not import changes.
"""

from __future__ import annotations

import argparse
import ast
import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions import bundle
from functions.bundle import ROOT, Endpoint
from functions.pack_files import PackError, digest, read_text_file, replace_folder
from functions.page_packer import pack_page

__all__ = ["Pack", "PackError", "main", "pack"]

_MAIN = "main.py"
_REQUIREMENTS = "requirements.txt"
_SHARED = "shared"
_PAGE = "page"
_PACKED = (
    rf"{_MAIN}|{_REQUIREMENTS}|{_SHARED}(/\w+\.py)?|({_SHARED}/)?__pycache__(/[\w.-]+\.pyc)?"
    rf"|{_PAGE}(/[\w.-]+)*"
)


@dataclass(frozen=True)
class Pack:
    """The files of an endpoint: path, with slashes, → contents."""

    endpoint: Endpoint
    files: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """Twelve hex digits that change with every byte and every name."""
        return digest(self.files)

    def write(self, directory: Path) -> None:
        """Replaces the contents of ``directory`` by these files. If it is interrupted, the
        directory is as it was before.

        Raises PackError if the directory holds anything that is not part of an earlier pack.
        """
        replace_folder(directory, self.files, _PACKED, "a packed endpoint")


def pack(endpoint: Endpoint, root: Path = ROOT) -> Pack:
    """The endpoint as the checkout at ``root`` has it. Raises PackError."""
    folder = root / endpoint.folder
    main = read_text_file(folder / _MAIN)
    files = {_MAIN: main, **_modules(main, f"{endpoint.folder}/{_MAIN}", root)}
    files[_REQUIREMENTS] = read_text_file(folder / _REQUIREMENTS)
    if endpoint.is_page:
        page = pack_page(root)
        files |= {f"{_PAGE}/{name}": content for name, content in page.files.items()}
    return Pack(endpoint, files)


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
            found[name] = read_text_file(root / name)
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


def main(argv: list[str] | None = None) -> int:
    """Packs endpoints and prints name, version and folder of each. Returns the exit status."""
    every = {service.folder: service for service in bundle.services()}
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
