"""The status callbacks of conferences.

Source: twilio.com/docs/voice/twiml/conference. Where the sequence begins is not documented; here it
is 1, as in Twilio's example.
"""

from __future__ import annotations

from email.utils import format_datetime

from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.rooms import Happening, Participant
from simulator.protocol.account import Account
from simulator.webhooks.deliveries import Delivery


class RoomWebhooks:
    """Sends what happens in the rooms of one call."""

    def __init__(self, account: Account, webhooks: CallWebhooks) -> None:
        self._account = account
        self._webhooks = webhooks

    def report(self, happening: Happening) -> None:
        """Send a callback if the room's first participant subscribed to the event."""
        callback = happening.room.callback
        if callback is None or happening.event not in callback.events:
            return
        happening.room.sequence_number += 1
        params = _params(self._account, happening)
        self._webhooks.send_later(Delivery("room-status", callback.url, callback.method, params))


def _params(account: Account, happening: Happening) -> dict[str, str]:
    room, participant = happening.room, happening.participant
    params = {
        "AccountSid": account.sid,
        "ConferenceSid": room.sid,
        "FriendlyName": room.name,
        "SequenceNumber": str(room.sequence_number),
        "StatusCallbackEvent": happening.name,
        "Timestamp": format_datetime(happening.at),
    }
    if participant:
        params |= _participant_params(participant)
        if happening.event == "leave":
            params["ParticipantCallStatus"] = _call_status(participant)
            params["ReasonParticipantLeft"] = happening.reason or ""
    if happening.event == "end":
        reason = room.end_reason or ""
        params |= {"ReasonConferenceEnded": reason, "Reason": _SENTENCES.get(reason, reason)}
        if room.ended_by:
            params["CallSidEndingConference"] = room.ended_by.leg.sid
            if room.ended_by.label:
                params["ParticipantLabelEndingConference"] = room.ended_by.label
    return params


def _call_status(participant: Participant) -> str:
    leg = participant.leg
    # A leg that is canceled together with its room has not ended yet.
    return leg.released if leg.released and leg.answered is None else leg.status


_SENTENCES = {
    "conference-ended-via-api": "Conference ended via API",
    "last-participant-kicked": "Last participant kicked",
    "last-participant-left": "Last participant left",
    "participant-with-end-conference-on-exit-kicked": (
        "Participant with endConferenceOnExit kicked"
    ),
    "participant-with-end-conference-on-exit-left": "Participant with endConferenceOnExit left",
}
"""The parameter `Reason`, a sentence. Its words are the simulator's."""


def _participant_params(participant: Participant) -> dict[str, str]:
    def truth(value: bool) -> str:
        return "true" if value else "false"

    params = {
        "CallSid": participant.leg.sid,
        "Muted": truth(participant.muted),
        "Hold": truth(participant.hold),
        "Coaching": truth(participant.coaching),
        "EndConferenceOnExit": truth(participant.end_on_exit),
        "StartConferenceOnEnter": truth(participant.start_on_enter),
    }
    if participant.label:
        params["ParticipantLabel"] = participant.label
    return params
