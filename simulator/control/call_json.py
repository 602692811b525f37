"""A call in the control API, with everything that happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from simulator.calls import callee_scripts
from simulator.calls.audio import LegAudio
from simulator.calls.call import Call
from simulator.calls.call_log import DocumentJson, ErrorJson
from simulator.calls.callee_scripts import ScriptJson
from simulator.calls.legs import CallStatus, Direction, Leg, Role
from simulator.calls.media_record import MediaRecord
from simulator.calls.rooms import EndReason, Room
from simulator.webhooks.deliveries import Delivery, DeliveryKind, Failure


class LegMediaJson(TypedDict):
    """A leg's audio. `hears`: `music`, `ringback`, `announcement`, `echo`, and the CallSids of the
    legs whose voices it hears now. The other fields are null unless the party is a browser."""

    hears: list[str]
    connectionState: str | None
    codec: str | None
    framesReceived: int | None
    nonSilentFramesReceived: int | None
    framesSent: int | None
    nonSilentFramesSent: int | None


class ParticipantJson(TypedDict):
    """Somebody in a room, or somebody who is called for it. `joined`: is in the room."""

    callSid: str
    label: str | None
    joined: bool
    muted: bool
    hold: bool
    endConferenceOnExit: bool


class RoomJson(TypedDict):
    """A conference that began in this call; nobody is in one that has ended."""

    conferenceSid: str
    friendlyName: str
    started: bool
    ended: bool
    reasonEnded: EndReason | None
    participants: list[ParticipantJson]


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
        "digits": str,
        "media": LegMediaJson,
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
    sound: str
    """What the browser hears: `silence`, `ringback`, `speech`, `announcement`, `echo`, `music`,
    `tone`; `voice`: another browser; `several`."""
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
    rooms: list[RoomJson]
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


def full(call: Call, rooms: Sequence[Room]) -> CallJson:
    """The call and its ``rooms`` with everything that happened."""
    return {
        **summary(call),
        "params": call.params,
        "script": callee_scripts.to_json(call.script) if call.script else None,
        "legs": [_leg(call, leg) for leg in call.legs],
        "rooms": [_room(room) for room in rooms],
        "documents": call.log.documents,
        "deliveries": [_delivery(delivery) for delivery in call.log.deliveries],
        "errors": call.log.errors,
        "media": (_media(call.agent.media, _sound_of(call.agent)) if call.agent.media else None),
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
        "digits": leg.media.digits if leg.media else leg.digits,
        "media": _leg_media(leg),
    }


def _leg_media(leg: Leg) -> LegMediaJson:
    media = leg.media
    return {
        "hears": [
            source.sid if isinstance(source, LegAudio) else source for source in leg.audio.hears()
        ],
        "connectionState": media.connection_state if media else None,
        "codec": media.codec if media else None,
        "framesReceived": media.frames_received if media else None,
        "nonSilentFramesReceived": media.non_silent_frames_received if media else None,
        "framesSent": media.frames_sent if media else None,
        "nonSilentFramesSent": media.non_silent_frames_sent if media else None,
    }


def _room(room: Room) -> RoomJson:
    return {
        "conferenceSid": room.sid,
        "friendlyName": room.name,
        "started": room.started,
        "ended": room.ended,
        "reasonEnded": room.end_reason,
        "participants": [
            {
                "callSid": participant.leg.sid,
                "label": participant.label,
                "joined": participant.joined,
                "muted": participant.muted,
                "hold": participant.hold,
                "endConferenceOnExit": participant.end_on_exit,
            }
            for participant in room.participants.values()
        ],
    }


def _sound_of(leg: Leg) -> str:
    """What the leg hears, in a word."""
    sources = leg.audio.hears()
    if not sources:
        return "silence"
    if len(sources) > 1:
        return "several"
    [source] = sources
    if not isinstance(source, LegAudio):
        return source
    voice = source.voice
    return voice if isinstance(voice, str) else "voice" if voice is None else "tone"


def _media(media: MediaRecord, sound: str) -> MediaJson:
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
