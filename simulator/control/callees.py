"""The table of callees, and scripts for numbers."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from simulator.calls import callee_scripts
from simulator.calls.callees import ANY_OTHER, Callee
from simulator.control.frame import NETWORK, invalid, json_object


async def _list_callees(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "callees": [_callee_json(callee) for callee in request.app[NETWORK].callees.all()],
            "anyOther": {
                "does": "rings 3 s, talks 7 s, hangs up",
                "script": callee_scripts.to_json(ANY_OTHER),
            },
        }
    )


async def _script_callee(request: web.Request) -> web.Response:
    body = await json_object(request, {"number", "script"})
    number, script = body.get("number"), body.get("script", {})
    if not isinstance(number, str):
        raise invalid("number must be a string")
    table = request.app[NETWORK].callees
    if script is None:
        table.forget_script(number)
        return web.json_response({"number": number, "script": None})
    try:
        callee = table.give_script(number, callee_scripts.overrides_from_json(script))
    except ValueError as error:
        raise invalid(str(error)) from error
    return web.json_response(_callee_json(callee))


def _callee_json(callee: Callee) -> Mapping[str, object]:
    return {
        "number": callee.number,
        "does": callee.does,
        "script": callee_scripts.to_json(callee.script),
    }


ROUTES = (
    web.get("/simulator/callees", _list_callees),
    web.post("/simulator/callees", _script_callee),
)
