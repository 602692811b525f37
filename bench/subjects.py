"""What is measured: our endpoints as they are deployed, the usual way, and the empty function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import requests, stub
from bench.requests import BEGINNING, EVENT, Request
from functions import bundle
from functions.packer import pack

EMPTY = "empty"

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Subject:
    """A function that is started, and the request that it is asked."""

    name: str
    source: Path
    function: str
    requirements: Path
    request: Request
    concurrency: int
    settings: Mapping[str, str]
    measure_start: bool = True
    """Whether cold starts are measured too, not only requests and memory."""


def usual(folder: str) -> str:
    """The name of the usual way of an endpoint, with one client for all requests."""
    return f"usual {folder}"


def usual_per_request(folder: str) -> str:
    """The name of the usual way of an endpoint, with a client for each request."""
    return f"usual {folder}, a client per request"


def subjects(supabase_url: str, scratch: Path) -> list[Subject]:
    """The empty function, then each endpoint of ours followed by its usual way.

    ``scratch`` is the folder into which endpoints are packed, as they are deployed.
    """
    settings = _settings(supabase_url)
    asked = _requests(supabase_url)
    endpoints = bundle.endpoints()
    found = [
        Subject(
            EMPTY,
            _HERE / "empty" / "main.py",
            "empty",
            # It uses functions-framework only. Packages that it does not import cost nothing.
            bundle.ROOT / endpoints[0].folder / "requirements.txt",
            Request("POST", "/", {"Content-Type": "application/json"}, "{}", 200),
            endpoints[0].concurrency,
            {},
        )
    ]
    for endpoint in endpoints:
        ours, as_usual = asked[endpoint.folder]
        folder = scratch / endpoint.folder
        pack(endpoint).write(folder)
        names = (*endpoint.variables, *endpoint.secrets)
        own = {name: settings[name] for name in names}
        if "scheduler" in endpoint.called_by:
            # Only in development may the stub sign the scheduler's tokens in place of Google.
            own |= {"HENK_ENV": "development", "SCHEDULER_ISSUER": supabase_url}
        found.append(
            Subject(
                endpoint.folder,
                folder / "main.py",
                endpoint.function,
                folder / "requirements.txt",
                ours,
                endpoint.concurrency,
                own,
            )
        )
        if as_usual is None:
            continue
        source, requirements = _HERE / "usual" / "main.py", _HERE / "usual" / "requirements.txt"
        for name, more, measure_start in (
            (usual(endpoint.folder), {}, True),
            (usual_per_request(endpoint.folder), {"CLIENT_PER_REQUEST": "1"}, False),
        ):
            found.append(
                Subject(
                    name,
                    source,
                    endpoint.function,
                    requirements,
                    as_usual,
                    endpoint.concurrency,
                    settings | more,
                    measure_start,
                )
            )
    return found


# Of a call that has ended: Twilio is not asked.
HOLD = {"conversationId": stub.CONVERSATION_ID, "action": "hold"}


# A manager reads a month by campaign.
REPORT = (
    f"/api/twilio/reports?report=campaigns&businessId={stub.BUSINESS_ID}"
    "&from=2026-10-01&to=2026-10-31"
)


def read(token: str, query: str, status: int = 200) -> Request:
    """A GET of the web app."""
    return Request("GET", query, requests.browser(token, {}).headers, "", status)


# A lead has answered, and hears the notice.
NOTICE = f"recording?notice=play&call={requests.AGENT_SID}"
ANSWERED = {
    "AccountSid": requests.ACCOUNT_SID,
    "CallSid": requests.LEAD_SID,
    "ParentCallSid": requests.AGENT_SID,
    "CallStatus": "in-progress",
    "Direction": "outbound-dial",
}


def _requests(supabase_url: str) -> dict[str, tuple[Request, Request | None]]:
    """By endpoint: its request, and the same one for the usual way, if that has the endpoint."""
    token = requests.browser(requests.access_token(supabase_url), {"businessId": stub.BUSINESS_ID})
    return {
        "token_fn": (token, token),
        "twiml_fn": (
            requests.webhook("/api/twilio/twiml", "twiml", BEGINNING),
            requests.webhook("/", "twiml", BEGINNING),
        ),
        "status_fn": (
            requests.webhook("/api/twilio/status", "status", EVENT, status=204),
            requests.webhook("/", "status", EVENT, status=204),
        ),
        "control_fn": (
            requests.browser(
                requests.access_token(supabase_url), HOLD, path="/api/twilio/control", status=409
            ),
            None,
        ),
        "numbers_fn": (
            requests.browser(
                requests.access_token(supabase_url),
                {"country": "US", "texts": ["(415) 555-2671"]},
                path="/api/twilio/numbers",
            ),
            None,
        ),
        "reconcile_fn": (requests.scheduled(supabase_url, "reconcile"), None),
        "recording_fn": (requests.webhook(f"/api/twilio/{NOTICE}", NOTICE, ANSWERED), None),
        "reports_fn": (read(requests.access_token(supabase_url), REPORT), None),
    }


def _settings(supabase_url: str) -> dict[str, str]:
    return {
        "SUPABASE_URL": supabase_url,
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_3uRpn1hRk2wTqq9mT1fWvA_x8Yb0cDe",
        "SUPABASE_SECRET_KEY": "sb_secret_3uRpn1hRk2wTqq9mT1fWvA_x8Yb0cDe",
        "SUPABASE_WEBHOOK_JWT": requests.role_token("call_webhook"),
        "SUPABASE_RECONCILER_JWT": requests.role_token("call_reconciler"),
        "SUPABASE_RECORDER_JWT": requests.role_token("call_recorder"),
        "SUPABASE_REPORTER_JWT": requests.role_token("call_reporter"),
        "TWILIO_ACCOUNT_SID": requests.ACCOUNT_SID,
        "TWILIO_API_KEY_SID": "SK0123456789abcdef0123456789abcdef",
        "TWILIO_API_KEY_SECRET": "pQ7vX2mZ9kL4tB8nR1cW6yH3sD5gF0jA",
        "TWILIO_TWIML_APP_SID": "AP0123456789abcdef0123456789abcdef",
        "TWILIO_AUTH_TOKEN": requests.AUTH_TOKEN,
        "PUBLIC_BASE_URL": requests.PUBLIC_BASE_URL,
        "SCHEDULER_AUDIENCE": requests.SCHEDULER_AUDIENCE,
        "SCHEDULER_SERVICE_ACCOUNT": requests.SCHEDULER_ACCOUNT,
    }
