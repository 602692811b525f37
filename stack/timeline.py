"""A call as it goes on, for people to read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

import httpx

from stack.demo_rep import Json, read_json, request
from stack.lines import say

_LEG_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Timeline:
    """Prints what the phone network says about a call, soon after it happens."""

    def __init__(
        self,
        http: httpx.Client,
        simulator_url: str,
        call_sid: str,
        read_names: Callable[[str], Mapping[str, str]],
    ) -> None:
        """`read_names`: who has which leg id, by the CallSid of the call."""
        self.call_sid = call_sid
        self.is_over = False
        self.http = http
        self._simulator_url = simulator_url
        self._read_names = read_names
        self._names: Mapping[str, str] = {}
        self._seen = 0
        # When the call began, by our clock.
        self._began = time.monotonic()
        health = read_json(request(http, "GET", f"{simulator_url}/health"), "The simulator")
        # Real seconds in a second of the call.
        self.time_scale = float(health["timeScale"])

    def read(self, wait_seconds: float) -> None:
        """Prints what happened since the last time. Waits for it for so many real seconds."""
        answer = request(
            self.http,
            "GET",
            f"{self._simulator_url}/simulator/calls/{self.call_sid}/events",
            params={"after": str(self._seen), "wait": str(wait_seconds)},
        )
        page = read_json(answer, "The simulator")
        for event in page["events"]:
            self._seen = event["n"]
            # Nothing is printed before it happened, so the call began no later than this.
            began = time.monotonic() - event["seconds"] * self.time_scale
            self._began = min(self._began, began)
            say(event["seconds"], event["kind"], _LEG_ID.sub(self._name, event["text"]))
        self.is_over = page["ended"] and not page["events"]

    def say(self, what: str, text: str) -> None:
        """Prints something that we did, after everything that happened before."""
        seconds = (time.monotonic() - self._began) / self.time_scale
        self.read(wait_seconds=0)
        say(seconds, what, text)

    def hang_up(self, *roles: str) -> None:
        """Whoever has one of these roles in the phone network hangs up; nobody twice."""
        url = f"{self._simulator_url}/simulator/calls/{self.call_sid}/legs"
        for leg in self.call()["legs"]:
            if leg["role"] in roles:
                # 409 for a leg that is over.
                request(self.http, "POST", f"{url}/{leg['callSid']}/hangup")

    def call(self) -> Json:
        """Everything that the phone network knows about the call."""
        url = f"{self._simulator_url}/simulator/calls/{self.call_sid}"
        call: Json = read_json(request(self.http, "GET", url), "The simulator")
        return call

    def _name(self, leg_id: re.Match[str]) -> str:
        if leg_id.group() not in self._names:
            self._names = self._read_names(self.call_sid)
        return self._names.get(leg_id.group(), leg_id.group())
