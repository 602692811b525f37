"""The port: browsers' signalling, Twilio's REST API, and the control API, which stands for a
browser where there is none, scripts the callees, breaks things, and shows what the network did."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator import callees
from simulator.access_token import TokenRefused
from simulator.callees import Callee
from simulator.calls import Call
from simulator.disorder import Disorder
from simulator.losses import CALLBACKS, Losses
from simulator.network import PhoneNetwork
from simulator.rest_api import Fault, RestApi
from simulator.signalling import Signalling
from simulator.webhooks import DeliveryKind

MAX_WAIT_SECONDS = 60.0
MAX_LISTED = 10_000
MAX_OUTAGE_SECONDS = 600.0

_NETWORK = web.AppKey("network", PhoneNetwork)
_SIGNALLING = web.AppKey("signalling", Signalling)
_API = web.AppKey("api", RestApi)


class Refused(Exception):
    """A request that the control API refuses."""

    def __init__(self, status: int, code: str | int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def make_app(network: PhoneNetwork, signalling: Signalling | None = None) -> web.Application:
    """Signalling and control API over ``network``, which the caller closes."""
    signalling = signalling or Signalling(network)
    app = web.Application(middlewares=[_errors_as_json])
    app[_NETWORK] = network
    app[_SIGNALLING] = signalling
    app[_API] = api = RestApi(network)
    app.on_shutdown.append(_close_signalling)
    app.router.add_get("/signal", signalling.handle)
    app.router.add_get("/health", _health)
    api.add_routes(app.router)
    app.router.add_post("/simulator/account", _change_account)
    app.router.add_post("/simulator/api-faults", _set_fault)
    app.router.add_get("/simulator/api-requests", _api_requests)
    app.router.add_post("/simulator/lost-callbacks", _lose_callbacks)
    app.router.add_post("/simulator/disorder", _bring_disorder)
    app.router.add_get("/simulator/browsers", _browsers)
    app.router.add_post("/simulator/outage", _outage)
    app.router.add_get("/simulator/callees", _callees)
    app.router.add_post("/simulator/callees", _script_callee)
    app.router.add_post("/simulator/calls", _place_call)
    app.router.add_get("/simulator/calls", _list_calls)
    app.router.add_get("/simulator/calls/{sid}", _show_call)
    app.router.add_get("/simulator/calls/{sid}/events", _events)
    app.router.add_post("/simulator/calls/{sid}/hangup", _agent_hangs_up)
    app.router.add_post("/simulator/calls/{sid}/callee-hangup", _callee_hangs_up)
    app.router.add_post("/simulator/calls/{sid}/drop-socket", _drop_socket)
    return app


async def _close_signalling(app: web.Application) -> None:
    await app[_SIGNALLING].close()


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
            "browsers": len(request.app[_SIGNALLING].sockets),
        }
    )


async def _callees(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "callees": [_callee(callee) for callee in request.app[_NETWORK].callees.all()],
            "anyOther": {
                "does": "rings 3 s, talks 7 s, hangs up",
                "script": callees.to_json(callees.ANY_OTHER),
            },
        }
    )


async def _script_callee(request: web.Request) -> web.Response:
    body = await _json_object(request)
    _refuse_unknown(body, {"number", "script"})
    number, script = body.get("number"), body.get("script", {})
    if not isinstance(number, str):
        raise Refused(400, "invalid_request", "number must be a string")
    table = request.app[_NETWORK].callees
    if script is None:
        table.forget_script(number)
        return web.json_response({"number": number, "script": None})
    try:
        callee = table.give_script(number, callees.overrides_from_json(script))
    except ValueError as error:
        raise Refused(400, "invalid_request", str(error)) from error
    return web.json_response(_callee(callee))


def _callee(callee: Callee) -> Mapping[str, object]:
    return {
        "number": callee.number,
        "does": callee.does,
        "script": callees.to_json(callee.script),
    }


async def _change_account(request: web.Request) -> web.Response:
    body = await _json_object(request)
    _refuse_unknown(body, {"status", "type", "balance", "verified"})
    account = request.app[_NETWORK].account
    status, kind = body.get("status", account.status), body.get("type", account.type)
    balance, verified = body.get("balance", account.balance), body.get("verified")
    if status not in ("active", "suspended", "closed") or kind not in ("Full", "Trial"):
        raise Refused(400, "invalid_request", "status or type is none of Twilio's")
    if not isinstance(balance, str):
        raise Refused(400, "invalid_request", "balance must be a string")
    if verified is not None and not _is_strings(verified):
        raise Refused(400, "invalid_request", "verified must be a list of numbers")
    account.status, account.type, account.balance = status, kind, balance
    if verified is not None:
        account.numbers -= account.verified
        account.verified = set(cast("list[str]", verified))
        account.numbers |= account.verified
    return web.json_response({"status": status, "type": kind, "balance": balance})


async def _set_fault(request: web.Request) -> web.Response:
    body = await _json_object(request)
    _refuse_unknown(body, {"status", "count", "retryAfter", "delaySeconds", "path", "cutOff"})
    if not body:
        request.app[_API].fault = None
        return web.json_response({"fault": None})
    status, count, retry_after = (_whole(body, key) for key in ("status", "count", "retryAfter"))
    delay, path, cut_off = body.get("delaySeconds", 0), body.get("path"), body.get("cutOff", False)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 600:
        raise Refused(400, "invalid_request", "delaySeconds must be a number from 0 to 600")
    if path is not None and not isinstance(path, str):
        raise Refused(400, "invalid_request", "path must be a string")
    if status is not None and not 400 <= status <= 599:
        raise Refused(400, "invalid_request", "status must be one of an error")
    fault = Fault(status, count, retry_after, float(delay), path or "", cut_off is True)
    request.app[_API].fault = fault
    return web.json_response({"fault": asdict(fault)}, status=202)


async def _api_requests(request: web.Request) -> web.Response:
    return web.json_response({"requests": dict(request.app[_API].requests)})


async def _lose_callbacks(request: web.Request) -> web.Response:
    body = await _json_object(request)
    _refuse_unknown(body, {"fraction", "seed", "kinds", "statuses"})
    fraction, seed = _share(body, "fraction", 1), _whole(body, "seed") or 0
    kinds, statuses = body.get("kinds", sorted(CALLBACKS)), body.get("statuses")
    if not _is_strings(kinds) or not set(cast("list[str]", kinds)) <= CALLBACKS:
        raise Refused(400, "invalid_request", f"kinds must be of {', '.join(sorted(CALLBACKS))}")
    if statuses is not None and not _is_strings(statuses):
        raise Refused(400, "invalid_request", "statuses must be a list of CallStatus")
    network = request.app[_NETWORK]
    lost = network.losses.lost
    network.losses = Losses(
        fraction,
        cast("list[DeliveryKind]", kinds),
        cast("list[str] | None", statuses),
        seed,
    )
    return web.json_response({"fraction": fraction, "lostBefore": lost}, status=202)


async def _bring_disorder(request: web.Request) -> web.Response:
    body = await _json_object(request)
    _refuse_unknown(body, {"duplicated", "failed", "delayed", "delaySeconds", "seed"})
    delay = body.get("delaySeconds", 10)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 600:
        raise Refused(400, "invalid_request", "delaySeconds must be a number from 0 to 600")
    network = request.app[_NETWORK]
    before = network.disorder.counts
    network.disorder = Disorder(
        duplicated=_share(body, "duplicated", 0),
        failed=_share(body, "failed", 0),
        delayed=_share(body, "delayed", 0),
        delay_seconds=delay,
        seed=_whole(body, "seed") or 0,
    )
    return web.json_response({"before": before}, status=202)


def _share(body: Mapping[str, object], name: str, default: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Refused(400, "invalid_request", f"{name} must be a number from 0 to 1")
    return value


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _whole(body: Mapping[str, object], name: str) -> int | None:
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise Refused(400, "invalid_request", f"{name} must be a whole number")
    return value


async def _browsers(request: web.Request) -> web.Response:
    sockets = request.app[_SIGNALLING].sockets
    return web.json_response({"browsers": [socket.to_json() for socket in sockets]})


async def _outage(request: web.Request) -> web.Response:
    body = await _json_object(request)
    _refuse_unknown(body, {"seconds", "dropSockets"})
    seconds, drop = body.get("seconds"), body.get("dropSockets", False)
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 <= seconds <= MAX_OUTAGE_SECONDS
    ):
        raise Refused(
            400, "invalid_request", f"seconds must be a number from 0 to {MAX_OUTAGE_SECONDS:g}"
        )
    if not isinstance(drop, bool):
        raise Refused(400, "invalid_request", "dropSockets must be true or false")
    dropped = request.app[_SIGNALLING].cut(seconds, drop)
    return web.json_response({"seconds": seconds, "droppedSockets": dropped}, status=202)


async def _place_call(request: web.Request) -> web.Response:
    body = await _json_object(request)
    _refuse_unknown(body, {"accessToken", "params", "script"})
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


async def _drop_socket(request: web.Request) -> web.Response:
    call = _call(request)
    if not request.app[_SIGNALLING].drop_socket(call.sid):
        raise Refused(409, "no_socket", "no browser is connected for this call")
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


def _refuse_unknown(body: Mapping[str, object], known: set[str]) -> None:
    unknown = sorted(set(body) - known)
    if unknown:
        raise Refused(400, "invalid_request", "unknown fields: " + ", ".join(unknown))


def _number(request: web.Request, name: str, default: float, most: float) -> float:
    try:
        value = float(request.query.get(name, default))
    except ValueError:
        value = -1
    if not 0 <= value <= most or math.isinf(value):
        raise Refused(400, "invalid_request", f"{name} must be a number from 0")
    return value
