"""Faults on request: of the REST API, of status callbacks, of all webhooks."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from aiohttp import web

from simulator.control.frame import (
    API,
    NETWORK,
    are_strings,
    invalid,
    json_object,
    number,
    whole_number,
)
from simulator.rest.api import Fault
from simulator.webhooks.deliveries import DeliveryKind
from simulator.webhooks.disorder import Disorder
from simulator.webhooks.losses import CALLBACKS, Losses

MAX_DELAY_SECONDS = 600
_FAULT_FIELDS = {
    "answerDelaySeconds",
    "count",
    "cutOff",
    "delaySeconds",
    "method",
    "path",
    "retryAfter",
    "status",
}


async def _set_api_fault(request: web.Request) -> web.Response:
    body = await json_object(request, _FAULT_FIELDS)
    if not body:
        request.app[API].fault = None
        return web.json_response({"fault": None})
    status, count, retry_after = (
        whole_number(body, name) for name in ("status", "count", "retryAfter")
    )
    delay = number(body, "delaySeconds", 0, MAX_DELAY_SECONDS)
    answer_delay = number(body, "answerDelaySeconds", 0, MAX_DELAY_SECONDS)
    path, method, cut_off = body.get("path"), body.get("method"), body.get("cutOff", False)
    if not isinstance(path, str | None) or not isinstance(method, str | None):
        raise invalid("path and method must be strings")
    if status is not None and not 400 <= status <= 599:
        raise invalid("status must be from 400 to 599")
    fault = Fault(
        status=status,
        count=count,
        retry_after=retry_after,
        delay_seconds=float(delay),
        answer_delay_seconds=float(answer_delay),
        path=path or "",
        method=method or "",
        cut_off=cut_off is True,
    )
    request.app[API].fault = fault
    return web.json_response({"fault": asdict(fault)}, status=202)


async def _count_api_requests(request: web.Request) -> web.Response:
    return web.json_response({"requests": dict(request.app[API].requests)})


async def _lose_callbacks(request: web.Request) -> web.Response:
    body = await json_object(request, {"fraction", "seed", "kinds", "statuses"})
    fraction, seed = number(body, "fraction", 1, 1), whole_number(body, "seed") or 0
    kinds, statuses = body.get("kinds", sorted(CALLBACKS)), body.get("statuses")
    if not are_strings(kinds) or not set(kinds) <= CALLBACKS:
        raise invalid(f"kinds must be of {', '.join(sorted(CALLBACKS))}")
    if statuses is not None and not are_strings(statuses):
        raise invalid("statuses must be a list of CallStatus")
    network = request.app[NETWORK]
    lost = network.losses.lost
    network.losses = Losses(fraction, cast("list[DeliveryKind]", kinds), statuses, seed)
    return web.json_response({"fraction": fraction, "lostBefore": lost}, status=202)


async def _disturb_webhooks(request: web.Request) -> web.Response:
    body = await json_object(request, {"duplicated", "failed", "delayed", "delaySeconds", "seed"})
    network = request.app[NETWORK]
    before = network.disorder.counts
    network.disorder = Disorder(
        duplicated=number(body, "duplicated", 0, 1),
        failed=number(body, "failed", 0, 1),
        delayed=number(body, "delayed", 0, 1),
        delay_seconds=number(body, "delaySeconds", 10, MAX_DELAY_SECONDS),
        seed=whole_number(body, "seed") or 0,
    )
    return web.json_response({"before": before}, status=202)


ROUTES = (
    web.post("/simulator/api-faults", _set_api_fault),
    web.get("/simulator/api-requests", _count_api_requests),
    web.post("/simulator/lost-callbacks", _lose_callbacks),
    web.post("/simulator/disorder", _disturb_webhooks),
)
