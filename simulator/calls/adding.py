"""Participants that the REST API adds to a room: their legs are called by the network.

Source: twilio.com/docs/voice/api/conference-participant-resource.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.joining import Joining
from simulator.calls.legs import Leg
from simulator.calls.outgoing import Outgoing
from simulator.calls.rooms import Participant
from simulator.protocol.verbs import Noun, Number

CALLS_PER_SECOND = 1.0
"""How many calls of the REST API an account may start in a second; others wait."""


class ApiQueue:
    """Calls that the REST API creates wait here for their turn. ``now`` in simulated seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._next = 0.0

    def take_turn(self) -> float:
        """Queue one call. Returns how long it waits, in simulated seconds."""
        now = self._now()
        turn = max(now, self._next)
        self._next = turn + 1 / CALLS_PER_SECOND
        return turn - now


@dataclass(frozen=True)
class Wish:
    """How to call an added participant. Times are seconds."""

    noun: Noun
    timeout: int = 60
    time_limit: int = 14400


class Adding:
    """Calls the participants that the REST API adds to the rooms of one call."""

    def __init__(
        self,
        outgoing: Outgoing,
        joining: Joining,
        webhooks: CallWebhooks,
        execute: Callable[[Leg], Awaitable[None]],
    ) -> None:
        self._outgoing = outgoing
        self._joining = joining
        self._webhooks = webhooks
        self._execute = execute

    async def run(self, participant: Participant, wish: Wish, wait: float) -> None:
        """The life of an added leg, after ``wait`` seconds in the queue."""
        leg, room = participant.leg, participant.room
        if await leg.wait(wait):
            leg.end("canceled")
            self._webhooks.report(leg, "completed")
            room.leave(participant, "participant_add_failed")
            return
        script = self._outgoing.script_of(leg, wish.noun) if isinstance(wish.noun, Number) else None
        if not await self._outgoing.call(leg, wish.noun, wish.timeout, script, lambda: True):
            room.leave(participant, "participant_add_failed")
            return
        if script:
            leg.leaves_at = leg.clock.elapsed + script.talk_seconds
        room.join(participant)
        await self._joining.stay(participant, wish.time_limit)
        if leg.redirection:
            await self._execute(leg)
        leg.end("completed")
        self._webhooks.report(leg, "completed")
