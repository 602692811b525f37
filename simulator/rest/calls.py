"""Calls: each is one leg; they can be listed, read, redirected and ended."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from simulator.calls.call import Call
from simulator.calls.legs import Callback, CallStatus, Leg, Redirection
from simulator.calls.network import PhoneNetwork
from simulator.protocol.account import API_VERSION, Account
from simulator.rest.frame import (
    ACCOUNT,
    ApiError,
    Form,
    Json,
    Routes,
    form_of,
    not_found,
    page_of,
    rfc_2822,
    uri_of,
    within,
)
from simulator.rest.outbound import web_address

# The API knows no `initiated`: until it rings, a call is queued.
MAX_TWIML = 4000
"""Characters of TwiML in a request."""

_API_STATUS: Mapping[CallStatus, str] = {"initiated": "queued"}


async def _list_calls(network: PhoneNetwork, request: web.Request) -> web.Response:
    parent = request.query.get("ParentCallSid")
    if parent:
        found_parent = network.leg(parent)
        family = found_parent[0] if found_parent else None
        legs = [(family, leg) for leg in family.legs if leg.parent_sid == parent] if family else []
    else:
        legs = [(call, leg) for call in network.calls.values() for leg in call.legs]
    # The newest first.
    found = [
        _call_json(network.account, call, leg)
        for call, leg in reversed(legs)
        if _is_wanted(request.query, call, leg)
    ]
    return page_of(request, "calls", found)


async def _show_call(network: PhoneNetwork, request: web.Request) -> web.Response:
    call, leg = _found(network, request)
    return web.json_response(_call_json(network.account, call, leg))


async def _update_call(network: PhoneNetwork, request: web.Request) -> web.Response:
    call, leg = _found(network, request)
    form = await form_of(request)
    if "Status" in form:
        _end(leg, form["Status"])
    else:
        _redirect(leg, form)
    return web.json_response(_call_json(network.account, call, leg))


def _end(leg: Leg, status: str) -> None:
    """End ``leg``. `canceled` is for calls of the REST API that were not answered; a leg that rings
    in a Dial counts as in progress (twilio.com/docs/voice/api/call-resource)."""
    if status not in ("completed", "canceled"):
        raise ApiError(400, 20001, "Status must be completed or canceled")
    waits = leg.direction == "outbound-api" and leg.answered is None
    if leg.over or (status == "canceled" and not waits):
        raise ApiError(400, 21220, "Call is not in-progress. Cannot redirect.")
    if leg.direction == "inbound":
        leg.hang_up()
    else:
        leg.release("canceled", None)


def _redirect(leg: Leg, form: Form) -> None:
    """Give ``leg`` other TwiML, and a status callback that replaces the one it has."""
    url, twiml = web_address(form, "Url"), form.get("Twiml")
    callback = web_address(form, "StatusCallback")
    if twiml and url:
        raise ApiError(400, 20001, "Url and Twiml cannot be given together")
    if twiml and len(twiml) > MAX_TWIML:
        raise ApiError(400, 20001, f"Twiml is over {MAX_TWIML} characters long")
    if not (twiml or url or callback):
        raise ApiError(400, 20001, "Url, Twiml or Status is missing")
    if leg.over or ((twiml or url) and leg.answered is None):
        raise ApiError(400, 21220, "Call is not in-progress. Cannot redirect.")
    if callback:
        leg.callback = Callback(callback, form.method("StatusCallbackMethod"))
    if twiml or url:
        leg.redirect(Redirection(twiml, url, form.method("Method")))


def _found(network: PhoneNetwork, request: web.Request) -> tuple[Call, Leg]:
    found = network.leg(request.match_info["sid"])
    if found is None:
        raise not_found(request)
    return found


def _is_wanted(query: Mapping[str, str], call: Call, leg: Leg) -> bool:
    wanted = {
        "Status": _api_status(leg),
        "To": leg.to or "",
        "From": leg.from_,
    }
    if any(query.get(name) not in (None, "", value) for name, value in wanted.items()):
        return False
    started = call.timeline.at(leg.started)
    return within(query, "StartTime", started) and (
        leg.ended is None or within(query, "EndTime", call.timeline.at(leg.ended))
    )


def _call_json(account: Account, call: Call, leg: Leg) -> Json:
    """A Call: one leg. `duration` is null unless the leg is `completed`."""
    timeline = call.timeline
    ended = None if leg.ended is None else rfc_2822(timeline.at(leg.ended))
    return {
        "sid": leg.sid,
        "parent_call_sid": leg.parent_sid,
        "account_sid": account.sid,
        "to": leg.to or "",
        "to_formatted": leg.to or "",
        "from": leg.from_,
        "from_formatted": leg.from_,
        "phone_number_sid": None,
        "status": _api_status(leg),
        "start_time": rfc_2822(timeline.at(leg.started)),
        "end_time": ended,
        "duration": str(leg.duration) if leg.status == "completed" else None,
        "price": None,
        "price_unit": "USD",
        "direction": leg.direction,
        "answered_by": leg.answered_by,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "date_created": rfc_2822(timeline.at(leg.started)),
        "date_updated": ended or rfc_2822(timeline.at(leg.started)),
        "uri": uri_of(account, f"Calls/{leg.sid}"),
        "subresource_uris": {},
    }


def _api_status(leg: Leg) -> str:
    """The leg's status as the API calls it."""
    return _API_STATUS.get(leg.status, leg.status)


_CALLS = f"{ACCOUNT}/Calls.json"
_CALL = f"{ACCOUNT}/Calls/{{sid}}.json"
ROUTES: Routes = (
    ("GET", _CALLS, _list_calls),
    ("GET", _CALL, _show_call),
    ("POST", _CALL, _update_call),
)
