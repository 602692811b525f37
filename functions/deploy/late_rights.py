"""Waits for rights that this run gave, and that Google does not know everywhere yet.

Google says that it takes 2 minutes typically, and potentially 7 minutes or longer:
https://cloud.google.com/iam/docs/access-change-propagation
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from functions.deploy import google_refusals
from functions.deploy.report import Report
from functions.setup.gcloud import api_disabled
from functions.setup.google_project import BUILDER_ROLE
from functions.setup.shell import CommandFailed

# For how long a change is tried again. The first failure begins it.
PATIENCE_SECONDS = 8 * 60.0
PAUSE_SECONDS = 20.0
# A wait is told at its beginning, and then once a minute.
_TOLD_SECONDS = 60.0
# How many of the given rights a message names.
_NAMED = 3

_LACKS_A_RIGHT = re.compile(
    r"permission[ _]denied|permission '?[\w./-]+'? denied|denied on resource"
    r"|does not have (the )?(permission|[\w.]+ access)|lacks |missing required (iam )?permission"
    r"|not enabled on project|has not been used in project|service_disabled|is disabled"
    r"|service ?accounts? \S* ?(does not exist|was not found)|unknown service account"
    r"|error:? 403|status:? \[?403|forbidden",
    re.IGNORECASE,
)
# gcloud does not repeat why a build failed.
_BUILD_FAILED = "Build failed; check build logs"


@dataclass(frozen=True)
class Clock:
    """Seconds that pass, and how to let some pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class LateRights:
    """What this run gave, and how it waits until Google knows it. Several threads may use it."""

    report: Report
    clock: Clock = field(default_factory=Clock)
    # In words: an API, an account, a right.
    given: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, *given: str) -> None:
        """Remembers that this run gave something."""
        with self._lock:
            self.given += given

    def wait_for(self, attempt: Callable[[], str]) -> str:
        """The result of ``attempt``. While it fails for lack of a right, and this run gave some, it
        is made again. Raises the CommandFailed of the last attempt, or what else it raises."""
        return self._wait(attempt, self._may_be_late)

    def read(self, attempt: Callable[[], str]) -> str:
        """The same for an attempt to read from an API that is in the list of enabled ones. If
        Google then says that it is not enabled, somebody enabled it some minutes ago."""
        return self._wait(attempt, lambda failure: api_disabled(failure.said) is not None)

    def _wait(self, attempt: Callable[[], str], is_late: Callable[[CommandFailed], bool]) -> str:
        first_failure = told = None
        while True:
            try:
                return attempt()
            except CommandFailed as failure:
                now = self.clock.now()
                first_failure = now if first_failure is None else first_failure
                left = first_failure + PATIENCE_SECONDS - now
                if left <= 0 or not is_late(failure):
                    raise
                if told is None or now - told >= _TOLD_SECONDS:
                    self._tell(failure, left, first=told is None)
                    told = now
            self.clock.sleep(PAUSE_SECONDS)

    def _may_be_late(self, failure: CommandFailed) -> bool:
        if not self.given or google_refusals.advice(failure.said):
            return False
        if _BUILD_FAILED in failure.said:
            return any(BUILDER_ROLE in given for given in self.given)
        return bool(_LACKS_A_RIGHT.search(failure.said))

    def _tell(self, failure: CommandFailed, left: float, *, first: bool) -> None:
        api = api_disabled(failure.said)
        waits_for = f"the API {api}" if api else "; ".join(self._concerned(failure.said))
        minutes = f"{left / 60:.0f} more minutes"
        if first:
            said = " ".join(failure.said.split())[:300]
            self.report.say(
                f"    Google says: {said}\n"
                f"    Waiting until Google knows what it was given lately: {waits_for}. That takes"
                f" 2 minutes as a rule, and can take 7 and more. Trying again for {minutes}."
            )
        else:
            self.report.say(f"    Still waiting for: {waits_for}. Trying again for {minutes}.")

    def _concerned(self, said: str) -> list[str]:
        """Those of the given rights that Google's answer is about; all if it names none."""

        def matches(given: str) -> int:
            names = re.findall(r"\w+(?:[@._-]\w+)+", given)
            return sum(name in said for name in names)

        most = max(map(matches, self.given))
        concerned = [given for given in self.given if matches(given) == most]
        more = len(concerned) - _NAMED
        return concerned[:_NAMED] + ([f"and {more} more"] if more > 0 else [])
