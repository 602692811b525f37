"""Places a call as a browser does: an access token, then what the Voice SDK sends."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from stack.demo_rep import Json, Rep, read_json, request
from stack.lines import say


def grant_token(http: httpx.Client, env: Mapping[str, str], rep: Rep, functions_url: str) -> Json:
    """The answer of token_fn: token, identity, businessId, callerId. Raises Failed."""
    body = {"businessId": env["DEMO_BUSINESS_ID"]} if "DEMO_BUSINESS_ID" in env else {}
    answer = request(
        http,
        "POST",
        f"{functions_url}/api/twilio/token",
        headers={"Authorization": f"Bearer {rep.access_token}"},
        json=body,
    )
    grant: Json = read_json(answer, "The token function")["data"]
    say(None, "token", f"{grant['identity']}, until {grant['expiresAt']}")
    return grant


def place(
    http: httpx.Client,
    env: Mapping[str, str],
    grant: Json,
    params: Mapping[str, str],
    script: Mapping[str, object] | None = None,
) -> str:
    """Dials with these parameters of `device.connect`; returns the CallSid. `script`: what the lead
    does, in the words of the simulator. Raises Failed."""
    placed: Json = {"accessToken": grant["token"], "params": dict(params)}
    if script is not None:
        placed["script"] = dict(script)
    answer = request(http, "POST", f"{env['SIMULATOR_URL']}/simulator/calls", json=placed)
    return str(read_json(answer, "The simulator")["callSid"])
