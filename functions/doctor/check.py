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


def failed(subject: str, detail: str, fix: str) -> Finding:
    """Something must be corrected."""
    return Finding("fail", subject, detail, fix)


def skipped(subject: str, why: str) -> Finding:
    """Not examined, and why."""
    return Finding("skip", subject, why)
