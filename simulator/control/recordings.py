"""Recordings, also deleted ones, and what goes wrong with them."""

from __future__ import annotations

from aiohttp import web

from simulator.calls.recordings import Recording, RecordingRules
from simulator.control.frame import NETWORK, Body, invalid, json_object, number

MAX_SECONDS = 86_400
_FIELDS = {
    "absent",
    "endsAtRedirect",
    "leastSeconds",
    "losesCallbacks",
    "mediaType",
    "namesRecordedLeg",
    "processingSeconds",
    "redirectMedia",
    "refusesUnconnected",
}


async def _list_recordings(request: web.Request) -> web.Response:
    recordings = request.app[NETWORK].recordings
    return web.json_response(
        {
            "recordings": [_to_json(each) for each in recordings.all.values()],
            "credentialsSeen": recordings.credentials_seen,
            "rules": _rules_json(recordings.rules),
        }
    )


async def _set_rules(request: web.Request) -> web.Response:
    body = await json_object(request, _FIELDS)
    media_type = body.get("mediaType")
    if not isinstance(media_type, str | None):
        raise invalid("mediaType must be a string or null")
    redirect = body.get("redirectMedia", False)
    if not isinstance(redirect, bool | str):
        raise invalid("redirectMedia must be true, false or an address")
    rules = request.app[NETWORK].recordings.rules = RecordingRules(
        ends_at_redirect=_truth(body, "endsAtRedirect"),
        names_recorded_leg=_truth(body, "namesRecordedLeg"),
        refuses_unconnected=_truth(body, "refusesUnconnected"),
        absent=_truth(body, "absent"),
        processing_seconds=number(body, "processingSeconds", 1, MAX_SECONDS),
        least_seconds=number(body, "leastSeconds", 0, MAX_SECONDS),
        redirect_media=redirect,
        media_type=media_type,
        loses_callbacks=_truth(body, "losesCallbacks"),
    )
    return web.json_response({"rules": _rules_json(rules)}, status=202)


def _truth(body: Body, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid(f"{name} must be true or false")
    return value


def _rules_json(rules: RecordingRules) -> dict[str, object]:
    return {
        "endsAtRedirect": rules.ends_at_redirect,
        "namesRecordedLeg": rules.names_recorded_leg,
        "refusesUnconnected": rules.refuses_unconnected,
        "absent": rules.absent,
        "processingSeconds": rules.processing_seconds,
        "leastSeconds": rules.least_seconds,
        "redirectMedia": rules.redirect_media,
        "mediaType": rules.media_type,
        "losesCallbacks": rules.loses_callbacks,
    }


def _to_json(recording: Recording) -> dict[str, object]:
    """`callSid`: the recorded leg. `duration` is null until the recording has ended."""
    return {
        "recordingSid": recording.sid,
        "callSid": recording.leg.sid,
        "namedCallSid": recording.call_sid,
        "status": recording.status,
        "track": recording.wish.track,
        "channels": recording.channels,
        "startedAt": recording.started_at.isoformat(timespec="milliseconds"),
        "duration": recording.duration if not recording.live else None,
        "size": recording.size,
        "mediaRequests": recording.media_requests,
    }


ROUTES = (
    web.get("/simulator/recordings", _list_recordings),
    web.post("/simulator/recordings", _set_rules),
)
