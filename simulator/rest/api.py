"""Twilio's REST API, version 2010-04-01, as far as operators' tools and the reconciler use it.

Answers follow Twilio's published description (github.com/twilio/twilio-oai), errors follow
twilio.com/docs/usage/twilios-response. Each resource has a file of its own.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler

from simulator.calls.network import PhoneNetwork
from simulator.protocol.account import API_VERSION
from simulator.rest import (
    accounts,
    applications,
    calls,
    conferences,
    participants,
    phone_numbers,
    recording_media,
    recordings,
    user_messages,
)
from simulator.rest.frame import ApiError, Handler, not_found

RESOURCES = (
    accounts,
    phone_numbers,
    applications,
    calls,
    conferences,
    participants,
    recordings,
    recording_media,
    user_messages,
)

_FAULTS: Mapping[int, tuple[int, str]] = {
    401: (20003, "Authenticate"),
    404: (20404, "The requested resource was not found"),
    429: (20429, "Too Many Requests"),
}
"""Code and message of the errors that a request can ask for."""


@dataclass
class Fault:
    """What happens to the next requests, instead of or besides their answer."""

    status: int | None = None
    count: int | None = None
    """How many requests; None for all."""
    retry_after: int | None = None
    delay_seconds: float = 0.0
    answer_delay_seconds: float = 0.0
    """What was asked is done at once, and the answer comes so much later."""
    path: str = ""
    """Only requests whose path contains this."""
    method: str = ""
    """Only requests with this method; blank: all."""
    cut_off: bool = False
    """The connection closes in the middle of the answer."""


@dataclass
class RestApi:
    """The API over a network's account. ``requests`` counts by method and template of the path."""

    network: PhoneNetwork
    fault: Fault | None = None
    requests: Counter[str] = field(default_factory=Counter)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add all resources, and a 404 in Twilio's form for every other path of the API."""
        for resource in RESOURCES:
            for method, path, handler in resource.ROUTES:
                router.add_route(method, path, self._answering(path, handler))
        router.add_route("*", f"/{API_VERSION}{{rest:.*}}", self._answering("", _nowhere))

    def _answering(self, template: str, handler: Handler) -> WebHandler:
        """``handler`` with what all requests share: counting, faults, authentication, errors."""

        async def answer(request: web.Request) -> web.StreamResponse:
            self.requests[f"{request.method} {template or request.path}"] += 1
            fault = self._fault_of(request)
            try:
                await _meet(fault)
                self._authenticate(request, template)
                response: web.Response = await handler(self.network, request)
            except ApiError as error:
                response = web.json_response(
                    {
                        "code": error.code,
                        "message": error.message,
                        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
                        "status": error.status,
                    },
                    status=error.status,
                    headers=error.headers,
                )
            response.headers["Twilio-Request-Id"] = f"RQ{uuid.uuid4().hex}"
            await asyncio.sleep(fault.answer_delay_seconds)
            if fault.cut_off:
                return await _half(request, response)
            return response

        return answer

    def _fault_of(self, request: web.Request) -> Fault:
        """What happens to this request."""
        fault = self.fault
        wanted = fault is not None and (
            fault.path in request.path and fault.method in ("", request.method)
        )
        if fault is None or not wanted:
            return Fault()
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self.fault = None
        return fault

    def _authenticate(self, request: web.Request, template: str) -> None:
        account = self.network.account
        username, password = _credentials(request.headers.get("Authorization", ""))
        key = account.api_keys.get(username)
        by_key = key is not None and password == key.secret
        if not by_key and (username, password) != (account.sid, account.auth_token):
            raise ApiError(401, 20003, "Authenticate")
        if by_key and template == accounts.PATH:
            # A standard API key cannot read accounts and keys.
            raise ApiError(401, 20003, "Authenticate")
        if request.match_info.get("account_sid", account.sid) != account.sid:
            raise not_found(request)


async def _meet(fault: Fault) -> None:
    """Let ``fault`` happen before the request is answered. Raises ApiError."""
    await asyncio.sleep(fault.delay_seconds)
    if fault.status is not None:
        error = ApiError(fault.status, *_FAULTS.get(fault.status, (20500, "Error")))
        if fault.retry_after is not None:
            error.headers["Retry-After"] = str(fault.retry_after)
        raise error


async def _nowhere(network: PhoneNetwork, request: web.Request) -> web.Response:
    raise not_found(request)


async def _half(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Send the first half of ``response``, then close the connection."""
    body = response.body
    whole = body if isinstance(body, bytes) else b""
    cut = web.StreamResponse(headers={"Content-Type": response.headers["Content-Type"]})
    cut.content_length = len(whole)
    await cut.prepare(request)
    await cut.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.close()
    return cut


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    username, _, password = text.partition(":")
    return (username, password) if scheme.lower() == "basic" else ("", "")
