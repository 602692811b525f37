"""The phone network: places calls, keeps them, finds their legs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.calls.adding import ApiQueue, Wish
from simulator.calls.call import Call
from simulator.calls.call_webhooks import Delivering
from simulator.calls.callee_scripts import ScriptOverrides
from simulator.calls.callees import CalleeTable
from simulator.calls.clients import Clients
from simulator.calls.clock import Clock
from simulator.calls.exchange import Exchange, Shared
from simulator.calls.legs import Callback, Leg, new_call_sid
from simulator.calls.media_record import MediaRecord
from simulator.calls.recordings import Recording, Recordings, RecordingWish
from simulator.calls.rooms import Participant, Room, RoomCallback, Rooms
from simulator.calls.user_messages import UserMessages
from simulator.protocol import access_token
from simulator.protocol.account import Account
from simulator.protocol.verbs import Client
from simulator.webhooks.disorder import Disorder
from simulator.webhooks.losses import Losses
from simulator.webhooks.sender import WebhookSender


@dataclass(frozen=True)
class NewRoom:
    """A room that the REST API makes, because none with this name is open."""

    name: str
    callback: RoomCallback | None
    region: str = "us1"


@dataclass(frozen=True)
class Added:
    """Whom the REST API adds to a room, and how."""

    from_: str
    wish: Wish
    callback: Callback | None
    participant: Callable[[Leg, Room], Participant]
    """Makes the participant with its attributes."""


class PhoneNetwork:
    """All calls of one account. Create it inside a running event loop."""

    def __init__(self, account: Account, clock: Clock, keep_ended: int = 5000) -> None:
        self.account = account
        self.clock = clock
        self.callees = CalleeTable()
        self.clients = Clients()
        self.rooms = Rooms(clock.now)
        self.recordings = Recordings(clock)
        self.losses = Losses()
        self.disorder = Disorder()
        self.calls: dict[str, Call] = {}
        """By the first leg's CallSid, oldest first. Of ended calls, the latest ``keep_ended``."""
        self._keep_ended = keep_ended
        self._ended: deque[str] = deque()
        self.queue = ApiQueue(clock.now)
        self._sender = WebhookSender(account.auth_token)
        self.messages = UserMessages(account, self._sender)
        self._shared = Shared(
            Delivering(
                account,
                clock,
                self._sender,
                # `losses` and `disorder` can be replaced while calls go on.
                lambda delivery: self.recordings.loses(delivery) or self.losses.takes(delivery),
                lambda delivery: self.disorder.strike(delivery),
            ),
            self.callees,
            self.clients,
            self.rooms,
        )
        self._exchanges: dict[str, Exchange] = {}
        """Of calls that are not over, by the call's SID."""
        self._running: dict[asyncio.Task[None], Exchange] = {}

    @property
    def active(self) -> int:
        """How many calls are not over, or have webhooks under way."""
        return len(self._running)

    def place_call(
        self,
        token: str,
        params: Mapping[str, str],
        overrides: ScriptOverrides,
        media: MediaRecord | None = None,
    ) -> Call:
        """Place the call that a browser with this access token would place.

        ``media`` is for the counters of a real browser's audio. Returns at once; the call goes on
        in the background. Raises TokenRefused.
        """
        grant = access_token.verify(token, self.account)
        call = Call(self.clock, new_call_sid(), params)
        app = grant.outgoing_app()
        callback = (
            Callback(app.status_callback, app.status_callback_method)
            if app.status_callback
            else None
        )
        leg = Leg(
            "agent",
            "inbound",
            f"client:{grant.identity}",
            call.params.get("To"),
            call.log,
            call.new_clock(),
            "ringing",
            app=app,
            overrides=overrides,
            callback=callback,
            sid=call.sid,
            media=media,
        )
        call.legs.append(leg)
        self._exchange_of(call).place(leg)
        return call

    def add_participant(self, room: Room | NewRoom, added: Added) -> tuple[Participant, float]:
        """Call somebody for a room, as the REST API does.

        Returns the participant, and the seconds that it waits in the queue of calls.
        """
        wait = self.queue.take_turn()
        noun = added.wish.noun
        sid = new_call_sid()
        call = room.call if isinstance(room, Room) else Call(self.clock, sid, {})
        to_client = isinstance(noun, Client)
        leg = Leg(
            "client" if to_client else "phone",
            "outbound-api",
            added.from_,
            f"client:{noun.identity}" if isinstance(noun, Client) else noun.number,
            call.log,
            call.new_clock(),
            callback=added.callback,
            sid=sid,
        )
        exchange = self._exchange_of(call)
        call.legs.append(leg)
        if isinstance(room, NewRoom):
            room = exchange.make_room(room.name, room.callback, room.region)
        participant = added.participant(leg, room)
        exchange.add(participant, added.wish, wait)
        return participant, wait

    def record(self, leg: Leg, wish: RecordingWish) -> Recording | None:
        """Start to record ``leg``; None if it is not in progress."""
        call, _ = self.leg(leg.sid) or (None, leg)
        exchange = self._exchanges.get(call.sid) if call else None
        if call is None or exchange is None or leg.over or leg.answered is None:
            return None
        if leg.whispered_to and self.recordings.rules.refuses_unconnected:
            return None
        return self.recordings.start(call, leg, wish, exchange.webhooks, self.account.sid)

    def leg(self, sid: str) -> tuple[Call, Leg] | None:
        """The leg with this CallSid, and its call."""
        call = self.calls.get(sid)
        if call is not None:
            return call, call.agent
        return next(
            (
                (call, leg)
                for call in reversed(self.calls.values())
                for leg in call.legs
                if leg.sid == sid
            ),
            None,
        )

    async def close(self) -> None:
        """Cut off every call and close all connections."""
        running = list(self._running)
        for task in running:
            self._running[task].abandon()
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.messages.close()
        await self._sender.close()

    def _exchange_of(self, call: Call) -> Exchange:
        """The exchange of ``call``. It begins to run when somebody is there for its first leg."""
        exchange = self._exchanges.get(call.sid)
        if exchange is None:
            exchange = self._exchanges[call.sid] = Exchange(call, self._shared)
            self.calls[call.sid] = call
            running = asyncio.get_running_loop().create_task(self._run(exchange))
            self._running[running] = exchange
            running.add_done_callback(lambda done: self._running.pop(done, None))
        return exchange

    async def _run(self, exchange: Exchange) -> None:
        sid = exchange.call.sid
        await exchange.run()
        del self._exchanges[sid]
        self._ended.append(sid)
        while len(self._ended) > self._keep_ended:
            forgotten = self.calls.pop(self._ended.popleft(), None)
            if forgotten:
                self.rooms.forget(forgotten)
                self.recordings.forget(forgotten)
