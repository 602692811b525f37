"""Clients without a browser: they are registered, and answer as their script says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast, get_args

from aiohttp import web

from simulator.calls.callee_scripts import tone_from_json
from simulator.calls.clients import MAX_SCRIPTED, ClientEnding, ClientScript
from simulator.calls.sounds import Sound
from simulator.control.frame import NETWORK, Body, invalid, json_object, number

MAX_SECONDS = 86_400
_FIELDS = {"answerAfterSeconds", "ending", "talkSeconds", "hangsUp", "voice", "toneHz"}


async def _list_clients(request: web.Request) -> web.Response:
    scripts = request.app[NETWORK].clients.scripts
    return web.json_response(
        {
            "clients": [
                {"identity": identity, "script": _to_json(script)}
                for identity, script in sorted(scripts.items())
            ]
        }
    )


async def _script_client(request: web.Request) -> web.Response:
    body = await json_object(request, {"identity", "script"})
    identity, given = body.get("identity"), body.get("script", {})
    if not isinstance(identity, str) or not identity:
        raise invalid("identity must be a string")
    scripts = request.app[NETWORK].clients.scripts
    if given is None:
        scripts.pop(identity, None)
        return web.json_response({"identity": identity, "script": None})
    if identity not in scripts and len(scripts) >= MAX_SCRIPTED:
        raise invalid(f"{MAX_SCRIPTED} clients have a script already")
    if not isinstance(given, Mapping):
        raise invalid("script must be an object or null")
    script = scripts[identity] = _from_json(given)
    return web.json_response({"identity": identity, "script": _to_json(script)})


def _from_json(given: Body) -> ClientScript:
    """Raises Refused that names the bad field."""
    unknown = sorted(set(given) - _FIELDS)
    if unknown:
        raise invalid(f"script.{unknown[0]} is unknown; known: {', '.join(sorted(_FIELDS))}")
    ending, voice = given.get("ending", "answer"), given.get("voice", "speech")
    hangs_up = given.get("hangsUp", True)
    if ending not in get_args(ClientEnding):
        raise invalid("script.ending must be one of " + ", ".join(get_args(ClientEnding)))
    if voice not in ("speech", "tone", "silence"):
        raise invalid("script.voice must be speech, tone or silence")
    if not isinstance(hangs_up, bool):
        raise invalid("script.hangsUp must be true or false")
    talks = _seconds(given, "talkSeconds", math.inf)
    return ClientScript(
        ending=cast("ClientEnding", ending),
        answer_after=_seconds(given, "answerAfterSeconds", 2.0),
        talk_seconds=talks if hangs_up else math.inf,
        voice=_tone(given) if voice == "tone" else cast("Sound", voice),
    )


def _tone(given: Body) -> float:
    try:
        return tone_from_json(given.get("toneHz", 1000))
    except ValueError as error:
        raise invalid(str(error)) from error


def _seconds(given: Body, name: str, default: float) -> float:
    """A number of seconds; null is for ever. Raises Refused."""
    if name in given and given[name] is None:
        return math.inf
    return number(given, name, default, MAX_SECONDS) if name in given else default


def _to_json(script: ClientScript) -> Mapping[str, object]:
    def seconds(value: float) -> float | None:
        return None if math.isinf(value) else value

    has_tone = not isinstance(script.voice, str)
    return {
        "ending": script.ending,
        "answerAfterSeconds": seconds(script.answer_after),
        "talkSeconds": seconds(script.talk_seconds),
        "voice": "tone" if has_tone else script.voice,
        "toneHz": script.voice if has_tone else None,
    }


ROUTES = (
    web.get("/simulator/clients", _list_clients),
    web.post("/simulator/clients", _script_client),
)
