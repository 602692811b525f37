"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``detail`` is what was found, as a sentence without its stop;
    ``fix`` what to do and where: always there for a failure, as advice for a pass."""

    status: Status
    # A setting, an address, a number: what the finding is about.
    subject: str
    detail: str
    fix: str = ""


@dataclass(frozen=True)
class Check:
    """A finding under the name of its examination, which stays the same between releases."""

    name: str
    subject: str
    status: Status
    detail: str
    fix: str


def passed(subject: str, detail: str, advice: str = "") -> Finding:
    """All is well, perhaps not for ever."""
    return Finding("pass", subject, detail, advice)


def failed(subject: str, detail: str, fix: str) -> Finding:
    """Something is to be mended."""
    return Finding("fail", subject, detail, fix)


def skipped(subject: str, why: str) -> Finding:
    """Not examined."""
    return Finding("skip", subject, why)
