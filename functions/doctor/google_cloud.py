"""The Google Cloud project, as far as the addresses of its functions depend on it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from functions.doctor.causes import DNS
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import GOOGLE, Inputs
from functions.setup import gcloud, proxies, shell
from functions.setup.addresses import cloud_run_base_url
from functions.setup.settings import Operator

# gcloud takes a second or two to start.
_TIMEOUT_SECONDS = 10.0
# A question to the database follows, within the same examination.
_SECRET_SECONDS = 6.0


_GOOGLE = "googleapis.com"
_NO_GOOGLE = "Let this machine reach Google (DNS, proxy, firewall)"


class Unknown(Exception):
    """gcloud does not tell the project's number. ``fix`` says what to do. ``cause`` as in
    Finding."""

    def __init__(self, detail: str, fix: str, cause: str = "") -> None:
        super().__init__(detail)
        self.fix = fix
        self.cause = cause


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
            subject = _GOOGLE if unknown.cause == DNS else project
            yield failed(subject, str(unknown), unknown.fix, cause=unknown.cause)
            return
        try:
            gcloud.require_version(shell.run, _TIMEOUT_SECONDS)
        except gcloud.TooOld as error:
            yield failed(
                "gcloud",
                str(error),
                "gcloud components update, or with the package manager that installed it",
            )
        except (shell.CommandFailed, shell.CommandTimedOut, shell.ToolMissing):
            pass
        yield passed(project, f"gcloud is signed in and sees {project}, number {number}")


def project_number(project: str) -> str:
    """The number of a project, which is part of its functions' addresses. Raises Unknown."""
    try:
        return gcloud.project_number(shell.run, project, _TIMEOUT_SECONDS)
    except shell.ToolMissing:
        raise Unknown(
            "There is no gcloud here", "Install it: https://cloud.google.com/sdk/docs/install"
        ) from None
    except shell.CommandTimedOut:
        raise Unknown(
            f"gcloud gives no answer within {_TIMEOUT_SECONDS:g} s",
            _NO_GOOGLE,
            "" if _knows_google() else DNS,
        ) from None
    except shell.CommandFailed as failure:
        said = " ".join(failure.said.split())
        if gcloud.reaches_nobody(said):
            if gcloud.lacks_dns(said):
                said, cause = f"DNS does not know {_GOOGLE}", DNS
            else:
                cause = ""
            raise Unknown(
                f"gcloud does not reach Google: {said[:200]}", _NO_GOOGLE, cause
            ) from None
        if gcloud.is_signed_out(said):
            raise Unknown("gcloud is not signed in", "gcloud auth login") from None
        if api := gcloud.api_disabled(said):
            raise Unknown(
                f"{api} is not enabled in {project}. People can do without it, service accounts"
                " (CI) cannot",
                f"./deploy.sh enables it; by hand: gcloud services enable {api}"
                f" --project={project}. Google can take some minutes until it knows that",
            ) from None
        raise Unknown(
            f"gcloud does not show {project}: {said[:200] or 'it says nothing'}",
            "GOOGLE_CLOUD_PROJECT must be an id that `gcloud projects list` shows. If it is, ask"
            " the project's owner for the roles of docs/setup.md",
        ) from None


def _knows_google() -> bool:
    """Whether gcloud can find Google's hosts. Through a proxy it need not know them."""
    try:
        if proxies.proxy_of(f"https://oauth2.{_GOOGLE}") is None:
            socket.getaddrinfo(f"oauth2.{_GOOGLE}", 443)
    except socket.gaierror:
        return False
    except OSError:
        pass
    return True


@dataclass(frozen=True)
class Stored:
    """The secrets that a deployment stored in Secret Manager."""

    operator: Operator

    def __call__(self, name: str) -> str | None:
        """None if gcloud does not tell."""
        try:
            return gcloud.stored_secret(
                shell.run, self.operator.google_project, name, _SECRET_SECONDS
            )
        except (shell.ToolMissing, shell.CommandTimedOut, shell.CommandFailed, OSError):
            return None


@dataclass
class Address:
    """The address of the functions: the operator's own, or the addresses that Cloud Run gives. Asks
    gcloud at most once."""

    operator: Operator
    number: Callable[[str], str] = project_number
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: bool = False
    _answer: str | None = None

    def __call__(self) -> str | None:
        """None if it is not known."""
        with self._lock:
            if not self._asked:
                self._asked = True
                self._answer = self.operator.public_base_url or self._of_cloud_run()
            return self._answer

    def _of_cloud_run(self) -> str | None:
        operator = self.operator
        if not (operator.google_project and operator.region):
            return None
        try:
            return cloud_run_base_url(self.number(operator.google_project), operator.region)
        except Unknown:
            return None
