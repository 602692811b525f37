"""User-defined messages: JSON between the page of a call and the application's server.

Source: twilio.com/docs/voice/sdks/call-message-events and …/voice/api/userdefinedmessage-resource.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from simulator.calls.legs import Leg
from simulator.calls.media_record import Message
from simulator.protocol.account import Account, HttpMethod
from simulator.webhooks.deliveries import Delivery
from simulator.webhooks.sender import WebhookSender

MAX_BYTES = 10_000
"""Of a message's JSON."""
CONTENT_TYPE = "application/json"
USER_DEFINED = "user-defined-message"
"""The type of these messages. There are no others that a page can send."""


@dataclass(frozen=True)
class Subscription:
    """Where the messages of one call's page are sent."""

    call_sid: str
    callback: str
    method: HttpMethod
    sid: str = field(default_factory=lambda: "ZY" + uuid.uuid4().hex)


class UserMessages:
    """Carries messages in both directions."""

    def __init__(self, account: Account, sender: WebhookSender) -> None:
        self._account = account
        self._sender = sender
        self._subscriptions: dict[str, Subscription] = {}
        """By SID."""
        self._counts: dict[str, int] = {}
        """How many messages each call's page has sent, by CallSid."""
        self._deliveries: set[asyncio.Task[object]] = set()

    def subscribe(self, subscription: Subscription) -> None:
        """From now on send the messages of a call's page to the subscription's callback."""
        self._subscriptions[subscription.sid] = subscription

    def unsubscribe(self, call_sid: str, sid: str) -> bool:
        """Undo `subscribe`; False if the call has no such subscription."""
        found = self._subscriptions.get(sid)
        if found is None or found.call_sid != call_sid:
            return False
        del self._subscriptions[sid]
        return True

    def send(self, leg: Leg, message: Message) -> bool:
        """Send ``message`` to the leg's page; False if it has none, or is not in a call."""
        if leg.media is None or not leg.live or leg.answered is None:
            return False
        leg.media.inbox.append(message)
        leg.log.add("browser", "message to the page", content=message.content, callSid=leg.sid)
        leg.notify()
        return True

    def receive(self, leg: Leg, sid: str, content: str) -> None:
        """The leg's page has sent ``content``, which is JSON."""
        if leg.media:
            leg.media.messages.append(content)
        leg.log.add("browser", "message", content=content, callSid=leg.sid)
        number = self._counts[leg.sid] = self._counts.get(leg.sid, 0) + 1
        params = {
            "AccountSid": self._account.sid,
            "CallSid": leg.sid,
            "Sid": sid,
            "SequenceNumber": str(number),
            "Timestamp": format_datetime(datetime.now(UTC)),
            "ContentType": CONTENT_TYPE,
            "Content": content,
        }
        for subscription in self._subscriptions.values():
            if subscription.call_sid == leg.sid:
                delivery = Delivery(
                    "user-message", subscription.callback, subscription.method, params
                )
                leg.log.deliveries.append(delivery)
                task = asyncio.get_running_loop().create_task(self._sender.deliver(delivery))
                self._deliveries.add(task)
                task.add_done_callback(self._deliveries.discard)

    async def close(self) -> None:
        """Drop the callbacks that are under way."""
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
