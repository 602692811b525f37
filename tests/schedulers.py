"""A scheduler for tests. Endpoints accept its tokens in development."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from stack.scheduler import Scheduler
from tests.endpoints import SCHEDULER_ACCOUNT, SCHEDULER_AUDIENCE, serving


@contextmanager
def publishing(
    audience: str = SCHEDULER_AUDIENCE, account: str = SCHEDULER_ACCOUNT
) -> Iterator[Scheduler]:
    """A scheduler whose keys can be fetched within this context."""
    published: list[Scheduler] = []

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(published[0].keys()).encode()
            self.send_response(200 if self.path == "/oauth2/v3/certs" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    with serving(Keys) as issuer:
        published.append(Scheduler(issuer, audience, account))
        yield published[0]
