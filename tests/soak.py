"""Heavy tests have two forms: a short one in every run, and the full one with ``HENK_SOAK=1``.
Both say what they found in figures, which stand at the end of pytest's summary."""

from __future__ import annotations

import os

SOAK = os.environ.get("HENK_SOAK") == "1"
"""Whether this run is the full form."""

figures: list[str] = []


def scaled(short: int, full: int) -> int:
    """How many of something this run does."""
    return full if SOAK else short


def figure(line: str) -> None:
    """Keeps one line for the end of the run: a count with its unit, and what it is a count of."""
    figures.append(line)
