"""Findings as text for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TextIO

from functions.doctor.check import Check, Status

_MARKS: Mapping[Status, str] = {"pass": "✓", "fail": "✗", "skip": "–"}
_COLOURS: Mapping[Status, str] = {"pass": "32", "fail": "31", "skip": "2"}


def is_colourful(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to use colour: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return stream.isatty() and not environ.get("NO_COLOR")


def as_text(checks: Sequence[Check], *, colour: bool = False) -> str:
    """A line for each check, below it a line for what to do, and at the end a line with totals."""
    count = {status: sum(check.status == status for check in checks) for status in _MARKS}
    said = f"{count['fail']} failed" if count["fail"] else "Nothing failed"
    if count["skip"]:
        said += f", {count['skip']} not examined"
    return f"{as_lines(checks, colour=colour)}\n\n{said} of {len(checks)}."


def as_lines(checks: Sequence[Check], *, colour: bool = False) -> str:
    """A line for each check, and below it a line for what to do."""
    width = max((len(check.name) for check in checks), default=0)
    lines = []
    for check in checks:
        mark = _MARKS[check.status]
        if colour:
            mark = f"\033[{_COLOURS[check.status]}m{mark}\033[0m"
        lines.append(f"{mark} {check.name:{width}}  {check.detail}")
        if check.fix:
            lines.append(f"  {'':{width}}  → {check.fix}")
    return "\n".join(lines)


def as_json(checks: Sequence[Check]) -> str:
    """One object."""
    ok = not any(check.status == "fail" for check in checks)
    return json.dumps(
        {"ok": ok, "checks": [asdict(check) for check in checks]}, ensure_ascii=False, indent=2
    )
