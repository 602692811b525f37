"""Conferences: who is in a room, who hears whom, and how a room ends.

Source: twilio.com/docs/voice/twiml/conference and …/api/conference-participant-resource.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from simulator.calls.audio import Heard, LegAudio
from simulator.calls.call import Call
from simulator.calls.legs import Leg
from simulator.protocol import errors
from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import CallProblem
from simulator.protocol.verbs import Conference, JitterBuffer, RoomEvent

LISTED_AFTER = 0.5
"""Simulated seconds until the REST API lists a new room (github.com/twilio/twilio-node/issues/604).
The number is the simulator's."""

BEEP_SECONDS = 0.3
"""The simulator's number."""
JITTER_FRAMES: Mapping[JitterBuffer, int] = {"off": 0, "small": 8, "medium": 14, "large": 30}
"""How many frames of 20 ms a participant is heard late: 160, 280 and 600 ms, of the ranges in
twilio.com/docs/voice/twiml/conference."""

LeaveReason = Literal[
    "conference_ended_via_api",
    "moderator_ended_conference",
    "participant_updated_via_api",
    "participant_hung_up",
    "participant_add_failed",
]
EndReason = Literal[
    "conference-ended-via-api",
    "last-participant-kicked",
    "last-participant-left",
    "participant-with-end-conference-on-exit-kicked",
    "participant-with-end-conference-on-exit-left",
]


@dataclass(eq=False)
class Participant:
    """A leg in a room, or one that the REST API adds and that is not answered yet."""

    leg: Leg
    room: Room
    label: str | None = None
    muted: bool = False
    hold: bool = False
    hold_url: str | None = None
    """None: Twilio's music; empty: silence. Any other address sounds like music too."""
    coaching: bool = False
    coached_sid: str | None = None
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str | None = None
    """As `hold_url`, while the participant is alone or the room has not started."""
    early_media: bool = False
    beep_on_enter: bool = True
    beep_on_exit: bool = True
    jitter: JitterBuffer = "large"
    joined: bool = False
    out: bool = False
    """The participant has left, or the room is over."""

    def heard_by(self, audio: LegAudio) -> Sequence[LegAudio | Heard]:
        """Whom and what this participant hears now."""
        if self.hold:
            return [] if self.hold_url == "" else ["music"]
        others = [each for each in self.room.present if each is not self]
        heard: list[LegAudio | Heard] = []
        if any(each.rings_aloud for each in self.room.participants.values()):
            heard.append("ringback")
        if self.room.beeps():
            heard.append("beep")
        if not self.room.started or not others:
            return heard or ([] if self.wait_url == "" else ["music"])
        return heard + [
            each.leg.audio
            for each in others
            if not each.muted
            and not each.hold
            and (not each.coaching or each.coached_sid == self.leg.sid)
        ]

    @property
    def rings_aloud(self) -> bool:
        """Whether the room hears that the participant's phone rings."""
        return self.early_media and not self.joined and self.leg.status == "ringing"


@dataclass(frozen=True)
class RoomCallback:
    """Where the events of a room are reported. The first participant decides."""

    url: str
    method: HttpMethod
    events: frozenset[RoomEvent]


@dataclass(frozen=True)
class Happening:
    """Something that happened in a room, for its status callback."""

    room: Room
    event: RoomEvent
    name: str
    """Of Twilio's events, such as `participant-join`."""
    at: datetime
    participant: Participant | None = None
    reason: str | None = None


Report = Callable[[Happening], None]


@dataclass(eq=False)
class Room:
    """A conference. It exists from its first participant on, and starts with the second."""

    name: str
    call: Call
    """The call of the first participant."""
    created: float
    """In simulated seconds of the network's clock."""
    report: Report
    callback: RoomCallback | None = None
    sid: str = field(default_factory=lambda: "CF" + uuid.uuid4().hex)
    region: str = "us1"
    participants: dict[str, Participant] = field(default_factory=dict)
    """By CallSid: those who are in the room, and those who are being called for it."""
    started: bool = False
    ended: bool = False
    end_reason: EndReason | None = None
    ended_by: Participant | None = None
    sequence_number: int = 0
    """Of the last callback that was sent."""
    _beeps_until: float = 0.0

    def __post_init__(self) -> None:
        self.created_at = self.updated_at = self.call.timeline.at(self.call.now())

    @property
    def present(self) -> list[Participant]:
        """Those who are in the room."""
        return [each for each in self.participants.values() if each.joined]

    def beeps(self) -> bool:
        """Whether a beep says that somebody has come or gone. It takes real time, like all
        audio."""
        return time.monotonic() < self._beeps_until

    def find(self, key: str) -> Participant | None:
        """The participant with this CallSid or label."""
        by_label = (each for each in self.participants.values() if each.label == key)
        return self.participants.get(key) or next(by_label, None)

    def check(self, label: str | None, most: int, coached: str | None) -> None:
        """Raises CallProblem if a participant with these attributes cannot enter."""
        if label and any(each.label == label for each in self.participants.values()):
            raise CallProblem(
                errors.LABEL_TAKEN, f"Conference: the label {label!r} is in use in the room"
            )
        if len(self.participants) >= most:
            raise CallProblem(errors.ROOM_FULL, f"Conference: {most} participants are in the room")
        if coached and coached not in {each.leg.sid for each in self.present}:
            raise CallProblem(
                errors.COACH_NOT_IN_ROOM, f"Conference: {coached} is not in the room to be coached"
            )

    def expect(self, participant: Participant) -> None:
        """The REST API adds ``participant``; its leg is called now."""
        self.participants[participant.leg.sid] = participant

    def join(self, participant: Participant) -> None:
        """``participant`` enters."""
        leg = participant.leg
        self.participants[leg.sid] = participant
        participant.joined = True
        leg.audio.connection = participant
        leg.audio.jitter = JITTER_FRAMES[participant.jitter]
        if participant.beep_on_enter:
            self._beep()
        self._tell("join", "participant-join", leg, participant)
        if not self.started and len(self.participants) > 1:
            self.started = any(each.start_on_enter for each in self.present)
            if self.started:
                self._tell("start", "conference-start", leg)

    def leave(self, participant: Participant, reason: LeaveReason, *, kicked: bool = False) -> None:
        """``participant`` leaves, or is put out by the REST API (``kicked``).

        With the last one, or one with `end_on_exit`, the room ends.
        """
        # What the REST API does happens now; a leg that leaves knows when it does.
        source = None if kicked else participant.leg
        self._reach(source)
        if not self._drop(participant, reason, source):
            return
        if participant.end_on_exit and participant.joined:
            self._end(
                "participant-with-end-conference-on-exit-kicked"
                if kicked
                else "participant-with-end-conference-on-exit-left",
                participant,
                source,
            )
        elif not self.participants:
            last: EndReason = "last-participant-kicked" if kicked else "last-participant-left"
            self._end(last, participant, source)

    def end(self) -> None:
        """The REST API ends the room, and everybody leaves it."""
        if not self.ended:
            self._end("conference-ended-via-api", None, None)

    def modify(self, participant: Participant, event: RoomEvent, name: str) -> None:
        """Tell that the REST API has changed ``participant``."""
        self._tell(event, name, None, participant)

    def _end(self, reason: EndReason, by: Participant | None, source: Leg | None) -> None:
        self._reach(source)
        self.ended, self.end_reason, self.ended_by = True, reason, by
        self._tell("end", "conference-end", source)
        why: LeaveReason = "moderator_ended_conference" if by else "conference_ended_via_api"
        for each in list(self.participants.values()):
            if not each.joined:
                each.leg.release("canceled", _moment_for(each.leg, source))
            self._drop(each, why if each.joined else "participant_add_failed", source)

    def _beep(self) -> None:
        self._beeps_until = time.monotonic() + BEEP_SECONDS
        asyncio.get_running_loop().call_later(BEEP_SECONDS, self._beep_is_over)

    def _beep_is_over(self) -> None:
        self._reach(None)
        self._change()

    def _reach(self, source: Leg | None) -> None:
        """What happens next happens at the time of the leg ``source``, or now."""
        for leg in (self.call.agent, *(each.leg for each in self.participants.values())):
            timeline = leg.log.timeline
            if source is None or source.log is not leg.log:
                now = self.call.now() if leg is self.call.agent else leg.clock.now()
                timeline.latest = max(timeline.latest, now)

    def _change(self) -> None:
        """Somebody may hear something else from now on."""
        calls = {each.leg.log.timeline for each in self.participants.values()}
        for timeline in calls | {self.call.timeline}:
            timeline.changed()

    def _drop(self, participant: Participant, reason: LeaveReason, source: Leg | None) -> bool:
        if self.participants.pop(participant.leg.sid, None) is None:
            return False
        leg = participant.leg
        participant.out = True
        if leg.audio.connection is participant:
            leg.audio.connection = None
            leg.audio.jitter = 0
        if participant.joined and participant.beep_on_exit:
            self._beep()
        self._tell("leave", "participant-leave", source, participant, reason)
        leg.clock.tell(_moment_for(leg, source))
        return True

    def _tell(
        self,
        event: RoomEvent,
        name: str,
        source: Leg | None,
        participant: Participant | None = None,
        reason: str | None = None,
    ) -> None:
        """Report an event. It happens at the time of the leg ``source``, or now."""
        call = self.call
        self._reach(source)
        at = call.timeline.at(call.now())
        if source:
            at = source.log.timeline.at(source.clock.elapsed)
        who = f": {participant.label or participant.leg.sid}" if participant else ""
        why = f" ({reason})" if reason else ""
        call.log.add("room", f"{name}{who}{why}", conferenceSid=self.sid, event=name)
        self.updated_at = at
        self._change()
        self.report(Happening(self, event, name, at, participant, reason))


def _moment_for(leg: Leg, source: Leg | None) -> float | None:
    """The time of ``source`` on the clock of ``leg``; None: now, because something from outside
    happens, or because the legs belong to different calls."""
    return source.clock.elapsed if source and source.log is leg.log else None


class Rooms:
    """All conferences of an account. ``now`` is the network's clock in simulated seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.all: dict[str, Room] = {}
        """By SID, oldest first."""
        self._now = now

    def is_listed(self, room: Room) -> bool:
        """Whether the REST API knows the room already."""
        return self._now() - room.created >= LISTED_AFTER

    def open(self, name: str) -> Room | None:
        """The room with this name that has not ended."""
        return next(
            (room for room in reversed(self.all.values()) if room.name == name and not room.ended),
            None,
        )

    def of_call(self, call: Call) -> list[Room]:
        """The rooms of a call."""
        return [room for room in self.all.values() if room.call is call]

    def make(
        self, name: str, call: Call, report: Report, callback: RoomCallback | None, region: str
    ) -> Room:
        """A new room."""
        room = Room(name, call, self._now(), report, callback, region=region)
        self.all[room.sid] = room
        return room

    def forget(self, call: Call) -> None:
        """Forget the rooms of a call."""
        for room in self.of_call(call):
            del self.all[room.sid]


def callback_of(conference: Conference) -> RoomCallback | None:
    """Where a room that ``conference`` makes reports its events."""
    if not conference.status_callback or not conference.status_callback_events:
        return None
    return RoomCallback(
        conference.status_callback,
        conference.status_callback_method,
        conference.status_callback_events,
    )
