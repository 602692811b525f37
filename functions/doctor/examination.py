"""The examinations, and how they are made: all at once, each with its own end in sight."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import requests
from twilio.base.exceptions import TwilioRestException

from functions import bundle
from functions.deploy.settings import Operator
from functions.doctor import (
    database,
    endpoints,
    google_cloud,
    network,
    numbers,
    supabase_project,
    twilio_account,
    twiml_app,
    written,
)
from functions.doctor.check import Check, Finding, failed, skipped
from functions.doctor.inputs import Inputs, read

Stage = Literal["before", "all"]
# What a deployment does about an examination that fails: it stops, goes on since calls fail for it
# but deploying does not, or puts it right.
Deployment = Literal["stops", "goes on", "mends"]

# Longer than any one request may take.
DEADLINE_SECONDS = 15.0

_TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
_API_KEY = ("TWILIO_ACCOUNT_SID", "TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET")
_SUPABASE = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
_SIGNING = (*_SUPABASE, "SUPABASE_SIGNING_KEY_FILE", "SUPABASE_JWT_SECRET")

_NO_GCLOUD = "Try `gcloud projects list`: it must run here, and within some seconds"
_NO_TWILIO = "Let this machine reach Twilio (DNS, proxy, firewall), or wait: status.twilio.com"
_NO_SUPABASE = (
    "Compare SUPABASE_URL with the API address that the project's Connect page shows. If it is"
    " right: is the project paused (its dashboard), or Supabase down (status.supabase.com)?"
)
_NO_DATABASE = (
    "Copy SUPABASE_DB_URL anew from the project's Connect page (a new password: Database →"
    " Settings). The direct address is IPv6 alone: without that, take the session pooler's"
)
_NO_FUNCTION = (
    "`./deploy.sh --status` shows what serves. PUBLIC_BASE_URL, if set, must lead to it, each path"
    " to its function"
)


@dataclass(frozen=True)
class Examination:
    """``look`` yields findings, or raises what the network and Twilio's library raise."""

    name: str
    look: Callable[[Inputs], Iterable[Finding]]
    # What to do when nobody answers.
    no_answer: str
    # Settings without which there is nothing to look with.
    needs: tuple[str, ...] = ()
    deployment: Deployment = "stops"


def examinations() -> list[Examination]:
    """All of them, in the order of their report."""
    return [
        Examination("settings", written.look, "Run it again"),
        Examination("google_cloud", google_cloud.look, _NO_GCLOUD, deployment="mends"),
        Examination("clock", twilio_account.clock, _NO_TWILIO),
        Examination("twilio_credentials", twilio_account.credentials, _NO_TWILIO, _TWILIO),
        Examination(
            "twilio_balance", twilio_account.balance, _NO_TWILIO, _TWILIO, deployment="goes on"
        ),
        Examination("twilio_api_key", twilio_account.api_key, _NO_TWILIO, _API_KEY),
        Examination(
            "twilio_number",
            numbers.own_number,
            _NO_TWILIO,
            (*_TWILIO, "TWILIO_PHONE_NUMBER"),
            deployment="goes on",
        ),
        Examination(
            "twiml_app",
            twiml_app.look,
            _NO_TWILIO,
            (*_TWILIO, "TWILIO_TWIML_APP_SID", "PUBLIC_BASE_URL"),
            deployment="mends",
        ),
        Examination("supabase_api", supabase_project.api, _NO_SUPABASE, ("SUPABASE_URL",)),
        Examination(
            "supabase_publishable_key", supabase_project.publishable_key, _NO_SUPABASE, _SUPABASE
        ),
        Examination("signing_keys", supabase_project.signing_keys, _NO_SUPABASE, _SIGNING),
        Examination(
            "webhook_jwt",
            supabase_project.webhook_jwt,
            _NO_SUPABASE,
            _SIGNING,
            deployment="mends",
        ),
        Examination("database", database.connects, _NO_DATABASE, ("SUPABASE_DB_URL",)),
        Examination(
            "migrations",
            database.migrations,
            _NO_DATABASE,
            ("SUPABASE_DB_URL",),
            deployment="mends",
        ),
        Examination(
            "caller_ids",
            numbers.caller_ids,
            _NO_DATABASE,
            (*_TWILIO, "SUPABASE_DB_URL"),
            deployment="goes on",
        ),
        Examination(
            "lost_callbacks",
            database.lost_callbacks,
            _NO_DATABASE,
            ("SUPABASE_DB_URL",),
            deployment="mends",
        ),
        *(
            Examination(
                "functions",
                partial(endpoints.answers, endpoint),
                _NO_FUNCTION,
                ("PUBLIC_BASE_URL",),
                deployment="mends",
            )
            for endpoint in bundle.endpoints()
        ),
        Examination(
            "webhook_signature",
            endpoints.takes_signature,
            _NO_FUNCTION,
            (*_TWILIO, "PUBLIC_BASE_URL"),
            deployment="mends",
        ),
    ]


def examine(
    given: Operator | Mapping[str, str],
    *,
    stage: Stage,
    base_url: str | None,
    webhook_jwt: str | None,
) -> list[Check]:
    """Examines a set-up, given by its settings; takes DEADLINE_SECONDS at most. Never raises for
    what it finds.

    "before" leaves out what a deployment itself puts right. ``base_url`` is where the functions
    are (``{name}`` for an endpoint's name), if that is known; ``webhook_jwt`` the token that the
    webhook endpoints have, if not the one of the settings.
    """
    operator, problems = (given, list[str]()) if isinstance(given, Operator) else read(given)
    where = base_url or operator.public_base_url
    token = webhook_jwt or operator.values.get("SUPABASE_WEBHOOK_JWT", "").strip() or None
    return run(Inputs(operator, problems, token, lambda: where), stage)


def stops_deployment(check: Check) -> bool:
    """Whether this finding is a reason not to deploy."""
    return check.status == "fail" and any(
        each.name == check.name and each.deployment == "stops" for each in examinations()
    )


def run(
    inputs: Inputs, stage: Stage = "all", deadline_seconds: float = DEADLINE_SECONDS
) -> list[Check]:
    """Makes a stage's examinations, all at once, and returns what they found in their order."""
    chosen = [each for each in examinations() if stage == "all" or each.deployment != "mends"]
    found: list[Sequence[Finding] | None] = [None] * len(chosen)

    def look(index: int) -> None:
        found[index] = findings(chosen[index], inputs)

    # Daemons: one that hangs, as name resolution can, must not keep the process from ending.
    threads = [
        threading.Thread(target=look, args=(index,), daemon=True) for index in range(len(chosen))
    ]
    deadline = time.monotonic() + deadline_seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))

    late = f"No answer within {deadline_seconds:g} s"
    return [
        Check(
            examination.name,
            inputs.hide(finding.subject),
            finding.status,
            inputs.hide(finding.detail),
            inputs.hide(finding.fix),
        )
        for examination, each in zip(chosen, list(found), strict=True)
        for finding in each or [failed("", late, examination.no_answer)]
    ]


def findings(examination: Examination, inputs: Inputs) -> Sequence[Finding]:
    """What one examination finds, whatever happens on the way."""
    malformed = inputs.malformed(examination.needs)
    if malformed:
        return [skipped("", f"Not examined without {', '.join(malformed)}")]
    try:
        return list(examination.look(inputs))
    except TwilioRestException as error:
        if error.status == 401:
            return [skipped("", "Not examined: Twilio refuses the credentials")]
        said = ", ".join(str(each) for each in (error.status, error.code, error.msg) if each)
        return [failed("", f"Twilio answers {said}", _NO_TWILIO)]
    except network.OUTAGES as error:
        host = network.host(error)
        said = f"{f'No answer from {host}: ' if host else ''}{network.explain(error)}"
        # Some ask Twilio besides the database.
        twilio = isinstance(error, requests.RequestException)
        return [failed(host, said, _NO_TWILIO if twilio else examination.no_answer)]
    except UnicodeError:
        return [
            failed(
                "",
                "A setting has characters that cannot be sent",
                "Look in .env for … and other characters that no key has",
            )
        ]
    except Exception as error:
        # A defect in one must not cost the others.
        detail = f"The doctor itself failed: {type(error).__name__}"
        return [failed("", detail, "Your set-up may be right: mend functions/doctor")]
