"""How a plain call becomes a room: the lead's leg and the person's leg join one Conference.

One of the two legs dialled the other: the parent dialled the child. The child is moved first. The
parent's Dial then ends, and twiml_fn answers its action with the same room, because the database
knows that the room was asked for. (If the parent is moved first, Twilio ends the child.)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared import errors, time_limit, twilio_calls, twilio_rooms
from shared.call_state import Action, CallState, StateLeg
from shared.twilio_rooms import Room
from shared.twiml_answers import Seat, build_room
from shared.webhook_addresses import build_action, build_status_callback

if TYPE_CHECKING:
    from twilio.rest import Client

# How long both legs may take to join the room.
JOIN_SECONDS = 3.5
POLL_SECONDS = 0.2


class LeadGone(errors.NotInProgress):
    """The lead has hung up."""

    def __init__(self) -> None:
        super().__init__("The lead has hung up.")


class PersonGone(errors.NotInProgress):
    """The person who talked to the lead has hung up, or lost the connection."""

    def __init__(self) -> None:
        super().__init__("The person who was talking to the lead is not on the call any more.")


class NothingMoved(Exception):
    """The call is not in the room: Twilio refused to move it."""

    def __init__(self, refusal: errors.TwilioUnavailable) -> None:
        super().__init__()
        self.refusal = refusal


def find_leg(call: CallState, leg_id: str | None) -> StateLeg | None:
    """The leg with this id."""
    return next((leg for leg in call["legs"] if leg["id"] == leg_id), None)


def find_unrung(call: CallState, action: Action) -> StateLeg | None:
    """The leg that the action is to ring, if it was not rung by an earlier try of the action."""
    rings = action["action"] in ("add", "transfer") or (
        action["action"] == "cancel" and action["mode"] == "cold"
    )
    leg = find_leg(call, action["leg_id"])
    if not rings or action["is_resumed"] or leg is None or leg["is_over"] or leg["call_sid"]:
        return None
    return leg


def find_lead(call: CallState) -> StateLeg:
    """The lead's leg. Raises LeadGone if there is none that goes on."""
    lead = find_leg(call, call["lead_leg_id"])
    if lead is None or lead["is_over"] or lead["call_sid"] is None:
        raise LeadGone
    return lead


@contextmanager
def leg_may_be_gone(client: Client, leg: StateLeg) -> Iterator[None]:
    """Inside of this, a refusal because the leg has ended is NotInProgress, or LeadGone."""
    try:
        yield
    except errors.TwilioRefused as refused:
        if leg["call_sid"] and twilio_calls.is_over(client, leg["call_sid"]):
            if leg["role"] == "lead":
                raise LeadGone from refused
            raise errors.NotInProgress("This person has left the call.") from refused
        raise


def list_people(call: CallState) -> list[StateLeg]:
    """The legs of people of the business that go on."""
    return [
        leg
        for leg in call["legs"]
        if leg["role"] in ("agent", "teammate") and leg["call_sid"] and not leg["is_over"]
    ]


def make_room(client: Client, base_url: str, call: CallState) -> Room:
    """The call's room, with the lead and somebody else in it. A call that is not in it is moved.

    Raises LeadGone or PersonGone if one of the two has hung up, NothingMoved, and what
    ``twilio_answers.reading`` raises. After TwilioUnavailable nobody knows whether the call moved.
    """
    lead = find_lead(call)
    room = twilio_rooms.fetch_room(client, call["room"])
    if room is not None and _is_ready(room, lead):
        return room
    child, parent = _order(call, lead)
    try:
        if room is None or room.find(call_sid=child["call_sid"]) is None:
            _move(client, base_url, call, child)
        return _wait(client, base_url, call, lead)
    except LeadGone:
        # The rep's Dial has ended, too, and its action may have joined the room, where nobody is.
        if room is None and parent["call_sid"] and parent is not lead:
            twilio_calls.hang_up(client, parent["call_sid"])
        raise


def _order(call: CallState, lead: StateLeg) -> tuple[StateLeg, StateLeg]:
    """The child and the parent. While the leg that placed the call goes on, it is the lead's
    parent. After it, people were rung for the lead: the lead is the parent."""
    people = list_people(call)
    agent = next((leg for leg in people if leg["call_sid"] == call["agent_call_sid"]), None)
    if agent:
        return lead, agent
    if not people:
        raise PersonGone
    return people[0], lead


def _is_ready(room: Room, lead: StateLeg) -> bool:
    joined = [each.call_sid for each in room.participants if each.has_joined]
    return lead["call_sid"] in joined and len(joined) > 1


def _move(client: Client, base_url: str, call: CallState, child: StateLeg) -> None:
    """Moves the child into the room. After TwilioUnavailable it may have moved or not."""
    is_lead = child["role"] == "lead"
    seat = Seat(
        room=call["room"],
        label=child["id"],
        is_host=child["id"] == call["host_leg_id"],
        is_lead=is_lead,
        seconds_left=call["seconds_left"],
        since=call.get("newest_action"),
    )
    sid, child_sid = call["agent_call_sid"], child["call_sid"]
    assert child_sid is not None
    try:
        twilio_calls.redirect(
            client,
            child_sid,
            str(build_room(base_url, sid, seat)),
            build_status_callback(base_url, sid, None if is_lead else child["id"]),
        )
    except errors.TwilioBusy as busy:
        raise NothingMoved(busy) from busy
    except errors.TwilioRefused as refused:
        if not twilio_calls.is_over(client, child_sid):
            raise NothingMoved(refused) from refused
        raise (LeadGone if is_lead else PersonGone) from refused
    except errors.TwilioUnavailable:
        # The request may have arrived: the room tells.
        pass


def _wait(client: Client, base_url: str, call: CallState, lead: StateLeg) -> Room:
    """Waits until the lead and another are in the room.

    A look that fails is tried again: who asks for the same once more, while the lead is on the way
    into the room, would move them again, and Twilio asks then what becomes of them.
    """
    ends_at = time.monotonic() + JOIN_SECONDS
    while True:
        room, trouble = None, None
        try:
            room = twilio_rooms.fetch_room(client, call["room"])
        except errors.TwilioUnavailable as error:
            trouble = error
        if room is not None and _is_ready(room, lead):
            return room
        if time_limit.left(ends_at - time.monotonic()) <= 0:
            break
        time.sleep(POLL_SECONDS)
    lead_sid = lead["call_sid"]
    assert lead_sid is not None
    if trouble:
        raise trouble
    if twilio_calls.is_over(client, lead_sid):
        raise LeadGone
    if room is None or room.find(call_sid=lead_sid) is None:
        raise errors.TwilioUnavailable("the call is not in its room yet", retry_after=5)
    people = [leg["call_sid"] for leg in list_people(call)]
    if any(sid and not twilio_calls.is_over(client, sid) for sid in people):
        raise errors.TwilioUnavailable("the lead is in the room, the other not yet", retry_after=5)
    # Nobody comes any more. What ``continue_call`` says becomes of the lead is done at once.
    call_lead_back(client, base_url, call["agent_call_sid"], lead_sid)
    raise PersonGone


def call_lead_back(client: Client, base_url: str, call_sid: str, lead_sid: str) -> None:
    """Takes a lead who is alone out of the room. twiml_fn then says who is rung for them."""
    twilio_calls.redirect_to(client, lead_sid, build_action(base_url, "room", call_sid))


def address_of(leg: StateLeg) -> str:
    """Whom Twilio dials for a leg."""
    return f"client:{leg['identity']}" if leg["identity"] else str(leg["to_number"])
