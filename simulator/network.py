"""The phone network: places calls, keeps them, lets parties hang up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping

from simulator import access_token
from simulator.account import Account
from simulator.callees import CalleeTable, Overrides
from simulator.calls import Call, Leg, Media
from simulator.clock import Clock, Timeline
from simulator.disorder import Disorder
from simulator.execution import Execution
from simulator.losses import Losses
from simulator.webhooks import WebhookSender


class PhoneNetwork:
    """All calls of one account. Make it inside a running event loop."""

    def __init__(self, account: Account, clock: Clock, keep_ended: int = 5000) -> None:
        self.account = account
        self.clock = clock
        self.callees = CalleeTable()
        self.losses = Losses()
        self.disorder = Disorder()
        self.calls: dict[str, Call] = {}
        """By the agent leg's CallSid, oldest first; too many ended ones are forgotten."""
        self._keep_ended = keep_ended
        self._ended: deque[str] = deque()
        self._sender = WebhookSender(account.auth_token)
        self._lives: dict[asyncio.Task[None], Execution] = {}

    @property
    def active(self) -> int:
        """Calls that have not ended for good."""
        return len(self._lives)

    def place_call(
        self,
        token: str,
        params: Mapping[str, str],
        overrides: Overrides,
        media: Media | None = None,
    ) -> Call:
        """Place the call that a browser would with this access token.

        ``media`` is where a real browser's audio is accounted for. Raises TokenRefused. Returns
        at once; the call lives on by itself.
        """
        grant = access_token.verify(token, self.account)
        call = Call(grant.identity, grant.app, params, overrides, Timeline(self.clock))
        call.media = media
        self.calls[call.sid] = call
        execution = Execution(
            call,
            self.account,
            self.callees,
            self._sender,
            lambda sent: self.losses.takes(sent),
            lambda sent: self.disorder.strike(sent),
        )
        life = asyncio.get_running_loop().create_task(self._live(call, execution))
        self._lives[life] = execution
        life.add_done_callback(lambda done: self._lives.pop(done, None))
        return call

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
        lives = list(self._lives)
        for life in lives:
            self._lives[life].abandon()
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        await self._sender.close()

    async def _live(self, call: Call, execution: Execution) -> None:
        await execution.run()
        self._ended.append(call.sid)
        while len(self._ended) > self._keep_ended:
            self.calls.pop(self._ended.popleft(), None)
