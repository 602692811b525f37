"""What an endpoint imports when it starts: nothing that makes its cold start slow without need."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from functions import bundle
from tests.endpoints import ENVIRONMENT

# Twilio's REST client brings `requests` and a hundred modules; httpx is for our own tools.
SLOW = ("twilio.rest", "requests", "httpx", "aiohttp")
# Each request of control_fn asks Twilio. While recording_fn asks Twilio, a lead waits to be
# connected.
NEEDED = {
    "control_fn": {"twilio.rest", "requests"},
    "recording_fn": {"twilio.rest", "requests"},
}


@pytest.mark.parametrize("folder", [endpoint.folder for endpoint in bundle.endpoints()])
def test_an_endpoint_starts_without_slow_packages(folder: str) -> None:
    code = f"import {folder}.main, sys; print(*[name for name in {SLOW} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=bundle.ROOT,
        env={**ENVIRONMENT, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(found.stdout.split()) == NEEDED.get(folder, set())
