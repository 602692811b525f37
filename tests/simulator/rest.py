"""Requests to the simulated REST API, each compared with Twilio's published description."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.simulator.lab import ACCOUNT_SID, AUTH_TOKEN, KEY, Lab

OPERATIONS: dict[str, Any] = json.loads(
    Path(__file__).with_name("twilio_api.json").read_text(encoding="utf-8")
)["operations"]
BASE = f"/2010-04-01/Accounts/{ACCOUNT_SID}"


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(username, password)}


TOKEN = basic(ACCOUNT_SID, AUTH_TOKEN)
BY_KEY = basic(KEY.sid, KEY.secret)


def operation(method: str, path: str) -> dict[str, Any]:
    """The description of the path, with any SIDs, names and labels in it."""
    for template, found in OPERATIONS.items():
        pattern = re.sub(r"\{\w+\}", r"[^/]+", template).replace(".", r"\.")
        if re.fullmatch(pattern, f"{method} {path}"):
            return dict(found)
    raise AssertionError(f"the description has no {method} {path}")


async def ask(
    lab: Lab,
    method: str,
    path: str,
    auth: dict[str, str] = TOKEN,
    query: dict[str, str] | None = None,
    **form: Any,
) -> Any:
    """The answer, after comparing it with the description. A list is several fields of a name."""
    described = operation(method, BASE + path)
    assert {*form, *(query or {})} <= set(described["parameters"])
    async with lab.http.request(
        method, BASE + path, headers=auth, params=query, data=form or None
    ) as response:
        body: Any = None if response.status == 204 else await response.json()
        assert response.headers["Twilio-Request-Id"].startswith("RQ")
        if response.status < 400:
            assert response.status == described["status"]
            if described["schema"]:
                jsonschema.validate(body, described["schema"])
            return body
        assert set(body) == {"code", "message", "more_info", "status"}
        assert body["status"] == response.status
        return body


async def refused(lab: Lab, method: str, path: str, **form: Any) -> tuple[int, int]:
    """The HTTP status and Twilio's code of a request that is refused."""
    error = await ask(lab, method, path, **form)
    return error["status"], error["code"]


def client_of(lab: Lab) -> Client:
    """Twilio's library as a client of the simulator. Its calls block: run them in a thread."""
    url = str(lab.http._base_url).rstrip("/")

    class Redirected(TwilioHttpClient):  # type: ignore[misc]  # twilio has no types
        def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
            asked = uri.replace("https://api.twilio.com", url)
            return super().request(method, asked, *args, **kwargs)

    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=Redirected(timeout=60))
