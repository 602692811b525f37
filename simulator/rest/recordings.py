"""Recordings of calls: started, listed, read, paused, stopped and deleted.

Source: twilio.com/docs/voice/api/recording.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast, get_args

from aiohttp import web

from simulator.calls.legs import Leg
from simulator.calls.network import PhoneNetwork
from simulator.calls.recordings import RECORDING_EVENTS, Recording, RecordingWish, Track
from simulator.protocol.account import API_VERSION
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
    within,
)
from simulator.rest.outbound import web_address

CURRENT = "Twilio.CURRENT"
"""In place of a SID: the only recording of the call that is in progress."""
DELETED = "IncludeSoftDeleted"
"""The parameter of requests that also find what is left of deleted recordings."""


async def _start(network: PhoneNetwork, request: web.Request) -> web.Response:
    leg = _leg(network, request)
    recording = network.record(leg, _wish_of(request, await form_of(request)))
    if recording is None:
        raise ApiError(400, 21220, "Requested resource is not eligible for recording")
    return web.json_response(_of_call_json(recording), status=201)


def _wish_of(request: web.Request, form: Form) -> RecordingWish:
    """What is to be recorded. Raises ApiError."""
    channels = form.get("RecordingChannels") or "mono"
    track = form.get("RecordingTrack") or "both"
    trim = form.get("Trim") or "do-not-trim"
    if channels not in ("mono", "dual"):
        raise ApiError(400, 20001, "RecordingChannels must be mono or dual")
    if track not in get_args(Track):
        raise ApiError(400, 20001, "RecordingTrack must be inbound, outbound or both")
    if trim not in ("trim-silence", "do-not-trim"):
        raise ApiError(400, 20001, "Trim must be trim-silence or do-not-trim")
    listed = form.words("RecordingStatusCallbackEvent") or ("completed",)
    return RecordingWish(
        origin=str(request.url.origin()),
        channels=2 if channels == "dual" else 1,
        track=cast("Track", track),
        callback=web_address(form, "RecordingStatusCallback"),
        method=form.method("RecordingStatusCallbackMethod"),
        events=frozenset(each for each in RECORDING_EVENTS if each in listed),
    )


async def _list_of_call(network: PhoneNetwork, request: web.Request) -> web.Response:
    leg = _leg(network, request)
    found = [each for each in network.recordings.of_call(leg.sid) if each.status != "deleted"]
    wanted = [_of_call_json(each) for each in _newest(found, request)]
    return page_of(request, "recordings", wanted)


async def _show_of_call(network: PhoneNetwork, request: web.Request) -> web.Response:
    return web.json_response(_of_call_json(_found_in_call(network, request)))


async def _update(network: PhoneNetwork, request: web.Request) -> web.Response:
    recording, form = _found_in_call(network, request), await form_of(request)
    status, pausing = form.get("Status"), form.get("PauseBehavior") or "silence"
    if status not in ("paused", "in-progress", "stopped"):
        raise ApiError(400, 20001, "Status must be paused, in-progress or stopped")
    if pausing not in ("skip", "silence"):
        raise ApiError(400, 20001, "PauseBehavior must be skip or silence")
    if not recording.live:
        raise ApiError(400, 21220, "Recording is not in-progress. Cannot change its status.")
    if status == "paused":
        recording.pause("skip" if pausing == "skip" else "silence")
    elif status == "in-progress":
        recording.resume()
    else:
        recording.stop()
        return web.json_response(_of_call_json(recording) | {"status": "stopped"})
    return web.json_response(_of_call_json(recording))


async def _delete_of_call(network: PhoneNetwork, request: web.Request) -> web.Response:
    return _deleted(_found_in_call(network, request))


async def _list(network: PhoneNetwork, request: web.Request) -> web.Response:
    query = request.query
    found = [
        each
        for each in network.recordings.all.values()
        if (each.status != "deleted" or _wants_deleted(request))
        and query.get("CallSid") in (None, "", each.call_sid, each.leg.sid)
        and not query.get("ConferenceSid")
    ]
    return page_of(request, "recordings", [_json(each) for each in _newest(found, request)])


async def _show(network: PhoneNetwork, request: web.Request) -> web.Response:
    recording = found_in(network, request, deleted=_wants_deleted(request))
    return web.json_response(_json(recording))


async def _delete(network: PhoneNetwork, request: web.Request) -> web.Response:
    return _deleted(found_in(network, request))


def _deleted(recording: Recording) -> web.Response:
    if recording.live:
        raise ApiError(400, 21220, "Recording is in-progress. Stop it before you delete it.")
    recording.delete()
    return web.Response(status=204)


def _wants_deleted(request: web.Request) -> bool:
    return request.query.get(DELETED, "").lower() == "true"


def _newest(found: Iterable[Recording], request: web.Request) -> list[Recording]:
    """Those of the day that the query asks for, the newest first."""
    of_day = [each for each in found if within(request.query, "DateCreated", each.started_at)]
    return of_day[::-1]


def _leg(network: PhoneNetwork, request: web.Request) -> Leg:
    found = network.leg(request.match_info["call_sid"])
    if found is None:
        raise not_found(request)
    return found[1]


def found_in(network: PhoneNetwork, request: web.Request, *, deleted: bool = False) -> Recording:
    """The recording with the SID of the path. Raises ApiError."""
    recording = network.recordings.all.get(request.match_info["sid"])
    if recording is None or (recording.status == "deleted" and not deleted):
        raise not_found(request)
    return recording


def _found_in_call(network: PhoneNetwork, request: web.Request) -> Recording:
    of_call = network.recordings.of_call(_leg(network, request).sid)
    if request.match_info["sid"] == CURRENT:
        live = [each for each in of_call if each.live]
        if len(live) > 1:
            raise ApiError(400, 20001, f"{CURRENT}: several recordings are in progress")
        if live:
            return live[0]
        raise not_found(request)
    recording = found_in(network, request)
    if recording not in of_call:
        raise not_found(request)
    return recording


def _common(recording: Recording) -> Json:
    """What both descriptions of a recording have."""
    started = rfc_2822(recording.started_at)
    return {
        "account_sid": recording.account_sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "date_created": started,
        "date_updated": rfc_2822(recording.updated_at),
        "start_time": started,
        "duration": str(recording.duration) if recording.ended else None,
        "sid": recording.sid,
        "price": None,
        "price_unit": "USD",
        "status": recording.status,
        "channels": recording.channels,
        "source": "StartCallRecordingAPI",
        "error_code": recording.error_code,
        "encryption_details": None,
    }


def _of_call_json(recording: Recording) -> Json:
    """A recording as a resource of its call."""
    path = f"/{API_VERSION}/Accounts/{recording.account_sid}/Calls/{recording.call_sid}"
    return _common(recording) | {
        "track": recording.wish.track,
        "uri": f"{path}/Recordings/{recording.sid}.json",
    }


def _json(recording: Recording) -> Json:
    """A recording as a resource of the account."""
    path = f"/{API_VERSION}/Accounts/{recording.account_sid}/Recordings/{recording.sid}"
    return _common(recording) | {
        "uri": f"{path}.json",
        "media_url": recording.url,
        "subresource_uris": {
            "add_on_results": f"{path}/AddOnResults.json",
            "transcriptions": f"{path}/Transcriptions.json",
        },
    }


_OF_CALL = f"{ACCOUNT}/Calls/{{call_sid}}/Recordings"
_RECORDINGS = f"{ACCOUNT}/Recordings"
ROUTES: Routes = (
    ("POST", f"{_OF_CALL}.json", _start),
    ("GET", f"{_OF_CALL}.json", _list_of_call),
    ("GET", f"{_OF_CALL}/{{sid}}.json", _show_of_call),
    ("POST", f"{_OF_CALL}/{{sid}}.json", _update),
    ("DELETE", f"{_OF_CALL}/{{sid}}.json", _delete_of_call),
    ("GET", f"{_RECORDINGS}.json", _list),
    ("GET", f"{_RECORDINGS}/{{sid}}.json", _show),
    ("DELETE", f"{_RECORDINGS}/{{sid}}.json", _delete),
)
