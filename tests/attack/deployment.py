"""The functions in a process of their own, in front of a Supabase project that counts what it is
asked: published keys, and database requests, which it answers as if all went well."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from stack.processes import Process
from stack.settings import CHECKOUT
from tests.stacks import free_port_base

SECRET = "a-shared-secret-of-some-forty-characters"
ACCOUNT_SID = f"AC{32 * '1'}"


class Project:
    """Keys by id, what is published of them, and the requests that came."""

    def __init__(self) -> None:
        self.keys = {"first": ec.generate_private_key(ec.SECP256R1())}
        self.down = False
        self.fetches = 0
        self.database_requests: list[str] = []
        project = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                project.fetches += 1
                self._answer(503 if project.down else 200, project.published())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                project.database_requests.append(self.path)
                self._answer(200, {"new": True, "conversation_id": None})

            def _answer(self, status: int, body: object) -> None:
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def published(self) -> dict[str, object]:
        """The key set, as Supabase publishes it."""
        return {
            "keys": [
                ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
                | {"kid": key_id, "alg": "ES256", "use": "sig"}
                for key_id, key in self.keys.items()
            ]
        }

    def claims(self, **changes: object) -> dict[str, object]:
        """Those of a good access token; a change to None leaves the claim out."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": f"{self.url}/auth/v1",
            "aud": "authenticated",
            "role": "authenticated",
            "sub": "d0000000-0000-4000-8000-000000000001",
            "iat": now,
            "exp": now + 3600,
            "is_anonymous": False,
        }
        return {name: v for name, v in (claims | changes).items() if v is not None}

    def token(self, key_id: str = "first", **changes: object) -> str:
        """Signed by the key of this id."""
        return jwt.encode(
            self.claims(**changes), self.keys[key_id], "ES256", headers={"kid": key_id}
        )

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answers inside."""
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


@contextmanager
def functions(project: Project, directory: Path, **changes: str) -> Iterator[str]:
    """All endpoints on one port; their address, up to and with `/api/twilio`. ``changes`` are
    settings, of which an empty one counts as absent."""
    port = free_port_base()
    address = f"http://127.0.0.1:{port}/api/twilio"
    environ: Mapping[str, str] = {
        **os.environ,
        "HENK_ENV": "development",
        "SUPABASE_URL": project.url,
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_0000",
        "SUPABASE_JWT_SECRET": SECRET,
        "SUPABASE_WEBHOOK_JWT": jwt.encode({"role": "call_webhook", "exp": 2**31}, SECRET, "HS256"),
        "PUBLIC_BASE_URL": address,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": 32 * "a",
        "TWILIO_AUTH_TOKEN_NEXT": "",
        "TWILIO_API_KEY_SID": f"SK{32 * '2'}",
        "TWILIO_API_KEY_SECRET": 32 * "b",
        "TWILIO_TWIML_APP_SID": f"AP{32 * '3'}",
        **changes,
    }
    process = Process(
        "The functions' server",
        [sys.executable, "-m", "functions.local_server", f"--port={port}"],
        log_path=directory / f"functions-{port}.log",
        env={name: value for name, value in environ.items() if value},
        cwd=CHECKOUT,
    )
    try:
        _wait_for(process, f"http://127.0.0.1:{port}/")
        yield address
    finally:
        process.stop()


def _wait_for(process: Process, url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        process.check()
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"no answer: {process.log_tail()}")
