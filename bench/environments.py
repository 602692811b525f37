"""Virtual environments, one for each set of requirements."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def python_with(requirements: Path, directory: Path) -> Path:
    """The Python of a virtual environment that has ``requirements``, a lock file, and nothing else:
    other packages that are installed would change what libraries import.

    It is made below ``directory`` unless it is there.
    """
    lock = requirements.read_bytes()
    python = directory / requirements.parent.name / "bin" / "python"
    marker = python.with_name(".lock")
    if marker.exists() and marker.read_bytes() == lock:
        return python
    uv = [str(Path(sys.executable).with_name("uv")), "--system-certs"]
    variables = {**os.environ, "VIRTUAL_ENV": str(python.parent.parent)}
    subprocess.run(
        [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, python.parent.parent],
        check=True,
    )
    subprocess.run(
        [
            *uv,
            *("pip", "install", "--quiet", "--require-hashes", "--no-deps", "--compile-bytecode"),
            *("-r", requirements),
        ],
        check=True,
        env=variables,
    )
    marker.write_bytes(lock)
    return python
