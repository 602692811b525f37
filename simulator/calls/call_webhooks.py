"""The webhooks of one call: asks the product for TwiML, and tells it how each leg and room goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TypeVar

from simulator.calls.call_log import CallLog
from simulator.calls.clock import Clock
from simulator.calls.legs import Leg
from simulator.calls.webhook_params import leg_params, progress_params
from simulator.protocol import twiml
from simulator.protocol.account import Account, HttpMethod
from simulator.protocol.errors import CallProblem, Problem
from simulator.protocol.verbs import Detection, Document, ProgressEvent
from simulator.webhooks.deliveries import Delivery, DeliveryKind, Reply
from simulator.webhooks.sender import WebhookSender

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Delivering:
    """How webhooks are sent: what all calls of a network share.

    ``is_lost`` says whether a callback never arrives, ``disturb`` what else happens to a webhook.
    """

    account: Account
    clock: Clock
    sender: WebhookSender
    is_lost: Callable[[Delivery], bool]
    disturb: Callable[[Delivery], None]


class CallWebhooks:
    """Sends the webhooks of the call with ``log``."""

    def __init__(self, log: CallLog, delivering: Delivering) -> None:
        self._log = log
        self._delivering = delivering
        self._background: set[asyncio.Task[object]] = set()

    async def fetch(
        self, leg: Leg, kind: DeliveryKind, url: str, method: HttpMethod, more: dict[str, str]
    ) -> Document | None:
        """Ask the product for the TwiML of ``leg``, with ``more`` parameters besides the leg's.

        None if there is nothing to execute: after an application error, or if something interrupted
        the leg meanwhile. In the second case the request still runs to its end and its answer is
        kept.
        """
        fetching = self.ask(leg, kind, url, method, more)
        with leg.clock.real_time():
            interrupted = asyncio.ensure_future(leg.interruption.wait())
            try:
                await asyncio.wait({fetching, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                interrupted.cancel()
        if leg.interrupted:
            return None
        document = await fetching
        leg.application_error = document is None
        return document

    def ask(
        self, leg: Leg, kind: DeliveryKind, url: str, method: HttpMethod, more: dict[str, str]
    ) -> asyncio.Task[Document | None]:
        """Like `fetch`, but nobody waits for the answer, and nothing interrupts the request."""
        # Twilio's own parameters win over those that the browser sent under the same name.
        params = more | leg_params(leg, self._delivering.account)
        delivery = Delivery(kind, url, method, params)
        self._log.deliveries.append(delivery)
        self._log.add(
            "request", f"{kind} webhook: {method} {delivery.bare_url}", webhook=kind, params=params
        )
        return self._in_background(self._fetch_document(delivery))

    def report(self, leg: Leg, event: ProgressEvent) -> None:
        """Send a progress callback if somebody subscribed to ``event``; do not wait for it."""
        callback = leg.callback
        if callback is None or event not in callback.events:
            return
        kind: DeliveryKind = (
            "agent-status"
            if leg.role == "agent"
            else "lead-status"
            if leg.role == "lead"
            else "leg-status"
        )
        params = progress_params(leg, self._delivering.account, ended=event == "completed")
        self.send_later(Delivery(kind, callback.url, callback.method, params))

    def report_answer(self, leg: Leg, detection: Detection, milliseconds: int) -> None:
        """Tell who has answered, as the detection of machines found out after so long."""
        self._log.add("leg", f"{leg.to} was answered by: {leg.answered_by}", callSid=leg.sid)
        if detection.callback:
            params = {
                "AccountSid": self._delivering.account.sid,
                "AnsweredBy": leg.answered_by or "unknown",
                "CallSid": leg.sid,
                "MachineDetectionDuration": str(milliseconds),
            }
            self.send_later(Delivery("amd-status", detection.callback, detection.method, params))

    async def fetch_file(self, leg: Leg, url: str) -> Reply | Problem:
        """The file that Play plays to ``leg``, or why there is none."""
        with leg.clock.real_time():
            return await self._delivering.sender.fetch_file(url)

    async def settle(self) -> None:
        """Wait until each webhook was delivered or given up."""
        while self._background:
            await asyncio.wait(self._background)

    def abandon(self) -> None:
        """Drop the webhooks that are still under way, because the simulator stops."""
        for task in self._background:
            task.cancel()

    def work_later(self, work: Coroutine[object, object, None]) -> None:
        """Do ``work``, which may send callbacks. The call is not settled before it is done."""
        self._in_background(work)

    def send_later(self, delivery: Delivery) -> None:
        """Send a callback; do not wait for it."""
        self._log.deliveries.append(delivery)
        self._in_background(self._send_callback(delivery))

    async def _send_callback(self, delivery: Delivery) -> None:
        if self._delivering.is_lost(delivery):
            delivery.settled = delivery.lost = True
            self._log.add(
                "callback",
                f"{delivery.kind} webhook, {delivery.event}: lost",
                webhook=delivery.kind,
                params=delivery.params,
                delivered=False,
                attempts=0,
                status=None,
            )
            return
        self._delivering.disturb(delivery)
        await self._delivering.clock.delay(delivery.mishap.delay_seconds)
        await self._delivering.sender.deliver(delivery)
        self._log_delivery(delivery)

    async def _fetch_document(self, delivery: Delivery) -> Document | None:
        log = self._log
        self._delivering.disturb(delivery)
        reply = await self._delivering.sender.deliver(delivery)
        self._log_delivery(delivery)
        if reply is None:
            return None
        log.add_document(delivery.kind, reply.url, reply.content_type, reply.body)
        try:
            document = twiml.parse(reply.body, reply.content_type, reply.url)
        except CallProblem as invalid:
            log.add_problem(invalid.problem)
            return None
        for warning in document.warnings:
            log.add_problem(warning)
        return document

    def _log_delivery(self, delivery: Delivery) -> None:
        if delivery.delivered and delivery.kind in ("voice", "action", "whisper"):
            # The next entry of the timeline is its TwiML.
            return
        last = delivery.attempts[-1]
        outcome = str(last.status) if delivery.delivered else last.detail
        attempts = f" ({len(delivery.attempts)} attempts)" if len(delivery.attempts) > 1 else ""
        self._log.add(
            "callback",
            f"{delivery.kind} webhook, {delivery.event}: {outcome}{attempts}",
            webhook=delivery.kind,
            params=delivery.params,
            delivered=delivery.delivered,
            attempts=len(delivery.attempts),
            status=last.status,
        )
        if delivery.problem:
            self._log.add_problem(delivery.problem)

    def _in_background(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_done)
        return task

    def _background_done(self, task: asyncio.Task[object]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a webhook broke: %r", error)
