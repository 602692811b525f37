"""Calls: placed as a browser would, listed, followed, and ended by either party."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from aiohttp import web

from simulator.calls import callee_scripts
from simulator.calls.legs import Leg
from simulator.control import call_json
from simulator.control.frame import NETWORK, Refused, call_of, invalid, json_object, query_number
from simulator.protocol.access_token import TokenRefused

MAX_WAIT_SECONDS = 60.0
MAX_LISTED = 10_000


async def _place_call(request: web.Request) -> web.Response:
    body = await json_object(request, {"accessToken", "params", "script"})
    token = body.get("accessToken")
    if not isinstance(token, str):
        raise invalid("accessToken must be a string")
    params = body.get("params", {})
    if not isinstance(params, Mapping) or not all(isinstance(v, str) for v in params.values()):
        raise invalid("params must be an object of strings")
    try:
        overrides = callee_scripts.overrides_from_json(body.get("script", {}))
    except ValueError as error:
        raise invalid(str(error)) from error
    try:
        call = request.app[NETWORK].place_call(token, params, overrides)
    except TokenRefused as refused:
        raise Refused(401, refused.code, refused.message) from refused
    return web.json_response({"callSid": call.sid}, status=201)


async def _list_calls(request: web.Request) -> web.Response:
    network = request.app[NETWORK]
    limit = int(query_number(request, "limit", 100, MAX_LISTED))
    newest = [call_json.summary(call) for call in islice(reversed(network.calls.values()), limit)]
    return web.json_response(
        {"calls": newest, "active": network.active, "kept": len(network.calls)}
    )


async def _show_call(request: web.Request) -> web.Response:
    call = call_of(request)
    rooms = request.app[NETWORK].rooms.of_call(call)
    return web.json_response(call_json.full(call, rooms))


async def _show_events(request: web.Request) -> web.Response:
    call = call_of(request)
    after = int(query_number(request, "after", 0))
    wait = query_number(request, "wait", 0)
    events = await call.log.events_after(after, min(wait, MAX_WAIT_SECONDS))
    return web.json_response({"events": events, "ended": call.ended})


async def _hang_up_agent(request: web.Request) -> web.Response:
    call = call_of(request)
    if not call.hang_up("agent"):
        raise Refused(409, "call_over", "the agent is not on the call any more")
    return web.json_response({"callSid": call.sid}, status=202)


async def _hang_up_callee(request: web.Request) -> web.Response:
    call = call_of(request)
    if not call.hang_up("callee"):
        raise Refused(409, "no_callee", "the agent is not calling anybody")
    return web.json_response({"callSid": call.sid}, status=202)


async def _hang_up_leg(request: web.Request) -> web.Response:
    leg = _leg_of(request)
    if not leg.hang_up():
        raise Refused(409, "leg_over", "this party is not on the call any more")
    return web.json_response({"callSid": leg.sid}, status=202)


async def _press_digits(request: web.Request) -> web.Response:
    leg = _leg_of(request)
    body = await json_object(request, {"digits"})
    try:
        digits = callee_scripts.digits_from_json(body.get("digits"))
    except ValueError as error:
        raise invalid(str(error)) from error
    if leg.over or leg.answered is None:
        raise Refused(409, "leg_over", "this party is not on the call")
    leg.press(digits)
    return web.json_response({"callSid": leg.sid}, status=202)


def _leg_of(request: web.Request) -> Leg:
    """The leg that the path names. Raises Refused."""
    sid = request.match_info["leg"]
    leg = next((leg for leg in call_of(request).legs if leg.sid == sid), None)
    if leg is None:
        raise Refused(404, "not_found", f"the call has no leg {sid}")
    return leg


ROUTES = (
    web.post("/simulator/calls", _place_call),
    web.get("/simulator/calls", _list_calls),
    web.get("/simulator/calls/{sid}", _show_call),
    web.get("/simulator/calls/{sid}/events", _show_events),
    web.post("/simulator/calls/{sid}/hangup", _hang_up_agent),
    web.post("/simulator/calls/{sid}/callee-hangup", _hang_up_callee),
    web.post("/simulator/calls/{sid}/legs/{leg}/hangup", _hang_up_leg),
    web.post("/simulator/calls/{sid}/legs/{leg}/digits", _press_digits),
)
