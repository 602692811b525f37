"""A small model of Twilio's REST API: calls that are redirected, rooms, people who are rung.

It answers the requests of `shared/twilio_calls.py` and `shared/twilio_rooms.py`, and keeps whom it
dialled. The phone network of the stack is a better one; this one is fast, and easily broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from tests.canned_server import Answer, Asked
from tests.endpoints import ACCOUNT_SID

BASE = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
OVER = ("completed", "busy", "no-answer", "failed", "canceled")


@dataclass
class Leg:
    sid: str
    to: str
    status: str = "in-progress"
    parent: str | None = None
    # The leg whose Dial goes on with this one.
    dialled_by: str | None = None
    direction: str = "inbound"
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self) -> dict[str, object]:
        return {
            "sid": self.sid,
            "parent_call_sid": self.parent,
            "status": self.status,
            "direction": self.direction,
            "from": "+14155550100",
            "to": self.to,
            "date_created": format_datetime(self.created),
        }


@dataclass
class Member:
    label: str | None
    status: str = "connected"
    hold: bool = False
    ends_room: bool = False


@dataclass
class Room:
    sid: str
    name: str
    status: str = "init"
    members: dict[str, Member] = field(default_factory=dict)


class Twilio:
    """The account. ``dialled`` has everybody whom it ever rang, in order."""

    def __init__(self) -> None:
        self.legs: dict[str, Leg] = {}
        self.rooms: dict[str, Room] = {}
        self.dialled: list[str] = []
        self.redirected: list[tuple[str, str]] = []
        # The legs that were left alone with a sound, and its address.
        self.played: list[tuple[str, str]] = []
        # Whether twiml_fn lets the other leg of a Dial join the room.
        self.parents_join = True

    def add(self, sid: str, to: str, parent: str | None = None) -> Leg:
        self.legs[sid] = leg = Leg(sid, to, parent=parent, dialled_by=parent)
        return leg

    def seat(self, name: str, sid: str, label: str, *, ends_room: bool = False) -> Member:
        room = self.rooms.setdefault(name, Room(f"CF{len(self.rooms):032x}", name))
        room.members[sid] = member = Member(label, ends_room=ends_room)
        room.status = "in-progress" if len(room.members) > 1 else room.status
        return member

    def room(self, name: str) -> Room | None:
        found = self.rooms.get(name)
        return found if found and found.status != "completed" else None

    def end(self, sid: str) -> None:
        leg = self.legs[sid]
        if leg.status in OVER:
            return
        leg.status = "completed"
        self.leave(sid)
        # A Dial ends with either of its legs.
        for other in [o for o in self.legs.values() if o.dialled_by == sid]:
            self.end(other.sid)
        if leg.dialled_by:
            self.end(leg.dialled_by)

    def is_seated(self, sid: str) -> bool:
        return any(sid in room.members for room in self.rooms.values())

    def leave(self, sid: str) -> None:
        for room in self.rooms.values():
            member = room.members.pop(sid, None)
            if member and (member.ends_room or not room.members):
                room.status = "completed"
                for other in list(room.members):
                    del room.members[other]
                    self.end(other)

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request, which is carried out."""
        path = asked.path.removeprefix(BASE).removesuffix(".json")
        query = dict(parse_qsl(asked.query))
        form = dict(asked.form()) if asked.method == "POST" and asked.body else {}
        match path.split("/")[1:]:
            case ["Calls"]:
                return _page("calls", [c.as_json() for c in self._find_calls(query)])
            case ["Calls", sid] if sid not in self.legs:
                return _refusal(404, 20404)
            case ["Calls", sid]:
                return self._call(sid, form) if asked.method == "POST" else self._shown(sid)
            case ["Conferences"]:
                found = self.rooms.get(query["FriendlyName"])
                shown = [
                    {"sid": room.sid, "friendly_name": room.name, "status": room.status}
                    for room in [found]
                    if room
                ]
                return _page("conferences", shown)
            case ["Conferences", sid, "Participants"]:
                room = self._by_sid(sid)
                if asked.method == "POST":
                    return self._dial(room, form) if room else _refusal(404, 20404)
                members = room.members.items() if room else ()
                return _page("participants", [_member(sid, *each) for each in members])
            case ["Conferences", sid, "Participants", call_sid]:
                room = self._by_sid(sid)
                member = room.members.get(call_sid) if room else None
                if member is None:
                    return _refusal(404, 20404)
                return self._update(sid, call_sid, member, form)
        return _refusal(501, 0)

    def _by_sid(self, sid: str) -> Room | None:
        return next(
            (r for r in self.rooms.values() if r.sid == sid and r.status != "completed"), None
        )

    def _find_calls(self, query: dict[str, str]) -> list[Leg]:
        found = [
            leg
            for leg in self.legs.values()
            if query.get("ParentCallSid") in (None, leg.parent)
            and query.get("To") in (None, leg.to)
        ]
        return found[::-1]

    def _shown(self, sid: str) -> Answer:
        return Answer(body=self.legs[sid].as_json())

    def _call(self, sid: str, form: dict[str, str]) -> Answer:
        leg = self.legs[sid]
        if form.get("Status") == "completed":
            if leg.status in OVER:
                return _refusal(400, 21220)
            self.end(sid)
            return self._shown(sid)
        if leg.status != "in-progress":
            return _refusal(400, 21220)
        if "Url" in form:
            self.redirected.append((sid, form["Url"]))
            self.leave(sid)
            return self._shown(sid)
        self._execute(leg, form["Twiml"])
        return self._shown(sid)

    def _execute(self, leg: Leg, twiml: str) -> None:
        dial, *_ = ElementTree.fromstring(twiml)
        self.redirected.append((leg.sid, twiml))
        self.leave(leg.sid)
        conference = dial.find("Conference")
        if dial.tag == "Play":
            self.played.append((leg.sid, str(dial.text)))
            parent, leg.dialled_by = self.legs.get(leg.dialled_by or ""), None
            # twiml_fn hangs up whoever talked.
            if parent:
                self.end(parent.sid)
        for child in [other for other in self.legs.values() if other.dialled_by == leg.sid]:
            child.dialled_by = None
            self.end(child.sid)
        if dial.tag == "Play":
            return
        parent, leg.dialled_by = self.legs.get(leg.dialled_by or ""), None
        if conference is None:
            if parent:
                self.end(parent.sid)
            (callee,) = dial
            identity = callee.findtext("Identity")
            self._ring(f"client:{identity}" if identity else str(callee.text), leg.sid)
            return
        name = str(conference.text)
        flag = conference.attrib["endConferenceOnExit"] == "true"
        label = conference.attrib["participantLabel"]
        self.seat(name, leg.sid, label, ends_room=flag)
        if parent and parent.status == "in-progress" and self.parents_join:
            self.seat(name, parent.sid, "the parent's", ends_room=True)

    def _ring(self, to: str, parent: str | None) -> Leg:
        sid = f"CA{len(self.legs) + 0xD1A100:032x}"
        self.dialled.append(to.partition("?")[0])
        direction = "outbound-dial" if parent else "outbound-api"
        self.legs[sid] = Leg(sid, to.partition("?")[0], "ringing", parent, parent, direction)
        return self.legs[sid]

    def _dial(self, room: Room, form: dict[str, str]) -> Answer:
        if any(member.label == form["Label"] for member in room.members.values()):
            return _refusal(400, 16025)
        leg = self._ring(form["To"], None)
        room.members[leg.sid] = Member(form["Label"], "ringing")
        return Answer(201, _member(room.sid, leg.sid, room.members[leg.sid]))

    def _update(self, sid: str, call_sid: str, member: Member, form: dict[str, str]) -> Answer:
        if form.get("Hold") == "false" and not member.hold:
            return _refusal(400, 20001)
        member.hold = form.get("Hold", str(member.hold)).lower() == "true"
        ends = form.get("EndConferenceOnExit", str(member.ends_room))
        member.ends_room = ends.lower() == "true"
        return Answer(body=_member(sid, call_sid, member))


def _member(room_sid: str, call_sid: str, member: Member) -> dict[str, Any]:
    return {
        "call_sid": call_sid,
        "conference_sid": room_sid,
        "label": member.label,
        "status": member.status,
        "hold": member.hold,
        "end_conference_on_exit": member.ends_room,
    }


def _page(name: str, shown: Sequence[Mapping[str, object]]) -> Answer:
    return Answer(body={name: shown, "next_page_uri": None})


def _refusal(status: int, code: int) -> Answer:
    return Answer(status, {"status": status, "code": code, "message": "refused"})
