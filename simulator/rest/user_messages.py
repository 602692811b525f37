"""User-defined messages: to the page of a call, and subscriptions to those that the page sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aiohttp import web

from simulator.calls.legs import Leg
from simulator.calls.media_record import Message
from simulator.calls.network import PhoneNetwork
from simulator.calls.user_messages import MAX_BYTES, Subscription
from simulator.protocol.account import HttpMethod
from simulator.rest.frame import ACCOUNT, ApiError, Routes, form_of, not_found, rfc_2822, uri_of


async def _send(network: PhoneNetwork, request: web.Request) -> web.Response:
    leg = _leg(network, request)
    text = (await form_of(request)).get("Content", "")
    try:
        message = Message(json.loads(text))
    except ValueError as error:
        raise ApiError(400, 20001, "Content must be JSON") from error
    if len(text.encode()) > MAX_BYTES:
        raise ApiError(400, 20001, f"Content must have at most {MAX_BYTES} bytes")
    if not network.messages.send(leg, message):
        raise ApiError(400, 21220, "Call is not in-progress, or has no Voice SDK")
    return web.json_response(
        {
            "account_sid": network.account.sid,
            "call_sid": leg.sid,
            "sid": message.sid,
            "date_created": rfc_2822(datetime.now(UTC)),
        },
        status=201,
    )


async def _subscribe(network: PhoneNetwork, request: web.Request) -> web.Response:
    leg = _leg(network, request)
    form = await form_of(request)
    callback = form.get("Callback", "")
    if urlsplit(callback).scheme not in ("http", "https"):
        raise ApiError(400, 20001, "Callback must be a URL")
    methods: dict[str, HttpMethod] = {"GET": "GET", "POST": "POST"}
    method = methods.get(form.get("Method", "POST"))
    if method is None:
        raise ApiError(400, 20001, "Method must be GET or POST")
    subscription = Subscription(leg.sid, callback, method)
    network.messages.subscribe(subscription)
    return web.json_response(
        {
            "account_sid": network.account.sid,
            "call_sid": leg.sid,
            "sid": subscription.sid,
            "date_created": rfc_2822(datetime.now(UTC)),
            "uri": uri_of(
                network.account,
                f"Calls/{leg.sid}/UserDefinedMessageSubscriptions/{subscription.sid}",
            ),
        },
        status=201,
    )


async def _unsubscribe(network: PhoneNetwork, request: web.Request) -> web.Response:
    if not network.messages.unsubscribe(_leg(network, request).sid, request.match_info["sid"]):
        raise not_found(request)
    return web.Response(status=204)


def _leg(network: PhoneNetwork, request: web.Request) -> Leg:
    found = network.leg(request.match_info["call_sid"])
    if found is None:
        raise not_found(request)
    return found[1]


_OF_CALL = f"{ACCOUNT}/Calls/{{call_sid}}"
_SUBSCRIPTIONS = f"{_OF_CALL}/UserDefinedMessageSubscriptions"
ROUTES: Routes = (
    ("POST", f"{_OF_CALL}/UserDefinedMessages.json", _send),
    ("POST", f"{_SUBSCRIPTIONS}.json", _subscribe),
    ("DELETE", f"{_SUBSCRIPTIONS}/{{sid}}.json", _unsubscribe),
)
