"""Endpoints, loaded as in production, and their two callers: browsers and Twilio."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from unittest import mock
from urllib.parse import urlencode

import functions_framework
import jwt
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from functions import bundle
from tests.canned_server import CANNED

SUPABASE_URL = CANNED.url
REST = "/rest/v1"
JWT_SECRET = "a-secret-that-signs-access-tokens-of-old-projects"
PUBLISHABLE_KEY = "sb_publishable_3uRpn1hRk2wTqq9mT1fWvA_x8Yb0cDe"
PUBLIC_BASE_URL = "https://app.callhenk.com/api/twilio"
ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef"
API_KEY_SID = "SK0123456789abcdef0123456789abcdef"
API_KEY_SECRET = "pQ7vX2mZ9kL4tB8nR1cW6yH3sD5gF0jA"
TWIML_APP_SID = "AP0123456789abcdef0123456789abcdef"
AUTH_TOKEN = "5f4dcc3b5aa765d61d8327deb882cf99"
NEXT_AUTH_TOKEN = "098f6bcd4621d373cade4e832627b4f6"
WEBHOOK_JWT = jwt.encode({"role": "call_webhook", "exp": 4102444800}, JWT_SECRET)
RECONCILER_JWT = jwt.encode({"role": "call_reconciler", "exp": 4102444800}, JWT_SECRET)
RECORDER_JWT = jwt.encode({"role": "call_recorder", "exp": 4102444800}, JWT_SECRET)
REPORTER_JWT = jwt.encode({"role": "call_reporter", "exp": 4102444800}, JWT_SECRET)
SCHEDULER_ACCOUNT = "henk-scheduler@henk.iam.gserviceaccount.com"
SCHEDULER_AUDIENCE = "https://reconcile-fn-123456789012.europe-west1.run.app"

ENVIRONMENT = {
    "SUPABASE_URL": SUPABASE_URL,
    "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
    "SUPABASE_JWT_SECRET": JWT_SECRET,
    "SUPABASE_WEBHOOK_JWT": WEBHOOK_JWT,
    "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
    "TWILIO_API_KEY_SID": API_KEY_SID,
    "TWILIO_API_KEY_SECRET": API_KEY_SECRET,
    "TWILIO_TWIML_APP_SID": TWIML_APP_SID,
    "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
    "SUPABASE_RECONCILER_JWT": RECONCILER_JWT,
    "SUPABASE_RECORDER_JWT": RECORDER_JWT,
    "SUPABASE_REPORTER_JWT": REPORTER_JWT,
    "SCHEDULER_SERVICE_ACCOUNT": SCHEDULER_ACCOUNT,
    "SCHEDULER_AUDIENCE": SCHEDULER_AUDIENCE,
}

ORIGIN = "https://app.callhenk.com"
FORM = "application/x-www-form-urlencoded"
USER_ID = "7a5c0ed1-52f4-4a6b-9c64-2f0b8f2a1d11"
BUSINESS_ID = "c9b1a8f0-3c1e-4f0e-8a53-9d0a5b7e6f22"
IDENTITY = f"user_{USER_ID.replace('-', '')}_{BUSINESS_ID.replace('-', '')}"
CALL_SID = "CA00000000000000000000000000000001"
LEAD_CALL_SID = "CA00000000000000000000000000000002"

Fields = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Endpoint:
    """An endpoint in functions-framework, the server that production uses."""

    path: str
    module: ModuleType
    client: FlaskClient

    def browser(
        self,
        body: object = None,
        *,
        method: str = "POST",
        query: str = "",
        origin: str | None = ORIGIN,
        token: str | None = "",
        accept: str | None = None,
    ) -> TestResponse:
        """A request of the web app. ``body`` is sent as JSON. ``token`` is an access token; the
        default is a valid one, and None sends none."""
        headers = {
            "Origin": origin,
            "Authorization": None if token is None else f"Bearer {token or access_token()}",
            "Accept": accept,
        }
        return self.client.open(
            self.path + query,
            method=method,
            headers={name: value for name, value in headers.items() if value is not None},
            data=None if body is None else json.dumps(body),
            content_type=None if body is None else "application/json",
        )

    def twilio(
        self,
        fields: Fields,
        *,
        query: str = "",
        signature: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """A webhook. It has the right signature unless one is given."""
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        if signature is None:
            url = PUBLIC_BASE_URL + self.path.removeprefix("/api/twilio") + query
            signature = sign(AUTH_TOKEN, url, pairs)
        return self.client.post(
            self.path + query,
            data=urlencode(pairs),
            content_type=FORM,
            headers={"X-Twilio-Signature": signature} | dict(headers or {}),
        )


def start(function: str, source: Path, variables: Mapping[str, str]) -> Endpoint:
    """Starts functions-framework with this function and exactly these environment variables."""
    create_app: Callable[[str, str], Flask] = functions_framework.create_app
    # create_app changes os.environ, sys.path and sys.modules.
    with (
        mock.patch.dict(os.environ, variables, clear=True),
        mock.patch.object(sys, "path", sys.path.copy()),
    ):
        try:
            app = create_app(function, str(source))
            return Endpoint("/", sys.modules[source.stem], app.test_client())
        finally:
            sys.modules.pop(source.stem, None)


def load(folder: str, **settings: str | None) -> Endpoint:
    """Loads an endpoint again, with a complete environment and these changes. None unsets."""
    entry = {endpoint.folder: endpoint for endpoint in bundle.endpoints()}[folder]
    variables = {k: v for k, v in (ENVIRONMENT | settings).items() if v is not None}
    started = start(entry.function, bundle.ROOT / folder / "main.py", variables)
    return replace(started, path=entry.path)


@functools.cache
def loaded(folder: str) -> Endpoint:
    """An endpoint with the complete environment. Tests share it, so they must not change it."""
    return load(folder)


def rpc(function: str) -> str:
    """The path at which Supabase's REST API takes calls of an SQL function."""
    return f"{REST}/rpc/{function}"


def claims(**changes: object) -> dict[str, object]:
    """The claims of Supabase's access tokens, with these changes. None leaves a claim out."""
    now = int(time.time())
    usual: dict[str, object] = {
        "iss": f"{SUPABASE_URL}/auth/v1",
        "aud": "authenticated",
        "exp": now + 3600,
        "iat": now,
        "sub": USER_ID,
        "role": "authenticated",
        "aal": "aal1",
        "session_id": str(uuid.uuid4()),
        "email": "rep@example.com",
        "phone": "",
        "is_anonymous": False,
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def access_token(**changes: object) -> str:
    """A rep's access token, signed with the project's secret."""
    return jwt.encode(claims(**changes), JWT_SECRET)


def sign(auth_token: str, url: str, fields: Iterable[tuple[str, str]] = ()) -> str:
    """X-Twilio-Signature, made from Twilio's documentation and without Twilio's library:
    https://www.twilio.com/docs/usage/webhooks/webhooks-security"""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class _Server(ThreadingHTTPServer):
    # Many clients may connect at the same time.
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), handler)
    # By default, shutdown takes up to half a second.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
