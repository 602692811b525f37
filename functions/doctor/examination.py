"""The list of examinations, and how they run: all at the same time, within DEADLINE_SECONDS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import requests
from twilio.base.exceptions import TwilioRestException

from functions import bundle
from functions.doctor import (
    businesses,
    database,
    endpoints,
    google_cloud,
    message_bucket,
    network,
    numbers,
    page,
    realtime,
    storage,
    supabase_project,
    tokens,
    twilio_account,
    twiml_app,
    written,
)
from functions.doctor.causes import told_once
from functions.doctor.check import Check, Finding, failed, skipped
from functions.doctor.inputs import Inputs, read
from functions.setup import twilio_refusals
from functions.setup.settings import Operator

Stage = Literal["before", "all"]
# What a deployment does if an examination fails. "stops": it does not deploy. "goes on": calls will
# fail, but the deployment will not. "mends": a deployment corrects this, so it does not examine it.
Deployment = Literal["stops", "goes on", "mends"]

# Longer than a single request may take.
DEADLINE_SECONDS = 15.0

_TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
_API_KEY = ("TWILIO_ACCOUNT_SID", "TWILIO_API_KEY_SID", "TWILIO_API_KEY_SECRET")
_SUPABASE = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
_SIGNING = (*_SUPABASE, "SUPABASE_SIGNING_KEY_FILE", "SUPABASE_JWT_SECRET")

_NO_GCLOUD = "Try `gcloud projects list`: it must run on this machine and take only some seconds"
_NO_TWILIO = "Let this machine reach Twilio (DNS, proxy, firewall), or wait: status.twilio.com"
_NO_SUPABASE = (
    "Compare SUPABASE_URL with the API address that the project's Connect page shows. If it is"
    " right: is the project paused (its dashboard), or Supabase down (status.supabase.com)?"
)
_NO_DATABASE = (
    "Copy SUPABASE_DB_URL again from the project's Connect page (a new password: Database →"
    " Settings). The direct address needs IPv6. Without IPv6, take the session pooler's address"
)
_NO_FUNCTION = (
    "`./deploy.sh --status` shows what serves. PUBLIC_BASE_URL, if it is set, must lead there, each"
    " path to its function"
)
_NO_PAGE = (
    "`./deploy.sh --status` shows whether page_fn serves. An origin of ALLOWED_ORIGINS must lead to"
    " it"
)


@dataclass(frozen=True)
class Examination:
    """``look`` yields findings. It may raise what the network and Twilio's library raise."""

    name: str
    look: Callable[[Inputs], Iterable[Finding]]
    # What to do if there is no answer.
    no_answer: str
    # The settings that it needs. It is skipped if one of them is missing or malformed.
    needs: tuple[str, ...] = ()
    deployment: Deployment = "stops"
    # The examinations that explain a missing answer if they fail.
    because: tuple[str, ...] = ()


def examinations() -> list[Examination]:
    """All examinations, in the order of the report."""
    return [
        Examination("settings", written.look, "Run it again"),
        Examination("google_cloud", google_cloud.look, _NO_GCLOUD, deployment="mends"),
        Examination("clock", twilio_account.clock, _NO_TWILIO, because=("twilio_credentials",)),
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
        Examination(
            "sign_up", supabase_project.sign_up, _NO_SUPABASE, _SUPABASE, deployment="goes on"
        ),
        Examination("signing_keys", supabase_project.signing_keys, _NO_SUPABASE, _SIGNING),
        *(
            Examination(
                name,
                partial(tokens.look, setting),
                _NO_SUPABASE,
                _SIGNING,
                deployment="mends",
            )
            for name, setting in (
                ("webhook_jwt", "SUPABASE_WEBHOOK_JWT"),
                ("reconciler_jwt", "SUPABASE_RECONCILER_JWT"),
                ("recorder_jwt", "SUPABASE_RECORDER_JWT"),
                ("reporter_jwt", "SUPABASE_REPORTER_JWT"),
            )
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
            "businesses",
            businesses.look,
            _NO_DATABASE,
            ("SUPABASE_DB_URL",),
            deployment="goes on",
        ),
        Examination(
            "lost_callbacks",
            database.lost_callbacks,
            _NO_DATABASE,
            ("SUPABASE_DB_URL",),
            deployment="mends",
        ),
        Examination(
            "realtime",
            realtime.look,
            _NO_DATABASE,
            ("SUPABASE_DB_URL", *_SIGNING),
            deployment="mends",
        ),
        Examination(
            "recordings_bucket",
            storage.bucket,
            _NO_DATABASE,
            ("SUPABASE_DB_URL",),
            deployment="mends",
        ),
        Examination(
            "messages_bucket",
            message_bucket.bucket,
            _NO_DATABASE,
            ("SUPABASE_DB_URL",),
            deployment="mends",
        ),
        Examination(
            "storage_access",
            storage.accepts_recorder,
            _NO_SUPABASE,
            _SIGNING,
            deployment="mends",
        ),
        Examination(
            "recordings_overdue",
            storage.overdue,
            _NO_DATABASE,
            ("SUPABASE_DB_URL",),
            deployment="mends",
        ),
        Examination(
            "reports_overdue",
            database.late_reports,
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
            because=("functions",),
        ),
        Examination(
            "page", page.look, _NO_PAGE, ("SUPABASE_URL", "ALLOWED_ORIGINS"), deployment="mends"
        ),
    ]


def examine(
    given: Operator | Mapping[str, str],
    *,
    stage: Stage,
    base_url: str | None,
    webhook_jwt: str | None,
) -> list[Check]:
    """Examines the set-up that these settings describe. Takes DEADLINE_SECONDS at most, and
    does not raise for what it finds.

    Stage "before" leaves out what a deployment itself corrects. ``base_url`` is where the functions
    are (``{name}`` for an endpoint's name), if it is known. ``webhook_jwt`` is the token that the
    webhook endpoints have, if it is not the one of the settings.
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
    """Runs a stage's examinations at the same time, and returns what they found, in their order."""
    chosen = [each for each in examinations() if stage == "all" or each.deployment != "mends"]
    found: list[Sequence[Finding] | None] = [None] * len(chosen)

    def look(index: int) -> None:
        found[index] = findings(chosen[index], inputs)

    # Daemons, because a thread that hangs, as name resolution can, must not keep the process alive.
    threads = [
        threading.Thread(target=look, args=(index,), daemon=True) for index in range(len(chosen))
    ]
    deadline = time.monotonic() + deadline_seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))

    redaction = inputs.redaction()
    told = told_once(
        [
            (each.name, findings or [_late(each, deadline_seconds)])
            for each, findings in zip(chosen, list(found), strict=True)
        ]
    )
    return [
        Check(
            name,
            redaction.hide(finding.subject),
            finding.status,
            redaction.hide(finding.detail),
            redaction.hide(finding.fix),
        )
        for name, findings in told
        for finding in findings
    ]


def _late(examination: Examination, seconds: float) -> Finding:
    return failed(
        "",
        f"No answer within {seconds:g} s",
        examination.no_answer,
        cause=examination.no_answer,
        because=examination.because,
    )


def findings(examination: Examination, inputs: Inputs) -> Sequence[Finding]:
    """What one examination finds. Errors become findings."""
    malformed = inputs.malformed(examination.needs)
    if malformed:
        return [skipped("", f"Not examined without {', '.join(malformed)}")]
    try:
        return list(examination.look(inputs))
    except TwilioRestException as error:
        meaning = twilio_refusals.explain(error)
        if meaning and error.code in twilio_refusals.NOT_ACTIVE:
            return [skipped("", "Not examined: the account is not active, see twilio_credentials")]
        if meaning:
            return [
                skipped("", "Not examined: Twilio refuses the credentials, see twilio_credentials")
            ]
        said = ", ".join(str(each) for each in (error.status, error.code, error.msg) if each)
        return [
            failed(
                "",
                f"Twilio answers {said}",
                _NO_TWILIO,
                cause=f"Twilio {error.status} {error.code}",
                because=("twilio_credentials",),
            )
        ]
    except network.OUTAGES as error:
        # Some examinations ask the database and Twilio, whose library raises errors of requests.
        twilio = isinstance(error, requests.RequestException)
        outage = network.outage(error, _NO_TWILIO if twilio else examination.no_answer)
        return [replace(outage, because=examination.because)]
    except UnicodeError:
        return [
            failed(
                "",
                "A setting has characters that cannot be sent",
                "Look in .env for … and other characters that are not part of a key",
            )
        ]
    except Exception as error:
        # A defect in one examination must not stop the others.
        detail = f"The doctor itself failed: {type(error).__name__}"
        return [failed("", detail, "A defect in functions/doctor. Your set-up may be right")]
