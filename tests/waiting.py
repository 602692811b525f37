"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Returns soon after ``condition`` is true; fails the test if it is not within ``seconds``.

    It looks less and less often: most conditions are a request, whose answer takes time from what
    is waited for.
    """
    deadline, pause = time.monotonic() + seconds, 0.02
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds:.0f} s"
        time.sleep(pause)
        pause = min(1.4 * pause, 0.25)
