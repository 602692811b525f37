"""The instances behind a GoogleCloud: what was deployed runs under functions-framework."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx

from tests.endpoints import serving
from tests.functions.deploy.google_cloud import GoogleCloud, Revision
from tests.stacks import free_port_base

_START_SECONDS = 60.0
# What the client has undone already.
_OF_THE_CONNECTION = {"transfer-encoding", "connection", "content-length", "content-encoding"}


class Instances:
    """One process for each distinct code and settings, however many revisions have them."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
        # One client for all, because making one takes as long as twenty requests.
        self.client = httpx.Client(timeout=60)

    def port(self, revision: Revision, environment: dict[str, str]) -> int | None:
        """Where the revision answers; None if it does not start."""
        key = _digest(Path(revision.source), environment)
        if key not in self._running:
            port = free_port_base()
            process = subprocess.Popen(
                [
                    Path(sys.executable).with_name("functions-framework"),
                    f"--target={revision.function}",
                    f"--port={port}",
                ],
                cwd=revision.source,
                env={"PATH": os.environ["PATH"], "K_SERVICE": "henk", **environment},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self._running[key] = process, port
            deadline = time.monotonic() + _START_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    self.client.get(f"http://127.0.0.1:{port}/", timeout=1)
                    break
                except httpx.HTTPError:
                    time.sleep(0.02)
        process, port = self._running[key]
        return port if process.poll() is None else None

    def stop(self) -> None:
        """Ends every process."""
        # A server waits for open connections when it stops.
        self.client.close()
        for process, _ in self._running.values():
            process.terminate()
        for process, _ in self._running.values():
            process.wait(60)


def _digest(source: Path, environment: dict[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(environment.items())).encode())
    for file in sorted(source.rglob("*.py")):
        digest.update(str(file.relative_to(source)).encode() + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def front(clouds: list[GoogleCloud], instances: Instances) -> Iterator[str]:
    """Google's front end: the address under which the newest of ``clouds`` is reached, by paths
    /[TAG---]SERVICE/… in place of host names."""

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            cloud = clouds[-1]
            _, host, *rest = self.path.split("/", 2)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            revision = cloud.revision_at(host)
            port = revision and instances.port(revision, cloud.environment_of(revision))
            if not port:
                self.send_error(404 if revision is None else 503)
                return
            answer = instances.client.request(
                self.command,
                f"http://127.0.0.1:{port}/{rest[0] if rest else ''}",
                headers={k: v for k, v in self.headers.items() if k.lower() != "host"},
                content=body,
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _OF_THE_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Front) as url:
        yield url
