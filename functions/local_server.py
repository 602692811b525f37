"""Serves every endpoint of the bundle on one port.

    python -m functions.local_server --port 8080

It runs as production does: functions-framework under gunicorn, one process with threads.
"""

from __future__ import annotations

import argparse
import os
import sys

from functions import bundle


def main() -> None:
    parser = argparse.ArgumentParser(description="Serves every endpoint of the bundle.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()

    os.environ.setdefault("THREADS", "32")
    os.environ["PYTHONPATH"] = str(bundle.ROOT)
    # Flask's own server, which DEBUG=1 chooses, would read .env. Only functions/setup does.
    os.environ["FLASK_SKIP_DOTENV"] = "1"
    os.execv(
        sys.executable,
        [
            sys.executable,
            "-m",
            "functions_framework",
            f"--source={bundle.ROOT / 'functions' / 'mounted.py'}",
            "--target=mounted",
            f"--host={arguments.host}",
            f"--port={arguments.port}",
        ],
    )


if __name__ == "__main__":
    main()
