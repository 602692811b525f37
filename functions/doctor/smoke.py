"""Tests whether an endpoint refuses what it must refuse, and has the expected version.

These requests have no access token and no signature, and do not reach the database. So they are
harmless in production.
"""

from __future__ import annotations

import httpx

from functions.bundle import Endpoint
from functions.setup import proxies

ORIGIN = "https://app.callhenk.com"
VERSION_HEADER = "X-Henk-Version"
POLICY_HEADER = "Content-Security-Policy"
TIMEOUT_SECONDS = 20.0


class SmokeTestFailed(Exception):
    """The endpoint does not answer as it should. The message says what it answered, ``found`` is
    its HTTP status and error code. ``is_ours``: one of our functions answered, so the address is
    known."""

    def __init__(
        self,
        message: str,
        found: tuple[int, str | None] | None = None,
        *,
        is_ours: bool = False,
    ) -> None:
        super().__init__(message)
        self.found = found
        self.is_ours = is_ours


def check(endpoint: Endpoint, url: str, version: str | None) -> None:
    """Sends the endpoint at ``url`` requests that it must refuse; the page is loaded. ``version``
    None accepts any. Raises SmokeTestFailed."""
    try:
        with proxies.client(url, timeout=TIMEOUT_SECONDS) as client:
            if endpoint.is_page:
                _serves_page(client, url.rstrip("/"), version)
                return
            for caller in endpoint.called_by:
                # What is posted there without a form is the scheduler's.
                reads = caller == "browser" and "scheduler" in endpoint.called_by
                _refuses(client, caller, url, version, reads=reads)
    except proxies.ProxyUnusable as error:
        raise SmokeTestFailed(f"{url} cannot be asked: {error}") from error


def _serves_page(client: httpx.Client, url: str, version: str | None) -> None:
    try:
        page, config = client.get(f"{url}/"), client.get(f"{url}/config.json")
    except httpx.HTTPError as error:
        raise SmokeTestFailed(f"{url} does not answer: {type(error).__name__}") from error
    serving = page.headers.get(VERSION_HEADER)
    is_ours = serving is not None
    if page.status_code != 200 or "script-src 'self'" not in page.headers.get(POLICY_HEADER, ""):
        raise SmokeTestFailed(
            f"{url} answers {page.status_code}, and not the page with its security policy",
            (page.status_code, None),
            is_ours=is_ours,
        )
    if version is not None and serving != version:
        raise SmokeTestFailed(f"{url} is version {serving}, not {version}", is_ours=is_ours)
    if config.status_code != 200 or "functionsUrl" not in config.text:
        raise SmokeTestFailed(
            f"{url}/config.json answers {config.status_code}, and not which servers the page uses",
            (config.status_code, None),
            is_ours=is_ours,
        )


def _refuses(
    client: httpx.Client, caller: str, url: str, version: str | None, *, reads: bool
) -> None:
    try:
        if caller == "twilio":
            question, expected = "an unsigned webhook", (403, "invalid_signature")
            answer = client.post(url, data={"CallSid": "CA00000000000000000000000000000000"})
        else:
            question, expected = "a request without access token", (401, "unauthenticated")
            if not reads:
                answer = client.post(url, json={}, headers={"Origin": ORIGIN})
            if reads or answer.status_code in (405, 415):
                # Browsers do not post to this endpoint. They read from it.
                answer = client.get(url, headers={"Origin": ORIGIN})
    except httpx.HTTPError as error:
        raise SmokeTestFailed(f"{url} does not answer: {type(error).__name__}") from error

    serving = answer.headers.get(VERSION_HEADER)
    found = (answer.status_code, _code(answer))
    if found != expected:
        raise SmokeTestFailed(
            f"{url} answers {found[0]} {found[1] or 'without an error code'} to {question},"
            f" not {expected[0]} {expected[1]}",
            found,
            is_ours=serving is not None,
        )
    if version is not None and serving != version:
        raise SmokeTestFailed(
            f"{url} is version {serving}, not {version}", is_ours=serving is not None
        )


def _code(answer: httpx.Response) -> str | None:
    try:
        code = answer.json()["error"]["code"]
    except (ValueError, LookupError, TypeError):
        return None
    return code if isinstance(code, str) else None
