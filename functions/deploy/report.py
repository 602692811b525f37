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
    """Writes lines to ``stream``; several threads may use it. If the stream is closed, for example
    by a lost connection, it raises no error: what has begun must be finished or undone."""

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
        """For something that takes a while. Writes a line when it begins. When it ends, writes
        whether it succeeded and how long it took."""
        started = time.monotonic()
        self.say(f"  {text} …")
        mark = "✗"
        try:
            yield
            mark = "✓"
        finally:
            self.say(f"{mark} {text} ({time.monotonic() - started:.0f} s)")
