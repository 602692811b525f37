"""Who talks to the running stack: a rep's browser, Twilio, a client of the REST API."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx
from twilio.request_validator import RequestValidator

from stack import Stack

PASSWORD = "henk-demo-password"
DEMO, RIVAL, BOTH = "demo@henk.test", "rival@henk.test", "both@henk.test"

Json = dict[str, Any]


@dataclass(frozen=True)
class Rep:
    """A rep signed in over HTTP, and what their browser can do."""

    env: Mapping[str, str]
    access_token: str

    @classmethod
    def sign_in(cls, stack: Stack, email: str = DEMO) -> Self:
        answer = httpx.post(
            f"{stack.env['SUPABASE_URL']}/auth/v1/token?grant_type=password",
            headers={"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"]},
            json={"email": email, "password": PASSWORD},
        )
        answer.raise_for_status()
        return cls(stack.env, answer.json()["access_token"])

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """A request to a function, with the rep's access token."""
        return httpx.request(
            method,
            f"{self.env['FUNCTIONS_URL']}/api/twilio/{path}",
            headers={"Authorization": f"Bearer {self.access_token}"} | request.pop("headers", {}),
            timeout=60,
            **request,
        )

    def grant(self, business_id: str | None = None) -> Json:
        """The data of token_fn's answer."""
        body = {"businessId": business_id} if business_id else {}
        answer = self.ask("POST", "token", json=body)
        deadline = time.monotonic() + 60
        # On a busy machine the database may not answer in time.
        while answer.status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.5)
            answer = self.ask("POST", "token", json=body)
        assert answer.status_code == 200, answer.text
        data: Json = answer.json()["data"]
        return data

    def place_call(self, params: Mapping[str, str], **script: object) -> Json:
        """Places a call and waits for its end. Returns what the phone network says about it."""
        simulator = self.env["SIMULATOR_URL"]
        placed = httpx.post(
            f"{simulator}/simulator/calls",
            json={"accessToken": self.grant()["token"], "params": params, "script": script},
        )
        assert placed.status_code == 201, placed.text
        return wait_until_over(simulator, placed.json()["callSid"])

    def rows(self, table: str, **filters: str) -> list[Json]:
        """Rows of a table over REST, as row-level security shows them to the rep."""
        answer = rest(self.env, self.access_token, "GET", table, params=filters)
        assert answer.status_code == 200, answer.text
        rows: list[Json] = answer.json()
        return rows


def wait_until_over(simulator: str, call_sid: str) -> Json:
    """The call as the phone network tells it, once the last webhook is answered or given up."""
    deadline = time.monotonic() + 120
    url = f"{simulator}/simulator/calls/{call_sid}"
    seen = 0
    while time.monotonic() < deadline:
        part = httpx.get(f"{url}/events", params={"after": seen, "wait": 20}, timeout=60).json()
        seen += len(part["events"])
        if part["ended"]:
            call: Json = httpx.get(url).json()
            return call
    raise AssertionError(f"{call_sid} does not end")


def rest(
    env: Mapping[str, str], access_token: str, method: str, path: str, **request: Any
) -> httpx.Response:
    """A request to Supabase's REST API with this token."""
    return httpx.request(
        method,
        f"{env['SUPABASE_URL']}/rest/v1/{path}",
        headers={
            "apikey": env["SUPABASE_PUBLISHABLE_KEY"],
            "Authorization": f"Bearer {access_token}",
        }
        | request.pop("headers", {}),
        timeout=60,
        **request,
    )


def webhook(
    env: Mapping[str, str], path: str, params: Mapping[str, str], to: str = "", **changes: Any
) -> httpx.Response:
    """Sends a webhook as Twilio does. ``changes`` replace parts of the request after it was signed.
    ``to``: where a tunnel delivers it, if not at the address that is signed."""
    url = f"{env['PUBLIC_BASE_URL']}/{path}"
    signed = {"AccountSid": env["TWILIO_ACCOUNT_SID"], "ApiVersion": "2010-04-01", **params}
    signature = RequestValidator(env["TWILIO_AUTH_TOKEN"]).compute_signature(url, signed)
    request: dict[str, Any] = {"data": signed, "headers": {"X-Twilio-Signature": signature}}
    return httpx.post(to or url, timeout=60, **(request | changes))


def identity(user_id: str, business_id: str) -> str:
    """The parameter ``From`` of a call by this rep."""
    return f"client:user_{uuid.UUID(user_id).hex}_{uuid.UUID(business_id).hex}"


def new_call_sid() -> str:
    return f"CA{uuid.uuid4().hex}"
