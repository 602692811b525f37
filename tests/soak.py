"""Heavy tests have two forms: a short one in every run, and the full one with ``HENK_SOAK=1``
(`make soak`). They carry the marker `soak`. Both forms say in figures what they found; the figures
stand at the end of pytest's summary."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

SOAK = os.environ.get("HENK_SOAK") == "1"
"""Whether this run is the full form."""

_FIGURE = "figure"
_figures: list[str] = []


def scaled(short: int, full: int) -> int:
    """How many of something this run does."""
    return full if SOAK else short


def figure(line: str) -> None:
    """Keeps one line for the end of the run: a count with its unit, and what was counted."""
    _figures.append(line)


def attach_figures(report: pytest.TestReport) -> None:
    """Moves the lines that were kept since the last report into this one."""
    report.user_properties += [(_FIGURE, line) for line in _figures]
    _figures.clear()


class Findings:
    """A pytest plugin of the process that prints the summary."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Reports come from this process or from a worker's."""
        self.lines += [str(line) for name, line in report.user_properties if name == _FIGURE]
        self.seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The figures in the order they came; in the full form also the seconds of each file."""
        if self.lines:
            terminalreporter.section("figures, full form" if SOAK else "figures, short form")
            for line in self.lines:
                terminalreporter.line(line)
        if SOAK:
            terminalreporter.section("seconds by file")
            for path, seconds in sorted(self.seconds.items(), key=lambda item: -item[1]):
                terminalreporter.line(f"{seconds:7.1f}  {path}")
