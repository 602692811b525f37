"""Browsers that are connected, and their sockets, broken on request."""

from __future__ import annotations

from aiohttp import web

from simulator.control.frame import SIGNALLING, Refused, call_of, invalid, json_object, number

MAX_OUTAGE_SECONDS = 600.0


async def _list_browsers(request: web.Request) -> web.Response:
    sockets = request.app[SIGNALLING].sockets
    return web.json_response({"browsers": [socket.to_json() for socket in sockets]})


async def _start_outage(request: web.Request) -> web.Response:
    body = await json_object(request, {"seconds", "dropSockets"})
    seconds, drop = (
        number(body, "seconds", None, MAX_OUTAGE_SECONDS),
        body.get("dropSockets", False),
    )
    if not isinstance(drop, bool):
        raise invalid("dropSockets must be true or false")
    dropped = request.app[SIGNALLING].cut(seconds, drop)
    return web.json_response({"seconds": seconds, "droppedSockets": dropped}, status=202)


async def _drop_socket(request: web.Request) -> web.Response:
    call_of(request)
    sid = request.match_info["sid"]
    if not request.app[SIGNALLING].drop_sockets(sid):
        raise Refused(409, "no_socket", "no browser is connected for this leg")
    return web.json_response({"callSid": sid}, status=202)


ROUTES = (
    web.get("/simulator/browsers", _list_browsers),
    web.post("/simulator/outage", _start_outage),
    web.post("/simulator/calls/{sid}/drop-socket", _drop_socket),
)
