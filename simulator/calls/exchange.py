"""One call's part of the network: runs the lives of its legs and knows when all is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass

from simulator.calls.adding import Adding, Wish
from simulator.calls.call import Call
from simulator.calls.call_webhooks import CallWebhooks, Delivering
from simulator.calls.callees import CalleeTable
from simulator.calls.clients import Clients
from simulator.calls.dialling import Dialling
from simulator.calls.execution import Execution
from simulator.calls.joining import Joining
from simulator.calls.legs import Leg
from simulator.calls.outgoing import Outgoing
from simulator.calls.room_webhooks import RoomWebhooks
from simulator.calls.rooms import Participant, Room, RoomCallback, Rooms
from simulator.protocol import errors
from simulator.protocol.errors import Problem

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shared:
    """What all calls of a network share."""

    delivering: Delivering
    callees: CalleeTable
    clients: Clients
    rooms: Rooms


class Exchange:
    """Runs the legs of ``call``."""

    def __init__(self, call: Call, shared: Shared) -> None:
        self.call = call
        self._rooms = shared.rooms
        account = shared.delivering.account
        self.webhooks = self._webhooks = CallWebhooks(call.log, shared.delivering)
        self._room_webhooks = RoomWebhooks(account, self._webhooks)
        self._execution = Execution(self._webhooks)
        outgoing = Outgoing(shared.callees, shared.clients, self._webhooks)
        joining = Joining(call, shared.rooms, self._webhooks, self._room_webhooks)
        dialling = Dialling(
            call,
            account,
            outgoing,
            self._webhooks,
            self._execution.prompting,
            self._execution.run,
            self._start,
        )
        self._execution.connect(dialling, joining)
        self._adding = Adding(outgoing, joining, self._webhooks, self._execution.run)
        self._lives: set[asyncio.Task[None]] = set()

    def place(self, leg: Leg) -> None:
        """Start the leg that a browser placed."""
        self._start(self._live_placed(leg))

    def make_room(self, name: str, callback: RoomCallback | None, region: str) -> Room:
        """A room that the REST API makes."""
        return self._rooms.make(name, self.call, self._room_webhooks.report, callback, region)

    def add(self, participant: Participant, wish: Wish, wait: float) -> None:
        """Call ``participant``, after ``wait`` seconds in the queue."""
        participant.room.expect(participant)
        self._start(self._adding.run(participant, wish, wait))

    async def run(self) -> None:
        """Wait until all legs have ended and each webhook was delivered or given up."""
        while self._lives:
            await asyncio.wait(self._lives)
            if not self._lives:
                await self._webhooks.settle()
        for leg in self.call.legs:
            # After a defect of the simulator: without this, the leg would be open for ever.
            leg.end("failed")
        self.call.finish()

    def abandon(self) -> None:
        """Drop everything that is under way, because the simulator stops."""
        for life in self._lives:
            life.cancel()
        self._webhooks.abandon()

    async def _live_placed(self, leg: Leg) -> None:
        await self._execution.run_placed(leg, self.call.params)
        leg.finish()
        self._webhooks.report(leg, "completed")

    def _start(self, life: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(life)
        self._lives.add(task)
        task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        self._lives.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # Without this, a defect of the simulator would leave the call open for ever.
            logger.error("%s broke", self.call.sid, exc_info=error)
            self.call.log.add_problem(Problem(errors.INTERNAL_FAILURE, repr(error)))
            for leg in self.call.legs:
                leg.release("failed", None)
