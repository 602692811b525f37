"""Dial of a Conference: a leg enters a room, stays, and asks what comes next.

Source: twilio.com/docs/voice/twiml/conference.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.calls.call import Call
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.legs import Leg
from simulator.calls.room_webhooks import RoomWebhooks
from simulator.calls.rooms import LeaveReason, Participant, Rooms, callback_of
from simulator.protocol import errors
from simulator.protocol.errors import CallProblem
from simulator.protocol.verbs import Conference, Dial, Document


@dataclass(frozen=True)
class Joined:
    """How a Dial of a Conference ended."""

    document: Document | None = None
    """The TwiML of its `action`."""
    goes_on: bool = False
    """The next verb follows."""


class Joining:
    """Executes the Dials of Conferences of one call."""

    def __init__(
        self, call: Call, rooms: Rooms, webhooks: CallWebhooks, room_webhooks: RoomWebhooks
    ) -> None:
        self._call = call
        self._rooms = rooms
        self._webhooks = webhooks
        self._room_webhooks = room_webhooks

    async def dial(self, leg: Leg, dial: Dial) -> Joined:
        """Enter the room of ``dial`` and stay until something ends it."""
        leg.answer()
        conference = dial.conference or Conference("")
        status = "answered"
        try:
            participant = self._enter(leg, conference)
        except CallProblem as refused:
            leg.log.add_problem(refused.problem)
            if refused.problem.code != errors.COACH_NOT_IN_ROOM:
                # twilio.com/docs/api/errors/16025: the next verb follows.
                return Joined(goes_on=True)
            status = "failed"
        else:
            leg.notify()
            await self.stay(participant, dial.time_limit)
        if leg.over:
            leg.finish()
        if dial.action is None:
            return Joined(goes_on=True)
        more = {"DialCallStatus": status}
        if leg.interrupted:
            self._webhooks.ask(leg, "action", dial.action, dial.method, more)
            return Joined()
        return Joined(await self._webhooks.fetch(leg, "action", dial.action, dial.method, more))

    async def stay(self, participant: Participant, time_limit: float) -> None:
        """Stay in the room until the participant leaves it, or is put out of it."""
        leg, room = participant.leg, participant.room
        await leg.wait(time_limit, lambda: participant.out)
        if not participant.out:
            reason: LeaveReason = "participant_hung_up"
            if leg.over:
                leg.finish()
            elif leg.redirection:
                reason = "participant_updated_via_api"
            room.leave(participant, reason)

    def _enter(self, leg: Leg, conference: Conference) -> Participant:
        """Raises CallProblem."""
        room = self._rooms.open(conference.name)
        if room:
            room.check(conference.label, conference.max_participants, conference.coach)
        elif conference.coach:
            raise CallProblem(errors.COACH_NOT_IN_ROOM, "Conference: nobody is in the room")
        else:
            room = self._rooms.make(
                conference.name,
                self._call,
                self._room_webhooks.report,
                callback_of(conference),
                conference.region,
            )
        participant = Participant(
            leg,
            room,
            label=conference.label,
            muted=conference.muted,
            coaching=conference.coach is not None,
            coached_sid=conference.coach,
            start_on_enter=conference.start_on_enter,
            end_on_exit=conference.end_on_exit,
            wait_url=conference.wait_url,
            beep_on_enter=conference.beep in ("true", "onEnter"),
            beep_on_exit=conference.beep in ("true", "onExit"),
            jitter=conference.jitter,
        )
        room.join(participant)
        return participant
