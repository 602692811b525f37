"""The demo's simulated colleague: Robin Rep, who is available and answers by herself.

    SUPABASE_URL=… SUPABASE_PUBLISHABLE_KEY=… SIMULATOR_URL=… DEMO_BUSINESS_ID=… \
        COLLEAGUE_EMAIL=… COLLEAGUE_PASSWORD=… python -m stack.colleague

In the phone network she is a client without a browser. In the database her presence has the same
heartbeat as a page's. While somebody has signed in as her in a browser, that browser is her phone.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx

# How often it looks whether a browser is her phone now.
_LOOK_SECONDS = 2.0
# Until the database has said how often it wants to hear from her, and after a failure.
_HEARTBEAT_SECONDS = 15.0
# She answers after three seconds and hangs up a minute later.
_SCRIPT = {"answerAfterSeconds": 3, "ending": "answer", "talkSeconds": 60, "voice": "speech"}

logger = logging.getLogger(__name__)


class _Stopped(Exception):
    """A signal asked this process to end."""


class Colleague:
    """One person of the business at her desk."""

    def __init__(self, env: Mapping[str, str], http: httpx.Client) -> None:
        self._env = env
        self._http = http
        self._access_token = ""
        self._identity = ""
        self._is_phone_here = False
        self._next_heartbeat = 0.0

    def work(self) -> None:
        """Looks who is her phone, and says that she is there when it is time. Raises
        httpx.HTTPError and ValueError."""
        if not self._access_token:
            self._sign_in()
        if self._has_browser():
            self._take_phone(None)
            return
        self._take_phone(_SCRIPT)
        if time.monotonic() >= self._next_heartbeat:
            answer = self._set_presence("available")
            seconds = float(answer.get("heartbeat_seconds") or _HEARTBEAT_SECONDS)
            self._next_heartbeat = time.monotonic() + seconds

    def leave(self) -> None:
        """Says that she is away. Raises what ``work`` raises."""
        if self._is_phone_here:
            self._set_presence("away")

    def _sign_in(self) -> None:
        answer = self._ask(
            f"{self._env['SUPABASE_URL']}/auth/v1/token?grant_type=password",
            {"email": self._env["COLLEAGUE_EMAIL"], "password": self._env["COLLEAGUE_PASSWORD"]},
        )
        self._access_token = str(answer["access_token"])
        user, business = (
            uuid.UUID(text).hex for text in (answer["user"]["id"], self._env["DEMO_BUSINESS_ID"])
        )
        self._identity = f"user_{user}_{business}"

    def _has_browser(self) -> bool:
        answer = self._http.get(f"{self._env['SIMULATOR_URL']}/simulator/browsers")
        answer.raise_for_status()
        return any(
            browser["identity"] == self._identity and browser["registered"]
            for browser in answer.json()["browsers"]
        )

    def _take_phone(self, script: Mapping[str, object] | None) -> None:
        """Makes her the phone, or with None leaves it to the browser."""
        if self._is_phone_here == (script is not None):
            return
        body = {"identity": self._identity, "script": script}
        answer = self._http.post(f"{self._env['SIMULATOR_URL']}/simulator/clients", json=body)
        answer.raise_for_status()
        self._is_phone_here = script is not None
        self._next_heartbeat = 0.0
        logger.info("%s is %s", self._identity, "here" if script else "in a browser")

    def _set_presence(self, state: str) -> Any:
        url = f"{self._env['SUPABASE_URL']}/rest/v1/rpc/set_presence"
        body = {"p_business_id": self._env["DEMO_BUSINESS_ID"], "p_state": state}
        try:
            return self._ask(url, body)
        except httpx.HTTPStatusError as error:
            # The access token lives for an hour.
            if error.response.status_code == 401:
                self._access_token = ""
            raise

    def _ask(self, url: str, body: Mapping[str, object]) -> Any:
        headers = {"apikey": self._env["SUPABASE_PUBLISHABLE_KEY"]}
        if self._access_token:
            headers["Authorization"] = f"Bearer {self._access_token}"
        answer = self._http.post(url, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()


def main() -> int:
    """Works until a signal stops it. What fails is tried again, because the stack may be busy."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _stop)
    # Every part of the stack is on this machine.
    with httpx.Client(timeout=10.0, trust_env=False) as http:
        colleague = Colleague(os.environ, http)
        try:
            while True:
                try:
                    colleague.work()
                except (httpx.HTTPError, ValueError) as error:
                    logger.warning("failed: %s", error)
                time.sleep(_LOOK_SECONDS)
        except _Stopped:
            try:
                colleague.leave()
            except (httpx.HTTPError, ValueError) as error:
                logger.warning("could not say that she leaves: %s", error)
    return 0


def _stop(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Stopped


if __name__ == "__main__":
    sys.exit(main())
