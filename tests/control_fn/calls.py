"""Calls that are controlled, and the database's part in it: what `ask_of_call` and
`note_call_action` answer. Their rules are tested in tests/supabase; here they only remember."""

from __future__ import annotations

import copy
import uuid
from datetime import UTC, datetime
from typing import Any

from tests.canned_server import Answer, Asked, CannedServer
from tests.control_fn.twilio import BASE, Twilio
from tests.endpoints import BUSINESS_ID, CALL_SID, IDENTITY, LEAD_CALL_SID, REST, USER_ID, rpc

CONVERSATION_ID = "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
ROOM = f"conversation_{CONVERSATION_ID.replace('-', '')}"
AGENT_LEG, LEAD_LEG, TARGET_LEG = (str(uuid.UUID(int=n)) for n in (1, 2, 3))
COLLEAGUE = "user_5b0d4c1e2f3a4b5c8d9e0f1a2b3c4d5e_c9b1a8f03c1e4f0e8a539d0a5b7e6f22"
TARGET_SID = "CA00000000000000000000000000000003"
LEAD_NUMBER = "+14155552671"
MESSAGE_ID = "0a7c1f3e-5d2b-4c6a-9e8f-1b2c3d4e5f60"
MESSAGE_PATH = f"{BUSINESS_ID}/{USER_ID}/{MESSAGE_ID}.wav"
SIGN = f"/storage/v1/object/sign/messages/{MESSAGE_PATH}"
ASK, NOTE = rpc("ask_of_call"), rpc("note_call_action")


def leg(leg_id: str, role: str, call_sid: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": leg_id,
        "call_sid": call_sid,
        "role": role,
        "user_id": None,
        "identity": None,
        "to_number": None,
        "status": "in-progress",
        "asked_at": None,
        "on_hold": False,
        "is_over": False,
    } | changes


AGENT = leg(AGENT_LEG, "agent", CALL_SID, identity=IDENTITY, user_id=USER_ID)
LEAD = leg(LEAD_LEG, "lead", LEAD_CALL_SID, to_number=LEAD_NUMBER)


class Database:
    """What the database answers to one action that is asked of one call, however often."""

    def __init__(self, twilio: Twilio, action: str, *legs: dict[str, Any], **changes: Any) -> None:
        self.twilio = twilio
        self.notes: list[dict[str, Any]] = []
        self.results: list[str | None] = []
        self.errors: list[str | None] = []
        self.waits = 0
        self.action: dict[str, Any] = {
            "id": str(uuid.UUID(int=77)),
            "number": 7,
            "action": action,
            "mode": changes.pop("mode", None),
            "leg_id": changes.pop("leg_id", None),
            "leaving_leg_id": changes.pop("leaving_leg_id", None),
            "message_path": MESSAGE_PATH if action == "drop_voicemail" else None,
            "is_resumed": False,
        }
        self.call: dict[str, Any] = {
            "conversation_id": CONVERSATION_ID,
            "business_id": BUSINESS_ID,
            "agent_call_sid": CALL_SID,
            "from_number": "+14155550100",
            "seconds_left": 5000,
            "room": ROOM,
            "bridge": "room",
            "stage": None,
            "host_leg_id": AGENT_LEG,
            "lead_leg_id": LEAD_LEG,
            "legs": copy.deepcopy([AGENT, LEAD, *legs]),
        } | changes

    def serve(self, canned: CannedServer) -> None:
        canned.on_all(ASK, self.ask)
        canned.on_all(NOTE, self.note)
        canned.on_all(f"{BASE}/*", self.twilio.answer)
        if self.action["message_path"]:
            signed = {"signedURL": SIGN.removeprefix("/storage/v1") + "?token=a.b.c"}
            canned.on_post(SIGN, signed)
        canned.on_get(f"{REST}/conversations", [{"id": CONVERSATION_ID, "legs": []}])

    def ask(self, asked: Asked) -> Answer:
        self.waits -= 1
        is_done = self.results[-1:] == ["done"]
        answer = {
            "wait": self.waits >= 0,
            "is_done": is_done,
            "action": dict(self.action),
            "call": self.call,
        }
        if self.waits < 0:
            self.action["is_resumed"] = True
        return Answer(body=answer)

    def note(self, asked: Asked) -> Answer:
        sent = asked.json()
        assert sent["p_agent_call_sid"] == CALL_SID
        assert sent["p_action_id"] == self.action["id"]
        self.notes += sent["p_notes"]
        self.results.append(sent["p_result"])
        self.errors.append(sent["p_error"])
        for noted in sent["p_notes"]:
            for known in self.call["legs"]:
                if known["id"] == noted["leg_id"] and noted["what"] == "leg_dialled":
                    known["call_sid"] = noted["call_sid"]
        return Answer(body=self.call)

    @property
    def noted(self) -> list[str]:
        return [noted["what"] for noted in self.notes]


def asked_now() -> str:
    return datetime.now(UTC).isoformat()


def target(call_sid: str | None = None, **changes: Any) -> dict[str, Any]:
    """The leg of somebody who is rung: a colleague, unless the changes say otherwise."""
    usual = {
        "identity": COLLEAGUE,
        "status": "in-progress" if call_sid else "queued",
        "asked_at": asked_now(),
    }
    return leg(TARGET_LEG, changes.pop("role", "teammate"), call_sid, **usual | changes)


def plain_call() -> Twilio:
    """The rep dialled the lead, and they talk."""
    twilio = Twilio()
    twilio.add(CALL_SID, "+14155550000")
    twilio.add(LEAD_CALL_SID, LEAD_NUMBER, parent=CALL_SID).direction = "outbound-dial"
    return twilio


def in_room(*, on_hold: bool = False, with_target: bool = False) -> Twilio:
    """The rep and the lead are in the room, perhaps with a colleague."""
    twilio = plain_call()
    twilio.legs[LEAD_CALL_SID].dialled_by = None
    twilio.seat(ROOM, LEAD_CALL_SID, LEAD_LEG).hold = on_hold
    twilio.seat(ROOM, CALL_SID, AGENT_LEG, ends_room=True)
    if with_target:
        twilio.add(TARGET_SID, f"client:{COLLEAGUE}").direction = "outbound-api"
        twilio.seat(ROOM, TARGET_SID, TARGET_LEG)
    return twilio
