"""The webhooks of one call: asks the product for TwiML, and tells it how each leg goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TypeVar

from simulator.calls.call import Call
from simulator.calls.legs import Leg
from simulator.calls.webhook_params import agent_end_params, agent_params, lead_params
from simulator.protocol import twiml
from simulator.protocol.account import Account, HttpMethod
from simulator.protocol.errors import CallProblem
from simulator.protocol.verbs import Document, Number, ProgressEvent
from simulator.webhooks.deliveries import Delivery, DeliveryKind
from simulator.webhooks.sender import WebhookSender

logger = logging.getLogger(__name__)

T = TypeVar("T")


class CallWebhooks:
    """Sends the webhooks of ``call``.

    ``is_lost`` says whether a callback never arrives, ``disturb`` what else happens to a webhook.
    """

    def __init__(
        self,
        call: Call,
        account: Account,
        sender: WebhookSender,
        is_lost: Callable[[Delivery], bool],
        disturb: Callable[[Delivery], None],
    ) -> None:
        self._call = call
        self._account = account
        self._sender = sender
        self._is_lost = is_lost
        self._disturb = disturb
        self._background: set[asyncio.Task[object]] = set()

    async def fetch(
        self, kind: DeliveryKind, url: str, method: HttpMethod, more: dict[str, str]
    ) -> Document | None:
        """Ask the product for TwiML, with ``more`` parameters besides the agent leg's.

        None if there is nothing to execute: after an application error, or if the agent hung up
        meanwhile. In the second case the request still runs to its end and its answer is kept.
        """
        call = self._call
        # Twilio's own parameters win over those that the browser sent under the same name.
        params = more | agent_params(call, self._account)
        delivery = Delivery(kind, url, method, params)
        call.log.deliveries.append(delivery)
        call.log.add(
            "request",
            f"{kind} webhook: {method} {delivery.bare_url}",
            webhook=kind,
            params=params,
        )
        fetching = self._in_background(self._fetch_document(delivery))
        with call.timeline.real_time():
            interrupted = asyncio.ensure_future(call.interruption.wait())
            try:
                await asyncio.wait({fetching, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                interrupted.cancel()
        if call.agent_gone:
            return None
        document = await fetching
        call.application_error = document is None
        return document

    def report_lead(
        self, lead: Leg, number: Number, event: ProgressEvent, sip_code: int | None = None
    ) -> None:
        """Send a progress callback if ``number`` subscribed to ``event``; do not wait for it."""
        if number.status_callback is None or event not in number.status_callback_events:
            return
        params = lead_params(
            self._call, self._account, lead, ended=event == "completed", sip_code=sip_code
        )
        self._send_later(
            Delivery("lead-status", number.status_callback, number.status_callback_method, params)
        )

    def report_agent_end(self) -> None:
        """Tell the TwiML App's status callback that the agent's leg ended: its only event."""
        app = self._call.app
        if app.status_callback:
            params = agent_end_params(self._call, self._account)
            self._send_later(
                Delivery("agent-status", app.status_callback, app.status_callback_method, params)
            )

    async def settle(self) -> None:
        """Wait until each webhook was delivered or given up."""
        while self._background:
            await asyncio.wait(self._background)

    def abandon(self) -> None:
        """Drop the webhooks that are still under way, because the simulator stops."""
        for task in self._background:
            task.cancel()

    def _send_later(self, delivery: Delivery) -> None:
        self._call.log.deliveries.append(delivery)
        self._in_background(self._send_callback(delivery))

    async def _send_callback(self, delivery: Delivery) -> None:
        if self._is_lost(delivery):
            delivery.settled = delivery.lost = True
            self._call.log.add(
                "callback",
                f"{delivery.kind} webhook, {delivery.params['CallStatus']}: lost",
                webhook=delivery.kind,
                params=delivery.params,
                delivered=False,
                attempts=0,
                status=None,
            )
            return
        self._disturb(delivery)
        await self._call.timeline.delay(delivery.mishap.delay_seconds)
        await self._sender.deliver(delivery)
        self._log_delivery(delivery)

    async def _fetch_document(self, delivery: Delivery) -> Document | None:
        log = self._call.log
        self._disturb(delivery)
        reply = await self._sender.deliver(delivery)
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
        if delivery.delivered and delivery.kind in ("voice", "action"):
            # The next entry of the timeline is its TwiML.
            return
        last = delivery.attempts[-1]
        outcome = str(last.status) if delivery.delivered else last.detail
        attempts = f" ({len(delivery.attempts)} attempts)" if len(delivery.attempts) > 1 else ""
        status = delivery.params.get("DialCallStatus") or delivery.params["CallStatus"]
        self._call.log.add(
            "callback",
            f"{delivery.kind} webhook, {status}: {outcome}{attempts}",
            webhook=delivery.kind,
            params=delivery.params,
            delivered=delivery.delivered,
            attempts=len(delivery.attempts),
            status=last.status,
        )
        if delivery.problem:
            self._call.log.add_problem(delivery.problem)

    def _in_background(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_done)
        return task

    def _background_done(self, task: asyncio.Task[object]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("%s broke: %r", self._call.sid, error)
