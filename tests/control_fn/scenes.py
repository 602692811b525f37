"""Each action in each state in which it makes sense, and how one sees that it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.control_fn.calls import (
    AGENT_LEG,
    COLLEAGUE,
    CONVERSATION_ID,
    MESSAGE_ID,
    ROOM,
    TARGET_LEG,
    TARGET_SID,
    Database,
    in_room,
    plain_call,
    target,
)
from tests.control_fn.twilio import OVER, Twilio
from tests.endpoints import CALL_SID, IDENTITY, LEAD_CALL_SID

NUMBER = "+442079460018"
USER = {"userId": "5b0d4c1e-2f3a-4b5c-8d9e-0f1a2b3c4d5e"}


@dataclass(frozen=True)
class Scene:
    """What is asked (``body``), the call at Twilio and in the database, and what must be so when it
    is done. ``rings`` is who is dialled by it."""

    body: dict[str, Any]
    start: Callable[[], Database]
    is_so: Callable[[Twilio], bool]
    rings: tuple[str, ...] = ()

    def is_done(self, twilio: Twilio) -> bool:
        return tuple(twilio.dialled) == self.rings and self.is_so(twilio)


def wish(action: str, **fields: Any) -> dict[str, Any]:
    return {"conversationId": CONVERSATION_ID, "action": action, **fields}


def on_hold(twilio: Twilio) -> bool:
    room = twilio.room(ROOM)
    return room is not None and CALL_SID in room.members and room.members[LEAD_CALL_SID].hold


def talking(twilio: Twilio) -> bool:
    room = twilio.room(ROOM)
    return room is not None and CALL_SID in room.members and not room.members[LEAD_CALL_SID].hold


def is_over(twilio: Twilio, sid: str) -> bool:
    return twilio.legs[sid].status in OVER


def handed_over(twilio: Twilio) -> bool:
    room = twilio.room(ROOM)
    if room is None or CALL_SID in room.members or not is_over(twilio, CALL_SID):
        return False
    lead = room.members[LEAD_CALL_SID]
    return room.members[TARGET_SID].ends_room and not lead.hold and not lead.ends_room


def hosts(twilio: Twilio) -> set[str]:
    room = twilio.room(ROOM)
    return {sid for sid, member in room.members.items() if member.ends_room} if room else set()


def left_with_a_number(twilio: Twilio) -> bool:
    return is_over(twilio, CALL_SID) and hosts(twilio) == {LEAD_CALL_SID, TARGET_SID}


def half_complete() -> Twilio:
    """The function was killed when the room ended with the colleague and not with the rep."""
    twilio = in_room(with_target=True)
    twilio.rooms[ROOM].members[TARGET_SID].ends_room = True
    twilio.rooms[ROOM].members[CALL_SID].ends_room = False
    return twilio


def rings_for_the_lead(twilio: Twilio) -> bool:
    ringing = [leg for leg in twilio.legs.values() if leg.status == "ringing"]
    return [leg.parent for leg in ringing] == [LEAD_CALL_SID]


def rung_through(twilio: Twilio) -> bool:
    return rings_for_the_lead(twilio) and is_over(twilio, CALL_SID)


def asking(action: str, mode: str | None = None, **changes: Any) -> Callable[[Twilio], Database]:
    """The database, which has a leg for whoever is to be rung."""
    return lambda twilio: Database(
        twilio, action, target(**changes), mode=mode, leg_id=TARGET_LEG, leaving_leg_id=AGENT_LEG
    )


TO_NUMBER = {"role": "third_party", "identity": None, "to_number": NUMBER}
WARM = wish("transfer", to=USER, mode="warm")
COLD = wish("transfer", to=USER, mode="cold")


def transferred_cold() -> Twilio:
    """The lead's leg rings a colleague; the rep is free."""
    twilio = plain_call()
    twilio.legs[LEAD_CALL_SID].dialled_by = None
    twilio.legs[CALL_SID].status = "completed"
    twilio.add(TARGET_SID, f"client:{COLLEAGUE}", parent=LEAD_CALL_SID).status = "ringing"
    return twilio


def return_asked(twilio: Twilio) -> Database:
    ringing = target(TARGET_SID, status="ringing") | {"id": "the one that rings"}
    back = target(role="agent", identity=IDENTITY)
    database = Database(
        twilio, "cancel", ringing, back, mode="cold", leg_id=TARGET_LEG, bridge="dial"
    )
    database.call["legs"][0]["is_over"] = True
    return database


def left_with_the_message(twilio: Twilio) -> bool:
    lead = twilio.legs[LEAD_CALL_SID]
    return (
        [sid for sid, _ in twilio.played] == [LEAD_CALL_SID]
        and lead.status == "in-progress"
        and not twilio.is_seated(LEAD_CALL_SID)
        and is_over(twilio, CALL_SID)
    )


def dropping(twilio: Twilio) -> Database:
    bridge = "room" if twilio.rooms else "dial"
    return Database(twilio, "drop_voicemail", leaving_leg_id=AGENT_LEG, bridge=bridge)


DROP = wish("drop_voicemail", messageId=MESSAGE_ID)

SCENES = {
    "drop of a message": Scene(DROP, lambda: dropping(plain_call()), left_with_the_message),
    "drop of a message in a room": Scene(
        DROP, lambda: dropping(in_room(on_hold=True)), left_with_the_message
    ),
    "hold": Scene(wish("hold"), lambda: Database(plain_call(), "hold"), on_hold),
    "hold in a room": Scene(wish("hold"), lambda: Database(in_room(), "hold"), on_hold),
    "resume": Scene(wish("resume"), lambda: Database(in_room(on_hold=True), "resume"), talking),
    "add": Scene(
        wish("add", to={"number": NUMBER}),
        lambda: asking("add", **TO_NUMBER)(plain_call()),
        talking,
        (NUMBER,),
    ),
    "warm transfer": Scene(
        WARM, lambda: asking("transfer", "warm")(plain_call()), on_hold, (f"client:{COLLEAGUE}",)
    ),
    "warm transfer on hold": Scene(
        WARM,
        lambda: asking("transfer", "warm")(in_room(on_hold=True)),
        on_hold,
        (f"client:{COLLEAGUE}",),
    ),
    "cold transfer": Scene(
        COLD,
        lambda: asking("transfer", "cold")(plain_call()),
        rung_through,
        (f"client:{COLLEAGUE}",),
    ),
    "cold transfer from a room": Scene(
        COLD,
        lambda: asking("transfer", "cold")(in_room(on_hold=True)),
        rung_through,
        (f"client:{COLLEAGUE}",),
    ),
    "cold transfer to a number": Scene(
        wish("transfer", to={"number": NUMBER}, mode="cold"),
        lambda: asking("transfer", "cold", **TO_NUMBER)(plain_call()),
        rung_through,
        (NUMBER,),
    ),
    "complete": Scene(
        wish("complete"),
        lambda: Database(
            in_room(on_hold=True, with_target=True),
            "complete",
            target(TARGET_SID),
            leg_id=TARGET_LEG,
            leaving_leg_id=AGENT_LEG,
            host_leg_id=TARGET_LEG,
        ),
        handed_over,
    ),
    "complete to a number": Scene(
        wish("complete"),
        lambda: Database(
            in_room(with_target=True),
            "complete",
            target(TARGET_SID, **TO_NUMBER),
            leg_id=TARGET_LEG,
            leaving_leg_id=AGENT_LEG,
            host_leg_id=TARGET_LEG,
        ),
        left_with_a_number,
    ),
    "hold after half a complete": Scene(
        wish("hold"),
        lambda: Database(half_complete(), "hold", target(TARGET_SID)),
        lambda twilio: on_hold(twilio) and hosts(twilio) == {CALL_SID},
    ),
    "merge": Scene(
        wish("merge"),
        lambda: Database(in_room(on_hold=True, with_target=True), "merge", target(TARGET_SID)),
        talking,
    ),
    "cancel": Scene(
        wish("cancel"),
        lambda: Database(
            in_room(on_hold=True, with_target=True),
            "cancel",
            target(TARGET_SID),
            leg_id=TARGET_LEG,
        ),
        lambda twilio: on_hold(twilio) and is_over(twilio, TARGET_SID),
    ),
    "cancel of a cold transfer": Scene(
        wish("cancel"),
        lambda: return_asked(transferred_cold()),
        rings_for_the_lead,
        (f"client:{IDENTITY}",),
    ),
    "remove": Scene(
        wish("remove", legId=TARGET_LEG),
        lambda: Database(
            in_room(with_target=True), "remove", target(TARGET_SID), leg_id=TARGET_LEG
        ),
        lambda twilio: talking(twilio) and is_over(twilio, TARGET_SID),
    ),
}
