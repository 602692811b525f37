"""Runs a program with the settings of a file, read by the rules of `.env`:

    python -m functions.setup.with_env .env .venv/bin/python -m functions.local_server

Variables of the environment win over the file, as everywhere here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from functions.setup import env_file


def main(arguments: list[str]) -> int:
    """Does not return if the program starts. Otherwise returns 1, or 2 for wrong arguments."""
    if len(arguments) < 2:
        print(
            "usage: python -m functions.setup.with_env FILE PROGRAM [ARGUMENT …]", file=sys.stderr
        )
        return 2
    file, program, *rest = arguments
    try:
        variables = env_file.read(Path(file), must_exist=True)
        os.execvpe(program, [program, *rest], {**variables, **os.environ})
    except env_file.EnvFileError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{program} does not start: {error.strerror}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
