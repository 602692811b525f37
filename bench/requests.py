"""The requests to the functions, as the web app, Twilio and the scheduler send and sign them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from twilio.request_validator import RequestValidator

from bench import stub

PUBLIC_BASE_URL = "https://app.callhenk.com/api/twilio"
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "5f4dcc3b5aa765d61d8327deb882cf99"
ORIGIN = "https://app.callhenk.com"
AGENT_SID = "CA00000000000000000000000000000001"
LEAD_SID = "CA00000000000000000000000000000002"
IDENTITY = f"user_{stub.USER_ID.replace('-', '')}_{stub.BUSINESS_ID.replace('-', '')}"
SCHEDULER_AUDIENCE = f"{PUBLIC_BASE_URL}/scheduled"
SCHEDULER_ACCOUNT = "scheduler@example.com"

_PROJECT_KEY = ec.generate_private_key(ec.SECP256R1())
_SCHEDULER_KEY = rsa.generate_private_key(65537, 2048)
_KEY_ID = "bench"


def _jwks(jwk: Mapping[str, object], algorithm: str) -> dict[str, object]:
    return {"keys": [{**jwk, "kid": _KEY_ID, "alg": algorithm, "use": "sig"}]}


JWKS = {
    "/auth/v1/.well-known/jwks.json": _jwks(
        jwt.algorithms.ECAlgorithm.to_jwk(_PROJECT_KEY.public_key(), as_dict=True), "ES256"
    ),
    "/oauth2/v3/certs": _jwks(
        jwt.algorithms.RSAAlgorithm.to_jwk(_SCHEDULER_KEY.public_key(), as_dict=True), "RS256"
    ),
}
"""By path, the public keys of the project and of the scheduler."""


@dataclass(frozen=True)
class Request:
    """One request, and the status of the right answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    status: int

    def encoded(self) -> bytes:
        """The bytes that are sent over HTTP/1.1."""
        content = self.body.encode()
        headers = {"Host": "127.0.0.1", "Content-Length": str(len(content)), **self.headers}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def browser(
    token: str, body: object, *, path: str = "/api/twilio/token", status: int = 200
) -> Request:
    """A request of the web app, with the rep's Supabase access ``token``."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Origin": ORIGIN,
    }
    return Request("POST", path, headers, json.dumps(body), status)


def webhook(path: str, name: str, form: Mapping[str, str], *, status: int = 200) -> Request:
    """A webhook of Twilio, signed over the public address of the endpoint ``name``."""
    url = f"{PUBLIC_BASE_URL}/{name}"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(url, form),
    }
    return Request("POST", path, headers, urlencode(form), status)


def scheduled(issuer: str, name: str) -> Request:
    """A run of the endpoint ``name``, with an identity token of ``issuer``.

    Claims: https://cloud.google.com/scheduler/docs/http-target-auth
    """
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": SCHEDULER_AUDIENCE,
        "email": SCHEDULER_ACCOUNT,
        "email_verified": True,
        "iat": now,
        "exp": now + 3600,
    }
    token = jwt.encode(claims, _SCHEDULER_KEY, "RS256", {"kid": _KEY_ID})
    headers = {"Authorization": f"Bearer {token}"}
    return Request("POST", f"/api/twilio/{name}", headers, "", 200)


def access_token(supabase_url: str) -> str:
    """A rep's Supabase access token, signed with ES256, the default of new projects."""
    claims = rep_claims(supabase_url, stub.USER_ID)
    return jwt.encode(claims, _PROJECT_KEY, "ES256", {"kid": _KEY_ID})


def role_token(role: str) -> str:
    """The JWT with which an endpoint proves its database role."""
    return jwt.encode({"role": role, "exp": 4102444800}, _PROJECT_KEY, "ES256", {"kid": _KEY_ID})


def rep_claims(supabase_url: str, user_id: str) -> dict[str, object]:
    """The claims of a rep's access token: https://supabase.com/docs/guides/auth/jwt-fields"""
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
"""What Twilio posts to the Voice URL when a browser calls."""
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
"""What Twilio posts when the lead's leg has ended."""
