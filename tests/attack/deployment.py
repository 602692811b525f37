"""The functions in a process of their own. In place of Supabase there is a server that publishes
keys and counts the requests it gets."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from stack.processes import Process
from stack.settings import CHECKOUT
from tests.endpoints import BUSINESS_ID, ENVIRONMENT, claims, serving
from tests.stacks import free_port_base

# One answer for all database functions.
ANSWER = {
    "new": True,
    "business_id": BUSINESS_ID,
    "caller_id": None,
    "conversation_id": None,
    "block_reason": "invalid_number",
    "to_number": None,
    "from_number": None,
}


class Project:
    """In place of a Supabase project: its keys by id, and how often it was asked.

    ``down``: it publishes no keys. ``revoked``: the database refuses access tokens; otherwise the
    database answers as if all went well.
    """

    def __init__(self) -> None:
        self.url = ""
        self.keys = {"first": ec.generate_private_key(ec.SECP256R1())}
        self.down = self.revoked = False
        self.key_fetches = self.database_requests = 0

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
        """The claims of a good access token of this project. None as a value leaves that claim
        out."""
        return claims(**{"iss": f"{self.url}/auth/v1"} | changes)

    def token(self, **changes: object) -> str:
        """An access token, signed by the first key."""
        header = {"kid": "first"}
        return jwt.encode(self.claims(**changes), self.keys["first"], "ES256", headers=header)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The server answers as long as the context lasts."""
        project = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/rest/"):
                    self.answer_as_database([])
                else:
                    project.key_fetches += 1
                    self.answer(503 if project.down else 200, project.published())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.answer_as_database(ANSWER)

            def answer_as_database(self, body: object) -> None:
                project.database_requests += 1
                if project.revoked:
                    self.answer(401, {"code": "PGRST301", "message": "No suitable key"})
                else:
                    self.answer(200, body)

            def answer(self, status: int, body: object) -> None:
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_args: object) -> None:
                pass

        with serving(Handler) as self.url:
            yield

    def settings(self) -> dict[str, str]:
        """The settings of functions that use this project."""
        # In development, because deployed functions talk to Supabase over https only.
        return {**ENVIRONMENT, "SUPABASE_URL": self.url, "HENK_ENV": "development"}


@contextmanager
def functions(variables: Mapping[str, str], directory: Path) -> Iterator[str]:
    """All endpoints on one port, as the local stack runs them. Yields the address of
    ``/api/twilio``."""
    port = free_port_base()
    process = Process(
        "The functions' server",
        [sys.executable, "-m", "functions.local_server", f"--port={port}"],
        log_path=directory / "functions.log",
        env={**os.environ, **variables},
        cwd=CHECKOUT,
    )
    try:
        _wait_for(process, f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/api/twilio"
    finally:
        process.stop()


def _wait_for(process: Process, url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        process.check()
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"no answer: {process.log_tail()}")
