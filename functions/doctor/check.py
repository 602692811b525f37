"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """One thing that was examined. ``detail`` says what was found: a sentence without its full
    stop. ``fix`` says what to do and where. A failure always has one; for a pass it is advice."""

    status: Status
    # What the finding is about: a setting, an address, a number.
    subject: str
    detail: str
    fix: str = ""
    # Findings of the same cause: only the first is a failure. Empty: a cause of its own.
    cause: str = ""
    # The examinations that explain this finding if they fail.
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """A finding, with the name of its examination. Releases do not change these names."""

    name: str
    subject: str
    status: Status
    detail: str
    fix: str


def passed(subject: str, detail: str, advice: str = "") -> Finding:
    """Nothing is wrong. ``advice`` says what may become wrong later."""
    return Finding("pass", subject, detail, advice)


def failed(
    subject: str, detail: str, fix: str, *, cause: str = "", because: tuple[str, ...] = ()
) -> Finding:
    """Something must be corrected."""
    return Finding("fail", subject, detail, fix, cause, because)


def skipped(subject: str, why: str) -> Finding:
    """Not examined, and why."""
    return Finding("skip", subject, why)
