"""What an operator sees: live on a terminal, plain lines in a log, and never a secret."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_TICK_SECONDS = 0.5


class Report:
    """Writes to ``stream``; on a terminal with a running clock for what is under way. A stream that
    is gone, as after a lost connection, stops nothing: what is under way has to be finished or
    undone."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._secrets: set[str] = set()
        self._lock = threading.Lock()
        self._running: dict[str, float] = {}

    def conceal(self, secret: str) -> None:
        """Keeps this value out of every later line."""
        if len(secret) >= 8:
            self._secrets.add(secret)

    def hide(self, text: str) -> str:
        """The text without what was concealed."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text

    def say(self, text: str = "") -> None:
        """One or more lines."""
        with self._lock:
            self._clear()
            self._write(self.hide(text) + "\n")
            self._show_running()

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Something that takes a while: announced, and at its end marked with how long it took.
        Of several at once the first word is shown."""
        started = time.monotonic()
        if self._terminal:
            with self._lock:
                self._running[text] = started
            done = threading.Event()
            threading.Thread(target=self._tick, args=(done,), daemon=True).start()
        else:
            self.say(f"  {text} …")
        mark = "✗"
        try:
            yield
            mark = "✓"
        finally:
            if self._terminal:
                done.set()
                with self._lock:
                    self._clear()
                    del self._running[text]
            self.say(f"{mark} {text} ({time.monotonic() - started:.0f} s)")

    def _tick(self, done: threading.Event) -> None:
        while not done.wait(_TICK_SECONDS):
            with self._lock:
                self._clear()
                self._show_running()

    def _clear(self) -> None:
        if self._terminal and self._running:
            self._write("\r\033[K")

    def _show_running(self) -> None:
        if self._terminal and self._running:
            now = time.monotonic()
            several = len(self._running) > 1
            running = ", ".join(
                f"{text.split()[0] if several else text} {now - began:.0f} s"
                for text, began in self._running.items()
            )
            # A line that wraps could not be cleared.
            self._write(f"  {running}"[: shutil.get_terminal_size().columns - 1])

    def _write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
