"""What an operator sees: plain lines, and never a secret."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from functions.setup.redaction import Redaction


class Report:
    """Writes lines to ``stream``, from several threads if need be. It goes on without an error when
    the stream is closed, as after a lost connection: what has begun must be finished or undone."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.redaction = Redaction()

    def say(self, text: str = "") -> None:
        """Writes one or more lines."""
        with self._lock, suppress(OSError):
            self._stream.write(self.redaction.hide(text) + "\n")
            self._stream.flush()

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Something that takes a while: says so when it begins, and when it ends says whether it
        succeeded and how long it took."""
        started = time.monotonic()
        self.say(f"  {text} …")
        mark = "✗"
        try:
            yield
            mark = "✓"
        finally:
            self.say(f"{mark} {text} ({time.monotonic() - started:.0f} s)")
