"""The control API: stands for the browser's Voice SDK, and shows what the network did."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import islice
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator import callees
from simulator.access_token import TokenRefused
from simulator.calls import Call
from simulator.network import PhoneNetwork

MAX_WAIT_SECONDS = 60.0
MAX_LISTED = 10_000

_NETWORK = web.AppKey("network", PhoneNetwork)


class Refused(Exception):
    """A request that the control API refuses."""

    def __init__(self, status: int, code: str | int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def make_app(network: PhoneNetwork) -> web.Application:
    """The control API over ``network``, which the caller closes."""
    app = web.Application(middlewares=[_errors_as_json])
    app[_NETWORK] = network
    app.router.add_get("/health", _health)
    app.router.add_get("/simulator/callees", _callees)
    app.router.add_post("/simulator/calls", _place_call)
    app.router.add_get("/simulator/calls", _list_calls)
    app.router.add_get("/simulator/calls/{sid}", _show_call)
    app.router.add_get("/simulator/calls/{sid}/events", _events)
    app.router.add_post("/simulator/calls/{sid}/hangup", _agent_hangs_up)
    app.router.add_post("/simulator/calls/{sid}/callee-hangup", _callee_hangs_up)
    return app


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
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


async def _health(request: web.Request) -> web.Response:
    network = request.app[_NETWORK]
    return web.json_response(
        {
            "status": "ok",
            "accountSid": network.account.sid,
            "activeCalls": network.active,
            "keptCalls": len(network.calls),
            "timeScale": network.clock.time_scale,
        }
    )


async def _callees(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "callees": [
                {
                    "number": callee.number,
                    "does": callee.does,
                    "script": callees.to_json(callee.script),
                }
                for callee in callees.CALLEES
            ],
            "anyOther": {
                "does": "rings 3 s, talks 7 s, hangs up",
                "script": callees.to_json(callees.ANY_OTHER),
            },
        }
    )


async def _place_call(request: web.Request) -> web.Response:
    body = await _json_object(request)
    unknown = sorted(set(body) - {"accessToken", "params", "script"})
    if unknown:
        raise Refused(400, "invalid_request", "unknown fields: " + ", ".join(unknown))
    token = body.get("accessToken")
    if not isinstance(token, str):
        raise Refused(400, "invalid_request", "accessToken must be a string")
    params = body.get("params", {})
    if not isinstance(params, Mapping) or not all(isinstance(v, str) for v in params.values()):
        raise Refused(400, "invalid_request", "params must be an object of strings")
    try:
        overrides = callees.overrides_from_json(body.get("script", {}))
    except ValueError as error:
        raise Refused(400, "invalid_request", str(error)) from error
    try:
        call = request.app[_NETWORK].place_call(token, params, overrides)
    except TokenRefused as refused:
        raise Refused(401, refused.code, refused.message) from refused
    return web.json_response({"callSid": call.sid}, status=201)


async def _list_calls(request: web.Request) -> web.Response:
    network = request.app[_NETWORK]
    limit = int(_number(request, "limit", 100, MAX_LISTED))
    newest = [call.summary() for call in islice(reversed(network.calls.values()), limit)]
    return web.json_response(
        {"calls": newest, "active": network.active, "kept": len(network.calls)}
    )


async def _show_call(request: web.Request) -> web.Response:
    return web.json_response(_call(request).to_json())


async def _events(request: web.Request) -> web.Response:
    call = _call(request)
    after = int(_number(request, "after", 0, math.inf))
    wait = _number(request, "wait", 0, math.inf)
    events = await call.events_after(after, min(wait, MAX_WAIT_SECONDS))
    return web.json_response({"events": events, "ended": call.ended})


async def _agent_hangs_up(request: web.Request) -> web.Response:
    call = _call(request)
    if not call.hang_up("agent"):
        raise Refused(409, "call_over", "the agent is not on the call any more")
    return web.json_response({"callSid": call.sid}, status=202)


async def _callee_hangs_up(request: web.Request) -> web.Response:
    call = _call(request)
    if not call.hang_up("callee"):
        raise Refused(409, "no_callee", "nobody is being called or talked to")
    return web.json_response({"callSid": call.sid}, status=202)


def _call(request: web.Request) -> Call:
    sid = request.match_info["sid"]
    call = request.app[_NETWORK].calls.get(sid)
    if call is None:
        raise Refused(404, "not_found", f"no call {sid}")
    return call


async def _json_object(request: web.Request) -> Mapping[str, object]:
    try:
        body: object = json.loads(await request.read())
    except ValueError as error:
        raise Refused(400, "invalid_request", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "invalid_request", "the body is not a JSON object")
    return cast("dict[str, object]", body)


def _number(request: web.Request, name: str, default: float, most: float) -> float:
    try:
        value = float(request.query.get(name, default))
    except ValueError:
        value = -1
    if not 0 <= value <= most or math.isinf(value):
        raise Refused(400, "invalid_request", f"{name} must be a number from 0")
    return value
