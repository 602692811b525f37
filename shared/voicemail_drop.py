"""How a lead is left alone with a recorded message: their leg is taken out of the talk, hears the
message, and hangs up. The Dial or the room that connected them ends, and whoever talked is free.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from shared import call_room, errors, time_limit, twilio_calls, twilio_rooms
from shared.call_room import LeadGone, find_leg
from shared.call_state import Action, CallState, StateLeg
from shared.twiml_answers import build_message
from shared.webhook_addresses import build_status_callback

if TYPE_CHECKING:
    from twilio.rest import Client

# How long the others may take to be free after a request to which Twilio gave no answer.
LOOK_SECONDS = 2.0
POLL_SECONDS = 0.3


class MayHaveHeard(LeadGone):
    """The lead has hung up, and an earlier try may have played the message to them."""


class MayBePlaying(errors.TwilioUnavailable):
    """Twilio gave no answer, and may play the message."""


def leave(
    client: Client,
    base_url: str,
    call: CallState,
    action: Action,
    lead: StateLeg,
    sign: Callable[[str], str],
) -> None:
    """Leaves the lead alone with the message of ``action``. An earlier try is not repeated.

    ``sign`` makes an address of the message by its path (``message_store.sign``).

    Raises LeadGone if the lead has hung up, MayHaveHeard, MayBePlaying, and what ``sign`` and
    ``twilio_answers.reading`` raise.
    """
    if action["is_resumed"]:
        try:
            if _is_alone(client, call, action, lead):
                return
        except LeadGone as gone:
            raise MayHaveHeard from gone
    twiml = str(build_message(sign(action.get("message_path") or "")))
    callback = build_status_callback(base_url, call["agent_call_sid"])
    try:
        with call_room.leg_may_be_gone(client, lead):
            twilio_calls.redirect(client, str(lead["call_sid"]), twiml, callback)
    except (errors.TwilioBusy, errors.TwilioRefused):
        raise
    except errors.TwilioUnavailable as error:
        if not _is_soon_alone(client, call, action, lead):
            raise MayBePlaying("no answer when a message was left", retry_after=10) from error


def _is_alone(client: Client, call: CallState, action: Action, lead: StateLeg) -> bool:
    """Whether the lead was taken out of the talk and goes on. Raises LeadGone if they have left."""
    lead_sid = str(lead["call_sid"])
    if twilio_calls.is_over(client, lead_sid):
        raise LeadGone
    if call["bridge"] == "room":
        room = twilio_rooms.fetch_room(client, call["room"])
        return room is None or room.find(call_sid=lead_sid) is None
    # A Dial ends for both of its legs, unless one of them was taken out of it.
    leaving = find_leg(call, action["leaving_leg_id"])
    leaving_sid = leaving["call_sid"] if leaving else None
    return leaving_sid is not None and twilio_calls.is_over(client, leaving_sid)


def _is_soon_alone(client: Client, call: CallState, action: Action, lead: StateLeg) -> bool:
    """The same within LOOK_SECONDS. A look that fails tells nothing."""
    ends_at = time.monotonic() + LOOK_SECONDS
    while True:
        try:
            if _is_alone(client, call, action, lead):
                return True
        except (errors.TwilioUnavailable, LeadGone):
            pass
        if time_limit.left(ends_at - time.monotonic()) <= 0:
            return False
        time.sleep(POLL_SECONDS)
