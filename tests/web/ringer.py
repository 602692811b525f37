"""Rings a rep's devices by the REST API, as control_fn does when it adds a participant."""

from __future__ import annotations

import httpx

from stack import Stack
from tests.end_to_end.clients import DEMO, Rep
from tests.web.network import Network, eventually


class Ringer:
    """Rings a rep's devices."""

    def __init__(self, stack: Stack, network: Network, email: str = DEMO) -> None:
        sid, secret = stack.env["TWILIO_ACCOUNT_SID"], stack.env["TWILIO_AUTH_TOKEN"]
        self._api = httpx.Client(
            base_url=f"{stack.env['TWILIO_API_URL']}/2010-04-01/Accounts/{sid}",
            auth=(sid, secret),
            timeout=60,
        )
        self._network = network
        grant = Rep.sign_in(stack, email).grant()
        self._identity, self._from = grant["identity"], grant["callerId"]
        self._rooms = 0

    def close(self) -> None:
        self._api.close()

    def ring(self, **parameters: str) -> str:
        """The SID of the leg that rings for two minutes."""
        self._rooms += 1
        query = {"conversationId": "c0000000-0000-4000-8000-0000000000ff", "reason": "transfer"}
        query |= parameters
        answer = self._api.post(
            f"/Conferences/ring-{self._rooms}/Participants.json",
            data={
                "To": f"client:{self._identity}?{httpx.QueryParams(query)}",
                "From": self._from,
                "Timeout": "120",
            },
        )
        assert answer.status_code == 201, answer.text
        sid: str = answer.json()["call_sid"]
        return sid

    def give_up(self, call_sid: str) -> None:
        answer = self._api.post(f"/Calls/{call_sid}.json", data={"Status": "completed"})
        assert answer.status_code == 200, answer.text

    def status(self, call_sid: str) -> str:
        status: str = self._api.get(f"/Calls/{call_sid}.json").json()["status"]
        return status

    def is_(self, call_sid: str, status: str) -> None:
        eventually(lambda: self.status(call_sid) == status, f"{call_sid} is {status}")
