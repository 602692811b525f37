"""One time limit for a request that asks several servers one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ENDS_AT: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def of(seconds: float) -> Iterator[None]:
    """Within this, nothing that asks ``left`` waits for longer than until ``seconds`` from now."""
    outside = _ENDS_AT.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ENDS_AT.reset(outside)


def left(usual: float, spare: float = 0.0) -> float:
    """How many seconds something may take: ``usual``, or what is left beside ``spare``. At least
    0."""
    ends_at = _ENDS_AT.get()
    if ends_at is None:
        return usual
    return max(0.0, min(usual, ends_at - time.monotonic() - spare))
