"""Everything that Twilio knows of one call, for ``settle_call``.

``client`` comes from ``twilio_client.build_client``. Each function raises what
``twilio_answers.reading`` raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared import call_room, errors, twilio_calls, twilio_rooms
from shared.call_statuses import FINAL_STATUSES
from shared.twilio_rooms import Room
from shared.unsettled_calls import Leg, UnknownLeg, UnsettledCall

if TYPE_CHECKING:
    from twilio.rest import Client


@dataclass(frozen=True)
class Found:
    """The legs of a call, the agent's first, and its room, if it goes on."""

    legs: list[Leg]
    room: Room | None


def find(client: Client, claimed: UnsettledCall) -> Found | None:
    """What Twilio knows; None if it does not know the call.

    A plain call takes two questions: the agent's leg, and the legs that it dialled.
    """
    agent = twilio_calls.fetch_leg(client, claimed["call_sid"])
    if agent is None:
        return None
    legs = {
        leg["call_sid"]: leg
        for leg in (agent, *twilio_calls.fetch_children(client, claimed["call_sid"]))
    }
    if not (claimed["room"] or claimed["unknown_legs"] or set(claimed["legs"]) - set(legs)):
        return Found(list(legs.values()), None)

    # Whoever was rung for the lead was dialled by the lead's leg.
    if claimed["lead_call_sid"]:
        for leg in twilio_calls.fetch_children(client, claimed["lead_call_sid"]):
            legs.setdefault(leg["call_sid"], leg)
    # Whoever was added by the REST API has no parent.
    room = twilio_rooms.fetch_room(client, claimed["room"]) if claimed["room"] else None
    observed_at = datetime.now(UTC).isoformat()
    there = room.participants if room else ()
    for call_sid in dict.fromkeys((*claimed["legs"], *(each.call_sid for each in there))):
        found = None if call_sid in legs else twilio_calls.fetch_leg(client, call_sid)
        if found:
            legs[call_sid] = found
    for unknown in claimed["unknown_legs"]:
        found = _identify(client, unknown, legs, room, claimed["legs"])
        if found:
            legs[found["call_sid"]] = {**found, "call_leg_id": unknown["leg_id"]}
    for each in there:
        if each.has_joined and each.call_sid in legs:
            legs[each.call_sid] = {
                **legs[each.call_sid],
                "on_hold": each.on_hold,
                "observed_at": observed_at,
            }
    return Found(list(legs.values()), room)


def _identify(
    client: Client,
    unknown: UnknownLeg,
    legs: dict[str, Leg],
    room: Room | None,
    known: Iterable[str],
) -> Leg | None:
    """The leg that was asked for: by its label in the room, or else by who was dialled since."""
    labelled = room.find(label=unknown["leg_id"]) if room else None
    if labelled:
        return legs.get(labelled.call_sid)
    taken = {*known, *(sid for sid, leg in legs.items() if "call_leg_id" in leg)}
    dialled = [
        leg
        for leg in legs.values()
        if leg["payload"].get("parent_call_sid")
        and leg["payload"].get("to") == unknown["to"]
        and twilio_calls.is_newer(leg, unknown["asked_at"])
    ]
    # One that goes on would be in the room, so it belongs to another call.
    placed = [
        leg
        for leg in twilio_calls.fetch_calls_to(client, unknown["to"], unknown["asked_at"])
        if leg["status"] in FINAL_STATUSES
    ]
    return next((leg for leg in (*dialled, *placed) if leg["call_sid"] not in taken), None)


def attend(client: Client, base_url: str, claimed: UnsettledCall, found: Found) -> None:
    """Leaves nobody in the call's room for nothing, after whatever went wrong. For a lead who is
    alone, somebody is rung. A person who is alone is freed, and so are numbers that were added, if
    lead and people have left: nobody of the business could end their talk."""
    room = found.room
    there = [each.call_sid for each in room.participants] if room else []
    if room is None or not all(each.has_joined for each in room.participants):
        return
    going_on = {leg["call_sid"]: leg for leg in found.legs if _goes_on(leg)}
    lead_sid = claimed["lead_call_sid"]
    if lead_sid in there:
        # Somebody whose leg goes on may be on the way into the room.
        if list(going_on) == [lead_sid]:
            _call_lead_back(client, base_url, claimed["call_sid"], lead_sid)
        return
    is_for_nothing = len(there) == 1 or not any(_is_browser(leg) for leg in going_on.values())
    if lead_sid not in going_on and set(going_on) <= set(there) and is_for_nothing:
        for call_sid in there:
            twilio_calls.hang_up(client, call_sid)


def _goes_on(leg: Leg) -> bool:
    return leg["status"] not in FINAL_STATUSES


def _is_browser(leg: Leg) -> bool:
    payload = leg["payload"]
    return any(payload.get(name, "").startswith("client:") for name in ("from", "to"))


def _call_lead_back(client: Client, base_url: str, call_sid: str, lead_sid: str) -> None:
    try:
        call_room.call_lead_back(client, base_url, call_sid, lead_sid)
    except errors.TwilioRefused:
        if not twilio_calls.is_over(client, lead_sid):
            raise
