"""Twilio's REST API, version 2010-04-01, as far as operators' tools and a reconciling job use it.

Answers are those of Twilio's published description (github.com/twilio/twilio-oai); errors as
twilio.com/docs/usage/twilios-response shows them.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from simulator import rest_resources as resources
from simulator.account import HttpMethod, TwimlApp
from simulator.calls import Call, Leg
from simulator.network import PhoneNetwork
from simulator.rest_resources import API_VERSION, Json

MAX_PAGE_SIZE = 1000
_DEFAULT_PAGE_SIZE = 50

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiError(Exception):
    """An error document: https://www.twilio.com/docs/api/errors."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers: dict[str, str] = {}


@dataclass
class Fault:
    """What the next requests meet in place of an answer. ``path``: only those that have it."""

    status: int | None = None
    count: int | None = None
    """How many; None for all."""
    retry_after: int | None = None
    delay_seconds: float = 0.0
    path: str = ""
    cut_off: bool = False
    """The answer ends in its middle."""


@dataclass
class RestApi:
    """The API over a network's account. ``requests`` counts by method and template of the path."""

    network: PhoneNetwork
    fault: Fault | None = None
    requests: Counter[str] = field(default_factory=Counter)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """The resources that there are."""
        account = f"/{API_VERSION}/Accounts/{{account_sid}}"
        for method, path, handler in (
            ("GET", f"/{API_VERSION}/Accounts/{{account_sid}}.json", self._account),
            ("GET", f"{account}/Balance.json", self._balance),
            ("GET", f"{account}/IncomingPhoneNumbers.json", self._numbers),
            ("GET", f"{account}/OutgoingCallerIds.json", self._caller_ids),
            ("GET", f"{account}/Applications.json", self._apps),
            ("POST", f"{account}/Applications.json", self._create_app),
            ("GET", f"{account}/Applications/{{sid}}.json", self._app),
            ("POST", f"{account}/Applications/{{sid}}.json", self._update_app),
            ("DELETE", f"{account}/Applications/{{sid}}.json", self._delete_app),
            ("GET", f"{account}/Calls.json", self._calls),
            ("GET", f"{account}/Calls/{{sid}}.json", self._call),
            ("POST", f"{account}/Calls/{{sid}}.json", self._update_call),
        ):
            router.add_route(method, path, self._answering(path, handler))
        router.add_route("*", f"/{API_VERSION}{{rest:.*}}", self._answering("", _nowhere))

    def _answering(self, template: str, handler: Handler) -> Handler:
        """The handler behind what every request passes first, in Twilio's envelope of errors."""

        async def answer(request: web.Request) -> web.StreamResponse:
            self.requests[f"{request.method} {template or request.path}"] += 1
            try:
                cut_off = await self._meet_fault(request)
                self._authenticate(request, template)
                response = await handler(request)
            except ApiError as error:
                cut_off = False
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
            if cut_off:
                return await _half(request, response)
            return response

        return answer

    async def _meet_fault(self, request: web.Request) -> bool:
        """Whether the answer is to be cut off."""
        fault = self.fault
        if fault is None or fault.path not in request.path:
            return False
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                self.fault = None
        await asyncio.sleep(fault.delay_seconds)
        if fault.status is not None:
            code = 20429 if fault.status == 429 else 20500
            error = ApiError(fault.status, code, "Too Many Requests" if code == 20429 else "Error")
            if fault.retry_after is not None:
                error.headers["Retry-After"] = str(fault.retry_after)
            raise error
        return fault.cut_off

    def _authenticate(self, request: web.Request, template: str) -> None:
        account = self.network.account
        username, password = _credentials(request.headers.get("Authorization", ""))
        key = account.api_keys.get(username)
        by_key = key is not None and password == key.secret
        if not by_key and (username, password) != (account.sid, account.auth_token):
            raise ApiError(401, 20003, "Authenticate")
        if by_key and template.endswith("/Accounts/{account_sid}.json"):
            # Standard keys reach everything but accounts and keys.
            raise ApiError(401, 20003, "Authenticate")
        if request.match_info.get("account_sid", account.sid) != account.sid:
            raise _not_found(request)

    async def _account(self, request: web.Request) -> web.Response:
        return web.json_response(resources.account_json(self.network.account))

    async def _balance(self, request: web.Request) -> web.Response:
        return web.json_response(resources.balance_json(self.network.account))

    async def _numbers(self, request: web.Request) -> web.Response:
        return self._number_page(
            request,
            "incoming_phone_numbers",
            self.network.account.numbers - self.network.account.verified,
            resources.number_json,
        )

    async def _caller_ids(self, request: web.Request) -> web.Response:
        return self._number_page(
            request, "outgoing_caller_ids", self.network.account.verified, resources.caller_id_json
        )

    def _number_page(
        self,
        request: web.Request,
        name: str,
        numbers: Iterable[str],
        to_json: Callable[..., Json],
    ) -> web.Response:
        wanted = request.query.get("PhoneNumber")
        account = self.network.account
        found = [
            to_json(account, number) for number in sorted(numbers) if wanted in (None, "", number)
        ]
        return _page(request, name, found)

    async def _apps(self, request: web.Request) -> web.Response:
        account = self.network.account
        name = request.query.get("FriendlyName")
        found = [
            resources.app_json(account, app)
            for app in account.twiml_apps.values()
            if name in (None, "", app.friendly_name)
        ]
        return _page(request, "applications", found)

    async def _create_app(self, request: web.Request) -> web.Response:
        app = TwimlApp(f"AP{uuid.uuid4().hex}", "", "")
        await _change(app, request)
        self.network.account.twiml_apps[app.sid] = app
        return web.json_response(resources.app_json(self.network.account, app), status=201)

    async def _app(self, request: web.Request) -> web.Response:
        return web.json_response(resources.app_json(self.network.account, self._found(request)))

    async def _update_app(self, request: web.Request) -> web.Response:
        app = self._found(request)
        await _change(app, request)
        return web.json_response(resources.app_json(self.network.account, app))

    async def _delete_app(self, request: web.Request) -> web.Response:
        del self.network.account.twiml_apps[self._found(request).sid]
        return web.Response(status=204)

    def _found(self, request: web.Request) -> TwimlApp:
        app = self.network.account.twiml_apps.get(request.match_info["sid"])
        if app is None:
            raise _not_found(request)
        return app

    async def _calls(self, request: web.Request) -> web.Response:
        parent = request.query.get("ParentCallSid")
        if parent:
            call = self.network.calls.get(parent)
            legs = [(call, leg) for leg in call.legs if leg.parent_sid == parent] if call else []
        else:
            legs = [(call, leg) for call in self.network.calls.values() for leg in call.legs]
        # The newest first.
        found = [
            resources.call_json(self.network.account, call, leg)
            for call, leg in reversed(legs)
            if _is_wanted(request.query, call, leg)
        ]
        return _page(request, "calls", found)

    async def _call(self, request: web.Request) -> web.Response:
        call, leg = self._leg(request)
        return web.json_response(resources.call_json(self.network.account, call, leg))

    async def _update_call(self, request: web.Request) -> web.Response:
        call, leg = self._leg(request)
        status = (await _form(request)).get("Status")
        if status not in ("completed", "canceled"):
            raise ApiError(400, 20001, "Status must be completed or canceled")
        if not leg.live or (status == "canceled" and leg.answered is not None):
            raise ApiError(400, 21220, "Call is not in-progress. Cannot redirect.")
        call.hang_up(  # the lead's own leg ends as if the lead had hung up
            "agent" if leg is call.agent else "callee"
        )
        return web.json_response(resources.call_json(self.network.account, call, leg))

    def _leg(self, request: web.Request) -> tuple[Call, Leg]:
        found = self.network.leg(request.match_info["sid"])
        if found is None:
            raise _not_found(request)
        return found


async def _nowhere(request: web.Request) -> web.StreamResponse:
    raise _not_found(request)


async def _half(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) else b""
    whole = body if isinstance(body, bytes) else b""
    cut = web.StreamResponse(headers={"Content-Type": "application/json"})
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


def _not_found(request: web.Request) -> ApiError:
    return ApiError(404, 20404, f"The requested resource {request.path} was not found")


async def _form(request: web.Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


async def _change(app: TwimlApp, request: web.Request) -> None:
    """What is not given stays. Raises ApiError, with nothing changed, for what is no value."""
    given = {
        name: value
        for parameter, value in (await _form(request)).items()
        if (name := resources.APP_FIELDS.get(parameter))
    }
    for name, value in given.items():
        if name.endswith("_method") and value not in ("GET", "POST"):
            raise ApiError(400, 20001, f"{name} must be GET or POST")
        if name in ("voice_url", "status_callback") and value and not _is_web_address(value):
            code = 21502 if name == "voice_url" else 21609
            raise ApiError(400, code, f"{name} is not a valid URL: {value}")
    for name, value in given.items():
        if name.endswith("_method"):
            setattr(app, name, cast("HttpMethod", value))
        else:
            setattr(app, name, value)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_wanted(query: Mapping[str, str], call: Call, leg: Leg) -> bool:
    wanted = {
        "Status": resources.api_status(leg),
        "To": leg.to or "",
        "From": leg.from_,
    }
    if any(query.get(name) not in (None, "", value) for name, value in wanted.items()):
        return False
    started = call.timeline.at(leg.started)
    return _within(query, "StartTime", started) and (
        leg.ended is None or _within(query, "EndTime", call.timeline.at(leg.ended))
    )


def _within(query: Mapping[str, str], name: str, moment: datetime) -> bool:
    """Filters are whole days or moments, in UTC, and take in their bound."""
    day = moment.date().isoformat()
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def mine(bound: str) -> str:
        return text if "T" in bound else day

    exactly, before, after = (query.get(f"{name}{sign}") for sign in ("", "<", ">"))
    return (
        (not exactly or mine(exactly) == exactly)
        and (not before or mine(before) <= before)
        and (not after or mine(after) >= after)
    )


def _page(request: web.Request, name: str, found: Sequence[Json]) -> web.Response:
    size = _whole(request, "PageSize", _DEFAULT_PAGE_SIZE, 1, MAX_PAGE_SIZE)
    page = _whole(request, "Page", 0, 0, 100_000)
    start = page * size
    shown = found[start : start + size]

    def uri(number: int) -> str:
        query = {**request.query, "PageSize": str(size), "Page": str(number)}
        if number:
            # Twilio wants it back beside the page; here it only proves that it came back.
            query["PageToken"] = f"PT{number}"
        return f"{request.path}?{urlencode(query)}"

    if page and request.query.get("PageToken") != f"PT{page}":
        raise ApiError(400, 20006, "Page size must be requested with a PageToken")
    return web.json_response(
        {
            name: list(shown),
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start, start + len(shown) - 1),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "next_page_uri": uri(page + 1) if start + size < len(found) else None,
            "previous_page_uri": uri(page - 1) if page else None,
        }
    )


def _whole(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise ApiError(400, 20001, f"{name} must be a number")
    return min(max(int(text), low), high)
