"""What all requests of the control API share: reading fields, errors as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TypeGuard, cast

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator.browsers.signalling import Signalling
from simulator.calls.call import Call
from simulator.calls.network import PhoneNetwork
from simulator.rest.api import RestApi

NETWORK = web.AppKey("network", PhoneNetwork)
SIGNALLING = web.AppKey("signalling", Signalling)
API = web.AppKey("api", RestApi)

Body = Mapping[str, object]


class Refused(Exception):
    """A request that the control API refuses."""

    def __init__(self, status: int, code: str | int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid(message: str) -> Refused:
    """A request with a field that is missing or wrong."""
    return Refused(400, "invalid_request", message)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers every error as ``{"error": {"code", "message"}}``."""
    try:
        return await handler(request)
    except Refused as refused:
        return _error(refused.status, refused.code, refused.message)
    except web.HTTPException as error:
        code = (error.reason or "error").lower().replace(" ", "_")
        answer = _error(error.status, code, f"{request.method} {request.path}: {error.reason}")
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer


def _error(status: int, code: str | int, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def call_of(request: web.Request) -> Call:
    """The call that the path names by the CallSid of any of its legs. Raises Refused."""
    sid = request.match_info["sid"]
    found = request.app[NETWORK].leg(sid)
    if found is None:
        raise Refused(404, "not_found", f"no call {sid}")
    return found[0]


async def json_object(request: web.Request, known: set[str]) -> Body:
    """The body, a JSON object with ``known`` fields only. Raises Refused."""
    try:
        body: object = json.loads(await request.read())
    except ValueError as error:
        raise invalid("the body is not JSON") from error
    if not isinstance(body, dict):
        raise invalid("the body is not a JSON object")
    unknown = sorted(set(body) - known)
    if unknown:
        raise invalid("unknown fields: " + ", ".join(unknown))
    return cast("dict[str, object]", body)


def number(body: Body, name: str, default: float | None, most: float) -> float:
    """The number from 0 to ``most`` in a field; without ``default`` the field is required.

    Raises Refused.
    """
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise invalid(f"{name} must be a number from 0 to {most:g}")
    return value


def whole_number(body: Body, name: str) -> int | None:
    """The whole number in a field, None if it is absent or null. Raises Refused."""
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise invalid(f"{name} must be a whole number")
    return value


def are_strings(value: object) -> TypeGuard[list[str]]:
    """Whether ``value`` is a list of strings."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def query_number(request: web.Request, name: str, default: float, most: float = math.inf) -> float:
    """The number from 0 to ``most`` in the query. Raises Refused."""
    try:
        value = float(request.query.get(name, default))
    except ValueError:
        value = -1
    if not 0 <= value <= most or math.isinf(value):
        raise invalid(f"{name} must be a number from 0")
    return value
