"""The Google Cloud project, as far as the address of its functions needs it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from functions.deploy.plan import own_addresses
from functions.deploy.settings import Operator
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import GOOGLE, Inputs

# gcloud takes a second or two to start.
_TIMEOUT_SECONDS = 10.0


class Unknown(Exception):
    """The project cannot be asked; ``fix`` says what to do about it."""

    def __init__(self, detail: str, fix: str) -> None:
        super().__init__(detail)
        self.fix = fix


def look(inputs: Inputs) -> Iterator[Finding]:
    """Whether deploy.sh can ask the project."""
    project = inputs.operator.google_project
    if not inputs.deploys:
        yield skipped("", "Not set, and PUBLIC_BASE_URL says where the functions are")
    elif malformed := inputs.malformed(GOOGLE):
        yield skipped("", f"Not examined without {', '.join(malformed)}")
    else:
        try:
            number = project_number(project)
        except Unknown as unknown:
            yield failed(project, str(unknown), unknown.fix)
        else:
            yield passed(project, f"gcloud is signed in and sees {project}, number {number}")


def project_number(project: str) -> str:
    """Which is part of its functions' addresses. Raises Unknown."""
    command = ["gcloud", "projects", "describe", project, "--format=value(projectNumber)"]
    try:
        done = subprocess.run(
            [*command, "--quiet"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
    except FileNotFoundError:
        raise Unknown(
            "There is no gcloud here", "Install it: https://cloud.google.com/sdk/docs/install"
        ) from None
    except subprocess.TimeoutExpired:
        raise Unknown(
            f"gcloud gives no answer within {_TIMEOUT_SECONDS:g} s",
            "Let this machine reach Google (DNS, proxy, firewall)",
        ) from None
    number = done.stdout.strip()
    if done.returncode == 0 and number.isdecimal():
        return number
    said = " ".join(done.stderr.split())
    if any(words in said for words in ("active account", "auth login", "Reauthentication")):
        raise Unknown("gcloud is not signed in", "gcloud auth login")
    raise Unknown(
        f"gcloud does not show {project}: {said[:200] or 'it says nothing'}",
        "GOOGLE_CLOUD_PROJECT must be an id that `gcloud projects list` shows; if it is, ask its"
        " owner for the roles of docs/setup.md",
    )


@dataclass
class Address:
    """Where the functions are: as the operator says or, asked for once, as Cloud Run names them."""

    operator: Operator
    number: Callable[[str], str] = project_number
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: bool = False
    _answer: str | None = None

    def __call__(self) -> str | None:
        """None if that cannot be told."""
        with self._lock:
            if not self._asked:
                self._asked = True
                self._answer = self.operator.public_base_url or self._own()
            return self._answer

    def _own(self) -> str | None:
        operator = self.operator
        if not (operator.google_project and operator.region):
            return None
        try:
            return own_addresses(self.number(operator.google_project), operator.region)
        except Unknown:
            return None
