"""Webhooks to the stack as Twilio sends them; a parameter may come twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import httpx

from tests.endpoints import FORM, sign

Pairs = Iterable[tuple[str, str]]


def send(
    http: httpx.Client, env: Mapping[str, str], path: str, pairs: Pairs, *, to: str = ""
) -> httpx.Response:
    """Sends a signed webhook. ``to``: where to send it, if not to the address that is signed."""
    url = f"{env['PUBLIC_BASE_URL']}/{path}"
    fields = [("AccountSid", env["TWILIO_ACCOUNT_SID"]), *pairs]
    signature = sign(env["TWILIO_AUTH_TOKEN"], url, fields)
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
    return http.post(to or url, content=urlencode(fields), headers=headers)
