"""The phone network: places calls, keeps them, finds their legs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping

from simulator.calls.call import Call
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.callee_scripts import ScriptOverrides
from simulator.calls.callees import CalleeTable
from simulator.calls.clock import Clock, Timeline
from simulator.calls.dialling import Dialling
from simulator.calls.execution import Execution
from simulator.calls.legs import Leg
from simulator.calls.media_record import MediaRecord
from simulator.protocol import access_token
from simulator.protocol.account import Account
from simulator.webhooks.disorder import Disorder
from simulator.webhooks.losses import Losses
from simulator.webhooks.sender import WebhookSender


class PhoneNetwork:
    """All calls of one account. Create it inside a running event loop."""

    def __init__(self, account: Account, clock: Clock, keep_ended: int = 5000) -> None:
        self.account = account
        self.clock = clock
        self.callees = CalleeTable()
        self.losses = Losses()
        self.disorder = Disorder()
        self.calls: dict[str, Call] = {}
        """By the agent leg's CallSid, oldest first. Of ended calls, the latest ``keep_ended``."""
        self._keep_ended = keep_ended
        self._ended: deque[str] = deque()
        self._sender = WebhookSender(account.auth_token)
        self._running: dict[asyncio.Task[None], Execution] = {}

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
        call = Call(grant.identity, grant.outgoing_app(), params, overrides, Timeline(self.clock))
        call.media = media
        self.calls[call.sid] = call
        webhooks = CallWebhooks(
            call,
            self.account,
            self._sender,
            # `losses` and `disorder` can be replaced while the call goes on.
            lambda delivery: self.losses.takes(delivery),
            lambda delivery: self.disorder.strike(delivery),
        )
        dialling = Dialling(call, self.account, self.callees, webhooks)
        execution = Execution(call, dialling, webhooks)
        running = asyncio.get_running_loop().create_task(self._run(call, execution))
        self._running[running] = execution
        running.add_done_callback(lambda done: self._running.pop(done, None))
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
        running = list(self._running)
        for task in running:
            self._running[task].abandon()
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._sender.close()

    async def _run(self, call: Call, execution: Execution) -> None:
        await execution.run()
        self._ended.append(call.sid)
        while len(self._ended) > self._keep_ended:
            self.calls.pop(self._ended.popleft(), None)
