"""The functions with production's settings, and everything that they log."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from functions.setup.webhook_jwt import ROLES, SigningKey, mint
from stack import Stack
from stack.processes import Process
from stack.settings import CHECKOUT
from tests.stacks import free_port_base


@dataclass(frozen=True)
class Functions:
    """A running server: its address, its settings, and its log."""

    url: str
    env: Mapping[str, str]
    log_path: Path

    def log(self) -> str:
        """Everything that it wrote to stdout and stderr so far."""
        return self.log_path.read_text(encoding="utf-8", errors="surrogateescape")


@contextmanager
def functions(stack: Stack, log_path: Path, supabase_url: str | None = None) -> Iterator[Functions]:
    """All endpoints on one port. Supabase is the stack's, or what answers at ``supabase_url``."""
    url = f"http://127.0.0.1:{free_port_base()}"
    supabase_url = supabase_url or stack.env["SUPABASE_URL"]
    key = SigningKey.from_secret(stack.env["SUPABASE_JWT_SECRET"])
    names = [name for name in stack.env if name.startswith("TWILIO_") and name != "TWILIO_API_URL"]
    env = {name: stack.env[name] for name in names} | {
        "SUPABASE_URL": supabase_url,
        "SUPABASE_PUBLISHABLE_KEY": stack.env["SUPABASE_PUBLISHABLE_KEY"],
        "SUPABASE_JWT_SECRET": stack.env["SUPABASE_JWT_SECRET"],
        **{setting: mint(key, supabase_url, role=role) for setting, role in ROLES.items()},
        "SCHEDULER_AUDIENCE": f"{url}/api/twilio/reconcile",
        "SCHEDULER_SERVICE_ACCOUNT": "scheduler@henk.test",
        "PUBLIC_BASE_URL": f"{url}/api/twilio",
    }
    server = Process(
        "The functions' server",
        [sys.executable, "-m", "functions.local_server", f"--port={httpx.URL(url).port}"],
        log_path=log_path,
        env={"PATH": os.environ["PATH"], **env},
        cwd=CHECKOUT,
    )
    try:
        _wait_for(url, server)
        yield Functions(url, env, log_path)
    finally:
        server.stop()


def _wait_for(url: str, server: Process) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        server.check()
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"no answer: {server.log_tail()}")
