"""Tests that drive a real browser run again when they fail, at most twice: on a slow machine a
browser may be late. All other tests fail at once. The end of the run shows what failed first, so
that nothing is hidden.

pytest-rerunfailures alone would keep what tests share. Here the next attempt, and the next test,
gets everything anew: the browser, its profiles and the stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator

import pytest

MORE = 2
"""How often a test runs again."""

_has_failed = pytest.StashKey[bool]()


def drives_a_browser(item: pytest.Item) -> bool:
    """All fixtures of browsers need this one, directly or not."""
    return "playwright" in getattr(item, "fixturenames", ())


def allow(items: list[pytest.Item]) -> None:
    """Marks the tests that may run again."""
    for item in items:
        # With --pdb a failure is looked at, and pytest-rerunfailures refuses to run.
        if drives_a_browser(item) and not item.config.option.usepdb:
            item.add_marker(pytest.mark.flaky(reruns=MORE))


class Reruns:
    """A pytest plugin of each process."""

    def __init__(self) -> None:
        self._failures: defaultdict[str, list[pytest.TestReport]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keeps whether the present attempt has failed."""
        report = yield
        before = report.when != "setup" and item.stash.get(_has_failed, False)
        item.stash[_has_failed] = before or report.failed
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """After a failure, ends all fixtures but those of the session."""
        if drives_a_browser(item) and item.stash.get(_has_failed, False):
            item.session._setupstate.teardown_exact(item.session)  # type: ignore[arg-type]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Reports come from this process or from a worker's."""
        if report.outcome == "rerun":  # type: ignore[comparison-overlap]
            self._failures[report.nodeid].append(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The failures after which tests ran again, in full."""
        stats = terminalreporter.stats
        failed = {report.nodeid for name in ("failed", "error") for report in stats.get(name, ())}
        for title, is_failed in (
            ("tests that failed first and passed then", False),
            ("earlier failures of tests that failed", True),
        ):
            found = [them for at, them in self._failures.items() if (at in failed) == is_failed]
            if found:
                terminalreporter.section(title)
            for report in (one for them in found for one in them):
                terminalreporter.write_sep("_", f"{report.nodeid}, {report.when}")
                terminalreporter.line(report.longreprtext)
                for name, text in report.sections:
                    terminalreporter.write_sep("-", name)
                    terminalreporter.line(text.rstrip())
