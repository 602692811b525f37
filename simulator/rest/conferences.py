"""Conferences: they can be listed, read and ended.

Source: twilio.com/docs/voice/api/conference-resource.
"""

from __future__ import annotations

from aiohttp import web

from simulator.calls.network import PhoneNetwork
from simulator.calls.rooms import Room
from simulator.protocol.account import API_VERSION, Account
from simulator.rest.frame import (
    ACCOUNT,
    ApiError,
    Json,
    Routes,
    form_of,
    not_found,
    page_of,
    rfc_2822,
    uri_of,
    within,
)


def listed_room(network: PhoneNetwork, request: web.Request, name: str) -> Room:
    """The room whose SID the path has as ``name``. Raises ApiError.

    A room that was made a moment ago may not be known yet
    (github.com/twilio/twilio-node/issues/604).
    """
    room = network.rooms.all.get(request.match_info[name])
    if room is None or not network.rooms.is_listed(room):
        raise not_found(request)
    return room


async def _list_rooms(network: PhoneNetwork, request: web.Request) -> web.Response:
    found = [
        _room_json(network.account, room)
        for room in reversed(network.rooms.all.values())
        if network.rooms.is_listed(room)
        and request.query.get("FriendlyName") in (None, "", room.name)
        and request.query.get("Status") in (None, "", _status_of(room))
        and within(request.query, "DateCreated", room.created_at)
        and within(request.query, "DateUpdated", room.updated_at)
    ]
    return page_of(request, "conferences", found)


async def _show_room(network: PhoneNetwork, request: web.Request) -> web.Response:
    return web.json_response(_room_json(network.account, listed_room(network, request, "sid")))


async def _update_room(network: PhoneNetwork, request: web.Request) -> web.Response:
    room = listed_room(network, request, "sid")
    form = await form_of(request)
    if form.get("AnnounceUrl"):
        raise ApiError(400, 20001, "Announcements are not simulated")
    if form.get("Status") != "completed":
        raise ApiError(400, 20001, "Status must be completed")
    room.end()
    return web.json_response(_room_json(network.account, room))


def _status_of(room: Room) -> str:
    return "completed" if room.ended else "in-progress" if room.started else "init"


def _room_json(account: Account, room: Room) -> Json:
    """A Conference."""
    path = f"Conferences/{room.sid}"
    return {
        "sid": room.sid,
        "account_sid": account.sid,
        "api_version": API_VERSION,
        "friendly_name": room.name,
        "region": room.region,
        "status": _status_of(room),
        "date_created": rfc_2822(room.created_at),
        "date_updated": rfc_2822(room.updated_at),
        "reason_conference_ended": room.end_reason,
        "call_sid_ending_conference": room.ended_by.leg.sid if room.ended_by else None,
        "uri": uri_of(account, path),
        "subresource_uris": {"participants": uri_of(account, f"{path}/Participants")},
    }


_ROOMS = f"{ACCOUNT}/Conferences.json"
_ROOM = f"{ACCOUNT}/Conferences/{{sid}}.json"
ROUTES: Routes = (
    ("GET", _ROOMS, _list_rooms),
    ("GET", _ROOM, _show_room),
    ("POST", _ROOM, _update_room),
)
