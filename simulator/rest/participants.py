"""Participants of a conference: listed, read, added, changed, removed.

Source: twilio.com/docs/voice/api/conference-participant-resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from aiohttp import web

from simulator.calls.adding import Wish
from simulator.calls.legs import Leg
from simulator.calls.network import Added, NewRoom, PhoneNetwork
from simulator.calls.rooms import Participant, Room, RoomCallback
from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import CallProblem
from simulator.protocol.formats import is_label
from simulator.protocol.verbs import ROOM_EVENTS, Beep, JitterBuffer
from simulator.rest.conferences import listed_room
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
)
from simulator.rest.outbound import callback_of, noun_of, web_address

_STATUSES: Mapping[str, str] = {
    "queued": "queued",
    "initiated": "connecting",
    "ringing": "ringing",
    "in-progress": "connected",
    "completed": "complete",
}


async def _list_participants(network: PhoneNetwork, request: web.Request) -> web.Response:
    room = listed_room(network, request, "room")
    query = request.query
    found = [
        _participant_json(network, participant)
        for participant in room.participants.values()
        if query.get("Muted") in (None, "", _word(participant.muted))
        and query.get("Hold") in (None, "", _word(participant.hold))
        and query.get("Coaching") in (None, "", _word(participant.coaching))
    ]
    return page_of(request, "participants", found)


async def _show_participant(network: PhoneNetwork, request: web.Request) -> web.Response:
    return web.json_response(_participant_json(network, _found(network, request)))


async def _add_participant(network: PhoneNetwork, request: web.Request) -> web.Response:
    form = await form_of(request)
    room = _room_to_enter(network, request, form)
    noun = noun_of(network, form)
    beep, size = form.get("Beep", "true"), form.get("JitterBufferSize", "large")
    jitter = next((each for each in get_args(JitterBuffer) if each == size), None)
    if beep not in get_args(Beep) or jitter is None:
        raise ApiError(400, 20001, "Beep or JitterBufferSize is not one that Twilio has")
    label, coached = form.get("Label") or None, form.get("CallSidToCoach") or None
    if label and not is_label(label):
        raise ApiError(400, 16024, f"Invalid participant label: {label}")
    if isinstance(room, Room):
        try:
            room.check(label, form.whole("MaxParticipants", 250, 2, 250), coached)
        except CallProblem as refused:
            raise ApiError(400, refused.problem.code, refused.problem.message) from refused

    def participant_of(leg: Leg, entered: Room) -> Participant:
        return Participant(
            leg,
            entered,
            label=label,
            muted=form.truth("Muted", default=False),
            coaching=coached is not None and form.truth("Coaching", default=True),
            coached_sid=coached,
            start_on_enter=form.truth("StartConferenceOnEnter", default=True),
            end_on_exit=form.truth("EndConferenceOnExit", default=False),
            wait_url=form.get("WaitUrl"),
            early_media=form.truth("EarlyMedia", default=True),
            beep_on_enter=beep in ("true", "onEnter"),
            beep_on_exit=beep in ("true", "onExit"),
            jitter=jitter,
        )

    wish = Wish(noun, form.whole("Timeout", 60, 5, 600), form.whole("TimeLimit", 14400, 1, 14400))
    added = Added(form["From"], wish, callback_of(form), participant_of)
    participant, wait = network.add_participant(room, added)
    answer = _participant_json(network, participant) | {"queue_time": str(round(wait * 1000))}
    return web.json_response(answer, status=201)


async def _update_participant(network: PhoneNetwork, request: web.Request) -> web.Response:
    participant, form = _found(network, request), await form_of(request)
    room = participant.room
    if form.get("AnnounceUrl"):
        raise ApiError(400, 20001, "Announcements are not simulated")
    if not participant.joined:
        raise ApiError(400, 20001, "The participant is not connected to the conference yet")
    if "Hold" in form:
        hold = form.truth("Hold", default=False)
        if not hold and not participant.hold:
            # Seen on Twilio.
            raise ApiError(400, 20001, "The participant is not on hold")
        participant.hold_url = form.get("HoldUrl")
        if hold != participant.hold:
            participant.hold = hold
            room.modify(participant, "hold", f"participant-{'' if hold else 'un'}hold")
    if "Muted" in form and (muted := form.truth("Muted", default=False)) != participant.muted:
        participant.muted = muted
        room.modify(participant, "mute", f"participant-{'' if muted else 'un'}mute")
    if _modify(participant, form):
        room.modify(participant, "modify", "participant-modify")
    return web.json_response(_participant_json(network, participant))


def _modify(participant: Participant, form: Form) -> bool:
    """Change what `participant-modify` tells about; whether anything was changed."""
    before = (
        participant.beep_on_exit,
        participant.end_on_exit,
        participant.coaching,
        participant.coached_sid,
        participant.wait_url,
    )
    participant.beep_on_exit = form.truth("BeepOnExit", default=participant.beep_on_exit)
    participant.end_on_exit = form.truth("EndConferenceOnExit", default=participant.end_on_exit)
    coached = form.get("CallSidToCoach") or participant.coached_sid
    asked = bool(form.get("CallSidToCoach"))
    coaching = form.truth("Coaching", default=participant.coaching or asked)
    if coaching and coached not in {each.leg.sid for each in participant.room.present}:
        raise ApiError(400, 13240, "CallSidToCoach is not in the conference")
    participant.coaching, participant.coached_sid = coaching, coached
    participant.wait_url = form.get("WaitUrl", participant.wait_url)
    return before != (
        participant.beep_on_exit,
        participant.end_on_exit,
        participant.coaching,
        participant.coached_sid,
        participant.wait_url,
    )


async def _remove_participant(network: PhoneNetwork, request: web.Request) -> web.Response:
    participant = _found(network, request)
    if participant.joined:
        participant.room.leave(participant, "participant_updated_via_api", kicked=True)
    else:
        participant.leg.release("canceled", None)
    return web.Response(status=204)


def _room_to_enter(network: PhoneNetwork, request: web.Request, form: Form) -> Room | NewRoom:
    """The open room with this SID or name, or a new one with this name."""
    key = request.match_info["room"]
    by_sid = network.rooms.all.get(key)
    if by_sid or (key.startswith("CF") and len(key) == 34):
        if by_sid is None or by_sid.ended:
            raise not_found(request)
        return by_sid
    room = network.rooms.open(key)
    if room:
        return room
    url = web_address(form, "ConferenceStatusCallback")
    listed = form.words("ConferenceStatusCallbackEvent") or ("start", "end")
    events = frozenset(each for each in ROOM_EVENTS if each in listed)
    method: HttpMethod = form.method("ConferenceStatusCallbackMethod")
    callback = RoomCallback(url, method, events) if url else None
    return NewRoom(key, callback, form.get("Region") or "us1")


def _found(network: PhoneNetwork, request: web.Request) -> Participant:
    """The participant with the CallSid or label that the path has. Raises ApiError."""
    room = listed_room(network, request, "room")
    participant = room.find(request.match_info["key"])
    if participant is None:
        raise not_found(request)
    return participant


def _word(value: bool) -> str:
    return "true" if value else "false"


def _participant_json(network: PhoneNetwork, participant: Participant) -> Json:
    """A Participant."""
    leg, room = participant.leg, participant.room
    started = rfc_2822(leg.log.timeline.at(leg.started))
    return {
        "account_sid": network.account.sid,
        "call_sid": leg.sid,
        "label": participant.label,
        "call_sid_to_coach": participant.coached_sid,
        "coaching": participant.coaching,
        "conference_sid": room.sid,
        "date_created": started,
        "date_updated": started,
        "end_conference_on_exit": participant.end_on_exit,
        "muted": participant.muted,
        "hold": participant.hold,
        "start_conference_on_enter": participant.start_on_enter,
        "status": _STATUSES.get(leg.status, "failed"),
        "queue_time": None,
        "uri": uri_of(network.account, f"Conferences/{room.sid}/Participants/{leg.sid}"),
    }


_PARTICIPANTS = f"{ACCOUNT}/Conferences/{{room}}/Participants.json"
_PARTICIPANT = f"{ACCOUNT}/Conferences/{{room}}/Participants/{{key}}.json"
ROUTES: Routes = (
    ("GET", _PARTICIPANTS, _list_participants),
    ("POST", _PARTICIPANTS, _add_participant),
    ("GET", _PARTICIPANT, _show_participant),
    ("POST", _PARTICIPANT, _update_participant),
    ("DELETE", _PARTICIPANT, _remove_participant),
)
