"""A call as it goes on, for people to read."""

from __future__ import annotations

import time

import httpx

from stack.demo_rep import Json, read_json, request
from stack.lines import say


class Timeline:
    """Prints what the phone network says about a call, soon after it happens."""

    def __init__(self, http: httpx.Client, simulator_url: str, call_sid: str) -> None:
        self.call_sid = call_sid
        self.is_over = False
        self.http = http
        self._simulator_url = simulator_url
        self._seen = 0
        self._last = (0.0, time.monotonic())
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
            self._last = (event["seconds"], time.monotonic())
            say(event["seconds"], event["kind"], event["text"])
        self.is_over = page["ended"] and not page["events"]

    def say(self, what: str, text: str) -> None:
        """Prints something that we did."""
        seconds, at = self._last
        say(seconds + (time.monotonic() - at) / self.time_scale, what, text)

    def end(self) -> None:
        """The lead hangs up."""
        url = f"{self._simulator_url}/simulator/calls/{self.call_sid}/callee-hangup"
        read_json(request(self.http, "POST", url), "The simulator")

    def call(self) -> Json:
        """Everything that the phone network knows about the call."""
        url = f"{self._simulator_url}/simulator/calls/{self.call_sid}"
        call: Json = read_json(request(self.http, "GET", url), "The simulator")
        return call
