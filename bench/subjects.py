"""What is measured: our endpoints as they are deployed, the usual way, and the empty function; and
the request of each that is worth measuring."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from bench import stub
from functions import bundle
from functions.packer import pack

HERE = Path(__file__).resolve().parent
PUBLIC_BASE_URL = "https://app.callhenk.com/api/twilio"
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "5f4dcc3b5aa765d61d8327deb882cf99"
ORIGIN = "https://app.callhenk.com"
AGENT_SID = "CA00000000000000000000000000000001"
LEAD_SID = "CA00000000000000000000000000000002"
IDENTITY = f"user_{stub.USER_ID.replace('-', '')}_{stub.BUSINESS_ID.replace('-', '')}"

_SIGNING_KEY = ec.generate_private_key(ec.SECP256R1())
_JWK = jwt.algorithms.ECAlgorithm.to_jwk(_SIGNING_KEY.public_key(), as_dict=True)
JWKS = json.dumps({"keys": [{**_JWK, "kid": "bench", "alg": "ES256", "use": "sig"}]})


@dataclass(frozen=True)
class Request:
    """One request, and the status that a right answer has."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    status: int

    def encoded(self) -> bytes:
        """As sent over HTTP/1.1."""
        content = self.body.encode()
        headers = {"Host": "127.0.0.1", "Content-Length": str(len(content)), **self.headers}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass(frozen=True)
class Subject:
    """A function to be started, and what it is asked."""

    name: str
    source: Path
    function: str
    requirements: Path
    request: Request
    concurrency: int
    settings: Mapping[str, str]


def subjects(supabase_url: str, scratch: Path) -> list[Subject]:
    """The empty function, then each endpoint of ours beside its usual way. ``scratch`` is where
    endpoints are packed to, as they are deployed."""
    settings = _settings(supabase_url)
    # Nobody waits for what the scheduler calls.
    endpoints = [
        endpoint for endpoint in bundle.endpoints() if "scheduler" not in endpoint.called_by
    ]
    empty = Subject(
        "empty",
        HERE / "empty" / "main.py",
        "empty",
        # Of its own it needs nothing but the server, and what is not imported costs nothing.
        bundle.ROOT / endpoints[0].folder / "requirements.txt",
        Request("POST", "/", {"Content-Type": "application/json"}, "{}", 200),
        endpoints[0].concurrency,
        {},
    )
    found = [empty]
    for endpoint in endpoints:
        ours, usual = requests(supabase_url)[endpoint.folder]
        pack(endpoint).write(scratch / endpoint.folder)
        names = (*endpoint.variables, *endpoint.secrets)
        found += [
            Subject(
                endpoint.folder,
                scratch / endpoint.folder / "main.py",
                endpoint.function,
                scratch / endpoint.folder / "requirements.txt",
                ours,
                endpoint.concurrency,
                {name: settings[name] for name in names},
            ),
            Subject(
                f"usual {endpoint.folder}",
                HERE / "usual" / "main.py",
                endpoint.function,
                HERE / "usual" / "requirements.txt",
                usual,
                endpoint.concurrency,
                settings,
            ),
        ]
    return found


def requests(supabase_url: str) -> dict[str, tuple[Request, Request]]:
    """By endpoint, its request, and the same one as the usual way expects it."""
    token = browser(access_token(supabase_url), {"businessId": stub.BUSINESS_ID})
    return {
        "token_fn": (token, token),
        "twiml_fn": (
            webhook("/api/twilio/twiml", "twiml", BEGINNING),
            webhook("/", "twiml", BEGINNING),
        ),
        "status_fn": (
            webhook("/api/twilio/status", "status", EVENT, status=204),
            webhook("/", "status", EVENT, status=204),
        ),
    }


def access_token(supabase_url: str) -> str:
    """A rep's Supabase access token, signed as projects sign them today."""
    return jwt.encode(
        rep_claims(supabase_url, stub.USER_ID), _SIGNING_KEY, "ES256", {"kid": "bench"}
    )


def rep_claims(supabase_url: str, user_id: str) -> dict[str, object]:
    """What a rep's access token says: https://supabase.com/docs/guides/auth/jwt-fields"""
    now = int(time.time())
    return {
        "iss": f"{supabase_url}/auth/v1",
        "aud": "authenticated",
        "iat": now,
        "exp": now + 3600,
        "sub": user_id,
        "role": "authenticated",
        "aal": "aal1",
        "session_id": stub.CONVERSATION_ID,
        "email": "rep@example.com",
        "phone": "",
        "is_anonymous": False,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
        "amr": [{"method": "password", "timestamp": now}],
    }


def browser(
    token: str, body: object, *, path: str = "/api/twilio/token", status: int = 200
) -> Request:
    """A request of the web app."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Origin": ORIGIN,
    }
    return Request("POST", path, headers, json.dumps(body), status)


def webhook(path: str, name: str, form: Mapping[str, str], *, status: int = 200) -> Request:
    """A webhook of Twilio's, signed over the public address of the endpoint ``name``."""
    url = f"{PUBLIC_BASE_URL}/{name}"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(url, form),
    }
    return Request("POST", path, headers, urlencode(form), status)


BEGINNING = {
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "ApplicationSid": "AP0123456789abcdef0123456789abcdef",
    "CallSid": AGENT_SID,
    "CallStatus": "ringing",
    "Called": "",
    "Caller": f"client:{IDENTITY}",
    "Direction": "inbound",
    "From": f"client:{IDENTITY}",
    "To": stub.LEAD_NUMBER,
    "CallerId": stub.CALLER_ID,
    "LeadId": stub.CONVERSATION_ID,
    "CampaignId": stub.CONVERSATION_ID,
}
EVENT = {
    "AccountSid": ACCOUNT_SID,
    "ApiVersion": "2010-04-01",
    "CallSid": LEAD_SID,
    "ParentCallSid": AGENT_SID,
    "CallStatus": "completed",
    "CallDuration": "48",
    "Duration": "1",
    "SequenceNumber": "3",
    "CallbackSource": "call-progress-events",
    "Timestamp": "Wed, 25 Nov 2026 10:00:00 +0000",
    "Direction": "outbound-dial",
    "From": stub.CALLER_ID,
    "FromCountry": "US",
    "FromState": "CA",
    "FromCity": "SAN FRANCISCO",
    "FromZip": "94105",
    "To": stub.LEAD_NUMBER,
    "ToCountry": "US",
    "ToState": "CA",
    "ToCity": "SAN FRANCISCO",
    "ToZip": "94105",
    "Caller": stub.CALLER_ID,
    "CallerCountry": "US",
    "Called": stub.LEAD_NUMBER,
    "CalledCountry": "US",
}


def _settings(supabase_url: str) -> dict[str, str]:
    return {
        "SUPABASE_URL": supabase_url,
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_3uRpn1hRk2wTqq9mT1fWvA_x8Yb0cDe",
        "SUPABASE_SECRET_KEY": "sb_secret_3uRpn1hRk2wTqq9mT1fWvA_x8Yb0cDe",
        "SUPABASE_WEBHOOK_JWT": jwt.encode(
            {"role": "call_webhook", "exp": 4102444800}, _SIGNING_KEY, "ES256", {"kid": "bench"}
        ),
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_API_KEY_SID": "SK0123456789abcdef0123456789abcdef",
        "TWILIO_API_KEY_SECRET": "pQ7vX2mZ9kL4tB8nR1cW6yH3sD5gF0jA",
        "TWILIO_TWIML_APP_SID": "AP0123456789abcdef0123456789abcdef",
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
    }


def environment(subject: Subject, directory: Path) -> Path:
    """The Python of a virtual environment with this subject's own requirements, made below
    ``directory`` unless it is there: what else is installed changes what libraries import."""
    lock = subject.requirements.read_bytes()
    python = directory / subject.requirements.parent.name / "bin" / "python"
    marker = python.with_name(".lock")
    if marker.exists() and marker.read_bytes() == lock:
        return python
    uv = [str(Path(sys.executable).with_name("uv")), "--system-certs"]
    variables = {**os.environ, "VIRTUAL_ENV": str(python.parent.parent)}
    subprocess.run(
        [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, python.parent.parent],
        check=True,
    )
    subprocess.run(
        [
            *uv,
            *("pip", "install", "--quiet", "--require-hashes", "--no-deps", "--compile-bytecode"),
            *("-r", subject.requirements),
        ],
        check=True,
        env=variables,
    )
    marker.write_bytes(lock)
    return python
