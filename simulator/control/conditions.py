"""The networks of browsers, made worse on request."""

from __future__ import annotations

from typing import TypedDict

from aiohttp import web

from simulator.browsers.conditions import Conditions, Way
from simulator.control.frame import SIGNALLING, Body, invalid, json_object, number

MAX_SECONDS = 3600.0
MAX_DELAY_MS = 10_000.0
MAX_JITTER_MS = 100.0

_WAYS: dict[str, frozenset[Way]] = {
    "both": frozenset(("in", "out")),
    "in": frozenset(("in",)),
    "out": frozenset(("out",)),
}
_FIELDS = {
    *("identity", "loss", "jitterMs", "delayMs", "direction"),
    *("audioLost", "silence", "blockAudio", "seconds"),
}


class ConditionsJson(TypedDict):
    """The conditions of an identity's browsers; of all others if it is null."""

    identity: str | None
    loss: float
    jitterMs: float
    delayMs: float
    direction: str
    audioLost: Way | None
    silence: Way | None
    blockAudio: bool


async def _set_conditions(request: web.Request) -> web.Response:
    body = await json_object(request, _FIELDS)
    conditions = request.app[SIGNALLING].conditions
    if not body:
        conditions.reset()
        return _shown(request, 202)
    identity, block = body.get("identity"), body.get("blockAudio")
    direction = body.get("direction", "both")
    if not isinstance(identity, str | None):
        raise invalid("identity must be a string or null")
    if not isinstance(direction, str) or direction not in _WAYS:
        raise invalid("direction must be both, in or out")
    if not isinstance(block, bool | None):
        raise invalid("blockAudio must be true or false")
    conditions.put(
        identity,
        Conditions(
            loss=number(body, "loss", 0, 1),
            jitter_ms=number(body, "jitterMs", 0, MAX_JITTER_MS),
            delay_ms=number(body, "delayMs", 0, MAX_DELAY_MS),
            ways=_WAYS[direction],
            audio_lost=_way(body, "audioLost"),
            silence=_way(body, "silence"),
            block_audio=block is True,
        ),
        number(body, "seconds", MAX_SECONDS, MAX_SECONDS),
    )
    return _shown(request, 202)


def _way(body: Body, name: str) -> Way | None:
    value = body.get(name)
    if value not in (None, "in", "out"):
        raise invalid(f"{name} must be in or out")
    return value


async def _show_conditions(request: web.Request) -> web.Response:
    return _shown(request, 200)


def _shown(request: web.Request, status: int) -> web.Response:
    known = request.app[SIGNALLING].conditions.all()
    shown = [_json(identity, conditions) for identity, conditions in known.items()]
    return web.json_response({"conditions": shown}, status=status)


def _json(identity: str | None, conditions: Conditions) -> ConditionsJson:
    return {
        "identity": identity,
        "loss": conditions.loss,
        "jitterMs": conditions.jitter_ms,
        "delayMs": conditions.delay_ms,
        "direction": "both" if len(conditions.ways) == 2 else "".join(conditions.ways),
        "audioLost": conditions.audio_lost,
        "silence": conditions.silence,
        "blockAudio": conditions.block_audio,
    }


ROUTES = (
    web.post("/simulator/network", _set_conditions),
    web.get("/simulator/network", _show_conditions),
)
