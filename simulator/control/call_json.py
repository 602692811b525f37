"""A call in the control API, with everything that happened in it."""

from __future__ import annotations

from typing import TypedDict

from simulator.calls import callee_scripts
from simulator.calls.call import Call
from simulator.calls.call_log import DocumentJson, ErrorJson
from simulator.calls.callee_scripts import ScriptJson
from simulator.calls.legs import CallStatus, Direction, Leg, Role
from simulator.calls.media_record import MediaRecord
from simulator.calls.sounds import Sound
from simulator.webhooks.deliveries import Delivery, DeliveryKind, Failure

# In functional form, because "from" is a keyword.
LegJson = TypedDict(
    "LegJson",
    {
        "callSid": str,
        "parentCallSid": str | None,
        "role": Role,
        "direction": Direction,
        "status": CallStatus,
        "from": str,
        "to": str | None,
        "duration": int | None,
        "startedAt": str,
        "answeredAt": str | None,
        "endedAt": str | None,
    },
)
CallSummaryJson = TypedDict(
    "CallSummaryJson",
    {
        "callSid": str,
        "status": CallStatus,
        "leadStatus": CallStatus | None,
        "identity": str,
        "from": str,
        "to": str | None,
        "startedAt": str,
        "ended": bool,
    },
)


class AttemptJson(TypedDict):
    """One HTTP request of a delivery; `seconds` are real."""

    status: int | None
    failure: Failure | None
    detail: str
    seconds: float


class DeliveryJson(TypedDict):
    """A webhook. `settled`: there will be no further attempt."""

    kind: DeliveryKind
    method: str
    url: str
    params: dict[str, str]
    idempotencyToken: str
    attempts: list[AttemptJson]
    delivered: bool
    settled: bool
    lost: bool
    duplicated: bool


class MediaJson(TypedDict):
    """What went between browser and network; a frame of audio is 20 ms."""

    connectionState: str
    codec: str | None
    sound: Sound
    framesReceived: int
    nonSilentFramesReceived: int
    framesSent: int
    nonSilentFramesSent: int
    digits: str
    messages: list[str]
    socketLosses: int


class CallJson(CallSummaryJson):
    """Everything about a call. `media` is null for a call that the control API placed."""

    params: dict[str, str]
    script: ScriptJson | None
    legs: list[LegJson]
    documents: list[DocumentJson]
    deliveries: list[DeliveryJson]
    errors: list[ErrorJson]
    media: MediaJson | None


def summary(call: Call) -> CallSummaryJson:
    """The call as an entry of a list."""
    return {
        "callSid": call.sid,
        "status": call.agent.status,
        "leadStatus": call.lead.status if call.lead else None,
        "identity": call.identity,
        "from": call.agent.from_,
        "to": call.agent.to,
        "startedAt": call.log.time_of_day(0),
        "ended": call.ended,
    }


def full(call: Call) -> CallJson:
    """The call with everything that happened."""
    return {
        **summary(call),
        "params": call.params,
        "script": callee_scripts.to_json(call.script) if call.script else None,
        "legs": [_leg(call, leg) for leg in call.legs],
        "documents": call.log.documents,
        "deliveries": [_delivery(delivery) for delivery in call.log.deliveries],
        "errors": call.log.errors,
        "media": _media(call.media, call.sound) if call.media else None,
    }


def _leg(call: Call, leg: Leg) -> LegJson:
    time_of_day = call.log.time_of_day
    return {
        "callSid": leg.sid,
        "parentCallSid": leg.parent_sid,
        "role": leg.role,
        "direction": leg.direction,
        "status": leg.status,
        "from": leg.from_,
        "to": leg.to,
        "duration": leg.duration if leg.ended is not None else None,
        "startedAt": time_of_day(leg.started),
        "answeredAt": None if leg.answered is None else time_of_day(leg.answered),
        "endedAt": None if leg.ended is None else time_of_day(leg.ended),
    }


def _media(media: MediaRecord, sound: Sound) -> MediaJson:
    return {
        "connectionState": media.connection_state,
        "codec": media.codec,
        "sound": sound,
        "framesReceived": media.frames_received,
        "nonSilentFramesReceived": media.non_silent_frames_received,
        "framesSent": media.frames_sent,
        "nonSilentFramesSent": media.non_silent_frames_sent,
        "digits": media.digits,
        "messages": media.messages,
        "socketLosses": media.socket_losses,
    }


def _delivery(delivery: Delivery) -> DeliveryJson:
    return {
        "kind": delivery.kind,
        "method": delivery.method,
        "url": delivery.bare_url,
        "params": delivery.params,
        "idempotencyToken": delivery.idempotency_token,
        "attempts": [
            {
                "status": attempt.status,
                "failure": attempt.failure,
                "detail": attempt.detail,
                "seconds": round(attempt.seconds, 3),
            }
            for attempt in delivery.attempts
        ],
        "delivered": delivery.delivered,
        "settled": delivery.settled,
        "lost": delivery.lost,
        "duplicated": delivery.mishap.duplicated,
    }
